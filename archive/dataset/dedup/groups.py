"""Divide the rows of a build into groups of shards, and read the keys and texts of a group's rows by their ranks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
from numpy.typing import NDArray

from archive.dataset.table.database import Database, parquet_sql
from archive.dataset.table.steps import Step, Task, undivided
from archive.files.whole import write_whole

SMALLEST, LARGEST, GROUPS = 20_000, 100_000, 1_000
"""Rows of a group, and how many groups there are where that allows it: enough to share them among processes, few enough
that files with a part for every group do not fall into crumbs."""
AT_ONCE = 256
"""Texts that are read at a time."""
KEYS_AT_ONCE = 5_000
"""Rows whose keys are read at a time."""

Rank = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Groups:
    """The groups of a build. They depend on its shards alone."""

    rows: int
    groups: tuple[tuple[int, int], ...]
    """The first and the last shard of each."""

    @property
    def names(self) -> list[str]:
        """The units of a step that is divided by groups."""
        return [f"{number:05}" for number in range(len(self.groups))]

    def shards(self, name: str) -> range:
        """Return the numbers of the shards of a group."""
        first, last = self.groups[int(name)]
        return range(first, last + 1)


def read_groups(task: Task) -> Groups:
    """Return the groups, which the first step wrote."""
    found = json.loads(task.path("groups.json").read_bytes())
    return Groups(found["rows"], tuple((first, last) for first, last in found["groups"]))


def group_names(task: Task) -> list[str]:
    """Return the units of a step that is divided by groups."""
    return read_groups(task).names


def _write_groups(task: Task) -> None:
    files = sorted((task.work / "keys").glob("*.parquet"))
    rows = {int(file.stem): pq.read_metadata(file).num_rows for file in files}
    total = sum(rows.values())
    groups: list[list[int]] = []
    held = 0
    for shard, count in sorted(rows.items()):
        if not groups or held + count > min(max(SMALLEST, total // GROUPS), LARGEST):
            groups.append([shard, shard])
            held = 0
        groups[-1][1] = shard
        held += count
    write_whole(task.path("groups.json"), json.dumps({"rows": total, "groups": groups}))


GROUPING: Step = undivided("groups", _write_groups, "groups.json")


def shard_path(work: Path, part: str, shard: int) -> Path:
    """Return the file of a shard in a part of the work folder."""
    return work / part / f"{shard:05}.parquet"


def ranks_in(db: Database, listed: Path, shards: range) -> dict[int, tuple[Rank, Rank]]:
    """Return places and ranks of rows of some shards, by shard, from a file with the columns shard, place and n."""
    query = f"SELECT shard, place, n FROM {parquet_sql(listed)} WHERE shard BETWEEN ? AND ? ORDER BY ALL"
    found = db.execute(query, [shards.start, shards.stop - 1]).fetchnumpy()
    shard, place, n = (np.asarray(found[name], np.int32) for name in ("shard", "place", "n"))
    ends = np.searchsorted(shard, [*shards, shards.stop])
    return {number: (place[a:b], n[a:b]) for number, a, b in zip(shards, ends, ends[1:], strict=False) if b > a}


def texts_in(db: Database, task: Task, listed: Path, group: str) -> Iterator[tuple[int, str]]:
    """Yield rank and text of the listed rows of a group."""
    for ranks, column in _columns(db, task, listed, group, "rows", "text", AT_ONCE):
        yield from zip(ranks.tolist(), column.to_pylist(), strict=True)


def hashes_in(
    db: Database, task: Task, listed: Path, group: str, columns: Mapping[str, int | None]
) -> Iterator[tuple[NDArray[np.uint64], Rank]]:
    """Yield the hashes of a group's listed rows with their ranks. `columns`: the lists, and how many of each count."""
    for name, most in columns.items():
        for ranks, column in _columns(db, task, listed, group, "keys", name, KEYS_AT_ONCE):
            starts, counts = column.offsets.to_numpy()[:-1], np.diff(column.offsets.to_numpy())
            hashes = column.values.to_numpy()
            if most is not None:
                counts = np.minimum(counts, most)
                inside = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
                yield hashes[np.repeat(starts, counts) + inside], np.repeat(ranks, counts)
            else:
                yield hashes[starts[0] : starts[-1] + counts[-1]], np.repeat(ranks, counts)


def _columns(
    db: Database, task: Task, listed: Path, group: str, part: str, name: str, at_once: int
) -> Iterator[tuple[Rank, Any]]:
    """Yield ranks and values of a column for the listed rows of a group."""
    for shard, (places, ranks) in ranks_in(db, listed, read_groups(task).shards(group)).items():
        start = 0
        with pq.ParquetFile(shard_path(task.work, part, shard)) as file:
            for batch in file.iter_batches(at_once, columns=[name]):
                first, last = np.searchsorted(places, [start, start + batch.num_rows])
                if last > first:
                    yield ranks[first:last], batch.column(0).take(pa.array(places[first:last] - start))
                start += batch.num_rows

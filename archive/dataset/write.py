"""Stage 3: write data/ and dropped/ from rows and verdicts. The order depends on the rows alone.

The rows of data/ are sorted by id, those of dropped/ are in the order of the shards. The order is cut into ranges: each
group of shards writes its rows of each range as a slice, and each file reads the slices of its ranges.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from archive.dataset.dedup.groups import group_names, read_groups, shard_path
from archive.dataset.dedup.verdicts import VERDICTS, bounds_of
from archive.dataset.table.database import Database, build_database, parquet_sql
from archive.dataset.table.files import GROUP, form_writer
from archive.dataset.table.options import Options
from archive.dataset.table.schema import BLOCKS, DECIDED, schema_with
from archive.dataset.table.slices import read_slices, write_slices
from archive.dataset.table.steps import Step, Task, divided, undivided
from archive.dataset.table.view import schema_of_view, view_of, viewed
from archive.files.errors import ArchiveError
from archive.files.whole import write_whole

RANGE = 25_000
"""Rows of a range, which are in memory together: at 5 KB a row, some 130 MB."""
DROPPED = "dropped/dropped"
_ORDER = "order.json"

_KEPT = """SELECT split, id FROM (
    SELECT split, id, row_number() OVER (PARTITION BY split ORDER BY id) - 1 AS place FROM verdict WHERE reason IS NULL)
    WHERE place % {0} % {1} = 0 ORDER BY split, place"""
_BY_REASON = """SELECT split_part(reason, ':', 1), count(*) FROM (
    SELECT reason FROM verdict UNION ALL SELECT reason FROM {0})
    WHERE reason IS NOT NULL GROUP BY 1 ORDER BY 1"""


@dataclass(frozen=True, slots=True)
class Order:
    """Where the rows of a build go."""

    splits: Mapping[str, int]
    """The rows of each split."""
    dropped: Mapping[str, int]
    """The dropped rows, by the reason's first word."""
    firsts: Mapping[str, Sequence[str]]
    """The first id of each range of a split."""
    before: Mapping[int, int]
    """The dropped rows before each shard."""

    def ranges(self, options: Options) -> dict[str, list[list[int]]]:
        """Return the numbers of the ranges of each file, by what the names of files begin with."""
        kept = {split: count for split, count in self.splits.items() if count} or {options.splits[0][0]: 0}
        counts = {f"data/{split}": count for split, count in kept.items()}
        found, start = {}, 0
        for name, count in (counts | {DROPPED: sum(self.dropped.values())}).items():
            files = []
            for first in range(0, max(count, 1), options.rows_a_file):
                held = -(-min(options.rows_a_file, count - first) // RANGE)
                files.append([*range(start, start + held)])
                start += held
            found[name] = files
        return found


def read_order(task: Task) -> Order:
    """Return where the rows of a build go, which an earlier step wrote."""
    found = json.loads(task.path(_ORDER).read_bytes())
    before = {int(shard): count for shard, count in found["before"].items()}
    return Order(found["splits"], found["dropped"], found["firsts"], before)


def _write_order(task: Task) -> None:
    """Count the rows of each split and file.

    A split without rows has no file, because `datasets.load_dataset` fails for an empty one. If no row is kept at all,
    the first split gets a file without rows.
    """
    options = task.options
    bounds_of(options.splits)
    with build_database(task.work) as db:
        db.execute(f"CREATE VIEW verdict AS FROM {parquet_sql(task.path(VERDICTS))}")
        kept = "SELECT split, count(*) FROM verdict WHERE reason IS NULL GROUP BY split"
        splits = dict.fromkeys((name for name, _ in options.splits), 0) | dict(db.execute(kept).fetchall())
        if foreign := splits.keys() - {name for name, _ in options.splits}:
            problem = f"rows of the split {min(map(str, foreign))!r}, which the options do not name"
            raise ArchiveError(f"{task.work}: {problem}")
        firsts: dict[str, list[str]] = {}
        for split, first in db.execute(_KEPT.format(options.rows_a_file, RANGE)).fetchall():
            firsts.setdefault(split, []).append(first)
        dropped = dict(db.execute(_BY_REASON.format(parquet_sql(task.work / "failed", "*.parquet"))).fetchall())
        before = _before(db, task)
    order = {"splits": splits, "dropped": dropped, "firsts": firsts, "before": before}
    write_whole(task.path(_ORDER), json.dumps(order))


def _before(db: Database, task: Task) -> dict[int, int]:
    dropped = "SELECT shard, count(*) FROM verdict WHERE reason IS NOT NULL GROUP BY shard"
    counts = dict(db.execute(dropped).fetchall())
    before, total = {}, 0
    for path in sorted((task.work / "failed").glob("*.parquet"), key=lambda path: int(path.stem)):
        before[shard := int(path.stem)] = total
        total += counts.get(shard, 0) + pq.read_metadata(path).num_rows
    return before


def _write_slices(task: Task, group: str) -> None:
    order = read_order(task)
    starts = {name: files[0][0] if files[0] else 0 for name, files in order.ranges(task.options).items()}
    with build_database(task.work) as db:
        shards = read_groups(task).shards(group)
        write_slices(task.path("slices", f"{group}.slices"), _placed(db, task, shards, order, starts))


def _placed(
    db: Database, task: Task, shards: range, order: Order, starts: Mapping[str, int]
) -> Iterator[tuple[pa.Table, Any]]:
    """Yield the rows of some shards with the verdicts on them, and the range of each."""
    schema = schema_with(blocks=task.options.has_blocks, reason=True)
    verdict = f"SELECT place, {', '.join(DECIDED)}, reason FROM {parquet_sql(task.path(VERDICTS))}"
    for shard in shards:
        decided = db.query(f"{verdict} WHERE shard = {shard} ORDER BY place").to_arrow_table()
        places, place = decided.column("place").to_numpy(), order.before[shard]
        start = 0
        for part in ("rows", "failed"):
            with pq.ParquetFile(shard_path(task.work, part, shard)) as file:
                for batch in file.iter_batches(GROUP):
                    rows = pa.Table.from_batches([batch])
                    if part == "rows":
                        first, last = np.searchsorted(places, [start, start + rows.num_rows])
                        start += rows.num_rows
                        rows = rows.take(pa.array(places[first:last] - (start - rows.num_rows)))
                        for name in (*DECIDED, "reason"):
                            rows = _with(rows, name, decided.column(name).slice(first, last - first))
                    rows = rows.select(schema.names).cast(schema)
                    ranges, place = _ranges_of(rows, place, order, starts, task.options)
                    yield rows, ranges


def _with(rows: pa.Table, name: str, column: pa.ChunkedArray) -> pa.Table:
    place = rows.schema.get_field_index(name)
    return rows.append_column(name, column) if place < 0 else rows.set_column(place, name, column)


def _ranges_of(
    rows: pa.Table, place: int, order: Order, starts: Mapping[str, int], options: Options
) -> tuple[Any, int]:
    """Return the range of each row, and the place of the next dropped row among all of them."""
    ranges = []
    a_file = -(-options.rows_a_file // RANGE)
    columns = (rows.column(name).to_pylist() for name in ("id", "split", "reason"))
    for row, split, reason in zip(*columns, strict=True):
        if reason is None:
            ranges.append(starts[f"data/{split}"] + bisect_right(order.firsts[split], row) - 1)
        else:
            file, within = divmod(place, options.rows_a_file)
            ranges.append(starts[DROPPED] + file * a_file + within // RANGE)
            place += 1
    return np.array(ranges, np.int64), place


def _files(task: Task) -> list[str]:
    of_all = read_order(task).ranges(task.options).items()
    return [f"{name}-{number:05}-of-{len(files):05}" for name, files in of_all for number in range(len(files))]


def _file(task: Task, unit: str) -> Path:
    return task.out / f"{unit}.{task.options.form}"


def _write_file(task: Task, unit: str) -> None:
    name, number, *_ = unit.rsplit("-", 3)
    ranges = read_order(task).ranges(task.options)[name][int(number)]
    slices = [task.path("slices", f"{group}.slices") for group in group_names(task)]
    stored = schema_with(blocks=task.options.has_blocks, reason=True)
    view = {column: column for column in stored.names} if name == DROPPED else view_of(task.options.columns)
    schema = stored if name == DROPPED else schema_with(blocks=BLOCKS in view)
    with form_writer(_file(task, unit), schema_of_view(view, schema), task.options.form) as write:
        waiting = schema.empty_table()
        for wanted in ranges:
            rows = read_slices(slices, wanted, stored)
            if name != DROPPED:
                rows = rows.take(pc.sort_indices(rows.column("id")))
            waiting = pa.concat_tables([waiting, rows.select(schema.names).cast(schema)])
            while waiting.num_rows >= GROUP:
                write(viewed(waiting.slice(0, GROUP), view))
                waiting = waiting.slice(GROUP)
        if waiting.num_rows:
            write(viewed(waiting, view))


STEPS: tuple[Step, ...] = (
    undivided("order", _write_order, _ORDER),
    divided("slices", group_names, _write_slices, ".slices"),
    Step("files", _files, _write_file, _file),
)

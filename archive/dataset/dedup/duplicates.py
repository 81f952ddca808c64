"""Find duplicates, each with its proof: the row that stays and the measured similarity to it.

Of duplicates, the one published first stays, then the longest, then the one with the smallest id; the order of shards
does not matter. Of a page that was fetched several times, the newest text stays and older ones are dropped as its
revisions, however similar they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]

from archive.dataset.dedup.arrays import Arrays, create_table, write_arrays
from archive.dataset.dedup.groups import group_names, hashes_in, texts_in
from archive.dataset.dedup.keys import jaccard, shingles_of, words_of
from archive.dataset.dedup.ranking import DISTINCT, DROPPED, numbered_sql
from archive.dataset.dedup.runs import parts_of, read_part, write_runs
from archive.dataset.table.database import BATCH, Database, build_database, copy_table, parquet_sql
from archive.dataset.table.files import table_writer
from archive.dataset.table.steps import Task, divided, undivided

NEAR = 0.75
"""The least Jaccard similarity of five-word shingles of near duplicates. FineWeb's 14 bands of 8 were chosen for it
(Penedo et al. 2024, "at least 75 % similar")."""
SMALLEST = 4
"""Two texts that share one of this many smallest fingerprints are candidates too. Of 1,209 development articles with
replaced words and a similarity of at least 0.75, bands alone find 95 %, both together find all."""
MOST_KEEPERS = 16
"""The most keepers per bucket: different pages of one template would otherwise fill buckets without end."""

KEPT = "kept.parquet"
"""shard, place, n of each row that stays."""
DUPLICATES = "duplicates.parquet"
"""n, reason, keeper, similarity, revision_of of each row that does not stay."""
_COMPARED = "compared.parquet"
_MEMBER = pa.schema([("n", pa.int32()), ("bucket", pa.int64())])
_PART = 32
"""Bits of a bucket's number that count within its part."""

_LISTED = """
SELECT shard, place, n FROM numbered SEMI JOIN (
    SELECT n FROM member UNION ALL
    SELECT n FROM dropped WHERE reason = 'revision' UNION ALL SELECT revision_of FROM dropped) USING (n)
ORDER BY shard, place"""
_SETTLED = """
INSERT INTO dropped SELECT n, 'near_duplicate', keeper, similarity, NULL FROM near;

-- an exact duplicate of a dropped row points to the row that stays
UPDATE dropped SET reason = 'near_duplicate', keeper = near.keeper, similarity = near.similarity
FROM near WHERE dropped.reason = 'exact_duplicate' AND dropped.keeper = near.n;

UPDATE dropped SET similarity = measured.similarity
FROM measured WHERE dropped.n = measured.n;

-- a revision points to the row that stays for its newest text
UPDATE dropped SET keeper = coalesce(newest.keeper, dropped.revision_of)
FROM (SELECT n, d.keeper FROM numbered SEMI JOIN (SELECT revision_of AS n FROM dropped) USING (n)
    LEFT JOIN dropped AS d USING (n)) AS newest
WHERE dropped.reason = 'revision' AND dropped.revision_of = newest.n;
"""
_STAYING = "SELECT shard, place, n FROM numbered ANTI JOIN dropped USING (n) ORDER BY shard, place"
_COLUMNS = {"n": "i", "keeper": "i", "similarity": "d"}


def _write_bands(task: Task, group: str) -> None:
    """Write the hashes of a group's rows by which candidates are found."""
    with build_database(task.work) as db:
        hashes = hashes_in(db, task, task.path(DISTINCT), group, {"bands": None, "fingerprints": SMALLEST})
        write_runs(task.path("bands", f"{group}.runs"), hashes)


def _files(task: Task, step: str, units: Sequence[str], ending: str) -> list[Path]:
    return [task.path(step, unit + ending) for unit in units]


def _parts(task: Task) -> list[str]:
    files = _files(task, "bands", group_names(task), ".runs")
    return [f"{part:05}" for part in range(parts_of(files))]


def _write_buckets(task: Task, unit: str) -> None:
    """Write which rows share a hash, for a part of the hashes."""
    files = _files(task, "bands", group_names(task), ".runs")
    hashes, ranks = read_part(files, int(unit), len(_parts(task)))
    bucket = np.cumsum(np.append(False, hashes[1:] != hashes[:-1])[: len(hashes)]) + (int(unit) << _PART)
    with table_writer(task.path("buckets", f"{unit}.parquet"), _MEMBER) as writer:
        writer.write_table(pa.table([pa.array(ranks, pa.int32()), pa.array(bucket, pa.int64())], schema=_MEMBER))


def _view(db: Database, task: Task) -> None:
    db.execute(numbered_sql(task))
    db.execute(f"CREATE TABLE dropped AS FROM {parquet_sql(task.path(DROPPED))}")
    db.execute(f"CREATE VIEW member AS FROM {parquet_sql(task.path('buckets'), '*.parquet')}")


def _list_compared(task: Task) -> None:
    with build_database(task.work) as db:
        _view(db, task)
        copy_table(db, _LISTED, task.path(_COMPARED))


def _write_shingles(task: Task, group: str) -> None:
    with build_database(task.work) as db:
        texts = texts_in(db, task, task.path(_COMPARED), group)
        arrays = ((rank, shingles_of(words_of(text).hashes)) for rank, text in texts)
        write_arrays(task.path("shingles", f"{group}.arrays"), arrays)


def _settle(task: Task) -> None:
    """Write which rows stay, and why the others do not."""
    shingled = _files(task, "shingles", group_names(task), ".arrays")
    with build_database(task.work) as db, Arrays(shingled) as shingles:
        _view(db, task)
        create_table(db, "near", _near_duplicates(*_members(db), shingles), _COLUMNS)
        revisions = db.execute("SELECT n, revision_of FROM dropped WHERE reason = 'revision'").fetchall()
        measured = ((row, newest, jaccard(shingles.read(row), shingles.read(newest))) for row, newest in revisions)
        create_table(db, "measured", measured, _COLUMNS)
        db.run(_SETTLED)
        copy_table(db, _STAYING, task.path(KEPT))
        copy_table(db, "SELECT * FROM dropped ORDER BY n", task.path(DUPLICATES))


def _members(db: Database) -> tuple[Iterator[tuple[int, int]], int]:
    """Return the pairs of row and bucket, by row, and how many buckets there are."""
    sizes = (
        f"SELECT bucket >> {_PART} AS part, max(bucket) - (part << {_PART}) + 1 FROM member GROUP BY part ORDER BY part"
    )
    found = db.execute(sizes).fetchall()
    ends = np.cumsum([size for _, size in found])
    starts = np.zeros(max((part for part, _ in found), default=-1) + 1, np.int64)
    for (part, size), end in zip(found, ends.tolist(), strict=True):
        starts[part] = end - size
    return _numbered(db, starts), int(ends[-1]) if len(ends) else 0


def _numbered(db: Database, starts: np.typing.NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    for batch in db.stream("SELECT n, bucket FROM member ORDER BY n, bucket", BATCH):
        rows, buckets = (column.to_numpy() for column in batch.columns)
        buckets = starts[buckets >> _PART] + (buckets & ((1 << _PART) - 1))
        yield from zip(rows.tolist(), buckets.tolist(), strict=True)


def _near_duplicates(
    members: Iterable[tuple[int, int]], buckets: int, shingles: Arrays
) -> Iterator[tuple[int, int, float]]:
    """Yield each near duplicate with its keeper and their similarity.

    Each row is compared with the keepers in its buckets, so none is dropped for its similarity to a dropped row.
    """
    first = np.full(buckets, -1, np.int32)
    more: dict[int, list[int]] = {}
    for row, pairs in groupby(members, key=lambda pair: pair[0]):
        places = [bucket for _, bucket in pairs]
        candidates = {int(first[bucket]) for bucket in places}.union(*(more.get(bucket, ()) for bucket in places))
        keeper, similarity = _nearest(row, sorted(candidates - {-1}), shingles)
        if keeper != row:
            yield row, keeper, similarity
        for bucket in places:
            if first[bucket] < 0:
                first[bucket] = keeper
            elif first[bucket] != keeper:
                others = more.setdefault(bucket, [])
                if keeper not in others and len(others) < MOST_KEEPERS:
                    others.append(keeper)


def _nearest(row: int, keepers: list[int], shingles: Arrays) -> tuple[int, float]:
    """Return the first keeper that is similar enough, and the similarity; the row itself if none is."""
    own = shingles.read(row)
    for keeper in keepers:
        small, large = sorted((len(own), shingles.size(keeper)))
        if small >= NEAR * large and (similarity := jaccard(own, shingles.read(keeper))) >= NEAR:
            return keeper, similarity
    return row, 1.0


STEPS = (
    divided("bands", group_names, _write_bands, ".runs"),
    divided("buckets", _parts, _write_buckets, ".parquet"),
    undivided("compared", _list_compared, _COMPARED),
    divided("shingles", group_names, _write_shingles, ".arrays"),
    undivided("duplicates", _settle, DUPLICATES),
)

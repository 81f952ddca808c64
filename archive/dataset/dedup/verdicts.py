"""Stage 2: apply the user's filter, then decide for each remaining row whether it stays, and in which split.

Splits are drawn per story: near duplicates and rows that share text are always in the same split.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archive.dataset.dedup import duplicates, ranking, shared_text
from archive.dataset.dedup.arrays import create_table
from archive.dataset.dedup.duplicates import DUPLICATES
from archive.dataset.dedup.shared_text import linked
from archive.dataset.table.database import BATCH, Database, build_database, copy_table, parquet_sql, quoted
from archive.dataset.table.options import SplitName
from archive.dataset.table.steps import Task, undivided
from archive.files.errors import ArchiveError
from archive.files.schema import check

VERDICTS = "verdicts.parquet"
"""shard, place and id of each row, why it is dropped (null: it stays), and the decided columns; by shard and place."""

# the ids are looked up of few rows, and few joins hold rows at once: each hash table of all ids would take the memory
_TABLES = """
CREATE TABLE related AS SELECT n, coalesce(root, stays) AS story FROM (
    SELECT n, coalesce(keeper, n) AS stays FROM (
        SELECT n FROM dropped UNION SELECT keeper FROM dropped UNION SELECT n FROM linked)
    LEFT JOIN dropped USING (n))
LEFT JOIN (SELECT n AS stays, root FROM linked) USING (stays);

CREATE TABLE named AS SELECT n, id, min(id) OVER (PARTITION BY story) AS story_id
FROM numbered JOIN related USING (n);

CREATE TABLE decided AS SELECT row.n, d.reason, d.similarity, keeper.id AS keeper, newest.id AS newest, row.story_id
FROM named AS row LEFT JOIN dropped AS d USING (n) LEFT JOIN named AS keeper ON keeper.n = d.keeper
LEFT JOIN named AS newest ON newest.n = d.revision_of;

CREATE TABLE sharing_with AS
SELECT s.n, list({'id': mate.id, 'fingerprints': s.fingerprints, 'share': s.share, 'words': s.words,
    'quoted_words': s.quoted_words} ORDER BY s.words DESC, mate.id) AS shared_with
FROM shared AS s JOIN named AS mate ON mate.n = s.other GROUP BY s.n;
"""
_VERDICT = """
SELECT shard, place, row.id, d.reason, CASE WHEN d.reason <> 'revision' THEN d.keeper END AS duplicate_of,
    d.similarity, coalesce(d.keeper, row.id) AS cluster_id, d.newest AS revision_of,
    coalesce(d.story_id, row.id) AS story_id, w.shared_with, CASE WHEN d.reason IS NULL THEN {split} END AS split
FROM numbered AS row LEFT JOIN decided AS d USING (n) LEFT JOIN sharing_with AS w USING (n)
"""
_FILTERED = "UNION ALL BY NAME SELECT shard, place, id, 'filtered' AS reason FROM {} WHERE NOT passes"


def _write_verdicts(task: Task) -> None:
    """Write what happens to each row, in which story and split it is, and with which rows it shares text.

    Rows that the filter drops are not compared: a dropped text makes no other text a duplicate.
    """
    measured = parquet_sql(task.path("measured"), "*.parquet")
    with build_database(task.work) as db:
        db.execute(ranking.numbered_sql(task))
        db.execute(f"CREATE VIEW dropped AS FROM {parquet_sql(task.path(DUPLICATES))}")
        db.execute(f"CREATE VIEW shared AS FROM {measured}")
        create_table(db, "linked", linked(_pairs(db)).items(), {"n": "i", "root": "i"})
        db.run(_TABLES)
        verdict = _VERDICT.format(split=split_sql(task.options.splits, "coalesce(d.story_id, row.id)"))
        filtered = _FILTERED.format(ranking.passed_sql(task)) if task.options.where else ""
        copy_table(db, f"{verdict} {filtered} ORDER BY shard, place", task.path(VERDICTS))


def _pairs(db: Database) -> Iterator[tuple[int, int]]:
    for batch in db.stream("SELECT n, other FROM shared WHERE n < other", BATCH):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


STEPS = (*ranking.STEPS, *duplicates.STEPS, *shared_text.STEPS, undivided("verdicts", _write_verdicts, VERDICTS))
"""Decide for each row whether it stays, and in which split."""


_DRAWN = 13
"""Hexadecimal digits of a story's hash that decide its split: 52 bits, which fit a double exactly."""


def split_sql(splits: Sequence[tuple[str, float]], story: str) -> str:
    """Return the SQL for the split of a story, which depends on the hash of its id alone.

    `splits`: names with their shares of the stories, which add up to 1. `story`: the SQL of the id.
    """
    drawn = f"('0x' || sha256({story})[:{_DRAWN}])::BIGINT / 16.0::DOUBLE ** {_DRAWN}"
    *bounded, (last, _) = bounds_of(splits)
    cases = "".join(f" WHEN {drawn} < {quoted(until)}::DOUBLE THEN {quoted(name)}" for name, until in bounded)
    return f"CASE{cases} ELSE {quoted(last)} END" if cases else quoted(last)


def bounds_of(splits: Sequence[tuple[str, float]]) -> list[tuple[str, float]]:
    """Return the upper bound of each split in the range from 0 to 1. Raises ArchiveError for invalid shares.

    >>> bounds_of([("train", 0.75), ("test", 0.25)])
    [('train', 0.75), ('test', 1.0)]
    """
    total = sum(share for _, share in splits)
    if not splits or abs(total - 1) > 1e-9 or any(share <= 0 for _, share in splits):
        given = ", ".join(f"{name}={share:g}" for name, share in splits) or "none"
        raise ArchiveError(
            f"splits: the shares ({given}) must be above 0 and add up to 1: for example train=0.9, test=0.1"
        )
    check([name for name, _ in splits], list[SplitName], "splits", "name a split with letters, digits and _")
    ends = [sum(share for _, share in splits[:k]) for k in range(1, len(splits))]
    return [(name, end) for (name, _), end in zip(splits, [*ends, 1.0], strict=True)]

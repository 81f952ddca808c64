"""Stage 2: apply the user's filter, then decide for each remaining row whether it stays, and in which split.

Splits are drawn per story: near duplicates and rows that share text are always in the same split.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archive.dataset.dedup import duplicates, ranking, shared_text
from archive.dataset.dedup.arrays import create_table
from archive.dataset.dedup.duplicates import DUPLICATES
from archive.dataset.dedup.shared_text import linked
from archive.dataset.table.database import BATCH, Database, build_database, copy_table, parquet_sql
from archive.dataset.table.options import SplitName
from archive.dataset.table.steps import Task, undivided
from archive.files.errors import ArchiveError
from archive.files.schema import check

VERDICTS = "verdicts.parquet"
"""shard, place and id of each row, why it is dropped (null: it stays), and the decided columns; by shard and place."""

_TABLES = """
CREATE TABLE story AS
SELECT n, min(id) OVER (PARTITION BY coalesce(root, stays)) AS story_id
FROM (SELECT n, id, coalesce(keeper, n) AS stays FROM numbered LEFT JOIN dropped USING (n))
LEFT JOIN (SELECT n AS stays, root FROM linked) USING (stays);

CREATE TABLE sharing_with AS
SELECT s.n, list({'id': mate.id, 'fingerprints': s.fingerprints, 'share': s.share, 'words': s.words,
    'quoted_words': s.quoted_words} ORDER BY s.words DESC, mate.id) AS shared_with
FROM shared AS s JOIN numbered AS mate ON mate.n = s.other GROUP BY s.n;
"""
_VERDICT = """
SELECT row.shard, row.place, row.id, d.reason, CASE WHEN d.reason <> 'revision' THEN keeper.id END AS duplicate_of,
    d.similarity, coalesce(keeper.id, row.id) AS cluster_id, newest.id AS revision_of, story.story_id, w.shared_with,
    CASE WHEN d.reason IS NULL THEN split.split END AS split
FROM numbered AS row LEFT JOIN dropped AS d USING (n) LEFT JOIN numbered AS keeper ON keeper.n = d.keeper
LEFT JOIN numbered AS newest ON newest.n = d.revision_of
LEFT JOIN story ON story.n = row.n LEFT JOIN split ON split.n = row.n LEFT JOIN sharing_with AS w ON w.n = row.n
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
        assign_splits(db, task.options.splits)
        filtered = _FILTERED.format(ranking.passed_sql(task)) if task.options.where else ""
        copy_table(db, f"{_VERDICT} {filtered} ORDER BY shard, place", task.path(VERDICTS))


def _pairs(db: Database) -> Iterator[tuple[int, int]]:
    for batch in db.stream("SELECT n, other FROM shared WHERE n < other", BATCH):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


STEPS = (*ranking.STEPS, *duplicates.STEPS, *shared_text.STEPS, undivided("verdicts", _write_verdicts, VERDICTS))
"""Decide for each row whether it stays, and in which split."""


_DRAWN = 13
"""Hexadecimal digits of a story's hash that decide its split: 52 bits, which fit a double exactly."""


def assign_splits(db: Database, splits: Sequence[tuple[str, float]]) -> None:
    """Create the table `split`: the split of each row, which depends on the hash of its story's id alone.

    Needs the table `story`. `splits`: names with their shares of the stories, which add up to 1.
    """
    db.execute("CREATE TABLE bound (split VARCHAR, until DOUBLE)")
    db.execute_many("INSERT INTO bound VALUES (?, ?)", bounds_of(splits))
    db.execute(f"""
        CREATE TABLE split AS SELECT n, arg_min(split, until) AS split FROM (
            SELECT n, ('0x' || sha256(story_id)[:{_DRAWN}])::BIGINT / 16.0::DOUBLE ** {_DRAWN} AS drawn FROM story)
        JOIN bound ON drawn < until GROUP BY n
    """)
    db.execute("DROP TABLE bound")


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

"""Stage 2: apply the user's filter, then decide for each remaining row whether it stays, and in which split.

Splits are drawn per story: near duplicates and rows that share text are always in the same split.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from archive.dataset.dedup import duplicates, ranking, shared_text
from archive.dataset.table.condition import check_condition
from archive.dataset.table.database import Database, build_database, copy_sql, first_line, path_sql
from archive.dataset.table.files import LEVEL
from archive.dataset.table.options import Options, SplitName
from archive.dataset.table.schema import DECIDED
from archive.files.errors import ArchiveError
from archive.files.schema import check
from archive.files.whole import whole_file

_SAME_ID = """SELECT min(file), max(file) FROM (SELECT id, coalesce(warc_file, source_file) AS file FROM built)
    GROUP BY id HAVING count(*) > 1 ORDER BY id LIMIT 1"""
_WRITTEN = """SELECT * FROM verdict
    UNION ALL BY NAME SELECT id, 'filtered' AS reason FROM filtered WHERE NOT passes ORDER BY id"""


def decide(out: Path, options: Options) -> None:
    """Write work/verdicts.parquet: the id of each row, why it is dropped (null: it stays), and the decided columns.

    Rows that the filter drops are not compared: a dropped text makes no other text a duplicate.
    """
    work = out / "work"
    with build_database(work) as con:
        rows = path_sql(work / "rows", "*.parquet")
        con.execute(f"CREATE VIEW built AS SELECT * FROM read_parquet({rows}, hive_partitioning = false)")
        if same := con.execute(_SAME_ID).fetchall():
            first, last = same[0]
            raise ArchiveError(f"{first} and {last}: contain the same record: give only one of the two files")
        _filter(con, options.where)
        make_verdicts(con, work, options.splits, "id IN (SELECT id FROM filtered WHERE passes)")
        with whole_file(work / "verdicts.parquet") as half:
            settings = f"FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL {LEVEL}"
            con.execute(copy_sql(_WRITTEN, half, settings))


def _filter(con: Database, where: str) -> None:
    """Create the table `filtered`: the id of each row and whether it passes the filter."""
    check_condition(where)  # again: it may come from a plan on a disk that others write to
    condition = f"coalesce((\n{where}\n), false)" if where else "true"
    view = f"SELECT * EXCLUDE ({', '.join(DECIDED)}) FROM built"
    try:
        con.execute(f"CREATE TABLE filtered AS SELECT id, CAST({condition} AS BOOLEAN) AS passes FROM ({view})")
    except (duckdb.ConversionException, duckdb.OutOfRangeException) as error:
        raise ArchiveError(f"--where {where!r}: {first_line(error)}: it must be true or false for every row") from error


_VERDICTS = """
CREATE TABLE sharing_with AS
SELECT s.n, list({'id': mate.id, 'fingerprints': s.fingerprints, 'share': s.share, 'words': s.words,
    'quoted_words': s.quoted_words} ORDER BY s.words DESC, mate.id) AS shared_with
FROM shared AS s JOIN numbered AS mate ON mate.n = s.other GROUP BY s.n;

CREATE VIEW verdict AS
SELECT row.id, d.reason, CASE WHEN d.reason <> 'revision' THEN keeper.id END AS duplicate_of, d.similarity,
    coalesce(keeper.id, row.id) AS cluster_id, newest.id AS revision_of, story.story_id, w.shared_with,
    CASE WHEN d.reason IS NULL THEN split.split END AS split
FROM numbered AS row LEFT JOIN dropped AS d USING (n) LEFT JOIN numbered AS keeper ON keeper.n = d.keeper
LEFT JOIN numbered AS newest ON newest.n = d.revision_of
LEFT JOIN story ON story.n = row.n LEFT JOIN split ON split.n = row.n LEFT JOIN sharing_with AS w ON w.n = row.n
"""


def make_verdicts(db: Database, work: Path, shares: Sequence[tuple[str, float]], wanted: str = "true") -> None:
    """Create the view `verdict`: id, reason (null: the row stays) and the decided columns of each wanted row."""
    ranking.number(db, work, wanted)
    duplicates.find(db, work)
    shared_text.find(db, work)
    assign_splits(db, shares)
    db.run(_VERDICTS)


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

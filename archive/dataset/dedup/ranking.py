"""Rank the rows of a dataset in the order in which duplicates stay, and drop revisions and exact duplicates.

Rows are ranked by the earliest publication, then the greatest length, then the smallest id. A rank, `n`, is a row's
place in numbered.parquet; a 32-bit number, so a dataset has at most 2,147,483,647 rows.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from archive.dataset.dedup.groups import GROUPING, shard_path
from archive.dataset.table.condition import check_condition
from archive.dataset.table.database import Database, build_database, copy_table, first_line, parquet_sql
from archive.dataset.table.schema import DECIDED
from archive.dataset.table.steps import Task, divided, undivided
from archive.files.errors import ArchiveError

NUMBERED = "numbered.parquet"
"""id, shard, place, sha256, fetched, address: the row with the rank n is the n-th, from 0."""
DISTINCT = "distinct.parquet"
"""shard, place, n of each row that is no revision and no exact duplicate, in the order of shards."""
DROPPED = "dropped.parquet"
"""n, reason, keeper, similarity, revision_of of the others."""
PASSED = "passed"

SHARD = r"regexp_extract(filename, '(\d+)\.parquet$', 1)::INTEGER AS shard, file_row_number::INTEGER AS place"
_FILE_OF = "SELECT id, coalesce(warc_file, source_file) AS file FROM {}"
_SAME_ID = "SELECT min(file), max(file) FROM ({}) GROUP BY id HAVING count(*) > 1 ORDER BY id LIMIT 1"
# hashes are compared first: ids of 64 characters take more memory
_MAY_BE_TWICE = "SELECT 1 FROM keys GROUP BY hash(id) HAVING count(*) > 1 LIMIT 1"
_RANKED = """SELECT keys.id, shard, place, unhex(text_sha256) AS sha256, fetched, address
    FROM keys {wanted} ORDER BY published NULLS LAST, n_chars DESC, keys.id"""

_DROPPED = """
CREATE TABLE dropped (n INTEGER, reason VARCHAR, keeper INTEGER, similarity FLOAT, revision_of INTEGER);

-- only rows with a fetch time can be older than others
CREATE TEMP TABLE revised AS SELECT address FROM numbered
WHERE address IS NOT NULL AND fetched IS NOT NULL AND sha256 IS NOT NULL
GROUP BY address HAVING min(sha256) <> max(sha256);
INSERT INTO dropped
SELECT n, 'revision', NULL, NULL, newest FROM (
    SELECT n, sha256, text, min(n) FILTER (WHERE sha256 = text) OVER (PARTITION BY address) AS newest FROM (
        SELECT n, address, sha256, first_value(sha256) OVER (PARTITION BY address ORDER BY fetched DESC, n) AS text
        FROM numbered SEMI JOIN revised USING (address) WHERE fetched IS NOT NULL AND sha256 IS NOT NULL))
WHERE sha256 <> text;

CREATE TEMP TABLE stays AS SELECT sha256, min(n) AS keeper FROM numbered ANTI JOIN dropped USING (n)
WHERE sha256 IS NOT NULL GROUP BY sha256 HAVING count(*) > 1;
INSERT INTO dropped
SELECT n, 'exact_duplicate', keeper, 1, NULL
FROM numbered ANTI JOIN dropped USING (n) JOIN stays USING (sha256) WHERE n <> keeper;
"""
_DISTINCT = "SELECT shard, place, n FROM numbered ANTI JOIN dropped USING (n) ORDER BY shard, place"


def numbered_sql(task: Task) -> str:
    """Return the SQL that creates the view `numbered`: the wanted rows, each with its rank `n`."""
    rows = parquet_sql(task.path(NUMBERED), numbered=True)
    return f"CREATE VIEW numbered AS SELECT file_row_number::INTEGER AS n, * FROM {rows}"


def passed_sql(task: Task) -> str:
    """Return the SQL that reads for each row, by shard and place, whether it passes the filter."""
    return f"(SELECT id, passes, {SHARD} FROM {parquet_sql(task.path(PASSED), '*.parquet', numbered=True)})"


def _shards(task: Task) -> Sequence[str]:
    if not task.options.where:
        return []
    return sorted(file.stem for file in (task.work / "rows").glob("*.parquet"))


def _filter(task: Task, unit: str) -> None:
    """Write for each row of a shard whether it passes the user's filter."""
    where = task.options.where
    check_condition(where)  # again: it may come from a plan on a disk that others write to
    rows = f"SELECT * EXCLUDE ({', '.join(DECIDED)}) FROM {parquet_sql(shard_path(task.work, 'rows', int(unit)))}"
    query = f"SELECT id, CAST(coalesce((\n{where}\n), false) AS BOOLEAN) AS passes FROM ({rows})"
    with build_database(task.work) as db:
        try:
            copy_table(db, query, task.path(PASSED, f"{unit}.parquet"))
        except (duckdb.ConversionException, duckdb.OutOfRangeException) as error:
            problem = f"--where {where!r}: {first_line(error)}: it must be true or false for every row"
            raise ArchiveError(problem) from error


def _rank(task: Task) -> None:
    """Number the wanted rows, and drop those that equal another one."""
    with build_database(task.work) as db:
        keys = parquet_sql(task.work / "keys", "*.parquet", numbered=True)
        db.execute(f"CREATE VIEW keys AS SELECT *, {SHARD} FROM {keys}")
        _refuse_same(db, task)
        wanted = f"JOIN {passed_sql(task)} AS passed USING (shard, place) WHERE passes" if task.options.where else ""
        copy_table(db, _RANKED.format(wanted=wanted), task.path(NUMBERED))
        db.execute(numbered_sql(task))
        db.run(_DROPPED)
        copy_table(db, _DISTINCT, task.path(DISTINCT))
        copy_table(db, "SELECT * FROM dropped", task.path(DROPPED))


def _refuse_same(db: Database, task: Task) -> None:
    """Raise ArchiveError where two rows are of one record."""
    if db.execute(_MAY_BE_TWICE).fetchall():
        built = _FILE_OF.format(parquet_sql(task.work / "rows", "*.parquet"))
        if same := db.execute(_SAME_ID.format(built)).fetchall():
            first, last = same[0]
            raise ArchiveError(f"{first} and {last}: contain the same record: give only one of the two files")


STEPS = (GROUPING, divided(PASSED, _shards, _filter, ".parquet"), undivided("ranks", _rank, DROPPED))

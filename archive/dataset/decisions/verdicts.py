"""Stage 2: which rows the user's filter leaves, and what the whole dataset decides about each of those."""

from __future__ import annotations

from pathlib import Path

import duckdb

from archive.dataset.decisions import decided
from archive.dataset.engine import connected, first_line, quoted
from archive.dataset.options import Options
from archive.dataset.schema import DECIDED
from archive.dataset.tables import LEVEL, whole
from archive.files.errors import ArchiveError

_SAME_ID = """SELECT min(file), max(file) FROM (SELECT id, coalesce(warc_file, source_file) AS file FROM found)
    GROUP BY id HAVING count(*) > 1 ORDER BY id LIMIT 1"""
_VERDICTS = """SELECT * FROM verdict
    UNION ALL BY NAME SELECT id, 'filtered' AS reason FROM filtered WHERE NOT passes ORDER BY id"""


def decide(out: Path, options: Options) -> None:
    """Write work/verdicts.parquet: the id of each row, why it is dropped (null: kept), and the decided columns.

    Rows that the filter drops are none for what follows: a text that is not there makes no other one a duplicate.
    """
    work = out / "work"
    with connected(work) as con:
        con.execute(f"CREATE VIEW found AS SELECT * FROM read_parquet({quoted(work / 'rows' / '*.parquet')})")
        _refuse_same_ids(con)
        _filter(con, options.where)
        decided.decide(con, work, options.splits, "id IN (SELECT id FROM filtered WHERE passes)")
        with whole(work / "verdicts.parquet") as half:
            con.execute(
                f"COPY ({_VERDICTS}) TO {quoted(half)} (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL {LEVEL})"
            )


def _refuse_same_ids(con: duckdb.DuckDBPyConnection) -> None:
    if found := con.execute(_SAME_ID).fetchall():
        first, last = found[0]
        raise ArchiveError(f"{first} and {last}: hold the same record: give only one of the two files")


def _filter(con: duckdb.DuckDBPyConnection, where: str) -> None:
    """Make the table `filtered`: each row's id and whether it passes."""
    condition = f"coalesce((\n{where}\n), false)" if where else "true"
    view = f"SELECT * EXCLUDE ({', '.join(DECIDED)}) FROM found"
    try:
        con.execute(f"CREATE TABLE filtered AS SELECT id, CAST({condition} AS BOOLEAN) AS passes FROM ({view})")
    except (duckdb.ConversionException, duckdb.OutOfRangeException) as error:
        raise ArchiveError(f"--where {where!r}: {first_line(error)}: it must be true or false for every row") from error

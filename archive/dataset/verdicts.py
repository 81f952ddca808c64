"""Stage 2: what only the whole dataset decides, a verdict a row."""

from __future__ import annotations

from pathlib import Path

import duckdb

from archive.dataset.engine import connected, first_line, quoted
from archive.dataset.options import Options
from archive.dataset.schema import DECIDED, SCHEMA
from archive.dataset.tables import whole
from archive.errors import ArchiveError

_SAME_ID = """SELECT id, min(coalesce(warc_file, source_file)) AS first, max(coalesce(warc_file, source_file)) AS last
    FROM rows GROUP BY id HAVING count(*) > 1 ORDER BY first, id LIMIT 1"""


def decide(out: Path, options: Options) -> None:
    """Write work/verdicts.parquet: the id of each row, why it is dropped (null: kept), and the decided columns.

    Rows that the filter drops are none for what follows: a text that is not there makes no other one a duplicate.
    """
    work = out / "work"
    with connected(work) as con:
        con.execute(f"CREATE VIEW rows AS SELECT * FROM read_parquet({quoted(work / 'rows' / '*.parquet')})")
        _refuse_same_ids(con)
        _filter(con, options.where)
        empty = ", ".join(f"CAST(NULL AS {_sql(con, name)}) AS {name}" for name in DECIDED if name != "split")
        split = quoted(options.splits[0][0])
        verdicts = f"""SELECT id, CASE WHEN passes THEN NULL ELSE 'filtered' END AS reason, {empty},
            CASE WHEN passes THEN {split} END AS split FROM filtered ORDER BY id"""
        with whole(work / "verdicts.parquet") as half:
            con.execute(f"COPY ({verdicts}) TO {quoted(half)} (FORMAT parquet, COMPRESSION zstd)")


def _refuse_same_ids(con: duckdb.DuckDBPyConnection) -> None:
    if found := con.execute(_SAME_ID).fetchall():
        _, first, last = found[0]
        raise ArchiveError(f"{first} and {last}: hold the same record: give only one of the two files")


def _filter(con: duckdb.DuckDBPyConnection, where: str) -> None:
    """Make the table `filtered`: each row's id and whether it passes."""
    condition = f"coalesce((\n{where}\n), false)" if where else "true"
    view = f"SELECT * EXCLUDE ({', '.join(DECIDED)}) FROM rows"
    try:
        con.execute(f"CREATE TABLE filtered AS SELECT id, CAST({condition} AS BOOLEAN) AS passes FROM ({view})")
    except duckdb.ConversionException as error:
        raise ArchiveError(f"--where {where!r}: {first_line(error)}: it must be true or false for every row") from error


def _sql(con: duckdb.DuckDBPyConnection, name: str) -> str:
    """Return duckdb's name for a column's type."""
    con.register("typed", SCHEMA.empty_table().select([name]))
    return str(con.sql("SELECT * FROM typed").types[0])

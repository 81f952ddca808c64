"""The rows of a dataset numbered by who stays, as tables in duckdb, and their texts read back for comparison."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

from archive.dataset.engine import quoted

AT_ONCE = 256
"""Texts read at a time."""

_SHARD = r"regexp_extract(filename, '(\d+)\.parquet$', 1)::INTEGER AS shard, file_row_number::INTEGER AS place"
_TABLES = """
CREATE VIEW keys AS SELECT *, {shard} FROM read_parquet({keys});
CREATE VIEW texts AS SELECT text, {shard} FROM read_parquet({rows});

CREATE TABLE numbered AS
SELECT (row_number() OVER (ORDER BY published NULLS LAST, n_chars DESC, id) - 1)::INTEGER AS n,
    shard, place, id, unhex(text_sha256) AS sha256, fetched, address
FROM keys WHERE {wanted};
"""


def number(db: duckdb.DuckDBPyConnection, work: Path, wanted: str = "true") -> None:
    """Make the views `keys` and `texts` and the table `numbered`: the wanted rows, each with its rank `n`.

    The earliest published comes first, then the longest, then the smallest id.
    """
    keys, rows = (quoted(work / part / "*.parquet") for part in ("keys", "rows"))
    db.execute(_TABLES.format(shard=_SHARD, keys=keys, rows=rows, wanted=wanted))


def count(db: duckdb.DuckDBPyConnection, table: str) -> int:
    """Return the number of a table's rows."""
    return int(db.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0])


def pairs_in(db: duckdb.DuckDBPyConnection, query: str) -> Iterator[tuple[int, int]]:
    """Yield the rows of a query of two whole numbers, few in memory at a time."""
    yield from _streamed(db, query, 10_000)


def texts_in(db: duckdb.DuckDBPyConnection, table: str) -> Iterator[tuple[int, str]]:
    """Yield the rank and the text of each row that a table names by `n`, in no order."""
    query = f"SELECT n, text FROM texts JOIN numbered USING (shard, place) JOIN {table} USING (n)"
    yield from _streamed(db, query, AT_ONCE)


def _streamed(db: duckdb.DuckDBPyConnection, query: str, at_once: int) -> Iterator[tuple[Any, Any]]:
    for batch in db.cursor().sql(query).to_arrow_reader(at_once):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)

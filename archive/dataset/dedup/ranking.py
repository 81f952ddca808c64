"""Rank the rows of a dataset by which of several duplicates stays, and read back the texts to compare.

The ranked rows are tables in duckdb. Texts to compare are kept as arrays of hashes in a file, since there may be more
than fit in memory.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import duckdb
import numpy as np

from archive.dataset.dedup.keys import Hashes
from archive.dataset.table.database import quoted

AT_ONCE = 256
"""Texts that are read at a time."""

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
    """Create the views `keys` and `texts` and the table `numbered`: the wanted rows, each with its rank `n`.

    Rows are ranked by the earliest publication, then the greatest length, then the smallest id.
    """
    keys, rows = (quoted(work / part / "*.parquet") for part in ("keys", "rows"))
    db.execute(_TABLES.format(shard=_SHARD, keys=keys, rows=rows, wanted=wanted))


def count(db: duckdb.DuckDBPyConnection, table: str) -> int:
    """Return the number of rows of a table."""
    return int(db.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0])


def pairs_in(db: duckdb.DuckDBPyConnection, query: str) -> Iterator[tuple[int, int]]:
    """Yield the rows of a query with two integer columns, holding few in memory."""
    yield from _streamed(db, query, 10_000)


def texts_in(db: duckdb.DuckDBPyConnection, table: str) -> Iterator[tuple[int, str]]:
    """Yield rank and text of each row that a table names in its column `n`, in no particular order."""
    query = f"SELECT n, text FROM texts JOIN numbered USING (shard, place) JOIN {table} USING (n)"
    yield from _streamed(db, query, AT_ONCE)


def _streamed(db: duckdb.DuckDBPyConnection, query: str, at_once: int) -> Iterator[tuple[Any, Any]]:
    for batch in db.cursor().sql(query).to_arrow_reader(at_once):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


class HashFile:
    """A temporary file of hash arrays by row number. It is deleted when it is closed."""

    def __init__(self, folder: Path, rows: int) -> None:
        self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 - closed by __exit__
        self._end = 0
        self._starts = np.zeros(rows, np.int64)
        self._sizes = np.zeros(rows, np.int32)

    def __enter__(self) -> HashFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def add(self, row: int, hashes: Hashes) -> None:
        """Append the array of a row."""
        self._file.write(hashes.tobytes())
        self._starts[row], self._sizes[row] = self._end, len(hashes)
        self._end += hashes.nbytes

    def size(self, row: int) -> int:
        """Return the length of a row's array, 0 if the row has none."""
        return int(self._sizes[row])

    def read(self, row: int) -> Hashes:
        """Return a row's array, empty if the row has none."""
        # read instead of mapped: the pages of a mapped file would count as memory of this process
        return np.frombuffer(os.pread(self._file.fileno(), self.size(row) * 8, int(self._starts[row])), np.uint64)

"""Rank the rows of a dataset in the order in which duplicates stay, and hold the texts to compare.

The ranked rows are a table in duckdb. The texts are arrays of hashes in a file, since they may not fit in memory.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np

from archive.dataset.dedup.keys import Hashes
from archive.dataset.table.database import Database, path_sql

AT_ONCE = 256
"""Texts that are read at a time."""

_SHARD = r"regexp_extract(filename, '(\d+)\.parquet$', 1)::INTEGER AS shard, file_row_number::INTEGER AS place"
_KEYS = "CREATE VIEW keys AS SELECT *, {shard} FROM read_parquet({files}, hive_partitioning = false)"
_TEXTS = "CREATE VIEW texts AS SELECT text, {shard} FROM read_parquet({files}, hive_partitioning = false)"
_NUMBERED = """CREATE TABLE numbered AS
SELECT (row_number() OVER (ORDER BY published NULLS LAST, n_chars DESC, id) - 1)::INTEGER AS n,
    shard, place, id, unhex(text_sha256) AS sha256, fetched, address
FROM keys WHERE {wanted}"""


def number(db: Database, work: Path, wanted: str) -> None:
    """Create the views `keys` and `texts` and the table `numbered`: the wanted rows, each with its rank `n`.

    Rows are ranked by the earliest publication, then the greatest length, then the smallest id.
    """
    for view, part in ((_KEYS, "keys"), (_TEXTS, "rows")):
        db.execute(view.format(shard=_SHARD, files=path_sql(work / part, "*.parquet")))
    db.execute(_NUMBERED.format(wanted=wanted))


def count(db: Database, table: str) -> int:
    """Return the number of rows of a table."""
    return int(db.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0])


def create_table(db: Database, name: str, rows: Iterable[Sequence[float]], columns: Mapping[str, str]) -> None:
    """Create a table of numbers. `columns`: their names, with the type codes of the module `array`."""
    arrays: dict[str, array[Any]] = {column: array(code) for column, code in columns.items()}
    for row in rows:
        for values, value in zip(arrays.values(), row, strict=True):
            values.append(value)
    db.register("arrays", {column: np.array(values) for column, values in arrays.items()})
    db.execute(f"CREATE TABLE {name} AS SELECT * FROM arrays")
    db.unregister("arrays")


def pairs_in(db: Database, query: str) -> Iterator[tuple[int, int]]:
    """Yield the rows of a query with two integer columns, holding few in memory."""
    return _streamed(db, query, 10_000)


def texts_in(db: Database, table: str) -> Iterator[tuple[int, str]]:
    """Yield rank and text of each row that a table names in its column `n`, in no particular order."""
    return _streamed(
        db, f"SELECT n, text FROM texts JOIN numbered USING (shard, place) JOIN {table} USING (n)", AT_ONCE
    )


def _streamed(db: Database, query: str, at_once: int) -> Iterator[tuple[Any, Any]]:
    for batch in db.stream(query, at_once):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


class HashFile:
    """Arrays of hashes by row number, in an unbuffered file."""

    def __init__(self, file: IO[bytes], rows: int) -> None:
        self._file, self._end = file, 0
        self._starts, self._sizes = np.zeros(rows, np.int64), np.zeros(rows, np.int32)

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

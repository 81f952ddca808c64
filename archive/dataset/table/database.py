"""Open duckdb with bounded memory and one-line errors, and read a finished dataset's row files as one table."""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]

from archive.dataset.table.schema import DROPPED_SCHEMA
from archive.files.errors import ArchiveError

MEMORY = "600MB"
"""duckdb's memory limit; beyond it duckdb spills to disk. A build of 1 M rows is to stay below 1 GB in all."""
FREE_SPACE = "free space or memory, and run the same command again"
"""The advice when a query ran out of memory or disk."""

Part = Literal["data", "dropped"]
PARTS: tuple[Part, ...] = ("data", "dropped")
"""The folders of a dataset that hold row files."""
ROW_FILE = re.compile(r"[^/]+-[0-9]{5}-of-[0-9]{5}\.(parquet|jsonl|jsonl\.gz|jsonl\.zst)")
"""The name of a row file: its split, number and format."""
BATCH = 10_000
"""Rows that are in Python's memory at once."""


@contextmanager
def build_database(work: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database that spills into the work folder of a build. Its errors name that folder."""
    with _database(work / "spill") as connection:
        try:
            yield connection
        except duckdb.Error as error:
            raise ArchiveError(f"{work}: {first_line(error)}: {FREE_SPACE}") from error


@contextmanager
def dataset_database(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database that spills into the system's temporary folder. Its errors name *folder*, the dataset read."""
    with tempfile.TemporaryDirectory(prefix="pressclip-") as spill, _database(Path(spill)) as connection:
        try:
            yield connection
        except duckdb.OutOfMemoryException as error:
            raise ArchiveError(f"{folder}: {first_line(error)}: {FREE_SPACE}") from error
        except duckdb.Error as error:
            problem = f"{folder}: cannot be read as a dataset ({first_line(error)}): build it again"
            raise ArchiveError(problem) from error


@contextmanager
def _database(spill: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    # with one thread, rows keep the order of the files
    order: dict[str, bool | int] = {"threads": 1, "preserve_insertion_order": True}
    with duckdb.connect(config={"memory_limit": MEMORY, "temp_directory": str(spill), **order}) as connection:
        yield connection


def quoted(value: object) -> str:
    """Return a value as an SQL string literal.

    >>> quoted("it's")
    "'it''s'"
    """
    return "'" + str(value).replace("'", "''") + "'"


def first_line(error: Exception) -> str:
    """Return the first line of duckdb's error message."""
    return str(error).strip().partition("\n")[0]


def row_files(folder: Path, part: Part = "data") -> list[Path]:
    """Return a dataset's row files, sorted by name."""
    return sorted(path for path in (folder / part).glob("*") if ROW_FILE.fullmatch(path.name))


def rows_sql(files: Sequence[Path]) -> str:
    """Return the SQL that reads row files of one format. The column `in_split` is the split in the file's name."""
    split = "split_part(parse_filename(filename), '-', 1) AS in_split"
    return f"(SELECT * EXCLUDE (filename), {split} FROM {scan_sql(files, DROPPED_SCHEMA, ', filename = true')})"


def scan_sql(paths: Sequence[Path], schema: pa.Schema, options: str = "") -> str:
    """Return the SQL that reads Parquet or JSON lines files; *schema* gives the column types of JSON lines."""
    listed = ", ".join(map(quoted, paths))
    if paths[0].suffix == ".parquet":
        return f"read_parquet([{listed}], union_by_name = true{options})"
    empty = duckdb.from_arrow(schema.empty_table())
    types = ", ".join(f"'{name}': '{kind}'" for name, kind in zip(empty.columns, empty.types, strict=True))
    return f"read_json([{listed}], format = 'newline_delimited', columns = {{{types}}}{options})"


def columns_of(connection: duckdb.DuckDBPyConnection, rows: str) -> set[str]:
    """Return the column names of a table."""
    return {row[0] for row in connection.sql(f"SELECT column_name FROM (DESCRIBE {rows})").fetchall()}


def dataset_sha256(folder: Path) -> str:
    """Return the hash of a dataset's content: the id, text and split of every row, in the order of the files.

    The text itself is hashed, not the column `text_sha256`. Format, file sizes and other columns do not change the
    hash. Missing columns `id` or `text` count as empty.
    """
    total = hashlib.sha256()
    if files := row_files(folder):
        with dataset_database(folder) as connection:
            columns = columns_of(connection, rows_sql(files))
            key, text = (f"coalesce({name}, '')" if name in columns else "''" for name in ("id", "text"))
            lines = connection.sql(f"SELECT concat_ws(' ', {key}, sha256({text}), in_split) FROM {rows_sql(files)}")
            for batch in lines.to_arrow_reader(BATCH):
                total.update("".join(f"{line}\n" for line in batch.column(0).to_pylist()).encode())
    return total.hexdigest()

"""duckdb as builds use it: bounded memory, the disk behind it, and errors of one line."""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]

from archive.dataset.table.schema import DROPPED_SCHEMA
from archive.files.errors import ArchiveError

MEMORY = "600MB"
"""What duckdb may take; past it, it uses the disk. A build of 1 M rows is to stay below 1 GB in all."""


MEND = "free space or memory, and give the same command again"
"""What helps where a question was too large."""


@contextmanager
def connected(work: Path, *, threads: int = 1) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a database that works on the files of a build's folder; what goes wrong is one line about it."""
    with database(work / "spill", threads=threads) as con:
        try:
            yield con
        except duckdb.Error as error:
            raise ArchiveError(f"{work}: {first_line(error)}: {MEND}") from error


@contextmanager
def database(spill: Path, *, threads: int = 1) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a database in memory that spills into a folder. One thread: the order of rows is then the files'."""
    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": MEMORY,
        "temp_directory": str(spill),
        "threads": threads,
        "preserve_insertion_order": True,
    }
    with duckdb.connect(config=settings) as con:
        yield con


def quoted(value: object) -> str:
    """Return a value as SQL's text.

    >>> quoted("it's")
    "'it''s'"
    """
    return "'" + str(value).replace("'", "''") + "'"


def first_line(error: Exception) -> str:
    """Return the first line of what duckdb says."""
    return str(error).strip().partition("\n")[0]


Part = Literal["data", "dropped"]
PARTS: tuple[Part, ...] = ("data", "dropped")

NAME = re.compile(r"[^/]+-[0-9]{5}-of-[0-9]{5}\.(parquet|jsonl|jsonl\.gz|jsonl\.zst)")
"""What a file of rows is called, behind its split."""
FETCHED = 10_000
"""Rows that are in Python at once."""


@contextmanager
def opened(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a duckdb connection within bounds; what does not fit in memory goes to the system's temporary folder. An
    error is one about *folder*, whose files are read."""
    with tempfile.TemporaryDirectory(prefix="pressclip-") as spill, database(Path(spill)) as connection:
        try:
            yield connection
        except duckdb.OutOfMemoryException as error:
            raise ArchiveError(f"{folder}: {first_line(error)}: {MEND}") from error
        except duckdb.Error as error:
            raise ArchiveError(
                f"{folder}: cannot be read as a dataset ({first_line(error)}): build it again"
            ) from error


def row_files(folder: Path, part: Part = "data") -> list[Path]:
    """Return the files of rows in their order."""
    return sorted(path for path in (folder / part).glob("*") if NAME.fullmatch(path.name))


def table(files: Iterable[Path], schema: pa.Schema = DROPPED_SCHEMA) -> str:
    """Return the SQL for the rows of *files*, all of one format; `in_split` is the split that the file is named for."""
    paths = list(files)
    split = "split_part(parse_filename(filename), '-', 1) AS in_split"
    return f"(SELECT * EXCLUDE (filename), {split} FROM {scan(paths, schema, ', filename = true')})"


def scan(paths: Sequence[Path], schema: pa.Schema, options: str = "") -> str:
    """Return the SQL that reads Parquet or JSON lines; the latter as *schema* says."""
    listed = ", ".join(map(quoted, paths))
    if paths[0].suffix == ".parquet":
        return f"read_parquet([{listed}], union_by_name = true{options})"
    empty = duckdb.from_arrow(schema.empty_table())
    types = ", ".join(f"'{name}': '{kind}'" for name, kind in zip(empty.columns, empty.types, strict=True))
    return f"read_json([{listed}], format = 'newline_delimited', columns = {{{types}}}{options})"


def dataset_sha256(folder: Path) -> str:
    """Return the hash of what the dataset says: id, sha256 of the text and split of every row, in the order of the
    files, which is by split and id.

    The text itself is hashed, not what a column says of it; format, file sizes and other columns do not count. An id or
    text that is not among the columns counts as empty.
    """
    total = hashlib.sha256()
    if files := row_files(folder):
        with opened(folder) as connection:
            has = columns_of(connection, table(files))
            row = [f"coalesce({name}, '')" if name in has else "''" for name in ("id", "text")]
            rows = connection.sql(f"SELECT concat_ws(' ', {row[0]}, sha256({row[1]}), in_split) FROM {table(files)}")
            for batch in rows.to_arrow_reader(FETCHED):
                total.update("".join(f"{said}\n" for said in batch.column(0).to_pylist()).encode())
    return total.hexdigest()


def columns_of(connection: duckdb.DuckDBPyConnection, rows: str) -> set[str]:
    """Return the columns of a table."""
    return {row[0] for row in connection.sql(f"SELECT column_name FROM (DESCRIBE {rows})").fetchall()}

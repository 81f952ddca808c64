"""A finished dataset's row files, Parquet or JSON lines, as one table that duckdb reads."""

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

from archive.dataset.engine import MEND, database, first_line, quoted
from archive.dataset.schema import DROPPED_SCHEMA
from archive.files.errors import ArchiveError

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

"""Open duckdb with bounded memory, closed to all but the named paths, and read a dataset's row files as one table.

Nothing else in the project opens duckdb. A dataset may come from others, its column names and file names included, so a
connection executes one statement a call, reads and writes only below the paths that it was opened for, and its settings
are locked."""

from __future__ import annotations

import glob
import hashlib
import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Literal

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]

from archive.dataset.table.schema import WIDE_SCHEMA
from archive.files.errors import ArchiveError, cannot_write
from archive.files.whole import whole_file

MEMORY = "600MB"
"""duckdb's memory limit; beyond it duckdb spills to disk. A build of 1 M rows is to stay below 1 GB in all. Half of it
is enough for ranks, verdicts and order of 2 M made rows, a quarter for all but the verdicts (2026-11-30)."""
FREE_SPACE = "free space or memory, and run the same command again"
"""The advice when a query ran out of memory or disk."""

Part = Literal["data", "dropped"]
PARTS: tuple[Part, ...] = ("data", "dropped")
"""The folders of a dataset that hold row files."""
ROW_FILE = re.compile(r"[^/]+-[0-9]{5}-of-[0-9]{5}\.(parquet|jsonl|jsonl\.gz|jsonl\.zst)")
"""The name of a row file: its split, number and format."""
BATCH = 10_000
"""Rows that are in Python's memory at once."""


class Database:
    """A duckdb database in memory: one statement a call, and no path or setting but those it was opened with."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Use a connection that `opened` has closed to everything else."""
        self._connection = connection

    def execute(self, statement: str, values: Sequence[Any] | Mapping[str, Any] | None = None) -> Result:
        """Execute one statement. Raises duckdb.Error where the text holds several."""
        return self._connection.execute(_only(statement), values)

    def execute_many(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        """Execute one statement for each row of values."""
        self._connection.executemany(_only(statement), rows)

    def run(self, script: str) -> None:
        """Execute the statements of a script of ours, which holds nothing that was read from a file."""
        for statement in duckdb.extract_statements(script):
            self._connection.execute(statement)

    def query(self, statement: str) -> duckdb.DuckDBPyRelation:
        """Return the rows of one query, which are read as they are asked for."""
        return self._connection.sql(_only(statement))

    def stream(self, statement: str, rows: int) -> pa.RecordBatchReader:
        """Return the rows of one query in batches, while other queries of this database go on."""
        return self._connection.cursor().sql(_only(statement)).to_arrow_reader(rows)

    def register(self, name: str, table: Any) -> None:  # noqa: ANN401 - an Arrow table, or a dict of arrays
        """Give a table in memory a name."""
        self._connection.register(name, table)

    def unregister(self, name: str) -> None:
        """Forget a table in memory."""
        self._connection.unregister(name)

    def columns_of(self, rows: str) -> dict[str, str]:
        """Return the column names of a table, with their types."""
        return dict(
            self._connection.execute(_only(f"SELECT column_name, column_type FROM (DESCRIBE {rows})")).fetchall()
        )


Result = duckdb.DuckDBPyConnection
"""What duckdb returns for a statement: fetch the rows from it."""


def _only(statement: str) -> duckdb.Statement:
    statements = duckdb.extract_statements(statement)
    if len(statements) != 1:
        raise duckdb.InvalidInputException(f"{len(statements)} statements where there must be one")
    return statements[0]


@contextmanager
def opened(*paths: Path, spill: Path | None = None, in_order: bool = True) -> Iterator[Database]:
    """Open a database that reads and writes only these files and what is below these folders.

    *spill*: the folder for what does not fit in memory. *in_order*: rows keep the order of the files, which takes
    memory.
    """
    allowed = [_absolute(path) for path in (*paths, *filter(None, [spill]))]
    # a path is compared as the query names it, so with its escapes
    allowed += [escaped for path in allowed if (escaped := glob.escape(path)) != path]
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": MEMORY,
        "threads": 1,
        "preserve_insertion_order": in_order,
        "python_enable_replacements": False,  # a table name is never a Python variable
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    if spill:
        config["temp_directory"] = str(spill)
    with duckdb.connect(config=config) as connection:
        connection.execute("SET TimeZone = 'UTC'")  # otherwise a condition on a day depends on the machine
        connection.execute(f"SET allowed_directories = [{', '.join(map(quoted, allowed))}]")
        connection.execute(f"SET allowed_paths = [{', '.join(map(quoted, allowed))}]")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        yield Database(connection)


@contextmanager
def build_database(work: Path, *others: Path) -> Iterator[Database]:
    """Open a database on the work folder of a build and *others*. It spills there, and its errors name that folder."""
    spill = work / "spill"
    try:
        spill.mkdir(parents=True, exist_ok=True)
        # its own: two databases that spill into one folder would overwrite each other's files
        temporary = tempfile.TemporaryDirectory(dir=spill, ignore_cleanup_errors=True)
    except OSError as error:
        raise cannot_write(spill, error) from error
    with temporary as own, opened(work, *others, spill=Path(own)) as database:
        try:
            yield database
        except duckdb.Error as error:
            raise ArchiveError(f"{work}: {first_line(error)}: {FREE_SPACE}") from error


@contextmanager
def dataset_database(folder: Path, *others: Path, in_order: bool = True) -> Iterator[Database]:
    """Open a database on a dataset and *others*, which spills into the system's temporary folder.

    Its errors name *folder*.
    """
    with (
        tempfile.TemporaryDirectory(prefix="pressclip-") as spill,
        opened(folder, *others, spill=Path(spill), in_order=in_order) as database,
    ):
        try:
            yield database
        except duckdb.OutOfMemoryException as error:
            raise ArchiveError(f"{folder}: {first_line(error)}: {FREE_SPACE}") from error
        except duckdb.Error as error:
            problem = f"{folder}: cannot be read as a dataset ({first_line(error)}): build it again"
            raise ArchiveError(problem) from error


def quoted(value: object) -> str:
    """Return a value as an SQL string literal.

    >>> quoted("it's")
    "'it''s'"
    """
    return "'" + str(value).replace("'", "''") + "'"


def identifier(name: str) -> str:
    """Return the name of a column or table as an SQL identifier.

    >>> print(identifier('a "b"'))
    "a ""b\"""
    """
    return '"' + name.replace('"', '""') + '"'


def path_sql(path: Path, names: str = "") -> str:
    """Return a file as the literal that a reading function takes: none of its characters is a wildcard.

    *names*: a pattern of file names below the folder *path*.
    """
    folder = glob.escape(_absolute(path))
    return quoted(f"{folder}/{names}" if names else folder)


def parquet_sql(path: Path, names: str = "", *, numbered: bool = False) -> str:
    """Return the SQL that reads Parquet files, as `path_sql` names them; no column comes from the name of a folder.

    *numbered*: with the columns `filename` and `file_row_number`.
    """
    columns = ", filename = true, file_row_number = true" if numbered else ""
    return f"read_parquet({path_sql(path, names)}, hive_partitioning = false{columns})"


def _absolute(path: Path) -> str:
    # not resolved: the files of a downloaded dataset may be links to a store, and duckdb compares the paths as they are
    return os.path.abspath(path)  # noqa: PTH100


def copy_sql(query: str, path: Path, settings: str) -> str:
    """Return the SQL that writes the rows of a query to a file."""
    return f"COPY ({query}) TO {quoted(_absolute(path))} ({settings})"


def copy_table(db: Database, query: str, path: Path) -> None:
    """Write the rows of a query to a Parquet file. The file appears when it is complete."""
    with whole_file(path) as half:
        db.execute(copy_sql(query, half, "FORMAT parquet, COMPRESSION zstd"))


def first_line(error: Exception) -> str:
    """Return the first line of duckdb's error message."""
    return str(error).strip().partition("\n")[0]


def row_files(folder: Path, part: Part = "data") -> list[Path]:
    """Return a dataset's row files, sorted by name."""
    return sorted(path for path in (folder / part).glob("*") if ROW_FILE.fullmatch(path.name))


def rows_sql(files: Sequence[Path]) -> str:
    """Return the SQL that reads row files of one format. The column `in_split` is the split in the file's name."""
    split = "split_part(parse_filename(filename), '-', 1) AS in_split"
    return f"(SELECT * EXCLUDE (filename), {split} FROM {scan_sql(files, WIDE_SCHEMA, ', filename = true')})"


def scan_sql(paths: Sequence[Path], schema: pa.Schema, options: str = "") -> str:
    """Return the SQL that reads Parquet or JSON lines files; *schema* gives the column types of JSON lines."""
    # no column comes from the name of a folder such as year=2026
    listed, options = ", ".join(map(path_sql, paths)), f", hive_partitioning = false{options}"
    if paths[0].suffix == ".parquet":
        return f"read_parquet([{listed}], union_by_name = true{options})"
    types = ", ".join(f"{quoted(name)}: {quoted(kind)}" for name, kind in types_of(schema).items())
    return f"read_json([{listed}], format = 'newline_delimited', columns = {{{types}}}{options})"


@cache
def types_of(schema: pa.Schema) -> Mapping[str, str]:
    """Return the columns of a schema with their types in SQL."""
    with opened() as database:
        database.register("empty", schema.empty_table())
        return database.columns_of("empty")


def dataset_sha256(folder: Path) -> str:
    """Return the hash of a dataset's content: the id, text and split of every row, in the order of the files.

    The text itself is hashed, not the column `text_sha256`. Format, file sizes and other columns do not change the
    hash. Missing columns `id` or `text` count as empty.
    """
    total = hashlib.sha256()
    if files := row_files(folder):
        with dataset_database(folder) as connection:
            columns = connection.columns_of(f"FROM {rows_sql(files)}")
            key, text = (f"coalesce({name}, '')" if name in columns else "''" for name in ("id", "text"))
            lines = connection.query(f"SELECT concat_ws(' ', {key}, sha256({text}), in_split) FROM {rows_sql(files)}")
            for batch in lines.to_arrow_reader(BATCH):
                total.update("".join(f"{line}\n" for line in batch.column(0).to_pylist()).encode())
    return total.hexdigest()

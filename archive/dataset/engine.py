"""duckdb as builds use it: bounded memory, the disk behind it, and errors of one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

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

"""What the archive's SQLite files have in common: who waits for whom, and a change that is whole or none."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from archive.files.errors import ArchiveError

BUSY_SECONDS = 30
"""How long one process waits for another's write; the longest, 500 pages' statistics, takes well below a second."""


@contextmanager
def errors(path: Path, damaged: str) -> Iterator[None]:
    """Say in one line what SQLite cannot do with a file; *damaged*: how to mend one whose content is the trouble."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise ArchiveError(f"{path}: {error}: free space, check its permissions, or close what holds it") from error
    except sqlite3.Error as error:
        raise ArchiveError(f"{path}: {error}: {damaged}") from error


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Make the changes within it one: all of them are there afterwards, or none."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def patiently(connection: sqlite3.Connection, statement: str) -> None:
    """Run a statement that SQLite refuses at once, without waiting, while another process holds the file."""
    end = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute(statement)
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > end:
                raise
            time.sleep(0.01)

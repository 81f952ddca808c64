"""What the SQLite files of the archive share: error messages, transactions, and waiting for each other."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from archive.files.errors import ArchiveError

BUSY_SECONDS = 30
"""How long a process waits for the write of another. The longest, of 500 pages' statistics, takes below a second."""


@contextmanager
def errors(path: Path, damaged: str) -> Iterator[None]:
    """Raise SQLite's errors with a file as one-line ArchiveErrors; *damaged* says what to do if the file is damaged."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise ArchiveError(f"{path}: {error}: free space, check its permissions, or close what holds it") from error
    except sqlite3.Error as error:
        raise ArchiveError(f"{path}: {error}: {damaged}") from error


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Make all changes within the block, or none."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def patiently(connection: sqlite3.Connection, statement: str) -> None:
    """Run a statement for which SQLite itself does not wait while another process has the file."""
    end = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute(statement)
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > end:
                raise
            time.sleep(0.01)

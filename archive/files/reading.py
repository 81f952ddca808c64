"""Open an SQLite file for reading where nothing can be written: on a read-only disk, a full one, or another's."""

from __future__ import annotations

import sqlite3
from pathlib import Path


def connect_reading(path: Path, *, seconds: float) -> sqlite3.Connection:
    """Return a connection that only reads, and waits so long for a writer. Raises sqlite3.Error."""
    uri = path.resolve().as_uri()
    try:
        return _connected(f"{uri}?mode=rw", "PRAGMA query_only = ON", seconds)
    except sqlite3.OperationalError as error:
        if not path.is_file() or "locked" in str(error):
            raise
    # SQLite wants to create its -shm file and cannot. Without a log nobody is writing, and the file alone is whole;
    # with one, a killed writer left it, which is read without shared memory (https://www.sqlite.org/wal.html#noshm).
    log = path.with_name(path.name + "-wal")
    if log.is_file() and log.stat().st_size:
        return _connected(f"{uri}?mode=ro&vfs=unix-none", "PRAGMA locking_mode = EXCLUSIVE", seconds)
    return _connected(f"{uri}?mode=ro&immutable=1", "PRAGMA query_only = ON", seconds)


def _connected(uri: str, pragma: str, seconds: float) -> sqlite3.Connection:
    # other threads may use it in turn, as SQLAlchemy's pool does
    connection = sqlite3.connect(uri, uri=True, timeout=seconds, isolation_level=None, check_same_thread=False)
    try:
        connection.execute(pragma)
        connection.execute("PRAGMA temp_store = MEMORY")  # a sort must not need a disk that may be full
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection

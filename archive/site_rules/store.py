"""Pages as fingerprints, a row a URL: derived, so thrown away and made again where damaged or of another version."""

from __future__ import annotations

import sqlite3
import sys
from array import array
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from hashlib import blake2b
from pathlib import Path
from typing import Self
from zlib import crc32

from archive.database import BUSY_SECONDS, errors, patiently
from archive.errors import ArchiveError, cannot_write
from archive.site_rules.hosts import host_of
from cleaners.learn import read_page
from cleaners.learn.types import SeenPage

_SIDES = ("", "-wal", "-shm", "-journal")
BATCH = 500
"""Pages a transaction: what a killed run reads again."""
MAX_PAGES = 5_000
"""Pages of a host that are looked at, chosen by a hash of their URLs: what stands on one page in a thousand still comes
back on five of them. Twice as many took 340 MB while they were compared."""
_COLUMNS = """url TEXT PRIMARY KEY, host TEXT NOT NULL, spot INTEGER NOT NULL, fetched TEXT NOT NULL,
  title BLOB NOT NULL, lines BLOB NOT NULL, edges BLOB NOT NULL, taken BLOB NOT NULL"""
_INDEX = "CREATE INDEX IF NOT EXISTS page_host ON page (host, spot)"
_PROBE = (
    "Ports: A probe",
    "“It rained — 12\u00a0mm — on Monday.” It was dry\ton TUESDAY.\n\nﬁve ferries, 30 lamps",
    "Share  it!",
)


class Store:
    """A file of derived statistics; for use with `with`, from one thread."""

    OWN: str
    """Columns beside those that all have."""

    def __init__(self, path: Path) -> None:
        self.path = path
        # fingerprints made in another way would never meet: the file is then of another version
        title, text, taken = _PROBE
        probe = read_page("https://a.example/", "", title, text, [taken])
        numbers = (probe.title, probe.lines, sorted(probe.edges), sorted(probe.taken))
        self._version = crc32(f"{_COLUMNS} {self.OWN} {sys.byteorder} {numbers}".encode()) >> 1 | 1
        with self._errors():
            self._connection = self._opened()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._connection.close()

    def hosts(self) -> dict[str, int]:
        """Return how many pages each host has, hosts in order."""
        with self._errors():
            found = self._connection.execute("SELECT host, count(*) FROM page GROUP BY host ORDER BY host")
            return dict(map(tuple, found))

    def pages(self, host: str) -> list[SeenPage]:
        """Return a host's pages, at most MAX_PAGES, in an order that does not depend on when they came."""
        query = "SELECT * FROM page WHERE host = ? ORDER BY spot, url LIMIT ?"
        with self._errors():
            return [_page(row) for row in self._connection.execute(query, (host, MAX_PAGES))]

    def _put(self, page: SeenPage, fetched: str, **own: object) -> None:
        """Enter a page, in place of what was known of its URL."""
        values = {
            "url": page.url,
            "host": host_of(page.url),
            "spot": spot_of(page.url),
            "fetched": fetched,
            "title": _packed([page.title]),
            "lines": _packed(page.lines),
            "edges": _packed(sorted(page.edges)),
            "taken": _packed(sorted(page.taken)),
        } | own
        marks = ", ".join(f":{name}" for name in values)
        self._connection.execute(f"INSERT OR REPLACE INTO page ({', '.join(values)}) VALUES ({marks})", values)

    def _renew(self) -> None:
        """Begin anew with no rows."""
        self._connection.close()
        self._remove()
        self._connection = self._opened()

    def _is_whole(self) -> bool:
        try:
            return bool(self._connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise
            return False

    def _opened(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        for _ in range(2):
            connection = sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None, uri=True)
            try:
                if self._set_up(connection):
                    return connection
            except BaseException as error:
                connection.close()
                if not isinstance(error, sqlite3.DatabaseError) or isinstance(error, sqlite3.OperationalError):
                    raise
            connection.close()
            self._remove()
        raise ArchiveError(f"{self.path}: cannot be made anew: delete it, or choose another data folder")

    def _set_up(self, connection: sqlite3.Connection) -> bool:
        """Make the tables of an empty file; False where those that are there are others."""
        connection.row_factory = sqlite3.Row
        found = connection.execute("PRAGMA user_version").fetchone()[0]
        if found not in (0, self._version):
            return False
        patiently(connection, "PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        if not found:
            tables = f"CREATE TABLE IF NOT EXISTS page ({_COLUMNS}, {self.OWN}); {_INDEX}"
            connection.executescript(f"BEGIN IMMEDIATE; {tables}; PRAGMA user_version = {self._version}; COMMIT")
        return True

    def _remove(self) -> None:
        for side in _SIDES:
            with suppress(FileNotFoundError):
                self.path.with_name(self.path.name + side).unlink()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            with errors(self.path, "delete it, it is made again"):
                yield
        except OSError as error:
            raise cannot_write(self.path, error) from error


def spot_of(url: str) -> int:
    """Return a URL's place in the order in which pages are looked at: by chance, and always the same."""
    return int.from_bytes(blake2b(url.encode("utf-8", "replace"), digest_size=6).digest())


def _packed(numbers: Iterable[int]) -> bytes:
    return array("Q", numbers).tobytes()


def _page(row: sqlite3.Row) -> SeenPage:
    title, lines, edges, taken = (array("Q", row[name]) for name in ("title", "lines", "edges", "taken"))
    return SeenPage(row["url"], row["fetched"][:10], title[0], tuple(lines), frozenset(edges), frozenset(taken))

"""Pages as fingerprints, a row a URL: derived, so thrown away and made again where damaged or of another version."""

from __future__ import annotations

import json
import re
import sqlite3
import sys
import zlib
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any, Self
from zlib import crc32

from archive.catalog.catalog import Catalog
from archive.files.database import BUSY_SECONDS, errors, patiently, transaction
from archive.files.errors import ArchiveError, cannot_write
from archive.files.layout import CATALOG
from archive.readers.files import ENDINGS, kind_of
from archive.readers.rows import FETCHED, TITLE, parquet_count, read_rows
from archive.site_rules.files import rules_host
from archive.warc.texts import TextRecord, read_text
from cleaners import RuleSet, clean_text
from cleaners.learn import HashedPage, hash_page

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
        probe = hash_page("https://a.example/", "", title, text, [taken])
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

    def pages(self, host: str) -> list[HashedPage]:
        """Return a host's pages, at most MAX_PAGES, in an order that does not depend on when they came."""
        query = "SELECT * FROM page WHERE host = ? ORDER BY spot, url LIMIT ?"
        with self._errors():
            return [_page(row) for row in self._connection.execute(query, (host, MAX_PAGES))]

    def _put(self, page: HashedPage, fetched: str, **own: object) -> None:
        """Enter a page, in place of what was known of its URL."""
        values = {
            "url": page.url,
            "host": rules_host(page.url),
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


def _page(row: sqlite3.Row) -> HashedPage:
    title, lines, edges, taken = (array("Q", row[name]) for name in ("title", "lines", "edges", "taken"))
    return HashedPage(row["url"], row["fetched"][:10], title[0], tuple(lines), frozenset(edges), frozenset(taken))


STATISTICS = Path("rules", "statistics.sqlite")
SITE_RULE = "sites/"
"""How the ids of rules that hold for one host begin."""

# the row with the greatest `age` gives the other columns: https://www.sqlite.org/lang_select.html#bareagg
_NEWEST = """
CREATE TEMP TABLE newest AS
SELECT a.url, a.record_id, a.capture_id, a.stored, a.rules_version, a.collection, a.file, a.offset, a.text_length,
  coalesce(c.fetched, '') AS fetched, max(coalesce(c.fetched, '') || ' ' || a.stored || ' ' || a.record_id) AS age
FROM archive.article AS a LEFT JOIN archive.capture AS c ON c.record_id = a.capture_id GROUP BY a.url
"""
_KNOWN = "SELECT 1 FROM newest AS n WHERE n.record_id = page.record_id AND n.fetched = page.fetched AND n.text_length"
_MISSING = """
CREATE TEMP TABLE missing AS
SELECT * FROM newest WHERE text_length AND record_id NOT IN (SELECT record_id FROM page)
  AND (:every OR rule_host(url) IN (SELECT value FROM json_each(:hosts)))
ORDER BY collection, file, offset
"""
_NUMBER = re.compile(r"\[\d+\]")


@dataclass(slots=True)
class Updated:
    """What reading the new texts came to."""

    read: int = 0
    unreadable: int = 0
    """Texts that the catalog names and whose files do not give them."""


@dataclass(frozen=True, slots=True)
class Firing:
    """Which of its host's own rules took something from a page's newest text, and where."""

    url: str
    fetched: str
    """Moment of the capture, ISO 8601; empty where the catalog does not have it."""
    stored: str
    """Moment at which the text was made, ISO 8601: later where it was cleaned again."""
    rules_version: str
    """The rules that the text was made with."""
    rules: dict[str, list[str]]
    """Of each rule the paths, without numbers."""


class Statistics(Store):
    """The pages of a data root, of all its collections; of each URL the newest text. For use with `with`."""

    OWN = """record_id TEXT NOT NULL UNIQUE, capture_id TEXT NOT NULL, stored TEXT NOT NULL,
      rules_version TEXT NOT NULL, fired TEXT"""

    def __init__(self, root: Path) -> None:
        """Open or make the file. Raises ArchiveError where it cannot be written."""
        self._root = root
        super().__init__(root / STATISTICS)

    def update(self, seen: Callable[[str], None] = lambda url: None, *, hosts: Sequence[str] | None = None) -> Updated:
        """Read the texts that came since the last time; `seen` is told each URL. What was read stays at an interrupt.

        With `hosts` only theirs are read, the others' the next time. Raises ArchiveError where there is no catalog, or
        one that has to be built again.
        """
        path = self._root / CATALOG
        with Catalog(path):
            pass  # says itself what is wrong with it
        with self._errors():
            if not self._is_whole():
                self._renew()
            self._connection.execute("ATTACH ? AS archive", (f"{path.resolve().as_uri()}?mode=ro",))
            try:
                return self._updated(seen, hosts)
            finally:
                for table in ("newest", "missing"):
                    self._connection.execute(f"DROP TABLE IF EXISTS temp.{table}")
                self._connection.execute("DETACH archive")

    def captures(self, host: str) -> dict[str, str]:
        """Return for each URL of a host the id of the capture that its newest text was made from."""
        with self._errors():
            found = self._connection.execute("SELECT url, capture_id FROM page WHERE host = ?", (host,))
            return dict(map(tuple, found))

    def firings(self, host: str) -> Iterator[Firing]:
        """Yield the pages of a host and its subdomains, newest first, also those where no rule of the host fired."""
        hosts = [one for one in self.hosts() if one == host or one.endswith(f".{host}")]
        query = f"""SELECT url, fetched, stored, rules_version, fired FROM page
            WHERE host IN ({", ".join("?" * len(hosts))}) ORDER BY fetched DESC, url"""
        with self._errors():
            for row in self._connection.execute(query, hosts):
                fired = json.loads(row["fired"] or "{}")
                yield Firing(row["url"], row["fetched"], row["stored"], row["rules_version"], fired)

    def _updated(self, seen: Callable[[str], None], hosts: Sequence[str] | None) -> Updated:
        done, connection = Updated(), self._connection
        connection.execute(_NEWEST)
        connection.execute("CREATE INDEX temp.newest_record ON newest (record_id)")
        connection.execute(f"DELETE FROM page WHERE NOT EXISTS ({_KNOWN})")
        connection.create_function("rule_host", 1, rules_host, deterministic=True)
        connection.execute(_MISSING, {"every": hosts is None, "hosts": json.dumps(hosts or [])})
        at = 0
        while rows := connection.execute(
            "SELECT rowid, * FROM missing WHERE rowid > ? LIMIT ?", (at, BATCH)
        ).fetchall():
            at = rows[-1]["rowid"]
            with transaction(self._connection):
                for row in rows:
                    self._enter(row, done)
                    seen(row["url"])
        return done

    def _enter(self, row: sqlite3.Row, done: Updated) -> None:
        if not rules_host(row["url"]):
            return
        try:
            text = read_text(self._root, row["collection"], row["file"], row["offset"])
        except ArchiveError:
            done.unreadable += 1
            return
        done.read += 1
        taken, fired = _removals(text)
        title = text.metadata.get("title")
        page = hash_page(row["url"], row["fetched"][:10], title if isinstance(title, str) else "", text.text, taken)
        self._put(
            page,
            row["fetched"],
            record_id=row["record_id"],
            capture_id=row["capture_id"],
            stored=row["stored"],
            rules_version=row["rules_version"],
            fired=json.dumps(fired) if fired else None,
        )


def _removals(text: TextRecord) -> tuple[list[str], dict[str, list[str]]]:
    """Return what rules took from a page, and of the host's own rules where."""
    taken, fired = [], defaultdict(set)
    said: Any = text.metadata.get("removals")
    for removal in said if isinstance(said, list) else ():
        if isinstance(removal, dict):
            taken.append(str(removal.get("text") or ""))
            rule = str(removal.get("rule") or "")
            if rule.startswith(SITE_RULE):
                fired[rule].add(_NUMBER.sub("", str(removal.get("where") or "")).removeprefix("/html/"))
    return taken, {rule: sorted(paths) for rule, paths in sorted(fired.items())}


CORPORA = Path("rules", "corpora.sqlite")


@dataclass(slots=True)
class Counts:
    """What reading corpora came to."""

    documents: int = 0
    without_url: int = 0
    """Nothing is learned from them: it is not known which host they are from."""
    without_text: int = 0


class Corpora(Store):
    """The documents of text corpora, of each URL one; with their texts, for their files may be gone when a line of
    theirs is to be shown. For use with `with`."""

    OWN = "text BLOB NOT NULL, rules_version TEXT NOT NULL"

    def __init__(self, root: Path) -> None:
        """Open or make the file. Raises ArchiveError where it cannot be written."""
        super().__init__(root / CORPORA)

    def add(self, file: Path, rules: RuleSet, text_column: str, seen: Callable[[str], None]) -> Counts:
        """Enter a file's documents as line rules leave them; `seen` is told each URL. One that is there stays, unless
        it is older, or was made with other rules. Raises ArchiveError where the file cannot be read."""
        counts, rows = Counts(), _rows(file, text_column)
        with self._errors():
            if not self._is_whole():
                self._renew()
            while batch := list(islice(rows, BATCH)):
                with transaction(self._connection):
                    for url, fetched, title, text in batch:
                        counts.documents += 1
                        if not text:
                            counts.without_text += 1
                        elif not rules_host(url):
                            counts.without_url += 1
                        else:
                            self._enter(url, fetched, title, text, rules)
                            seen(url)
        return counts

    def text(self, url: str) -> str | None:
        """Return a document as line rules left it; None where there is none of this address."""
        with self._errors():
            found = self._connection.execute("SELECT text FROM page WHERE url = ?", (url,)).fetchone()
            return zlib.decompress(found["text"]).decode() if found else None

    def _enter(self, url: str, fetched: str, title: str, text: str, rules: RuleSet) -> None:
        cleaned = clean_text(text, url=url, rules=rules)
        packed = zlib.compress(cleaned.text.encode("utf-8", "replace"))
        query = "SELECT fetched, rules_version, text FROM page WHERE url = ?"
        known = self._connection.execute(query, (url,)).fetchone()
        # of two of one day either will do, but always the same
        if cleaned.text and (known is None or _age(known, rules) < (fetched, True, packed)):
            page = hash_page(url, fetched, title, cleaned.text, [removal.text for removal in cleaned.removals])
            self._put(page, fetched, text=packed, rules_version=rules.version)


def _age(known: sqlite3.Row, rules: RuleSet) -> tuple[str, bool, bytes]:
    return known["fetched"], known["rules_version"] == rules.version, known["text"]


def _rows(file: Path, text_column: str) -> Iterator[tuple[str, str, str, str]]:
    """Yield the URL, the day, the headline and the text of each row; what it does not have is empty."""
    if kind_of(file) not in ("jsonl", "parquet"):
        endings = ", ".join((*ENDINGS["jsonl"], *ENDINGS["parquet"]))
        raise ArchiveError(f"{file}: not a text corpus: give {endings} with a column 'url'")
    if kind_of(file) == "parquet":
        parquet_count(file, text_column)
    for row in read_rows(file, columns=(text_column, "url", *FETCHED, *TITLE)):
        day = row.fetched.date().isoformat() if row.fetched else ""
        yield _encodable(row.text("url")), day, _encodable(row.text(*TITLE)), _encodable(row.text(text_column))


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()

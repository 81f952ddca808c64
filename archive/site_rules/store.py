"""Keep what learning needs of each page in SQLite: hashes of its lines, and where its host's rules fired.

Both files are derived from the archive or from corpora: a damaged file, or one of another version, is replaced.
"""

from __future__ import annotations

import json
import re
import sqlite3
import sys
import zlib
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any, Literal, Self, TypeAlias
from zlib import crc32

from archive.catalog.catalog import BUSY_SECONDS, Catalog, errors, patiently, transaction
from archive.files.errors import ArchiveError, cannot_write
from archive.files.layout import CATALOG
from archive.files.utf8 import encodable
from archive.files.whole import make_folder
from archive.readers.files import ENDINGS, kind_of
from archive.readers.rows import FETCHED, TITLE, read_column
from archive.site_rules.files import rules_host
from archive.warc.records import TextRecord, read_text
from cleaners import PAGE_SECONDS, LostError, RuleSet, clean_text, work_many
from cleaners.learn import HashedPage, hash_page

_SIDES = ("", "-wal", "-shm", "-journal")
BATCH = 500
"""Pages stored in one transaction: a killed run reads at most so many again."""
MAX_PAGES = 5_000
"""The most pages of a host that are compared, chosen by a hash of their URLs: a line on one page in a thousand is on
five of them. Twice as many took 340 MB."""
_COLUMNS = """url TEXT PRIMARY KEY, host TEXT NOT NULL, spot INTEGER NOT NULL, fetched TEXT NOT NULL,
  title BLOB NOT NULL, lines BLOB NOT NULL, edges BLOB NOT NULL, taken BLOB NOT NULL"""
_INDEX = "CREATE INDEX IF NOT EXISTS page_host ON page (host, spot)"
_PROBE = (
    "Ports: A probe",
    "“It rained — 12\u00a0mm — on Monday.” It was dry\ton TUESDAY.\n\nﬁve ferries, 30 lamps",
    "Share  it!",
)


class PageStore:
    """Keeps a table of hashed pages, a row for each URL; for use with `with`, from one thread."""

    OWN: str
    """The additional columns of a subclass."""

    def __init__(self, path: Path) -> None:
        self.path = path
        # with other hash functions no hash would be equal: the file then has another version
        title, text, removal = _PROBE
        probe = hash_page("https://a.example/", "", title, text, [removal])
        numbers = (probe.title, probe.lines, sorted(probe.edges), sorted(probe.removed))
        self._version = crc32(f"{_COLUMNS} {self.OWN} {sys.byteorder} {numbers}".encode()) >> 1 | 1
        with self._errors():
            self._connection = self._opened()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._connection.close()

    def hosts(self) -> dict[str, int]:
        """Return how many pages each host has, sorted by host."""
        with self._errors():
            counts = self._connection.execute("SELECT host, count(*) FROM page GROUP BY host ORDER BY host")
            return dict(map(tuple, counts))

    def pages(self, host: str) -> list[HashedPage]:
        """Return a host's pages, at most MAX_PAGES, in an order that does not depend on when they were stored."""
        query = "SELECT * FROM page WHERE host = ? ORDER BY spot, url LIMIT ?"
        with self._errors():
            return [_page(row) for row in self._connection.execute(query, (host, MAX_PAGES))]

    def _put(self, page: HashedPage, fetched: str, **own: object) -> None:
        """Store a page in place of the row of its URL."""
        values = {
            "url": page.url,
            "host": rules_host(page.url),
            "spot": spot_of(page.url),
            "fetched": fetched,
            "title": _packed([page.title]),
            "lines": _packed(page.lines),
            "edges": _packed(sorted(page.edges)),
            "taken": _packed(sorted(page.removed)),
        } | own
        marks = ", ".join(f":{name}" for name in values)
        self._connection.execute(f"INSERT OR REPLACE INTO page ({', '.join(values)}) VALUES ({marks})", values)

    def _renew_if_damaged(self) -> None:
        """Replace the file by an empty one if SQLite finds damage in it."""
        try:
            if self._connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok":
                return
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise
        self._connection.close()
        self._remove()
        self._connection = self._opened()

    def _opened(self) -> sqlite3.Connection:
        make_folder(self.path.parent)
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
        raise ArchiveError(f"{self.path}: cannot be created: delete it, or choose another data folder")

    def _set_up(self, connection: sqlite3.Connection) -> bool:
        """Create the table in an empty file; return False where the file has another version."""
        connection.row_factory = sqlite3.Row
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version not in (0, self._version):
            return False
        patiently(connection, "PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        if not version:
            tables = f"CREATE TABLE IF NOT EXISTS page ({_COLUMNS}, {self.OWN}); {_INDEX}"
            connection.executescript(f"BEGIN IMMEDIATE; {tables}; PRAGMA user_version = {self._version}; COMMIT")
        return True

    def _remove(self) -> None:
        for side in _SIDES:
            self.path.with_name(self.path.name + side).unlink(missing_ok=True)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            with errors(self.path, "delete it: the next command creates it again"):
                yield
        except OSError as error:
            raise cannot_write(self.path, error) from error


def spot_of(url: str) -> int:
    """Return the number by which a host's pages are sorted: random, but always the same for one URL."""
    return int.from_bytes(blake2b(url.encode("utf-8", "replace"), digest_size=6).digest())


def _packed(numbers: Iterable[int]) -> bytes:
    return array("Q", numbers).tobytes()


def _page(row: sqlite3.Row) -> HashedPage:
    title, lines, edges, removed = (array("Q", row[name]) for name in ("title", "lines", "edges", "taken"))
    return HashedPage(row["url"], row["fetched"][:10], title[0], tuple(lines), frozenset(edges), frozenset(removed))


STATISTICS = Path("rules", "statistics.sqlite")
SITE_RULE = "sites/"
"""The beginning of the ids of rules for one host."""

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
    """How many new texts were read."""

    read: int = 0
    unreadable: int = 0
    """Texts that the catalog names, but their files do not hold."""


@dataclass(frozen=True, slots=True)
class Firing:
    """Which rules of its host removed something from a page, and where."""

    url: str
    fetched: str
    """Time of the capture, ISO 8601; empty where the catalog does not have it."""
    stored: str
    """Time at which the newest text was made, ISO 8601: later than the capture where it was cleaned again."""
    rules_version: str
    """The version of the rules that the text was made with."""
    rules: dict[str, list[str]]
    """For each rule the paths of the elements, without numbers."""


class Statistics(PageStore):
    """Keeps the pages of all collections of a data root, for each URL the newest text; for use with `with`."""

    OWN = """record_id TEXT NOT NULL UNIQUE, capture_id TEXT NOT NULL, stored TEXT NOT NULL,
      rules_version TEXT NOT NULL, fired TEXT"""

    def __init__(self, root: Path) -> None:
        """Open the file, or create it. Raises ArchiveError where it cannot be written."""
        self._root = root
        super().__init__(root / STATISTICS)

    def update(
        self, on_progress: Callable[[str], None] = lambda url: None, *, hosts: Sequence[str] | None = None
    ) -> Updated:
        """Read the texts that are new since the last time, and call `on_progress` with each URL.

        With `hosts` only their texts are read, the others another time. After an interrupt, what was read is kept.
        Raises ArchiveError where there is no catalog, or one that has to be rebuilt.
        """
        path = self._root / CATALOG
        with Catalog(path):
            pass  # opening it raises an error if something is wrong with it
        with self._errors():
            self._renew_if_damaged()
            self._connection.execute("ATTACH ? AS archive", (f"{path.resolve().as_uri()}?mode=ro",))
            try:
                return self._updated(on_progress, hosts)
            finally:
                for table in ("newest", "missing"):
                    self._connection.execute(f"DROP TABLE IF EXISTS temp.{table}")
                self._connection.execute("DETACH archive")

    def captures(self, host: str) -> dict[str, str]:
        """Return for each URL of a host the id of the capture that its newest text was made from."""
        with self._errors():
            rows = self._connection.execute("SELECT url, capture_id FROM page WHERE host = ?", (host,))
            return dict(map(tuple, rows))

    def firings(self, host: str) -> Iterator[Firing]:
        """Yield the pages of a host and its subdomains, newest first, including those on which no rule fired."""
        hosts = [name for name in self.hosts() if name == host or name.endswith(f".{host}")]
        query = f"""SELECT url, fetched, stored, rules_version, fired FROM page
            WHERE host IN ({", ".join("?" * len(hosts))}) ORDER BY fetched DESC, url"""
        with self._errors():
            for row in self._connection.execute(query, hosts):
                fired = json.loads(row["fired"] or "{}")
                yield Firing(row["url"], row["fetched"], row["stored"], row["rules_version"], fired)

    def _updated(self, on_progress: Callable[[str], None], hosts: Sequence[str] | None) -> Updated:
        updated, connection = Updated(), self._connection
        connection.execute(_NEWEST)
        connection.execute("CREATE INDEX temp.newest_record ON newest (record_id)")
        connection.execute(f"DELETE FROM page WHERE NOT EXISTS ({_KNOWN})")
        connection.create_function("rule_host", 1, rules_host, deterministic=True)
        connection.execute(_MISSING, {"every": hosts is None, "hosts": json.dumps(hosts or [])})
        last = 0
        query = "SELECT rowid, * FROM missing WHERE rowid > ? LIMIT ?"
        while rows := connection.execute(query, (last, BATCH)).fetchall():
            last = rows[-1]["rowid"]
            with transaction(connection):
                for row in rows:
                    self._enter(row, updated)
                    on_progress(row["url"])
        return updated

    def _enter(self, row: sqlite3.Row, updated: Updated) -> None:
        if not rules_host(row["url"]):
            return
        try:
            text = read_text(self._root, row["collection"], row["file"], row["offset"])
        except ArchiveError:
            updated.unreadable += 1
            return
        updated.read += 1
        removed, fired = _removals(text)
        title = text.metadata.get("title")
        page = hash_page(row["url"], row["fetched"][:10], title if isinstance(title, str) else "", text.text, removed)
        own = {name: row[name] for name in ("record_id", "capture_id", "stored", "rules_version")}
        self._put(page, row["fetched"], fired=json.dumps(fired) if fired else None, **own)


def _removals(text: TextRecord) -> tuple[list[str], dict[str, list[str]]]:
    """Return the texts that rules removed from a page, and for each rule of its host the places where it did."""
    removed, fired = [], defaultdict(set)
    removals: Any = text.metadata.get("removals")
    for removal in removals if isinstance(removals, list) else ():
        if isinstance(removal, dict):
            removed.append(str(removal.get("text") or ""))
            rule = str(removal.get("rule") or "")
            if rule.startswith(SITE_RULE):
                fired[rule].add(_NUMBER.sub("", str(removal.get("where") or "")).removeprefix("/html/"))
    return removed, {rule: sorted(paths) for rule, paths in sorted(fired.items())}


CORPORA = Path("rules", "corpora.sqlite")


@dataclass(frozen=True, slots=True)
class CorpusText:
    """A ready-made text, and what is known of it; what is not known is empty."""

    url: str
    text: str
    day: str = ""
    """When it was fetched, ISO 8601."""
    title: str = ""


@dataclass(slots=True)
class Counts:
    """How many documents of a corpus were read."""

    documents: int = 0
    without_url: int = 0
    """Documents from which nothing is learned, because their host is not known."""
    without_text: int = 0


class Corpora(PageStore):
    """Keeps the documents of text corpora with their texts, one for each URL; for use with `with`."""

    # the texts are kept, since their files may be gone when a line is to be shown

    OWN = "text BLOB NOT NULL, rules_version TEXT NOT NULL"

    def __init__(self, root: Path) -> None:
        """Open the file, or create it. Raises ArchiveError where it cannot be written."""
        super().__init__(root / CORPORA)

    def add(self, file: Path, rules: RuleSet, text_column: str, on_progress: Callable[[str], None]) -> Counts:
        """Do with a file's documents what `add_texts` does. Raises ArchiveError where the file cannot be read."""
        return self.add_texts(corpus_texts(file, text_column), rules, on_progress)

    def add_texts(
        self,
        texts: Iterable[CorpusText],
        rules: RuleSet,
        on_progress: Callable[[str], None] = lambda url: None,
        *,
        jobs: int | None = 1,
    ) -> Counts:
        """Clean texts with the line rules, store them, and call `on_progress` with each URL.

        A text replaces one of the same URL that is older, or was cleaned with other rules. `jobs`: processes that
        clean; None starts one for each core.
        """
        counts = Counts()
        task = partial(_hashed, rules=rules)
        hashed = work_many(task, texts, lost=_lost, jobs=jobs, size=_size, seconds=PAGE_SECONDS)
        with self._errors():
            self._renew_if_damaged()
            while batch := list(islice(hashed, BATCH)):
                with transaction(self._connection):
                    for found in batch:
                        counts.documents += 1
                        if isinstance(found, tuple):
                            self._enter(*found, rules.version)
                            on_progress(found[0].url)
                        else:
                            counts.without_text += found == "no text"
                            counts.without_url += found == "no URL"
        return counts

    def text(self, url: str) -> str | None:
        """Return the cleaned text of a document; None where there is none of this URL."""
        with self._errors():
            row = self._connection.execute("SELECT text FROM page WHERE url = ?", (url,)).fetchone()
            return zlib.decompress(row["text"]).decode() if row else None

    def _enter(self, page: HashedPage, text: bytes, version: str) -> None:
        query = "SELECT fetched, rules_version, text FROM page WHERE url = ?"
        known = self._connection.execute(query, (page.url,)).fetchone()
        # comparing the texts makes the choice between two documents of one day always the same
        age = known and (known["fetched"], known["rules_version"] == version, known["text"])
        if page.lines and (age is None or age < (page.fetched, True, text)):
            self._put(page, page.fetched, text=text, rules_version=version)


_Hashed: TypeAlias = tuple[HashedPage, bytes] | Literal["no text", "no URL"]
"""A cleaned text as hashes and packed, or what is missing."""


def _hashed(text: CorpusText, *, rules: RuleSet) -> _Hashed:
    if not text.text:
        return "no text"
    if not rules_host(text.url):
        return "no URL"
    cleaned = clean_text(text.text, url=text.url, rules=rules)
    removed = [removal.text for removal in cleaned.removals]
    page = hash_page(text.url, text.day, text.title, cleaned.text, removed)
    return page, zlib.compress(cleaned.text.encode("utf-8", "replace"))


def _lost(text: CorpusText, loss: LostError) -> _Hashed:
    # whoever cleans the texts with what they teach tells it
    return "no text"


def _size(text: CorpusText) -> int:
    return len(text.text)


def corpus_texts(file: Path, text_column: str) -> Iterator[CorpusText]:
    """Yield the rows of a text corpus; a row without a text too. Raises ArchiveError where it cannot be read."""
    if kind_of(file) not in ("jsonl", "parquet"):
        endings = ", ".join((*ENDINGS["jsonl"], *ENDINGS["parquet"]))
        raise ArchiveError(f"{file}: not a text corpus: give {endings} with a column 'url'")
    for row in read_column(file, text_column, "url", *FETCHED, *TITLE):
        day = row.fetched.date().isoformat() if row.fetched else ""
        url, text, title = (encodable(row.text(*names)) for names in (["url"], [text_column], TITLE))
        yield CorpusText(url, text, day, title)

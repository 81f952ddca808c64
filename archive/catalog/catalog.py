"""Keep the catalog: where each capture and text is, and a full-text index. It can be rebuilt from the files."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from archive.catalog.rows import ArticleRow, CaptureRow, Doubtful, Hit, Listed, Shares, fired_rules, stored_value
from archive.catalog.search import (
    BY_URL,
    DAY,
    DAY_OF,
    FIRINGS,
    IS_NEWEST,
    MANY_FIRINGS,
    MATCHING,
    MIN_BEGINNING,
    NEWEST_DAY_FIRST,
    SHARES_OF_ALL,
    SHARES_OF_HOST,
    SNIPPET_WORDS,
    SearchFilter,
    match_query,
    page_query,
    within,
)
from archive.files.errors import ArchiveError
from archive.files.layout import collections_folder
from archive.files.reading import connect_reading
from archive.files.whole import sync_folder
from archive.rights.optouts import OptOuts
from archive.warc.records import TextRecord, read_text, target_uri
from cleaners import belongs_to

BUSY_SECONDS = 30
"""How long a process waits for another's write. The longest, of the statistics of 500 pages, takes below a second."""
PAGE = 1000
"""Articles of a list that are read at once: 0.5 MB of rows."""
SAMPLE = 1_000
"""The texts whose rules are counted for the share of pages on which one fires: 20 rules of them take 20 ms."""
FEW_PAGES = 5
"""Of fewer pages a share says little."""
AFTER_SLASH = "0"
"""The character behind the slash: a host's name with it comes behind all URLs of the host."""
SCHEMA = 5
"""Raised with every change of the tables; a catalog with another number has to be rebuilt."""
WITHOUT_RULES = 4
"""The catalog before, without `rule`, `fired` and `article.day`: it is still read and written, as it is."""
NO_RULES = "made by an older version, does not know which rules fired: run `pressclip archive rebuild`"

# The index holds no text: for snippets it asks the view, which reads the text's record in its file.
_TABLES = """
CREATE TABLE IF NOT EXISTS file (
  collection TEXT NOT NULL, name TEXT NOT NULL, size INTEGER NOT NULL, sha256 TEXT NOT NULL,
  PRIMARY KEY (collection, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS capture (
  record_id TEXT PRIMARY KEY, url TEXT NOT NULL, fetched TEXT NOT NULL, status INTEGER NOT NULL, content_type TEXT,
  payload_digest TEXT NOT NULL, etag TEXT, last_modified TEXT, truncated TEXT, revisit TEXT, refers_to TEXT,
  opt_outs TEXT, collection TEXT NOT NULL, file TEXT NOT NULL, offset INTEGER NOT NULL, length INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS capture_url ON capture (url, fetched);
CREATE INDEX IF NOT EXISTS capture_place ON capture (collection, file, offset);
CREATE INDEX IF NOT EXISTS capture_digest ON capture (payload_digest) WHERE revisit IS NULL;
CREATE TABLE IF NOT EXISTS article (
  id INTEGER PRIMARY KEY, record_id TEXT NOT NULL UNIQUE, capture_id TEXT NOT NULL, url TEXT NOT NULL,
  stored TEXT NOT NULL, rules_version TEXT NOT NULL, title TEXT, authors TEXT NOT NULL, date TEXT, site TEXT,
  language TEXT, access TEXT, kind TEXT, confidence REAL, day TEXT, text_sha256 TEXT NOT NULL,
  text_length INTEGER NOT NULL, collection TEXT NOT NULL, file TEXT NOT NULL, offset INTEGER NOT NULL,
  length INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS article_capture ON article (capture_id, stored);
CREATE INDEX IF NOT EXISTS article_url ON article (url);
CREATE INDEX IF NOT EXISTS article_place ON article (collection, file, offset);
CREATE VIEW IF NOT EXISTS article_text AS
  SELECT id, title, stored_text(collection, file, offset) AS text FROM article;
CREATE VIRTUAL TABLE IF NOT EXISTS article_index USING fts5 (
  title, text, content='article_text', content_rowid='id', tokenize='unicode61 remove_diacritics 2'
);
CREATE TABLE IF NOT EXISTS rule (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS fired (
  rule INTEGER NOT NULL, article INTEGER NOT NULL, PRIMARY KEY (rule, article)
) WITHOUT ROWID;
"""

_BELOW = f"""
SELECT url, confidence, kind FROM article WHERE confidence < ? AND {IS_NEWEST} ORDER BY confidence, url
"""

Row = TypeVar("Row", CaptureRow, ArticleRow)


class Catalog:
    """Reads `catalog.sqlite` in a data root, with `create` also writes it; for use with `with`, from one thread.

    Times are aware, UTC. Reading needs no write, so that a read-only or full disk can be read. Raises ArchiveError
    where the file is missing or empty (unless `create`), damaged or of another schema.
    """

    knows_rules: bool
    """Whether it knows which rules fired, as all have that this version made."""

    def __init__(self, path: Path, *, create: bool = False) -> None:
        self.path = path
        self._named: set[str] = set()
        """Rules that are known to be in the table, which never loses one."""
        if not create:
            require_catalog(path)
        with self._errors():
            # isolation_level=None: transactions begin and end where this module says so
            self._connection = (
                sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
                if create
                else connect_reading(path, seconds=BUSY_SECONDS)
            )
            try:
                self._set_up(create)
            except BaseException:
                self._connection.close()
                raise

    def __enter__(self) -> Catalog:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def capture(self, record_id: str) -> CaptureRow | None:
        """Return the capture with this response record."""
        return self.first_capture("record_id = ?", record_id)

    def captures(self, url: str) -> list[CaptureRow]:
        """Return the captures of a URL, newest first."""
        query = "SELECT * FROM capture WHERE url = ? ORDER BY fetched DESC, record_id"
        return list(self._rows(CaptureRow, query, target_uri(url)))

    def first_capture(self, condition: str, *values: str) -> CaptureRow | None:
        """Return the first capture for which a condition in SQL holds."""
        return next(self._rows(CaptureRow, f"SELECT * FROM capture WHERE {condition} LIMIT 1", *values), None)

    def capture_rows(self, query: str, *values: str) -> list[CaptureRow]:
        """Return the captures that a query for all columns of the table finds."""
        return list(self._rows(CaptureRow, query, *values))

    def is_rendered(self, record_id: str, url: str) -> bool:
        """Tell whether a browser's rendering of this response record of a URL is stored."""
        condition = "url = ? AND refers_to = ? AND revisit IS NULL"
        return self.first_capture(condition, target_uri(url), record_id) is not None

    def articles(self, capture_id: str) -> list[ArticleRow]:
        """Return the texts made from a capture, newest first: one for each time it was cleaned."""
        query = "SELECT * FROM article WHERE capture_id = ? ORDER BY stored DESC, id DESC"
        return list(self._rows(ArticleRow, query, capture_id))

    def article(self, record_id: str) -> ArticleRow | None:
        """Return the newest text of a capture, or of the capture that it refers to; or the text with this record id."""
        query = """SELECT * FROM article WHERE capture_id = ?1 OR record_id = ?1 OR capture_id =
            (SELECT refers_to FROM capture WHERE record_id = ?1) ORDER BY stored DESC, id DESC LIMIT 1"""
        return next(self._rows(ArticleRow, query, record_id), None)

    def texts(self, captures: Iterable[CaptureRow]) -> dict[str, list[ArticleRow]]:
        """Return the texts of each capture by its record id, and of the capture that it refers to, newest first.

        Asks once, however many captures there are.
        """
        of_capture = {row.record_id: {row.record_id, row.refers_to or row.record_id} for row in captures}
        query = """SELECT * FROM article WHERE capture_id IN (SELECT value FROM json_each(?))
            ORDER BY stored DESC, id DESC"""
        ids = json.dumps(sorted(set().union(*of_capture.values())))
        texts = list(self._rows(ArticleRow, query, ids))
        return {id: [text for text in texts if text.capture_id in own] for id, own in of_capture.items()}

    def shares(self, url: str, rules: Iterable[str]) -> Shares | None:
        """Return on how many pages of a URL's host each rule fired; of all hosts, where this one has few pages.

        Counts the SAMPLE texts stored last. None in a catalog that does not know which rules fired.
        """
        if not self.knows_rules:
            return None
        host = url.partition("://")[2].partition("/")[0]
        ranges = {"https": f"https://{host}/", "http": f"http://{host}/"}
        values = ranges | {f"{name}_end": start[:-1] + AFTER_SLASH for name, start in ranges.items()}
        asked = values | {"rules": json.dumps(sorted(rules)), "limit": SAMPLE}
        for query in (SHARES_OF_HOST, SHARES_OF_ALL):
            with self._errors():
                counted, *fired = self._connection.execute(query, asked).fetchall()
            if query is SHARES_OF_ALL or counted["pages"] >= FEW_PAGES:
                break
        of_rules = {row["rule"]: row["pages"] for row in fired}
        return Shares(counted["pages"], of_rules, query is SHARES_OF_HOST, counted["texts"] < SAMPLE)

    def below(self, confidence: float) -> list[Doubtful]:
        """Return the newest text of each URL where it has less confidence than this, the least first."""
        with self._errors():
            return [Doubtful(*row) for row in self._connection.execute(_BELOW, (confidence,))]

    def fired(self) -> dict[str, int]:
        """Return for each rule how many texts it removed something from; empty where that is not known."""
        if not self.knows_rules:
            return {}
        query = "SELECT name, COUNT(*) FROM fired JOIN rule ON rule.id = fired.rule GROUP BY rule.id ORDER BY name"
        with self._errors():
            return dict(self._connection.execute(query).fetchall())

    def search(self, words: str, limit: int = 20, bounds: SearchFilter | None = None) -> list[Hit]:
        """Return the articles with all the words, best first, each URL once; without words, those within the bounds,
        the newest day first, with the beginning of their text.

        Words in double quotes are a phrase, `harb*` is every word that begins so, and of words with OR between them one
        is enough; no other sign has a meaning. Of a page cleaned several times, only the newest text is searched.
        Raises ArchiveError for a search that means nothing, such as `OR harbour`, and for a rule in a catalog that does
        not know which rules fired (`knows_rules`), as the lists below do.
        """
        query, bounds = match_query(words), self._answerable(bounds)
        if not words.strip() and not bounds.is_all:
            return self._newest(limit, bounds)
        hits: dict[str, Hit] = {}
        matching = MATCHING.format(within=within(bounds, self._day))
        with self._errors():
            for row in self._connection.execute(matching, bounds.values() | {"query": query}) if query else ():
                if len(hits) >= limit:
                    break
                hits.setdefault(row["url"], _hit(row, row["snippet"].split()))
        return list(hits.values())

    def articles_by_url(
        self, bounds: SearchFilter | None = None, *, after: str = "", limit: int | None = None
    ) -> Iterator[Listed]:
        """Yield the newest text of each URL within the bounds, by URL; only the URLs that come *after* one."""
        bounds = self._answerable(bounds)
        query, values = BY_URL.format(day=self._day, within=within(bounds, self._day)), bounds.values()
        while limit is None or limit > 0:
            # by key and in pages, so that a long list holds no lock and keeps no old state of the catalog alive
            size = PAGE if limit is None else min(PAGE, limit)
            with self._errors():
                rows = self._connection.execute(query, values | {"after": after, "limit": size}).fetchall()
            for row in rows:
                yield _listed(row)
            if len(rows) < size:
                return
            after, limit = rows[-1]["url"], None if limit is None else limit - size

    def listed(
        self, words: str, limit: int, bounds: SearchFilter, *, worst: bool = False, after: str = ""
    ) -> list[Listed]:
        """Return a page of the newest text of each URL within the bounds: the last stored first, or with `worst` those
        with a confidence, the least first; only those behind the text with the record id *after*.

        `words` are as in `search`, with MIN_BEGINNING bytes before a `*`; without any, every text counts. Raises
        ArchiveError as `search` does.
        """
        query, bounds = match_query(words, least=MIN_BEGINNING), self._answerable(bounds)
        if words.strip() and not query:
            return []
        key = "SELECT id, confidence FROM article WHERE record_id = ?"
        last, found = next(self.query(key, after), None), list[Listed]()
        if after and last is None:
            return []
        size = 4 * limit  # an archive that was cleaned again has two texts of each page or more
        values = bounds.values() | {"query": query, "limit": size}
        few_fired = bounds.rule is not None and self._has_few_firings(values)
        while len(found) < limit:
            select = page_query(
                bounds,
                by_words=bool(query),
                worst=worst,
                goes_on=last is not None,
                few_fired=few_fired,
                day=self._day,
            )
            values |= {"last_id": last["id"], "last_confidence": last["confidence"]} if last else {}
            with self._errors():
                rows = self._connection.execute(select, values).fetchall()
            found += [_listed(row) for row in rows if row["is_newest"]]
            if len(rows) < size:
                break
            last = rows[-1]
        return found[:limit]

    def _answerable(self, bounds: SearchFilter | None) -> SearchFilter:
        if bounds and bounds.rule is not None and not self.knows_rules:
            raise ArchiveError(f"{self.path}: {NO_RULES}")
        return bounds or SearchFilter()

    def _has_few_firings(self, values: dict[str, Any]) -> bool:
        with self._errors():
            row = self._connection.execute(FIRINGS, values | {"limit": MANY_FIRINGS + 1}).fetchone()
        return bool(row["firings"] <= MANY_FIRINGS)

    def hosts(self) -> Iterator[str]:
        """Yield the hosts of the articles, with their ports; one with http and https comes twice.

        Reads one row for each host, whatever the catalog's size.
        """
        after = ""
        while True:
            with self._errors():
                query = "SELECT url FROM article WHERE url > ? ORDER BY url LIMIT 1"
                row = self._connection.execute(query, (after,)).fetchone()
            if row is None:
                return
            scheme, separator, rest = row["url"].partition("://")
            host = rest.partition("/")[0]
            after = f"{scheme}{separator}{host}{AFTER_SLASH}" if "/" in rest else row["url"]
            if separator and host:
                yield host

    def _newest(self, limit: int, bounds: SearchFilter) -> list[Hit]:
        with self._errors():
            query = NEWEST_DAY_FIRST.format(day=self._day, within=within(bounds, self._day))
            rows = self._connection.execute(query, bounds.values() | {"after": "", "limit": limit}).fetchall()
            texts = (self._stored_text(row["collection"], row["file"], row["offset"]).split() for row in rows)
            return [
                _hit(row, words[:SNIPPET_WORDS] + ["…"] * (len(words) > SNIPPET_WORDS))
                for row, words in zip(rows, texts, strict=True)
            ]

    def add(self, row: CaptureRow | ArticleRow, text: TextRecord | None = None) -> None:
        """Enter a capture, or an article with its text's words and rules, unless its record id is there already."""
        values = {field.name: stored_value(getattr(row, field.name)) for field in fields(row)}
        marks = ", ".join(f":{name}" for name in values)
        table = "article" if isinstance(row, ArticleRow) else "capture"
        rules: list[str] = []
        insert = f"INSERT OR IGNORE INTO {table} ({', '.join(values)}) VALUES ({marks})"
        with self._transaction():
            cursor = self._connection.execute(insert, values)
            if cursor.rowcount and self.knows_rules:
                of_row = "record_id = ?" if table == "article" else "capture_id = ? AND date IS NULL"
                self._set_day(of_row, values["record_id"])
            if cursor.rowcount and table == "article":
                index = "INSERT INTO article_index (rowid, title, text) VALUES (?, ?, ?)"
                words = stored_value(text.text) if text else ""
                self._connection.execute(index, (cursor.lastrowid, values["title"], words))
                if text and self.knows_rules:
                    rules = fired_rules(text)
                    self._add_fired(cursor.lastrowid, rules)
        self._named.update(rules)

    def set_opt_outs(self, given: Mapping[str, OptOuts]) -> None:
        """Replace the opt-outs of captures, by record id: more of what was said became known, or they are read anew.

        `archive rebuild` enters those again that stand in the files.
        """
        update = "UPDATE capture SET opt_outs = ? WHERE record_id = ?"
        with self._transaction():
            values = [(stored_value(opt_outs.as_json(only_here=True)), id) for id, opt_outs in given.items()]
            self._connection.executemany(update, values)

    def forget(self, collection: str, file: str, offset: int) -> None:
        """Remove the rows of a file from an offset on: a power cut kept them and lost their records."""
        place = "collection = ? AND file = ? AND offset >= ?"
        with self._transaction():
            self._connection.execute(f"DELETE FROM capture WHERE {place}", (collection, file, offset))
            texts = self._connection.execute(f"DELETE FROM article WHERE {place}", (collection, file, offset))
            if self.knows_rules:
                self._set_day("date IS NULL AND capture_id NOT IN (SELECT record_id FROM capture)")
                # the next article gets the id of the last one
                self._connection.execute("DELETE FROM fired WHERE article NOT IN (SELECT id FROM article)")
            if texts.rowcount:  # the words cannot be taken out of the index without the text
                self._connection.execute("INSERT INTO article_index (article_index) VALUES ('rebuild')")

    def _set_day(self, condition: str, *values: str) -> None:
        self._connection.execute(f"UPDATE article SET day = {DAY_OF} WHERE {condition}", values)

    def _add_fired(self, article: int | None, rules: Sequence[str]) -> None:
        named = json.dumps(rules)
        if not self._named.issuperset(rules):
            self._connection.execute("INSERT OR IGNORE INTO rule (name) SELECT value FROM json_each(?)", (named,))
        fired = "INSERT INTO fired SELECT id, ? FROM rule WHERE name IN (SELECT value FROM json_each(?))"
        self._connection.execute(fired, (article, named))

    def add_file(self, collection: str, name: str, size: int, sha256: str) -> None:
        """Enter a sealed file, and put all that was entered so far on the disk."""
        # the manifest says next that the file is registered: after a power cut, nobody would look for its rows again
        with self._errors():
            self._connection.execute("PRAGMA synchronous = FULL")
            with transaction(self._connection):
                row = (collection, name, size, sha256)
                self._connection.execute("INSERT OR REPLACE INTO file VALUES (?, ?, ?, ?)", row)
            self._connection.execute("PRAGMA synchronous = NORMAL")

    def files(self, collection: str) -> dict[str, tuple[int, str]]:
        """Return the sealed files of a collection: name to size and sha256."""
        rows = self.query("SELECT name, size, sha256 FROM file WHERE collection = ?", collection)
        return {row["name"]: (row["size"], row["sha256"]) for row in rows}

    def query(self, query: str, *values: str | int) -> Iterator[sqlite3.Row]:
        """Yield the rows of a query."""
        with self._errors():
            yield from self._connection.execute(query, bound(query, values))

    def _rows(self, kind: type[Row], query: str, *values: str | float) -> Iterator[Row]:
        with self._errors():
            rows = self._connection.execute(query, bound(query, values)).fetchall()
        for row in rows:
            yield _row(kind, row)

    def _set_up(self, create: bool) -> None:
        connection = self._connection
        connection.row_factory = sqlite3.Row
        connection.create_function("stored_text", 3, self._stored_text)
        connection.create_function("belongs_to", 2, belongs_to, deterministic=True)
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        self.knows_rules = version != WITHOUT_RULES
        self._day = DAY if self.knows_rules else DAY_OF
        if version not in (0, WITHOUT_RULES, SCHEMA):
            raise ArchiveError(f"{self.path}: made by another version (schema {version}): delete it and run "
                               "`pressclip archive rebuild`")  # fmt: skip
        if not create:
            if version == 0:
                raise ArchiveError(f"{self.path}: is empty: run `pressclip archive rebuild`")
            return
        patiently(connection, "PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA fullfsync = ON")  # as `sync` does on macOS; nothing elsewhere
        if version == 0:
            with self._transaction():
                for statement in _TABLES.split(";\n"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {SCHEMA}")
            sync_folder(self.path.parent)

    def _stored_text(self, collection: str, file: str, offset: int) -> str:
        try:
            return str(stored_value(read_text(self.path.parent, collection, file, offset).text))
        except ArchiveError:
            return ""  # a hit without a snippet is better than no answer

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._errors(), transaction(self._connection):
            yield

    def _errors(self) -> AbstractContextManager[None]:
        return errors(self.path, "delete it and run `pressclip archive rebuild`")


def require_catalog(path: Path) -> None:
    """Raise ArchiveError where there is no catalog, with what to do: rebuild it if there are collections."""
    if not path.is_file():
        has_collections = collections_folder(path.parent).is_dir()
        advice = (
            "run `pressclip archive rebuild`" if has_collections else "crawl first, or give the data folder with --data"
        )
        raise ArchiveError(f"{path}: no catalog there: {advice}")


def _row(kind: type[Row], row: sqlite3.Row) -> Row:
    columns = {field.name: row[field.name] for field in fields(kind)}
    for name in columns.keys() & {"fetched", "stored"}:
        columns[name] = datetime.fromisoformat(columns[name])
    if "authors" in columns:
        columns["authors"] = tuple(json.loads(columns["authors"]))
    return kind(**columns)


def _listed(row: sqlite3.Row) -> Listed:
    fetched = datetime.fromisoformat(row["fetched"]) if row["fetched"] else None
    return Listed(_row(ArticleRow, row), row["day"], fetched)


def _hit(row: sqlite3.Row, snippet: Sequence[str]) -> Hit:
    columns = {field.name: row[field.name] for field in fields(Hit) if field.name != "snippet"}
    return Hit(**columns, snippet=" ".join(snippet))


@contextmanager
def errors(path: Path, damaged: str) -> Iterator[None]:
    """Turn SQLite's errors with a file into one-line ArchiveErrors; `damaged` is the advice for a damaged file."""
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
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # where the disk is full, SQLite has ended it already
            connection.execute("ROLLBACK")
        raise


def patiently(connection: sqlite3.Connection, statement: str) -> None:
    """Run a statement, and try again while another process holds the file: for this one SQLite itself does not wait."""
    end = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute(statement)
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > end:
                raise
            time.sleep(0.01)


def bound(query: str, values: Sequence[Any]) -> Sequence[Any] | dict[str, Any]:
    """Return values as SQLite takes them: by name where a query numbers them (`?1`), which Python 3.14 demands."""
    return {str(number): value for number, value in enumerate(values, 1)} if "?1" in query else values

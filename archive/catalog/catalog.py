"""The catalog: which URL lies where, and a full-text index. Derived from the files; may be deleted and built again."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from archive.catalog.rows import ArticleRow, CaptureRow, Hit, stored_value
from archive.catalog.search import SearchFilter, find
from archive.files.database import BUSY_SECONDS, errors, patiently, transaction
from archive.files.errors import ArchiveError
from archive.warc.records import target_uri
from archive.warc.texts import read_text
from cleaners import belongs_to

SCHEMA = 3
"""Raised with every change of the tables; a catalog with another number has to be built again."""

# The index holds no text: for snippets it asks the view, and the view reads the text's own record.
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
  language TEXT, access TEXT, text_sha256 TEXT NOT NULL, text_length INTEGER NOT NULL,
  collection TEXT NOT NULL, file TEXT NOT NULL, offset INTEGER NOT NULL, length INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS article_capture ON article (capture_id, stored);
CREATE INDEX IF NOT EXISTS article_place ON article (collection, file, offset);
CREATE VIEW IF NOT EXISTS article_text AS
  SELECT id, title, stored_text(collection, file, offset) AS text FROM article;
CREATE VIRTUAL TABLE IF NOT EXISTS article_index USING fts5 (
  title, text, content='article_text', content_rowid='id', tokenize='unicode61 remove_diacritics 2'
);
"""

Row = TypeVar("Row", CaptureRow, ArticleRow)


class Catalog:
    """`catalog.sqlite` in a data root; for use with `with`, from one thread. Times are aware, UTC.

    Raises ArchiveError where the file is missing (unless `create`), damaged or of another schema.
    """

    def __init__(self, path: Path, *, create: bool = False) -> None:
        self.path = path
        if not create and not path.is_file():
            raise ArchiveError(f"{path}: no catalog there: crawl first, or give the data folder with --data")
        with self._errors():
            # isolation_level=None: transactions begin and end where this module says so
            self._connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
            try:
                self._set_up()
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

    def articles(self, capture_id: str) -> list[ArticleRow]:
        """Return the texts made from a capture, newest first: one for each time it was cleaned."""
        query = "SELECT * FROM article WHERE capture_id = ? ORDER BY stored DESC, id DESC"
        return list(self._rows(ArticleRow, query, capture_id))

    def article(self, record_id: str) -> ArticleRow | None:
        """Return the newest text of a capture, or of what it refers to (by the record's id), or a text by its id."""
        query = """SELECT * FROM article WHERE capture_id = ?1 OR record_id = ?1 OR capture_id =
            (SELECT refers_to FROM capture WHERE record_id = ?1) ORDER BY stored DESC, id DESC LIMIT 1"""
        return next(self._rows(ArticleRow, query, record_id), None)

    def search(self, words: str, limit: int = 20, bounds: SearchFilter | None = None) -> list[Hit]:
        """Return articles that hold all the words, best first, each URL once.

        Words in double quotes are a phrase; nothing else in the query has a meaning. Of a page cleaned several times
        only the newest text counts.
        """
        with self._errors():
            return find(self._connection, words, limit, bounds or SearchFilter())

    def add_capture(self, row: CaptureRow) -> None:
        """Enter a capture; one that is there already stays as it is."""
        with self._transaction():
            self._insert("capture", row)

    def add_article(self, row: ArticleRow, text: str) -> None:
        """Enter a text and index its words; one that is there already stays as it is."""
        with self._transaction():
            entered = self._insert("article", row)
            if entered is not None:
                index = "INSERT INTO article_index (rowid, title, text) VALUES (?, ?, ?)"
                self._connection.execute(index, (entered, stored_value(row.title), stored_value(text)))

    def add_file(self, collection: str, name: str, size: int, sha256: str) -> None:
        """Enter a sealed file."""
        with self._transaction():
            self._connection.execute(
                "INSERT OR REPLACE INTO file VALUES (?, ?, ?, ?)", (collection, name, size, sha256)
            )

    def files(self, collection: str) -> dict[str, tuple[int, str]]:
        """Return the sealed files of a collection: name to size and sha256."""
        found = self.query("SELECT name, size, sha256 FROM file WHERE collection = ?", collection)
        return {row["name"]: (row["size"], row["sha256"]) for row in found}

    def query(self, query: str, *values: str | int) -> Iterator[sqlite3.Row]:
        """Yield what a query finds, row by row."""
        with self._errors():
            yield from self._connection.execute(query, values)

    def _insert(self, table: str, row: CaptureRow | ArticleRow) -> int | None:
        values = {field.name: stored_value(getattr(row, field.name)) for field in fields(row)}
        names = ", ".join(values)
        marks = ", ".join(f":{name}" for name in values)
        done = self._connection.execute(f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({marks})", values)
        return done.lastrowid if done.rowcount else None

    def _rows(self, kind: type[Row], query: str, *values: str) -> Iterator[Row]:
        with self._errors():
            for found in self._connection.execute(query, values).fetchall():
                known = {field.name: found[field.name] for field in fields(kind)}
                for name in ("fetched", "stored"):
                    if name in known:
                        known[name] = datetime.fromisoformat(known[name])
                if "authors" in known:
                    known["authors"] = tuple(json.loads(known["authors"]))
                yield kind(**known)

    def _set_up(self) -> None:
        connection = self._connection
        connection.row_factory = sqlite3.Row
        connection.create_function("stored_text", 3, self._stored_text)
        connection.create_function("belongs_to", 2, belongs_to, deterministic=True)
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version not in (0, SCHEMA):
            raise ArchiveError(f"{self.path}: made by another version (schema {version}): delete it and run "
                               "`pressclip archive rebuild`")  # fmt: skip
        patiently(connection, "PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        if version == 0:
            with self._transaction():
                for statement in _TABLES.split(";\n"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {SCHEMA}")

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

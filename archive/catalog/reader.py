"""Read the catalog row by row without writing to it, for work that goes through a whole collection."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from archive.catalog.catalog import BUSY_SECONDS, bound, errors, require_catalog
from archive.catalog.rows import OF_SERVER
from archive.files.layout import CATALOG, check_name
from archive.files.reading import connect_reading
from archive.warc.records import target_uri
from cleaners import belongs_to

_PAGES = """
SELECT capture.url, capture.fetched, capture.file AS raw, article.title, article.file, article.offset
FROM capture CROSS JOIN article ON article.id = (
  SELECT id FROM article AS text WHERE text.capture_id = capture.record_id ORDER BY stored DESC, id DESC LIMIT 1
)
WHERE capture.collection = ?1 AND capture.status = 200 AND article.collection = capture.collection
  AND capture.fetched >= ?2 AND (?3 IS NULL OR belongs_to(capture.url, ?3))
ORDER BY capture.url, capture.fetched
"""
_PLACES = "SELECT record_id, file, offset, length FROM capture WHERE "
_CAPTURES = "collection = ?1 AND fetched >= ?2 AND (?3 IS NULL OR belongs_to(url, ?3)) ORDER BY file, offset"


@dataclass(frozen=True, slots=True)
class Selection:
    """A choice of a collection's captures: all of them, those of a site, or those since a moment."""

    collection: str
    site: str | None = None
    """A host, with its subdomains; with a port, only that port."""
    since: datetime | None = None

    @property
    def is_all(self) -> bool:
        """Whether nothing is left out."""
        return self.site is None and self.since is None


@dataclass(frozen=True, slots=True)
class RecordPlace:
    """Where the response record of a capture is."""

    record_id: str
    file: str
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class PageText:
    """A page and the place of its newest text."""

    url: str
    fetched: datetime
    raw: str
    """The WARC file that holds the page."""
    title: str | None
    file: str
    offset: int


class CatalogReader:
    """Reads the catalog of a data root, with what others write meanwhile; for use with `with`."""

    def __init__(self, root: Path) -> None:
        self.path = root / CATALOG
        require_catalog(self.path)
        with self._errors():
            self._connection = connect_reading(self.path, seconds=BUSY_SECONDS)
        self._connection.row_factory = sqlite3.Row
        self._connection.create_function("belongs_to", 2, belongs_to, deterministic=True)

    def __enter__(self) -> CatalogReader:
        return self

    def __exit__(self, *exc: object) -> None:
        self._connection.close()

    def find(self, collection: str, url: str, fetched: datetime, payload_digest: str) -> str | None:
        """Return the record id of the capture of this URL, moment and payload."""
        query = "SELECT record_id FROM capture WHERE url = ? AND fetched = ? AND payload_digest = ? AND collection = ?"
        values = (target_uri(url), _moment(fetched), payload_digest, collection)
        row = next(self._rows(query, *values), None)
        return str(row["record_id"]) if row else None

    def has_text(self, record_id: str) -> bool:
        """Tell whether a capture was cleaned."""
        return next(self._rows("SELECT 1 FROM article WHERE capture_id = ?", record_id), None) is not None

    def original(self, collection: str, url: str, fetched: datetime | None, payload_digest: str) -> RecordPlace | None:
        """Return the original of a revisit: the capture of that URL in that second, or one with that payload."""
        if url and fetched:
            until = _moment(fetched + timedelta(seconds=1))
            condition = f"collection = ? AND url = ? AND fetched >= ? AND fetched < ? AND status <> 304 AND {OF_SERVER}"
            if place := self._place(condition, collection, target_uri(url), _moment(fetched), until):
                return place
        return self._place("collection = ? AND payload_digest = ? ORDER BY fetched", collection, payload_digest)

    def place(self, record_id: str) -> RecordPlace | None:
        """Return where a capture is."""
        return self._place("record_id = ?", record_id)

    def captures(self, choice: Selection) -> Iterator[RecordPlace]:
        """Yield the chosen captures in file order."""
        for row in self._rows(_PLACES + _CAPTURES, *_values(choice)):
            yield RecordPlace(*row)

    def pages(self, choice: Selection) -> Iterator[PageText]:
        """Yield the chosen pages that have a cleaned text, by URL and time."""
        for row in self._rows(_PAGES, *_values(choice)):
            yield PageText(**dict(row) | {"fetched": datetime.fromisoformat(row["fetched"])})

    def _place(self, condition: str, *values: str) -> RecordPlace | None:
        row = next(self._rows(_PLACES + condition, *values), None)
        return RecordPlace(*row) if row else None

    def _rows(self, query: str, *values: str | None) -> Iterator[sqlite3.Row]:
        with self._errors(), closing(self._connection.execute(query, bound(query, values))) as rows:
            yield from rows

    def _errors(self) -> AbstractContextManager[None]:
        return errors(self.path, "delete it and run `pressclip archive rebuild`")


def _values(choice: Selection) -> tuple[str, str, str | None]:
    return check_name(choice.collection), _moment(choice.since) if choice.since else "", choice.site


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")

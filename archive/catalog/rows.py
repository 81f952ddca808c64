"""The catalog's rows: each made from records alone, so that the catalog can be built again from the files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from archive.warc.reader import Exchange
from archive.warc.texts import TextRecord


@dataclass(frozen=True, slots=True)
class CaptureRow:
    """One response record, and where it is."""

    record_id: str
    url: str
    fetched: datetime
    status: int
    content_type: str | None
    payload_digest: str
    etag: str | None
    last_modified: str | None
    truncated: str | None
    revisit: str | None
    """For a revisit record the last word of its profile, such as `identical-payload-digest`."""
    refers_to: str | None
    """For a revisit record the id of the response record that has the body."""
    opt_outs: str | None
    """What the site said about the use of the page, as `OptOuts.parse` reads it; None where nobody looked."""
    collection: str
    file: str
    offset: int
    length: int

    @classmethod
    def of(cls, found: Exchange, collection: str, file: str) -> CaptureRow:
        """Return the row of a response record in `file`."""
        capture, record = found.capture, found.record
        return cls(
            record_id=record.record_id,
            url=record.uri,
            fetched=capture.fetched,
            status=capture.status,
            content_type=capture.content_type,
            payload_digest=record.header("WARC-Payload-Digest") or "",
            etag=capture.header("ETag"),
            last_modified=capture.header("Last-Modified"),
            truncated=capture.truncated,
            revisit=capture.revisit,
            refers_to=(record.refers_to or None) if capture.revisit else None,
            opt_outs=capture.opt_outs.as_json() if capture.opt_outs else None,
            collection=collection,
            file=file,
            offset=record.offset,
            length=record.length,
        )


@dataclass(frozen=True, slots=True)
class ArticleRow:
    """One cleaned text, and where it is."""

    record_id: str
    capture_id: str
    url: str
    stored: datetime
    rules_version: str
    title: str | None
    authors: tuple[str, ...]
    date: str | None
    """ISO 8601, a day or a moment."""
    site: str | None
    language: str | None
    access: str | None
    text_sha256: str
    text_length: int
    """Characters."""
    collection: str
    file: str
    offset: int
    length: int

    @classmethod
    def of(cls, found: TextRecord, collection: str, file: str) -> ArticleRow:
        """Return the row of a text in `file`."""
        said = found.metadata
        authors = said.get("authors")
        return cls(
            record_id=found.record_id,
            capture_id=found.capture_id,
            url=found.url,
            stored=found.stored,
            rules_version=_text(said.get("rules_version")) or "",
            title=_text(said.get("title")),
            authors=tuple(str(name) for name in authors) if isinstance(authors, list) else (),
            date=_text(said.get("date")),
            site=_text(said.get("site")),
            language=_text(said.get("language")),
            access=_text(said.get("access")),
            text_sha256=_text(said.get("text_sha256")) or "",
            text_length=len(found.text),
            collection=collection,
            file=file,
            offset=found.offset,
            length=found.length,
        )

    def repeated_by(self, url: str, said: Mapping[str, Any]) -> bool:
        """Tell whether a text of `url` with this metadata says nothing new."""
        known = (self.url, self.rules_version, self.text_sha256)
        return known == (url, said.get("rules_version"), said.get("text_sha256"))


@dataclass(frozen=True, slots=True)
class Hit:
    """One article that a search has found."""

    url: str
    title: str | None
    date: str | None
    site: str | None
    snippet: str
    """The place in the text where the words stand, about 24 words long."""
    record_id: str
    capture_id: str
    collection: str
    file: str
    offset: int


def stored_value(value: Any) -> Any:  # noqa: ANN401 - whatever a row's field holds
    """Return a row's field as SQLite holds it."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds")
    if isinstance(value, tuple):
        return json.dumps(value)
    if isinstance(value, str):  # SQLite takes no lone surrogate, and its text functions stop at a zero byte
        return value.encode("utf-8", "replace").decode().replace("\0", " ")
    return value


def _text(value: Any) -> str | None:  # noqa: ANN401 - JSON from a file: anything
    return value if isinstance(value, str) else None

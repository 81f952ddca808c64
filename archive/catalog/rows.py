"""Define the rows of the catalog. Each is made from records alone, so the catalog can be rebuilt from the files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from archive.files.layout import TEXT_SUFFIX
from archive.files.utf8 import encodable
from archive.warc.capture import Capture
from archive.warc.reader import Exchange, read_exchanges, why_unread
from archive.warc.records import TextRecord, read_texts
from archive.warc.renderings import is_rendering
from archive.warc.scan import Damage, Record

MAX_RULE = 200
"""Characters of a rule's id; a longer one, which no rule of ours has, is not looked for."""
OF_SERVER = "(revisit IS NOT NULL OR refers_to IS NULL)"
"""The condition on rows of `capture` that a server sent them: no rendering."""
_WORDS = ("title", "date", "site", "language", "access", "kind")


@dataclass(frozen=True, slots=True)
class CaptureRow:
    """One response record and its place."""

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
    """For a revisit record the id of the response record that has the body; for a rendering that of its page."""
    opt_outs: str | None
    """The site's opt-outs, as `OptOuts.parse` reads them; None where nobody looked."""
    collection: str
    file: str
    offset: int
    length: int

    @property
    def is_rendering(self) -> bool:
        """Whether a browser made it of another capture's page."""
        return self.revisit is None and self.refers_to is not None

    @classmethod
    def of(cls, exchange: Exchange, collection: str, file: str) -> CaptureRow:
        """Return the row of a response record in `file`."""
        capture, record = exchange.capture, exchange.record
        return cls.of_capture(
            capture,
            record_id=record.record_id,
            url=record.uri,
            payload_digest=record.header("WARC-Payload-Digest") or "",
            revisit=capture.revisit,
            refers_to=(record.refers_to or None) if capture.revisit or is_rendering(record) else None,
            collection=collection,
            file=file,
            offset=record.offset,
            length=record.length,
        )

    @classmethod
    def of_capture(cls, capture: Capture, **of_record: Any) -> CaptureRow:  # noqa: ANN401 - the other fields
        """Return the row of a capture; `of_record` are the fields that its record decides."""
        return cls(
            fetched=capture.fetched.astimezone(UTC),
            status=capture.status,
            content_type=capture.content_type,
            etag=capture.header("ETag"),
            last_modified=capture.header("Last-Modified"),
            truncated=capture.truncated,
            opt_outs=capture.opt_outs.as_json() if capture.opt_outs else None,
            **of_record,
        )


@dataclass(frozen=True, slots=True)
class ArticleRow:
    """One cleaned text and its place."""

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
    kind: str | None
    """The kind of page; None for a text that was cleaned before kinds were told."""
    confidence: float | None
    text_sha256: str
    text_length: int
    """Characters."""
    collection: str
    file: str
    offset: int
    length: int

    @classmethod
    def of(cls, text: TextRecord, collection: str, file: str) -> ArticleRow:
        """Return the row of a text in `file`."""
        metadata, authors = text.metadata, text.metadata.get("authors")
        values = {name: _text(metadata.get(name)) for name in _WORDS}
        return cls(
            record_id=text.record_id,
            capture_id=text.capture_id,
            url=text.url,
            stored=text.stored,
            rules_version=_text(metadata.get("rules_version")) or "",
            authors=tuple(str(name) for name in authors) if isinstance(authors, list) else (),
            confidence=_share(metadata.get("confidence")),
            text_sha256=_text(metadata.get("text_sha256")) or "",
            text_length=len(text.text),
            collection=collection,
            file=file,
            offset=text.offset,
            length=text.length,
            **values,
        )

    def repeated_by(self, url: str, metadata: Mapping[str, Any]) -> bool:
        """Tell whether a text of `url` with this metadata would repeat this one."""
        known = (self.url, self.rules_version, self.text_sha256)
        return known == (url, metadata.get("rules_version"), metadata.get("text_sha256"))


def rows_of(
    path: Path, collection: str, name: str, *, items: Iterable[Record | Damage] | None = None
) -> Iterator[tuple[CaptureRow | ArticleRow, TextRecord | None]]:
    """Yield a row for each capture or text of a file that is named `name` when it is sealed, and the text's record.

    `items`: the results of `scan`, if they are known.
    """
    if name.endswith(TEXT_SUFFIX):
        for text in read_texts(path, items=items):
            yield ArticleRow.of(text, collection, name), text
    else:
        for exchange in read_exchanges(path, items=items):
            yield CaptureRow.of(exchange, collection, name), None


class Unread:
    """Notes which records of a file should be a capture or a text, and can be read as none."""

    def __init__(self, name: str) -> None:
        """`name`: the file's name when it is sealed."""
        self._of_texts = name.endswith(TEXT_SUFFIX)
        self._reasons: dict[int, tuple[str, str]] = {}

    def passing(self, items: Iterable[Record | Damage]) -> Iterator[Record | Damage]:
        """Yield what `scan` yields, and note each record that should have a row."""
        for item in items:
            if isinstance(item, Record):
                if self._of_texts and item.kind == "conversion":
                    self._reasons[item.offset] = item.uri, "a text whose metadata record is missing or damaged"
                elif not self._of_texts and (reason := why_unread(item)):
                    self._reasons[item.offset] = item.uri, reason
            yield item

    def has_row(self, row: CaptureRow | ArticleRow) -> None:
        """Note that a record was read."""
        self._reasons.pop(row.offset, None)

    def __contains__(self, offset: int) -> bool:
        return offset in self._reasons

    def reasons(self) -> list[tuple[int, str, str]]:
        """Return offset, URL and reason of each record that was not read, once the file is read to its end."""
        return [(offset, url, reason) for offset, (url, reason) in sorted(self._reasons.items())]


@dataclass(frozen=True, slots=True)
class Hit:
    """One article that a search returns."""

    url: str
    title: str | None
    date: str | None
    site: str | None
    snippet: str
    """The part of the text with the words, about 24 words long."""
    record_id: str
    capture_id: str
    collection: str
    file: str
    offset: int


@dataclass(frozen=True, slots=True)
class Listed:
    """One article of a list: the newest text of a URL within the bounds."""

    article: ArticleRow
    day: str
    """When it was published, or captured where the page does not say."""
    fetched: datetime | None
    """When it was captured; None where the capture is not in the catalog."""


class Doubtful(NamedTuple):
    """A URL whose newest text has little confidence."""

    url: str
    confidence: float
    kind: str | None


@dataclass(frozen=True, slots=True)
class Shares:
    """On how many pages each of some rules removed something, by the newest text of each."""

    pages: int
    fired: Mapping[str, int]
    """Rule to pages; a rule that fired on none is not in it."""
    of_host: bool
    """Whether the pages are those of one host; otherwise of all hosts, since that one has few."""
    is_all: bool
    """Whether they are all; otherwise those that were stored last."""


def stored_value(value: Any) -> Any:  # noqa: ANN401 - whatever a row's field holds
    """Return a row's field as SQLite holds it."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds")
    if isinstance(value, tuple):
        return json.dumps(value)
    if isinstance(value, str):  # SQLite accepts no lone surrogate, and its text functions stop at a zero byte
        return encodable(value).replace("\0", " ")
    return value


def fired_rules(text: TextRecord) -> list[str]:
    """Return the ids of the rules that removed something when a text was made, each once."""
    removals = text.metadata.get("removals")
    named = (one.get("rule") for one in (removals if isinstance(removals, list) else ()) if isinstance(one, dict))
    rules = map(stored_value, {rule for rule in named if isinstance(rule, str)})
    return sorted({rule for rule in rules if 0 < len(rule) <= MAX_RULE})


def _text(value: Any) -> str | None:  # noqa: ANN401 - JSON from a file: anything
    return value if isinstance(value, str) else None


def _share(value: Any) -> float | None:  # noqa: ANN401 - JSON from a file: anything
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= value <= 1 else None

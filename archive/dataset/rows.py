"""From an item and its article to a row of the schema; all but what only the whole dataset decides."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlsplit

from archive.dataset.inputs.shards import Item
from archive.dataset.opt_out import opt_out_of
from archive.dataset.options import extractor_version
from archive.dataset.schema import NAMES
from archive.dataset.signals import language_of, pii_of, signals_of
from cleaners import Article, Removal

EXTRACTORS = {False: "cleaners.clean", True: "cleaners.clean_text"}
"""What made the text: of pages, and of texts that somebody else extracted."""


def row_of(item: Item, article: Article) -> dict[str, Any]:
    """Return the row of a cleaned item; what the verdicts fill is None."""
    text = plain(article.text) or ""
    language, score = language_of(text)
    published, precision = _published(article.date if article.date is not None else _read(item.published))
    return dict.fromkeys(NAMES) | {
        **place_of(item),
        "url": plain(_url(item, article)),
        "host": host_of(_url(item, article)),
        "title": plain(article.title or item.title),
        "authors": [plain(name) for name in article.authors],
        "published": published,
        "published_precision": precision,
        "language": language,
        "language_score": score,
        "declared_language": plain(article.language),
        "text": text,
        "removed": [_removed(removal) for removal in article.removals],
        "access": None if item.is_text else article.access,
        "flags": [plain(flag) for flag in article.flags],
        "n_chars": len(text),
        "n_words": len(text.split()),
        "n_bytes": len(text.encode()),
        "text_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "extractor": EXTRACTORS[item.is_text],
        "extractor_version": extractor_version(),
        "rules_version": article.rules_version,
        "signals": signals_of(text),
        "pii": pii_of(text),
    }


def place_of(item: Item) -> dict[str, Any]:
    """Return the columns that say where an item is from: a row that failed has these alone."""
    return {
        "id": id_of(item),
        "url": plain(item.url),
        "host": host_of(item.url),
        "fetched": item.fetched,
        "warc_file": item.warc_file,
        "warc_offset": item.warc_offset,
        "warc_length": item.warc_length,
        "warc_digest": item.warc_digest,
        "warc_record_id": item.warc_record_id,
        "source_file": None if item.warc_file else item.source_file,
        "source_row": None if item.warc_file else item.source_row,
        "opt_out": opt_out_of(item.opt_outs, item.fetched),
    }


def id_of(item: Item) -> str:
    """Return the row's id: of the WARC record, or of the place in the input, so that it is the same in every build."""
    name = item.warc_record_id or f"{item.source_file}:{item.source_row}"
    return hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()


def host_of(url: str | None) -> str | None:
    """Return a URL's host, None where it has none."""
    try:
        return plain(urlsplit(url or "").hostname)
    except ValueError:
        return None


def plain(text: str | None) -> str | None:
    """Return text as UTF-8 can hold it: half a surrogate pair is replaced."""
    return None if text is None else text.encode("utf-8", "replace").decode()


def _url(item: Item, article: Article) -> str | None:
    """A page from a folder says its own address, if it does; its file's is the last resort."""
    if item.warc_file or item.is_text:
        return item.url
    return article.canonical_url or item.url


def _published(said: datetime | date | None) -> tuple[datetime | None, str | None]:
    if said is None:
        return None, None
    if isinstance(said, datetime):
        return (said if said.tzinfo else said.replace(tzinfo=UTC)).astimezone(UTC), "time"
    return datetime(said.year, said.month, said.day, tzinfo=UTC), "day"


def _read(said: str | None) -> datetime | date | None:
    """Read a corpus's own date; None where it is none."""
    for kind in (date, datetime):
        try:
            return kind.fromisoformat((said or "").strip())
        except ValueError:
            continue
    return None


def _removed(removal: Removal) -> dict[str, Any]:
    return {
        "rule": removal.rule,
        "stage": removal.stage,
        "text": plain(removal.text),
        "where": plain(removal.where),
        "start": removal.start,
        "end": removal.end,
    }

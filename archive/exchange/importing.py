"""Import foreign WARC files: each HTTP response becomes a capture, each HTML page also a cleaned text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from archive.catalog.reader import CatalogReader
from archive.collection import Collection, read_capture
from archive.files.whole import sha256_of
from archive.readers.pages import Refusal, page_of, refusal_of
from archive.warc.capture import Capture
from archive.warc.reader import MAX_HTTP_HEAD, capture_of, has_endless_head, read_exchanges
from archive.warc.records import digest
from archive.warc.scan import MAX_BLOCK, Damage, Record, iso_moment, record_date, scan
from cleaners import PAGE_SECONDS, Article, LostError, RuleSet, clean_page, work_many

_HTTP = re.compile(rb"HTTP/\S+[ \t]+\d{3}(?!\d)", re.IGNORECASE)
_WEB = ("http://", "https://")


@dataclass(slots=True)
class Imported:
    """What was imported from one file."""

    path: Path
    captures: int = 0
    """Added."""
    known: int = 0
    """In the collection already: same URL, moment and payload."""
    texts: int = 0
    other: int = 0
    """Records that are no HTTP response of their own: requests, warcinfo, metadata, dns."""
    problems: int = 0
    """Each was reported with its place."""
    refused: Counter[str] = field(default_factory=Counter)
    """Captures that were not cleaned because they are no pages, by reason."""


def source_info(path: Path) -> dict[str, str]:
    """Return the warcinfo lines that name the source of captures."""
    return {"imported-from": path.name, "imported-sha256": sha256_of(path)}


def import_warc(
    path: Path,
    collection: Collection,
    *,
    cleaning: bool = True,
    rules: RuleSet | None = None,
    jobs: int = 1,
    on_problem: Callable[[str], None] = lambda problem: None,
    on_progress: Callable[[str], None] = lambda url: None,
) -> Imported:
    """Add the captures of a file and their texts to an entered collection. What is there already stays as it is.

    `on_problem` gets one line a problem (damage, what is over a limit), `on_progress` each URL. A body that decodes to
    more than `MAX_PAYLOAD` is kept and not cleaned. Raises ArchiveError where the file is no WARC or the disk is full.
    """
    with CatalogReader(collection.root) as reader:
        work = _Import(path, collection, reader, cleaning, on_problem, on_progress)
        tasks = work.captures()
        for cleaned in work_many(
            partial(_clean, rules=rules), tasks, lost=_lost, jobs=jobs, size=_size, seconds=PAGE_SECONDS
        ):
            if cleaned.article is None:
                work.problem(cleaned.offset, cleaned.url, f"{cleaned.reason}: the capture is kept, without a text")
            elif cleaned.article.text:
                collection.store_text(cleaned.capture_id, cleaned.article)
                work.result.texts += 1
        if work.revisits:
            work.store_revisits()
    return work.result


@dataclass(frozen=True, slots=True)
class _Task:
    """A stored capture that is to be cleaned."""

    capture_id: str
    """The record id under which it is stored."""
    offset: int
    """Where it is in the file that it came from."""
    capture: Capture


@dataclass(frozen=True, slots=True)
class _Cleaned:
    """The article of a capture, or why there is none."""

    capture_id: str
    offset: int
    url: str
    article: Article | None
    reason: str = ""


def _clean(task: _Task, rules: RuleSet | None) -> _Cleaned:
    page = page_of(task.capture)
    if isinstance(page, Refusal):
        return _without_article(task, page.detail)
    article = clean_page(page, rules)
    if article.failure:
        return _without_article(task, f"cleaning failed ({article.failure})")
    return _Cleaned(task.capture_id, task.offset, task.capture.url, article)


def _lost(task: _Task, loss: LostError) -> _Cleaned:
    return _without_article(task, f"cleaning failed: {loss}")


def _without_article(task: _Task, reason: str) -> _Cleaned:
    return _Cleaned(task.capture_id, task.offset, task.capture.url, None, reason)


class _Import:
    def __init__(
        self,
        path: Path,
        collection: Collection,
        reader: CatalogReader,
        cleaning: bool,
        on_problem: Callable[[str], None],
        on_progress: Callable[[str], None],
    ) -> None:
        self.result = Imported(path)
        self.revisits = 0
        self._path, self._collection, self._reader = path, collection, reader
        self._cleaning, self._on_problem, self._on_progress = cleaning, on_problem, on_progress

    def problem(self, offset: int, url: str, reason: str) -> None:
        self.result.problems += 1
        where = f"{self._path}: offset {offset}"
        self._on_problem(f"{where}: {url}: {reason}" if url else f"{where}: {reason}")

    def captures(self) -> Iterator[_Task]:
        """Store each response; yield those that are pages without a text."""
        for exchange in read_exchanges(self._path, items=self._checked()):
            record, capture = exchange.record, exchange.capture
            if record.kind != "response":
                continue
            stored, is_new = self._store(capture)
            if not self._cleaning:
                continue
            if refusal := refusal_of(capture):
                self.result.refused[refusal.reason] += 1
            elif is_new or not self._reader.has_text(stored):
                yield _Task(stored, record.offset, capture)

    def store_revisits(self) -> None:
        """Store each revisit record with the body of its original, which is stored by now."""
        for record in scan(self._path):
            if not isinstance(record, Record) or record.kind != "revisit" or record.block is None:
                continue
            capture = capture_of(record)
            if capture is None:
                continue
            if capture.status != 304:
                body = self._body_of(record)
                if body is None:
                    self.problem(record.offset, record.uri, "revisits a page that the collection does not have: "
                                 "import the file with the original first, then this one again")  # fmt: skip
                    continue
                capture = replace(capture, body=body)
            self._store(capture)

    def _store(self, capture: Capture) -> tuple[str, bool]:
        self._on_progress(capture.url)
        known = self._reader.find(self._collection.name, capture.url, capture.fetched, digest(capture.body))
        if known:
            self.result.known += 1
            return known, False
        self.result.captures += 1
        return self._collection.store(capture).record_id, True

    def _body_of(self, revisit: Record) -> bytes | None:
        url = (revisit.header("WARC-Refers-To-Target-URI") or "").removeprefix("<").removesuffix(">")
        fetched = iso_moment(revisit.header("WARC-Refers-To-Date"))
        digested = revisit.header("WARC-Payload-Digest") or "-"
        place = self._reader.original(self._collection.name, url, fetched, digested)
        if place is None:
            return None
        return read_capture(self._collection.root, self._collection.name, place.file, place.offset).body

    def _checked(self) -> Iterator[Record | Damage]:
        for item in scan(self._path):
            self._check(item)
            yield item

    def _check(self, item: Record | Damage) -> None:
        """Count what is no response, and report what claims to be one and is not."""
        if isinstance(item, Damage):
            self.problem(item.offset, "", f"{item.length:,} bytes are damaged ({item.reason}): get the file again")
        elif item.kind not in ("response", "revisit") or not item.uri.lower().startswith(_WEB):
            self.result.other += 1
        elif item.block is None:
            self.problem(item.offset, item.uri, f"larger than {MAX_BLOCK >> 20} MB: left out")
        elif record_date(item) is None:
            self.problem(item.offset, item.uri, "no valid WARC-Date: left out")
        elif not _HTTP.match(item.block):
            self.problem(item.offset, item.uri, "no HTTP response: left out")
        elif has_endless_head(item.block):
            self.problem(item.offset, item.uri, f"more than {MAX_HTTP_HEAD >> 10} KiB of HTTP header: left out")
        else:
            self.revisits += item.kind == "revisit"


def _size(task: _Task) -> int:
    return len(task.capture.body)

"""Import WARC files of other archives: store each HTTP response as a capture, and clean each page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

from archive.catalog.reader import CatalogReader
from archive.collection import Collection, read_capture
from archive.files.errors import UnreadableError
from archive.files.whole import sha256_of
from archive.readers.pages import Refusal, page_of, refusal_of
from archive.warc.capture import Capture
from archive.warc.reader import (
    ABOUT_OTHERS,
    capture_of,
    general,
    is_page_record,
    read_exchanges,
    why_undated,
    why_unused,
)
from archive.warc.records import digest
from archive.warc.scan import Damage, Record, iso_moment, scan
from cleaners import PAGE_SECONDS, Article, LostError, RuleSet, clean_page, work_many


@dataclass(slots=True)
class Imported:
    """What was imported from one file."""

    path: Path
    captures: int = 0
    """How many were added."""
    known: int = 0
    """How many the collection had already: same URL, time and payload."""
    texts: int = 0
    """How many were stored."""
    same_texts: int = 0
    """Captures whose text is that of an earlier capture, with which it is stored."""
    other: int = 0
    """Records that can be no page: requests, warcinfo, metadata, dns."""
    problems: int = 0
    undated: int = 0
    """Captures whose WARC-Date cannot be read; they count as problems too."""
    refused: Counter[str] = field(default_factory=Counter)
    """Captures that were not cleaned because they are no pages, by reason."""
    unused: Counter[str] = field(default_factory=Counter)
    """Of `other`, those that do not describe other records, by the reason for which they can be no page."""


def source_info(path: Path) -> dict[str, str]:
    """Return the warcinfo lines that name the file that captures came from."""
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
    """Add the captures of a file and their texts to an entered collection; what is there already is not added again.

    `on_problem` gets a line for each problem (damage, what is over a limit), `on_progress` each URL. A capture that
    cannot be cleaned is kept without a text. Raises ArchiveError where the file is no WARC or the disk is full.
    """
    with CatalogReader(collection.root) as reader:
        work = _Import(path, collection, reader, cleaning, on_problem, on_progress, Imported(path))
        task = partial(_clean, rules=rules)
        run = work_many(task, work.captures(), lost=_lost, jobs=jobs, size=_size, seconds=PAGE_SECONDS)
        for stored, article in run:
            if isinstance(article, str):
                work.problem(stored.offset, stored.url, f"{article}: the capture is kept, without a text")
            elif article.text:
                is_new = collection.store_text(stored.record_id, article).is_new
                work.result.texts += is_new
                work.result.same_texts += not is_new
        if work.revisits:
            work.store_revisits()
    return work.result


class _Stored(NamedTuple):
    """A stored capture: its record id in the collection, its offset in the imported file, and its URL."""

    record_id: str
    offset: int
    url: str


_Task = tuple[_Stored, Capture]


def _clean(task: _Task, rules: RuleSet | None) -> tuple[_Stored, Article | str]:
    """Return the article of a capture, or why there is none."""
    stored, capture = task
    page = page_of(capture)
    if isinstance(page, Refusal):
        return stored, page.detail
    article = clean_page(page, rules)
    return stored, f"cleaning failed ({article.failure})" if article.failure else article


def _lost(task: _Task, loss: LostError) -> tuple[_Stored, Article | str]:
    return task[0], f"cleaning failed: {loss}"


def _size(task: _Task) -> int:
    return len(task[1].body)


@dataclass
class _Import:
    """Stores the captures of one file."""

    path: Path
    collection: Collection
    reader: CatalogReader
    cleaning: bool
    on_problem: Callable[[str], None]
    on_progress: Callable[[str], None]
    result: Imported
    revisits: int = 0

    def problem(self, offset: int, url: str, reason: str) -> None:
        self.result.problems += 1
        where = f"{self.path}: offset {offset}"
        self.on_problem(f"{where}: {url}: {reason}" if url else f"{where}: {reason}")

    def captures(self) -> Iterator[_Task]:
        """Store each response, and yield those that are pages without a text."""
        for exchange in read_exchanges(self.path, items=self._checked()):
            record, capture = exchange.record, exchange.capture
            if record.kind == "revisit":
                continue
            try:
                record_id, is_new = self._store(capture)
            except UnreadableError as error:
                self.problem(record.offset, "", str(error))
                continue
            if not self.cleaning:
                continue
            if refusal := refusal_of(capture):
                self.result.refused[refusal.reason] += 1
            elif is_new or not self.reader.has_text(record_id):
                yield _Stored(record_id, record.offset, capture.url), capture

    def store_revisits(self) -> None:
        """Store each revisit record with the body of its original, which is stored by now."""
        for record in scan(self.path):
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
            try:
                self._store(capture)
            except UnreadableError as error:
                self.problem(record.offset, "", str(error))

    def _store(self, capture: Capture) -> tuple[str, bool]:
        """Store a capture unless it is known; return its record id, and whether it is new."""
        self.on_progress(capture.url)
        name, payload = self.collection.name, digest(capture.body)
        record_id, is_new = self.collection.store_new(
            capture, lambda: self.reader.find(name, capture.url, capture.fetched, payload)
        )
        self.result.captures += is_new
        self.result.known += not is_new
        return record_id, is_new

    def _body_of(self, revisit: Record) -> bytes | None:
        """Return the body that a revisit record refers to; None where the collection does not have it."""
        name = self.collection.name
        fetched = iso_moment(revisit.header("WARC-Refers-To-Date"))
        place = self.reader.original(name, revisit.refers_to_uri, fetched, revisit.header("WARC-Payload-Digest") or "-")
        return read_capture(self.collection.root, name, place.file, place.offset).body if place else None

    def _checked(self) -> Iterator[Record | Damage]:
        for item in scan(self.path):
            self._check(item)
            yield item

    def _check(self, item: Record | Damage) -> None:
        """Count what is no response, and report what claims to be one but cannot be stored."""
        if isinstance(item, Damage):
            self.problem(item.offset, "", f"{item.length:,} bytes are damaged ({item.reason}): get the file again")
        elif item.kind in ABOUT_OTHERS or not is_page_record(item):
            self.result.other += 1
            if reason := why_unused(item):
                self.result.unused[general(reason)] += 1
        elif reason := why_unused(item):
            self.problem(item.offset, item.uri, f"{reason}: left out")
        else:
            if note := why_undated(item):
                self.result.undated += 1
                self.problem(item.offset, item.uri, note)
            self.revisits += item.kind == "revisit"

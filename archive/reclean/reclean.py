"""Clean a collection again with the rules in force, from its WARC files, which are only read."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

from archive.catalog.catalog import Catalog
from archive.collection import Collection, Stored
from archive.files.errors import ArchiveError
from archive.files.layout import RAW_SUFFIX, locate, raw_folder
from archive.maintain.rebuild import complete_catalog, file_names, readable_catalog
from archive.readers.pages import Refusal, page_of, refusal_of
from archive.reclean.changes import Change, compare
from archive.warc.capture import Capture
from archive.warc.reader import Exchange, read_exchanges
from archive.warc.records import read_text
from archive.warc.scan import MAX_BLOCK, Damage, Record, scan
from cleaners import PAGE_SECONDS, Article, LostError, RuleSet, belongs_to, clean_page, work_many


class CapturePlace(NamedTuple):
    """Where a capture is in its collection."""

    file: str
    offset: int
    url: str


@dataclass(frozen=True, slots=True)
class Recleaned:
    """The result for one capture, or for one place in a file that cannot be read."""

    place: CapturePlace
    change: Change | None = None
    """None where the capture was not cleaned: skipped, refused or a problem."""
    problem: str = ""
    """What cannot be read or cleaned, and what to do."""
    skipped: bool = False
    """The newest text was made with the same rules."""
    refusal: Refusal | None = None
    """Why the capture is no page to clean."""
    file: str | None = None
    """The text file it was written to."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which captures are cleaned again, and which of their texts are written."""

    everything: bool = False
    """Also captures whose text was made with the same rules."""
    changed_only: bool = False
    """Write only texts that differ from the one before."""
    dry_run: bool = False
    """Write nothing at all."""
    hosts: tuple[str, ...] = ()
    """Only pages of these hosts and their subdomains; empty: of all."""


EVERY_TEXT = Choice()


@dataclass(frozen=True, slots=True)
class _Work:
    """A capture to clean, or why it is not cleaned."""

    place: CapturePlace
    stored: Stored | None = None
    capture: Capture | None = None
    earlier: tuple[str, str, int] | None = None
    """The newest text so far: collection, file, offset."""
    problem: str = ""
    skipped: bool = False
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class _Cleaned:
    work: _Work
    article: Article | None = None
    change: Change | None = None
    problem: str = ""


def reclean(
    root: Path,
    name: str,
    *,
    rules: RuleSet,
    software: str,
    choice: Choice = EVERY_TEXT,
    jobs: int | None = 1,
    wanted: Callable[[str], bool] = lambda url: True,
) -> Generator[Recleaned]:
    """Clean every stored page of a collection again, in file order, and yield the result for each capture.

    A text is stored and in the catalog before its result is yielded. Ending the iteration early seals what is written;
    the next run skips what has a text by these rules. `wanted` is asked about the URL of a page that has
    no text so far. Raises ArchiveError where there is no such collection or it cannot be written.
    """
    if not raw_folder(root, name).is_dir():
        raise ArchiveError(f"{raw_folder(root, name)}: no such collection: give --data and --collection")
    task = partial(_clean, root=root, rules=rules)
    works = partial(_works, root, name, None if choice.everything else rules.version, wanted)
    if choice.dry_run:
        with readable_catalog(root, name) as catalog, closing(_run(task, _of(choice, works(catalog)), jobs)) as run:
            yield from map(_result, run)
        return
    complete_catalog(root)
    info = {"description": "texts cleaned again from the archive"}
    with (
        Collection(root, name, software=software, rules_version=rules.version, info=info) as collection,
        closing(_run(task, _of(choice, works(collection.catalog)), jobs)) as run,
    ):
        for cleaned in run:
            yield _result(cleaned, _store(collection, cleaned, choice))


def _run(task: Callable[[_Work], _Cleaned], works: Iterator[_Work], jobs: int | None) -> Generator[_Cleaned]:
    yield from work_many(task, works, lost=_lost, jobs=jobs, size=_size, seconds=PAGE_SECONDS)


def _store(collection: Collection, cleaned: _Cleaned, choice: Choice) -> str | None:
    """Store a text. An empty one is stored only if it replaces an earlier text."""
    change, stored = cleaned.change, cleaned.work.stored
    if change is None or stored is None or cleaned.article is None:
        return None
    if choice.changed_only and change.kind == "unchanged":
        return None
    if change.kind == "empty" and (choice.changed_only or cleaned.work.earlier is None):
        return None
    return collection.store_text(stored, cleaned.article).file


def _result(cleaned: _Cleaned, file: str | None = None) -> Recleaned:
    work = cleaned.work
    problem = cleaned.problem or work.problem
    return Recleaned(work.place, cleaned.change, problem, work.skipped, work.refusal, file)


def _clean(work: _Work, *, root: Path, rules: RuleSet | None) -> _Cleaned:
    """Clean one capture, in any process. Raises nothing."""
    if work.capture is None:
        return _Cleaned(work)
    capture, work = work.capture, replace(work, capture=None)  # the page does not travel back
    page = page_of(capture)
    if isinstance(page, Refusal):
        return _Cleaned(work, problem=f"{page.detail}: kept as it is")
    article = clean_page(page, rules)
    if article.failure:
        return _Cleaned(work, problem=f"cleaning failed ({article.failure}): please report the page")
    problem, before = "", None
    if work.earlier:
        try:
            before = read_text(root, *work.earlier)
        except ArchiveError as error:
            problem = f"its earlier text cannot be read, the new one is kept: {error}"
    return _Cleaned(work, replace(article, blocks=()), compare(before, article), problem)


def _lost(work: _Work, loss: LostError) -> _Cleaned:
    return _Cleaned(replace(work, capture=None), problem=f"cleaning failed: {loss}: please report the page")


def _size(work: _Work) -> int:
    return len(work.capture.body) if work.capture else 0


def _of(choice: Choice, works: Iterator[_Work]) -> Iterator[_Work]:
    """Leave out the pages of other hosts. A place that cannot be read has no URL and stays."""
    for work in works:
        url = work.place.url
        if not choice.hosts or not url or any(belongs_to(url, host) for host in choice.hosts):
            yield work


def _works(
    root: Path, name: str, version: str | None, wanted: Callable[[str], bool], catalog: Catalog
) -> Iterator[_Work]:
    """Yield the captures of all files. `version`: the rules whose texts are not made again."""
    for file in file_names(raw_folder(root, name), RAW_SUFFIX):
        damages: list[Damage] = []
        try:
            path = locate(raw_folder(root, name), file)
            for exchange in read_exchanges(path, items=_readable(path, damages)):
                yield from _problems(file, damages)
                if exchange.record.kind != "response":
                    continue  # what a revisit stands for has its own record
                if refusal := refusal_of(exchange.capture):
                    yield _Work(CapturePlace(file, exchange.record.offset, exchange.record.uri), refusal=refusal)
                else:
                    work = _work(exchange, file, catalog, version)
                    if work.skipped or work.earlier or wanted(work.place.url):
                        yield work
            yield from _problems(file, damages)
        except ArchiveError as error:
            yield _Work(CapturePlace(file, 0, ""), problem=str(error))


def _readable(path: Path, damages: list[Damage]) -> Iterator[Record]:
    """Yield the records of a file. What cannot be read is added to `damages`."""
    for item in scan(path):
        if isinstance(item, Damage):
            damages.append(item)
        elif item.kind == "response" and item.block is None:
            damages.append(Damage(item.offset, item.length, f"a record of more than {MAX_BLOCK >> 20} MB"))
        else:
            yield item


def _problems(file: str, damages: list[Damage]) -> Iterator[_Work]:
    for damage in damages:
        reason = f"{damage.length} bytes cannot be read ({damage.reason}): run `pressclip archive verify`"
        yield _Work(CapturePlace(file, damage.offset, ""), problem=reason)
    damages.clear()


def _work(exchange: Exchange, file: str, catalog: Catalog, version: str | None) -> _Work:
    record = exchange.record
    place = CapturePlace(file, record.offset, record.uri)
    newest = catalog.article(record.record_id)
    if newest and newest.rules_version == version:
        return _Work(place, skipped=True)
    earlier = (newest.collection, newest.file, newest.offset) if newest else None
    digest = record.header("WARC-Payload-Digest") or ""
    stored = Stored(record.record_id, record.uri, file, record.offset, record.length, digest)
    return _Work(place, stored, replace(exchange.capture, request_head=b""), earlier)

"""Clean a collection again from its WARC files, which are only read."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

from archive.catalog.catalog import Catalog
from archive.catalog.sealed import collections
from archive.collection import Collection, Stored
from archive.files.errors import ArchiveError
from archive.files.layout import RAW_SUFFIX, locate, raw_folder
from archive.maintain.rebuild import file_names, readable_catalog
from archive.readers.pages import Refusal, page_of, refusal_of
from archive.recleaning.changes import Change, compare
from archive.warc.capture import Capture
from archive.warc.reader import Exchange, read_exchanges
from archive.warc.records import read_text
from archive.warc.renderings import is_rendering
from archive.warc.scan import MAX_BLOCK, Damage, Record, whole_records
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
    """Whether it was passed over, because its newest text was made with the same rules."""
    refusal: Refusal | None = None
    """Why the capture is no page to clean."""
    file: str | None = None
    """The text file it was written to."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The choice of which captures are cleaned again, and which of their texts are written."""

    everything: bool = False
    """Clean also captures whose text was made with the same rules."""
    changed_only: bool = False
    """Write only texts that differ from the one before."""
    dry_run: bool = False
    """Write nothing at all."""
    hosts: tuple[str, ...] = ()
    """Clean only pages of these hosts and their subdomains; where there are none, of all."""


EVERY_TEXT = Choice()


@dataclass(frozen=True, slots=True)
class _Work:
    """A capture before and after it is cleaned, or one that is not cleaned."""

    result: Recleaned
    """What is known so far."""
    stored: Stored | None = None
    capture: Capture | None = None
    """None where nothing is left to clean."""
    earlier: tuple[str, str, int] | None = None
    """The newest text so far: collection, file, offset."""
    article: Article | None = None


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
    the next run skips what has a text by these rules. A page without a text is cleaned only if `wanted(url)` is true.
    Raises ArchiveError where there is no such collection or it cannot be written.
    """
    collections(root, name)  # raises where there is none

    def run(catalog: Catalog) -> Generator[_Work]:
        works = _of(choice, _works(root, name, None if choice.everything else rules.version, wanted, catalog))
        task = partial(_clean, root=root, rules=rules)
        yield from work_many(task, works, lost=_lost, jobs=jobs, size=_size, seconds=PAGE_SECONDS)

    if choice.dry_run:
        with readable_catalog(root, name) as catalog, closing(run(catalog)) as works:
            yield from (work.result for work in works)
        return
    info = {"description": "texts cleaned again from the archive"}
    with (
        Collection(root, name, software=software, rules_version=rules.version, info=info) as collection,
        closing(run(collection.catalog)) as works,
    ):
        for work in works:
            yield replace(work.result, file=_store(collection, work, choice))


def _store(collection: Collection, work: _Work, choice: Choice) -> str | None:
    """Store a text, and return its file. An empty one is stored only if it replaces an earlier text."""
    change = work.result.change
    if change is None or work.stored is None or work.article is None:
        return None
    if choice.changed_only and change.kind == "unchanged":
        return None
    if change.kind == "empty" and (choice.changed_only or work.earlier is None):
        return None
    return collection.store_text(work.stored, work.article, again=choice.everything).file


def _clean(work: _Work, *, root: Path, rules: RuleSet) -> _Work:
    """Clean one capture, in any process. Raises nothing."""
    if work.capture is None:
        return work
    page = page_of(work.capture)
    if isinstance(page, Refusal):
        return _with_problem(work, f"{page.detail}: kept as it is")
    article = clean_page(page, rules)
    if article.failure:
        return _with_problem(work, f"cleaning failed ({article.failure}): please report the page")
    problem, before = "", None
    if work.earlier:
        try:
            before = read_text(root, *work.earlier)
        except ArchiveError as error:
            problem = f"its earlier text cannot be read, the new one is kept: {error}"
    result = replace(work.result, change=compare(before, article), problem=problem)
    # what the parent process does not need is not sent back to it
    return replace(work, result=result, capture=None, article=replace(article, blocks=()))


def _with_problem(work: _Work, problem: str) -> _Work:
    return replace(work, result=replace(work.result, problem=problem), capture=None)


def _lost(work: _Work, loss: LostError) -> _Work:
    return _with_problem(work, f"cleaning failed: {loss}: please report the page")


def _size(work: _Work) -> int:
    return len(work.capture.body) if work.capture else 0


def _of(choice: Choice, works: Iterator[_Work]) -> Iterator[_Work]:
    """Leave out the pages of other hosts. A place that cannot be read has no URL and stays."""
    for work in works:
        url = work.result.place.url
        if not choice.hosts or not url or any(belongs_to(url, host) for host in choice.hosts):
            yield work


def _works(
    root: Path, name: str, version: str | None, wanted: Callable[[str], bool], catalog: Catalog
) -> Iterator[_Work]:
    """Yield the captures of all files. `version`: the version of the rules whose texts are not made again."""
    for file in file_names(raw_folder(root, name), RAW_SUFFIX):
        damages: list[Damage] = []
        try:
            path = locate(raw_folder(root, name), file)
            for exchange in read_exchanges(path, items=_readable(path, damages)):
                yield from _problems(file, damages)
                record = exchange.record
                if record.kind != "response" and not is_rendering(record):
                    continue  # the page of a revisit has its own record
                if record.kind == "response" and catalog.is_rendered(record.record_id, record.uri):
                    continue  # its text is that of its rendering
                place = CapturePlace(file, record.offset, record.uri)
                if refusal := refusal_of(exchange.capture):
                    yield _Work(Recleaned(place, refusal=refusal))
                else:
                    work = _work(exchange, place, catalog, version)
                    if work.result.skipped or work.earlier or wanted(place.url):
                        yield work
            yield from _problems(file, damages)
        except ArchiveError as error:
            yield _Work(Recleaned(CapturePlace(file, 0, ""), problem=str(error)))


def _readable(path: Path, damages: list[Damage]) -> Iterator[Record]:
    """Yield the records of a file, and add what cannot be read to `damages`."""
    for item in whole_records(path, damages):
        if item.kind == "response" and item.block is None:
            damages.append(Damage(item.offset, item.length, f"a record of more than {MAX_BLOCK >> 20} MB"))
        else:
            yield item


def _problems(file: str, damages: list[Damage]) -> Iterator[_Work]:
    for damage in damages:
        reason = f"{damage.length} bytes cannot be read ({damage.reason}): run `pressclip archive verify`"
        yield _Work(Recleaned(CapturePlace(file, damage.offset, ""), problem=reason))
    damages.clear()


def _work(exchange: Exchange, place: CapturePlace, catalog: Catalog, version: str | None) -> _Work:
    record = exchange.record
    newest = catalog.article(record.record_id)
    if newest and newest.rules_version == version:
        return _Work(Recleaned(place, skipped=True))
    earlier = (newest.collection, newest.file, newest.offset) if newest else None
    digest = record.header("WARC-Payload-Digest") or ""
    stored = Stored(record.record_id, record.uri, place.file, record.offset, record.length, digest)
    return _Work(Recleaned(place), stored, replace(exchange.capture, request_head=b""), earlier)

"""Read the opt-outs of stored pages again, out of stored records alone: with today's vocabulary, without a fetch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from archive.catalog.catalog import Catalog, require_catalog
from archive.catalog.rows import CaptureRow
from archive.catalog.sealed import collections
from archive.collection import with_body
from archive.files.errors import ArchiveError
from archive.files.layout import CATALOG, RAW_SUFFIX, locate, raw_folder
from archive.files.lock import sharing
from archive.maintain.rebuild import file_names
from archive.readers.pages import PAGE_STATUSES
from archive.rereading.in_force import InForce, ReadRobots
from archive.rights.optouts import OptOuts
from archive.warc.capture import HTML, Capture
from archive.warc.reader import Exchange, read_exchanges
from archive.warc.scan import whole_records

BATCH = 200
"""Rows that are changed in one transaction: a crawl that writes meanwhile waits a few milliseconds."""


@dataclass(slots=True)
class Reread:
    """What reading again gave, so far."""

    pages: int = 0
    changed: int = 0
    """Pages of which something else is said now than was recorded, the date of the vocabulary aside."""
    gained: Counter[str] = field(default_factory=Counter)
    """For each kind of statement, the pages that have one now and had none."""
    lost: Counter[str] = field(default_factory=Counter)
    """For each kind of statement, the pages that had one and have none now."""
    problems: list[str] = field(default_factory=list)
    """What could not be read, one line each."""


def reread_rights(
    root: Path,
    read_robots: ReadRobots,
    *,
    collection: str | None = None,
    on_progress: Callable[[str], None] = lambda name: None,
) -> Reread:
    """Read the opt-outs of all stored pages again, and enter them in the catalog; WARC files are only read.

    What a page's own record says is read from it, and the rest from the records of robots.txt, tdmrep.json and licence
    files that were in force when it was fetched. `on_progress` gets each file's name. A file that cannot be read is
    told in `problems`. Raises ArchiveError where the catalog is missing or is being rebuilt.
    """
    result = Reread()
    require_catalog(root / CATALOG)
    with sharing(root), Catalog(root / CATALOG, create=True) as catalog:
        in_force = InForce(root, catalog, read_robots)
        for name in collections(root, collection):
            for file in file_names(raw_folder(root, name), RAW_SUFFIX):
                on_progress(file)
                try:
                    _reread_file(root, name, file, in_force, catalog, result)
                except ArchiveError as error:
                    result.problems.append(str(error))
    return result


def _reread_file(root: Path, collection: str, file: str, in_force: InForce, catalog: Catalog, result: Reread) -> None:
    query = "SELECT * FROM capture WHERE collection = ? AND file = ? ORDER BY offset"
    rows = {row.offset: row for row in catalog.capture_rows(query, collection, file)}
    known: dict[str, OptOuts] = {}
    changes: dict[str, OptOuts] = {}
    path = locate(raw_folder(root, collection), file)
    for exchange in read_exchanges(path, items=whole_records(path, [])):
        row = rows.get(exchange.record.offset)
        if row is None or not _is_page(row):
            continue
        before = OptOuts.parse(row.opt_outs)
        if row.is_rendering:
            opt_outs = _of_rendering(row, exchange.capture, known, catalog)
        else:
            opt_outs = _of_page(root, collection, row, exchange, in_force, before)
        if opt_outs is None:
            continue
        known[row.record_id] = opt_outs
        result.pages += 1
        if opt_outs != before:
            changes[row.record_id] = opt_outs
            _count(before or OptOuts(), opt_outs, result)
        if len(changes) >= BATCH:
            catalog.set_opt_outs(changes)
            changes.clear()
    catalog.set_opt_outs(changes)


def _is_page(row: CaptureRow) -> bool:
    # the crawl looked at it, or it may be a page that others archived
    return row.opt_outs is not None or (row.status in PAGE_STATUSES and row.content_type in HTML)


def _of_page(
    root: Path, collection: str, row: CaptureRow, exchange: Exchange, in_force: InForce, before: OptOuts | None
) -> OptOuts:
    capture = exchange.capture
    with suppress(ArchiveError):  # without the body that it refers to, its headers say what they say
        capture = with_body(root, collection, exchange) if capture.revisit else capture
    opt_outs = capture.stated(in_force.about(row.url, row.fetched, before))
    if before and opt_outs.robots is not None and opt_outs.robots == before.robots:
        opt_outs = replace(opt_outs, agents_date=before.agents_date or opt_outs.agents_date)
    return in_force.with_terms(row.url, row.fetched, opt_outs, before)


def _of_rendering(row: CaptureRow, capture: Capture, known: dict[str, OptOuts], catalog: Catalog) -> OptOuts | None:
    original = known.get(row.refers_to or "")
    if original is None:
        page = catalog.capture(row.refers_to or "")
        original = OptOuts.parse(page.opt_outs) if page else None
    return original and original.joined(capture.stated())


def _count(before: OptOuts, after: OptOuts, result: Reread) -> None:
    had, has = _kinds(before), _kinds(after)
    result.gained.update(has - had)
    result.lost.update(had - has)
    same = replace(after, seen=before.seen, vocabulary=before.vocabulary, agents_date=before.agents_date)
    result.changed += same != before


def _kinds(opt_outs: OptOuts) -> set[str]:
    """Return the kinds of statements that there are, as the dataset's column `opt_out` calls them."""
    return {signal.kind for signal in opt_outs.signals()}


def rights_of(catalog: Catalog) -> tuple[Counter[str], Counter[tuple[str, str]], int]:
    """Count the pages of a catalog by kind of statement, by use and answer, and all of which something is known."""
    kinds: Counter[str] = Counter()
    uses: Counter[tuple[str, str]] = Counter()
    pages = 0
    for row in catalog.query("SELECT opt_outs FROM capture WHERE opt_outs IS NOT NULL"):
        if (opt_outs := OptOuts.parse(row["opt_outs"])) is None:
            continue
        pages += 1
        kinds.update(_kinds(opt_outs))
        told = opt_outs.uses()
        uses.update(told.answers())
        uses.update((use, "contradictory") for use in told.contradictory)
    return kinds, uses, pages

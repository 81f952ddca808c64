"""Learning: from statistics to proposed rule files, one host at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from archive.catalog.catalog import Catalog
from archive.collection import read_capture
from archive.files.errors import ArchiveError
from archive.files.layout import CATALOG
from archive.site_rules.files import State, host_name, read_proposals, write_proposed
from archive.site_rules.store import CORPORA, Corpora, Counts, Statistics
from cleaners import RuleSet
from cleaners.learn import (
    MIN_PAGES,
    HashedPage,
    Occurrence,
    Proposal,
    Repeat,
    find_repeats,
    line_hash,
    page_occurrences,
    propose,
    text_occurrences,
)

SAMPLES = 50
"""Pages of a host that are read as they came, at most. One takes 15 ms where cleaning it took 40: of a host with 1,000
pages that is 2 % of what cleaning them took."""
SIGHTS = 6
"""On how many of them a line is looked at, where it stands on as many. On the planted hosts 3, 6, 10 and 50 propose the
same but for one rule of 110, and looking is a third of what learning costs."""


@dataclass(frozen=True, slots=True)
class Learned:
    """What a host's pages taught."""

    host: str
    pages: int
    different: int | None
    """Pages without near-duplicates; None where nothing came back."""
    proposals: tuple[Proposal, ...]
    """Not those that a person has judged already."""
    path: Path | None
    """The file with them; None where there are none."""


def learn(
    root: Path,
    rules: RuleSet,
    *,
    hosts: Sequence[str] = (),
    min_pages: int = MIN_PAGES,
    told: Callable[[str], None] = lambda problem: None,
    seen: Callable[[str], None] = lambda url: None,
) -> Iterator[Learned]:
    """Read what is new in the archive, then propose rules for each host, or for `hosts`; yield what each host taught
    when its file is written.

    A host with fewer than `min_pages` pages teaches nothing, and a line has to come back on as many. `told` gets one
    line a problem, `seen` each URL that is read. Raises ArchiveError where there is no catalog, or nothing can be
    written.
    """
    wanted = [host_name(host) for host in hosts]
    with ExitStack() as stack:
        catalog = stack.enter_context(_catalog(root))
        statistics = stack.enter_context(Statistics(root))
        _update(statistics, root, wanted or None, told, seen)
        corpora = stack.enter_context(Corpora(root)) if (root / CORPORA).is_file() else None
        desk = _Desk(root, rules, min_pages, statistics, corpora, catalog, told, seen)
        yield from desk.learn(wanted, asked=bool(hosts))


def learn_corpus(
    root: Path,
    files: Sequence[Path],
    rules: RuleSet,
    *,
    text_column: str = "text",
    hosts: Sequence[str] = (),
    min_pages: int = MIN_PAGES,
    counted: Callable[[Path, Counts], None] = lambda file, counts: None,
    told: Callable[[str], None] = lambda problem: None,
    seen: Callable[[str], None] = lambda url: None,
) -> Iterator[Learned]:
    """Read text corpora with the columns `url` and `text_column`, then propose rules for each host that they, or those
    that were read before, have texts of: as `learn`. `counted` is told what each file had.
    """
    with ExitStack() as stack:
        corpora = stack.enter_context(Corpora(root))
        for file in files:
            counted(file, corpora.add(file, rules, text_column, seen))
        wanted = [host_name(host) for host in hosts] or list(corpora.hosts())
        known = (root / CATALOG).is_file()
        catalog = stack.enter_context(Catalog(root / CATALOG)) if known else None
        statistics = stack.enter_context(Statistics(root)) if known else None
        if statistics:
            _update(statistics, root, wanted, told, seen)
        desk = _Desk(root, rules, min_pages, statistics, corpora, catalog, told, seen)
        yield from desk.learn(wanted, asked=bool(hosts))


@dataclass(frozen=True)
class _Desk:
    """What learning works with."""

    root: Path
    rules: RuleSet
    min_pages: int
    statistics: Statistics | None
    corpora: Corpora | None
    catalog: Catalog | None
    told: Callable[[str], None]
    seen: Callable[[str], None]

    def learn(self, hosts: Sequence[str], *, asked: bool) -> Iterator[Learned]:
        """Learn of each host in turn, of all where none is named; too few pages are told of those `asked` for."""
        counts = Counter[str]()
        for store in (self.statistics, self.corpora):
            counts.update(store.hosts() if store else {})
        for host in sorted(set(hosts) or counts):
            if counts[host] >= self.min_pages:
                yield self._host(host)
            elif asked:
                self.told(
                    f"{host}: {counts[host]} pages with text are too few: {self.min_pages} are needed, crawl more"
                )

    def _host(self, host: str) -> Learned:
        pages = self._pages(host)
        accepted, rejected = (self._texts("sites", host), self._texts("rejected", host))
        repeats = find_repeats(pages, min_pages=self.min_pages)
        open_ones = [repeat for repeat in repeats if repeat.line not in accepted | rejected]
        occurrences = self._occurrences(host, sample(pages, open_ones))
        proposals = []
        for proposal in propose(host, pages, open_ones, occurrences, self.rules, min_pages=self.min_pages):
            texts = set(map(line_hash, proposal.evidence.removes))
            # one text that has to stay is enough; one that a rule takes already is not
            if not texts & rejected and not texts <= accepted:
                proposals.append(proposal)
        path = write_proposed(self.root, host, proposals)
        different = repeats[0].of if repeats else None
        return Learned(host, len(pages), different, read_proposals(self.root, "proposed", host), path)

    def _texts(self, state: State, host: str) -> set[int]:
        """Return what the rules of a person's judgement were shown to remove."""
        return {line_hash(text) for known in read_proposals(self.root, state, host) for text in known.evidence.removes}

    def _pages(self, host: str) -> list[HashedPage]:
        own = self.statistics.pages(host) if self.statistics else []
        known = {page.url for page in own}
        return own + [page for page in self.corpora.pages(host) if page.url not in known] if self.corpora else own

    def _occurrences(self, host: str, pages: Sequence[HashedPage]) -> dict[str, list[Occurrence]]:
        captures = self.statistics.captures(host) if self.statistics else {}
        found = {}
        for page in pages:
            try:
                found[page.url] = self._look(page, captures.get(page.url))
                self.seen(page.url)
            except ArchiveError as error:
                self.told(f"{page.url}: not looked at: {error}")
        return found

    def _look(self, page: HashedPage, capture_id: str | None) -> list[Occurrence]:
        if capture_id is None:
            text = self.corpora.text(page.url) if self.corpora else None
            return text_occurrences(text or "", url=page.url)
        row = self.catalog.capture(capture_id) if self.catalog else None
        if row is None:
            raise ArchiveError("the catalog does not have its capture: run `pressclip archive rebuild`")
        capture = read_capture(self.root, row.collection, row.file, row.offset)
        return page_occurrences(capture.payload(), url=page.url, charset=capture.charset, page=page, rules=self.rules)


def _catalog(root: Path) -> Catalog:
    """Open the catalog before anything is made in the folder: it may be the wrong one."""
    path = root / CATALOG
    if not path.is_file() and (root / "collections").is_dir():
        raise ArchiveError(f"{path}: no catalog there: run `pressclip archive rebuild`")
    return Catalog(path)


def _update(
    statistics: Statistics,
    root: Path,
    hosts: Sequence[str] | None,
    told: Callable[[str], None],
    seen: Callable[[str], None],
) -> None:
    updated = statistics.update(seen, hosts=hosts)
    if updated.unreadable:
        told(f"{root}: {updated.unreadable} texts cannot be read: run `pressclip archive verify`")


def sample(pages: Sequence[HashedPage], repeats: Sequence[Repeat]) -> list[HashedPage]:
    """Return the pages to be looked at, of those that have what came back: each line on SIGHTS pages, where there is
    room for it. As many are looked at where little comes back: teasers differ from page to page. The choice depends
    on the order of `pages` alone."""
    lines: dict[str, list[int]] = {}
    for repeat in repeats:
        for url in repeat.pages:
            lines.setdefault(url, []).append(repeat.line)
    shown: Counter[int] = Counter()
    chosen: list[HashedPage] = []
    for page in pages:
        found = lines.get(page.url, ())
        if len(chosen) < SAMPLES and any(shown[line] < SIGHTS for line in found):
            chosen.append(page)
            shown.update(found)
    known = {page.url for page in chosen}
    others = (page for page in pages if page.url not in known)
    return chosen + list(islice(others, max(SIGHTS - len(chosen), 0)))

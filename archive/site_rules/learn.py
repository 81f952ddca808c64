"""Learn rules from an archive: read what is new, and write the file of proposed rules of each host."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from archive.catalog.catalog import Catalog
from archive.collection import read_capture
from archive.files.errors import ArchiveError
from archive.files.layout import CATALOG
from archive.site_rules.files import State, host_name, read_proposals, rules_host, write_proposed
from archive.site_rules.store import CORPORA, Corpora, CorpusText, Counts, Statistics
from cleaners import Evidence, LineRule, RuleSet, SiteRules
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
    propose_marked,
    text_occurrences,
)

SAMPLES = 50
"""The most stored pages of a host whose HTML is read. One takes 15 ms where cleaning it took 40: for a host with 1,000
pages that is 2 % of what cleaning them took."""
OCCURRENCES = 6
"""The number of pages on which the HTML around each line is read, if it is on as many. On the planted hosts 3, 6, 10
and 50 propose the same but for one rule of 110, and reading is a third of what learning costs."""

SURE = 0.8
NEARLY_EVERY = 0.8
"""A proposed rule applies although nobody has judged it where its probability is at least SURE, or where its text is on
this share of the host's texts. On the planted hosts no such rule takes a character of an article, from 5 to 50 texts a
host, and 75 % of the planted lines are found at 10 (`python -m benchmarks.rules --part learned`); without the second
condition it is 50 %, and of all proposals one of 110 is wrong, a step of recipes on 60 % of the texts."""
LEARNED = "learned/"
"""The beginning of the ids of such rules."""


@dataclass(frozen=True, slots=True)
class Learned:
    """What a host's pages taught."""

    host: str
    pages: int
    different: int | None
    """Pages without near-duplicates; None where no line came back."""
    proposals: tuple[Proposal, ...]
    """The proposed rules, without those that a person has judged already."""
    path: Path | None
    """The file with the proposed rules; None where there are none."""


def learn(
    root: Path,
    rules: RuleSet,
    *,
    hosts: Sequence[str] = (),
    min_pages: int = MIN_PAGES,
    on_problem: Callable[[str], None] = lambda problem: None,
    on_progress: Callable[[str], None] = lambda url: None,
) -> Iterator[Learned]:
    """Read what is new in the archive, propose rules for each host, or for `hosts`, and yield what each host taught.

    A host with fewer than `min_pages` pages teaches nothing, and a line has to come back on as many. `on_problem` gets
    a line for each problem, `on_progress` each URL that is read. Raises ArchiveError where there is no catalog, or a
    file cannot be written.
    """
    names = [host_name(host) for host in hosts]
    with ExitStack() as stack:
        # first the catalog, which must exist: nothing may be written into a folder that is no data root
        catalog = stack.enter_context(Catalog(root / CATALOG))
        statistics = stack.enter_context(Statistics(root))
        corpora = stack.enter_context(Corpora(root)) if (root / CORPORA).is_file() else None
        learner = _Learner(root, rules, min_pages, statistics, corpora, catalog, on_problem, on_progress)
        learner.update(names or None)
        yield from learner.learn(names, asked=bool(hosts))


def learn_corpus(
    root: Path,
    files: Sequence[Path],
    rules: RuleSet,
    *,
    text_column: str = "text",
    hosts: Sequence[str] = (),
    min_pages: int = MIN_PAGES,
    on_file: Callable[[Path, Counts], None] = lambda file, counts: None,
    on_problem: Callable[[str], None] = lambda problem: None,
    on_progress: Callable[[str], None] = lambda url: None,
) -> Iterator[Learned]:
    """Read text corpora with the columns `url` and `text_column`, then propose rules as `learn` does.

    That is for each host of these corpora and of those that were read before. `on_file` gets the counts of each file.
    """
    with ExitStack() as stack:
        corpora = stack.enter_context(Corpora(root))
        for file in files:
            on_file(file, corpora.add(file, rules, text_column, on_progress))
        names = [host_name(host) for host in hosts] or list(corpora.hosts())
        has_catalog = (root / CATALOG).is_file()
        catalog = stack.enter_context(Catalog(root / CATALOG)) if has_catalog else None
        statistics = stack.enter_context(Statistics(root)) if has_catalog else None
        learner = _Learner(root, rules, min_pages, statistics, corpora, catalog, on_problem, on_progress)
        learner.update(names)
        yield from learner.learn(names, asked=bool(hosts))


def learn_mark(root: Path, rules: RuleSet, url: str, line: str) -> Proposal | str:
    """Return the rule that a line of a page's newest text, marked as debris by a person, teaches about its host.

    Or in words why it teaches none. Reads what is new of the host, and writes no rule. Raises ArchiveError where there
    is no catalog.
    """
    host = rules_host(url)
    if not host:
        return "the page has no host that a rule could be for"
    with Catalog(root / CATALOG) as catalog, ExitStack() as stack:
        statistics = stack.enter_context(Statistics(root))
        corpora = stack.enter_context(Corpora(root)) if (root / CORPORA).is_file() else None
        learner = _Learner(root, rules, MIN_PAGES, statistics, corpora, catalog)
        learner.update([host])
        return learner.propose_marked(host, url, line)


@dataclass(frozen=True, slots=True)
class LearnedTexts:
    """What texts taught, in force for themselves."""

    rules: RuleSet
    """The rules that they were learned with, and the learned ones."""
    counts: Counts
    learned: tuple[int, ...]
    """How many rules each host taught, of those that taught one."""
    hosts: int
    """Hosts with enough texts to learn from."""


def learn_texts(
    texts: Iterable[CorpusText],
    rules: RuleSet,
    *,
    root: Path,
    jobs: int | None = 1,
    on_progress: Callable[[str], None] = lambda url: None,
) -> LearnedTexts:
    """Return `rules` with those that the texts teach about their hosts and that are sure (SURE, NEARLY_EVERY).

    They have ids such as `learned/news.example/sign-up-today`. What `root` has as rejected is not learned. The order of
    the texts does not matter. What is needed of them is kept in a file for the time of the call, hashes and packed
    texts; in memory are the hashes of one host at a time.
    """
    sites, digest = dict(rules.sites), hashlib.sha256()
    taught: list[int] = []
    with TemporaryDirectory(prefix="pressclip-") as folder, Corpora(Path(folder)) as corpora:
        counts = corpora.add_texts(texts, rules, on_progress, jobs=jobs)
        learner = _Learner(root, rules, MIN_PAGES, None, corpora, None)
        for host in (host for host, count in corpora.hosts().items() if count >= MIN_PAGES):
            _, _, proposals = learner.propose(host)
            sure = [one for one in proposals if _is_sure(one.evidence)]
            # from texts alone no rule about elements is learned; of a thousand hosts the evidence is half of the memory
            rules_of_host = (replace(one.rule(f"{LEARNED}{host}"), evidence=None) for one in sure)
            own = [rule for rule in rules_of_host if isinstance(rule, LineRule)]
            taught.append(len(own))
            if own:
                site = SiteRules(lines=tuple(own), inherit=True)
                sites[host] = sites[host].with_more(site) if host in sites else site
                digest.update("\n".join(f"{rule.id} {rule.whole} {rule.regex}" for rule in own).encode())
    version = f"{rules.version}+learned-{digest.hexdigest()[:10]}" if any(taught) else rules.version
    return LearnedTexts(replace(rules, sites=sites, version=version), counts, tuple(filter(None, taught)), len(taught))


def _is_sure(evidence: Evidence) -> bool:
    return evidence.probability >= SURE or evidence.share >= NEARLY_EVERY


@dataclass(frozen=True)
class _Learner:
    """Learns rules for one host after another."""

    root: Path
    rules: RuleSet
    min_pages: int
    statistics: Statistics | None
    corpora: Corpora | None
    catalog: Catalog | None
    on_problem: Callable[[str], None] = lambda problem: None
    on_progress: Callable[[str], None] = lambda url: None

    def update(self, hosts: Sequence[str] | None) -> None:
        """Read the new texts of the archive, of all hosts or of `hosts`."""
        updated = self.statistics.update(self.on_progress, hosts=hosts) if self.statistics else None
        if updated and updated.unreadable:
            self.on_problem(f"{self.root}: {updated.unreadable} texts cannot be read: run `pressclip archive verify`")

    def learn(self, hosts: Sequence[str], *, asked: bool) -> Iterator[Learned]:
        """Yield what each of `hosts`, or of all hosts, taught; report those `asked` for with too few pages."""
        counts = Counter[str]()
        for store in (self.statistics, self.corpora):
            counts.update(store.hosts() if store else {})
        for host in sorted(set(hosts) or counts):
            if counts[host] >= self.min_pages:
                yield self._host(host)
            elif asked:
                needed = f"{self.min_pages} are needed, crawl more"
                self.on_problem(f"{host}: {counts[host]} pages with text are too few: {needed}")

    def _host(self, host: str) -> Learned:
        pages, repeats, proposals = self.propose(host)
        path = write_proposed(self.root, host, proposals)
        written = read_proposals(self.root, "proposed", host)
        return Learned(host, len(pages), repeats[0].of if repeats else None, written, path)

    def propose(self, host: str) -> tuple[list[HashedPage], list[Repeat], list[Proposal]]:
        """Return the pages of a host, what comes back on them, and the rules that this teaches."""
        pages = self._pages(host)
        accepted, rejected = self._removed_lines("sites", host), self._removed_lines("rejected", host)
        repeats = find_repeats(pages, min_pages=self.min_pages)
        undecided = [repeat for repeat in repeats if repeat.line not in accepted | rejected]
        occurrences = self._occurrences(host, sample(pages, undecided))
        proposals = []
        for proposal in propose(host, pages, undecided, occurrences, self.rules, min_pages=self.min_pages):
            lines = set(map(line_hash, proposal.evidence.removes))
            # it must remove no line that has to stay, and at least one that no accepted rule removes
            if not lines & rejected and not lines <= accepted:
                proposals.append(proposal)
        return pages, repeats, proposals

    def propose_marked(self, host: str, url: str, line: str) -> Proposal | str:
        """Return the rule that a line of a page teaches, or why there is none."""
        pages = self._pages(host)
        repeats = find_repeats(pages, min_pages=self.min_pages)
        of_line = [repeat for repeat in repeats if repeat.line == line_hash(line)]
        own = [page for page in pages if page.url == url]
        # pages without the line, too: a rule is held against their text
        chosen = dict.fromkeys([*own, *sample(pages, of_line), *pages[:SAMPLES]])
        return propose_marked(host, pages, self._occurrences(host, list(chosen)), self.rules, url=url, line=line)

    def _removed_lines(self, state: State, host: str) -> set[int]:
        """Return the hashes of the lines that the rules in this state remove, by their evidence."""
        rules = read_proposals(self.root, state, host)
        return {line_hash(text) for rule in rules for text in rule.evidence.removes}

    def _pages(self, host: str) -> list[HashedPage]:
        own = self.statistics.pages(host) if self.statistics else []
        known = {page.url for page in own}
        return own + [page for page in self.corpora.pages(host) if page.url not in known] if self.corpora else own

    def _occurrences(self, host: str, pages: Sequence[HashedPage]) -> dict[str, list[Occurrence]]:
        captures = self.statistics.captures(host) if self.statistics else {}
        occurrences = {}
        for page in pages:
            try:
                occurrences[page.url] = self._occurrences_on(page, captures.get(page.url))
                self.on_progress(page.url)
            except ArchiveError as error:
                self.on_problem(f"{page.url}: not looked at: {error}")
        return occurrences

    def _occurrences_on(self, page: HashedPage, capture_id: str | None) -> list[Occurrence]:
        if capture_id is None:
            text = self.corpora.text(page.url) if self.corpora else None
            return text_occurrences(text or "", url=page.url)
        row = self.catalog.capture(capture_id) if self.catalog else None
        if row is None:
            raise ArchiveError("the catalog does not have its capture: run `pressclip archive rebuild`")
        capture = read_capture(self.root, row.collection, row.file, row.offset)
        return page_occurrences(capture.payload(), url=page.url, charset=capture.charset, page=page, rules=self.rules)


def sample(pages: Sequence[HashedPage], repeats: Sequence[Repeat]) -> list[HashedPage]:
    """Choose the pages whose HTML is read: OCCURRENCES for each line that came back, and SAMPLES at most."""
    # At least OCCURRENCES pages are chosen, since teasers differ from page to page. The choice depends only on the
    # order of `pages`.
    lines: dict[str, list[int]] = {}
    for repeat in repeats:
        for url in repeat.pages:
            lines.setdefault(url, []).append(repeat.line)
    shown: Counter[int] = Counter()
    chosen: list[HashedPage] = []
    for page in pages:
        of_page = lines.get(page.url, ())
        if len(chosen) < SAMPLES and any(shown[line] < OCCURRENCES for line in of_page):
            chosen.append(page)
            shown.update(of_page)
    known = {page.url for page in chosen}
    others = (page for page in pages if page.url not in known)
    return chosen + list(islice(others, max(OCCURRENCES - len(chosen), 0)))

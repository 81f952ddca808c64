"""Compare the kept lines of a host's pages: find the articles' own lines, and the elements that hold only debris."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, pairwise
from urllib.parse import urlsplit

from cleaners.learn.line_hashes import PROSE_SIZE, HashedPage, line_hash, size_of
from cleaners.learn.occurrences import Occurrence
from cleaners.learn.repeats import Repeat, collapse, find_repeats
from cleaners.rules.context import ends

FOREIGN = 0.02
"""A kind of element that holds at most this share of the articles' own lines is not part of the article."""

MOST = 0.8
"""A property of a line's occurrences counts as a fact when this share of them has it."""
HEADS = 0.4
"""A heading stands over text of the article at this share of its occurrences, and this share of that text differs."""
SEVERAL = 2
"""Elements of one kind hold a list that changes when they have this many lines on a page, and this many times as many
different lines on all pages."""
VARIED = 3
"""This many different texts under a heading are enough, however often it comes back: lists may begin with the same
few things."""
OWN = 0.3
"""Elements of one kind hold the articles' own text when this share of their lines is the articles' own."""
OTHERS = 0.02
"""The share of a boilerplate element's lines that may be neither debris by themselves, nor links, nor headlines of
other pages."""

FIGURE_LENGTH = 60
"""The most characters of a line that holds a figure of the article: `Serves 4, or 6 as a starter`."""
_NUMBER = re.compile(r"\d+")
_NAMED = re.compile(r"[.#]")

_APART_TAGS = frozenset(("aside", "footer", "nav", "form", "address", "figure", "figcaption"))
"""Elements that are not the text, whether or not they have a name."""


class HostLines:
    """The pages of a host and the occurrences of their lines, compared with each other."""

    def __init__(self, pages: Sequence[HashedPage], occurrences: Mapping[str, Sequence[Occurrence]]) -> None:
        """Leave out near-duplicate pages; *occurrences* are by URL."""
        self.pages = {page.url: page for page in collapse(pages)}
        self._addresses = {urlsplit(page.url).path for page in pages}
        self.occurrences = {url: list(occurrences[url]) for url in sorted(occurrences) if url in self.pages}
        self.times = Counter(line for page in self.pages.values() for line in set(page.lines))
        self._titled: dict[int, set[str]] = defaultdict(set)
        for page in self.pages.values():
            self._titled[page.title].add(page.url)
        self._disowned: frozenset[int] = frozenset()
        self._behind: dict[Occurrence, Occurrence] = {}
        self._before: dict[Occurrence, Occurrence] = {}
        self.by_line: dict[int, list[Occurrence]] = defaultdict(list)
        for on_page in self.occurrences.values():
            for occurrence in on_page:
                self.by_line[occurrence.line].append(occurrence)
            for before, behind in pairwise(on_page):
                self._behind[before], self._before[behind] = behind, before
        self._count()

    def disown(self, lines: Collection[int]) -> None:
        """Count lines as the site template's, although no other page has exactly the same line."""
        self._disowned = frozenset(lines)
        self._count()

    def _count(self) -> None:
        own = [occurrence for occurrence in self.every() if self.is_own(occurrence)]
        self._own_chains = Counter(occurrence.chain for occurrence in own)
        self._by_chain: dict[tuple[str, ...], list[Occurrence]] = defaultdict(list)
        for occurrence in self.every():
            self._by_chain[occurrence.chain].append(occurrence)
        self._own_steps = Counter(step for occurrence in own for step in set(occurrence.chain))
        self._own = len(own)

    def is_own(self, occurrence: Occurrence) -> bool:
        """Tell whether a line is its article's own: on no other page, no headline of another, no link."""
        is_repeated = self.times[occurrence.line] > 1 or occurrence.line in self._disowned
        return not (is_repeated or occurrence.linked or self.heads_another(occurrence))

    def heads_another(self, occurrence: Occurrence) -> bool:
        """Tell whether a line is the headline of another page of the host."""
        return bool(self._titled.get(occurrence.line, set()) - {occurrence.url}) and occurrence.line != 0

    def is_one_of_many(self, occurrence: Occurrence) -> bool:
        """Tell whether a line is one of a list that changes from page to page, such as the ingredients of recipes.

        Elements of the same kind then hold several lines on each page, different ones on other pages, and no prose.
        """
        alike = self._by_chain.get(occurrence.chain, []) if occurrence.chain else []
        lines = {other.line for other in alike}
        if not alike or any(size_of(line) == PROSE_SIZE for line in lines):
            return False
        lines_a_page = len(alike) / len({other.url for other in alike})
        return lines_a_page >= SEVERAL and len(lines) >= SEVERAL * lines_a_page

    def is_figure(self, occurrences: Sequence[Occurrence]) -> bool:
        """Tell whether a short line is a figure of the article: its number changes, and short lines are next to it.

        What a template counts stands alone, or is a link.
        """
        if not _are_figures(occurrences):
            return False
        in_lists = sum(occurrence.kind in ("list item", "table") for occurrence in occurrences)
        return max(in_lists, sum(map(self._is_among_short, occurrences))) >= 0.5 * len(occurrences)

    def is_beside_figures(self, occurrences: Sequence[Occurrence]) -> bool:
        """Tell whether a short line is next to figures of the article, in elements of the same kind."""
        return _are_short(occurrences) and 0.5 * len(occurrences) <= sum(
            near.chain == occurrence.chain and _are_figures(self.by_line[near.line])
            for occurrence in occurrences
            for near in self._neighbours(occurrence)
        )

    def _is_among_short(self, occurrence: Occurrence) -> bool:
        return any(
            _are_short([near])
            and near.kind != "heading"
            and ((near.chain == occurrence.chain and bool(near.chain)) or _NUMBER.search(near.text) is not None)
            for near in self._neighbours(occurrence)
        )

    def _neighbours(self, occurrence: Occurrence) -> Iterator[Occurrence]:
        """Yield the lines before and behind a line on its page."""
        yield from filter(None, (self._before.get(occurrence), self._behind.get(occurrence)))

    def is_headline(self, text: str) -> bool:
        """Tell whether a text is the headline of a page of the host."""
        return bool(text) and line_hash(text) in self._titled

    def own_share(self, occurrence: Occurrence) -> float:
        """Return the share of the lines in elements of the same kind that are their articles' own."""
        alike = self._by_chain.get(occurrence.chain)
        return self._own_chains[occurrence.chain] / len(alike) if alike else 0.0

    def stands_apart(self, occurrence: Occurrence) -> bool:
        """Tell whether a line is in an element of a kind that hardly ever holds articles' own lines."""
        return any(self.is_foreign(step) for step in occurrence.chain)

    def shared_apart(self, occurrences: Sequence[Occurrence]) -> list[str]:
        """Return the elements that hold most of the occurrences, and hardly ever articles' own lines."""
        # a heading's own element has the names of all headings
        chains = (each.chain[:-1] if each.kind == "heading" else each.chain for each in occurrences)
        steps = Counter(step for chain in chains for step in dict.fromkeys(chain))
        return [step for step, count in steps.items() if count >= MOST * len(occurrences) and self.is_foreign(step)]

    def is_own_page(self, target: str) -> bool:
        """Tell whether a link goes to a page of the site that is no article of the archive."""
        return target.startswith("/") and len(target) > 1 and target not in self._addresses

    def heads_debris(self, occurrence: Occurrence, debris: Collection[int]) -> bool:
        """Tell whether a line stands right over debris, or over what rules removed."""
        behind = self._behind.get(occurrence)
        return occurrence.heads_removed or (behind is not None and behind.line in debris)

    def is_headed_by(self, occurrence: Occurrence, debris: Collection[int]) -> bool:
        """Tell whether a line stands right under a heading that is debris."""
        before = self._before.get(occurrence)
        return before is not None and before.line in debris and before.kind == "heading"

    def head_own(self, occurrences: Sequence[Occurrence]) -> bool:
        """Tell whether a line heads the article's text: different text each time, in the element that holds it."""
        under = [
            behind.line
            for occurrence in occurrences
            if (behind := self._behind.get(occurrence)) is not None
            and not (behind.linked or self.heads_another(behind))
            and (
                not self.stands_apart(occurrence) or behind.chain[: len(occurrence.chain) - 1] == occurrence.chain[:-1]
            )
        ]
        return len(under) >= HEADS * len(occurrences) and len(set(under)) >= min(HEADS * len(under), VARIED)

    def elements_around(self, occurrence: Occurrence) -> Iterator[BoilerplateElement]:
        """Yield the named elements around a line, from the innermost, each with all kept lines in elements like it."""
        for step in reversed(occurrence.chain):
            if _NAMED.search(step):
                like = (other for other in self.every() if any(fits(step, one) for one in other.chain))
                yield BoilerplateElement(step, tuple(like))

    def is_foreign(self, step: str) -> bool:
        """Tell whether articles' own lines hardly ever stand in elements of that kind."""
        has_name = _NAMED.search(step) or step in _APART_TAGS
        return bool(has_name) and self._own_steps[step] <= FOREIGN * self._own

    def as_one(self, name: str, lines: Collection[int], min_pages: int) -> Repeat | None:
        """Return the repeat that *lines* would be as one line called *name*, on the pages with occurrences."""
        merged = line_hash(name)
        pages = [
            replace(page, lines=tuple(merged if line in lines else line for line in page.lines), edges=frozenset())
            for url, page in self.pages.items()
            if url in self.occurrences
        ]
        return next((repeat for repeat in find_repeats(pages, min_pages=min_pages) if repeat.line == merged), None)

    def every(self) -> Iterator[Occurrence]:
        """Yield all occurrences, page by page."""
        return chain.from_iterable(self.occurrences.values())


def _are_short(occurrences: Sequence[Occurrence]) -> bool:
    return all(
        len(each.text) <= FIGURE_LENGTH and not each.linked and (each.kind == "list item" or not ends(each.text))
        for each in occurrences
    )


def _are_figures(occurrences: Sequence[Occurrence]) -> bool:
    """Tell whether the lines are short and hold different numbers."""
    numbers = [tuple(_NUMBER.findall(occurrence.text)) for occurrence in occurrences]
    pages = {occurrence.url for occurrence in occurrences}
    return _are_short(occurrences) and all(numbers) and len(set(numbers)) >= min(VARIED, len(pages))


@dataclass(frozen=True, slots=True)
class BoilerplateElement:
    """A kind of element that holds only debris, which may differ from page to page: teasers, offers, notices."""

    selector: str
    occurrences: tuple[Occurrence, ...]
    """The kept lines in it."""

    @property
    def lines(self) -> frozenset[int]:
        """Hashes of its lines."""
        return frozenset(occurrence.line for occurrence in self.occurrences)


def find_boilerplate_elements(
    host_lines: HostLines, debris: set[int], covered: set[int], min_pages: int
) -> list[BoilerplateElement]:
    """Return the elements that hold only *debris*, links and other pages' headlines, on at least *min_pages* pages.

    Leaves out elements whose lines are all *covered* by line rules.
    """

    def is_debris(occurrence: Occurrence) -> bool:
        return occurrence.line in debris or occurrence.linked or host_lines.heads_another(occurrence)

    within: dict[str, list[Occurrence]] = defaultdict(list)
    for occurrence in host_lines.every():
        for step in dict.fromkeys(occurrence.chain):
            if _NAMED.search(step):
                within[step].append(occurrence)
    names = {step: _names(step) for step in within}
    elements = []
    for selector, wanted in names.items():
        # a selector fits elements with more names, too
        fitting = [step for step, known in names.items() if known[0] == wanted[0] and set(wanted) <= set(known)]
        occurrences = tuple(dict.fromkeys(occurrence for step in fitting for occurrence in within[step]))
        pages = {occurrence.url for occurrence in occurrences}
        others = len(occurrences) - sum(map(is_debris, occurrences))
        if len(pages) >= min_pages and others <= OTHERS * len(occurrences):
            elements.append(BoilerplateElement(selector, occurrences))
    return list(_largest(elements, covered))


def fits(selector: str, step: str) -> bool:
    """Tell whether an element's selector fits another element, which may have more names.

    >>> fits("div.more", "div.more.wide"), fits("div.more", "ul.more")
    (True, False)
    """
    wanted, names = _names(selector), _names(step)
    return wanted[0] == names[0] and set(wanted) <= set(names)


def _names(step: str) -> list[str]:
    return re.split(r"(?=[.#])", step)


def _largest(elements: Sequence[BoilerplateElement], covered: set[int]) -> Iterator[BoilerplateElement]:
    """Yield the elements with most lines, of equal ones the innermost, until each line is in one."""
    done: set[Occurrence] = set()
    for element in sorted(elements, key=lambda each: (-len(each.occurrences), -_depth(each), each.selector)):
        left = (occurrence for occurrence in element.occurrences if occurrence not in done)
        if any(occurrence.line not in covered for occurrence in left) and len(element.lines) > 1:
            done.update(element.occurrences)
            yield element


def _depth(element: BoilerplateElement) -> int:
    return max(
        n
        for occurrence in element.occurrences
        for n, step in enumerate(occurrence.chain)
        if fits(element.selector, step)
    )

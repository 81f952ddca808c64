"""Compare the kept lines of a host's pages: which ones are the articles' own, and which elements hold only debris."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from urllib.parse import urlsplit

from cleaners.learn.line_hashes import PROSE_SIZE, HashedPage, line_hash, size_of
from cleaners.learn.occurrences import Occurrence
from cleaners.learn.repeats import Repeat, collapse, find_repeats
from cleaners.rules.context import ends

FOREIGN = 0.02
"""An element of a kind that holds at most that share of the articles' own lines is not one of the article's."""

MOST = 0.8
"""A property of a line's occurrences counts as a fact when that share of them has it."""
HEADS = 0.4
"""A heading stands over text of the article at that share of its occurrences; and as much of that text must differ."""
SEVERAL = 2
"""An element of one kind holds a list of changing things when it has so many lines on a page, and so many times as many
different lines on all pages."""
VARIED = 3
"""So many different texts under a heading are enough, however often it comes back: lists may begin with the same few
things."""
OWN = 0.3
"""An element of one kind holds the articles' own text when that share of its lines is their own."""
OTHERS = 0.02
"""A boilerplate element may hold that share of lines that are neither debris by themselves, nor links, nor headlines of
other pages."""

FIGURE_LENGTH = 60
"""Characters of a line that holds a figure of the article, at most: `Serves 4, or 6 as a starter`."""
_NUMBER = re.compile(r"\d+")
_NAMED = re.compile(r"[.#]")

_APART_TAGS = frozenset(("aside", "footer", "nav", "form", "address", "figure", "figcaption"))
"""Elements that are not the text, whether or not they have a name."""


class HostLines:
    """The pages of a host and the occurrences of their lines, with what they tell about each other."""

    def __init__(self, pages: Sequence[HashedPage], occurrences: Mapping[str, Sequence[Occurrence]]) -> None:
        """Leave out near-duplicate pages; `occurrences` are by page."""
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
        for of_page in self.occurrences.values():
            for occurrence, behind in zip_longest(of_page, of_page[1:]):
                self.by_line[occurrence.line].append(occurrence)
                if behind is not None:
                    self._behind[occurrence] = behind
                    self._before[behind] = occurrence
        self._count()

    def disown(self, lines: Collection[int]) -> None:
        """Count lines as the template's, though no other page has exactly the same line."""
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
        line = occurrence.line
        return (
            self.times[line] <= 1
            and not occurrence.linked
            and line not in self._disowned
            and not self.heads_another(occurrence)
        )

    def heads_another(self, occurrence: Occurrence) -> bool:
        """Tell whether a line is the headline of another page of the host."""
        return bool(self._titled.get(occurrence.line, set()) - {occurrence.url}) and occurrence.line != 0

    def is_one_of_many(self, occurrence: Occurrence) -> bool:
        """Tell whether a line is one of a list that changes from page to page, such as the ingredients of recipes.

        Several lines then stand in elements of one kind on each page, and others on other pages; none of them is prose.
        """
        alike = self._by_chain.get(occurrence.chain, []) if occurrence.chain else []
        lines = {one.line for one in alike}
        if not alike or any(size_of(line) == PROSE_SIZE for line in lines):
            return False
        a_page = len(alike) / len({one.url for one in alike})
        return a_page >= SEVERAL and len(lines) >= SEVERAL * a_page

    def is_figure(self, occurrences: Sequence[Occurrence]) -> bool:
        """Tell whether a short line is a figure of the article: its number differs from page to page, and it stands
        among other short lines. What a template counts stands alone, or is a link."""
        if not _are_figures(occurrences):
            return False
        in_lists = sum(one.kind in ("list item", "table") for one in occurrences)
        return max(in_lists, sum(map(self._is_among_short, occurrences))) >= 0.5 * len(occurrences)

    def is_beside_figures(self, occurrences: Sequence[Occurrence]) -> bool:
        """Tell whether a short line stands beside such figures, in elements of the same kind."""
        return _are_short(occurrences) and 0.5 * len(occurrences) <= sum(
            near.chain == one.chain and _are_figures(self.by_line[near.line])
            for one in occurrences
            for near in (self._before.get(one), self._behind.get(one))
            if near is not None
        )

    def _is_among_short(self, occurrence: Occurrence) -> bool:
        return any(
            near is not None
            and _are_short([near])
            and near.kind != "heading"
            and ((near.chain == occurrence.chain and bool(near.chain)) or _NUMBER.search(near.text) is not None)
            for near in (self._before.get(occurrence), self._behind.get(occurrence))
        )

    def is_headline(self, text: str) -> bool:
        """Tell whether a text is the headline of a page of the host."""
        return bool(text) and line_hash(text) in self._titled

    def own_share(self, occurrence: Occurrence) -> float:
        """Return which share of the lines in elements of the same kind is their articles' own."""
        alike = self._by_chain.get(occurrence.chain)
        return self._own_chains[occurrence.chain] / len(alike) if alike else 0.0

    def stands_apart(self, occurrence: Occurrence) -> bool:
        """Tell whether one of its elements is of a kind that hardly ever holds articles' own lines."""
        return any(self.is_foreign(step) for step in occurrence.chain)

    def shared_apart(self, occurrences: Sequence[Occurrence]) -> list[str]:
        """Return the elements that hold most of the occurrences, and hardly ever articles' own lines."""
        # a heading's own names are those of all headings
        chains = (one.chain[:-1] if one.kind == "heading" else one.chain for one in occurrences)
        steps = Counter(step for chain in chains for step in dict.fromkeys(chain))
        return [step for step, count in steps.items() if count >= MOST * len(occurrences) and self.is_foreign(step)]

    def is_own_page(self, target: str) -> bool:
        """Tell whether a link goes to a page of the site that is no article of the archive."""
        return target.startswith("/") and len(target) > 1 and target not in self._addresses

    def heads_debris(self, occurrence: Occurrence, debris: Collection[int]) -> bool:
        """Tell whether a line stands right over debris, or over what rules removed."""
        behind = self._behind.get(occurrence)
        return occurrence.head_of_taken or (behind is not None and behind.line in debris)

    def is_headed_by(self, occurrence: Occurrence, debris: Collection[int]) -> bool:
        """Tell whether a line stands right under a heading that is debris."""
        before = self._before.get(occurrence)
        return before is not None and before.line in debris and before.kind == "heading"

    def head_own(self, occurrences: Sequence[Occurrence]) -> bool:
        """Tell whether a line stands over the article's text as headings do: over different text each time, and in the
        element that holds that text."""
        behind = [(one, after) for one in occurrences if (after := self._behind.get(one)) is not None]
        under = [
            after.line
            for one, after in behind
            if not after.linked
            and not self.heads_another(after)
            and (not self.stands_apart(one) or after.chain[: len(one.chain) - 1] == one.chain[:-1])
        ]
        return len(under) >= HEADS * len(occurrences) and len(set(under)) >= min(HEADS * len(under), VARIED)

    def is_foreign(self, step: str) -> bool:
        """Tell whether articles' own lines hardly ever stand in elements of that kind."""
        if not _NAMED.search(step) and step not in _APART_TAGS:
            return False
        return self._own_steps[step] <= FOREIGN * self._own

    def as_one(self, name: str, lines: Collection[int], min_pages: int) -> Repeat | None:
        """Return the repeat that several lines would be if they were one line called `name`.

        Only the pages with occurrences count.
        """
        one = line_hash(name)
        pages = [
            replace(page, lines=tuple(one if line in lines else line for line in page.lines), edges=frozenset())
            for url, page in self.pages.items()
            if url in self.occurrences
        ]
        return next((repeat for repeat in find_repeats(pages, min_pages=min_pages) if repeat.line == one), None)

    def every(self) -> Iterable[Occurrence]:
        """Yield all occurrences, by page."""
        for of_page in self.occurrences.values():
            yield from of_page


def _are_short(occurrences: Sequence[Occurrence]) -> bool:
    return all(
        len(one.text) <= FIGURE_LENGTH and not one.linked and (one.kind == "list item" or not ends(one.text))
        for one in occurrences
    )


def _are_figures(occurrences: Sequence[Occurrence]) -> bool:
    """Tell whether the lines are short and hold numbers, of which there are several."""
    numbers = [tuple(_NUMBER.findall(one.text)) for one in occurrences]
    pages = {one.url for one in occurrences}
    return _are_short(occurrences) and all(numbers) and len(set(numbers)) >= min(VARIED, len(pages))


@dataclass(frozen=True, slots=True)
class BoilerplateElement:
    """A kind of element that holds nothing but debris, which may differ from page to page: teasers, offers, notices."""

    selector: str
    occurrences: tuple[Occurrence, ...]
    """The kept lines in it."""

    @property
    def lines(self) -> frozenset[int]:
        """Hashes of its lines."""
        return frozenset(one.line for one in self.occurrences)


def find_boilerplate_elements(
    host_lines: HostLines, debris: set[int], covered: set[int], min_pages: int
) -> list[BoilerplateElement]:
    """Return the elements that hold only `debris`, links and other pages' headlines, on at least `min_pages` pages.

    Elements all of whose lines are `covered` by line rules are left out.
    """
    within: dict[str, list[Occurrence]] = defaultdict(list)
    for occurrence in host_lines.every():
        for step in dict.fromkeys(occurrence.chain):
            if _NAMED.search(step):
                within[step].append(occurrence)
    names = {step: _names(step) for step in within}
    elements = []
    for selector, wanted in names.items():
        # all elements that the selector fits, those with more names too
        fitting = [step for step, known in names.items() if known[0] == wanted[0] and set(wanted) <= set(known)]
        occurrences = list(dict.fromkeys(occurrence for step in fitting for occurrence in within[step]))
        others = sum(not _is_debris(one, host_lines, debris) for one in occurrences)
        if len({one.url for one in occurrences}) >= min_pages and others <= OTHERS * len(occurrences):
            elements.append(BoilerplateElement(selector, tuple(occurrences)))
    return list(_largest(elements, covered))


def _names(step: str) -> list[str]:
    return re.split(r"(?=[.#])", step)


def _is_debris(occurrence: Occurrence, host_lines: HostLines, debris: set[int]) -> bool:
    return occurrence.line in debris or occurrence.linked or host_lines.heads_another(occurrence)


def _largest(elements: Sequence[BoilerplateElement], covered: set[int]) -> Iterator[BoilerplateElement]:
    """Yield the elements with most lines, of equal ones the innermost, until each line is in one."""
    done: set[Occurrence] = set()
    for element in sorted(elements, key=lambda one: (-len(one.occurrences), -_depth(one), one.selector)):
        left = [occurrence for occurrence in element.occurrences if occurrence not in done]
        if any(occurrence.line not in covered for occurrence in left) and len(element.lines) > 1:
            done.update(element.occurrences)
            yield element


def _depth(element: BoilerplateElement) -> int:
    names = set(_names(element.selector))
    return max(
        n for occurrence in element.occurrences for n, step in enumerate(occurrence.chain) if names <= set(_names(step))
    )

"""What the lines of a host are among each other: which are its articles' own, and which elements hold those."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from urllib.parse import urlsplit

from cleaners.learn.fingerprints import PROSE_SIZE, SeenPage, fingerprint, size_of
from cleaners.learn.occurrences import Sight
from cleaners.learn.repeats import Repeat, collapse, find_repeats
from cleaners.rules.context import ends

FOREIGN = 0.02
"""Share of the articles' own lines that may stand in an element of a kind that is taken for one of its own."""

MOST = 0.8
"""Share of a line's sights that makes a fact of what is seen."""
HEADS = 0.4
"""Share of its places where a heading must stand over text of the article; and how much of that text must differ."""
SEVERAL = 2
"""Lines of one kind of element on a page, and how many times as many on all pages, from which it holds a list of things
that differ from page to page."""
VARIED = 3
"""Texts under a heading that make it one, however often it comes back: lists may begin with the same few things."""
OWN = 0.3
"""Share of the lines of one kind of element from which it holds the articles' own text."""

FIGURE_LENGTH = 60
"""Characters of a line that holds a figure of the article: `Serves 4, or 6 as a starter`."""
_NUMBER = re.compile(r"\d+")

_APART_TAGS = frozenset(("aside", "footer", "nav", "form", "address", "figure", "figcaption"))
"""Elements that say without a name that they are not the text."""


class Company:
    """A host's pages and sights, and what is known of them together."""

    def __init__(self, pages: Sequence[SeenPage], sights: Mapping[str, Sequence[Sight]]) -> None:
        """`sights` by page; those of pages that are near-duplicates are left out."""
        self.pages = {page.url: page for page in collapse(pages)}
        self._addresses = {urlsplit(page.url).path for page in pages}
        self.sights = {url: list(sights[url]) for url in sorted(sights) if url in self.pages}
        self.times = Counter(line for page in self.pages.values() for line in set(page.lines))
        self._titled: dict[int, set[str]] = defaultdict(set)
        for page in self.pages.values():
            self._titled[page.title].add(page.url)
        self._disowned: frozenset[int] = frozenset()
        self._behind: dict[Sight, Sight] = {}
        self._before: dict[Sight, Sight] = {}
        self.by_line: dict[int, list[Sight]] = defaultdict(list)
        for one in self.sights.values():
            for sight, behind in zip_longest(one, one[1:]):
                self.by_line[sight.fingerprint].append(sight)
                if behind is not None:
                    self._behind[sight] = behind
                    self._before[behind] = sight
        self._count()

    def disown(self, lines: Collection[int]) -> None:
        """Take lines for a template's which no other page has to the letter."""
        self._disowned = frozenset(lines)
        self._count()

    def _count(self) -> None:
        own = [sight for sight in self.every() if self.is_own(sight)]
        self._own_chains = Counter(sight.chain for sight in own)
        self._kinds: dict[tuple[str, ...], list[Sight]] = defaultdict(list)
        for sight in self.every():
            self._kinds[sight.chain].append(sight)
        self._own_steps = Counter(step for sight in own for step in set(sight.chain))
        self._own = len(own)

    def is_own(self, sight: Sight) -> bool:
        """Tell whether a line is one of its page's article alone: on no other page, no headline of one, no link."""
        line = sight.fingerprint
        return (
            self.times[line] <= 1 and not sight.linked and line not in self._disowned and not self.heads_another(sight)
        )

    def heads_another(self, sight: Sight) -> bool:
        """Tell whether a line is the headline of another page of the host."""
        return bool(self._titled.get(sight.fingerprint, set()) - {sight.url}) and sight.fingerprint != 0

    def is_one_of_many(self, sight: Sight) -> bool:
        """Tell whether several lines stand as this one does on each page, and others on other pages: the ingredients of
        recipes, which come back, too. What holds prose is no such place."""
        kind = self._kinds.get(sight.chain, []) if sight.chain else []
        lines = {one.fingerprint for one in kind}
        if not kind or any(size_of(line) == PROSE_SIZE for line in lines):
            return False
        a_page = len(kind) / len({one.url for one in kind})
        return a_page >= SEVERAL and len(lines) >= SEVERAL * a_page

    def is_figure(self, sights: Sequence[Sight]) -> bool:
        """Tell whether short lines hold a number that differs from page to page, each among other short lines: the
        facts of an article. What a template counts stands alone, or is a link."""
        if not _are_figures(sights):
            return False
        lists = sum(sight.kind in ("list item", "table") for sight in sights)
        return max(lists, sum(map(self._is_among_short, sights))) >= 0.5 * len(sights)

    def is_beside_figures(self, sights: Sequence[Sight]) -> bool:
        """Tell whether short lines stand beside such figures, in elements of the same kind."""
        return _are_short(sights) and 0.5 * len(sights) <= sum(
            near.chain == sight.chain and _are_figures(self.by_line[near.fingerprint])
            for sight in sights
            for near in (self._before.get(sight), self._behind.get(sight))
            if near is not None
        )

    def _is_among_short(self, sight: Sight) -> bool:
        return any(
            near is not None
            and _are_short([near])
            and near.kind != "heading"
            and ((near.chain == sight.chain and bool(near.chain)) or _NUMBER.search(near.text) is not None)
            for near in (self._before.get(sight), self._behind.get(sight))
        )

    def is_headline(self, text: str) -> bool:
        """Tell whether a text is the headline of a page of the host."""
        return bool(text) and fingerprint(text) in self._titled

    def own_share(self, sight: Sight) -> float:
        """Return which share of the lines that stand as this one does are their articles' own."""
        kind = self._kinds.get(sight.chain)
        return self._own_chains[sight.chain] / len(kind) if kind else 0.0

    def stands_apart(self, sight: Sight) -> bool:
        """Tell whether it stands in an element, told by its names, in which articles' own lines hardly ever do."""
        return any(self.is_foreign(step) for step in sight.chain)

    def shared_apart(self, sights: Sequence[Sight]) -> list[str]:
        """Return the elements in which most of some sights stand, and articles' own lines hardly ever."""
        # a heading's own names are those of all headings
        chains = (sight.chain[:-1] if sight.kind == "heading" else sight.chain for sight in sights)
        steps = Counter(step for chain in chains for step in dict.fromkeys(chain))
        return [step for step, count in steps.items() if count >= MOST * len(sights) and self.is_foreign(step)]

    def is_own_page(self, target: str) -> bool:
        """Tell whether a link goes to a page of the site that is no article of the archive."""
        return target.startswith("/") and len(target) > 1 and target not in self._addresses

    def heads_debris(self, sight: Sight, debris: Collection[int]) -> bool:
        """Tell whether a line stands right over debris, or over what rules took."""
        behind = self._behind.get(sight)
        return sight.head_of_taken or (behind is not None and behind.fingerprint in debris)

    def is_headed_by(self, sight: Sight, debris: Collection[int]) -> bool:
        """Tell whether a line stands right under a heading that is debris."""
        before = self._before.get(sight)
        return before is not None and before.fingerprint in debris and before.kind == "heading"

    def head_own(self, sights: Sequence[Sight]) -> bool:
        """Tell whether a line stands over the article's text, as a heading of it does: over other text each time, and
        in the element that holds that text."""
        behind = [(sight, after) for sight in sights if (after := self._behind.get(sight)) is not None]
        under = [
            after.fingerprint
            for sight, after in behind
            if not after.linked
            and not self.heads_another(after)
            and (not self.stands_apart(sight) or after.chain[: len(sight.chain) - 1] == sight.chain[:-1])
        ]
        return len(under) >= HEADS * len(sights) and len(set(under)) >= min(HEADS * len(under), VARIED)

    def is_foreign(self, step: str) -> bool:
        """Tell whether articles' own lines hardly ever stand in such an element."""
        if not re.search(r"[.#]", step) and step not in _APART_TAGS:
            return False
        return self._own_steps[step] <= FOREIGN * self._own

    def as_one(self, name: str, lines: Collection[int], min_pages: int) -> Repeat | None:
        """Return what the places of several lines tell, as if they were one; of the pages that sights show."""
        one = fingerprint(name)
        pages = [
            replace(page, lines=tuple(one if line in lines else line for line in page.lines), edges=frozenset())
            for url, page in self.pages.items()
            if url in self.sights
        ]
        return next((repeat for repeat in find_repeats(pages, min_pages=min_pages) if repeat.fingerprint == one), None)

    def every(self) -> Iterable[Sight]:
        """Yield all sights, by page."""
        for found in self.sights.values():
            yield from found


def _are_short(sights: Sequence[Sight]) -> bool:
    return all(
        len(sight.text) <= FIGURE_LENGTH and not sight.linked and (sight.kind == "list item" or not ends(sight.text))
        for sight in sights
    )


def _are_figures(sights: Sequence[Sight]) -> bool:
    """Tell whether short lines hold numbers of which there are several."""
    numbers = [tuple(_NUMBER.findall(sight.text)) for sight in sights]
    return _are_short(sights) and all(numbers) and len(set(numbers)) >= min(VARIED, len({one.url for one in sights}))


OTHERS = 0.02
"""Share of an element's lines that may be something else than debris by itself: lines judged so, links, headlines of
other pages."""


@dataclass(frozen=True, slots=True)
class Box:
    """A kind of element and the kept lines in it."""

    selector: str
    sights: tuple[Sight, ...]

    @property
    def lines(self) -> frozenset[int]:
        """Fingerprints of its lines."""
        return frozenset(sight.fingerprint for sight in self.sights)


def find_boxes(company: Company, debris: set[int], covered: set[int], min_pages: int) -> list[Box]:
    """Return the elements that hold `debris` and links only, on enough pages, and some that no line rule covers."""
    within: dict[str, list[Sight]] = defaultdict(list)
    for sight in company.every():
        for step in dict.fromkeys(sight.chain):
            if re.search(r"[.#]", step):
                within[step].append(sight)
    names = {step: _names(step) for step in within}
    boxes = []
    for selector, wanted in names.items():
        # all elements that the selector fits, those with more names too
        fitting = [step for step, known in names.items() if known[0] == wanted[0] and set(wanted) <= set(known)]
        sights = list(dict.fromkeys(sight for step in fitting for sight in within[step]))
        others = sum(not _is_debris(sight, company, debris) for sight in sights)
        if len({sight.url for sight in sights}) >= min_pages and others <= OTHERS * len(sights):
            boxes.append(Box(selector, tuple(sights)))
    return list(_largest(boxes, covered))


def _names(step: str) -> list[str]:
    return re.split(r"(?=[.#])", step)


def _is_debris(sight: Sight, company: Company, debris: set[int]) -> bool:
    return sight.fingerprint in debris or sight.linked or company.heads_another(sight)


def _largest(boxes: Sequence[Box], covered: set[int]) -> Iterator[Box]:
    """Yield the boxes with most lines, of equal ones the innermost, until each line is in one."""
    done: set[Sight] = set()
    for box in sorted(boxes, key=lambda box: (-len(box.sights), -_depth(box), box.selector)):
        left = [sight for sight in box.sights if sight not in done]
        if any(sight.fingerprint not in covered for sight in left) and len(box.lines) > 1:
            done.update(box.sights)
            yield box


def _depth(box: Box) -> int:
    names = _names(box.selector)
    return max(n for sight in box.sights for n, step in enumerate(sight.chain) if set(names) <= set(_names(step)))

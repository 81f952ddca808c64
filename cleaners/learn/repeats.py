"""Find the lines that come back on several pages of a host, and measure where in the text they are.

Pages of one article (updates, mirrors, copies) count once, because all their lines would seem to be the template's.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from cleaners.learn.line_hashes import PROSE_SIZE, HashedPage, hash_page, size_of

SAME = 0.5
"""Two pages are one article when they share this much of the smaller page's long lines."""
SAME_ALL = 0.85
"""Two pages are also one article when they share this much with the template's lines counted: a page that has little
else has no article of its own."""
TEMPLATE = 0.7
FEWEST = 5
"""A line on more than this share of a host's pages, if it has at least FEWEST, is the template's: it does not make two
pages one article."""

_LINE_WEIGHTS = (0, 0, 1, 3)
"""By a line's size: short lines tell nothing about an article, a sentence of prose tells more than six words."""


def collapse(pages: Sequence[HashedPage]) -> list[HashedPage]:
    """Return the page with the most lines for each article, sorted by URL; the order of `pages` does not matter."""
    pages = sorted({page.url: page for page in sorted(pages, key=_rank)}.values(), key=lambda page: page.url)
    weights = [{line: weight for line in page.lines if (weight := _LINE_WEIGHTS[size_of(line)])} for page in pages]
    frequent = Counter(line for page in weights for line in page)
    template = {n for n, times in frequent.items() if len(pages) >= FEWEST and times > TEMPLATE * len(pages)}
    heads = list(range(len(pages)))
    for first, second in sorted(set(_pairs(weights))):
        if _are_one(weights[first], weights[second], template):
            head, other = sorted((_head(heads, first), _head(heads, second)))
            heads[other] = head
    articles: dict[int, HashedPage] = {}
    for n, page in enumerate(pages):
        head = _head(heads, n)
        articles[head] = min(articles.get(head, page), page, key=_rank)
    return sorted(articles.values(), key=lambda page: page.url)


def are_one_text(first: str, second: str) -> bool:
    """Tell whether two texts are of one article, as a version for phones or for print is: equal, or with most of the
    smaller one's long lines in both."""
    weights = [
        {line: weight for line in hash_page("", "", "", text, ()).lines if (weight := _LINE_WEIGHTS[size_of(line)])}
        for text in (first, second)
    ]
    return first == second or _shared(*weights) >= SAME_ALL


def _rank(page: HashedPage) -> tuple[int, str, str]:
    return -len(page.lines), page.url, page.fetched


def _pairs(weights: Sequence[Mapping[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield which pages to compare: of the pages that share a line, each with the one before it and with the first.

    That finds all copies of an article in linear time.
    """
    sharing: dict[int, list[int]] = defaultdict(list)
    for n, page in enumerate(weights):
        for line in page:
            sharing[line].append(n)
    for having in sharing.values():
        yield from pairwise(having)
        yield from ((having[0], n) for n in having[2:])


def _are_one(first: Mapping[int, int], second: Mapping[int, int], template: set[int]) -> bool:
    if _shared(first, second) >= SAME_ALL:
        return True
    if first.keys() & second.keys() <= template:
        return False
    own, other = ({line: page[line] for line in page.keys() - template} for page in (first, second))
    return _shared(own, other) >= SAME


def _shared(first: Mapping[int, int], second: Mapping[int, int]) -> float:
    """Return the share of the smaller page's weight that both have."""
    smaller = min(sum(first.values()), sum(second.values()))
    return sum(first[line] for line in first.keys() & second.keys()) / smaller if smaller else 0.0


def _head(heads: list[int], n: int) -> int:
    while heads[n] != n:
        heads[n] = n = heads[heads[n]]
    return n


MIN_PAGES = 3
"""A line is judged when it comes back on this many pages: on two pages, too many lines come back by chance."""

DOUBT = 1.0
"""Standard deviations by which the true share may be smaller than the measured one: 5 of 10 may be 35 %, and 25 of
50 may be 43 %."""
WHOLE = 2
"""For a last line of at least this size, pages where rules removed it count as well; a shorter one may be anything."""
LASTING = 8
"""On at least this many pages, the time between the first and the last page counts; on fewer, it may be chance."""


@dataclass(frozen=True, slots=True)
class Repeat:
    """A line, or a sentence at the edge of lines, that came back on several pages."""

    line: int
    is_sentence: bool
    """It is the first or last sentence of different lines, not a line."""
    pages: tuple[str, ...]
    """URLs of the pages that have it, without near-duplicates."""
    of: int
    """How many pages the host has, without near-duplicates."""
    period: int
    """How many of these were captured between the first and the last page that has it."""
    times: int
    """How many times it stands on all its pages together."""
    head: float
    tail: float
    """The share of its pages where it is before the first, or after the last, line of prose that no other page has."""
    steady: float
    """The share of its pages where it has the same distance from the text's beginning, or from its end."""
    opens: float
    """The share of its pages where the next line is on no other page, like the line below a heading."""
    removed_on: int
    """How many pages of the host rules removed this line from, in any place."""
    headline: bool
    """It is the headline of another page of the host."""

    @property
    def share(self) -> float:
        """The share of the host's pages that have it."""
        return len(self.pages) / self.of if self.of else 0.0

    @property
    def lasting(self) -> float:
        """Its share of the pages captured while the line was in use: when a template changes, its lines go."""
        count, of = self._span()
        return count / of if of else 0.0

    @property
    def surely(self) -> float:
        """Lower bound of `lasting` (Wilson's interval with DOUBT): few pages prove less."""
        share, of = self.lasting, self._span()[1]
        doubt = DOUBT**2 / max(of, 1)
        return (share + doubt / 2 - math.sqrt(doubt * (share * (1 - share) + doubt / 4))) / (1 + doubt)

    def _span(self) -> tuple[int, int]:
        """Return how many pages have it, of how many; if rules removed it on most pages, those count as well."""
        count = len(self.pages)
        last = self.position == "tail" and size_of(self.line) >= WHOLE
        with_removed = min(count + self.removed_on, self.of) if last else 0
        having = with_removed if with_removed >= 0.5 * self.of else count
        lasts = count >= LASTING and count >= 0.5 * self.period
        return (count, self.period) if lasts and count * self.of > having * self.period else (having, self.of)

    @property
    def position(self) -> Literal["head", "body", "tail"]:
        """The part of the text that it is in on most pages."""
        if self.head >= 0.5:
            return "head"
        return "tail" if self.tail >= 0.5 else "body"


@dataclass(slots=True)
class _Positions:
    """The pages that have a line, and where in their texts it is."""

    pages: list[HashedPage] = field(default_factory=list)
    times: int = 0
    head: int = 0
    tail: int = 0
    opens: int = 0
    starts: Counter[int] = field(default_factory=Counter)
    ends: Counter[int] = field(default_factory=Counter)


def find_repeats(pages: Sequence[HashedPage], *, min_pages: int = MIN_PAGES) -> list[Repeat]:
    """Return what is on at least `min_pages` pages, the most frequent first; near-duplicates count once."""
    articles = collapse(pages)
    times = Counter(line for page in articles for line in set(page.lines))
    days = sorted(page.fetched for page in articles)
    often = {line for line, count in times.items() if count >= min_pages}
    titles = Counter(page.title for page in articles if page.title)
    removed = Counter(line for page in articles for line in page.removed.difference(page.lines) if line in often)
    positions = {line: _Positions() for line in often}
    for page in articles:
        _record_positions(page, positions, times, titles)
    repeats = [_repeat(line, where, days, removed[line], line in titles) for line, where in positions.items()]
    repeats += _edge_sentences(articles, days, min_pages)
    return sorted(repeats, key=lambda repeat: (-len(repeat.pages), repeat.is_sentence, repeat.line))


def _record_positions(
    page: HashedPage, positions: dict[int, _Positions], times: Counter[int], titles: Collection[int]
) -> None:
    lines = page.lines
    own = [n for n, line in enumerate(lines) if times[line] == 1 and size_of(line) == PROSE_SIZE]
    first, last = (own[0], own[-1]) if own else (len(lines), -1)
    recorded: set[int] = set()
    for n, line in enumerate(lines):
        if (where := positions.get(line)) is None:
            continue
        where.times += 1
        if line in recorded:
            continue
        recorded.add(line)
        where.pages.append(page)
        where.head += n < first
        where.tail += n > last and n >= first
        behind = lines[n + 1] if n + 1 < len(lines) else 0
        where.opens += bool(behind) and times[behind] == 1 and behind not in titles
        where.starts[n] += 1
        where.ends[len(lines) - n] += 1


def _repeat(line: int, where: _Positions, days: Sequence[str], removed_on: int, headline: bool) -> Repeat:
    count = len(where.pages)
    return Repeat(
        line,
        False,
        tuple(page.url for page in where.pages),
        len(days),
        _period(where.pages, days),
        where.times,
        where.head / count,
        where.tail / count,
        max(*where.starts.values(), *where.ends.values()) / count,
        where.opens / count,
        removed_on,
        headline and any(page.title != line for page in where.pages),
    )


def _period(pages: Sequence[HashedPage], days: Sequence[str]) -> int:
    """Count the host's pages that were captured between the first and the last of these pages."""
    own = [page.fetched for page in pages]
    return bisect_right(days, max(own)) - bisect_left(days, min(own))


def _edge_sentences(articles: Sequence[HashedPage], days: Sequence[str], min_pages: int) -> list[Repeat]:
    having: dict[int, list[HashedPage]] = defaultdict(list)
    for page in articles:
        for sentence in page.edges:
            having[sentence].append(page)
    return [
        Repeat(
            *(sentence, True, tuple(page.url for page in pages), len(articles), _period(pages, days), len(pages)),
            *(0.0, 0.0, 0.0, 0.0, 0, False),
        )
        for sentence, pages in having.items()
        if len(pages) >= min_pages
    ]

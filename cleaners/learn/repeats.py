"""Pages of a host that are one article: updates, mirrors and copies, which look like a template where each is
counted."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from cleaners.learn.fingerprints import PROSE_SIZE, SeenPage, size_of

SAME = 0.5
"""Share of the smaller page's long lines that both have, from which two pages are one article."""
SAME_ALL = 0.85
"""The same, with those lines counted that stand on most pages of the host: a page that has little else has no article
of its own."""
TEMPLATE = 0.7
FEWEST = 5
"""Share of a host's pages, and number of pages, from which a line is the template's and tells nothing about two
pages."""

_WEIGHTS = (0, 0, 1, 3)
"""By size: short lines say nothing of an article, a sentence of prose says more than a line of six words."""


def collapse(pages: Sequence[SeenPage]) -> list[SeenPage]:
    """Return one page for each article, by address: that with the most lines. The order of `pages` does not matter."""
    pages = sorted({page.url: page for page in sorted(pages, key=_rank)}.values(), key=lambda page: page.url)
    weights = [{line: weight for line in page.lines if (weight := _WEIGHTS[size_of(line)])} for page in pages]
    frequent = Counter(line for page in weights for line in page)
    template = {n for n, times in frequent.items() if len(pages) >= FEWEST and times > TEMPLATE * len(pages)}
    heads = list(range(len(pages)))
    for first, second in sorted(set(_pairs(weights))):
        if _are_one(weights[first], weights[second], template):
            _join(heads, first, second)
    articles: dict[int, SeenPage] = {}
    for n, page in enumerate(pages):
        head = _head(heads, n)
        articles[head] = min(articles.get(head, page), page, key=_rank)
    return sorted(articles.values(), key=lambda page: page.url)


def _rank(page: SeenPage) -> tuple[int, str, str]:
    return -len(page.lines), page.url, page.fetched


def _pairs(weights: Sequence[Mapping[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield the pages to compare: of those that share a line each with the one before and with the first, which finds
    all copies of an article and takes time in the number of lines, not in its square."""
    sharing: dict[int, list[int]] = defaultdict(list)
    for n, page in enumerate(weights):
        for line in page:
            sharing[line].append(n)
    for having in sharing.values():
        yield from pairwise(having)
        yield from ((having[0], n) for n in having[2:])


def _are_one(first: Mapping[int, int], second: Mapping[int, int], template: set[int]) -> bool:
    shared = first.keys() & second.keys()
    if _share(shared, first, second) >= SAME_ALL:
        return True
    own = shared - template
    return bool(own) and _share(own, _without(first, template), _without(second, template)) >= SAME


def _share(shared: set[int], first: Mapping[int, int], second: Mapping[int, int]) -> float:
    smaller = min(sum(first.values()), sum(second.values()))
    return sum(first[line] for line in shared) / smaller if smaller else 0.0


def _without(page: Mapping[int, int], template: set[int]) -> dict[int, int]:
    return {line: weight for line, weight in page.items() if line not in template}


def _head(heads: list[int], n: int) -> int:
    while heads[n] != n:
        heads[n] = n = heads[heads[n]]
    return n


def _join(heads: list[int], first: int, second: int) -> None:
    one, other = sorted((_head(heads, first), _head(heads, second)))
    heads[other] = one


MIN_PAGES = 3
"""Pages on which a line must come back before it is judged: of those that come back on two, too many are chance."""

DOUBT = 1.0
"""Standard deviations that a share may be smaller than what was seen of it: 5 of 10 may be 35 %, 25 of 50 43 %."""
WHOLE = 2
"""Size of a last line from which the pages where rules took it count, too: shorter ones may be anything there."""
LASTING = 8
"""Pages from which the time between the first and the last of them says something; of fewer, it may be chance."""


@dataclass(frozen=True, slots=True)
class Repeat:
    """A line, or a sentence at the edge of lines, that came back."""

    fingerprint: int
    part: bool
    """It is the first or last sentence of lines that differ."""
    pages: tuple[str, ...]
    """Addresses of the pages that have it, near-duplicates counted once."""
    of: int
    """Pages of the host, near-duplicates counted once."""
    period: int
    """Of these, those captured between the first and the last that has it."""
    times: int
    """How often it stands on all its pages together."""
    head: float
    tail: float
    """Share of its pages where it stands before the first, or behind the last line of prose that no other page has."""
    steady: float
    """Share of its pages where it stands equally far from the text's beginning, or from its end."""
    opens: float
    """Share of its pages where the line behind it stands on no other page, as what follows a heading does."""
    taken: int
    """Pages of the host where rules took this very line, wherever it stood."""
    headline: bool
    """It is the headline of another page of the host."""

    @property
    def share(self) -> float:
        """Share of the host's pages that have it."""
        return len(self.pages) / self.of if self.of else 0.0

    @property
    def lasting(self) -> float:
        """Share of the pages that have it while it lasted: templates change, and take their lines with them."""
        count, of = self._span()
        return count / of if of else 0.0

    @property
    def surely(self) -> float:
        """What `lasting` is at least, as far as so few pages can tell: the lower bound after Wilson, with DOUBT."""
        share, of = self.lasting, self._span()[1]
        doubt = DOUBT**2 / max(of, 1)
        return (share + doubt / 2 - math.sqrt(doubt * (share * (1 - share) + doubt / 4))) / (1 + doubt)

    def _span(self) -> tuple[int, int]:
        """Return how many pages have it, and of how many; where rules took it on most, those are counted, too."""
        count = len(self.pages)
        last = self.position == "tail" and size_of(self.fingerprint) >= WHOLE
        both = min(count + self.taken, self.of) if last else 0
        found = both if both >= 0.5 * self.of else count
        lasts = count >= LASTING and count >= 0.5 * self.period
        return (count, self.period) if lasts and count * self.of > found * self.period else (found, self.of)

    @property
    def position(self) -> Literal["head", "body", "tail"]:
        """Where most of it stands."""
        if self.head >= 0.5:
            return "head"
        return "tail" if self.tail >= 0.5 else "body"


@dataclass(slots=True)
class _Places:
    """Where one line stands on the pages."""

    pages: list[SeenPage] = field(default_factory=list)
    times: int = 0
    head: int = 0
    tail: int = 0
    opens: int = 0
    starts: Counter[int] = field(default_factory=Counter)
    ends: Counter[int] = field(default_factory=Counter)


def find_repeats(pages: Sequence[SeenPage], *, min_pages: int = MIN_PAGES) -> list[Repeat]:
    """Return what comes back on at least `min_pages` pages, near-duplicates counted once: the most frequent first."""
    articles = collapse(pages)
    times = Counter(line for page in articles for line in set(page.lines))
    days = sorted(page.fetched for page in articles)
    often = {line for line, count in times.items() if count >= min_pages}
    titles = Counter(page.title for page in articles if page.title)
    taken = Counter(line for page in articles for line in page.taken.difference(page.lines) if line in often)
    places = {line: _Places() for line in often}
    for page in articles:
        _note(page, places, times, titles)
    repeats = [_repeat(line, found, days, taken[line], line in titles) for line, found in places.items()]
    repeats += _parts(articles, days, min_pages)
    return sorted(repeats, key=lambda repeat: (-len(repeat.pages), repeat.part, repeat.fingerprint))


def _note(page: SeenPage, places: dict[int, _Places], times: Counter[int], titles: Iterable[int]) -> None:
    lines = page.lines
    own = [n for n, line in enumerate(lines) if times[line] == 1 and size_of(line) == PROSE_SIZE]
    first, last = (own[0], own[-1]) if own else (len(lines), -1)
    seen: set[int] = set()
    for n, line in enumerate(lines):
        if (found := places.get(line)) is None:
            continue
        found.times += 1
        if line in seen:
            continue
        seen.add(line)
        found.pages.append(page)
        found.head += n < first
        found.tail += n > last and n >= first
        behind = lines[n + 1] if n + 1 < len(lines) else 0
        found.opens += bool(behind) and times[behind] == 1 and behind not in titles
        found.starts[n] += 1
        found.ends[len(lines) - n] += 1


def _repeat(line: int, found: _Places, days: Sequence[str], taken: int, headline: bool) -> Repeat:
    count = len(found.pages)
    return Repeat(
        line,
        False,
        tuple(page.url for page in found.pages),
        len(days),
        _period(found.pages, days),
        found.times,
        found.head / count,
        found.tail / count,
        max(*found.starts.values(), *found.ends.values()) / count,
        found.opens / count,
        taken,
        headline and any(page.title != line for page in found.pages),
    )


def _period(pages: Sequence[SeenPage], days: Sequence[str]) -> int:
    """Return how many of the host's pages are from the time of these."""
    own = [page.fetched for page in pages]
    return bisect_right(days, max(own)) - bisect_left(days, min(own))


def _parts(articles: Sequence[SeenPage], days: Sequence[str], min_pages: int) -> list[Repeat]:
    having: dict[int, list[SeenPage]] = defaultdict(list)
    for page in articles:
        for part in page.edges:
            having[part].append(page)
    return [
        Repeat(
            part,
            True,
            tuple(page.url for page in pages),
            len(articles),
            _period(pages, days),
            len(pages),
            *(0.0, 0.0, 0.0, 0.0),
            0,
            False,
        )
        for part, pages in having.items()
        if len(pages) >= min_pages
    ]

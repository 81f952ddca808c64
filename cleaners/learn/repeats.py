"""Lines that come back on several pages of a host, and what their places tell about them."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from cleaners.learn.fingerprints import PROSE_SIZE, size_of
from cleaners.learn.near_duplicates import collapse
from cleaners.learn.types import SeenPage

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

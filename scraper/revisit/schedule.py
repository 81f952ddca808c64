"""When what is due: a source's next reading, an article's next look, a failure's next try. No clock and no state.

Times are epoch seconds, intervals seconds. What is copied from Media Cloud's rss-fetcher and CC-NEWS says so;
research/crawling.md §2.3 has their figures.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from scraper.frontier import EARLY
from scraper.outcomes import RETRIED, is_transient

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0

FIRST = HOUR
"""A source's first interval where its seed says none: four new entries an hour are below what a feed holds (10 to 50).
Media Cloud begins with 6 h and CC-NEWS with 12 h, both without telling readers of conditional requests."""
LEAST, MOST = 10 * MINUTE, DAY
"""Bounds of the interval without `every`: Media Cloud's least, and a day, after which a feed may have lost entries."""
STRETCH = 4
"""With `every` that is the least interval, and the most is so many times it: who writes 1h expects to wait hours, not
a day, for the first article after a silent night."""
STEP = 0.5
"""Of the first interval: what one reading changes. Linear as Media Cloud's: one silent reading is not a trend."""
MANY_SEEN, FEW_SEEN = 0.67, 0.33
"""Media Cloud's bounds: from the one on a source is read less often, below the other more often."""
SOFT = 0.5
"""Of a step, for failures that pass by themselves: Media Cloud counts them half (404, 429, 5xx, name not resolved)."""
GONE = frozenset({"http_404", "http_410"})
GONE_FIRST, GONE_MOST = DAY, 30 * DAY
"""A source that is not found is asked a day later, then after twice as long each time. CC-NEWS waits 60 days; Media
Cloud found that active feeds "DO return 404 and come back to life", so the first day is short and none is dropped."""


LOOKS = (timedelta(hours=1), timedelta(days=1), timedelta(days=7))
"""After an article was found: corrections come within the hour and the day, the last look is for the record."""
RETRY = HOUR
"""After so long, times the tries so far, an article that failed for a passing reason is tried again."""
RETRY_REFUSED = DAY
"""What robots.txt or the address guard refused: CC-NEWS and Google read robots.txt once a day."""
RETRY_REFUSED_FOR = 7 * DAY


@dataclass(frozen=True, slots=True)
class Bounds:
    """The intervals between which a source's own moves."""

    first: float
    least: float
    most: float

    @property
    def step(self) -> float:
        """What one reading changes."""
        return self.first * STEP


def bounds(every: timedelta | None) -> Bounds:
    """Return the bounds for a seed's `every`."""
    if every is None:
        return Bounds(FIRST, LEAST, MOST)
    first = max(every.total_seconds(), MINUTE)
    return Bounds(first, first, first * STRETCH)


def after_reading(every: float | None, seen: float | None, limits: Bounds) -> float:
    """Return a source's interval after a reading, *every* being the one before and *seen* the share of known entries.

    The first reading, of which all is new, says nothing about the pace (*every* None), nor does one after long failing.

    >>> [after_reading(HOUR, seen, bounds(None)) for seen in (1.0, 0.5, 0.0)]
    [5400.0, 3600.0, 1800.0]
    """
    if every is None or every > limits.most:
        return limits.first
    share = 1.0 if seen is None else seen
    step = limits.step if share >= MANY_SEEN else -limits.step if share < FEW_SEEN else 0.0
    return _within(every + step, limits)


def after_failure(every: float | None, status: str, before: str | None, limits: Bounds) -> float:
    """Return a source's interval after a reading that ended with *status*, *before* being the status before it."""
    now = limits.first if every is None else every
    if status in GONE:
        return min(now * 2, GONE_MOST) if before in GONE else GONE_FIRST
    if now > limits.most:
        now = limits.first
    return _within(now + limits.step * (SOFT if is_transient(status) else 1.0), limits)


def due(at: float, interval: float, url: str) -> float:
    """Return when *url* is due, *interval* after *at* and a little early by its hash."""
    least, most = EARLY
    return at + interval * (1.0 - least - (most - least) * _share(url))


def next_look(found: float, published: float | None, now: float, looks: Sequence[timedelta], url: str) -> float | None:
    """Return when an article is looked at again, None where no look is left or it was old when it was *found*.

    A look that would come too soon after now, because this one came late, is passed over.
    """
    offsets = sorted(look.total_seconds() for look in looks)
    if not offsets or (published is not None and found - published > offsets[-1]):
        return None
    times = ((due(found, offset, url), offset) for offset in offsets)
    return next((time for time, offset in times if time - now >= offset / 2), None)


def next_try(found: float, now: float, status: str, attempts: int, most: int, url: str) -> float | None:
    """Return when an article that ended with *status* is tried again by itself, None where it is not."""
    if status in RETRIED:
        return due(now, RETRY_REFUSED, url) if now - found < RETRY_REFUSED_FOR else None
    return due(now, RETRY * attempts, url) if is_transient(status) and attempts < most else None


def is_whole_turn(before: float | None, now: float, url: str) -> bool:
    """Tell whether a source last asked at *before* is to be asked without conditions: at the first reading of a day.

    The day begins at another moment for each URL. A server that keeps an ETag over changes is found out so.
    """
    start = _share(url) * DAY
    return before is None or (before + start) // DAY != (now + start) // DAY


def _within(interval: float, limits: Bounds) -> float:
    return min(max(interval, limits.least), limits.most)


def _share(url: str) -> float:
    """Return a number from 0 to 1 that is the same for a URL in every run and machine."""
    return int.from_bytes(hashlib.sha256(url.encode("utf-8", "replace")).digest()[:4]) / 2**32

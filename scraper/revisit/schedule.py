"""When URLs are due: a source's next reading, an article's next look, a failure's next try. Pure functions.

Times are epoch seconds, intervals seconds. Comments name what comes from Media Cloud's rss-fetcher and from CC-NEWS.
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
"""A source's first interval where its seed gives none: what comes in an hour fits in a feed (10 to 50 entries).
Media Cloud begins with 6 h and CC-NEWS with 12 h, both without telling readers of conditional requests."""
LEAST, MOST = 10 * MINUTE, DAY
"""Bounds of the interval without `every`: Media Cloud's least, and a day, after which a feed may have lost entries."""
STRETCH = 4
"""With `every` the least interval is that, and the longest is so many times as long: whoever writes 1h expects to wait
hours, not a day, for the first article after a silent night."""
STEP = 0.5
"""Share of the first interval by which one reading changes a source's interval. Linear as in Media Cloud: one reading
without news is not a trend."""
MANY_SEEN, FEW_SEEN = 0.67, 0.33
"""Shares of known entries from which a source is read less often, and below which more often, as in Media Cloud."""
SOFT = 0.5
"""Share of a step for failures that pass by themselves: Media Cloud counts them half (404, 429, 5xx, unknown name)."""
GONE = frozenset({"http_404", "http_410"})
GONE_FIRST, GONE_MOST = DAY, 30 * DAY
"""A source that is gone is requested a day later, then after twice as long each time. CC-NEWS waits 60 days; Media
Cloud saw that active feeds "DO return 404 and come back to life", so it waits a day and drops none."""


LOOKS = (timedelta(hours=1), timedelta(days=1), timedelta(days=7))
"""Looks at an article after it was found: corrections come within an hour or a day, the last look is for the record."""
RETRY = HOUR
"""Wait before an article with a failure that may pass is tried again, times the attempts so far."""
RETRY_REFUSED = DAY
"""Wait after a refusal by robots.txt or the address guard: CC-NEWS and Google read robots.txt once a day."""
RETRY_REFUSED_FOR = 7 * DAY


@dataclass(frozen=True, slots=True)
class Bounds:
    """The bounds of a source's interval."""

    first: float
    least: float
    most: float

    @property
    def step(self) -> float:
        """By how much one reading changes the interval."""
        return self.first * STEP


def bounds(every: timedelta | None) -> Bounds:
    """Return the bounds for a seed's `every`."""
    if every is None:
        return Bounds(FIRST, LEAST, MOST)
    first = max(every.total_seconds(), MINUTE)
    return Bounds(first, first, first * STRETCH)


def after_reading(every: float | None, known_share: float | None, limits: Bounds) -> float:
    """Return a source's interval after a reading: *every* is the one before, *known_share* the share of known entries.

    The first reading (*every* None) tells nothing about the pace, since all entries are new; nor does one after many
    failures.

    >>> [after_reading(HOUR, share, bounds(None)) for share in (1.0, 0.5, 0.0)]
    [5400.0, 3600.0, 1800.0]
    """
    if every is None or every > limits.most:
        return limits.first
    share = 1.0 if known_share is None else known_share
    step = limits.step if share >= MANY_SEEN else -limits.step if share < FEW_SEEN else 0.0
    return _within(every + step, limits)


def after_failure(every: float | None, status: str, before: str | None, limits: Bounds) -> float:
    """Return a source's interval after a failure with *status*; *before* is its status before that."""
    now = limits.first if every is None else every
    if status in GONE:
        return min(now * 2, GONE_MOST) if before in GONE else GONE_FIRST
    if now > limits.most:
        now = limits.first
    return _within(now + limits.step * (SOFT if is_transient(status) else 1.0), limits)


def due(at: float, interval: float, url: str) -> float:
    """Return when *url* is due: *interval* after *at*, and a little early by its hash."""
    least, most = EARLY
    return at + interval * (1.0 - least - (most - least) * _share(url))


def next_look(found: float, published: float | None, now: float, looks: Sequence[timedelta], url: str) -> float | None:
    """Return when an article is requested again, None where no look is left or it was old when it was *found*.

    A look that would come too soon after now, because this one was late, is skipped.
    """
    offsets = sorted(look.total_seconds() for look in looks)
    if not offsets or (published is not None and found - published > offsets[-1]):
        return None
    times = ((due(found, offset, url), offset) for offset in offsets)
    return next((time for time, offset in times if time - now >= offset / 2), None)


def next_try(found: float, now: float, status: str, attempts: int, most: int, url: str) -> float | None:
    """Return when an article with *status* is tried again by itself, None where it is not."""
    if status in RETRIED:
        return due(now, RETRY_REFUSED, url) if now - found < RETRY_REFUSED_FOR else None
    return due(now, RETRY * attempts, url) if is_transient(status) and attempts < most else None


def is_whole_turn(before: float | None, now: float, url: str) -> bool:
    """Tell whether a source last read at *before* is read whole, without conditions: at the first reading of a day.

    Each URL's day begins at another time. So a server that keeps its ETag over changes is noticed.
    """
    start = _share(url) * DAY
    return before is None or (before + start) // DAY != (now + start) // DAY


def _within(interval: float, limits: Bounds) -> float:
    return min(max(interval, limits.least), limits.most)


def _share(url: str) -> float:
    """Return a number from 0 to 1 that is the same for a URL in every run and on every machine."""
    return int.from_bytes(hashlib.sha256(url.encode("utf-8", "replace")).digest()[:4]) / 2**32

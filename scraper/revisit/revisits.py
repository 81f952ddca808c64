"""Compare each fetch with the one before, and compute when a URL is due again.

A source has a next reading, an article a next look, a failure a next try. Times are epoch seconds, intervals seconds.
Notes name what comes from Media Cloud's rss-fetcher and from CC-NEWS.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta

from archive import Capture, Collection, Stored, text_sha256
from cleaners import Article
from scraper.frontier import EARLY, MAX_ATTEMPTS, Kind, Row, Visit
from scraper.outcomes import (
    FETCHED,
    NOT_ARTICLE,
    NOT_MODIFIED,
    OVER_BUDGET,
    POLICY,
    REDIRECTED,
    SOFT_404,
    UPDATED,
    VANISHED,
    WALLS,
    WHOLE,
    is_transient,
)
from scraper.seeds import Seed

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0

FIRST = HOUR
"""A source's first interval where its seed gives none: what comes in an hour fits in a feed of 10 to 50 entries.
Media Cloud begins with 6 h and CC-NEWS with 12 h."""
FRONT_FIRST = HOUR
"""The interval of front pages where their seed gives none: a lead story stands for hours."""
LEAST, MOST = 10 * MINUTE, DAY
"""Bounds of the interval without `every`: Media Cloud's least, and a day, after which a feed may have lost entries."""
STRETCH = 4
"""Longest interval as a multiple of the seed's `every`, which is the least: with 1h a user expects to wait hours, not a
day, for the first article after a silent night."""
STEP = 0.5
"""Share of the first interval by which one reading changes a source's interval. It is linear, as in Media Cloud, since
one reading without news is not a trend."""
MANY_SEEN, FEW_SEEN = 0.67, 0.33
"""Shares of known entries from which a source is read less often, and below which more often, as in Media Cloud."""
SOFT = 0.5
"""Share of a step for failures that pass by themselves: Media Cloud counts them half (404, 429, 5xx, unknown name)."""
GONE = frozenset({"http_404", "http_410", SOFT_404})
GONE_FIRST, GONE_MOST = DAY, 30 * DAY
"""A source that is gone is requested a day later, then after twice as long each time. CC-NEWS waits 60 days; Media
Cloud saw that active feeds "DO return 404 and come back to life", so it waits a day and drops none."""

LOOKS = (timedelta(hours=1), timedelta(days=1), timedelta(days=7))
"""When an article is looked at again after it was found: corrections come within a day; the last look is a record."""
RETRY = HOUR
"""Wait before an article with a failure that may pass is tried again, times the attempts so far."""
RETRY_REFUSED = DAY
"""Wait after a refusal by robots.txt or the address guard: CC-NEWS and Google read robots.txt once a day."""
RETRY_REFUSED_FOR = 7 * DAY

UNTRUSTED = ""
"""Stored as the validators of a source that changed but kept its ETag: its requests are never conditional again."""
MAX_VALIDATOR = 1000
"""Longest ETag or date that is sent back, in characters: many servers refuse a longer header line."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The validators and the digest of a response."""

    status: int
    etag: str | None
    last_modified: str | None
    digest: str | None


@dataclass(frozen=True, slots=True)
class Ending:
    """How a fetch ended, and the figures that the time of the next one depends on."""

    status: str
    at: float
    answer: Answer | None = None
    known_share: float | None = None
    """For a source that was read: the share of its entries that were known before."""
    published: float | None = None
    """For an article: the date given by the source, else by the page."""


class Revisits:
    """Compares each fetch of a URL in work with the fetches before it."""

    def __init__(
        self,
        seeds: Mapping[str, Seed],
        *,
        now: Callable[[], datetime],
        updates: Sequence[timedelta] | None = None,
        forget: bool = False,
    ) -> None:
        """Prepare. *updates* replaces the seeds' own; with *forget* every fetch counts as the first."""
        self._seeds = seeds
        self._now = now
        self._updates = updates
        self._forget = forget
        self._answers: dict[str, Answer] = {}

    def note(self, capture: Capture, stored: Stored | None) -> None:
        """Keep the validators and the digest of a response until its URL is closed."""
        etag, date = _bounded(capture.header("ETag")), _bounded(capture.header("Last-Modified"))
        digest = stored.payload_digest if stored else None
        self._answers[capture.url] = Answer(capture.status, etag, date, digest)

    def conditions(self, row: Row) -> dict[str, bytes]:
        """Return the headers that make the request for *row* conditional; none where the whole body is needed."""
        if row.kind == "article":
            whole = row.visits == 0
        else:
            whole = row.status not in (FETCHED, NOT_MODIFIED) or is_whole_turn(row.closed_at, self._clock(), row.url)
        if self._forget or whole:
            return {}
        headers = {"If-None-Match": row.etag, "If-Modified-Since": row.last_modified}
        return {name: value.encode("latin-1", "replace") for name, value in headers.items() if value}

    def is_repeated(self, row: Row) -> bool:
        """Tell whether the response for *row* has the bytes of the one processed before, and need not be read again.

        A source is read anyway once a day: the seed's patterns may have changed.
        """
        answer = self._answers.get(row.url)
        if self._forget or answer is None or answer.digest is None or answer.digest != row.digest:
            return False
        return row.visits > 0 if row.kind == "article" else not is_whole_turn(row.closed_at, self._clock(), row.url)

    def keeps_text(self, row: Row, article: Article, collection: Collection | None) -> tuple[str, str] | None:
        """Return status and reason of a page whose stored text stays, None where *article* is a new revision.

        The stored text stays where text and title are the same, and where the page now has a wall but had none.
        """
        if collection is None or self._forget or row.visits == 0:
            return None
        stored = collection.newest_text(row.url)
        if stored is None:
            return None
        if (stored.text_sha256, stored.title) == (text_sha256(article.text), article.title):
            return NOT_MODIFIED, "same text"
        if article.access in WALLS and stored.access not in WALLS:
            return NOT_ARTICLE, f"access is {article.access} now; its text is kept"
        return None

    def close(
        self, row: Row, status: str, reason: str, *, known_share: float | None = None, article: Article | None = None
    ) -> tuple[str, str, Visit | None]:
        """Return the final status and reason of *row*, and what the frontier stores about the fetch.

        An article that was fetched before may become `updated` or `vanished`. *known_share* as in Ending.
        """
        answer = self._answers.pop(row.url, None)
        if not self._forget and row.kind == "article" and row.visits:
            if status in GONE:
                status, reason = VANISHED, f"{status}; its text is kept"
            elif status == FETCHED:
                status = UPDATED
        published = row.published if row.published is not None else published_at(article)
        ending = Ending(status, self._clock(), answer, known_share, published)
        seed = self._seeds.get(row.site)
        return status, reason, visit_of(row, seed, self._updates, ending) if seed else None

    def _clock(self) -> float:
        return self._now().timestamp()


def visit_of(row: Row, seed: Seed, looks: Sequence[timedelta] | None, ending: Ending) -> Visit:
    """Return what the frontier stores when *row* is closed; *looks* replaces the seed's own `updates`."""
    visit = _validators(row, ending)
    if row.kind == "article":
        if looks is None:
            looks = LOOKS if seed.updates is None else seed.updates
        due_at = next_try(row.added_at, ending.at, ending.status, row.attempts, MAX_ATTEMPTS, row.url)
        if due_at is None and (row.visits or ending.status in WHOLE):
            due_at = next_look(row.added_at, ending.published, ending.at, looks, row.url)
        return replace(visit, due_at=due_at)
    limits = bounds_of(seed, row.kind)
    if ending.status in (FETCHED, NOT_MODIFIED):
        every = after_reading(row.every, 1.0 if ending.status == NOT_MODIFIED else ending.known_share, limits)
    elif ending.status in (REDIRECTED, OVER_BUDGET):
        every = row.every or limits.first
    else:
        every = after_failure(row.every, ending.status, row.status, limits)
    return replace(visit, every=every, due_at=due(ending.at, every, row.url))


def published_at(article: Article | None) -> float | None:
    """Return when *article* was published according to its page, in epoch seconds."""
    date = article.date if article else None
    if date is None:
        return None
    moment = date if isinstance(date, datetime) else datetime.combine(date, time.min)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _validators(row: Row, ending: Ending) -> Visit:
    """Return the validators and digest of a whole response; UNTRUSTED ones for a source that reuses its ETag."""
    answer = ending.answer
    if answer is None or answer.status == 304 or ending.status not in WHOLE | {NOT_MODIFIED}:
        return Visit()
    if row.kind != "article" and (row.etag == UNTRUSTED or _reuses_validator(row, ending, answer)):
        return Visit(etag=UNTRUSTED, last_modified=UNTRUSTED, digest=answer.digest)
    return Visit(etag=answer.etag, last_modified=answer.last_modified, digest=answer.digest)


def _reuses_validator(row: Row, ending: Ending, answer: Answer) -> bool:
    """Tell whether a source has new entries under the validator of the reading before."""
    if answer.etag:
        same = answer.etag == row.etag
    else:
        same = bool(answer.last_modified) and not row.etag and answer.last_modified == row.last_modified
    # of a front page every change counts, of other sources new entries: some write the time of the day into each answer
    has_news = row.kind == "front" or (ending.known_share is not None and ending.known_share < 1.0)
    return same and answer.digest != row.digest and has_news


def _bounded(value: str | None) -> str | None:
    return value if value and len(value) <= MAX_VALIDATOR else None


@dataclass(frozen=True, slots=True)
class Bounds:
    """The first, least and longest interval of a source."""

    first: float
    least: float
    most: float


def bounds(every: timedelta | None) -> Bounds:
    """Return the bounds for a seed's `every`."""
    if every is None:
        return Bounds(FIRST, LEAST, MOST)
    first = max(every.total_seconds(), MINUTE)
    return Bounds(first, first, first * STRETCH)


def bounds_of(seed: Seed, kind: Kind) -> Bounds:
    """Return the bounds for a seed's sources of a kind; front pages have one interval, whatever they show."""
    if kind != "front":
        return bounds(seed.every)
    every = seed.front_every or seed.every
    first = FRONT_FIRST if every is None else max(every.total_seconds(), MINUTE)
    return Bounds(first, first, first)


def after_reading(every: float | None, known_share: float | None, limits: Bounds) -> float:
    """Return a source's interval after a reading: *every* is the one before, *known_share* the share of known entries.

    The first reading (*every* None), and one after many failures, tell nothing about the pace: all entries are new.

    >>> [after_reading(HOUR, share, bounds(None)) for share in (1.0, 0.5, 0.0)]
    [5400.0, 3600.0, 1800.0]
    """
    if every is None or every > limits.most:
        return limits.first
    share = 1.0 if known_share is None else known_share
    steps = 1 if share >= MANY_SEEN else -1 if share < FEW_SEEN else 0
    return _within(every + steps * STEP * limits.first, limits)


def after_failure(every: float | None, status: str, before: str | None, limits: Bounds) -> float:
    """Return a source's interval after a failure with *status*; *before* is its status before that."""
    now = limits.first if every is None else every
    if status in GONE:
        return min(now * 2, GONE_MOST) if before in GONE else GONE_FIRST
    if now > limits.most:
        now = limits.first
    return _within(now + limits.first * STEP * (SOFT if is_transient(status) else 1.0), limits)


def due(at: float, interval: float, url: str) -> float:
    """Return when *url* is due: *interval* after *at*, and a little early by its hash."""
    least, most = EARLY
    return at + interval * (1.0 - least - (most - least) * _share(url))


def next_look(added: float, published: float | None, now: float, looks: Sequence[timedelta], url: str) -> float | None:
    """Return when an article is requested again, None where no look is left or it was old when it was *added*.

    A look that comes too soon after now, because this one was late, is skipped.
    """
    offsets = sorted(look.total_seconds() for look in looks)
    if not offsets or (published is not None and added - published > offsets[-1]):
        return None
    times = ((due(added, offset, url), offset) for offset in offsets)
    return next((time for time, offset in times if time - now >= offset / 2), None)


def next_try(added: float, now: float, status: str, attempts: int, most: int, url: str) -> float | None:
    """Return when an article with *status* is tried again without being found again, None where it is not."""
    if status in POLICY:
        return due(now, RETRY_REFUSED, url) if now - added < RETRY_REFUSED_FOR else None
    return due(now, RETRY * attempts, url) if is_transient(status) and attempts < most else None


def is_whole_turn(before: float | None, now: float, url: str) -> bool:
    """Tell whether a source last read at *before* is now read without conditions, as at the first reading of a day.

    So a server that keeps its ETag over changes is noticed. Each URL's day begins at another time.
    """
    start = _share(url) * DAY
    return before is None or (before + start) // DAY != (now + start) // DAY


def _within(interval: float, limits: Bounds) -> float:
    return min(max(interval, limits.least), limits.most)


def _share(url: str) -> float:
    """Return a number from 0 to 1 for *url*, the same in every run and on every machine."""
    return int.from_bytes(hashlib.sha256(url.encode("utf-8", "replace")).digest()[:4]) / 2**32

"""The pace of requests to a host: Crawl-delay and Retry-After, which Scrapy 2.19 reads and does not keep.

A host is a name or address without port and scheme: Scrapy's slots and the frontier's rows go by it, so http, https and
all sources and sites on it share one pace.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import time
from typing import Any

from scrapy import Request, signals
from scrapy.core.downloader import Slot
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.robotstxt import RobotParser
from scrapy.utils.httpobj import urlparse_cached

from scraper.frontier import Frontier
from scraper.outcomes import REDIRECTED, UNREQUESTED
from scraper.urls import origin_of

MAX_CRAWL_DELAY = 120.0
"""Longest Crawl-delay kept, as CC-NEWS caps it: a longer one would stop the site's crawl."""
UNNAMED_WAIT = 30.0
"""Seconds that a 429 without Retry-After stands for, as Media Cloud does it."""


class HostHeld(IgnoreRequest):
    """The host is left alone for now, and the URL goes back to the frontier.

    *status* is that of the answer with which the host asked for it; empty where this URL was not requested.
    """

    def __init__(self, reason: str, status: str = "") -> None:
        super().__init__(reason)
        self.status = status


class CrawlDelay:
    """Extension: no request leaves for a host sooner than its robots.txt asks, whatever AutoThrottle thinks."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._floors: dict[str, dict[str, float]] = {}
        """Host, then origin: http and https have a robots.txt each, the longest delay counts."""
        connect = crawler.signals.connect
        connect(self._parsed, signals.robots_parsed)
        connect(self._keep, signals.request_reached_downloader)
        # after AutoThrottle's own, which was connected before: extensions are built in order
        connect(self._keep, signals.response_downloaded)
        connect(self._reckon, signals.response_downloaded)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> CrawlDelay:
        """Build the extension, as Scrapy asks for it."""
        return cls(crawler)

    def _parsed(self, robotparser: RobotParser, request: Request) -> None:
        delay = robotparser.crawl_delay(self._crawler.settings["ROBOTSTXT_USER_AGENT"]) or 0.0
        floors = self._floors.setdefault(self._crawler.engine.downloader.get_slot_key(request), {})
        floors[origin_of(request.url)] = min(max(delay, 0.0), MAX_CRAWL_DELAY)

    def _reckon(self, request: Request) -> None:
        """Reckon the distance from when the request was written, not from when its connection was asked for."""
        downloader = self._crawler.engine.downloader
        if slot := downloader.slots.get(downloader.get_slot_key(request)):
            slot.lastseen = max(slot.lastseen, request.meta.get("sent_at", 0.0))

    def _keep(self, request: Request) -> None:
        downloader = self._crawler.engine.downloader
        host = downloader.get_slot_key(request)
        if (floors := self._floors.get(host)) and (slot := downloader.slots.get(host)):
            slot.delay = max(slot.delay, *floors.values())


class RetryAfter(RetryMiddleware):
    """Scrapy's retries, but a host that is held gets no request, and a Retry-After of 429 and 503 holds it."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> RetryAfter:
        """Build the middleware, as Scrapy asks for it."""
        made = super().from_crawler(crawler)
        spider: Any = crawler.spider
        made._pauses = spider.job.pauses
        made._pauses.on_hold = made._empty
        return made

    _pauses: Pauses

    def process_request(self, request: Request) -> None:
        """Raise HostHeld where the host is not to be asked now."""
        if pause := self._pauses.held(urlparse_cached(request).hostname or ""):
            raise HostHeld(pause.reason)

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        """Return the request to be sent again or *response*; raise HostHeld where the host wants to be left alone."""
        said = response.headers.get("Retry-After")
        if request.meta.get("dont_obey_robotstxt"):
            # what robots.txt answers is kept with its verdict, and keeps all others off
            return response if response.status == 429 or said else super().process_response(request, response)
        wait = seconds_to_wait(said) if response.status in (429, 503) else 0.0
        if response.status == 429 and not wait:
            wait = min(UNNAMED_WAIT, self._pauses.first)
        if not wait and response.status != 429:
            return super().process_response(request, response)
        status, reason = f"http_{response.status}", "it asked to be left alone"
        if said:
            reason = f"Retry-After: {said.decode('latin-1')[:40]}"
        self._pauses.hold(urlparse_cached(request).hostname or "", wait, status, reason)
        raise HostHeld(reason, status)

    def _empty(self, host: str) -> None:
        """Give back what is queued for a host that is held."""
        slot: Slot | None = self.crawler.engine.downloader.slots.get(host)
        while slot is not None and slot.queue:
            _, waiting = slot.queue.popleft()
            waiting.errback(HostHeld("the host is left alone for now"))


def held_in(error: BaseException) -> HostHeld | None:
    """Return the hold that *error* is or comes from: its robots.txt may have met it."""
    return next((found for found in (error, error.__cause__) if isinstance(found, HostHeld)), None)


MAX_RETRY_AFTER = 24 * 3600.0
"""Longest Retry-After kept, as Media Cloud caps it: a wrong number must not end a site's crawl for years."""
MAX_HOLD = 300.0
"""Longest that a crawl with nothing else to do waits for a host; beyond it, its URLs wait for the next run."""
PAUSE_DELAYS = 15
"""First pause of a failing host as a multiple of the delay between requests: 30 s at the default of 2 s, which is what
Media Cloud waits after a 429. Without a delay (own servers, tests) there are no pauses."""
MAX_PAUSE = 3600.0
"""Longest pause: each one doubles the last."""
FREE_FAILURES = 2
"""Failures in a row without a pause: one bad page, or two, say nothing about the host."""
MAX_FAILURES = 5
"""Failures in a row from which a pause is longer than a crawl waits: the rest of the host is for the next run."""
MAX_REST = 120.0
"""Longest distance between two requests, as `pacing.MAX_CRAWL_DELAY`: the frontier keeps it for the next worker too."""
TRIES = 3
"""Leases of a URL after which a Retry-After for it no longer puts it back: as often as after other errors."""

_FAILURES = frozenset({"timeout", "dns_error", "connection_refused", "connection_lost", "tls_error", "bad_response"})


@dataclass(frozen=True, slots=True)
class Pause:
    """A host that is left alone."""

    until: float
    status: str
    """That of the last failure."""
    reason: str


@dataclass(frozen=True, slots=True)
class HeldHost:
    """A host that is left alone at the end of a run, for its report."""

    host: str
    until: str
    """ISO 8601, UTC."""
    status: str
    reason: str


class Pauses:
    """What a crawl knows of its hosts: holds go into the frontier, for other workers and the next run."""

    def __init__(self, frontier: Frontier, delay: float, *, now: Callable[[], float] = time) -> None:
        self.on_hold: Callable[[str], None] = lambda host: None
        """Called with each host that is held, so that what is queued for it goes back."""
        self._frontier = frontier
        self.first = PAUSE_DELAYS * delay
        self._now = now
        self._pauses: dict[str, Pause] = {}
        self._failures: dict[str, int] = {}

    def held(self, host: str) -> Pause | None:
        """Return why *host* is not asked now, None where it may be."""
        pause = self._pauses.get(host)
        if pause is not None and pause.until <= self._now():
            return None
        return pause

    def hold(self, host: str, seconds: float, status: str, reason: str) -> None:
        """Leave *host* alone for *seconds*; a longer hold stays."""
        until = self._now() + min(seconds, MAX_RETRY_AFTER)
        known = self._pauses.get(host)
        if known is None or known.until < until:
            self._pauses[host] = Pause(until, status, reason)
        self._frontier.hold(host, until)
        self.on_hold(host)

    def ended(self, host: str, status: str) -> None:
        """Take note of a URL's ending: failures in a row make pauses that grow, anything else ends the row."""
        if status in UNREQUESTED and status != REDIRECTED:
            return
        before = self._failures.get(host)
        if before is None:
            before = self._failures[host] = self._frontier.held(host)[1]
        if not is_host_failure(status):
            if before:
                self._failures[host] = 0
                self._frontier.hold(host, 0.0, failures=0)
            return
        failures = self._failures[host] = before + 1
        seconds = min(self.first * 2 ** min(failures - FREE_FAILURES - 1, 30), MAX_PAUSE)
        if failures >= MAX_FAILURES and seconds:
            seconds = max(seconds, 2 * MAX_HOLD)
        pausing = failures > FREE_FAILURES and seconds > 0
        self._frontier.hold(host, self._now() + seconds if pausing else 0.0, failures=failures)
        if pausing:
            self.hold(host, seconds, status, f"{failures} failures in a row, the last: {status}")

    def report(self, sites: Sequence[str]) -> tuple[HeldHost, ...]:
        """Return the hosts that are held with URLs of *sites* waiting."""
        earlier = Pause(0.0, "", "since an earlier run")
        return tuple(
            HeldHost(
                hold.host,
                datetime.fromtimestamp(hold.until, UTC).isoformat(timespec="seconds"),
                (why := self._pauses.get(hold.host, earlier)).status,
                why.reason,
            )
            for hold in self._frontier.holds(sites)
            # a shorter one of an earlier run is the host's rest between two requests
            if hold.host in self._pauses or hold.until - self._now() > MAX_REST
        )


def is_host_failure(status: str) -> bool:
    """Tell whether a URL's *status* speaks against its host.

    >>> is_host_failure("timeout"), is_host_failure("http_502"), is_host_failure("http_404")
    (True, True, False)
    """
    return status in _FAILURES or status == "http_429" or status.startswith("http_5")


def utc_now() -> datetime:
    """Return the time by which dates in Retry-After are read."""
    return datetime.now(UTC)


def seconds_to_wait(value: bytes | None, now: datetime | None = None) -> float:
    """Return the seconds that a Retry-After *value* asks for, given as a number or as a date; 0 where it says nothing.

    >>> seconds_to_wait(b"120", datetime(2026, 11, 21, tzinfo=UTC))
    120.0
    >>> seconds_to_wait(b"Sat, 21 Nov 2026 00:01:00 GMT", datetime(2026, 11, 21, tzinfo=UTC))
    60.0
    """
    text = (value or b"").decode("latin-1").strip()
    if text.isascii() and text.isdigit():
        return float(text[:10])
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return 0.0
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - (now or utc_now())).total_seconds())

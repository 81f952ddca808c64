"""Keep the pace of requests to each host: Crawl-delay, Retry-After, and pauses after failures.

A host is a name or address without port and scheme, as in Scrapy's slots and the frontier's rows: http, https and all
sites on a host share one pace. Scrapy 2.19 reads Crawl-delay and Retry-After, but does not wait for them.
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
from scraper.outcomes import BAD_RESPONSE, FREE_FAILURES, NETWORK, REDIRECTED, UNREQUESTED
from scraper.printable import one_line
from scraper.urls import origin_of

MAX_CRAWL_DELAY = 120.0
"""Longest Crawl-delay kept, as in CC-NEWS: a longer one would stop the site's crawl. Longer waits are pauses."""
UNNAMED_WAIT = 30.0
"""Seconds to wait after a 429 without Retry-After, as in Media Cloud."""
MAX_RETRY_AFTER = 24 * 3600.0
"""Longest Retry-After kept, as in Media Cloud: a wrong number must not end a site's crawl for years."""
MAX_HOLD = 300.0
"""Longest time that a crawl with nothing else to do waits for a host; beyond it, its URLs wait for the next run."""
PAUSE_DELAYS = 15
"""First pause of a failing host as a multiple of the delay between requests: 30 s at the default of 2 s, as Media Cloud
waits after a 429. Without a delay (own servers, tests) there are no pauses."""
MAX_PAUSE = 3600.0
"""Longest pause: each one is twice as long as the one before."""
MAX_FAILURES = 5
"""Failures in a row from which a pause is longer than a crawl waits: the host's other URLs wait for the next run."""
MAX_LEASES = 3
"""Leases of a URL after which a Retry-After no longer puts it back: as many as after other errors."""


class HostHeld(IgnoreRequest):
    """The host gets no request for now, and the URL goes back to the frontier."""

    def __init__(self, reason: str, status: str = "") -> None:
        super().__init__(reason)
        self.status = status
        """Of the response that asked to wait; empty where this URL was not requested."""


class CrawlDelay:
    """Scrapy extension that makes each host's Crawl-delay the least delay, whatever AutoThrottle computes."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        spider: Any = crawler.spider
        self._gaps: Gaps = spider.session.gaps
        self._floors: dict[str, dict[str, float]] = {}
        """The delay by host and origin: http and https each have a robots.txt, and the longer delay counts."""
        connect = crawler.signals.connect
        connect(self._parsed, signals.robots_parsed)
        connect(self._keep, signals.request_reached_downloader)
        # runs after AutoThrottle's, which was connected before: extensions are built in order
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
        """Count the delay from when the request was written, not from when its connection was asked for."""
        downloader = self._crawler.engine.downloader
        if slot := downloader.slots.get(downloader.get_slot_key(request)):
            slot.lastseen = max(slot.lastseen, request.meta.get("sent_at", 0.0))

    def _keep(self, request: Request) -> None:
        downloader = self._crawler.engine.downloader
        host = downloader.get_slot_key(request)
        if slot := downloader.slots.get(host):
            slot.delay = max(slot.delay, *self._floors.get(host, {"": 0.0}).values())
            self._gaps.note(host, slot.delay)


class RetryAfter(RetryMiddleware):
    """Scrapy's retries, but a Retry-After of 429 or 503 pauses the host, and a paused host gets no request."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> RetryAfter:
        """Build the middleware, as Scrapy asks for it."""
        middleware = super().from_crawler(crawler)
        spider: Any = crawler.spider
        middleware._pauses = spider.session.pauses
        return middleware

    _pauses: Pauses

    def process_request(self, request: Request) -> None:
        """Raise HostHeld where the host is paused."""
        if pause := self._pauses.held(urlparse_cached(request).hostname or ""):
            raise HostHeld(pause.reason)

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        """Return *response*, or the request where it is sent again; raise HostHeld where the host asks to wait."""
        retry_after = response.headers.get("Retry-After")
        if request.meta.get("dont_obey_robotstxt"):
            # robots.txt's middleware remembers the answer and refuses all other requests meanwhile
            return response if response.status == 429 or retry_after else super().process_response(request, response)
        wait = seconds_to_wait(retry_after) if response.status in (429, 503) else 0.0
        if response.status == 429 and not wait:
            wait = min(UNNAMED_WAIT, self._pauses.first)
        if not wait and response.status != 429:
            return super().process_response(request, response)
        status, reason = f"http_{response.status}", "it asked to be left alone"
        if retry_after:
            reason = f"Retry-After: {one_line(retry_after.decode('latin-1'), 40)}"
        host = urlparse_cached(request).hostname or ""
        self._pauses.hold(host, wait, status, reason)
        return_queued(self.crawler, host)
        raise HostHeld(reason, status)


def return_queued(crawler: Crawler, host: str) -> None:
    """Fail the requests that the downloader has queued for a paused *host*: their URLs go back to the frontier."""
    slot: Slot | None = crawler.engine.downloader.slots.get(host)
    while slot is not None and slot.queue:
        _, deferred = slot.queue.popleft()
        deferred.errback(HostHeld("the host is left alone for now"))


class Gaps:
    """The seconds between two requests to each host, as the downloader keeps them; at least the crawl's delay."""

    def __init__(self, delay: float) -> None:
        self._delay = delay
        self._of_host: dict[str, float] = {}

    def note(self, host: str, seconds: float) -> None:
        """Keep the present delay of *host*."""
        self._of_host[host] = seconds

    def of(self, host: str) -> float:
        """Return the seconds that the next request to *host* has to wait for."""
        return max(self._delay, self._of_host.get(host, 0.0))


@dataclass(frozen=True, slots=True)
class Pause:
    """Why and until when a host gets no request."""

    until: float
    status: str
    """That of the last failure."""
    reason: str


@dataclass(frozen=True, slots=True)
class HeldHost:
    """A host that is paused at the end of a run, for its report."""

    host: str
    until: str
    """ISO 8601, UTC."""
    status: str
    reason: str


class Pauses:
    """The hosts that get no request for a while; the frontier keeps the pauses for other workers and the next run."""

    def __init__(self, frontier: Frontier, delay: float, *, now: Callable[[], float] = time) -> None:
        self._frontier = frontier
        self.first = PAUSE_DELAYS * delay
        self._now = now
        self._pauses: dict[str, Pause] = {}
        self._failures: dict[str, int] = {}

    def held(self, host: str) -> Pause | None:
        """Return why *host* gets no request now, None where it may get one."""
        pause = self._pauses.get(host)
        return pause if pause and pause.until > self._now() else None

    def hold(self, host: str, seconds: float, status: str, reason: str) -> None:
        """Pause *host* for *seconds*; a longer pause stays."""
        until = self._now() + min(seconds, MAX_RETRY_AFTER)
        known = self._pauses.get(host)
        if known is None or known.until < until:
            self._pauses[host] = Pause(until, status, reason)
        self._frontier.hold(host, until)

    def ended(self, host: str, status: str) -> None:
        """Count a URL's final status: each failure in a row lengthens the pause, any other status ends the row."""
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
        """Return the paused hosts that have waiting URLs of *sites*."""
        held = []
        for host, until in self._frontier.holds(sites).items():
            pause = self._pauses.get(host, Pause(0.0, "", "since an earlier run"))
            # a shorter hold of an earlier run is the host's rest between two requests
            if host in self._pauses or until - self._now() > MAX_CRAWL_DELAY:
                moment = datetime.fromtimestamp(until, UTC).isoformat(timespec="seconds")
                held.append(HeldHost(host, moment, pause.status, pause.reason))
        return tuple(held)


def is_host_failure(status: str) -> bool:
    """Tell whether a URL's *status* counts as a failure of its host.

    >>> is_host_failure("timeout"), is_host_failure("http_502"), is_host_failure("http_404")
    (True, True, False)
    """
    return status in NETWORK or status in (BAD_RESPONSE, "http_429") or status.startswith("http_5")


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


def seconds_to_wait(value: bytes | None, now: datetime | None = None) -> float:
    """Return the seconds that a Retry-After *value* asks for, as a number or a date; 0 where it is missing or wrong.

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

"""The pace of requests to a host: Crawl-delay and Retry-After, which Scrapy 2.19 reads and does not keep."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import monotonic

from scrapy import Request, signals
from scrapy.core.downloader import Slot
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.http import Response
from scrapy.robotstxt import RobotParser

MAX_CRAWL_DELAY = 120.0
"""Longest Crawl-delay kept, as CC-NEWS caps it: a longer one would stop the site's crawl."""
MAX_HOLD = 300.0
"""Longest Retry-After waited for within a crawl; beyond it the URL ends with its status and a later run tries again."""


class CrawlDelay:
    """Extension: no request leaves for a host sooner than its robots.txt asks, whatever AutoThrottle thinks."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._floors: dict[str, float] = {}
        connect = crawler.signals.connect
        connect(self._parsed, signals.robots_parsed)
        connect(self._keep, signals.request_reached_downloader)
        # after AutoThrottle's own, which was connected before: extensions are built in order
        connect(self._keep, signals.response_downloaded)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> CrawlDelay:
        """Build the extension, as Scrapy asks for it."""
        return cls(crawler)

    def _parsed(self, robotparser: RobotParser, request: Request) -> None:
        delay = robotparser.crawl_delay(self._crawler.settings["ROBOTSTXT_USER_AGENT"])
        if delay and delay > 0:
            host = self._crawler.engine.downloader.get_slot_key(request)
            self._floors[host] = max(self._floors.get(host, 0.0), min(delay, MAX_CRAWL_DELAY))

    def _keep(self, request: Request) -> None:
        downloader = self._crawler.engine.downloader
        host = downloader.get_slot_key(request)
        if (floor := self._floors.get(host)) and (slot := downloader.slots.get(host)):
            slot.delay = max(slot.delay, floor)


class RetryAfter(RetryMiddleware):
    """Scrapy's retries, but a Retry-After of 429 and 503 holds all requests to the host."""

    now: Callable[[], datetime] = staticmethod(lambda: datetime.now(UTC))

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        """Return the request to be sent again when the host allows it, or *response* where that is too far away."""
        wait = (
            seconds_to_wait(response.headers.get("Retry-After"), self.now()) if response.status in (429, 503) else 0.0
        )
        if wait > MAX_HOLD:
            return response
        slot = self.crawler.engine.downloader.slots.get(request.meta.get("download_slot", ""))
        if wait and slot:
            hold(slot, wait)
        return super().process_response(request, response)


def hold(slot: Slot, seconds: float) -> None:
    """Let no request of *slot* go out for *seconds*."""
    # the slot reckons its next request from `lastseen`, but only where it has a delay at all
    slot.delay = max(slot.delay, 0.001)
    slot.lastseen = max(slot.lastseen, monotonic() + seconds - slot.delay)


def seconds_to_wait(value: bytes | None, now: datetime) -> float:
    """Return the seconds that a Retry-After *value* asks for, given as a number or as a date; 0 where it says nothing.

    >>> seconds_to_wait(b"120", datetime(2026, 11, 21, tzinfo=UTC))
    120.0
    >>> seconds_to_wait(b"Sat, 21 Nov 2026 00:01:00 GMT", datetime(2026, 11, 21, tzinfo=UTC))
    60.0
    """
    text = (value or b"").decode("latin-1").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    return max(0.0, ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now).total_seconds())

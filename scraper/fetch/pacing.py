"""The pace of requests to a host: Crawl-delay and Retry-After, which Scrapy 2.19 reads and does not keep.

A host is a name or address without port and scheme: Scrapy's slots and the frontier's rows go by it, so http, https and
all sources and sites on it share one pace.
"""

from __future__ import annotations

from typing import Any

from scrapy import Request, signals
from scrapy.core.downloader import Slot
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.robotstxt import RobotParser
from scrapy.utils.httpobj import urlparse_cached

from scraper.fetch.pauses import Pauses, seconds_to_wait
from scraper.links import origin_of

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

"""The one spider: leases URLs from the frontier, reads sources, and hands pages on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.http import Response
from twisted.python.failure import Failure

from archive import ArchiveError, Capture, Stored
from scraper.crawl import CrawlError, Event
from scraper.crawl.items import Page
from scraper.crawl.options import options_from
from scraper.crawl.run import hold
from scraper.crawl.session import Job
from scraper.discovery import DiscoveryError, Link, read_source, still
from scraper.discovery.sitemaps import MAX_SITEMAP
from scraper.fetch.failures import ending_of
from scraper.fetch.pacing import held_in
from scraper.frontier import Found, FrontierError, Row
from scraper.frontier.leases import RENEWALS
from scraper.outcomes import FETCHED, NOT_MODIFIED, OUT_OF_SCOPE, REDIRECTED
from scraper.printable import one_line
from scraper.urls import canonical, looks_like_article

MAX_HOPS = 5
"""Redirects, or levels of sitemap indexes, followed from where a URL was found."""

REDIRECTS = frozenset({301, 302, 303, 307, 308})
"""Statuses that are followed where a Location is said."""
_HTML = frozenset({"text/html", "application/xhtml+xml"})
_UNSAID = frozenset({None, "text/plain", "application/octet-stream", "application/xml", "text/xml"})

log = logging.getLogger(__name__)


class News(Spider):
    """Crawls what its job's frontier holds. On Scrapy's command line: `scrapy crawl news -a seeds=FILE -a data=DIR`."""

    name = "news"

    def __init__(self, job: Job, **kwargs: Any) -> None:  # noqa: ANN401 - Scrapy's own
        super().__init__(**kwargs)
        self.job = job
        self._woken = asyncio.Event()
        self._stopping: asyncio.Future[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, job: Job | None = None, **kwargs: Any) -> News:  # noqa: ANN401
        """Build the spider for *job*, or for the options given as texts on Scrapy's command line."""
        try:
            spider = cls(job or Job(hold(options_from(kwargs))))
        except (ValueError, CrawlError, FrontierError, ArchiveError) as error:
            # Scrapy's command line would print a traceback
            raise SystemExit(f"news: {error}") from None
        spider._set_crawler(crawler)
        crawler.settings.setdict(spider.job.options.settings(), priority="spider")
        crawler.signals.connect(spider._broken, signals.spider_error)
        return spider

    async def start(self) -> AsyncIterator[Request]:
        """Yield requests for what is leased, as room comes free, until nothing is waiting and nothing in work."""
        self.job.on_close, self.job.on_put_back = self._ended, self._woken.set
        self.job.frontier.keep_gap(self._gap)
        while True:
            self._woken.clear()
            try:
                rows = self.job.lease()
                pause = None if rows else self.job.pause()
            except FrontierError as error:
                self.stop(error)
                return
            for row in rows:
                yield self._request(row)
            if not rows and self.job.is_idle and pause is None:
                return
            if not rows:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._woken.wait(), pause or self.job.options.lease / RENEWALS)

    def parse(self, response: Response) -> Iterator[Page]:
        """Take one response: follow it, read it as a source, or hand it on as a page."""
        row, status = _row(response), response.status
        if "dataloss" in response.flags:
            self._close(response, "truncated", "the connection ended before the body did")
        elif status in REDIRECTS and response.headers.get("Location"):
            self._redirect(response)
        elif status == 304 and response.meta["conditional"]:
            self._close(response, NOT_MODIFIED, still(row.reason))
        elif status not in (200, 203):
            self._close(response, f"http_{status}")
        elif self.job.memory.is_repeated(row):
            self._close(response, NOT_MODIFIED, f"{still(row.reason)}unchanged")
        elif row.kind != "article":
            self._read(response)
        elif reason := _not_html(response):
            self._close(response, "not_html", reason)
        else:
            capture: Capture = response.meta["capture"]
            yield Page(row, response.body, capture.charset, response.meta["stored"])

    def failed(self, failure: Failure) -> None:
        """End the URL of a request that brought no response."""
        request: Request = failure.request  # type: ignore[attr-defined]
        error = failure.value or RuntimeError("failed without an error")
        for fatal in (error, error.__cause__):
            if isinstance(fatal, (ArchiveError, FrontierError)):
                return self.stop(fatal)
        stored: Stored | None = request.meta.get("stored")
        if held := held_in(error):
            return self.job.put_back(request.meta["row"], held.status, str(held), stored=stored)
        self.job.close(request.meta["row"], *ending_of(error), stored=stored)
        return None

    def stop(self, error: Exception) -> None:
        """End the crawl: what is fetched can no longer be kept."""
        self.job.error = self.job.error or error
        if self._stopping is None:
            self._stopping = asyncio.ensure_future(self.crawler.engine.close_spider_async(reason="stopped"))

    def closed(self, reason: str) -> None:
        """Save the state."""
        self.job.ending = reason
        self.job.finish()

    def _gap(self, host: str) -> float:
        slot = self.crawler.engine.downloader.slots.get(host)
        return max(self.job.options.delay, slot.delay if slot else 0.0)

    def _request(self, row: Row) -> Request:
        headers = self.job.memory.conditions(row)
        meta: dict[str, Any] = {"row": row, "handle_httpstatus_all": True, "conditional": bool(headers)}
        if row.kind == "sitemap":
            meta["download_maxsize"] = MAX_SITEMAP
        return Request(row.url, self.parse, headers=headers, errback=self.failed, dont_filter=True, meta=meta)

    def _redirect(self, response: Response) -> None:
        row = _row(response)
        location = (response.headers.get("Location") or b"").decode("utf-8", "replace")
        target = canonical(location, row.url)
        above = self.job.frontier.story(row.url)
        if target is None:
            return self._close(response, OUT_OF_SCOPE, f"redirects to {one_line(location)}, which is not http or https")
        if row.hops >= MAX_HOPS or row.url in self.job.frontier.leads_to(target):
            return self._close(response, "redirect_loop", f"at {target}")
        found = Found(target, row.kind, row.site, row.url, row.hops + 1)
        # a seed's own page may lead anywhere; one found in a source stays on its site
        if above[0].kind == row.kind or self.job.seeds[row.site].admits(target):
            self.job.frontier.add([found], again=self.job.options.refetch, due=self.job.options.due)
        else:
            self._refuse([found])
        return self._close(response, REDIRECTED, target)

    def _read(self, response: Response) -> None:
        row, capture = _row(response), response.meta["capture"]
        now, max_age = datetime.fromtimestamp(self.job.frontier.started, UTC), self.job.seeds[row.site].max_age
        assert row.kind != "article"
        try:
            reading = read_source(row.kind, response.body, row.url, charset=capture.charset, now=now, max_age=max_age)
        except DiscoveryError as error:
            self._close(response, "bad_source", one_line(error))
            return
        links = reading.links
        leads = [found for link in links if (found := self._found(link, row))]
        seen = self.job.frontier.known([found.url for found in leads]) / len(leads) if leads else None
        new = self.job.frontier.add(leads, due=self.job.options.due)
        if row.kind == "feed":
            seed = self.job.seeds[row.site]
            self._refuse([Found(link.url, "article", row.site, row.url) for link in links if not seed.admits(link.url)])
        self._close(response, FETCHED, reading.told(new), seen)

    def _found(self, link: Link, row: Row) -> Found | None:
        seed = self.job.seeds[row.site]
        if link.is_sitemap:
            return Found(link.url, "sitemap", row.site, row.url, row.hops + 1) if row.hops < MAX_HOPS else None
        if not seed.admits(link.url):
            return None
        # the seed's patterns decide; without them a feed or news sitemap knows, and of other links the address tells
        if not (seed.allow or link.is_article or looks_like_article(link.url, link.text)):
            return None
        return Found(link.url, "article", row.site, row.url, published=link.published)

    def _refuse(self, found: list[Found]) -> None:
        for item in found:
            if self.job.frontier.add([item]):
                self.job.frontier.close(
                    item.url, OUT_OF_SCOPE, f"not of the site {item.site}, nor in its allow patterns"
                )

    def _close(self, response: Response, status: str, reason: str = "", seen: float | None = None) -> None:
        self.job.close(_row(response), status, reason, stored=response.meta.get("stored"), seen=seen)

    def _ended(self, event: Event) -> None:
        """Lease more, and count for Scrapy's own statistics."""
        self.crawler.stats.inc_value(f"ended/{event.status}")
        for removal in event.article.removals if event.article else ():
            self.crawler.stats.inc_value(f"clean/removed/{removal.rule}")
        if self.job.error:
            self.stop(self.job.error)
        self._woken.set()

    def _broken(self, failure: Failure, response: Response | Failure | None) -> None:
        """End the URL whose callback raised: nothing may stay in work for ever."""
        request = getattr(response, "request", None)
        error = failure.value or RuntimeError("failed without an error")
        if isinstance(error, (ArchiveError, FrontierError)):
            self.stop(error)
        elif request is not None and "row" in request.meta:
            self.job.close(request.meta["row"], *ending_of(error), stored=request.meta.get("stored"))


def _row(response: Response) -> Row:
    row: Row = response.meta["row"]
    return row


def _not_html(response: Response) -> str:
    """Return why the response is no HTML page, empty where it is one."""
    declared = response.meta["capture"].content_type
    if declared in _HTML:
        return ""
    start = response.body[:2048].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if declared in _UNSAID and start.startswith(b"<") and (b"<html" in start or b"<!doctype html" in start):
        return ""
    return one_line(f"{declared or 'no content type, and no HTML'}", 100)

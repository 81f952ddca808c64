"""Lease URLs from the frontier, read sources, and pass pages to the pipelines: the crawl's spider."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.http import Response
from twisted.python.failure import Failure

from archive import PAGE_STATUSES, ArchiveError, Capture, Refusal, Stored, page_of
from cleaners import Article, Page, PoolError
from scraper.crawl import CrawlError, Event
from scraper.crawl.options import options_from, stopping
from scraper.crawl.pipelines import NewsItem
from scraper.crawl.run import lock_until_exit
from scraper.crawl.session import Session, open_session
from scraper.discovery import DiscoveryError, Link, read_source, refresh_target, still
from scraper.discovery.sitemaps import MAX_SITEMAP
from scraper.errors import bug_line
from scraper.fetch.failures import ending_of
from scraper.fetch.pacing import HostHeld, return_queued
from scraper.frontier import RENEWALS, FoundUrl, FrontierError, Row
from scraper.outcomes import (
    ERROR,
    FETCHED,
    NOT_HTML,
    NOT_MODIFIED,
    OUT_OF_SCOPE,
    OVER_BUDGET,
    REDIRECT_LOOP,
    REDIRECTED,
    TRUNCATED,
)
from scraper.printable import one_line
from scraper.report.history import MAX_TIME
from scraper.seeds import SeedError
from scraper.urls import canonical, looks_like_article

MAX_HOPS = 5
"""Most redirects, or levels of sitemap indexes, that are followed from where a URL was found."""

MAX_COOKIES = 10
"""Most cookies that are sent back to a page that redirects to itself: one is usual."""

KEPT = "kept as it is"
"""The reason of a front page whose links are not followed."""

STORED_SECONDS = 0.1
"""Seconds after which a page that is stored and not yet cleaned is recorded in the frontier, with those that have come
meanwhile: one transaction for all. A killed crawl asks again for the pages of this time at most; a page that is cleaned
within it costs nothing."""

REDIRECTS = frozenset({301, 302, 303, 307, 308})
"""Statuses that are followed if the response has a Location."""


class News(Spider):
    """Crawls what its session's frontier holds: `scrapy crawl news -a seeds=FILE -a data=DIR`."""

    name = "news"

    def __init__(self, session: Session, **kwargs: Any) -> None:  # noqa: ANN401 - Scrapy's own
        super().__init__(**kwargs)
        self.session = session
        self._woken = asyncio.Event()
        self._stopping: asyncio.Future[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, session: Session | None = None, **kwargs: Any) -> News:  # noqa: ANN401
        """Build the spider for *session*, or for the options given as texts on Scrapy's command line."""
        try:
            # only a caller with a session passes arguments of the spider
            spider = cls(session, **kwargs) if session else cls(open_session(lock_until_exit(options_from(kwargs))))
        except (ValueError, CrawlError, FrontierError, ArchiveError) as error:
            # Scrapy's command line would print a traceback
            raise SystemExit(f"news: {error}") from None
        spider._set_crawler(crawler)
        if session is None:
            crawler.signals.connect(spider.session.frontier.dispose, signals.engine_stopped)
        crawler.settings.setdict(spider.session.options.settings(), priority="spider")
        crawler.signals.connect(spider._callback_failed, signals.spider_error)
        return spider

    async def start(self) -> AsyncIterator[Request | NewsItem]:
        """Yield what a killed crawl has left to clean, then requests for leased URLs as there is room, until nothing is
        waiting and nothing is in work."""
        try:
            for item in self.session.left_over():
                yield item
            async for request in self._requests():
                yield request
        except Exception as error:
            # Scrapy would log it, and end the run as finished
            self.stop(error)

    async def _requests(self) -> AsyncIterator[Request]:
        while True:
            self._woken.clear()
            rows = self.session.lease()
            pause = None if rows else self.session.pause()
            for row in rows:
                if row.kind == "article" or self.session.admits_source(row.url, row.site):
                    yield self._request(row)
                else:
                    self.close_url(row, OVER_BUDGET, self._budget())
                    # thousands may wait from runs without a budget
                    await asyncio.sleep(0)
            if self.session.is_over:
                # what the downloader holds back for the pace would outlast the run
                for host in list(self.crawler.engine.downloader.slots):
                    return_queued(self.crawler, host)
            if not rows and self.session.is_idle and pause is None:
                return
            if not rows:
                longest = pause or self.session.options.lease / RENEWALS
                if not self.session.is_over:
                    longest = min(longest, self.session.seconds_left)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._woken.wait(), longest)

    async def parse(self, response: Response) -> AsyncIterator[NewsItem | Request]:
        """Follow a redirect, read a source, or pass a page to the pipelines; close the URL of any other response."""
        try:
            async for item in self._parsed(response):
                yield item
        except SeedError as error:
            # a pattern takes too long, and would for the next link too
            self.stop(error)

    async def _parsed(self, response: Response) -> AsyncIterator[NewsItem | Request]:
        row, status = _row(response), response.status
        if "dataloss" in response.flags:
            self._close(response, TRUNCATED, "the connection ended before the body did")
        elif status in REDIRECTS and response.headers.get("Location"):
            if again := _with_cookies(response):
                yield again
            else:
                self._redirect(response, (response.headers["Location"] or b"").decode("utf-8", "replace"))
        elif status == 304 and response.meta["conditional"]:
            self._close(response, NOT_MODIFIED, still(row.reason))
        elif status not in PAGE_STATUSES:
            self._close(response, f"http_{status}")
        elif target := self._refresh(response):
            self._redirect(response, target)
        elif self.session.revisits.is_repeated(row) and not self.session.was_rendered(row):
            self._close(response, NOT_MODIFIED, f"{still(row.reason)}unchanged")
        elif row.kind == "front" and not self._names_articles(row):
            page = page_of(response.meta["capture"], payload=response.meta["payload"])
            if isinstance(page, Refusal):
                self._close(response, NOT_HTML, one_line(page.detail, 100))
            else:
                self._close(response, FETCHED, KEPT)
        elif row.kind != "article":
            await self._read(response)
        else:
            capture: Capture = response.meta["capture"]
            page = page_of(capture, payload=response.meta["payload"])
            if isinstance(page, Refusal):
                if page.reason != "empty":
                    self._close(response, NOT_HTML, one_line(page.detail, 100))
                    return
                page = Page(b"", row.url, capture.charset)  # the pipelines close it as a page without text
            if self.session.note_stored(row, response.meta["stored"]):
                asyncio.get_running_loop().call_later(STORED_SECONDS, self._record_stored)
            yield NewsItem(row, page, response.meta["stored"], capture)

    def failed(self, failure: Failure) -> None:
        """Close the URL of a request that brought no response, or put it back."""
        request: Request = failure.request  # type: ignore[attr-defined]
        row: Row = request.meta["row"]
        error = failure.value or RuntimeError("failed without an error")
        stored: Stored | None = request.meta.get("stored")
        # the request for robots.txt may have failed first: then its error is the cause
        for cause in (error, error.__cause__):
            if isinstance(cause, (ArchiveError, CrawlError, FrontierError)):
                return self.stop(cause)
            if isinstance(cause, HostHeld):
                return self._closed(row, self.session.put_back(row, cause.status, str(cause), stored=stored))
        return self.close_url(row, *ending_of(error), stored=stored)

    def close_url(
        self,
        row: Row,
        status: str,
        reason: str = "",
        *,
        article: Article | None = None,
        stored: Stored | None = None,
        known_share: float | None = None,
    ) -> None:
        """Give *row* its final status, as `Session.close_url` does, and lease more."""
        try:
            event = self.session.close_url(row, status, reason, article=article, stored=stored, known_share=known_share)
        except Exception as error:
            return self.stop(error)
        return self._closed(row, event)

    def stop(self, error: BaseException) -> None:
        """End the crawl because of *error*: what is fetched can no longer be stored, or there is a bug."""
        self.session.error = self.session.error or stopping(error)
        if self._stopping is None:
            self._stopping = asyncio.ensure_future(self.crawler.engine.close_spider_async(reason="stopped"))

    def closed(self, reason: str) -> None:
        """Note how the crawl ended, and finish the session."""
        self.session.ending = MAX_TIME if reason == "finished" and self.session.is_over else reason
        try:
            self.session.finish()
        except Exception as error:
            # Scrapy would log it, and the run would count as done
            self.session.error = self.session.error or stopping(error)

    def _record_stored(self) -> None:
        try:
            self.session.record_stored()
        except Exception as error:
            self.stop(error)

    def _request(self, row: Row) -> Request:
        headers = {} if self.session.was_rendered(row) else self.session.revisits.conditions(row)
        meta: dict[str, Any] = {"row": row, "handle_httpstatus_all": True, "conditional": bool(headers)}
        if row.kind == "sitemap":
            meta["download_maxsize"] = MAX_SITEMAP
        return Request(row.url, self.parse, headers=headers, errback=self.failed, dont_filter=True, meta=meta)

    def _refresh(self, response: Response) -> str | None:
        """Return where a page leads at once by `meta refresh`; None for one that only reloads itself."""
        row = _row(response)
        if row.kind not in ("article", "front", "section"):
            return None
        target = refresh_target(response.body, row.url)
        return target if target and canonical(target, row.url, keep_session=True) != row.url else None

    def _redirect(self, response: Response, location: str) -> None:
        row, frontier = _row(response), self.session.frontier
        # a server that leads to an address with a session id may answer nowhere else
        target = canonical(location, row.url, keep_session=True)
        if target is None:
            return self._close(response, OUT_OF_SCOPE, f"redirects to {one_line(location)}, which is not http or https")
        if row.hops >= MAX_HOPS or row.url in frontier.leads_to(target):
            return self._close(response, REDIRECT_LOOP, f"at {target}")
        next_url = FoundUrl(target, row.kind, row.site, row.url, row.hops + 1)
        if row.kind != "article":
            self.session.follow_source(target, row.site)
        # a seed's own page may lead anywhere; one found in a source stays on its site
        if frontier.story(row.url)[0].kind == row.kind or self.session.seeds[row.site].admits(target):
            frontier.add([next_url], again=self.session.options.refetch, due=self.session.options.due)
        else:
            self._refuse([next_url])
        return self._close(response, REDIRECTED, target)

    def _names_articles(self, row: Row) -> bool:
        """Tell whether the links of a front page are followed: where it, or what redirects to it, is a section too."""
        return self.session.frontier.story(row.url)[0].url in self.session.seeds[row.site].pages_of_links

    async def _read(self, response: Response) -> None:
        """Read a feed, sitemap or section, and put the articles that it names into the frontier."""
        row, capture, frontier = _row(response), response.meta["capture"], self.session.frontier
        seed, now = self.session.seeds[row.site], datetime.fromtimestamp(frontier.started, UTC)
        assert row.kind != "article"
        try:
            reading = await self.session.cleaning.reading(
                partial(
                    read_source,
                    "section" if row.kind == "front" else row.kind,
                    response.body,
                    row.url,
                    charset=capture.charset,
                    now=now,
                    max_age=seed.max_age,
                )
            )
        except DiscoveryError as error:
            self._close(response, error.status, one_line(error))
            return
        urls = [url for link in reading.links if (url := self._wanted(link, row))]
        known_share = frontier.known([url.url for url in urls]) / len(urls) if urls else None
        new = frontier.add(urls, due=self.session.options.due)
        if reading.moved_to:
            self._follow_move(row, reading.moved_to)
        if row.kind == "feed":
            foreign = (link.url for link in reading.links if not seed.admits(link.url))
            self._refuse(FoundUrl(url, "article", row.site, row.url) for url in foreign)
        parts = sum(link.is_sitemap for link in reading.links) if row.hops < MAX_HOPS else 0
        if left_out := parts - sum(url.kind == "sitemap" for url in urls):
            reason = f"{reading.summary(new)}; {left_out} parts not read: {self._budget()}"
            return self._close(response, OVER_BUDGET, reason, known_share)
        self._close(response, FETCHED, reading.summary(new), known_share)

    def _follow_move(self, row: Row, target: str) -> None:
        """Read the address to which a feed says that it has moved, too; the old one is read on."""
        frontier = self.session.frontier
        first = frontier.story(row.url)[0]
        # as with redirects: a seed's own feed may lead anywhere, within as many steps, and never back
        may = first.kind == row.kind or self.session.seeds[row.site].admits(target)
        if may and row.hops < MAX_HOPS and target != first.url and self.session.admits_source(target, row.site):
            frontier.add([FoundUrl(target, "feed", row.site, row.url, row.hops + 1)], due=self.session.options.due)

    def _budget(self) -> str:
        return f"a run reads {self.session.options.max_sources} sources of a site (--max-sources)"

    def _wanted(self, link: Link, row: Row) -> FoundUrl | None:
        """Return what to fetch for a link of the source *row*, None where the link is not followed."""
        seed = self.session.seeds[row.site]
        if link.is_sitemap:
            part = FoundUrl(link.url, "sitemap", row.site, row.url, row.hops + 1)
            return part if row.hops < MAX_HOPS and self.session.admits_source(part.url, part.site) else None
        if not seed.admits(link.url):
            return None
        # without patterns of the seed, a link is an article if its source calls it one, or if its URL looks like one
        if not (seed.allow or link.is_article or looks_like_article(link.url, link.text)):
            return None
        return FoundUrl(link.url, "article", row.site, row.url, published=link.published)

    def _refuse(self, urls: Iterable[FoundUrl]) -> None:
        for url in urls:
            if self.session.frontier.add([url]):
                reason = f"not of the site {url.site}, nor in its allow patterns"
                self.session.frontier.close(url.url, OUT_OF_SCOPE, reason)

    def _close(self, response: Response, status: str, reason: str = "", known_share: float | None = None) -> None:
        self.close_url(_row(response), status, reason, stored=response.meta.get("stored"), known_share=known_share)

    def _closed(self, row: Row, event: Event | None) -> None:
        """Count the event for Scrapy's statistics, empty the queue of a host that is held, and lease more."""
        if event is not None:
            self.crawler.stats.inc_value(f"ended/{event.status}")
            removals = event.article.removals if event.article else ()
            for rule, number in Counter(removal.rule for removal in removals).items():
                self.crawler.stats.inc_value(f"clean/removed/{rule}", number)
        if self.session.pauses.held(row.host):
            return_queued(self.crawler, row.host)
        if self.session.error:
            self.stop(self.session.error)
        self._woken.set()

    def _callback_failed(self, failure: Failure, response: Response | Failure | None) -> None:
        """Close the URL whose callback raised, with `error`: no URL may stay in work for ever, and a page that shows a
        bug ends no other."""
        request = getattr(response, "request", None)
        error = failure.value or RuntimeError("failed without an error")
        if isinstance(error, (ArchiveError, CrawlError, FrontierError, PoolError)) or request is None:
            self.stop(error)
        else:
            self.close_url(request.meta["row"], ERROR, one_line(bug_line(error)), stored=request.meta.get("stored"))


def _with_cookies(response: Response) -> Request | None:
    """Return the request once more with the cookies that a redirect to itself has set; None for any other redirect.

    Nothing else is done with cookies: they are sent this once, and not kept.
    """
    location = (response.headers["Location"] or b"").decode("utf-8", "replace")
    request, row = response.request, _row(response)
    pairs = [value.partition(b";")[0].strip() for value in response.headers.getlist("Set-Cookie")][:MAX_COOKIES]
    if request is None or not any(pairs) or request.headers.get("Cookie"):
        return None
    if canonical(location, row.url, keep_session=True) != row.url:
        return None
    headers = request.headers.copy()
    headers["Cookie"] = b"; ".join(pair for pair in pairs if pair)
    return request.replace(headers=headers)


def _row(response: Response) -> Row:
    row: Row = response.meta["row"]
    return row

"""Fetch what sites say about the use of their pages outside of them: tdmrep.json and licence files (RSL).

Each is requested once a day, with the guard, robots.txt and the pauses of every request. It is only recorded: whatever
goes wrong with it, the page is fetched.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from time import monotonic
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK

from archive import (
    MAX_RSL,
    RSL_NAMESPACE,
    Capture,
    Elsewhere,
    LicenceFile,
    OptOuts,
    PayloadError,
    iso_second,
    licence_addresses,
    read_licence_file,
    read_tdm_rules,
    tdm_of,
)
from scraper.fetch.answers import KEEP, KEEP_FAILURE, Answers, make_room
from scraper.urls import origin_of

MAX_RULES = 64 * 1024
"""Most bytes of a tdmrep.json: a rule takes about a hundred."""


class TdmRules:
    """Downloader middleware that reads each origin's /.well-known/tdmrep.json, unless the options say no.

    It runs after Robots, since robots.txt may refuse that file.
    """

    clock: Callable[[], float] = staticmethod(monotonic)

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._known: Answers[tuple[Any, str]] = Answers(self._fetch, lambda: self.clock())

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> TdmRules:
        """Build the middleware, as Scrapy asks for it."""
        spider: Any = crawler.spider
        if not spider.session.options.tdmrep or not _is_archived(crawler):
            raise NotConfigured
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Add what the origin's rules say about a page to the request's `elsewhere`."""
        if "row" in request.meta:
            rules, seen = await self._known.of(origin_of(request.url), request)
            known = elsewhere_of(request)
            told = tdm_of(urlsplit(request.url).path or "/", rules)
            seen_now = (("tdmrep.json", seen),) if seen else ()
            request.meta["elsewhere"] = replace(known, tdm=told, seen=(*known.seen, *seen_now))

    async def _fetch(self, origin: str, request: Request) -> tuple[tuple[Any, str], float]:
        """Return the file's JSON, None where there is none or it could not be fetched, with when, and how long."""
        response = await _fetched(self._crawler, f"{origin}/.well-known/tdmrep.json", MAX_RULES)
        rules = read_tdm_rules(response.body) if response is not None and response.status == 200 else None
        return (rules, seen_of(response)), self.clock() + (KEEP if response else KEEP_FAILURE)


class Known(NamedTuple):
    """A licence file that was requested; None where it is none."""

    file: LicenceFile | None
    seen: str


class LicenceFiles:
    """Downloader middleware that reads the licence files that robots.txt, pages and feeds name.

    Those of robots.txt and of the page's feed are read before the page is requested, and what they say is stored with
    it. What a page's own links name is read behind it, and added in the catalog.
    """

    clock: Callable[[], float] = staticmethod(monotonic)

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._session: Any = crawler.spider.session  # type: ignore[union-attr]
        self._known: Answers[Known] = Answers(self._fetch, lambda: self.clock())
        self._of_feeds: dict[str, tuple[str, ...]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> LicenceFiles:
        """Build the middleware, as Scrapy asks for it."""
        if not _is_archived(crawler):
            raise NotConfigured
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Add what the licences say about a page to the request's `elsewhere`."""
        if "row" not in request.meta:
            return
        known = elsewhere_of(request)
        rsl = (*known.rsl, *self._of_feeds.get(request.meta["row"].found_in or "", ()))
        if rsl:
            terms, seen = await self._terms(request, licence_addresses(request.url, rsl))
            request.meta["elsewhere"] = replace(known, rsl=rsl, terms=terms, seen=(*known.seen, *seen))

    async def process_response(self, request: Request, response: Response) -> Response:
        """Keep the licences that a feed names; read those that a page names, and add what they say in the catalog."""
        capture: Capture | None = request.meta.get("capture")
        if capture is None or capture.opt_outs is None:
            return response
        if request.meta["row"].kind == "feed":
            await self._note_feed(request.meta["row"].url, capture, capture.opt_outs)
            return response
        own = tuple(value for value in capture.opt_outs.rsl if not value.startswith(("robots: ", "feed: ")))
        if own:
            terms, seen = await self._terms(request, licence_addresses(capture.url, own))
            if terms:
                opt_outs = capture.opt_outs.with_terms(terms, seen)
                request.meta["capture"] = replace(capture, opt_outs=opt_outs)
                self._session.note_opt_outs(request.meta["stored"], opt_outs)
        return response

    async def _note_feed(self, feed: str, capture: Capture, opt_outs: OptOuts) -> None:
        """Keep which licence files a feed names, and the licences that stand in it."""
        links = licence_addresses(
            capture.url, [value for value in opt_outs.rsl if value.startswith(("link: ", "header: "))]
        )
        try:
            start = capture.payload_start(MAX_RSL)
        except PayloadError:
            start = b""
        if RSL_NAMESPACE.encode() in start:
            file = await asyncio.to_thread(read_licence_file, capture.url, start)
            if file is not None:
                self._known.keep(capture.url, Known(file, iso_second(capture.fetched)), self.clock() + KEEP)
                links.append(capture.url)
        make_room(self._of_feeds)
        self._of_feeds[feed] = tuple(f"feed: {address}" for address in links)

    async def _terms(
        self, request: Request, addresses: Iterable[str]
    ) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
        terms: list[tuple[str, str]] = []
        seen: list[tuple[str, str]] = []
        for address in addresses:
            known = await self._known.of(address, request)
            if known.file is not None:
                terms += [(address, line) for line in known.file.terms_for(request.url)]
                seen.append((address, known.seen))
        return tuple(terms), tuple(seen)

    async def _fetch(self, address: str, request: Request) -> tuple[Known, float]:
        response = await _fetched(self._crawler, address, MAX_RSL)
        file = None
        if response is not None and response.status == 200:
            file = await asyncio.to_thread(read_licence_file, address, response.body)
        return Known(file, seen_of(response)), self.clock() + (KEEP if response else KEEP_FAILURE)


def elsewhere_of(request: Request) -> Elsewhere:
    """Return what is known so far about the page of a request from outside of it."""
    known: Elsewhere = request.meta.get("elsewhere", Elsewhere())
    return known


def seen_of(response: Response | None) -> str:
    """Return when a response was requested, in ISO 8601 to the second; empty where that is not known."""
    capture: Capture | None = response.request.meta.get("capture") if response and response.request else None
    return iso_second(capture.fetched) if capture else ""


def _is_archived(crawler: Crawler) -> bool:
    """Tell whether the crawl stores anything: what is said about pages is of no use without them."""
    spider: Any = crawler.spider
    return spider.session.options.data is not None


async def _fetched(crawler: Crawler, url: str, most: int) -> Response | None:
    """Return the response of a file, None where it could not be fetched."""
    meta = {"dont_retry": True, "download_maxsize": most}
    try:
        request = Request(url, callback=NO_CALLBACK, meta=meta)
        response: Response = await crawler.engine.download_async(request)
    except Exception:
        return None
    return response

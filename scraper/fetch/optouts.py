"""Opt-out signals, put together at the time of download: what the response, its origin and robots.txt say of a page."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http.request import NO_CALLBACK

from archive import Capture, PayloadError, read_opt_outs, tdm_of
from archive.optouts import HEAD
from scraper.fetch.origins import Answers
from scraper.fetch.robots import KEPT

MAX_RULES = 64 * 1024
"""Bytes of a tdmrep.json that are read: a rule takes about a hundred."""

_PAGES = frozenset({200, 203})


def with_opt_outs(capture: Capture, request: Request) -> Capture:
    """Return *capture* with the signals for its page; as it is where the request is none of the crawl's own URLs."""
    if "row" not in request.meta or capture.status not in _PAGES:
        return capture
    try:
        start = capture.payload_start(HEAD)
    except PayloadError:
        start = b""
    rules = request.meta.get("tdm_rules")
    path = urlsplit(capture.url).path or "/"
    found = read_opt_outs(
        capture.values,
        start,
        robots=request.meta.get("refused_agents"),
        tdm_file=None if rules is None else tdm_of(path, rules),
    )
    return replace(capture, opt_outs=found)


@dataclass(frozen=True, slots=True)
class _Rules:
    rules: Any
    """JSON from the site; None where there is none, or it is not known."""
    until: float


class TdmRules:
    """Downloader middleware: reads each origin's /.well-known/tdmrep.json once a day, where the crawl is told to.

    It stands behind robots.txt, which may refuse that file too. Whatever goes wrong, the page is fetched: this records
    what a site says and decides nothing.
    """

    clock: Callable[[], float] = staticmethod(monotonic)

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._known: Answers[_Rules] = Answers(self._fetch, lambda: self.clock())

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> TdmRules:
        """Build the middleware, as Scrapy asks for it."""
        spider: Any = crawler.spider
        if not spider.job.options.tdmrep:
            raise NotConfigured
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Put the origin's rules into the request's meta as `tdm_rules`."""
        if "row" in request.meta:
            request.meta["tdm_rules"] = (await self._known.of(request)).rules

    async def _fetch(self, origin: str, request: Request) -> _Rules:
        url = f"{origin}/.well-known/tdmrep.json"
        asking = Request(url, callback=NO_CALLBACK, meta={"dont_retry": True, "download_maxsize": MAX_RULES})
        try:
            response = await self._crawler.engine.download_async(asking)
            rules = json.loads(response.body) if response.status == 200 else None
        except Exception:
            rules = None
        return _Rules(rules, self.clock() + KEPT)

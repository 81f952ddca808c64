"""Fetch what the scripts of a page ask for as the crawl fetches pages: with the guard, robots.txt and pauses."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from scraper.fetch.failures import ending_of
from scraper.rendering.browser import MAX_PART, TICK, Asked, Part
from scraper.urls import canonical

MAX_HOPS = 5
"""Most redirects of a part that are followed, as of a page."""
PART_SECONDS = 10.0
"""Longest time for one part: the page as a whole has 30 s."""
MAX_KEPT = 32 << 20
"""Bytes of scripts that are kept for the next pages, so that each is fetched once in a run and not once a page."""
SENT = frozenset({"accept", "accept-language", "authorization", "origin", "referer"})
"""Headers of a page's request that are sent on, with those that begin with `x-`. No cookies: a crawl keeps none."""
GIVEN = ("content-type", "access-control-allow-origin", "access-control-expose-headers")
"""Headers of an answer that the page gets."""
REDIRECTS = frozenset({301, 302, 303, 307, 308})


class PartRefused(Exception):
    """A request of a page that is not sent; the message is its status."""


class Parts:
    """Fetches parts of pages; those of one host one after the other. Its parts are not archived."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._turns: dict[str, asyncio.Lock] = {}
        self._scripts: OrderedDict[str, Part] = OrderedDict()
        self._kept = 0
        self.refused: dict[str, int] = {}
        """How many parts were not sent or brought nothing, by status."""

    async def fetch(self, asked: Asked) -> Part | None:
        """Return what answers a request of a page; None where it is refused or fails."""
        if known := self._scripts.get(asked.url):
            self._scripts.move_to_end(asked.url)
            return known
        try:
            response = await self._fetch(asked)
        except PartRefused as refusal:
            status = str(refusal)
        except Exception as error:
            status, _ = ending_of(error)
        else:
            part = _part(response)
            if asked.kind == "script" and part.status == 200:
                self._keep(asked.url, part)
            return part
        self.refused[status] = self.refused.get(status, 0) + 1
        return None

    @asynccontextmanager
    async def visit(self, host: str) -> AsyncIterator[None]:
        """Have the next page of *host* wait for its delay from the end of the block on: a page and its parts are one
        visit."""

        async def go_on() -> None:
            while True:
                self._seen(host)
                await asyncio.sleep(TICK)

        visiting = asyncio.ensure_future(go_on())
        try:
            yield
        finally:
            visiting.cancel()
            self._seen(host)

    def _seen(self, host: str) -> None:
        if slot := self._crawler.engine.downloader.slots.get(host):
            slot.lastseen = max(slot.lastseen, monotonic())

    async def _fetch(self, asked: Asked) -> Response:
        url, headers = asked.url, _sent(asked)
        for _ in range(MAX_HOPS + 1):
            response = await self._download(url, headers)
            location = response.headers.get("Location")
            if response.status not in REDIRECTS or not location:
                return response
            target = canonical(location.decode("utf-8", "replace"), url, keep_session=True)
            if target is None:
                raise PartRefused("out_of_scope")
            if urlsplit(target).netloc != urlsplit(url).netloc:
                # as browsers do: what lets a script in at one server is no business of another one
                headers = {name: value for name, value in headers.items() if name != "authorization"}
            url = target
        raise PartRefused("redirect_loop")

    async def _download(self, url: str, headers: dict[str, str]) -> Response:
        meta: dict[str, Any] = {
            "is_part": True,
            "handle_httpstatus_all": True,
            "dont_retry": True,
            "download_maxsize": MAX_PART,
            "download_timeout": PART_SECONDS,
        }
        host = urlsplit(url).hostname or ""
        downloader = self._crawler.engine.downloader
        async with self._turns.setdefault(host, asyncio.Lock()):
            # past the queue of the host's pages, whose delay is between visits, and through all that looks at requests
            answer = await downloader.middleware.download_async(
                downloader.handlers.download_request_async, Request(url, headers=headers, meta=meta)
            )
            self._seen(host)
        if not isinstance(answer, Response):
            raise PartRefused("redirect_loop")
        return answer

    def _keep(self, url: str, part: Part) -> None:
        self._scripts[url] = part
        self._kept += len(part.body)
        while self._kept > MAX_KEPT:
            _, oldest = self._scripts.popitem(last=False)
            self._kept -= len(oldest.body)


def _sent(asked: Asked) -> dict[str, str]:
    return {name: value for name, value in asked.headers.items() if name in SENT or name.startswith("x-")}


def _part(response: Response) -> Part:
    values = {name: (response.headers.get(name) or b"").decode("latin-1") for name in GIVEN}
    return Part(response.status, {name: value for name, value in values.items() if value}, response.body)

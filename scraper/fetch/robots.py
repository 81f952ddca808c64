"""robots.txt, obeyed under concurrency: Scrapy's own middleware lets later waiters of a cold host through."""

from __future__ import annotations

import asyncio

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http.request import NO_CALLBACK
from scrapy.robotstxt import RobotParser
from scrapy.utils.httpobj import urlparse_cached
from scrapy.utils.misc import build_from_crawler, load_object

MAX_ROBOTS = 500 * 1024
"""Bytes of robots.txt that are read: the least that RFC 9309 §2.5 asks for."""


class Disallowed(IgnoreRequest):
    """robots.txt does not allow the request; the message says why."""


class RobotsUnreachable(IgnoreRequest):
    """robots.txt could not be fetched, so nothing of its host is; the cause is the network error."""


class Robots:
    """Downloader middleware: fetches each origin's robots.txt once and refuses what it does not allow.

    Following RFC 9309, 4xx means that all is allowed, 429 and 5xx that nothing is. An error of the network fails the
    request with RobotsUnreachable, so that it ends with the network's status.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._agent: str = crawler.settings["ROBOTSTXT_USER_AGENT"]
        self._parser: type[RobotParser] = load_object(crawler.settings["ROBOTSTXT_PARSER"])
        # futures, since any number of requests may wait on one: a Deferred gives its result to the first alone
        self._verdicts: dict[str, asyncio.Future[tuple[RobotParser, str]]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Robots:
        """Build the middleware, as Scrapy asks for it."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Wait for the origin's robots.txt and raise Disallowed or RobotsUnreachable where *request* must not leave."""
        if request.meta.get("dont_obey_robotstxt"):
            return
        parts = urlparse_cached(request)
        origin = f"{parts.scheme}://{parts.netloc}"
        verdict = self._verdicts.get(origin)
        if verdict is None:
            verdict = self._verdicts[origin] = asyncio.ensure_future(self._fetch(origin, request))
        # shielded: one request given up must not take the others' answer with it
        parser, refusal = await asyncio.shield(verdict)
        if not parser.allowed(request.url, self._agent):
            raise Disallowed(refusal)

    async def _fetch(self, origin: str, request: Request) -> tuple[RobotParser, str]:
        asking = Request(f"{origin}/robots.txt", callback=NO_CALLBACK, meta={"dont_obey_robotstxt": True})
        try:
            response = await self._crawler.engine.download_async(asking)
        except Exception as error:
            raise RobotsUnreachable("robots.txt could not be fetched") from error
        status, body, refusal = response.status, response.body[:MAX_ROBOTS], "disallowed by robots.txt"
        if status == 429 or status >= 500:
            body, refusal = b"User-agent: *\nDisallow: /\n", f"robots.txt answered {status}, which means to stay away"
        elif status >= 300:
            body = b""
        parser = build_from_crawler(self._parser, self._crawler, body)
        await self._crawler.signals.send_catch_log_async(
            signal=signals.robots_parsed, robotparser=parser, request=request
        )
        return parser, refusal

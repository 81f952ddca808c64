"""Fetch each origin's robots.txt, obey it, and keep what it says about the use of its pages.

Scrapy's own middleware for robots.txt lets through requests that wait while the file is being fetched.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from time import monotonic

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from scrapy.robotstxt import RobotParser
from scrapy.utils.misc import build_from_crawler, load_object

from archive import Elsewhere
from scraper.fetch.answers import KEEP, KEEP_FAILURE, Answers
from scraper.fetch.pacing import HostHeld, seconds_to_wait
from scraper.fetch.rights import seen_of
from scraper.fetch.robots_file import RobotsFile, Statements, TooManyRules, readable, rules_of, statements_of
from scraper.urls import origin_of

NO_STATEMENTS = Statements()
NOTHING = b"User-agent: *\nDisallow: /\n"


class Disallowed(IgnoreRequest):
    """robots.txt does not allow the request; the message is the reason."""


class RobotsTooLarge(Disallowed):
    """robots.txt has more rules than are read, so what it disallows is not known."""


class RobotsUnreachable(IgnoreRequest):
    """robots.txt could not be fetched, so nothing of its origin is fetched; the cause is the network error."""


@dataclass(frozen=True, slots=True)
class RobotsAnswer:
    """The rules of an origin's robots.txt, or why there are none."""

    parser: RobotParser | None
    """None where it could not be fetched."""
    statements: Statements = NO_STATEMENTS
    seen: str = ""
    """When it was fetched, in ISO 8601."""
    refusal: str = ""
    error: Exception | None = None
    is_too_large: bool = False

    def about(self, url: str) -> Elsewhere:
        """Return what it says about the use of a page."""
        assert self.parser is not None, "nobody knows what a file says that could not be fetched"
        said = RobotsFile(self.parser.allowed, self.statements).about(url)
        return replace(said, seen=(("robots.txt", self.seen),)) if self.seen else said

    def check(self, url: str, agent: str) -> None:
        """Raise Disallowed or RobotsUnreachable where *agent* must not fetch *url*."""
        if self.parser is None:
            raise RobotsUnreachable("robots.txt could not be fetched") from self.error
        if not self.parser.allowed(url, agent):
            raise (RobotsTooLarge if self.is_too_large else Disallowed)(self.refusal)


class Robots:
    """Downloader middleware that fetches each origin's robots.txt once a day and refuses what it does not allow.

    By RFC 9309, 4xx means that everything is allowed, 429 and 5xx that nothing is. Where the network fails, the URL
    gets the network's status. What it says about the use of a page is stored in the request's meta as `elsewhere`.
    """

    clock: Callable[[], float] = staticmethod(monotonic)

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._agent: str = crawler.settings["ROBOTSTXT_USER_AGENT"]
        self._parser: type[RobotParser] = load_object(crawler.settings["ROBOTSTXT_PARSER"])
        self._answers: Answers[RobotsAnswer] = Answers(self._fetch, lambda: self.clock())

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Robots:
        """Build the middleware, as Scrapy asks for it."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Wait for the origin's robots.txt; raise Disallowed or RobotsUnreachable where *request* must not be sent."""
        if request.meta.get("dont_obey_robotstxt"):
            return
        answer = await self._answers.of(origin_of(request.url), request)
        answer.check(request.url, self._agent)
        if answer.parser is not None:
            request.meta["elsewhere"] = answer.about(request.url)

    async def _fetch(self, origin: str, request: Request) -> tuple[RobotsAnswer, float]:
        robots_request = Request(f"{origin}/robots.txt", callback=NO_CALLBACK, meta={"dont_obey_robotstxt": True})
        try:
            response = await self._crawler.engine.download_async(robots_request)
            body, refusal, seconds = _read(response)
            seen = seen_of(response)
        except HostHeld as error:  # nothing was requested, so the next request asks again
            return RobotsAnswer(None, error=error), 0.0
        except Exception as error:
            if not isinstance(error, IgnoreRequest) or "max redirections reached" not in str(error):
                return RobotsAnswer(None, error=error), self.clock() + KEEP_FAILURE
            body, refusal, seconds, seen = b"", "", KEEP, ""  # RFC 9309 §2.3.1.2: as if there were no file
        is_too_large = False
        statements = await asyncio.to_thread(statements_of, body, self._agent)
        try:
            # beside the reactor: most of the time is a split of 500 KB into lines
            body = await asyncio.to_thread(rules_of, body, self._agent)
        except TooManyRules as error:
            body, refusal, is_too_large = NOTHING, str(error), True
        parser = await asyncio.to_thread(build_from_crawler, self._parser, self._crawler, body)
        await self._crawler.signals.send_catch_log_async(
            signal=signals.robots_parsed, robotparser=parser, request=request
        )
        answer = RobotsAnswer(parser, statements, seen, refusal, is_too_large=is_too_large)
        return answer, self.clock() + seconds


def _read(response: Response) -> tuple[bytes, str, float]:
    """Return the rules of a response, the reason for refusals, and the seconds for which both are kept."""
    status = response.status
    if status == 429 or status >= 500:
        wait = min(seconds_to_wait(response.headers.get("Retry-After")), KEEP)
        return NOTHING, f"robots.txt answered {status}, which means to stay away", max(KEEP_FAILURE, wait)
    if "dataloss" in response.flags:
        return NOTHING, "robots.txt was cut off, so its rules are not known", KEEP_FAILURE
    if status >= 300:
        return b"", "", KEEP
    return readable(response.body), "disallowed by robots.txt", KEEP

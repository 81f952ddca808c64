"""robots.txt, obeyed under concurrency: Scrapy's own middleware lets later waiters of a cold host through."""

from __future__ import annotations

import asyncio
import codecs
import json
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any, Generic, Protocol, TypeVar
from urllib.parse import urlsplit

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest, NotConfigured
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from scrapy.robotstxt import RobotParser
from scrapy.utils.misc import build_from_crawler, load_object

from archive import PAGE_STATUSES, Capture, PayloadError, read_opt_outs, refused_agents, tdm_of
from archive.warc.optouts import HEAD
from scraper.fetch.pacing import HostHeld, seconds_to_wait
from scraper.urls import origin_of

MAX_ROBOTS = 500 * 1024
"""Bytes of robots.txt that are read: the least that RFC 9309 §2.5 asks for."""
KEPT = 24 * 3600.0
"""Seconds for which an answer holds: RFC 9309 §2.4 asks for no more than a day."""
KEPT_FAILURE = 600.0
"""Seconds after which a failure is asked about again; a Retry-After of the answer may ask for more, up to KEPT."""

NOTHING = b"User-agent: *\nDisallow: /\n"


class Disallowed(IgnoreRequest):
    """robots.txt does not allow the request; the message says why."""


class RobotsUnreachable(IgnoreRequest):
    """robots.txt could not be fetched, so nothing of its host is; the cause is the network error."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an origin's robots.txt said."""

    parser: RobotParser | None
    """None where it could not be fetched."""
    refusal: str
    until: float
    error: Exception | None = None

    def check(self, url: str, agent: str) -> None:
        """Raise Disallowed or RobotsUnreachable where *agent* must not have *url*."""
        if self.parser is None:
            raise RobotsUnreachable("robots.txt could not be fetched") from self.error
        if not self.parser.allowed(url, agent):
            raise Disallowed(self.refusal)


class Robots:
    """Downloader middleware: fetches each origin's robots.txt once a day and refuses what it does not allow.

    Following RFC 9309, 4xx means that all is allowed, 429 and 5xx that nothing is. An error of the network fails the
    request with RobotsUnreachable, so that it ends with the network's status. The AI agents that robots.txt keeps from
    an allowed URL go into the request's meta as `refused_agents`.
    """

    clock: Callable[[], float] = staticmethod(monotonic)

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._agent: str = crawler.settings["ROBOTSTXT_USER_AGENT"]
        self._parser: type[RobotParser] = load_object(crawler.settings["ROBOTSTXT_PARSER"])
        self._verdicts: Answers[Verdict] = Answers(self._fetch, lambda: self.clock())

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Robots:
        """Build the middleware, as Scrapy asks for it."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Wait for the origin's robots.txt and raise Disallowed or RobotsUnreachable where *request* must not leave."""
        if request.meta.get("dont_obey_robotstxt"):
            return
        verdict = await self._verdicts.of(request)
        verdict.check(request.url, self._agent)
        if verdict.parser is not None:
            request.meta["refused_agents"] = refused_agents(request.url, verdict.parser.allowed)

    async def _fetch(self, origin: str, request: Request) -> Verdict:
        asking = Request(f"{origin}/robots.txt", callback=NO_CALLBACK, meta={"dont_obey_robotstxt": True})
        try:
            response = await self._crawler.engine.download_async(asking)
            body, refusal, kept = _read(response)
        except HostHeld as error:  # nothing was asked, so nothing is known for longer than the hold
            return Verdict(None, "", 0.0, error)
        except IgnoreRequest as error:
            if "max redirections reached" not in str(error):
                return Verdict(None, "", self.clock() + KEPT_FAILURE, error)
            body, refusal, kept = b"", "", KEPT  # RFC 9309 §2.3.1.2: as if there were none
        except Exception as error:
            return Verdict(None, "", self.clock() + KEPT_FAILURE, error)
        parser = build_from_crawler(self._parser, self._crawler, body)
        await self._crawler.signals.send_catch_log_async(
            signal=signals.robots_parsed, robotparser=parser, request=request
        )
        return Verdict(parser, refusal, self.clock() + kept)


def _read(response: Response) -> tuple[bytes, str, float]:
    """Return the rules of an answer, what a refusal by them says, and the seconds for which it holds."""
    status = response.status
    if status == 429 or status >= 500:
        asked = min(seconds_to_wait(response.headers.get("Retry-After")), KEPT)
        return NOTHING, f"robots.txt answered {status}, which means to stay away", max(KEPT_FAILURE, asked)
    if "dataloss" in response.flags:
        return NOTHING, "robots.txt was cut off, so its rules are not known", KEPT_FAILURE
    if status >= 300:
        return b"", "", KEPT
    return _rules(response.body), "disallowed by robots.txt", KEPT


def _rules(body: bytes) -> bytes:
    r"""Return what is read of a robots.txt: whole lines within MAX_ROBOTS, UTF-16 made UTF-8.

    >>> _rules("\ufeffDisallow: /a".encode("utf-16-le"))
    b'Disallow: /a'
    """
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        body = body[: 2 * MAX_ROBOTS].decode("utf-16", "ignore").encode("utf-8", "replace")
    return body if len(body) <= MAX_ROBOTS else body[:MAX_ROBOTS].rpartition(b"\n")[0]


MAX_ORIGINS = 5000
"""Origins remembered; a parsed robots.txt takes some 10 KB, so 50 MB."""


class Holding(Protocol):
    """An answer, and up to when it holds."""

    @property
    def until(self) -> float:
        """In seconds of the clock that is asked."""
        ...


T = TypeVar("T", bound=Holding)


class Answers(Generic[T]):
    """The answers of origins; *fetch* asks one, given the first request that wants to know."""

    def __init__(self, fetch: Callable[[str, Request], Coroutine[Any, Any, T]], clock: Callable[[], float]) -> None:
        self._fetch, self._clock = fetch, clock
        # futures, since any number of requests may wait on one: a Deferred gives its result to the first alone
        self._known: dict[str, asyncio.Future[T]] = {}

    async def of(self, request: Request) -> T:
        """Return what the origin of *request* says."""
        origin = origin_of(request.url)
        known = self._known.get(origin)
        if known is None or (known.done() and known.result().until <= self._clock()):
            self._known.pop(origin, None)
            while len(self._known) >= MAX_ORIGINS:
                del self._known[next(iter(self._known))]
            known = self._known[origin] = asyncio.ensure_future(self._fetch(origin, request))
        # shielded: one request given up must not take the others' answer with it
        return await asyncio.shield(known)


MAX_RULES = 64 * 1024
"""Bytes of a tdmrep.json that are read: a rule takes about a hundred."""


def with_opt_outs(capture: Capture, request: Request) -> Capture:
    """Return *capture* with the signals for its page; as it is where the request is none of the crawl's own URLs."""
    if "row" not in request.meta or capture.status not in PAGE_STATUSES:
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
        if not spider.session.options.tdmrep:
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

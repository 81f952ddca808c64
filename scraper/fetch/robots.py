"""Fetch what each origin says in robots.txt, which is obeyed, and in tdmrep.json, which is recorded.

Scrapy's own middleware for robots.txt lets through requests that wait while the file is being fetched.
"""

from __future__ import annotations

import asyncio
import codecs
import json
import re
from collections.abc import Callable, Collection, Coroutine
from dataclasses import dataclass
from time import monotonic
from typing import Any, Generic, TypeVar

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest, NotConfigured
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from scrapy.robotstxt import RobotParser
from scrapy.utils.misc import build_from_crawler, load_object

from archive import refused_agents
from scraper.discovery.pages import MAX_ROBOTS
from scraper.fetch.pacing import HostHeld, seconds_to_wait
from scraper.urls import origin_of

MAX_PAIRS = 20_000
"""Most pairs of an agent that is asked for and a rule of its group, wildcards counted as rules: the parser takes 10 µs
and 200 bytes for each. A file for the 40 agents with 500 rules each has so many."""
KEEP = 24 * 3600.0
"""Seconds for which an answer is kept: RFC 9309 §2.4 allows no more than a day."""
KEEP_FAILURE = 600.0
"""Seconds for which a failure is kept; a Retry-After may ask for more, up to KEEP."""

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
    refusal: str = ""
    error: Exception | None = None
    is_too_large: bool = False

    def check(self, url: str, agent: str) -> None:
        """Raise Disallowed or RobotsUnreachable where *agent* must not fetch *url*."""
        if self.parser is None:
            raise RobotsUnreachable("robots.txt could not be fetched") from self.error
        if not self.parser.allowed(url, agent):
            raise (RobotsTooLarge if self.is_too_large else Disallowed)(self.refusal)


class Robots:
    """Downloader middleware that fetches each origin's robots.txt once a day and refuses what it does not allow.

    By RFC 9309, 4xx means that everything is allowed, 429 and 5xx that nothing is. Where the network fails, the URL
    gets the network's status. The AI agents that are refused are stored in the request's meta as `refused_agents`.
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
        answer = await self._answers.of(request)
        answer.check(request.url, self._agent)
        if answer.parser is not None:
            request.meta["refused_agents"] = refused_agents(request.url, answer.parser.allowed)

    async def _fetch(self, origin: str, request: Request) -> tuple[RobotsAnswer, float]:
        robots_request = Request(f"{origin}/robots.txt", callback=NO_CALLBACK, meta={"dont_obey_robotstxt": True})
        try:
            response = await self._crawler.engine.download_async(robots_request)
            body, refusal, seconds = _read(response)
        except HostHeld as error:  # nothing was requested, so the next request asks again
            return RobotsAnswer(None, error=error), 0.0
        except Exception as error:
            if not isinstance(error, IgnoreRequest) or "max redirections reached" not in str(error):
                return RobotsAnswer(None, error=error), self.clock() + KEEP_FAILURE
            body, refusal, seconds = b"", "", KEEP  # RFC 9309 §2.3.1.2: as if there were no file
        is_too_large = False
        try:
            # beside the reactor: most of the time is a split of 500 KB into lines
            body = await asyncio.to_thread(rules_of, body, self._agent)
        except RobotsTooLarge as error:
            body, refusal, is_too_large = NOTHING, str(error), True
        parser = await asyncio.to_thread(build_from_crawler, self._parser, self._crawler, body)
        await self._crawler.signals.send_catch_log_async(
            signal=signals.robots_parsed, robotparser=parser, request=request
        )
        return RobotsAnswer(parser, refusal, is_too_large=is_too_large), self.clock() + seconds


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
    return _rules(response.body), "disallowed by robots.txt", KEEP


def _rules(body: bytes) -> bytes:
    r"""Return the part of a robots.txt that is read: whole lines within MAX_ROBOTS, in UTF-8 where it was UTF-16.

    >>> _rules("\ufeffDisallow: /a".encode("utf-16-le"))
    b'Disallow: /a'
    """
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        body = body[: 2 * MAX_ROBOTS].decode("utf-16", "ignore").encode("utf-8", "replace")
    return body if len(body) <= MAX_ROBOTS else body[:MAX_ROBOTS].rpartition(b"\n")[0]


_AI_AGENTS = refused_agents("/", lambda url, agent: False)
_AGENT_LINE = re.compile(r"\s*user(?:-|\s*)agent(?=[\s:])[\s:]*([^#]*)", re.I)
_RULE_LINE = re.compile(
    r"\s*(?:diss?all?ow|diasllow|disallaw|allow|crawl[- ]delay|request[- ]rate|visit[- ]time)(?=[\s:])",
    re.I,
)
"""Lines of a group; only they end its user-agent lines, and any other line is passed over (RFC 9309 §2.2.4)."""
_TOKEN = re.compile(r"[a-z_-]+")
_NOBODY = "User-agent: ~\n"
"""Stands for the agents of a group that nobody asks for: `~` is in no product token."""


def rules_of(robots: bytes, agent: str = "pressclip") -> bytes:
    r"""Return a robots.txt without the agents that are not asked for. Raises RobotsTooLarge beyond MAX_PAIRS.

    The parser keeps each rule once for each agent of its group. Of the agents that nobody asks for one stays, so that
    the group's rules do not become those of the group before. Agents that are asked for are written as bare product
    tokens, since the parser takes `PressClip/1.0` for another one, and `press` for ours.

    >>> rules_of(b"User-agent: a\nUser-agent: Quillwort\nUser-agent: GPTBot/1.0\nDisallow: /x\n")
    b'User-agent: ~\nUser-agent: gptbot\nDisallow: /x\n'
    """
    asked = {name.lower() for name in (agent, *_AI_AGENTS)}
    lines: list[str] = []
    pairs = 0
    of_group: set[str] = set()
    in_rules = False
    # as the parser does: it also ends lines at signs that are no line ends in bytes
    for line in robots.decode("utf-8-sig", "ignore").splitlines(keepends=True):
        if found := _AGENT_LINE.match(line):
            if in_rules:
                of_group, in_rules = set(), False
            token = _token(found[1], asked)
            if token not in of_group:
                of_group.add(token)
                lines.append(f"User-agent: {token}\n" if token else _NOBODY)
        elif _RULE_LINE.match(line):
            pairs += max(1, len(of_group)) * (1 + line.count("*") + line.count("$"))
            if pairs > MAX_PAIRS:
                raise RobotsTooLarge(f"robots.txt has more than {MAX_PAIRS} pairs of an agent and a rule: not read")
            in_rules = True
            lines.append(line)
    return "".join(lines).encode()


def _token(value: str, asked: Collection[str]) -> str:
    """Return the product token of a user-agent line where it is asked for, `*` for all agents, else nothing.

    >>> [_token(value, {"pressclip", "ai2bot"}) for value in ("PressClip/1.0", "pressclip (+x)", "press", "AI2Bot")]
    ['pressclip', 'pressclip', '', 'ai2bot']
    """
    name = value.strip().lower()
    if name == "*" or (name[:1] == "*" and name[1:2].isspace()):
        return "*"
    # people write wildcards in names, which mean nothing there
    name = name.replace("*", "")
    token = _TOKEN.match(name)
    # names such as AI2Bot have letters that no product token has by RFC 9309
    names = (re.split(r"[\s/;,(]", name, maxsplit=1)[0], token[0] if token else "")
    return next((one for one in names if one in asked), "")


MAX_ORIGINS = 5000
"""Most origins that are remembered; a parsed robots.txt takes some 10 KB, so this is 50 MB."""


T = TypeVar("T")


class Answers(Generic[T]):
    """The answers of origins; *fetch* returns each with the time by *clock* until which it is kept."""

    def __init__(
        self, fetch: Callable[[str, Request], Coroutine[Any, Any, tuple[T, float]]], clock: Callable[[], float]
    ) -> None:
        self._fetch, self._clock = fetch, clock
        # futures, since many requests may wait for one answer: a Deferred gives its result only to the first
        self._known: dict[str, asyncio.Future[tuple[T, float]]] = {}

    async def of(self, request: Request) -> T:
        """Return the answer of the origin of *request*."""
        origin = origin_of(request.url)
        known = self._known.get(origin)
        if known is None or (known.done() and known.result()[1] <= self._clock()):
            self._known.pop(origin, None)
            while len(self._known) >= MAX_ORIGINS:
                del self._known[next(iter(self._known))]
            known = self._known[origin] = asyncio.ensure_future(self._fetch(origin, request))
        # shielded: cancelling one request must not cancel the answer for the others
        return (await asyncio.shield(known))[0]


MAX_RULES = 64 * 1024
"""Most bytes of a tdmrep.json: a rule takes about a hundred."""


class TdmRules:
    """Downloader middleware that reads each origin's /.well-known/tdmrep.json once a day, where the options ask for it.

    It runs after Robots, since robots.txt may refuse that file. Whatever goes wrong with it, the page is fetched.
    """

    clock: Callable[[], float] = staticmethod(monotonic)

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._known: Answers[Any] = Answers(self._fetch, lambda: self.clock())

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> TdmRules:
        """Build the middleware, as Scrapy asks for it."""
        spider: Any = crawler.spider
        if not spider.session.options.tdmrep:
            raise NotConfigured
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Store the origin's rules in the request's meta as `tdm_rules`."""
        if "row" in request.meta:
            request.meta["tdm_rules"] = await self._known.of(request)

    async def _fetch(self, origin: str, request: Request) -> tuple[Any, float]:
        """Return the file's JSON, None where there is none or it could not be fetched, and until when it is kept."""
        url = f"{origin}/.well-known/tdmrep.json"
        rules_request = Request(url, callback=NO_CALLBACK, meta={"dont_retry": True, "download_maxsize": MAX_RULES})
        try:
            response = await self._crawler.engine.download_async(rules_request)
            rules = json.loads(response.body) if response.status == 200 else None
        except Exception:
            rules = None
        return rules, self.clock() + KEEP

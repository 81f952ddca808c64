"""Robots, guard, pacing and the names of failures, each alone and without a network."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from scrapy import Request, signals
from scrapy.core.downloader import Slot
from scrapy.exceptions import CannotResolveHostError, DownloadFailedError, IgnoreRequest
from scrapy.http import Response
from scrapy.robotstxt import ProtegoRobotParser
from scrapy.settings import Settings
from scrapy.signalmanager import SignalManager
from twisted.internet.defer import Deferred

from archive import PayloadError
from scraper.discovery.pages import MAX_ROBOTS
from scraper.fetch.answers import KEEP, KEEP_FAILURE
from scraper.fetch.decoding import Undecodable
from scraper.fetch.failures import ending_of
from scraper.fetch.guard import BlockedAddress, check, is_global
from scraper.fetch.pacing import (
    MAX_FAILURES,
    MAX_HOLD,
    MAX_RETRY_AFTER,
    UNNAMED_WAIT,
    CrawlDelay,
    Gaps,
    HostHeld,
    Pauses,
    RetryAfter,
    seconds_to_wait,
)
from scraper.fetch.robots import Disallowed, Robots, RobotsUnreachable
from scraper.frontier import FoundUrl, Frontier
from scraper.outcomes import FREE_FAILURES

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 21, tzinfo=UTC)


class Engine:
    """Answers every request for robots.txt alike, after all that wait have had their turn."""

    def __init__(self, result: Response | Exception) -> None:
        self.result = result
        self.asked: list[str] = []

    async def download_async(self, request: Request) -> Response:
        self.asked.append(request.url)
        for _ in range(5):
            await asyncio.sleep(0)
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


def _robots(result: Response | Exception) -> tuple[Robots, Engine]:
    async def quiet(**_: object) -> list[object]:
        return []

    settings = Settings({"ROBOTSTXT_USER_AGENT": "pressclip"})
    engine = Engine(result)
    signals = SimpleNamespace(send_catch_log_async=quiet)
    crawler: Any = SimpleNamespace(settings=settings, engine=engine, signals=signals, spider=None)
    return Robots(crawler), engine


def _ask(robots: Robots, *urls: str) -> list[BaseException | None]:
    async def ask() -> list[BaseException | None]:
        return await asyncio.gather(*(robots.process_request(Request(url)) for url in urls), return_exceptions=True)

    return asyncio.run(ask())


@pytest.mark.parametrize("count", [20, 200])
def test_no_disallowed_request_leaves_a_cold_host_however_many_wait(count: int) -> None:
    robots, engine = _robots(Response("https://a.example/robots.txt", body=b"User-agent: *\nDisallow: /no\n"))
    verdicts = _ask(robots, *(f"https://a.example/no/{n}" for n in range(count)), "https://a.example/yes")
    assert [type(verdict) for verdict in verdicts] == [Disallowed] * count + [type(None)]
    assert engine.asked == ["https://a.example/robots.txt"]


@pytest.mark.parametrize(
    ("code", "allowed"), [(404, True), (410, True), (401, True), (429, False), (500, False), (503, False)]
)
def test_the_answer_for_robots_txt_decides(code: int, *, allowed: bool) -> None:
    robots, _ = _robots(Response("https://a.example/robots.txt", status=code))
    verdicts = _ask(robots, "https://a.example/1", "https://a.example/2")
    assert [verdict is None for verdict in verdicts] == [allowed, allowed]


def test_an_unreachable_robots_txt_ends_every_url_with_the_networks_own_status() -> None:
    robots, _ = _robots(CannotResolveHostError("no such name"))
    verdicts = _ask(robots, "https://a.example/1", "https://a.example/2")
    assert {type(verdict) for verdict in verdicts} == {RobotsUnreachable}
    assert [ending_of(verdict)[0] for verdict in verdicts if verdict] == ["dns_error", "dns_error"]


def test_origins_have_robots_txt_of_their_own() -> None:
    robots, engine = _robots(Response("https://a.example/robots.txt", status=404))
    _ask(robots, "https://a.example/1", "http://a.example/1", "https://a.example:8443/1")
    assert len(engine.asked) == 3


@pytest.mark.parametrize(
    ("code", "head", "kept"),
    [
        (200, None, KEEP),
        (404, None, KEEP),
        (503, None, KEEP_FAILURE),
        (429, None, KEEP_FAILURE),
        (503, "7200", 7200),
        (503, "9999999", KEEP),
    ],
)
def test_an_answer_for_robots_txt_holds_for_a_day_and_a_failure_for_minutes(
    code: int, head: str | None, kept: float
) -> None:
    headers = {"Retry-After": head} if head else {}
    robots, engine = _robots(Response("https://a.example/robots.txt", status=code, headers=headers))
    now = 1000.0
    robots.clock = lambda: now
    asked = []
    for at in (0.0, kept - 1, kept + 1):
        now = 1000.0 + at
        _ask(robots, "https://a.example/1", "https://a.example/2")
        asked.append(len(engine.asked))
    assert asked == [1, 1, 2]


@pytest.mark.parametrize("error", [CannotResolveHostError("no such name"), IgnoreRequest("too large")])
def test_a_network_that_failed_is_asked_again_after_minutes(error: Exception) -> None:
    robots, engine = _robots(error)
    now = 0.0
    robots.clock = lambda: now
    _ask(robots, "https://a.example/1")
    engine.result = Response("https://a.example/robots.txt", status=404)
    assert isinstance(_ask(robots, "https://a.example/1")[0], RobotsUnreachable)
    now = KEEP_FAILURE + 1
    assert _ask(robots, "https://a.example/1") == [None]


RULES = "User-agent: *\nDisallow: /no\n"


@pytest.mark.parametrize(
    "body",
    [
        RULES.encode("utf-8-sig"),
        RULES.encode("utf-16"),
        RULES.replace("\n", "\r").encode(),
        b"# caf\xe9\n" + RULES.encode(),
        b"<!doctype html>\n<html>\n" + RULES.encode(),
        RULES.encode() + b"# filler\n" * MAX_ROBOTS,
        RULES.encode() + b"Disallow: /" + b"x" * MAX_ROBOTS,
        b"\x00\xff\n" + RULES.encode(),
    ],
)
def test_rules_are_found_whatever_stands_around_them(body: bytes) -> None:
    robots, _ = _robots(Response("https://a.example/robots.txt", body=body))
    verdicts = _ask(robots, "https://a.example/no", "https://a.example/yes")
    assert [type(verdict) for verdict in verdicts] == [Disallowed, type(None)]


def test_a_page_in_place_of_rules_allows_all_and_endless_redirects_too() -> None:
    for result in (
        Response("https://a.example/robots.txt", body=b"<html><p>Welcome: Disallow nothing.</p></html>"),
        IgnoreRequest("max redirections reached"),
    ):
        robots, _ = _robots(result)
        assert _ask(robots, "https://a.example/1") == [None]


def test_rules_that_were_cut_off_allow_nothing() -> None:
    robots, _ = _robots(Response("https://a.example/robots.txt", body=b"User-agent: *", flags=["dataloss"]))
    assert isinstance(_ask(robots, "https://a.example/1")[0], Disallowed)


def test_the_agents_of_language_models_that_are_kept_off_are_noted_with_the_request() -> None:
    body = b"User-agent: GPTBot\nUser-agent: CCBot\nDisallow: /\n\nUser-agent: *\nDisallow: /no\n"
    robots, _ = _robots(Response("https://a.example/robots.txt", body=body))
    request = Request("https://a.example/1")
    asyncio.run(robots.process_request(request))
    assert request.meta["elsewhere"].robots == ("CCBot", "GPTBot")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1%eth0",
        "fc00::1",
        "ff02::1",
        "::ffff:10.0.0.1",
        "2002:7f00:1::",
        "64:ff9b::7f00:1",
        "2001:0:4136:e378:8000:63bf:80ff:fffe",
    ],
)
def test_addresses_that_are_not_public_are_blocked(address: str) -> None:
    assert not is_global(address)
    with pytest.raises(BlockedAddress):
        check(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07::1", "::ffff:93.184.215.14"])
def test_public_addresses_pass(address: str) -> None:
    check(address)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (b"3", 3.0),
        (b"Sat, 21 Nov 2026 00:00:30 GMT", 30.0),
        (b"Fri, 20 Nov 2026 00:00:00 GMT", 0.0),
        (b"soon", 0.0),
        (None, 0.0),
        (b"-1", 0.0),
        ("³".encode(), 0.0),
    ],
)
def test_retry_after_is_read_as_seconds_or_date(value: bytes | None, seconds: float) -> None:
    assert seconds_to_wait(value, NOW) == seconds


@pytest.fixture
def frontier() -> Iterator[Frontier]:
    with Frontier(None, now=lambda: NOW) as frontier:
        yield frontier


def _retry(frontier: Frontier, slot: Slot, delay: float = 2.0) -> tuple[RetryAfter, Pauses]:
    pauses = Pauses(frontier, delay, now=NOW.timestamp)
    spider = SimpleNamespace(session=SimpleNamespace(pauses=pauses))
    engine = SimpleNamespace(downloader=SimpleNamespace(slots={"a.example": slot}))
    stats = SimpleNamespace(inc_value=lambda *_: None)
    settings = Settings({"RETRY_TIMES": 2})
    crawler: Any = SimpleNamespace(engine=engine, settings=settings, stats=stats, spider=spider)
    spider.crawler = crawler
    return RetryAfter.from_crawler(crawler), pauses


def _answer(retry: RetryAfter, status: int, said: str | None) -> Request | Response:
    headers = {} if said is None else {"Retry-After": said}
    request = Request("https://a.example:8443/1")
    return retry.process_response(request, Response(request.url, status=status, headers=headers))


def _held_for(frontier: Frontier) -> float:
    return frontier.held("a.example")[0] - NOW.timestamp()


@pytest.mark.parametrize(
    ("status", "said", "seconds"),
    [
        (429, "5", 5),
        (503, "5", 5),
        (429, "Sat, 21 Nov 2026 00:01:00 GMT", 60),
        (429, None, UNNAMED_WAIT),
        (429, "0", UNNAMED_WAIT),
        (429, str(10**9), MAX_RETRY_AFTER),
        (503, "9" * 400, MAX_RETRY_AFTER),
    ],
)
def test_retry_after_holds_the_whole_host(
    frontier: Frontier, status: int, said: str | None, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scraper.fetch.pacing.utc_now", lambda: NOW)
    slot = Slot(1, 0.0, 0.0)
    queued: Deferred[Response] = Deferred()
    slot.queue.append((Request("https://a.example/2"), queued))
    retry, _ = _retry(frontier, slot)
    with pytest.raises(HostHeld) as caught:
        _answer(retry, status, said)
    assert caught.value.status == f"http_{status}"
    assert _held_for(frontier) == seconds
    assert not slot.queue
    held: list[type[BaseException] | None] = []
    queued.addErrback(lambda failure: held.append(failure.type))
    assert held == [HostHeld]
    for url in ("http://a.example/3", "https://a.example/3"):
        with pytest.raises(HostHeld):
            retry.process_request(Request(url))
    retry.process_request(Request("https://b.example/"))


@pytest.mark.parametrize(("status", "said"), [(503, None), (503, "0"), (200, "60"), (404, "60")])
def test_other_answers_hold_nothing(frontier: Frontier, status: int, said: str | None) -> None:
    retry, _ = _retry(frontier, Slot(1, 0.0, 0.0))
    _answer(retry, status, said)
    assert frontier.held("a.example")[0] == 0


def test_failures_in_a_row_make_pauses_that_double_up_to_an_hour_and_a_success_ends_them(frontier: Frontier) -> None:
    _, pauses = _retry(frontier, Slot(1, 0.0, 0.0))
    seen = []
    for _ in range(12):
        pauses.ended("a.example", "timeout")
        seen.append(max(0.0, _held_for(frontier)))
    assert seen == [0, 0, 30, 60, 600, 600, 600, 960, 1920, 3600, 3600, 3600]
    assert frontier.held("a.example")[1] == 12
    pauses.ended("a.example", "robots")
    assert frontier.held("a.example")[1] == 12
    pauses.ended("a.example", "http_404")
    assert frontier.held("a.example")[1] == 0
    for _ in range(FREE_FAILURES):
        pauses.ended("b.example", "http_503")
    assert frontier.held("b.example") == (0.0, FREE_FAILURES)


def test_failures_are_counted_on_over_runs(frontier: Frontier) -> None:
    _, pauses = _retry(frontier, Slot(1, 0.0, 0.0))
    for _ in range(3):
        pauses.ended("a.example", "connection_refused")
    again = Pauses(frontier, 2.0, now=NOW.timestamp)
    again.ended("a.example", "connection_refused")
    assert (_held_for(frontier), frontier.held("a.example")[1]) == (60, 4)


def test_a_host_that_keeps_failing_is_held_for_longer_than_a_crawl_waits_and_the_report_says_why(
    frontier: Frontier,
) -> None:
    _, pauses = _retry(frontier, Slot(1, 0.0, 0.0))
    frontier.add([FoundUrl(f"https://{host}/1", "article", "A") for host in ("a.example", "b.example", "c.example")])
    pauses.hold("a.example", MAX_HOLD + 1, "http_429", "Retry-After: 301")
    for _ in range(MAX_FAILURES):
        pauses.ended("b.example", "timeout")
    assert frontier.held("b.example")[0] - NOW.timestamp() > MAX_HOLD
    assert {host.host: host.status for host in pauses.report(["A"])} == {
        "a.example": "http_429",
        "b.example": "timeout",
    }


class CrawlDelays:
    """The extension, the slot of one host, and what robots.txt of the host's origins says."""

    def __init__(self) -> None:
        self.slot, self.gaps = Slot(1, 2.0, 0.0), Gaps(2.0)
        downloader = SimpleNamespace(slots={"a.example": self.slot}, get_slot_key=lambda request: "a.example")
        spider = SimpleNamespace(session=SimpleNamespace(gaps=self.gaps))
        self.crawler: Any = SimpleNamespace(engine=SimpleNamespace(downloader=downloader), spider=spider)
        self.crawler.settings = Settings({"ROBOTSTXT_USER_AGENT": "pressclip"})
        self.crawler.signals = SignalManager()
        self.extension = CrawlDelay.from_crawler(self.crawler)

    def read_robots(self, origin: str, delay: int) -> None:
        parser = ProtegoRobotParser(f"User-agent: *\nCrawl-delay: {delay}\n".encode(), None)
        request = Request(f"{origin}/1")
        self.crawler.signals.send_catch_log(signals.robots_parsed, robotparser=parser, request=request)

    def send(self, signal: object) -> float:
        """Return the delay after *signal*, AutoThrottle having set a short one."""
        self.slot.delay = 0.5
        self.crawler.signals.send_catch_log(signal, request=Request("https://a.example/1"))
        return self.slot.delay


@pytest.mark.parametrize("signal", [signals.request_reached_downloader, signals.response_downloaded])
def test_a_crawl_delay_is_kept_whatever_autothrottle_says(signal: object) -> None:
    delays = CrawlDelays()
    delays.read_robots("https://a.example", 7)
    assert delays.send(signal) == 7.0
    assert delays.gaps.of("a.example") == 7.0


@pytest.mark.parametrize("origins", [{"http": 7, "https": 3}, {"https": 3, "http": 7}, {"http": 3, "https": 7}])
def test_of_the_crawl_delays_of_two_origins_the_larger_one_is_kept(origins: dict[str, int]) -> None:
    delays = CrawlDelays()
    for scheme, delay in origins.items():
        delays.read_robots(f"{scheme}://a.example", delay)
    assert delays.send(signals.request_reached_downloader) == 7.0


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (BlockedAddress("10.0.0.1"), "blocked_address"),
        (Undecodable(PayloadError("large", is_too_large=True)), "too_large"),
        (Undecodable(PayloadError("cut", is_cut=True)), "truncated"),
        (DownloadFailedError("lost"), "connection_lost"),
        (Undecodable(PayloadError("odd")), "bad_encoding"),
        (ZeroDivisionError("odd\r\n\x1b[31mtext"), "error"),
    ],
)
def test_errors_have_names_and_reasons_of_one_line(error: BaseException, status: str) -> None:
    found, reason = ending_of(error)
    assert found == status
    assert reason.isprintable()

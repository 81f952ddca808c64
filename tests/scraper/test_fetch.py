"""Robots, guard, pacing and the names of failures, each alone and without a network."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from time import monotonic
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

from scraper.fetch.failures import ending_of
from scraper.fetch.guard import BlockedAddress, check, is_global
from scraper.fetch.pacing import MAX_HOLD, CrawlDelay, RetryAfter, hold, seconds_to_wait
from scraper.fetch.robots import Disallowed, Robots, RobotsUnreachable

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


def _retry(slot: Slot) -> RetryAfter:
    spider = SimpleNamespace()
    engine = SimpleNamespace(downloader=SimpleNamespace(slots={"a.example": slot}))
    settings = Settings({"RETRY_TIMES": 2})
    stats = SimpleNamespace(inc_value=lambda *_: None)
    retry = RetryAfter(settings)
    crawler: Any = SimpleNamespace(engine=engine, settings=settings, stats=stats, spider=spider)
    spider.crawler = retry.crawler = crawler
    return retry


def _answer(retry: RetryAfter, wait: float) -> Request | Response:
    request = Request("https://a.example/1", meta={"download_slot": "a.example"})
    response = Response(request.url, status=429, headers={"Retry-After": str(int(wait))})
    return retry.process_response(request, response)


def test_retry_after_holds_the_whole_host_and_then_asks_again() -> None:
    slot = Slot(1, 0.0, 0.0)
    assert isinstance(_answer(_retry(slot), 5), Request)
    # what Scrapy's downloader reckons before it sends the slot's next request
    assert 4.5 < slot.download_delay() - monotonic() + slot.lastseen <= 5.0


def test_a_retry_after_beyond_the_bound_is_not_waited_for() -> None:
    slot = Slot(1, 0.0, 0.0)
    assert isinstance(_answer(_retry(slot), MAX_HOLD + 1), Response)
    assert slot.lastseen == 0


def test_a_shorter_hold_does_not_end_a_longer_one() -> None:
    slot = Slot(1, 0.0, 0.0)
    hold(slot, 60)
    until = slot.lastseen
    hold(slot, 1)
    assert slot.lastseen == until


def test_a_crawl_delay_is_kept_whatever_autothrottle_says() -> None:
    slot = Slot(1, 2.0, 0.0)
    downloader = SimpleNamespace(slots={"a.example": slot}, get_slot_key=lambda request: "a.example")
    crawler: Any = SimpleNamespace(engine=SimpleNamespace(downloader=downloader), spider=None)
    crawler.settings, crawler.signals = Settings({"ROBOTSTXT_USER_AGENT": "pressclip"}), SignalManager()
    extension = CrawlDelay.from_crawler(crawler)
    request = Request("https://a.example/1")
    parser = ProtegoRobotParser(b"User-agent: *\nCrawl-delay: 7\n", None)
    crawler.signals.send_catch_log(signals.robots_parsed, robotparser=parser, request=request)
    for signal in (signals.request_reached_downloader, signals.response_downloaded):
        slot.delay = 0.5
        crawler.signals.send_catch_log(signal, request=request)
        assert slot.delay == 7.0
    assert extension


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (BlockedAddress("10.0.0.1"), "blocked_address"),
        (IgnoreRequest("exceeded DOWNLOAD_MAXSIZE (10 B)"), "too_large"),
        (DownloadFailedError("lost"), "connection_lost"),
        (EOFError("ended"), "bad_encoding"),
        (ZeroDivisionError("odd\r\n\x1b[31mtext"), "error"),
    ],
)
def test_errors_have_names_and_reasons_of_one_line(error: BaseException, status: str) -> None:
    found, reason = ending_of(error)
    assert found == status
    assert reason.isprintable()

"""Servers that are broken or mean: each URL ends with its own status, and the other sites' pages are fetched."""

from __future__ import annotations

import asyncio
import gzip
import io
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest

from archive import read_warc
from scraper.crawl import CrawlReport, Event
from scraper.seeds import Seed
from tests.support.crawling import crawl
from tests.support.loopback import Site, page

pytestmark = pytest.mark.slow

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
SLOW, SLOW_TIMEOUT = ("drip", "dripping-head", "silence"), 5.0
"""Answers that only a timeout ends. The others end by themselves, however busy the machine is."""
TIMEOUT = 120.0
Write = Callable[[bytes], Awaitable[None]]


async def _endless_body(write: Write) -> None:
    await write(OK + b"\r\n")
    while True:
        await write(b"<p>more</p>" * 90_000)


async def _endless_chunks(write: Write) -> None:
    await write(OK + b"Transfer-Encoding: chunked\r\n\r\n")
    while True:
        await write(b"100000\r\n" + b"x" * 2**20 + b"\r\n")


async def _drip(write: Write) -> None:
    await write(OK + b"Content-Length: 1000\r\n\r\n")
    while True:
        await write(b"x")
        await asyncio.sleep(1)


async def _dripping_head(write: Write) -> None:
    for number in range(1000):
        await write(b"H" if number else b"HTTP/1.1 200 OK\r\nX-")
        await asyncio.sleep(1)


async def _silence(write: Write) -> None:
    await asyncio.sleep(60)


@cache
def _packed(megabytes: int) -> bytes:
    """Return so much of nothing as gzip."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=1) as out:
        for _ in range(megabytes):
            out.write(bytes(2**20))
    return packed.getvalue()


async def _bomb(write: Write) -> None:
    data = _packed(300)
    await write(OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(data) + data)


async def _bomb_in_bomb(write: Write) -> None:
    data = gzip.compress(_packed(300))
    await write(OK + b"Content-Encoding: gzip, gzip\r\nContent-Length: %d\r\n\r\n" % len(data) + data)


async def _long_header(write: Write) -> None:
    await write(OK + b"X-Long: " + b"x" * 2**20 + b"\r\nContent-Length: 0\r\n\r\n")


async def _endless_headers(write: Write) -> None:
    await write(OK)
    while True:
        await write(b"X-More: and more\r\n" * 1000)


async def _endless_interim(write: Write) -> None:
    while True:
        await write(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n" * 1000)


async def _few_interim(write: Write) -> None:
    await write(b"HTTP/1.1 100 Continue\r\n\r\n" * 20 + page("Late."))


async def _broken_chunks(write: Write) -> None:
    await write(OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\n<p>On\r\nzz\r\ne.</p>\r\n0\r\n\r\n")


async def _huge_chunk_size(write: Write) -> None:
    await write(OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 40 + b"\r\n<p>One.</p>")


async def _closing(write: Write) -> None:
    return


async def _too_short(write: Write) -> None:
    await write(OK + b"Content-Length: 900\r\n\r\n<p>Half.")


async def _too_long(write: Write) -> None:
    await write(OK + b"Content-Length: 11\r\n\r\n<p>One.</p>\nand more that nobody counted")


async def _two_lengths(write: Write) -> None:
    await write(OK + b"Content-Length: 11\r\nContent-Length: 5\r\n\r\n<p>One.</p>\n")


async def _negative_length(write: Write) -> None:
    await write(OK + b"Content-Length: -5\r\n\r\n<p>One.</p>")


async def _no_http(write: Write) -> None:
    await write(b"SSH-2.0-OpenSSH_9.9\r\n" + bytes(range(256)) * 20)


async def _odd_status(write: Write) -> None:
    await write(b"HTTP/1.1 two hundred\r\n\r\n")


async def _status_zero(write: Write) -> None:
    await write(b"HTTP/1.1 0 None\r\nContent-Length: 0\r\n\r\n")


async def _large_head(write: Write) -> None:
    # more than servers send, and less than the archive takes
    await write(OK + b"X-More: and more\r\n" * 8000 + b"Content-Length: 11\r\n\r\n<p>One.</p>")


HOSTILE: dict[str, tuple[Callable[[Write], Awaitable[None]], str]] = {
    "endless-body": (_endless_body, "too_large"),
    "endless-chunks": (_endless_chunks, "too_large"),
    "drip": (_drip, "timeout"),
    "dripping-head": (_dripping_head, "timeout"),
    "silence": (_silence, "timeout"),
    "bomb": (_bomb, "too_large"),
    "bomb-in-bomb": (_bomb_in_bomb, "too_large"),
    "long-header": (_long_header, "bad_response"),
    "endless-headers": (_endless_headers, "bad_response"),
    "endless-interim": (_endless_interim, "bad_response"),
    "few-interim": (_few_interim, "fetched"),
    "broken-chunks": (_broken_chunks, "truncated"),
    "huge-chunk-size": (_huge_chunk_size, "truncated"),
    "closing": (_closing, "connection_lost"),
    "too-short": (_too_short, "truncated"),
    "too-long": (_too_long, "fetched"),
    "two-lengths": (_two_lengths, "bad_response"),
    "negative-length": (_negative_length, "bad_response"),
    "no-http": (_no_http, "bad_response"),
    "odd-status": (_odd_status, "bad_response"),
    "status-zero": (_status_zero, "bad_response"),
    "large-head": (_large_head, "fetched"),
}


class Hostile(Site):
    """A host for each way of HOSTILE, from 127.0.0.20 on; robots.txt and redirects are as they should be."""

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def write(data: bytes) -> None:
            writer.write(data)
            await writer.drain()

        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                path = (await reader.readuntil(b"\r\n\r\n")).split(b" ", 2)[1].decode()[1:]
                if path.startswith("chain/"):
                    to = f"/chain/{int(path[6:]) + 1}"
                    await write(f"HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n".encode())
                    continue
                if path not in HOSTILE:
                    await write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                    continue
                await HOSTILE[path][0](write)
                break
        with suppress(OSError):
            writer.close()


Done = tuple[list[CrawlReport], dict[str, Event], Path]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Done:
    """Two crawls of all hostile hosts, the slow ones and the others, each with a good host among them."""
    data, reports, events = tmp_path_factory.mktemp("data"), [], dict[str, Event]()
    _packed(300)  # now: made on request it would keep the server from its other answers
    with Hostile(host="0.0.0.0") as bad, Site() as good:
        good.routes = {f"/{n}": page(f"Number {n}.") for n in range(30)}
        hosts = {name: f"http://127.0.0.{20 + n}:{bad.port}/{name}" for n, name in enumerate(HOSTILE)}
        hosts["chain"] = f"http://127.0.0.19:{bad.port}/chain/0"
        for timeout, names in ((SLOW_TIMEOUT, SLOW), (TIMEOUT, hosts.keys() - SLOW)):
            seeds = (
                Seed("bad", urls=tuple(hosts[name] for name in names)),
                Seed("good", urls=tuple(good.base + path for path in good.routes)),
            )
            report, ended = crawl(*seeds, data=data / str(timeout), timeout=timeout, log_level="CRITICAL")
            reports.append(report)
            events |= {event.url.rpartition("/")[2]: event for event in ended if event.site == "bad"}
    return reports, events, data


@pytest.mark.parametrize("name", HOSTILE)
def test_each_hostile_answer_has_its_own_ending(done: Done, name: str) -> None:
    _, events, _ = done
    assert events[name].status == HOSTILE[name][1], events[name].reason
    assert events[name].reason.isprintable()


def test_the_pages_of_other_sites_are_all_fetched(done: Done) -> None:
    reports, _, _ = done
    assert [site.articles for report in reports for site in report.sites if site.name == "good"] == [30, 30]


def test_a_chain_of_redirects_without_end_is_left(done: Done) -> None:
    _, events, _ = done
    assert events["5"].status == "redirect_loop"


def test_what_came_of_a_hostile_answer_is_archived_and_readable(done: Done) -> None:
    _, _, data = done
    files = sorted(data.glob("*/collections/news/archive/*"))
    assert len(files) == 2
    truncated = {capture.url.rpartition("/")[2]: capture.truncated for file in files for capture in read_warc(file)}
    assert truncated["drip"] == "time"
    assert truncated["endless-body"] == truncated["endless-chunks"] == "length"
    assert truncated["too-short"] == "disconnect"
    assert max(path.stat().st_size for path in data.rglob("*") if path.is_file()) < 20 * 2**20


def test_a_certificate_of_another_host_is_refused(certificate: tuple[ssl.SSLContext, Path]) -> None:
    context, pem = certificate
    with Site(tls=context, host="0.0.0.0") as site:
        site.routes = {"/1": page("One.")}
        urls = tuple(f"https://127.0.0.{number}:{site.port}/1" for number in (16, 17))
        _, events = crawl(Seed("tls", urls=urls), env={"SSL_CERT_FILE": str(pem)})
    assert {event.url: event.status for event in events} == dict(zip(urls, ("fetched", "tls_error"), strict=True))

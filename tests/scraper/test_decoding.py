"""A crawl reads a body by what it is where its headers are wrong, and takes half a page for no page."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from scraper.crawl import Event
from scraper.seeds import seed_from
from tests.support.crawling import crawl
from tests.support.loopback import Site, answer

pytestmark = pytest.mark.slow

PAGE = b"<!doctype html><html><body><p>" + b"The ferry sailed at noon. " * 40 + b"</p></body></html>\n"
PACKED = gzip.compress(PAGE, mtime=0)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
GZIP = HEAD + b"Content-Encoding: gzip\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"


def chunk(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


ANSWERS = {
    "/plain-called-gzip": (answer(PAGE, "200 OK", "Content-Encoding: gzip"), "fetched", "wrong-coding"),
    "/plain-called-brotli": (answer(PAGE, "200 OK", "Content-Encoding: br"), "fetched", "wrong-coding"),
    "/plain-called-by-its-charset": (answer(PAGE, "200 OK", "Content-Encoding: UTF-8"), "fetched", "wrong-coding"),
    "/gzip-called-nothing": (answer(PACKED), "fetched", "wrong-coding"),
    "/length-of-the-unpacked": (GZIP + b"Content-Length: 9999\r\n\r\n" + PACKED, "fetched", "wrong-length"),
    "/packed-without-last-chunk": (GZIP + CHUNKED + chunk(PACKED), "fetched", "wrong-length"),
    "/without-last-chunk": (HEAD + CHUNKED + chunk(PAGE), "fetched", "wrong-length"),
    "/length-too-large": (HEAD + b"Content-Length: 9999\r\n\r\n" + PAGE, "fetched", "wrong-length"),
    "/two-members": (answer(PACKED + PACKED, "200 OK", "Content-Encoding: gzip"), "fetched", ""),
    "/half": (HEAD + CHUNKED + chunk(PAGE[:500]), "truncated", ""),
    "/packed-half": (GZIP + CHUNKED + chunk(PACKED[:60]), "truncated", ""),
    "/length-too-small": (answer(PACKED[:60], "200 OK", "Content-Encoding: gzip"), "truncated", ""),
    "/broken": (answer(b"\x1f\x8b\x08" + bytes(range(200)), "200 OK", "Content-Encoding: gzip"), "bad_encoding", ""),
}


@pytest.fixture(scope="module")
def events(shared_site: Site, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Event]:
    """How each URL ended; the feed that names them is plain, is called gzip, and ends before its length."""
    site = shared_site
    site.routes = {path: sent for path, (sent, _, _) in ANSWERS.items()}
    site.cut = {*ANSWERS, "/feed"}
    links = "".join(f"<item><link>{site.base}{path}</link></item>" for path in ANSWERS)
    feed = f'<rss version="2.0"><channel>{links}</channel></rss>'.encode()
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nContent-Encoding: gzip\r\nContent-Length: 99999"
    site.routes["/feed"] = head + b"\r\n\r\n" + feed
    seed = seed_from({"name": "Gazette", "home": site.base, "feeds": [site.base + "/feed"]}, "test")
    _, found = crawl(seed, data=tmp_path_factory.mktemp("data"), contact="desk@example.com", log_level="CRITICAL")
    return {event.url.removeprefix(site.base): event for event in found}


@pytest.mark.parametrize("path", ANSWERS)
def test_a_body_is_read_by_what_it_is(events: dict[str, Event], path: str) -> None:
    _, status, flag = ANSWERS[path]
    event = events[path]
    assert event.status == status
    assert [name for name in (event.article.flags if event.article else ()) if name.startswith("wrong-")] == (
        [flag] if flag else []
    )


@pytest.mark.parametrize(
    ("robots", "status"),
    [
        (answer("no", "403 Forbidden", "Content-Encoding: gzip"), "fetched"),
        (answer(b"\x1f\x8b\x08 no", "404 Not Found", "Content-Encoding: gzip"), "fetched"),
        (answer("User-agent: *\nDisallow: /\n", "200 OK", "Content-Encoding: gzip", kind="text/plain"), "robots"),
        (answer("User-agent: *\nAllow: /\n", "200 OK", "Content-Encoding: br", kind="text/plain"), "fetched"),
    ],
)
def test_a_wrong_coding_of_robots_txt_changes_nothing(site: Site, tmp_path: Path, robots: bytes, status: str) -> None:
    site.routes = {"/robots.txt": robots, "/1": answer(PAGE)}
    feed = f'<rss version="2.0"><channel><item><link>{site.base}/1</link></item></channel></rss>'
    site.routes["/feed"] = answer(feed, kind="application/rss+xml")
    seed = seed_from({"name": "Gazette", "home": site.base, "feeds": [site.base + "/feed"]}, "test")
    _, found = crawl(seed, data=tmp_path, contact="desk@example.com", log_level="CRITICAL")
    assert found[-1].status == status

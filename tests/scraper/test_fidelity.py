"""Odd servers, many at once, over HTTP and TLS: every head and body in the archive is the one that was sent."""

from __future__ import annotations

import gzip
import ssl
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from archive import Capture, read_warc
from scraper.seeds import Seed
from tests.support.crawling import crawl
from tests.support.loopback import Site

pytestmark = pytest.mark.slow

ROUNDS = 20
HOSTS = 16
"""One request a host is under way at a time, so this is the concurrency."""
EARLY = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n"
HTML = b"Content-Type: text/html"


def whole(body: bytes, *lines: bytes, status: bytes = b"200 OK") -> bytes:
    head = (b"HTTP/1.1 " + status, HTML, *lines, b"Content-Length: %d" % len(body))
    return b"\r\n".join(head) + b"\r\n\r\n" + body


def chunks(body: bytes) -> bytes:
    half = len(body) // 2
    pieces = b"".join(b"%X;note=x\r\n%s\r\n" % (len(part), part) for part in (body[:half], body[half:]))
    return pieces + b"0\r\n\r\n"


def coded(body: bytes, *lines: bytes) -> bytes:
    """Return a chunked answer; what the archive holds has the body without the framing."""
    return b"\r\n".join((b"HTTP/1.1 200 OK", HTML, b"Transfer-Encoding: chunked", *lines)) + b"\r\n\r\n" + chunks(body)


def packed(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)


CASES: dict[str, Callable[[bytes], bytes]] = {
    "duplicate-headers": lambda body: whole(
        body, b"Set-Cookie: a=1", b"Set-Cookie: b=2", b"X-A: 1", b"X-B: 2", b"X-A: 3"
    ),
    "odd-case": lambda body: whole(body, b'eTAG:   "a"', b"X-weird-CASE:no space", b"x-Blank:"),
    "latin-1": lambda body: whole(body, b"X-Latin: caf\xe9 \x80\xff"),
    "no-colon": lambda body: whole(body, b"a line without a colon", b"X-Folded: one\r\n\ttwo"),
    "reason": lambda body: whole(body, status=b"200 Fine by us, caf\xe9!"),
    "no-reason": lambda body: whole(body, status=b"404"),
    "chunked": coded,
    "chunked-gzip": lambda body: coded(packed(body), b"Content-Encoding: gzip"),
    "gzip": lambda body: whole(packed(body), b"Content-Encoding: gzip"),
    "not-gzip": lambda body: whole(body, b"Content-Encoding: gzip"),
    "unknown-coding": lambda body: whole(body, b"Content-Encoding: pressed"),
    "204": lambda body: b"HTTP/1.1 204 No Content\r\nX-Serial: " + body[-3:] + b"\r\n\r\n",
    "304": lambda body: b"HTTP/1.1 304 Not Modified\r\nX-Serial: " + body[-3:] + b'\r\nETag: "v"\r\n\r\n',
    "http-1.0-close": lambda body: b"HTTP/1.0 200 OK\r\nServer: old\r\n\r\n" + body,
    "close": lambda body: b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body,
    "redirect": lambda body: whole(b"moved " + body, b"Location: /gone?a=b%20c", status=b"302 Found"),
    "cut": lambda body: whole(body + b"never sent")[: -len(b"never sent")],
    "cut-chunk": lambda body: coded(body)[: -len(b"0\r\n\r\n")],
    "early": lambda body: EARLY + whole(body),
    "binary": lambda body: whole(body + bytes(range(256)) * 3),
}
CLOSING = ("http-1.0-close", "close", "cut", "cut-chunk")


def expected(case: str, sent: bytes, page: bytes) -> tuple[bytes, bytes, str | None]:
    head, _, body = sent.removeprefix(EARLY).partition(b"\r\n\r\n")
    if b"chunked" in head:
        body = packed(page) if "gzip" in case else page
    return head, body, "disconnect" if case.startswith("cut") else None


def check(site: Site, data: Path, **environment: str) -> list[Capture]:
    """Crawl all cases and compare each head and body, byte for byte, with what the server sent."""
    pages = {
        f"/{case}/{n}": b"<!doctype html><p>page of %s number %03d" % (case.encode(), n)
        for case in CASES
        for n in range(ROUNDS)
    }
    site.routes = {path: CASES[path.split("/")[1]](page) for path, page in pages.items()}
    site.cut = {path for path in pages if path.split("/")[1] in CLOSING}
    hosts: list[list[str]] = [[] for _ in range(HOSTS)]
    for number, path in enumerate(pages):
        hosts[number % HOSTS].append(site.base.replace("127.0.0.1", f"127.0.0.{number % HOSTS + 1}") + path)
    crawl(*(Seed(f"Paper {n}", urls=tuple(urls)) for n, urls in enumerate(hosts)), data=data, env=environment)
    captures = [found for file in (data / "collections/news/archive").glob("*.warc.gz") for found in read_warc(file)]
    seen: Counter[str] = Counter()
    for capture in captures:
        path = "/" + capture.url.split("/", 3)[3]
        if path not in pages:
            assert path in ("/robots.txt", "/gone?a=b%20c")
            continue
        seen[path] += 1
        got = (capture.response_head, capture.body, capture.truncated)
        assert (path, *got) == (path, *expected(path.split("/")[1], site.routes[path], pages[path]))
    assert seen == Counter(dict.fromkeys(pages, 1))
    assert sorted(capture.request_head for capture in captures) == sorted(site.heads)
    return captures


def test_every_head_and_body_is_the_one_that_was_sent(tmp_path: Path) -> None:
    with Site(host="0.0.0.0") as site:
        check(site, tmp_path)


def test_every_head_and_body_is_the_one_that_was_sent_over_tls(
    certificate: tuple[ssl.SSLContext, Path], tmp_path: Path
) -> None:
    context, pem = certificate
    with Site(tls=context, host="0.0.0.0") as site:
        captures = check(site, tmp_path, SSL_CERT_FILE=str(pem))
    assert all((capture.tls or "").startswith("TLSv1.") and capture.cipher for capture in captures)

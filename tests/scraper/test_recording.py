"""The recording handler: what stands in the archive is what was on the wire."""

from __future__ import annotations

import inspect
import ssl
from pathlib import Path

import pytest
from scrapy.core.downloader.handlers import http11

from archive import Capture, read_warc
from scraper.seeds import Seed
from tests.support.crawling import crawl
from tests.support.loopback import Site, answer, page

pytestmark = pytest.mark.slow

ODD = (
    b'HTTP/1.1 200 Fine by us\r\nContent-Type: text/html\r\nX-weird-CASE: 1\r\nETag:  "a"\r\nSet-Cookie: a=1\r\n'
    b"Set-Cookie: b=2\r\nX-Latin: caf\xe9\r\na line without a colon\r\nX-Folded: one\r\n two\r\nContent-Length: 4"
)
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/html"
EARLY = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"


def test_the_private_names_of_scrapy_that_the_handler_stands_on_are_there() -> None:
    for name in ("_LenientHTTPClientParser", "_LenientHTTP11ClientProtocol", "_LenientHTTP11ClientFactory"):
        assert inspect.isclass(getattr(http11, name))
    assert "_ScrapyAgent" in inspect.getsource(http11.HTTP11DownloadHandler.download_request)
    assert "self._pool._factory = " in inspect.getsource(http11.HTTP11DownloadHandler.__init__)
    parent = (
        http11._ScrapyAgent.__mro__[1] if http11._ScrapyAgent.__module__ != http11.__name__ else http11._ScrapyAgent
    )
    assert list(inspect.signature(parent._cb_bodyready).parameters) == ["self", "txresponse", "request"]
    assert "txresponse.deliverBody(" in inspect.getsource(parent._cb_bodyready)


def _captures(data: Path, site: Site) -> dict[str, Capture]:
    files = (data / "collections/news/archive").glob("*.warc.gz")
    return {capture.url.removeprefix(site.base): capture for file in files for capture in read_warc(file)}


def test_heads_bodies_and_requests_are_archived_as_they_were(site: Site, tmp_path: Path) -> None:
    site.routes = {
        "/odd": ODD + b"\r\n\r\n<p>o",
        "/early": EARLY + page("Early."),
        "/chunked": CHUNKED + b"\r\n\r\n3\r\n<p>\r\n5;x=y\r\nhello\r\n0\r\n\r\n",
        "/empty": answer(b"", "204 No Content"),
        "/moved": answer(b"", "301 Moved", "Location: /odd?x=y%20z"),
        "/odd?x=y%20z": answer(b"bytes \xff", "404 Not Found"),
        "/bare": b"HTTP/1.0 200 OK\r\n\r\n<html><p>Old.</p></html>",
    }
    site.cut = {"/bare"}
    paths = [path for path in site.routes if "?" not in path]
    crawl(Seed("Gazette", urls=tuple(site.base + path for path in paths)), data=tmp_path)
    captures = _captures(tmp_path, site)
    assert captures.keys() == {"/robots.txt", *site.routes}
    for path, raw in site.routes.items():
        head, _, body = raw.removeprefix(EARLY).partition(b"\r\n\r\n")
        if path == "/chunked":
            body = b"<p>hello"
        assert (path, captures[path].response_head) == (path, head)
        assert (path, captures[path].body) == (path, body)
        assert captures[path].truncated is None
    sent = {capture.request_head for capture in captures.values()}
    assert sent == set(site.heads)


def test_tls_is_recorded_and_a_certificate_nobody_trusts_is_refused(
    certificate: tuple[ssl.SSLContext, Path], tmp_path: Path
) -> None:
    context, pem = certificate
    with Site(tls=context) as site:
        site.routes = {"/1": page("One.")}
        seed = Seed("Gazette", urls=(site.base + "/1",))
        _, (trusted,) = crawl(seed, data=tmp_path / "a", env={"SSL_CERT_FILE": str(pem)})
        assert trusted.status == "fetched"
        captures = _captures(tmp_path / "a", site)
        asked = list(site.asked)
        _, (refused,) = crawl(seed, data=tmp_path / "b")
        assert refused.status == "tls_error"
        assert site.asked == asked
    assert (captures["/1"].tls or "").startswith("TLSv1.")
    assert captures["/1"].cipher

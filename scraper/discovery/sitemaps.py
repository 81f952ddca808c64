"""Sitemaps, sitemap indexes and news sitemaps, plain, gzipped or as a text list."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO

from lxml import etree

from scraper.discovery.link import MAX_LINKS, DiscoveryError, Link, newest_first
from scraper.links import canonical

MAX_SITEMAP = 50 * 2**20
"""The protocol's own limit on an uncompressed sitemap."""
MAX_PARTS = 50
"""Sub-sitemaps taken from one index, the newest first: an index of monthly parts covers four years."""

_DATES = ("publication_date", "lastmod")


def sitemap_links(body: bytes, base: str, *, limit: int = MAX_LINKS) -> list[Link]:
    """Return a sitemap's links, the newest first: at most *limit* pages, or MAX_PARTS sub-sitemaps of an index.

    *base* is the sitemap's own address. Raises DiscoveryError where *body* is no sitemap or unpacks to too much.
    """
    plain = _unpacked(body)
    links = (
        list(_elements(plain, base)) if plain.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") else _lines(plain, base)
    )
    parts = newest_first((link for link in links if link.is_sitemap), MAX_PARTS)
    return parts + newest_first((link for link in links if not link.is_sitemap), limit)


def _unpacked(body: bytes) -> bytes:
    if not body.startswith(b"\x1f\x8b"):
        return body
    unpack = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        plain = unpack.decompress(body, MAX_SITEMAP)
    except zlib.error as error:
        raise DiscoveryError(f"damaged gzip: {error}") from None
    if unpack.unconsumed_tail:
        raise DiscoveryError(f"unpacks to more than {MAX_SITEMAP // 2**20} MB")
    return plain


def _elements(plain: bytes, base: str) -> Iterator[Link]:
    events = etree.iterparse(BytesIO(plain), events=("start", "end"), recover=True, resolve_entities=False)
    root = ""
    try:
        for event, element in events:
            name = _name(element)
            if event == "start":
                root = root or name
                continue
            if name in ("url", "sitemap"):
                if link := _link(element, base, is_sitemap=name == "sitemap"):
                    yield link
                element.clear()
    except etree.XMLSyntaxError as error:
        raise DiscoveryError(f"not XML: {error.msg}") from None
    if root not in ("urlset", "sitemapindex"):
        raise DiscoveryError(f"not a sitemap: the root element is {root[:40]!r}")


def _link(element: etree._Element, base: str, *, is_sitemap: bool) -> Link | None:
    # only an own <loc>: an <image:loc> below it has the same local name
    loc = next((child.text for child in element if _name(child) == "loc" and child.text), None)
    url = canonical(loc, base) if loc else None
    if url is None:
        return None
    said = {_name(child): child.text for child in element.iter() if child.text}
    published = next((date for name in _DATES if (date := _date(said.get(name)))), None)
    return Link(url, (said.get("title") or "").strip(), published, "publication_date" in said, is_sitemap)


def _lines(plain: bytes, base: str) -> list[Link]:
    lines = plain.decode("utf-8", "replace").split()
    urls = [url for line in lines if line.startswith(("http://", "https://")) and (url := canonical(line, base))]
    if not urls:
        raise DiscoveryError("not a sitemap")
    return [Link(url) for url in urls]


def _date(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat((text or "").strip())
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""

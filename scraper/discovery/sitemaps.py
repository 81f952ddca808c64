"""Read sitemaps, sitemap indexes and news sitemaps, plain, gzipped or as a text list."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from lxml import etree

from scraper.discovery.feeds import feed_links
from scraper.discovery.links import MAX_LINKS, DiscoveryError, Link, moment_of, newest_first
from scraper.outcomes import TOO_DEEP, TOO_LARGE, TOO_MANY_ELEMENTS
from scraper.printable import one_line
from scraper.urls import canonical

MAX_SITEMAP = 50 * 2**20
"""The protocol's own limit on an uncompressed sitemap."""
MAX_READ = 50_000
"""The protocol's own limit on the entries of one file; what follows is not read."""
MAX_ELEMENTS = 1_000_000
"""Most elements of one file: 50,000 entries of the protocol's five have 300,000; with a dozen of pictures each, a
million. The 12 million of 50 MB take 15 s."""
MAX_NESTING = 100
"""Depth at which a file is left: the protocols' elements are nested four deep."""
MAX_CHILDREN = 1100
"""Most elements read of one entry: the protocols have five and allow a thousand pictures."""
MAX_PARTS = 50
"""Most sub-sitemaps read from one index, the newest first: an index of monthly parts covers four years."""

_FEEDS = frozenset({"rss", "feed", "RDF"})
_MONTH_IN_NAME = re.compile(r"(?<!\d)((?:19|20)\d\d)(?:[-_/.]?(0[1-9]|1[0-2]))?(?!\d)")


def sitemap_links(body: bytes, base: str, *, limit: int = MAX_LINKS) -> list[Link]:
    """Return a sitemap's links, the newest first: at most *limit* pages, or MAX_PARTS sub-sitemaps of an index.

    *base* is its own address. The protocol allows a feed too. Raises DiscoveryError for other bytes, or too many.
    """
    plain = _unpacked(body)
    if not plain.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return _lines(plain, base, limit)
    if (root := _root(plain)) in _FEEDS:
        return feed_links(plain, base, limit=limit)
    if root not in ("urlset", "sitemapindex"):
        raise DiscoveryError(one_line(f"not a sitemap: the root element is {root[:40]!r}"))
    links = [link for link in islice(_elements(plain, base), MAX_READ) if link]
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
        raise DiscoveryError(f"unpacks to more than {MAX_SITEMAP // 2**20} MB", TOO_LARGE)
    return plain


def _root(plain: bytes) -> str:
    events = etree.iterparse(BytesIO(plain), events=("start",), recover=True, resolve_entities=False, no_network=True)
    try:
        return next((_name(element) for _, element in events), "")
    except etree.XMLSyntaxError as error:
        raise DiscoveryError(one_line(f"not XML: {error.msg}")) from None


def _elements(plain: bytes, base: str) -> Iterator[Link | None]:
    """Yield a link for each entry, None where it has none. Whatever else is in the file is dropped as it is read."""
    options: dict[str, Any] = {"recover": True, "resolve_entities": False, "no_network": True}
    events = etree.iterparse(BytesIO(plain), events=("start", "end"), remove_comments=True, remove_pis=True, **options)
    elements = depth = 0
    # the depth of the entry that is being read: what is in it must stay until it has ended
    entry = 0
    try:
        for event, element in events:
            if event == "start":
                elements, depth = elements + 1, depth + 1
                if elements > MAX_ELEMENTS:
                    raise DiscoveryError(f"more than {MAX_ELEMENTS} elements", TOO_MANY_ELEMENTS)
                if depth > MAX_NESTING:
                    raise DiscoveryError(f"elements nested more than {MAX_NESTING} deep", TOO_DEEP)
                if not entry and depth > 1 and _name(element) in ("url", "sitemap"):
                    entry = depth
                continue
            depth -= 1
            if entry and depth >= entry:
                continue
            if entry:
                entry = 0
                yield _part(element, base) if _name(element) == "sitemap" else _page(element, base)
            element.clear()
            if (above := element.getparent()) is not None:
                above.remove(element)
    except etree.XMLSyntaxError as error:
        raise DiscoveryError(one_line(f"not XML: {error.msg}")) from None


def _page(element: etree._Element, base: str) -> Link | None:
    texts = _texts(element)
    url = canonical(texts["loc"], base) if "loc" in texts else None
    if url is None:
        return None
    news = next((child for child in islice(element, MAX_CHILDREN) if _name(child) == "news"), None)
    if news is None:
        return Link(url, published=moment_of(texts.get("lastmod")))
    # pictures and films have titles and dates too: only those in <news> are the article's
    about = _texts(news)
    publication = next((_texts(child) for child in news if _name(child) == "publication"), {})
    date = moment_of(about.get("publication_date")) or moment_of(texts.get("lastmod"))
    return Link(url, about.get("title", ""), date, is_article=True, language=publication.get("language", "").lower())


def _part(element: etree._Element, base: str) -> Link | None:
    texts = _texts(element)
    url = canonical(texts["loc"], base) if "loc" in texts else None
    return Link(url, published=moment_of(texts.get("lastmod")) or _end_of_month(url), is_sitemap=True) if url else None


def _end_of_month(url: str) -> datetime | None:
    """Return when the month or year in the name of an archive part ended, which dates the part."""
    last = next(reversed(list(_MONTH_IN_NAME.finditer(urlsplit(url).path))), None)
    if last is None:
        return None
    year, month = int(last[1]), int(last[2] or 12)
    first_after = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
    return first_after - timedelta(seconds=1)


def _texts(element: etree._Element) -> dict[str, str]:
    """Return the texts of an element's own children, by local name, the first of each."""
    texts: dict[str, str] = {}
    for child in islice(element, MAX_CHILDREN):
        if child.text and child.text.strip():
            texts.setdefault(_name(child), child.text.strip())
    return texts


def _lines(plain: bytes, base: str, limit: int) -> list[Link]:
    lines = islice(re.finditer(rb"^[ \t]*(https?://\S+)", plain.removeprefix(b"\xef\xbb\xbf"), re.M), MAX_READ)
    urls = (canonical(line[1].decode("utf-8", "replace"), base) for line in lines)
    links = newest_first((Link(url) for url in urls if url), limit)
    if not links:
        raise DiscoveryError("not a sitemap")
    return links


def _name(element: etree._Element) -> str:
    # QName would refuse names that the recovering parser accepts
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""

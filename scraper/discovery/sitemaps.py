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
from scraper.discovery.links import MAX_LINKS, DiscoveryError, Link, Links, moment_of, newest_first
from scraper.discovery.markup import address_in, mended, text_of
from scraper.outcomes import TOO_DEEP, TOO_LARGE, TOO_MANY_ELEMENTS
from scraper.printable import one_line

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

_FEEDS = frozenset({"rss", "feed", "rdf"})
_SITEMAPS = frozenset({"urlset", "sitemapindex"})
_ENTRIES = frozenset({"url", "sitemap"})
_WRAPPER = "<sitemaps>", "</sitemaps>"
MAX_BEFORE = 100
"""Most elements before the root: messages that a server writes before a file."""
_IS_SITEMAP = re.compile(r"\.xml(?:\.gz)?$|sitemap[^/]*\.(?:gz|txt)$", re.I)
_ROOT = re.compile(r"<(?:[\w.-]+:)?(?:urlset|sitemapindex|rss|feed|rdf)\b", re.I)
_ENTRY_END = re.compile(rb"</(?:[\w.-]+:)?(?:url|sitemap)\s*>", re.I)
_OPEN = re.compile(r"<((?:[\w.-]+:)?loc)>[^<]*(?=<(?!/?(?:[\w.-]+:)?loc|!))", re.I)
"""An address that another element follows: its end is missing, and the parser would drop what follows."""
_LINE = re.compile(r"(?:^|[\r\n])[ \t\ufeff]*(https?://[^\s,;\"<>]+)", re.I)
_MONTH_IN_NAME = re.compile(r"(?<!\d)((?:19|20)\d\d)(?:[-_/.]?(0[1-9]|1[0-2]))?(?!\d)")


def sitemap_links(body: bytes, base: str, *, limit: int = MAX_LINKS) -> Links:
    """Return a sitemap's links, the newest first: at most *limit* pages, or MAX_PARTS sub-sitemaps of an index.

    *base* is its own address. The protocol allows a feed too. Raises DiscoveryError for other bytes, or too many.
    """
    plain = _unpacked(body)
    text = text_of(plain)
    if not text.lstrip("\ufeff \t\r\n").startswith("<") and not _ROOT.search(text):
        return _lines(text, base, limit)
    # one root around all: some files have several, or a message before their own
    xml = f"{_WRAPPER[0]}{_OPEN.sub(_close, mended(text))}{_WRAPPER[1]}".encode()
    root = _root(xml)
    if root in _FEEDS:
        return feed_links(plain, base, limit=limit)
    if root not in _SITEMAPS:
        raise DiscoveryError(one_line(f"not a sitemap: the root element is {root[:40]!r}"))
    entries = _elements(xml, base, is_index=root == "sitemapindex")
    links = [link for link in islice(entries, MAX_READ) if link]
    # counted as they are written: they are too many to be read
    unread = max(0, len(_ENTRY_END.findall(xml)) - MAX_READ)
    parts = newest_first((link for link in links if link.is_sitemap), MAX_PARTS)
    pages = newest_first((link for link in links if not link.is_sitemap), limit)
    return Links([*parts, *pages], parts.left_out + pages.left_out + unread)


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


def _close(match: re.Match[str]) -> str:
    return f"{match[0]}</{match[1]}>"


def _root(xml: bytes) -> str:
    """Return the name of the first element that begins a sitemap or feed, else of the first one."""
    events = etree.iterparse(BytesIO(xml), events=("start",), recover=True, resolve_entities=False, no_network=True)
    try:
        names = [_name(element) for _, element in islice(events, 1, MAX_BEFORE)]
    except etree.XMLSyntaxError as error:
        raise DiscoveryError(one_line(f"not XML: {error.msg}")) from None
    return next((name for name in names if name in _FEEDS | _SITEMAPS), names[0] if names else "")


def _elements(plain: bytes, base: str, *, is_index: bool) -> Iterator[Link | None]:
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
                if depth > MAX_NESTING + 1:
                    raise DiscoveryError(f"elements nested more than {MAX_NESTING} deep", TOO_DEEP)
                if not entry and depth > 2 and _is_entry(element):
                    entry = depth
                continue
            depth -= 1
            if entry and depth >= entry:
                continue
            if entry:
                entry = 0
                name = _name(element)
                is_part = name == "sitemap" or (name == "loc" and is_index)
                yield _part(element, base) if is_part else _page(element, base)
            element.clear()
            if (above := element.getparent()) is not None:
                above.remove(element)
    except etree.XMLSyntaxError as error:
        raise DiscoveryError(one_line(f"not XML: {error.msg}")) from None


def _is_entry(element: etree._Element) -> bool:
    name = _name(element)
    # some write the addresses right below the root
    return name in _ENTRIES or (
        name == "loc" and (above := element.getparent()) is not None and _name(above) in _SITEMAPS
    )


def _page(element: etree._Element, base: str) -> Link | None:
    texts = _texts(element)
    url = _address(element, texts, base)
    if url is None:
        return None
    if _IS_SITEMAP.search(urlsplit(url).path):
        return _part(element, base)
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
    url = _address(element, texts, base)
    return Link(url, published=moment_of(texts.get("lastmod")) or _end_of_month(url), is_sitemap=True) if url else None


def _address(element: etree._Element, texts: dict[str, str], base: str) -> str | None:
    """Return the address of an entry: that in its `loc`, which some leave out or write as an attribute."""
    own = (element.text or "").strip()
    bare = own if _name(element) == "loc" or own.lower().startswith(("http://", "https://")) else ""
    text = texts.get("loc") or element.get("loc") or bare
    return address_in(text, base) if text else None


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


def _lines(text: str, base: str, limit: int) -> Links:
    found = _LINE.findall(text)
    urls = (address_in(line, base) for line in found[:MAX_READ])
    links = newest_first((_of_list(url) for url in urls if url), limit, unread=max(0, len(found) - MAX_READ))
    if not links:
        raise DiscoveryError("not a sitemap")
    return links


def _of_list(url: str) -> Link:
    is_sitemap = _IS_SITEMAP.search(urlsplit(url).path) is not None
    return Link(url, published=_end_of_month(url) if is_sitemap else None, is_sitemap=is_sitemap)


def _name(element: etree._Element) -> str:
    """Return an element's name without its namespace, in small letters; its prefix may be declared nowhere."""
    # QName would refuse names that the recovering parser accepts
    return re.split("[}:]", element.tag)[-1].lower() if isinstance(element.tag, str) else ""

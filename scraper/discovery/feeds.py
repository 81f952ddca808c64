"""Read feeds: RSS and Atom of every version, and JSON Feed."""

from __future__ import annotations

import calendar
import io
import json
import re
from datetime import UTC, datetime
from itertools import count
from typing import Any
from xml.parsers import expat

import feedparser  # type: ignore[import-untyped]

from scraper.discovery.links import MAX_LINKS, DiscoveryError, Link, Links, moment_of, newest_first
from scraper.discovery.markup import address_in, mended, text_of
from scraper.outcomes import TOO_MANY_ELEMENTS
from scraper.urls import is_media

MAX_BROKEN = 256 * 1024
"""Bytes read of a feed that is not well-formed XML: feedparser's tolerant parser takes up to 7 s for a megabyte."""
MAX_ELEMENTS = 100_000
"""Most elements of a feed: 2,000 entries of 20 have 40,000. feedparser takes 20 s for the two million of 10 MB."""
MAX_VALUES = 500_000
"""Most commas and opening brackets of a JSON Feed: 2,000 items of 20 values have 40,000. Three million empty items, in
10 MB, take 400 MB."""
MAX_ATTRIBUTES = 100
"""Most attributes of one element: feedparser's time grows with their square, 3 s for 16,000."""

_ROOT = re.compile(r"<(?:[\w.-]+:)?(?:rss|feed|RDF)\b", re.I)
_DECLARATION = '<?xml version="1.0" encoding="utf-8"?>'
_ENTRY_END = re.compile(rb"</(?:[\w.-]+:)?(?:item|entry)\s*>", re.I)


def feed_links(body: bytes, base: str, *, limit: int = MAX_LINKS) -> Links:
    """Return at most *limit* entries of the feed at *base*, the newest first. Raises DiscoveryError for other bytes."""
    # the content type is no help: JSON feeds come as text/plain, RSS as text/html, both as application/octet-stream
    text = text_of(body)
    if text[:64].lstrip("\ufeff \t\r\n").startswith(("{", "[")):
        return json_feed_links(text, base, limit=limit)
    text = mended(text)
    # a server's own messages may stand before the feed
    root = _ROOT.search(text)
    whole = (_DECLARATION + text[root.start() if root else 0 :]).encode()
    body, unread = _first_entries(whole, limit)
    feed = _parsed(body if _is_plain(body) else body[:MAX_BROKEN])
    links = []
    for entry in feed.entries[:limit]:
        url = _address(entry, base)
        if url and not is_media(url):
            links.append(Link(url, str(entry.get("title") or ""), _published(entry), is_article=True))
    found = newest_first(links, limit, unread=unread)
    # the feed's own `itunes:new-feed-url`; `link rel="self"` is no such word: it is wrong in too many feeds
    found.moved_to = address_in(str(feed.feed.get("itunes_new-feed-url") or ""), base) or ""
    return found


def _parsed(body: bytes) -> Any:  # noqa: ANN401 - feedparser has no types
    try:
        # feedparser would take text or bytes for an address or a file name: only a stream is safe
        feed = feedparser.parse(io.BytesIO(body), sanitize_html=False, resolve_relative_uris=False)
    except Exception as error:
        # the parser may raise anything on hostile bytes; it must not end a crawl
        raise DiscoveryError(f"not an RSS or Atom feed: {type(error).__name__}") from None
    if not feed.get("version"):
        raise DiscoveryError("not an RSS or Atom feed")
    return feed


def _first_entries(body: bytes, limit: int) -> tuple[bytes, int]:
    """Return *body* without the entries beyond *limit*, and their number."""
    for number, end in enumerate(_ENTRY_END.finditer(body), 1):
        if number == limit:
            root = b"</feed>" if end[0].lower().rstrip(b"> \t\r\n").endswith(b"entry") else b"</channel></rss>"
            if unread := sum(1 for _ in _ENTRY_END.finditer(body, end.end())):
                return body[: end.end()] + root, unread
            break
    return body, 0


def _is_plain(body: bytes) -> bool:
    """Tell whether *body* is well-formed XML of reasonable size that declares no entities."""
    elements = count()

    def start(_: str, attributes: dict[str, str]) -> None:
        if len(attributes) > MAX_ATTRIBUTES:
            raise DiscoveryError(f"an element with more than {MAX_ATTRIBUTES} attributes")
        if next(elements) >= MAX_ELEMENTS:
            raise ValueError

    def refuse(*_: object) -> None:
        raise ValueError

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler, parser.EntityDeclHandler = start, refuse
    try:
        parser.Parse(body, True)
    except DiscoveryError:
        raise
    except (expat.ExpatError, ValueError, LookupError):
        return False
    return True


def _address(entry: Any, base: str) -> str | None:  # noqa: ANN401 - feedparser has no types
    # feeds that count clicks link to their own server and give the article's address in another element
    for name in ("feedburner_origlink", "pheedo_origlink", "link"):
        text = str(entry.get(name) or "").strip()
        if text and (address := address_in(text, base)):
            return address
    return None


def _published(entry: Any) -> datetime | None:  # noqa: ANN401 - feedparser has no types
    for name in ("published_parsed", "updated_parsed"):
        try:
            # entry.get would make one date out of the other, with a warning
            if moment := dict.get(entry, name):
                return datetime.fromtimestamp(calendar.timegm(moment), UTC)
        except (ValueError, OverflowError, OSError, TypeError):
            continue
    return None


_VERSION = "jsonfeed.org/version/1"


def json_feed_links(text: str, base: str, *, limit: int = MAX_LINKS) -> Links:
    """Return the items of a JSON Feed, the newest first. Raises DiscoveryError where *text* is not one."""
    if sum(map(text.count, ",[{")) > MAX_VALUES:
        raise DiscoveryError(f"more than {MAX_VALUES} values", TOO_MANY_ELEMENTS)
    try:
        feed = json.loads(text.removeprefix("\ufeff"), strict=False)
    except (ValueError, RecursionError):
        raise DiscoveryError("not a JSON Feed: no JSON") from None
    items = feed.get("items") if isinstance(feed, dict) and _VERSION in str(feed.get("version")) else None
    if not isinstance(items, list):
        raise DiscoveryError("not a JSON Feed: no version or no items")
    links = (_link(item, base) for item in items[:limit] if isinstance(item, dict))
    return newest_first((link for link in links if link), limit, unread=max(0, len(items) - limit))


def _link(item: dict[str, Any], base: str) -> Link | None:
    # some feeds give the address only as the id
    url = next((text for key in ("url", "id", "external_url") if (text := _text(item, key))), "")
    if not url or (not _text(item, "url") and not url.startswith(("http://", "https://"))):
        return None
    address = address_in(url, base)
    date = moment_of(_text(item, "date_published")) or moment_of(_text(item, "date_modified"))
    return Link(address, _text(item, "title"), date, is_article=True) if address and not is_media(address) else None


def _text(item: dict[str, Any], key: str) -> str:
    value = item.get(key)
    return value.strip() if isinstance(value, str) else ""

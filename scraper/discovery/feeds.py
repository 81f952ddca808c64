"""Feeds: RSS and Atom of every version, and JSON Feed."""

from __future__ import annotations

import calendar
import io
import re
from datetime import UTC, datetime
from typing import Any

import feedparser  # type: ignore[import-untyped]

from scraper.discovery.jsonfeed import json_feed_links
from scraper.discovery.link import MAX_LINKS, DiscoveryError, Link, newest_first
from scraper.links import canonical, is_media

_ENTRY_END = re.compile(rb"</(?:[\w.-]+:)?(?:item|entry)\s*>", re.I)


def feed_links(body: bytes, base: str, *, limit: int = MAX_LINKS) -> list[Link]:
    """Return the entries of a feed, the newest first, at most *limit*; the first byte tells JSON from XML.

    *base* is the feed's own address. Raises DiscoveryError where *body* is not a feed.
    """
    # not the content type: JSON feeds come as text/plain, RSS as text/html, and either as application/octet-stream
    if body[:64].lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")):
        return json_feed_links(body, base, limit=limit)
    feed = _parsed(_first_entries(body, limit))
    links = []
    for entry in feed.entries[:limit]:
        url = _address(entry, base)
        if url and not is_media(url):
            links.append(Link(url, str(entry.get("title") or ""), _published(entry), is_article=True))
    return newest_first(links, limit)


def _parsed(body: bytes) -> Any:  # noqa: ANN401 - feedparser has no types
    try:
        # feedparser takes a text or bytes argument for an address or a file name first: only a stream is safe
        feed = feedparser.parse(io.BytesIO(body), sanitize_html=False, resolve_relative_uris=False)
    except Exception as error:
        # what a foreign parser lets out of hostile bytes has no end; here it must not end a crawl
        raise DiscoveryError(f"not an RSS or Atom feed: {type(error).__name__}") from None
    if not feed.get("version"):
        raise DiscoveryError("not an RSS or Atom feed")
    return feed


def _first_entries(body: bytes, limit: int) -> bytes:
    """Return *body* without the entries beyond *limit*."""
    for number, end in enumerate(_ENTRY_END.finditer(body), 1):
        if number == limit:
            root = b"</feed>" if end[0].lower().rstrip(b"> \t\r\n").endswith(b"entry") else b"</channel></rss>"
            return body[: end.end()] + (root if _ENTRY_END.search(body, end.end()) else body[end.end() :])
    return body


def _address(entry: Any, base: str) -> str | None:  # noqa: ANN401 - feedparser has no types
    # feeds that count clicks link to their own server and name the article's address beside it
    for name in ("feedburner_origlink", "pheedo_origlink", "link"):
        text = str(entry.get(name) or "").strip()
        if text and (found := canonical(text, base)):
            return found
    return None


def _published(entry: Any) -> datetime | None:  # noqa: ANN401 - feedparser has no types
    for name in ("published_parsed", "updated_parsed"):
        try:
            if moment := entry.get(name):
                return datetime.fromtimestamp(calendar.timegm(moment), UTC)
        except (ValueError, OverflowError, OSError, TypeError):
            continue
    return None

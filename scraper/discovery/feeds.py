"""RSS and Atom feeds."""

from __future__ import annotations

import calendar
import io
from datetime import UTC, datetime
from typing import Any

import feedparser  # type: ignore[import-untyped]

from scraper.discovery.link import MAX_LINKS, DiscoveryError, Link, newest_first
from scraper.links import canonical


def feed_links(body: bytes, base: str, *, limit: int = MAX_LINKS) -> list[Link]:
    """Return the entries of an RSS or Atom feed, the newest first, at most *limit*.

    *base* is the feed's own address. Raises DiscoveryError where *body* is not a feed.
    """
    # feedparser takes a text or bytes argument for an address or a file name first: only a stream is safe
    feed = feedparser.parse(io.BytesIO(body), sanitize_html=False)
    if not feed.get("version"):
        raise DiscoveryError("not an RSS or Atom feed")
    links = []
    for entry in feed.entries[:limit]:
        url = canonical(entry.get("link") or "", base)
        if url and (entry.get("link") or "").strip():
            links.append(Link(url, str(entry.get("title") or ""), _published(entry), is_article=True))
    return newest_first(links, limit)


def _published(entry: Any) -> datetime | None:  # noqa: ANN401 - feedparser has no types
    moment = entry.get("published_parsed") or entry.get("updated_parsed")
    try:
        return datetime.fromtimestamp(calendar.timegm(moment), UTC) if moment else None
    except (ValueError, OverflowError, OSError):
        return None

"""JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/)."""

from __future__ import annotations

import json
from typing import Any

from scraper.discovery.link import MAX_LINKS, DiscoveryError, Link, moment_of, newest_first
from scraper.links import canonical, is_media

_VERSION = "jsonfeed.org/version/1"


def json_feed_links(body: bytes, base: str, *, limit: int = MAX_LINKS) -> list[Link]:
    """Return the items of a JSON Feed, the newest first. Raises DiscoveryError where *body* is none."""
    try:
        feed = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise DiscoveryError("not a JSON Feed: no JSON") from None
    items = feed.get("items") if isinstance(feed, dict) and _VERSION in str(feed.get("version")) else None
    if not isinstance(items, list):
        raise DiscoveryError("not a JSON Feed: no version or no items")
    found = (_link(item, base) for item in items[:limit] if isinstance(item, dict))
    return newest_first((link for link in found if link), limit)


def _link(item: dict[str, Any], base: str) -> Link | None:
    # an id is an address where its writer had no other
    url = next((text for key in ("url", "id", "external_url") if (text := _text(item, key))), "")
    if not url or (not _text(item, "url") and not url.startswith(("http://", "https://"))):
        return None
    found = canonical(url, base)
    date = moment_of(_text(item, "date_published")) or moment_of(_text(item, "date_modified"))
    return Link(found, _text(item, "title"), date, is_article=True) if found and not is_media(found) else None


def _text(item: dict[str, Any], key: str) -> str:
    value = item.get(key)
    return value.strip() if isinstance(value, str) else ""

"""Name the captures of a URL by addresses of the local page: its mementos and their TimeMap (RFC 7089)."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlencode

from archive import CaptureRow, Catalog, TimeMap
from scraper.urls import canonical


def time_map(base: str, url: str, captures: Iterable[CaptureRow]) -> TimeMap:
    """Return the TimeMap of a URL's captures for a local page that is served at *base*, such as http://127.0.0.1:8470."""
    base = base.rstrip("/")
    return TimeMap.of(
        url, map_address(base, url), captures, lambda record_id: f"{base}/memento?{urlencode({'record': record_id})}"
    )


def captures_of(catalog: Catalog, url: str) -> tuple[str, list[CaptureRow]]:
    """Return the captures of a URL, newest first, and the form of it that the archive has: as given, or canonical."""
    rows = catalog.captures(url) or catalog.captures(canonical(url) or url)
    return (rows[0].url if rows else url), rows


def map_address(base: str, url: str) -> str:
    """Return the address of a URL's TimeMap."""
    return f"{base}/timemap?{urlencode({'url': url}, errors='replace')}"

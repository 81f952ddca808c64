"""Read one source of any kind: its links that are young enough, and the number of older ones."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from scraper.discovery.feeds import feed_links
from scraper.discovery.links import Link, Links, in_time
from scraper.discovery.pages import section_links
from scraper.discovery.sitemaps import sitemap_links

NEWS_SITEMAP = "news sitemap: "
"""Start of the reason of a sitemap whose entries are all articles."""
_MOVED = re.compile(r"moved to (\S+): ")
"""Start of the reason of a feed that says that it has moved."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The links of a source."""

    links: list[Link]
    too_old: int
    is_news_sitemap: bool
    left_out: int = 0
    """Entries that were not read, since a source is read up to a bound."""
    moved_to: str = ""
    """Where a feed says that it has moved to; empty where it does not, or names itself."""

    def summary(self, new: int) -> str:
        """Return the reason that the frontier stores; *new* is the number of links that were not known before.

        >>> Reading([Link("https://example.com/a")], 80, True).summary(1)
        'news sitemap: 81 links, 1 new, 80 too old'
        >>> Reading([Link("https://example.com/a")], 0, False, 500).summary(1)
        '1 links, 1 new, 500 more left out'
        """
        kind = f"moved to {self.moved_to}: " if self.moved_to else NEWS_SITEMAP if self.is_news_sitemap else ""
        old = f", {self.too_old} too old" if self.too_old else ""
        more = f", {self.left_out} more left out" if self.left_out else ""
        return f"{kind}{len(self.links) + self.too_old} links, {new} new{old}{more}"


def read_source(
    kind: Literal["feed", "sitemap", "section"],
    body: bytes,
    url: str,
    *,
    charset: str | None,
    now: datetime,
    max_age: timedelta | None,
) -> Reading:
    """Read the source at *url*; only count links older than *max_age* (None: any age). Raises DiscoveryError."""
    if kind == "section":
        links: list[Link] = section_links(body, url, charset=charset)
    else:
        links = feed_links(body, url) if kind == "feed" else sitemap_links(body, url)
    is_news = kind == "sitemap" and bool(links) and all(link.is_article for link in links)
    left_out = links.left_out if isinstance(links, Links) else 0
    moved_to = links.moved_to if kind == "feed" and isinstance(links, Links) and links.moved_to != url else ""
    return Reading(*in_time(links, now=now, max_age=max_age), is_news, left_out, moved_to)


def still(reason: str | None) -> str:
    """Return the part of the last reading's *reason* that is still true where the source is unchanged.

    >>> still("news sitemap: 120 links, 14 new"), still("120 links, 14 new"), still(None)
    ('news sitemap: ', '', '')
    """
    if moved := _MOVED.match(reason or ""):
        return moved[0]
    return NEWS_SITEMAP if (reason or "").startswith(NEWS_SITEMAP) else ""


def moved_to(reason: str | None) -> str:
    """Return where a feed has moved to by the *reason* of its last reading; empty where it does not say so.

    >>> moved_to("moved to https://example.com/new: 20 links, 3 new"), moved_to("20 links, 3 new")
    ('https://example.com/new', '')
    """
    moved = _MOVED.match(reason or "")
    return moved[1] if moved else ""

"""Define the links of a source, and drop those that are too old."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from scraper.outcomes import BAD_SOURCE

MAX_LINKS = 2000
"""Most links read from one source, as for Media Cloud's feeds: more is an archive or a trap."""


class DiscoveryError(ValueError):
    """A source is not what it should be; the message is one line for the frontier's `reason`."""

    def __init__(self, message: str, status: str = BAD_SOURCE) -> None:
        super().__init__(message)
        self.status = status
        """The final status of the source: one of its own for each bound."""

    def __reduce__(self) -> tuple[type[DiscoveryError], tuple[str, str]]:
        """Keep the status where the error comes from another process."""
        return type(self), (str(self), self.status)


@dataclass(frozen=True, slots=True)
class Link:
    """One link of a source; its URL is canonical."""

    url: str
    text: str = ""
    """The entry's title or the link's text."""
    published: datetime | None = None
    """The date that the source gives, aware; None where it gives none."""
    is_article: bool = False
    """The source calls it an article: a feed or a news sitemap does."""
    is_sitemap: bool = False
    """An entry of a sitemap index: leads to links, not to an article."""
    language: str = ""
    """A code such as `en` or `zh-cn`, where a news sitemap gives one."""


class Links(list[Link]):
    """The links of a source, the newest first, and what was left out of them."""

    def __init__(self, links: Iterable[Link] = (), left_out: int = 0) -> None:
        super().__init__(links)
        self.left_out = left_out
        """Entries beyond a bound: those that were read are the newest, or the first."""
        self.moved_to = ""
        """Where a feed says that it has moved to."""


def newest_first(links: Iterable[Link], limit: int, *, unread: int = 0) -> Links:
    """Return the first *limit* distinct links, the newest first; links without a date keep their order at the end.
    *unread* is the number of entries beyond those.

    >>> newest_first([Link("https://example.com/a"), Link("https://example.com/b")], 1, unread=2).left_out
    3
    """
    distinct: dict[str, Link] = {}
    for link in links:
        distinct.setdefault(link.url, link)
    ordered = sorted(distinct.values(), key=lambda link: -link.published.timestamp() if link.published else 0)
    return Links(ordered[:limit], max(0, len(ordered) - limit) + unread)


def moment_of(text: str | None) -> datetime | None:
    """Return an ISO 8601 date or time as an aware datetime, UTC where it has no zone; None where *text* is neither.

    >>> moment_of("2026-11-20").isoformat()
    '2026-11-20T00:00:00+00:00'
    """
    try:
        moment = datetime.fromisoformat((text or "").strip())
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


AHEAD = timedelta(days=1)
"""How far in the future a date may lie: enough for every time zone and a slow clock; more is an error."""
FIRST = datetime(1990, 1, 1, tzinfo=UTC)
"""Oldest date that counts as one: earlier ones come from empty database fields."""


def in_time(links: Iterable[Link], *, now: datetime, max_age: timedelta | None) -> tuple[list[Link], int]:
    """Return the links that are not older than *max_age* (None: any age), in their order, and the number of older ones.

    A link without a date stays, since its age is unknown. A date before FIRST or in the future is removed.
    """
    believed = [
        link if link.published is None or FIRST <= link.published <= now + AHEAD else replace(link, published=None)
        for link in links
    ]
    young = [link for link in believed if max_age is None or link.published is None or now - link.published <= max_age]
    return young, len(believed) - len(young)

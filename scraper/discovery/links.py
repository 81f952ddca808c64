"""What a source page yields: links, each with what the source says about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

MAX_LINKS = 2000
"""Most links taken from one source, as Media Cloud caps its feeds: more is an archive or a trap."""


class DiscoveryError(ValueError):
    """A source that is not what it was said to be; the message is one line for the frontier's `reason`."""


@dataclass(frozen=True, slots=True)
class Link:
    """One link of a source, canonical."""

    url: str
    text: str = ""
    """The entry's title or the link's text."""
    published: datetime | None = None
    """What the source says, aware; None where it says nothing."""
    is_article: bool = False
    """The source itself says so: it is a feed or a news sitemap."""
    is_sitemap: bool = False
    """Found in a sitemap index: leads to links, not to an article."""
    language: str = ""
    """As a news sitemap says it: a code such as `en` or `zh-cn`."""


def newest_first(links: Iterable[Link], limit: int) -> list[Link]:
    """Return the first *limit* distinct links, the newest first; links without a date keep their order at the end."""
    distinct: dict[str, Link] = {}
    for link in links:
        distinct.setdefault(link.url, link)
    return sorted(distinct.values(), key=lambda link: -link.published.timestamp() if link.published else 0)[:limit]


def moment_of(text: str | None) -> datetime | None:
    """Return the aware datetime of an ISO 8601 date or time, None where *text* is none; without a zone it is UTC.

    >>> moment_of("2026-11-20").isoformat()
    '2026-11-20T00:00:00+00:00'
    """
    try:
        moment = datetime.fromisoformat((text or "").strip())
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


AHEAD = timedelta(days=1)
"""How far ahead of our clock a date may lie: every time zone and a slow clock fit in; more is a mistake or a lure."""
FIRST = datetime(1990, 1, 1, tzinfo=UTC)
"""Nothing on the web is older: earlier dates are what an empty field of a database becomes."""


def in_time(links: Iterable[Link], *, now: datetime, max_age: timedelta | None) -> tuple[list[Link], int]:
    """Return the links that are not older than *max_age* (None: any), in their order, and how many are.

    A link without a date stays: its age is not known. An absurd date, or one in the future, counts as none.
    """
    kept, too_old = [], 0
    for link in links:
        date = link.published
        if date is not None and not FIRST <= date <= now + AHEAD:
            kept.append(replace(link, published=None))
        elif date is not None and max_age is not None and now - date > max_age:
            too_old += 1
        else:
            kept.append(link)
    return kept, too_old

"""Put found URLs into the frontier: new ones, and known ones that are fetched again because they were found again."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

import sqlalchemy as sa

from cleaners import host_of
from scraper.frontier.dialects import insert_urls, one_of
from scraper.frontier.leases import MAX_AHEAD, HostLeases
from scraper.frontier.tables import FoundUrl, Kind, urls
from scraper.outcomes import POLICY, is_transient
from scraper.seeds import Seed

MAX_ATTEMPTS = 5
"""Most leases of a URL whose failures may pass; after them it is not tried again when it is found again."""

EARLY = (0.05, 0.15)
"""Least and largest share of an interval by which a URL is due early, by its hash. So a thousand feeds added together
drift apart, and a timer of the same interval finds them due each time, though they were read after it started."""
SPREAD = EARLY[1] - EARLY[0]

_KNOWN = ("id", "url", "state", "status", "attempts", "closed_at", "due_at", "every")


def enqueue(
    connection: sa.Connection,
    leases: HostLeases,
    chunk: Iterable[FoundUrl],
    now: float,
    started: float,
    *,
    again: bool,
    due: bool,
) -> int:
    """Enqueue *chunk* with one statement for each kind of change, and return the number of URLs that now wait."""
    items: dict[str, FoundUrl] = {}
    for item in chunk:
        items.setdefault(item.url, item)
    known = {row.url: row for row in connection.execute(_known(connection.dialect.name), {"found": list(items)})}
    new = [item for url, item in items.items() if url not in known]
    back = [(row, items[url]) for url, row in known.items() if _comes_back(row, items[url], (started, now), again, due)]
    leases.ready(connection, [host_of(item.url) for item in (*new, *(item for _, item in back))])
    added = 0
    if new:
        # another worker may have found the same URLs a moment ago
        added = insert_urls(connection, [_columns(item) | _beginning(item) | {"added_at": now} for item in new])
    for row, item in back:
        done = urls.update().where(urls.c.id == row.id, urls.c.state == "done")
        attempts = row.attempts if is_transient(row.status) else 0
        added += connection.execute(done.values(state="waiting", attempts=attempts, **_columns(item))).rowcount
    return added


@cache
def _known(dialect: str) -> sa.Select[Any]:
    return sa.select(*(urls.c[name] for name in _KNOWN)).where(one_of(dialect, urls.c.url, "found"))


def _comes_back(known: Any, item: FoundUrl, run: tuple[float, float], again: bool, due: bool) -> bool:  # noqa: ANN401
    """Tell whether the row *known* is fetched again because it was found again. *run*: its start, and now."""
    started, now = run
    clock_went_back = known.closed_at is not None and known.closed_at > now + MAX_AHEAD
    if known.state != "done" or (known.closed_at >= started and not clock_went_back):
        return False
    if item.kind != "article" and clock_went_back:
        return True
    if item.kind != "article":
        # a source that another one names is read with it, though it may be due a little later by its hash
        slack = (known.every or 0.0) * SPREAD if item.hops else 0.0
        return again or not due or (known.due_at or 0.0) - slack <= started
    return again or (is_transient(known.status) and (known.attempts < MAX_ATTEMPTS or known.status in POLICY))


def _columns(item: FoundUrl) -> dict[str, Any]:
    return {name: getattr(item, name) for name in ("kind", "site", "found_in", "hops", "turn")}


def _beginning(item: FoundUrl) -> dict[str, Any]:
    published = item.published.timestamp() if item.published else None
    # columns with a default are named too: in tables of version 1 they have none
    return {"url": item.url, "host": host_of(item.url), "published": published, "state": "waiting", "attempts": 0}


def sources_of(seed: Seed) -> list[FoundUrl]:
    """Return the sources of *seed*: its feeds, sitemaps, front pages and pages of links. A page that is of the last
    two is one source, of the kind `front`."""
    kinds: tuple[tuple[Kind, tuple[str, ...]], ...] = (
        ("feed", seed.feeds),
        ("sitemap", seed.sitemaps),
        ("front", seed.front),
        ("section", tuple(url for url in seed.pages_of_links if url not in seed.front)),
    )
    return [FoundUrl(url, kind, seed.name) for kind, urls in kinds for url in urls]

"""How old a link may be: what a source says about dates, taken with care."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from scraper.discovery.link import Link

MAX_AGE = timedelta(hours=720)
"""Older entries are not fetched unless a seed says otherwise: 30 days, as CC-NEWS has it (conf/crawler-conf.yaml)."""
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

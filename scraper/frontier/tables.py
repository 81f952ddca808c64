"""Define the frontier's tables and the types of what is written and read. Times are epoch seconds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

Kind = Literal["feed", "sitemap", "section", "front", "article"]
State = Literal["waiting", "leased", "done"]

VERSION = 3
"""Version of the tables below. Version 1 had no `meta`, no `hosts`, no due times and no validators; version 2 did not
tell which page is stored and not closed, nor when a URL last answered."""
FIRST, LAST = -1e12, 1e12
"""Turns of sources and of articles without a date. A dated article has its negated date, so the newest come first."""

WAITING = sa.text("state = 'waiting'")
SOURCE_WAITING = sa.text("state = 'waiting' AND kind <> 'article'")
LEASED = sa.text("state = 'leased'")
READY = sa.text("ready = 1")
DUE = sa.text("due_at IS NOT NULL")
STORED = sa.text("stored_by IS NOT NULL")
OWNED = sa.text("lease_until IS NOT NULL")

metadata = sa.MetaData()
meta = sa.Table(
    "meta", metadata, sa.Column("name", sa.Text, primary_key=True), sa.Column("value", sa.Text, nullable=False)
)
urls = sa.Table(
    "urls",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("url", sa.Text, nullable=False, unique=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("site", sa.Text, nullable=False),
    sa.Column("found_in", sa.Text),
    sa.Column("hops", sa.Integer, nullable=False, server_default="0"),
    sa.Column("published", sa.Float),
    sa.Column("state", sa.Text, nullable=False, server_default="waiting"),
    sa.Column("leased_at", sa.Float),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("status", sa.Text),
    sa.Column("reason", sa.Text),
    sa.Column("record_id", sa.Text),
    sa.Column("added_at", sa.Float, nullable=False),
    sa.Column("closed_at", sa.Float),
    sa.Column("due_at", sa.Float),
    sa.Column("every", sa.Float),
    sa.Column("visits", sa.Integer, nullable=False, server_default="0"),
    sa.Column("etag", sa.Text),
    sa.Column("last_modified", sa.Text),
    sa.Column("digest", sa.Text),
    sa.Column("turn", sa.Float, nullable=False, server_default="0"),
    sa.Column("stored_by", sa.Text),
    sa.Column("answered_at", sa.Float),
    # what a lease looks for is found by seeking: its time must not grow with the table
    sa.Index("urls_in_turn", "host", "turn", "id", sqlite_where=WAITING, postgresql_where=WAITING),
    sa.Index("urls_sources_waiting", "host", sqlite_where=SOURCE_WAITING, postgresql_where=SOURCE_WAITING),
    sa.Index("urls_leased", "host", sqlite_where=LEASED, postgresql_where=LEASED),
    sa.Index("urls_by_site", "site", "kind", "status"),
    sa.Index("urls_stored", "id", sqlite_where=STORED, postgresql_where=STORED),
    sa.Index("urls_by_due", "due_at", sqlite_where=DUE, postgresql_where=DUE),
)
hosts = sa.Table(
    "hosts",
    metadata,
    sa.Column("host", sa.Text, primary_key=True),
    sa.Column("worker", sa.Text),
    sa.Column("lease_until", sa.Float),
    sa.Column("next_at", sa.Float, nullable=False, server_default="0"),
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
    sa.Column("ready", sa.Integer, nullable=False, server_default="0"),
    sa.Index("hosts_ready", "host", sqlite_where=READY, postgresql_where=READY),
    sa.Index("hosts_next", "next_at", sqlite_where=READY, postgresql_where=READY),
    sa.Index("hosts_leased", "lease_until", sqlite_where=OWNED, postgresql_where=OWNED),
)
"""`ready` is 1 where a URL of the host may be waiting; the lease that takes the last one clears it."""


class FrontierError(RuntimeError):
    """The frontier's database cannot be used; the message is one line with the place and the cause."""


@dataclass(frozen=True, slots=True)
class FoundUrl:
    """A URL to put into the frontier. *url* is canonical."""

    url: str
    kind: Kind
    site: str
    found_in: str | None = None
    """The URL of the source that named it; None for a seed's own URL."""
    hops: int = 0
    """Redirects, or levels of sitemap index, between the seed's own URL or the source and this one."""
    published: datetime | None = None

    @property
    def turn(self) -> float:
        """Its place among the waiting URLs of its host: the lowest comes first."""
        if self.kind != "article":
            return FIRST
        return -self.published.timestamp() if self.published else LAST


@dataclass(frozen=True, slots=True)
class Row:
    """One URL as the frontier knows it; times are epoch seconds."""

    id: int
    url: str
    kind: Kind
    host: str
    site: str
    found_in: str | None
    hops: int
    published: float | None
    state: State
    leased_at: float | None
    attempts: int
    status: str | None
    reason: str | None
    record_id: str | None
    added_at: float
    closed_at: float | None
    due_at: float | None = None
    """When it is fetched again without being found again; None: only when something finds it."""
    every: float | None = None
    """Seconds between two readings of a source, adapted to how often it has something new."""
    visits: int = 0
    """How often it was fetched whole, with status `fetched` or `updated`."""
    etag: str | None = None
    last_modified: str | None = None
    digest: str | None = None
    """Payload digest of the last whole response, as in WARC-Payload-Digest."""
    turn: float = LAST
    """Its place among the waiting URLs of its host, as in FoundUrl.turn."""
    stored_by: str | None = None
    """The worker that has stored its page, as `record_id`, and not yet its text."""
    answered_at: float | None = None
    """When it was last fetched or said that it has not changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What a fetch told about a URL, stored when it is closed; None leaves the value that was known."""

    etag: str | None = None
    last_modified: str | None = None
    digest: str | None = None
    every: float | None = None
    due_at: float | None = None
    """Here None is stored too: the URL is fetched again only when something finds it."""

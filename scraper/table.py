"""The frontier's table: its columns, the rows that come out of it, and the database it lies in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

Kind = Literal["feed", "sitemap", "section", "article"]
State = Literal["waiting", "leased", "done"]

metadata = sa.MetaData()
urls = sa.Table(
    "urls",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("url", sa.Text, nullable=False, unique=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("site", sa.Text, nullable=False),
    sa.Column("found_in", sa.Text),
    sa.Column("hops", sa.Integer, nullable=False, default=0),
    sa.Column("published", sa.Float),
    sa.Column("state", sa.Text, nullable=False, default="waiting"),
    sa.Column("lease_until", sa.Float),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("status", sa.Text),
    sa.Column("reason", sa.Text),
    sa.Column("record_id", sa.Text),
    sa.Column("added_at", sa.Float, nullable=False),
    sa.Column("closed_at", sa.Float),
    sa.Column("due_at", sa.Float),
    sa.Column("every", sa.Float),
    sa.Column("visits", sa.Integer, nullable=False, default=0),
    sa.Column("etag", sa.Text),
    sa.Column("last_modified", sa.Text),
    sa.Column("digest", sa.Text),
    sa.Index("urls_by_state", "state", "host", "site"),
    sa.Index("urls_by_site", "site", "kind", "status"),
    sa.Index("urls_by_due", "due_at"),
)
hosts = sa.Table(
    "hosts",
    metadata,
    sa.Column("host", sa.Text, primary_key=True),
    sa.Column("worker", sa.Text),
    sa.Column("lease_until", sa.Float),
    sa.Column("next_at", sa.Float, nullable=False, default=0.0),
    sa.Column("failures", sa.Integer, nullable=False, default=0),
)


class FrontierError(RuntimeError):
    """The frontier's database cannot be used; the message is one line that says where and why."""


@dataclass(frozen=True, slots=True)
class Found:
    """A URL to put into the frontier. *url* is canonical."""

    url: str
    kind: Kind
    site: str
    found_in: str | None = None
    """The URL of the source that named it; None for a seed's own URL."""
    hops: int = 0
    """Redirects, or levels of sitemap index, between the seed's own URL or the source and this one."""
    published: datetime | None = None


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
    lease_until: float | None
    attempts: int
    status: str | None
    reason: str | None
    record_id: str | None
    added_at: float
    closed_at: float | None
    due_at: float | None = None
    """When it is to be fetched again by itself; None: not before something finds it again."""
    every: float | None = None
    """Seconds between two readings of a source, as adapted to what it yields."""
    visits: int = 0
    """How often it was fetched whole: status `fetched`."""
    etag: str | None = None
    last_modified: str | None = None
    digest: str | None = None
    """Payload digest of the last whole response, as in WARC-Payload-Digest."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A host that gets no request before a moment, in epoch seconds."""

    host: str
    until: float
    failures: int
    """In a row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What a fetch taught about a URL, written when it is closed; None leaves what was known."""

    etag: str | None = None
    last_modified: str | None = None
    digest: str | None = None
    every: float | None = None
    due_at: float | None = None
    """Unlike the others, None means: not by itself."""


def open_engine(path: Path | None) -> sa.Engine:
    """Return the database of *path*, None for one in memory. Raises FrontierError where its folder cannot be made."""
    if path is None:
        return sa.create_engine("sqlite://", poolclass=StaticPool)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FrontierError(f"{path.parent}: {error.strerror}; choose a folder that can be written") from None
    engine = sa.create_engine(sa.URL.create("sqlite", database=str(path)))

    @sa.event.listens_for(engine, "connect")
    def _set_up(connection: Any, _: object) -> None:  # noqa: ANN401 - the driver's own connection
        # a commit need not reach the disk: losing the last ones repeats a fetch, it never loses a page
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=30000"):
            connection.execute(f"PRAGMA {pragma}")

    return engine

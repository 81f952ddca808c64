"""The frontier: every URL of the crawl, its state, and how it ended. The only memory a crawl has of itself."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from scraper.links import host_of
from scraper.outcomes import FETCHED, RETRIED, is_transient
from scraper.table import Found, FrontierError, Hold, Kind, Row, Visit, metadata, open_engine
from scraper.table import hosts as _hosts
from scraper.table import urls as _urls

__all__ = ["Found", "Frontier", "FrontierError", "Hold", "Kind", "Row", "Visit"]

LEASE = timedelta(minutes=15)
"""Longer than any fetch with its retries and holds; a lease that ran out belongs to a crawler that died."""
MAX_ATTEMPTS = 5
"""Leases after which a URL that keeps failing for a passing reason is no longer tried when it is found again."""


class Frontier:
    """URLs in a database table: added once, leased in small batches, closed with one status and its reason.

    *path* is an SQLite file, or None for a frontier in memory. One crawler at a time works on a file.
    """

    def __init__(self, path: Path | None, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        try:
            self._engine = open_engine(path)
            metadata.create_all(self._engine)
        except sa.exc.DatabaseError as error:
            mend = "choose a folder that can be written, or move a damaged file away to begin anew"
            raise FrontierError(f"{path}: cannot be opened as the crawl's frontier ({error.orig}); {mend}") from None
        self.started = self._clock()

    def add(self, found: Iterable[Found], *, again: bool = False) -> int:
        """Put URLs in and return how many of them are to be fetched because of it.

        A URL that is known is left as it is, but for three kinds: one closed before this run for a passing reason is
        tried again, at most MAX_ATTEMPTS times; so is a source, without limit; and with *again* any closed before.
        """
        with self._begin() as connection:
            return sum(self._add(connection, item, again) for item in found)

    def lease(
        self, count: int, *, per_host: int = 4, sites: Sequence[str] | None = None, articles: int | None = None
    ) -> list[Row]:
        """Lease up to *count* waiting URLs of *sites* (None: all), at most *per_host* a host with those out already.

        Sources come before articles, the newest articles first. *articles* bounds the articles among them.
        """
        left = count if articles is None else articles
        chosen: list[int] = []
        with self._begin() as connection:
            for host, free in self._free_hosts(connection, per_host, sites):
                if self._held_now(connection, host):
                    continue
                room = min(free, count - len(chosen))
                for row in connection.execute(_waiting(host, sites).limit(room)) if room > 0 else ():
                    left -= row.kind == "article"
                    if row.kind != "article" or left >= 0:
                        chosen.append(row.id)
            if not chosen:
                return []
            out = {"state": "leased", "lease_until": self._clock() + LEASE.total_seconds()}
            these = _urls.c.id.in_(chosen)
            connection.execute(_urls.update().where(these).values(**out, attempts=_urls.c.attempts + 1))
            rows = {row["id"]: Row(**row) for row in connection.execute(_urls.select().where(these)).mappings()}
        return [rows[number] for number in chosen]

    def close(
        self, url: str, status: str, reason: str = "", *, record_id: str | None = None, visit: Visit | None = None
    ) -> None:
        """Give *url* its status, and what the fetch taught; call it when everything fetched for it is on disk."""
        values: dict[str, Any] = {"state": "done", "status": status, "reason": reason, "record_id": record_id}
        learned = {name: value for name, value in asdict(visit or Visit()).items() if value is not None}
        values |= {"lease_until": None, "due_at": None, "closed_at": self._clock(), **learned}
        if status == FETCHED:
            values["visits"] = _urls.c.visits + 1
        with self._begin() as connection:
            connection.execute(_urls.update().where(_urls.c.url == url).values(**values))

    def release(self, urls: Iterable[str] | None = None, *, tried: bool = False) -> int:
        """Put leased URLs back as if never leased and return their number: those given, or all where None is given.

        With *tried* the lease counts as an attempt.
        """
        leased = _urls.c.state == "leased"
        chosen = leased if urls is None else sa.and_(leased, _urls.c.url.in_(list(urls)))
        with self._begin() as connection:
            back = (
                _urls.update()
                .where(chosen)
                .values(state="waiting", lease_until=None, attempts=_urls.c.attempts - (not tried))
            )
            return connection.execute(back).rowcount

    def leased(self) -> list[Row]:
        """Return what is in work: at start-up, what a crawler that died had leased."""
        with self._engine.connect() as connection:
            return [
                Row(**row) for row in connection.execute(_urls.select().where(_urls.c.state == "leased")).mappings()
            ]

    def recover(self) -> int:
        """Put back what a crawler that died had leased, its attempts counted, and return the number."""
        with self._begin() as connection:
            back = _urls.update().where(_urls.c.state == "leased").values(state="waiting", lease_until=None)
            return connection.execute(back).rowcount

    def wake(self, sites: Collection[str] | None, now: float) -> int:
        """Put closed URLs of *sites* (None: all) that are due at *now* back to waiting, and return their number."""
        due = sa.and_(_urls.c.state == "done", _urls.c.due_at <= now)
        if sites is not None:
            due = sa.and_(due, _urls.c.site.in_(sites))
        with self._begin() as connection:
            back = _urls.update().where(due).values(state="waiting", due_at=None, attempts=0)
            return connection.execute(back).rowcount

    def hold(self, host: str, until: float, *, failures: int | None = None) -> None:
        """Let no URL of *host* be leased before *until*, by any worker; a longer hold stays. *failures* is kept too."""
        values = {} if failures is None else {"failures": failures}
        with self._begin() as connection:
            longer = sa.case((_hosts.c.next_at > until, _hosts.c.next_at), else_=until)
            known = _hosts.update().where(_hosts.c.host == host).values(next_at=longer, **values)
            if not connection.execute(known).rowcount:
                connection.execute(_hosts.insert().values(host=host, next_at=until, **values))

    def held(self, host: str) -> tuple[float, int]:
        """Return until when *host* is held, and its failures in a row as `hold` was told: (0, 0) where it never was."""
        query = sa.select(_hosts.c.next_at, _hosts.c.failures).where(_hosts.c.host == host)
        with self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        return (row.next_at, row.failures) if row else (0.0, 0)

    def holds(self, sites: Collection[str] | None = None) -> list[Hold]:
        """Return the hosts that are held now and have waiting URLs of *sites* (None: all)."""
        waiting = _of(sites, sa.select(_urls.c.id).where(_urls.c.state == "waiting", _urls.c.host == _hosts.c.host))
        query = sa.select(_hosts.c.host, _hosts.c.next_at, _hosts.c.failures)
        query = query.where(_hosts.c.next_at > self._clock(), waiting.exists()).order_by(_hosts.c.host)
        with self._engine.connect() as connection:
            return [Hold(*row) for row in connection.execute(query)]

    def get(self, url: str) -> Row | None:
        """Return what is known of *url*, None where it was never found."""
        with self._engine.connect() as connection:
            row = connection.execute(_urls.select().where(_urls.c.url == url)).mappings().one_or_none()
        return Row(**row) if row else None

    def story(self, url: str) -> list[Row]:
        """Return how *url* came to be and where it led: the sources above it, the row itself, redirects below it."""
        row = self.get(url)
        if row is None:
            return []
        above, below = [row], [row]
        while (parent := above[0].found_in) and (source := self.get(parent)) and source not in above:
            above.insert(0, source)
        while below[-1].status == "redirected" and (target := self.get(below[-1].reason or "")) and target not in below:
            below.append(target)
        return above + below[1:]

    def counts(
        self, *, since: float | None = None, sites: Sequence[str] | None = None
    ) -> list[tuple[str, bool, str, int]]:
        """Return (site, is article, status, number) of URLs, of those closed at or after *since* where it is given.

        The status of a URL that is not closed is its state.
        """
        is_article = (_urls.c.kind == "article").label("is_article")
        status = sa.case((_urls.c.state == "done", _urls.c.status), else_=_urls.c.state).label("ending")
        query = _of(sites, sa.select(_urls.c.site, is_article, status, sa.func.count()))
        if since is not None:
            query = query.where(_urls.c.closed_at >= since, _urls.c.state == "done")
        query = query.group_by(_urls.c.site, is_article, status).order_by(_urls.c.site, is_article, status)
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return [(site, bool(article), ending, number) for site, article, ending, number in rows]

    def dispose(self) -> None:
        """Close the database; the object cannot be used afterwards."""
        self._engine.dispose()

    def _clock(self) -> float:
        return self._now().timestamp()

    @contextmanager
    def _begin(self) -> Iterator[sa.Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except sa.exc.DatabaseError as error:
            raise FrontierError(f"{self._engine.url.database}: the frontier cannot be written: {error.orig}") from None

    def _add(self, connection: sa.Connection, found: Found, again: bool) -> int:
        known = connection.execute(_urls.select().where(_urls.c.url == found.url)).one_or_none()
        published = found.published.timestamp() if found.published else None
        if known is None:
            new = {"url": found.url, "kind": found.kind, "site": found.site, "found_in": found.found_in}
            host, at = host_of(found.url), self._clock()
            connection.execute(
                _urls.insert().values(**new, hops=found.hops, host=host, published=published, added_at=at)
            )
            return 1
        if known.state != "done" or known.closed_at >= self.started:
            return 0
        passing = is_transient(known.status) and (known.attempts < MAX_ATTEMPTS or known.status in RETRIED)
        if not (again or passing or found.kind != "article"):
            return 0
        back = {"state": "waiting", "kind": found.kind, "site": found.site}
        connection.execute(
            _urls.update().where(_urls.c.id == known.id).values(**back, found_in=found.found_in, hops=found.hops)
        )
        return 1

    def _held_now(self, connection: sa.Connection, host: str) -> bool:
        query = sa.select(_hosts.c.host).where(_hosts.c.host == host, _hosts.c.next_at > self._clock())
        return connection.execute(query).first() is not None

    @staticmethod
    def _free_hosts(connection: sa.Connection, per_host: int, sites: Sequence[str] | None) -> list[tuple[str, int]]:
        leased = sa.func.sum(sa.case((_urls.c.state == "leased", 1), else_=0))
        waiting = sa.func.sum(sa.case((_urls.c.state == "waiting", 1), else_=0))
        query = _of(sites, sa.select(_urls.c.host, leased).where(_urls.c.state.in_(["waiting", "leased"])))
        rows = connection.execute(query.group_by(_urls.c.host).having(waiting > 0).order_by(leased)).all()
        return [(host, per_host - out) for host, out in rows if out < per_host]


def _waiting(host: str, sites: Sequence[str] | None) -> sa.Select[Any]:
    query = _of(sites, sa.select(_urls.c.id, _urls.c.kind).where(_urls.c.state == "waiting", _urls.c.host == host))
    return query.order_by(_urls.c.kind == "article", _urls.c.published.desc().nulls_last(), _urls.c.id)


def _of(sites: Collection[str] | None, query: sa.Select[Any]) -> sa.Select[Any]:
    return query if sites is None else query.where(_urls.c.site.in_(sites))

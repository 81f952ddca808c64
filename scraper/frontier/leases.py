"""Lease hosts to workers, and choose the URLs that a worker takes next.

A host belongs to one worker from its first URL in work to its last, so the worker's pace is the host's pace. When the
worker gives the host up, `next_at` keeps the gap to the next request, whichever worker makes it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import groupby
from operator import attrgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.dml import ReturningUpdate

from scraper.frontier.database import OF_SITES
from scraper.frontier.dialects import INSERT, free, in_order, later, mark_ready, one_of
from scraper.frontier.tables import LEASED, READY, SOURCE_WAITING, WAITING, Row, hosts, urls

POLL = 1.0
"""Seconds between two looks for hosts that other workers have given up, or for which they have found URLs."""
RENEWALS = 3
"""How often a lease is renewed in its time: two renewals may fail before another worker takes the host."""

MAX_AHEAD = 2 * 86_400.0
"""Seconds by which no hold and no other machine's clock is ahead. A later time comes from a clock that has gone back
since; without this bound nothing of the host would be fetched until then."""

_c = hosts.c


class HostLeases:
    """The hosts that one worker has leased. The methods take the connection of the transaction they are part of."""

    def __init__(self, worker: str, lease: float, dialect: str, gap: Callable[[str], float]) -> None:
        self.gap = gap
        """Returns the seconds between two requests to a host."""
        self.work: dict[str, str] = {}
        """The URLs in work, each with its host."""
        self.out: Counter[str] = Counter()
        """The number of URLs in work for each host."""
        self.lost: set[str] = set()
        """URLs whose host another worker has taken because the lease expired: their final status is not stored here."""
        self.cursor = ""
        """The host of the last leased URL; the hosts after it by name come next."""
        self.worker = worker
        self._lease = lease
        self._insert = INSERT[dialect]
        self._owned: dict[str, float] = {}
        self._renewed = 0.0

    def take(self, rows: Iterable[Row], now: float) -> None:
        """Count *rows* as in work; their hosts are this worker's from now on."""
        for row in rows:
            self.work[row.url] = row.host
            self.out[row.host] += 1
            self.lost.discard(row.url)
            self._owned.setdefault(row.host, now)

    def to_lease(self, which: Iterable[str], now: float) -> dict[str, Any]:
        """Return the parameters with which `_lease_hosts` leases those of the hosts *which* that are not leased yet."""
        new = sorted({host for host in which if host not in self._owned})
        return {"taken": new, "me": self.worker, "until": now + self._lease}

    def ended(self, url: str, now: float) -> None:
        """Count *url* as no longer in work."""
        host = self.work.pop(url, None)
        if host is not None:
            self._owned[host] = now
            self.out[host] -= 1
            if not self.out[host]:
                del self.out[host]

    def idle(self) -> list[str]:
        """Return the leased hosts of which nothing is in work."""
        return sorted(host for host in self._owned if host not in self.out)

    def give_up(self, connection: sa.Connection) -> None:
        """Free the hosts of which nothing is in work; other workers may take them when the gap is over."""
        free(connection, self.worker, {host: self._owned.pop(host) + self.gap(host) for host in self.idle()})

    def renew(self, connection: sa.Connection, now: float) -> None:
        """Renew the leases of this worker's hosts, and forget the hosts that it has lost meanwhile."""
        self._renewed = now
        mine = sa.and_(_c.host.in_(sorted(self._owned)), _c.worker == self.worker)
        mine_still = self._locked(connection, mine)
        connection.execute(hosts.update().where(_c.host.in_(mine_still)).values(lease_until=now + self._lease))
        for host in self._owned.keys() - set(mine_still):
            self.lost.update(url for url, its_host in self.work.items() if its_host == host)
            self.work = {url: its_host for url, its_host in self.work.items() if its_host != host}
            self.out.pop(host, None)
            del self._owned[host]

    def renewal_is_due(self, now: float) -> bool:
        """Tell whether a third of the leases' time is over."""
        return bool(self._owned) and now - self._renewed >= self._lease / RENEWALS

    def claim(self, connection: sa.Connection, now: float, *, leased: bool = False) -> list[str]:
        """Lease and return the hosts of dead workers: those with an expired lease or of this id; with *leased* all."""
        left = sa.or_(_c.worker == self.worker, _c.lease_until <= now)
        claimed = self._locked(connection, _c.worker.is_not(None) if leased else left)
        values = {"worker": self.worker, "lease_until": now + self._lease}
        connection.execute(hosts.update().where(_c.host.in_(claimed)).values(**values))
        return claimed

    def expired(self, connection: sa.Connection, now: float, *, lock: bool = True) -> list[str]:
        """Return the hosts whose lease has expired, and lock them against other workers in this transaction."""
        query = sa.select(_c.host).where(_c.lease_until <= now)
        found = connection.execute(query.with_for_update(skip_locked=True) if lock else query).scalars()
        return [host for host in found if host not in self._owned]

    @staticmethod
    def forget_future(connection: sa.Connection, now: float) -> None:
        """Remove holds that reach further into the future than any hold can."""
        connection.execute(hosts.update().where(_c.next_at > now + MAX_AHEAD).values(next_at=0.0))

    def put_back(self, connection: sa.Connection, which: Collection[str], now: float) -> int:
        """Free the hosts *which* of a dead worker after their gap, and return how many URLs wait again."""
        left = sa.and_(LEASED, urls.c.host.in_(which))
        number = connection.execute(urls.update().where(left).values(state="waiting", leased_at=None)).rowcount
        connection.execute(hosts.update().where(_c.host.in_(which)).values(worker=self.worker, ready=1))
        free(connection, self.worker, {host: now + self.gap(host) for host in sorted(which)})
        return number

    def ready(self, connection: sa.Connection, which: Iterable[str]) -> None:
        """Note that URLs of these hosts will be waiting; call it before the URLs are written."""
        mark_ready(connection, which)

    def hold(self, connection: sa.Connection, host: str, until: float, values: dict[str, Any]) -> None:
        """Let nothing of *host* be leased before *until*; a longer hold stays."""
        insert = self._insert(hosts).values(host=host, next_at=until, **values)
        update = {"next_at": later(until), **values}
        connection.execute(insert.on_conflict_do_update(index_elements=[_c.host], set_=update))

    def wake_at(
        self, connection: sa.Connection, now: float, of_sites: sa.ColumnElement[bool] | None, *, sources_only: bool
    ) -> float | None:
        """Return when a lease may find a URL, or only a source; *of_sites* is the condition on URLs."""
        free, theirs = _wake_queries(of_sites, sources_only)
        moments = [connection.execute(free).scalar()]
        lease_until = connection.execute(theirs, {"me": self.worker}).scalar()
        moments.append(None if lease_until is None else min(lease_until, now + POLL))
        return min((moment for moment in moments if moment is not None), default=None)

    @staticmethod
    def _locked(connection: sa.Connection, where: sa.ColumnElement[bool]) -> list[str]:
        query = sa.select(_c.host).where(where).order_by(in_order(connection.dialect.name, _c.host))
        return list(connection.execute(query.with_for_update()).scalars())


@dataclass(frozen=True, slots=True)
class LeaseRequest:
    """What a lease may take: the arguments of `Frontier.lease`."""

    count: int
    per_host: int
    sites: Collection[str] | None
    articles: int | None


class Batch:
    """The URLs that one lease takes, within one transaction.

    *of_sites* is the condition on sites. Without one, `fill` stops at a URL of a site that is not wanted: usually all
    sites are, and the query without a condition is faster.
    """

    def __init__(
        self,
        owned: HostLeases,
        connection: sa.Connection,
        request: LeaseRequest,
        now: float,
        of_sites: sa.ColumnElement[bool] | None,
    ) -> None:
        self._hosts, self._connection, self._request = owned, connection, request
        self._now, self._of_sites = now, of_sites
        self._sources_only = request.articles is not None and request.articles <= 0
        self._articles = request.count if request.articles is None else request.articles
        self._chosen: list[Any] = []
        self._exhausted: list[str] = []

    @staticmethod
    def condition(of_sites: sa.ColumnElement[bool] | None, *, sources_only: bool) -> sa.ColumnElement[bool]:
        """Return the condition that a host has waiting URLs of the wanted sites, or of their sources only."""
        if sources_only:
            # looked up from the URLs, since only few sources are ever waiting
            wanted = sa.true() if of_sites is None else of_sites
            return hosts.c.host.in_(sa.select(urls.c.host).where(SOURCE_WAITING, wanted))
        return sa.true() if of_sites is None else sa.exists().where(urls.c.host == hosts.c.host, WAITING, of_sites)

    def fill(self) -> bool:
        """Choose URLs, host after host; return False where one is of a site that is not wanted."""
        sites = self._request.sites
        for page in self._pages():
            room = self._request.count - len(self._chosen)
            free = {host: self._request.per_host - self._hosts.out[host] for host in page}
            share = min(self._request.per_host, -(-room // len(page)))
            for host, rows in self._waiting(page, share):
                if self._of_sites is None and sites is not None and any(row.site not in sites for row in rows):
                    return False
                if self._choose(rows[: min(free[host], room)]) == len(rows) < share:
                    self._exhausted.append(host)
                room = self._request.count - len(self._chosen)
            if not room or (self._articles <= 0 and not self._sources_only):
                break
        return True

    def take(self) -> list[Row]:
        """Mark the chosen URLs as leased and their hosts as this worker's, and return the rows in their order."""
        dialect = self._connection.dialect.name
        if self._exhausted and self._of_sites is None and not self._sources_only:
            # the hosts are locked against other workers here
            self._connection.execute(_exhausted(dialect), {"done": self._exhausted})
        if not self._chosen:
            return []
        order = [row.id for row in self._chosen]
        hosts_too = self._hosts.to_lease((row.host for row in self._chosen), self._now)
        given = {"ids": order, "moment": self._now}
        if dialect == "postgresql":
            given |= hosts_too
        elif hosts_too["taken"]:
            self._connection.execute(_lease_hosts(dialect), hosts_too)
        leased = self._connection.execute(_lease_rows(dialect), given).all()
        rows = {row.id: Row(*row) for row in leased}
        self._hosts.take(rows.values(), self._now)
        self._hosts.cursor = self._chosen[-1].host
        return [rows[number] for number in order]

    def _pages(self) -> Iterator[list[str]]:
        """Yield the hosts in their turn: those after the one served last, then those from the beginning, each once."""
        full = [host for host, out in self._hosts.out.items() if out >= self._request.per_host]
        parameters = {"me": self._hosts.worker, "moment": self._now, "full": full}
        start = self._hosts.cursor
        for after, upto in ((start, None), ("", start)) if start else (("", None),):
            query = _page_query(self._connection.dialect.name, self._sources_only, upto is not None)
            if self._of_sites is not None:
                query = query.where(self.condition(self._of_sites, sources_only=self._sources_only))
            while limit := self._request.count - len(self._chosen):
                bounds = parameters | {"after": after, "upto": upto, "most": limit}
                page = [row.host for row in self._connection.execute(query, bounds).all()]
                if page:
                    yield page
                if len(page) < limit:
                    break
                after = page[-1]

    def _waiting(self, page: list[str], share: int) -> Iterator[tuple[str, list[Any]]]:
        """Yield each host of *page* with its first *share* waiting URLs; it may have none."""
        dialect = self._connection.dialect.name
        query = _rows_query(dialect, self._sources_only, self._of_sites)
        waiting = sorted(self._connection.execute(query, {"hosts": page, "share": share}).all(), key=tuple)
        of = {host: list(group) for host, group in groupby(waiting, key=attrgetter("host"))}
        for host in page:
            yield host, of.get(host, [])

    def _choose(self, rows: list[Any]) -> int:
        chosen = 0
        for row in rows:
            self._articles -= row.kind == "article"
            if row.kind != "article" or self._articles >= 0:
                self._chosen.append(row)
                chosen += 1
        return chosen


_COLUMNS = [urls.c[name] for name in Row.__dataclass_fields__]


# built only once: building a statement costs several times as much as running it
@cache
def _lease_hosts(dialect: str) -> sa.Update:
    taken = hosts.update().where(one_of(dialect, _c.host, "taken"))
    return taken.values(worker=sa.bindparam("me"), lease_until=sa.bindparam("until", type_=sa.Float))


@cache
def _exhausted(dialect: str) -> sa.Update:
    return hosts.update().where(one_of(dialect, _c.host, "done")).values(ready=0)


@cache
def _lease_rows(dialect: str) -> ReturningUpdate[Any]:
    """Return the statement that leases URLs; in PostgreSQL it leases their hosts too."""
    chosen = urls.update().where(one_of(dialect, urls.c.id, "ids"))
    leased_at = sa.bindparam("moment", type_=sa.Float)
    leased = chosen.values(state="leased", leased_at=leased_at, attempts=urls.c.attempts + 1, stored_by=None)
    returning = leased.returning(*_COLUMNS)
    return returning.add_cte(_lease_hosts(dialect).cte("leased_hosts")) if dialect == "postgresql" else returning


@lru_cache(maxsize=OF_SITES)
def _wake_queries(of_sites: sa.ColumnElement[bool] | None, sources_only: bool) -> tuple[sa.Select[Any], sa.Select[Any]]:
    """Return the queries for when the next free host may be asked, and for when the first lease of others ends."""
    waiting = Batch.condition(of_sites, sources_only=sources_only)
    # sorted: the first host that meets the condition ends the search
    free = sa.select(_c.next_at).where(READY, _c.worker.is_(None), waiting).order_by(_c.next_at).limit(1)
    wanted = sa.true() if of_sites is None else of_sites
    has = [sa.exists().where(urls.c.host == _c.host, state, wanted) for state in (WAITING, LEASED)]
    theirs = sa.select(sa.func.min(_c.lease_until)).where(_c.lease_until.is_not(None), sa.or_(*has))
    return free, theirs.where(_c.worker != sa.bindparam("me"))


@cache
def _page_query(dialect: str, sources_only: bool, bounded: bool) -> sa.Select[Any]:
    """Return the query for the next hosts by name, locked against other workers."""
    mine = sa.or_(hosts.c.worker.is_(None), hosts.c.worker == sa.bindparam("me"))
    query = sa.select(hosts.c.host).where(READY, mine, hosts.c.next_at <= sa.bindparam("moment"))
    query = query.where(hosts.c.host > sa.bindparam("after"))
    query = query.where(sa.not_(one_of(dialect, hosts.c.host, "full")))
    if bounded:
        query = query.where(hosts.c.host <= sa.bindparam("upto"))
    if sources_only:
        query = query.where(Batch.condition(None, sources_only=True))
    return query.order_by(hosts.c.host).limit(sa.bindparam("most")).with_for_update(skip_locked=True)


@lru_cache(maxsize=OF_SITES)
def _rows_query(dialect: str, sources_only: bool, of_sites: sa.ColumnElement[bool] | None) -> sa.Select[Any]:
    """Return the query for the first waiting URLs of each of some hosts."""
    names = ("host", "turn", "id", "kind", "site")
    first = sa.select(*(urls.c[name] for name in names)).where(urls.c.host == hosts.c.host)
    first = first.where(SOURCE_WAITING if sources_only else WAITING)
    if of_sites is not None:
        first = first.where(of_sites)
    first = first.order_by(urls.c.turn, urls.c.id).limit(sa.bindparam("share"))
    if dialect == "postgresql":
        waiting: Any = first.lateral()
        joined = hosts.join(waiting, sa.true())
    else:
        waiting = urls.alias()
        ids = first.with_only_columns(urls.c.id).correlate(hosts).scalar_subquery()
        joined = hosts.join(waiting, waiting.c.id.in_(ids))
    columns: list[Any] = [waiting.c[name] for name in names]
    query: sa.Select[Any] = sa.select(*columns).select_from(joined)
    return query.where(one_of(dialect, hosts.c.host, "hosts"))

"""One batch of a lease: whose turn it is, and which of their waiting URLs."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from operator import attrgetter
from typing import Any

import sqlalchemy as sa

from scraper.frontier.hosts import Hosts
from scraper.frontier.table import READY, SOURCE_WAITING, WAITING, Row, hosts, urls


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of a lease: its arguments."""

    count: int
    per_host: int
    sites: Collection[str] | None
    articles: int | None


class Batch:
    """What one lease takes, within one transaction.

    *of_sites* is the condition on sites. Without one, rows of other sites are noticed and stop the filling: that costs
    nothing as long as every site in the frontier is wanted, which is the rule.
    """

    def __init__(
        self,
        owned: Hosts,
        connection: sa.Connection,
        wanted: Wanted,
        now: float,
        of_sites: sa.ColumnElement[bool] | None,
    ) -> None:
        self._hosts, self._connection, self._wanted, self._now, self._of_sites = (
            owned,
            connection,
            wanted,
            now,
            of_sites,
        )
        self._sources_only = wanted.articles is not None and wanted.articles <= 0
        self._articles = wanted.count if wanted.articles is None else wanted.articles
        self._chosen: list[Any] = []
        self._exhausted: list[str] = []

    @staticmethod
    def condition(of_sites: sa.ColumnElement[bool] | None, *, sources_only: bool) -> sa.ColumnElement[bool]:
        """Return the condition that a host that is ready has something of what is asked for."""
        if of_sites is None and not sources_only:
            return sa.true()
        kind = SOURCE_WAITING if sources_only else WAITING
        of = sa.true() if of_sites is None else of_sites
        # the other way round where sources are asked for: few are ever waiting
        return (
            hosts.c.host.in_(sa.select(urls.c.host).where(kind, of))
            if sources_only
            else sa.exists().where(urls.c.host == hosts.c.host, kind, of)
        )

    def fill(self) -> bool:
        """Choose URLs, host after host; return False where a site turned up that is not wanted."""
        for page in self._pages():
            room = self._wanted.count - len(self._chosen)
            free = {host: self._wanted.per_host - self._hosts.out[host] for host in page}
            share = min(self._wanted.per_host, -(-room // len(page)))
            for host, rows in self._waiting(page, share):
                if self._of_sites is None and self._is_strange(rows):
                    return False
                if self._choose(rows[: min(free[host], room)]) == len(rows) < share:
                    self._exhausted.append(host)
                room = self._wanted.count - len(self._chosen)
            if not room or (self._articles <= 0 and not self._sources_only):
                break
        return True

    def take(self) -> list[Row]:
        """Mark what was chosen as leased, its hosts as owned, and return it in its order."""
        if self._of_sites is None and not self._sources_only:
            self._hosts.exhausted(self._connection, self._exhausted)
        if not self._chosen:
            return []
        order = [row.id for row in self._chosen]
        found = self._connection.execute(_TAKE, {"ids": order, "moment": self._now}).all()
        rows = {row.id: Row(*row) for row in found}
        self._hosts.take(self._connection, [(row.url, row.host) for row in rows.values()], self._now)
        self._hosts.cursor = self._chosen[-1].host
        return [rows[number] for number in order]

    def _pages(self) -> Iterator[list[str]]:
        """Yield hosts in turn: those after the one served last, then from the first on, each once."""
        full = [host for host, out in self._hosts.out.items() if out >= self._wanted.per_host]
        given = {"me": self._hosts.worker, "moment": self._now, "full": full}
        start = self._hosts.cursor
        for after, upto in ((start, None), ("", start)) if start else (("", None),):
            query = _page_query(self._sources_only, upto is not None)
            if self._of_sites is not None:
                query = query.where(self.condition(self._of_sites, sources_only=self._sources_only))
            while limit := self._wanted.count - len(self._chosen):
                asked = given | {"after": after, "upto": upto, "most": limit}
                page = [row.host for row in self._connection.execute(query, asked).all()]
                if page:
                    yield page
                if len(page) < limit:
                    break
                after = page[-1]

    def _waiting(self, page: list[str], share: int) -> Iterator[tuple[str, list[Any]]]:
        """Yield each host of *page* with its first *share* waiting URLs, which may be none."""
        dialect = self._connection.dialect.name
        make = _rows_query.__wrapped__ if self._of_sites is not None else _rows_query
        query = make(dialect, self._sources_only, self._of_sites)
        found = sorted(self._connection.execute(query, {"hosts": page, "share": share}).all())
        of = {host: list(group) for host, group in groupby(found, key=attrgetter("host"))}
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

    def _is_strange(self, rows: list[Any]) -> bool:
        sites = self._wanted.sites
        return sites is not None and any(row.site not in sites for row in rows)


_COLUMNS = [urls.c[name] for name in Row.__dataclass_fields__]
_TAKE = (
    urls.update()
    .where(urls.c.id.in_(sa.bindparam("ids", expanding=True)))
    .values(state="leased", leased_at=sa.bindparam("moment", type_=sa.Float), attempts=urls.c.attempts + 1)
    .returning(*_COLUMNS)
)


# both are built once: building a query costs several times what running it does
@cache
def _page_query(sources_only: bool, bounded: bool) -> sa.Select[Any]:
    """Return the query for the next hosts by name, kept from other workers meanwhile."""
    mine = sa.or_(hosts.c.worker.is_(None), hosts.c.worker == sa.bindparam("me"))
    query = sa.select(hosts.c.host).where(READY, mine, hosts.c.next_at <= sa.bindparam("moment"))
    query = query.where(hosts.c.host > sa.bindparam("after"))
    query = query.where(hosts.c.host.not_in(sa.bindparam("full", expanding=True)))
    if bounded:
        query = query.where(hosts.c.host <= sa.bindparam("upto"))
    if sources_only:
        query = query.where(Batch.condition(None, sources_only=True))
    return query.order_by(hosts.c.host).limit(sa.bindparam("most")).with_for_update(skip_locked=True)


@cache
def _rows_query(dialect: str, sources_only: bool, of_sites: sa.ColumnElement[bool] | None) -> sa.Select[Any]:
    """Return the query for the first waiting URLs of each of some hosts."""
    names = ("host", "turn", "id", "kind", "site")
    first = sa.select(*(urls.c[name] for name in names)).where(urls.c.host == hosts.c.host)
    first = first.where(SOURCE_WAITING if sources_only else WAITING)
    if of_sites is not None:
        first = first.where(of_sites)
    first = first.order_by(urls.c.turn, urls.c.id).limit(sa.bindparam("share"))
    if dialect == "postgresql":
        found: Any = first.lateral()
        joined = hosts.join(found, sa.true())
    else:
        found = urls.alias()
        ids = first.with_only_columns(urls.c.id).correlate(hosts).scalar_subquery()
        joined = hosts.join(found, found.c.id.in_(ids))
    columns: list[Any] = [found.c[name] for name in names]
    query: sa.Select[Any] = sa.select(*columns).select_from(joined)
    return query.where(hosts.c.host.in_(sa.bindparam("hosts", expanding=True)))

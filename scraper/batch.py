"""One batch of a lease: whose turn it is, and which of their waiting URLs."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from scraper.hosts import Hosts
from scraper.table import SOURCE_WAITING, WAITING, Row, hosts, urls


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
        out = {"state": "leased", "leased_at": self._now, "attempts": urls.c.attempts + 1}
        leased = urls.update().where(urls.c.id.in_(order)).values(**out).returning(*urls.c)
        rows = {row["id"]: Row(**row) for row in self._connection.execute(leased).mappings()}
        self._hosts.take(self._connection, [(row.url, row.host) for row in rows.values()], self._now)
        self._hosts.cursor = self._chosen[-1].host
        return [rows[number] for number in order]

    def _pages(self) -> Iterator[list[str]]:
        """Yield hosts in turn: those after the one served last, then from the first on, each once."""
        full = [host for host, out in self._hosts.out.items() if out >= self._wanted.per_host]
        where = self._hosts.free(self._now) & self.condition(self._of_sites, sources_only=self._sources_only)
        where &= hosts.c.host.not_in(full)
        start = self._hosts.cursor
        for after, upto in ((start, None), ("", start)) if start else (("", None),):
            while limit := self._wanted.count - len(self._chosen):
                page = self._hosts.page(self._connection, where, after=after, upto=upto, limit=limit)
                if page:
                    yield page
                if len(page) < limit:
                    break
                after = page[-1]

    def _waiting(self, page: list[str], share: int) -> Iterator[tuple[str, list[Any]]]:
        """Yield each host of *page* with its first *share* waiting URLs, which may be none."""
        kind = SOURCE_WAITING if self._sources_only else WAITING
        first = sa.select(urls.c.id, urls.c.host, urls.c.kind, urls.c.site, urls.c.turn)
        first = first.where(urls.c.host == hosts.c.host, kind, sa.true() if self._of_sites is None else self._of_sites)
        first = first.order_by(urls.c.turn, urls.c.id).limit(share)
        query: sa.Select[Any]
        if self._connection.dialect.name == "postgresql":
            lateral: Any = first.lateral()
            columns: list[Any] = list(lateral.c)
            query = sa.select(*columns).select_from(hosts.join(lateral, sa.true()))
        else:
            found = urls.alias()
            ids = first.with_only_columns(urls.c.id).correlate(hosts).scalar_subquery()
            query = sa.select(found.c.id, found.c.host, found.c.kind, found.c.site, found.c.turn)
            query = query.select_from(hosts.join(found, found.c.id.in_(ids)))
        rows = self._connection.execute(query.where(hosts.c.host.in_(page))).all()
        rows = sorted(rows, key=lambda row: (row.host, row.turn, row.id))
        of = {host: list(group) for host, group in groupby(rows, key=lambda row: row.host)}
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

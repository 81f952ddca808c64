"""Questions to the frontier that do not change it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Collection
from contextlib import AbstractContextManager
from typing import get_args

import sqlalchemy as sa

from scraper.frontier.database import SITE, of_sites
from scraper.frontier.tables import LEASED, WAITING, FoundUrl, Hold, Kind, Row, hosts, urls
from scraper.outcomes import FETCHED, REDIRECTED, VANISHED


class Lookup(ABC):
    """The reading half of the frontier."""

    started: float
    _dialect: str

    def get(self, url: str) -> Row | None:
        """Return the row of *url*, None where it was never found."""
        with self._begin(reads=True) as connection:
            row = connection.execute(urls.select().where(urls.c.url == url)).mappings().one_or_none()
        return Row(**row) if row else None

    def story(self, url: str) -> list[Row]:
        """Return where *url* was found and where it led: the sources above it, its own row, the redirects below it."""
        row = self.get(url)
        if row is None:
            return []
        above, below = [row], [row]
        while (parent := above[0].found_in) and (source := self.get(parent)) and source not in above:
            above.insert(0, source)
        while below[-1].status == REDIRECTED and (target := self.get(below[-1].reason or "")) and target not in below:
            below.append(target)
        return above + below[1:]

    def leads_to(self, url: str) -> set[str]:
        """Return *url* and the URLs to which redirects of this run lead from it; those of earlier runs may be gone."""
        steps = [step for step in self.story(url) if step.status == REDIRECTED and step.state == "done"]
        return {url, *(step.reason or "" for step in steps if (step.closed_at or 0.0) >= self.started)}

    def counts(
        self, *, since: float | None = None, sites: Collection[str] | None = None
    ) -> list[tuple[str, bool, str, int]]:
        """Return (site, is article, status, number) of URLs; with *since* only of those closed at or after it.

        The status of a URL that is not closed is its state. Without *since* an article that was ever fetched counts
        as `fetched`, whatever its last status, unless it vanished or moved.
        """
        is_article = (urls.c.kind == "article").label("is_article")
        has_text = sa.and_(is_article, urls.c.visits > 0, urls.c.status.not_in([VANISHED, REDIRECTED]))
        cases = [(has_text, sa.literal(FETCHED))] if since is None else []
        status = sa.case(*cases, (urls.c.state == "done", urls.c.status), else_=urls.c.state).label("ending")
        query = sa.select(urls.c.site, is_article, status, sa.func.count())
        query = query.where(of_sites(self._dialect, sites, urls.c.site))
        if since is not None:
            query = query.where(urls.c.closed_at >= since, urls.c.state == "done")
        query = query.group_by(urls.c.site, is_article, status).order_by(urls.c.site, is_article, status)
        with self._begin(reads=True) as connection:
            rows = connection.execute(query).all()
        return [(site, bool(article), ending, number) for site, article, ending, number in rows]

    def waiting(self, sites: Collection[str] | None = None) -> dict[str, int]:
        """Return the number of URLs that are not closed for each of *sites* (None: all) that has any."""
        numbers: Counter[str] = Counter()
        with self._begin(reads=True) as connection:
            # one query for each state: each has an index of its own, and closed URLs are not read
            for state in (WAITING, LEASED):
                query = sa.select(SITE, sa.func.count()).where(state, self._of(sites)).group_by(SITE)
                for site, number in connection.execute(query):
                    numbers[site] += number
        return dict(numbers)

    def known(self, found_urls: Collection[str]) -> int:
        """Return how many of the URLs are in the frontier."""
        query = sa.select(sa.func.count()).select_from(urls).where(urls.c.url.in_(found_urls))
        with self._begin(reads=True) as connection:
            return int(connection.execute(query).scalar_one())

    def children(self, source: Row) -> list[FoundUrl]:
        """Return the sources that *source* names, such as the parts of a sitemap index."""
        kinds = [kind for kind in get_args(Kind) if kind != "article"]
        named = sa.and_(urls.c.site == source.site, urls.c.kind.in_(kinds), urls.c.found_in == source.url)
        with self._begin(reads=True) as connection:
            rows = connection.execute(urls.select().where(named).order_by(urls.c.id)).all()
        return [FoundUrl(row.url, row.kind, row.site, row.found_in, row.hops) for row in rows]

    def next_due(self, sites: Collection[str]) -> float | None:
        """Return when the next closed URL of *sites* is due; past times belong to URLs that no seed has any more."""
        later = sa.and_(urls.c.state == "done", urls.c.due_at > self._clock(), self._of(sites))
        first = sa.select(urls.c.due_at).where(later).order_by(urls.c.due_at).limit(1)
        with self._begin(reads=True) as connection:
            due: float | None = connection.execute(first).scalar()
        return due

    def holds(self, sites: Collection[str] | None = None) -> list[Hold]:
        """Return the hosts that are held now and have waiting URLs of *sites* (None: all)."""
        of_host = sa.exists().where(urls.c.host == hosts.c.host, WAITING, self._of(sites))
        query = sa.select(hosts.c.host, hosts.c.next_at, hosts.c.failures)
        query = query.where(hosts.c.next_at > self._clock(), of_host).order_by(hosts.c.host)
        with self._begin(reads=True) as connection:
            return [Hold(*row) for row in connection.execute(query)]

    def _of(self, sites: Collection[str] | None) -> sa.ColumnElement[bool]:
        return of_sites(self._dialect, sites)

    @abstractmethod
    def _begin(self, *, reads: bool = False) -> AbstractContextManager[sa.Connection]: ...

    @abstractmethod
    def _clock(self) -> float: ...

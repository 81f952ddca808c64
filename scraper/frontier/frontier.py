"""The frontier: every URL of the crawl, its state, and how it ended. The only memory a crawl has of itself."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from scraper.frontier.database import cause, name_of, open_database
from scraper.frontier.enqueue import put_in
from scraper.frontier.leases import POLL, Batch, HostLeases, LeaseRequest
from scraper.frontier.lookup import Lookup
from scraper.frontier.tables import LEASED, FoundUrl, FrontierError, Kind, Row, Visit
from scraper.frontier.tables import hosts as _hosts
from scraper.frontier.tables import urls as _urls
from scraper.outcomes import TRANSIENT, WHOLE

LEASE = 900.0
"""Seconds: longer than any fetch with its retries and holds; a lease that ran out belongs to a crawler that died."""
CHUNK = 500
"""URLs put in with one transaction: a bound on memory, and on the time that other workers wait for it."""


class Frontier(Lookup):
    """URLs in a database: added once, leased in small batches, closed with one status and its reason.

    *where* is an SQLite file on which one crawler at a time works, a PostgreSQL URL that several share, each with a
    *worker* id of its own that it keeps when started again, or None for a frontier in memory. A host belongs to one
    worker at a time; *lease* is for how many seconds when the worker is not heard of.
    """

    def __init__(
        self,
        where: Path | str | None,
        *,
        worker: str = "crawler",
        lease: float = LEASE,
        gap: Callable[[str], float] = lambda host: 0.0,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._now = now
        self._engine = open_database(where)
        self._writing = self._engine.execution_options(writes=True)
        self._dialect = self._engine.dialect.name
        self._hosts = HostLeases(worker, lease, self._dialect, gap)
        self._looked = 0.0
        self._mixed = False
        self.started = self._clock()

    def add(self, found: Iterable[FoundUrl], *, again: bool = False, due: bool = False) -> int:
        """Put URLs in and return how many of them are to be fetched because of it.

        A URL that is known is left as it is, but for three kinds: one closed before this run for a passing reason is
        tried again, at most MAX_ATTEMPTS times; so is a source, without limit, but with *due* not before its time;
        and with *again* any closed before.
        """
        items, added = iter(found), 0
        while chunk := list(islice(items, CHUNK)):
            with self._begin() as connection:
                added += put_in(connection, self._hosts, chunk, self._clock(), self.started, again=again, due=due)
        return added

    def lease(
        self, count: int, *, per_host: int = 4, sites: Collection[str] | None = None, articles: int | None = None
    ) -> list[Row]:
        """Lease up to *count* waiting URLs of *sites* (None: all), at most *per_host* a host with those out already.

        They are of hosts that this worker owns or can take and that need not rest, each host in its turn. Of a host
        sources come before articles, the newest articles first. *articles* bounds the articles among them.
        """
        now = self._clock()
        self._care(now)
        with self._begin() as connection:
            request = LeaseRequest(count, per_host, sites, articles)
            for mixed in (self._mixed, True):
                batch = Batch(self._hosts, connection, request, now, self._of(sites) if mixed else None)
                if batch.fill():
                    break
                self._mixed = True
            rows = batch.take()
        self._give_up()
        return rows

    def wake_at(self, *, sites: Collection[str] | None = None, articles: int | None = None) -> float | None:
        """Return when `lease`, which has just found nothing, may find something: None where only `add` can help.

        A moment that has passed means: at once. The hosts that this worker has in work do not count.
        """
        waiting = Batch.condition(None if sites is None else self._of(sites), sources_only=articles == 0)
        with self._begin(reads=True) as connection:
            return self._hosts.wake_at(connection, self._clock(), waiting, self._of(sites))

    def close(
        self, url: str, status: str, reason: str = "", *, record_id: str | None = None, visit: Visit | None = None
    ) -> None:
        """Give *url* its status, and what the fetch taught; call it when everything fetched for it is on disk."""
        now = self._clock()
        values: dict[str, Any] = {"state": "done", "status": status, "reason": reason, "record_id": record_id}
        values |= {"leased_at": None, "due_at": None, "closed_at": now}
        values |= {name: value for name, value in asdict(visit or Visit()).items() if value is not None}
        # a server may send a NUL, PostgreSQL has no place for it
        values = {name: value.replace("\0", "") if isinstance(value, str) else value for name, value in values.items()}
        if status in WHOLE:
            values["visits"] = _urls.c.visits + 1
        self._care(now)
        if url not in self._hosts.lost:
            with self._begin() as connection:
                connection.execute(_urls.update().where(_urls.c.url == url).values(**values))
        self._hosts.lost.discard(url)
        self._hosts.ended(url, now)

    def release(self, urls: Iterable[str] | None = None, *, tried: bool = False) -> int:
        """Put leased URLs back as if never leased and return their number: those given, or all that this worker has.

        With *tried* the lease counts as an attempt.
        """
        chosen = [url for url in (list(self._hosts.work) if urls is None else urls) if url in self._hosts.work]
        these = sa.and_(_urls.c.state == "leased", _urls.c.url.in_(chosen))
        with self._begin() as connection:
            self._hosts.ready(connection, [self._hosts.work[url] for url in chosen])
            back = {"state": "waiting", "leased_at": None, "attempts": _urls.c.attempts - int(not tried)}
            number = connection.execute(_urls.update().where(these).values(**back)).rowcount
        for url in chosen:
            self._hosts.ended(url, self._clock())
        self._give_up()
        return number

    def leased(self) -> list[Row]:
        """Take over, and return, what a worker that died had in work: at start-up, before `recover` puts it back.

        On PostgreSQL that is what a worker of this id left, and what others left whose lease ran out.
        """
        with self._begin() as connection:
            left = self._hosts.claim(connection, self._clock(), leased=self._dialect == "sqlite")
            found = connection.execute(_urls.select().where(LEASED, _urls.c.host.in_(left)).order_by(_urls.c.id))
            return [Row(**row) for row in found.mappings()]

    def recover(self) -> int:
        """Put back what `leased` returns and is not closed, its attempts counted, and return the number."""
        now = self._clock()
        with self._begin() as connection:
            self._hosts.forget_future(connection, now)
            left = self._hosts.claim(connection, now, leased=self._dialect == "sqlite")
            return self._hosts.put_back(connection, left, now)

    def renew(self) -> None:
        """Keep the leases alive; `lease` and `close` do so by themselves."""
        with self._begin() as connection:
            self._hosts.renew(connection, self._clock())

    def wake(self, sites: Collection[str] | None, now: float, *, kinds: Collection[Kind] | None = None) -> int:
        """Put closed URLs of *sites* and *kinds* (None: all) that are due at *now* back to waiting; return how many.

        Attempts are counted anew for what was fetched before: another look has its own, unless the last one failed.
        """
        of_kind = sa.true() if kinds is None else _urls.c.kind.in_(kinds)
        due = sa.and_(_urls.c.state == "done", _urls.c.due_at <= now, self._of(sites), of_kind)
        ending = _urls.c.status
        passing = sa.or_(ending.in_(TRANSIENT), ending.startswith("http_5", autoescape=True))
        anew = sa.and_(_urls.c.visits > 0, sa.not_(passing))
        attempts = sa.case((anew, 0), else_=_urls.c.attempts)
        with self._begin() as connection:
            self._hosts.ready(connection, connection.execute(sa.select(_urls.c.host).where(due).distinct()).scalars())
            back = _urls.update().where(due).values(state="waiting", due_at=None, attempts=attempts)
            return connection.execute(back).rowcount

    def hold(self, host: str, until: float, *, failures: int | None = None) -> None:
        """Let no URL of *host* be leased before *until*, by any worker; a longer hold stays. *failures* is kept too."""
        with self._begin() as connection:
            self._hosts.hold(connection, host, until, {} if failures is None else {"failures": failures})

    def held(self, host: str) -> tuple[float, int]:
        """Return until when *host* is held, and its failures in a row as `hold` was told: (0, 0) where it never was."""
        query = sa.select(_hosts.c.next_at, _hosts.c.failures).where(_hosts.c.host == host)
        with self._begin(reads=True) as connection:
            row = connection.execute(query).one_or_none()
        return (row.next_at, row.failures) if row else (0.0, 0)

    @property
    def engine(self) -> sa.Engine:
        """The database, for what stands beside the URLs: the history of runs."""
        return self._engine

    def dispose(self) -> None:
        """Close the database; the object cannot be used afterwards."""
        self._engine.dispose()

    def _clock(self) -> float:
        return self._now().timestamp()

    @contextmanager
    def _begin(self, *, reads: bool = False) -> Iterator[sa.Connection]:
        try:
            with (self._engine if reads else self._writing).begin() as connection:
                yield connection
        except sa.exc.DBAPIError as error:
            verb, words = "read" if reads else "written", cause(self._engine, error)
            raise FrontierError(f"{name_of(self._engine)}: the frontier cannot be {verb}: {words}") from None

    def _care(self, now: float) -> None:
        """Keep this worker's leases alive, and take back what workers have that died."""
        if self._hosts.renewal_is_due(now):
            self.renew()
        if not 0 <= now - self._looked < POLL:
            self._looked = now
            with self._begin(reads=True) as connection:
                ran_out = self._hosts.expired(connection, now, lock=False)
            if ran_out:
                with self._begin() as connection:
                    self._hosts.put_back(connection, self._hosts.expired(connection, now), now)

    def _give_up(self) -> None:
        # apart from the lease: it waits for other workers' rows, which nobody may do who holds some
        if self._hosts.idle():
            with self._begin() as connection:
                self._hosts.give_up(connection)

"""Add, lease, close and count the URLs of a crawl. The frontier is all that a crawl remembers of itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Self, get_args
from urllib.parse import urlsplit

import sqlalchemy as sa

from scraper.frontier.database import SITE, cause, name_of, of_sites, open_database
from scraper.frontier.dialects import one_of
from scraper.frontier.enqueue import enqueue
from scraper.frontier.leases import POLL, Batch, HostLeases, LeaseRequest
from scraper.frontier.tables import LEASED, STORED, WAITING, FoundUrl, FrontierError, Kind, Row, Visit
from scraper.frontier.tables import hosts as _hosts
from scraper.frontier.tables import urls as _urls
from scraper.outcomes import FETCHED, NOT_MODIFIED, POLICY, REDIRECTED, SKIPPED, TRANSIENT, VANISHED, WHOLE

LEASE = 900.0
"""Seconds that a lease lasts: longer than any fetch with retries and pauses, so an expired one means a dead crawler."""
CHUNK = 500
"""URLs enqueued in one transaction: bounds memory, and the time for which other workers wait."""


_IS_ARTICLE = _urls.c.kind == "article"
# built only once, as those of a lease: a crawl asks for and closes each page
_BY_URL = _urls.select().where(_urls.c.url == sa.bindparam("of"))
_END = _urls.update().where(_urls.c.url == sa.bindparam("of"))
_END_WHOLE = _END.values(visits=_urls.c.visits + 1)


class Frontier:
    """URLs in a database: each is added once, leased in small batches, and closed with a status and a reason.

    *where* is an SQLite file for one crawler at a time, a PostgreSQL URL that several share, or None for a frontier in
    memory. *worker* is this crawler's id, the same when it is started again. A host belongs to one worker at a time,
    which loses it after *lease* seconds of silence. *gap* returns the seconds between two requests to a host, for which
    the next worker waits too. *visit* returns what is kept of the fetch of a URL whose page a dead worker has stored.
    With *reading* nothing is written. For use with `with`, or with `dispose` at the end.
    """

    def __init__(
        self,
        where: Path | str | None,
        *,
        worker: str = "crawler",
        lease: float = LEASE,
        gap: Callable[[str], float] = lambda host: 0.0,
        visit: Callable[[Row], Visit | None] = lambda row: None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        reading: bool = False,
    ) -> None:
        self._now, self._visit = now, visit
        self.engine = open_database(where, reading=reading)
        """The database, which also holds the tables of the history of runs."""
        self._dialect = self.engine.dialect.name
        self._writing = self.engine.execution_options(writes=True)
        self._single = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._hosts = HostLeases(worker, lease, self._dialect, gap)
        self._looked = 0.0
        self._mixed = False
        self.started = self._clock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.dispose()

    def add(self, urls: Iterable[FoundUrl], *, again: bool = False, due: bool = False) -> int:
        """Enqueue URLs and return how many of them now wait.

        A known URL that was closed before this run waits again in three cases: its failure may pass and it was tried
        fewer than MAX_ATTEMPTS times; it is a source, and with *due* a source that is due; or *again* is set.
        """
        items, added = iter(urls), 0
        while chunk := list(islice(items, CHUNK)):
            with self._begin() as connection:
                added += enqueue(connection, self._hosts, chunk, self._clock(), self.started, again=again, due=due)
        return added

    def lease(
        self, count: int, *, per_host: int = 4, sites: Collection[str] | None = None, articles: int | None = None
    ) -> list[Row]:
        """Lease up to *count* waiting URLs of *sites* (None: all), of which at most *articles* are articles.

        Of each host at most *per_host* URLs are in work. Hosts take turns; a host must be this worker's or free, and
        not paused. Of one host, sources come before articles, and the newest articles come first.
        """
        now = self._clock()
        self._maintain(now)
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
        """Return when `lease`, which has just returned nothing, may return something; None: only after an `add`.

        A past time means at once. Hosts with URLs in work here do not count.
        """
        of_sites = None if sites is None else self._of(sites)
        with self._begin(reads=True) as connection:
            return self._hosts.wake_at(connection, self._clock(), of_sites, sources_only=articles == 0)

    def close(
        self, url: str, status: str, reason: str = "", *, record_id: str | None = None, visit: Visit | None = None
    ) -> None:
        """Store the final status of *url* and what the fetch told; call it once everything fetched is on disk."""
        now = self._clock()
        values = _ended(now, status, reason, visit)
        values |= {"record_id": record_id, "stored_by": None, "of": url}
        self._maintain(now)
        if url not in self._hosts.lost:
            with self._begin(single=True) as connection:
                connection.execute(_END_WHOLE if status in WHOLE else _END, values)
        self._hosts.lost.discard(url)
        self._hosts.ended(url, now)

    def note_stored(self, records: Mapping[str, str]) -> None:
        """Note the pages of URLs in work, by their record ids, when they are on the disk and their texts are not.

        Whoever takes over what a dead worker had in work does not fetch them again, but closes them as `fetched`.
        """
        given = [{"of": url, "record": record} for url, record in records.items() if url in self._hosts.work]
        if given:
            noted = _urls.update().where(_urls.c.url == sa.bindparam("of"), _urls.c.state == "leased")
            noted = noted.values(record_id=sa.bindparam("record"), stored_by=self._hosts.worker)
            with self._begin() as connection:
                connection.execute(noted, given)

    def unfinished(self) -> list[Row]:
        """Return the closed URLs whose page is stored, in some worker's archive, and whose text nobody has made."""
        return self._rows(_urls.select().where(STORED, _urls.c.state == "done").order_by(_urls.c.id))

    def release(self, urls: Iterable[str] | None = None, *, tried: bool = False) -> int:
        """Put *urls* (None: all of this worker) back to waiting and return their number; *tried*: count an attempt."""
        chosen = [url for url in (list(self._hosts.work) if urls is None else urls) if url in self._hosts.work]
        these = sa.and_(_urls.c.state == "leased", _urls.c.url.in_(chosen))
        with self._begin() as connection:
            self._hosts.ready(connection, [self._hosts.work[url] for url in chosen])
            back: dict[str, Any] = {"state": "waiting", "leased_at": None, "stored_by": None}
            back["attempts"] = _urls.c.attempts - int(not tried)
            number = connection.execute(_urls.update().where(these).values(**back)).rowcount
        for url in chosen:
            self._hosts.ended(url, self._clock())
        self._give_up()
        return number

    def leased(self) -> list[Row]:
        """Take over and return the URLs that a dead worker had in work; call it at start-up, before `recover`.

        On PostgreSQL a dead worker is one with this id, or one whose lease has expired.
        """
        with self._begin() as connection:
            left = self._hosts.claim(connection, self._clock(), leased=self._dialect == "sqlite")
            rows = connection.execute(_urls.select().where(LEASED, _urls.c.host.in_(left)).order_by(_urls.c.id))
            return [Row(**row) for row in rows.mappings()]

    def recover(self) -> int:
        """Put the URLs of dead workers that are not closed back to waiting, and return their number; attempts stay.

        Those whose page is stored are closed.
        """
        now = self._clock()
        with self._begin() as connection:
            self._hosts.forget_future(connection, now)
            left = self._hosts.claim(connection, now, leased=self._dialect == "sqlite")
            return self._put_back(connection, left, now)

    def renew(self) -> None:
        """Renew the leases; `lease` and `close` do it by themselves when it is time."""
        with self._begin() as connection:
            self._hosts.renew(connection, self._clock())

    def wake(self, sites: Collection[str] | None, now: float, *, kinds: Collection[Kind] | None = None) -> int:
        """Put closed URLs of *sites* and *kinds* (None: all) that are due at *now* back to waiting; return how many.

        The attempts of a URL that was fetched before start from zero, unless the last one failed.
        """
        of_kind = sa.true() if kinds is None else _urls.c.kind.in_(kinds)
        due = sa.and_(_urls.c.state == "done", _urls.c.due_at <= now, self._of(sites), of_kind)
        status = _urls.c.status
        transient = sa.or_(status.in_(TRANSIENT), status.startswith("http_5", autoescape=True))
        attempts = sa.case((sa.and_(_urls.c.visits > 0, sa.not_(transient)), 0), else_=_urls.c.attempts)
        some = sa.select(_urls.c.id, _urls.c.host).where(due).order_by(_urls.c.due_at).limit(CHUNK)
        back = _urls.update().where(one_of(self._dialect, _urls.c.id, "these"), _urls.c.state == "done")
        back = back.values(state="waiting", due_at=None, attempts=attempts)
        woken = 0
        while True:
            with self._begin() as connection:
                rows = connection.execute(some).all()
                if not rows:
                    return woken
                self._hosts.ready(connection, [row.host for row in rows])
                woken += connection.execute(back, {"these": [row.id for row in rows]}).rowcount

    def hold(self, host: str, until: float, *, failures: int | None = None) -> None:
        """Let no worker lease a URL of *host* before *until*; a longer hold stays. *failures* is stored too."""
        with self._begin(single=True) as connection:
            self._hosts.hold(connection, host, until, {} if failures is None else {"failures": failures})

    def held(self, host: str) -> tuple[float, int]:
        """Return until when *host* is held, and its stored failures in a row; (0, 0) where it was never held."""
        query = sa.select(_hosts.c.next_at, _hosts.c.failures).where(_hosts.c.host == host)
        with self._begin(reads=True) as connection:
            row = connection.execute(query).one_or_none()
        return (row.next_at, row.failures) if row else (0.0, 0)

    def get(self, url: str) -> Row | None:
        """Return the row of *url*, None where it was never found."""
        with self._begin(reads=True) as connection:
            row = connection.execute(_BY_URL, {"of": url}).mappings().one_or_none()
        return Row(**row) if row else None

    def sites(self, urls: Sequence[str]) -> dict[str, str]:
        """Return the site of each of these URLs that was found."""
        found: dict[str, str] = {}
        with self._begin(reads=True) as connection:
            for start in range(0, len(urls), CHUNK):
                these = sa.select(_urls.c.url, _urls.c.site).where(_urls.c.url.in_(urls[start : start + CHUNK]))
                found.update((row.url, row.site) for row in connection.execute(these))
        return found

    def of_kind(self, kind: Kind) -> list[Row]:
        """Return the URLs of one kind, the first found first. Reads all URLs, as `failed` does."""
        return self._rows(_urls.select().where(_urls.c.kind == kind).order_by(_urls.c.id))

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
        """Return *url* and the URLs to which redirects of this run lead from it; older redirects may be gone."""
        steps = [step for step in self.story(url) if step.status == REDIRECTED and step.state == "done"]
        return {url, *(step.reason or "" for step in steps if (step.closed_at or 0.0) >= self.started)}

    def counts(
        self, *, since: float | None = None, sites: Collection[str] | None = None
    ) -> list[tuple[str, bool, str, int]]:
        """Return (site, is article, status, number) of URLs; with *since* only of those closed at or after it.

        A URL that is not closed has its state as status. Without *since* an article that was ever fetched counts as
        `fetched`, unless it vanished or moved.
        """
        is_article = _IS_ARTICLE.label("is_article")
        status = _ending(ever=since is None).label("ending")
        # of all sites the table is read in its own order: of a million URLs 1.4 s, along the index on sites 1.8
        site_name = SITE if sites is None else _urls.c.site
        query = sa.select(site_name, is_article, status, sa.func.count())
        query = query.where(self._of(sites, _urls.c.site))
        if since is not None:
            query = query.where(_urls.c.closed_at >= since, _urls.c.state == "done")
        query = query.group_by(site_name, is_article, status).order_by(site_name, is_article, status)
        with self._begin(reads=True) as connection:
            rows = connection.execute(query).all()
        return [(site, bool(article), ending, number) for site, article, ending, number in rows]

    def listed(
        self, site: str, ending: str, limit: int, *, is_article: bool | None = None, before: int | None = None
    ) -> list[Row]:
        """Return up to *limit* URLs of *site* that `counts` counts under *ending*, the last found first.

        *is_article*: articles, sources, or None for both. *before*: the id of the last row of the page before.
        """
        query = _urls.select().where(_ending(ever=True) == ending)
        if is_article is not None:
            query = query.where(_IS_ARTICLE if is_article else sa.not_(_IS_ARTICLE))
        if before is not None:
            query = query.where(_urls.c.id < before)
        if ending == "waiting":
            query = query.where(WAITING, self._of([site]))
        else:
            # said again for the index; an article with a text counts as fetched, whatever its last visit was
            query = query.where(_urls.c.site == site)
            query = query if ending == FETCHED else query.where(_urls.c.status == ending)
        return self._rows(query.order_by(_urls.c.id.desc()).limit(limit))

    def in_work(self, limit: int) -> list[Row]:
        """Return up to *limit* URLs that are leased, of any worker, by host."""
        return self._rows(_urls.select().where(LEASED).order_by(_urls.c.host, _urls.c.id).limit(limit))

    def failed(self, limit: int) -> list[Row]:
        """Return the *limit* URLs that failed last, newest first. Reads all URLs: 0.16 s for a million."""
        query = _urls.select().where(_urls.c.state == "done", _urls.c.status.not_in([FETCHED, *SKIPPED, *POLICY]))
        return self._rows(query.order_by(_urls.c.closed_at.desc()).limit(limit))

    def hosts(self) -> dict[str, list[str]]:
        """Return the hosts of each site's fetched articles, with the port that the first of a host's URLs names."""
        query = sa.select(SITE, sa.func.min(_urls.c.url)).where(_IS_ARTICLE, _urls.c.visits > 0)
        query = query.group_by(SITE, _urls.c.host).order_by(SITE, _urls.c.host)
        found: dict[str, list[str]] = {}
        with self._begin(reads=True) as connection:
            for site, url in connection.execute(query):
                found.setdefault(site, []).append(urlsplit(url).netloc.rpartition("@")[2])
        return found

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
        query = sa.select(sa.func.count()).select_from(_urls).where(_urls.c.url.in_(found_urls))
        with self._begin(reads=True) as connection:
            return int(connection.execute(query).scalar_one())

    def children(self, source: Row) -> list[FoundUrl]:
        """Return the sources that *source* names, such as the parts of a sitemap index."""
        kinds = [kind for kind in get_args(Kind) if kind != "article"]
        named = sa.and_(_urls.c.site == source.site, _urls.c.kind.in_(kinds), _urls.c.found_in == source.url)
        with self._begin(reads=True) as connection:
            rows = connection.execute(_urls.select().where(named).order_by(_urls.c.id)).all()
        return [FoundUrl(row.url, row.kind, row.site, row.found_in, row.hops) for row in rows]

    def next_due(self, sites: Collection[str]) -> float | None:
        """Return when the next closed URL of *sites* is due; past times are of URLs that no seed has any more."""
        later = sa.and_(_urls.c.state == "done", _urls.c.due_at > self._clock(), self._of(sites))
        first = sa.select(_urls.c.due_at).where(later).order_by(_urls.c.due_at).limit(1)
        with self._begin(reads=True) as connection:
            due: float | None = connection.execute(first).scalar()
        return due

    def holds(self, sites: Collection[str] | None = None) -> dict[str, float]:
        """Return the hosts that are held now and have waiting URLs of *sites* (None: all), each with until when."""
        of_host = sa.exists().where(_urls.c.host == _hosts.c.host, WAITING, self._of(sites))
        query = sa.select(_hosts.c.host, _hosts.c.next_at).where(_hosts.c.next_at > self._clock(), of_host)
        with self._begin(reads=True) as connection:
            return {row.host: row.next_at for row in connection.execute(query.order_by(_hosts.c.host))}

    def _of(self, sites: Collection[str] | None, site: sa.ColumnElement[str] = SITE) -> sa.ColumnElement[bool]:
        return of_sites(self._dialect, None if sites is None else tuple(sites), site)

    def dispose(self) -> None:
        """Close the database; the object cannot be used afterwards."""
        self.engine.dispose()

    def _rows(self, query: sa.Select[Any]) -> list[Row]:
        with self._begin(reads=True) as connection:
            return [Row(**row) for row in connection.execute(query).mappings()]

    def _clock(self) -> float:
        return self._now().timestamp()

    @contextmanager
    def _begin(self, *, reads: bool = False, single: bool = False) -> Iterator[sa.Connection]:
        """Begin a transaction. One that only *reads*, or is a *single* statement, needs no words of its own for the
        server: three ways there and back become one."""
        alone = self._dialect == "postgresql" and (reads or single)
        engine = self._single if alone else self.engine if reads else self._writing
        try:
            with engine.connect() if alone else engine.begin() as connection:
                yield connection
        except sa.exc.DBAPIError as error:
            verb, words = "read" if reads else "written", cause(self.engine, error)
            raise FrontierError(f"{name_of(self.engine)}: the frontier cannot be {verb}: {words}") from None

    def _maintain(self, now: float) -> None:
        """Renew this worker's leases when it is time, and take back the URLs of workers that died."""
        if self._hosts.renewal_is_due(now):
            self.renew()
        if not 0 <= now - self._looked < POLL:
            self._looked = now
            with self._begin(reads=True) as connection:
                ran_out = self._hosts.expired(connection, now, lock=False)
            if ran_out:
                with self._begin() as connection:
                    self._put_back(connection, self._hosts.expired(connection, now), now)

    def _put_back(self, connection: sa.Connection, which: Collection[str], now: float) -> int:
        stored = _urls.select().where(LEASED, STORED, _urls.c.host.in_(which))
        for row in [Row(**row) for row in connection.execute(stored).mappings()]:
            reason = f"stored by {row.stored_by}, which makes its text when it crawls again"
            # not yet a visit: that is counted with the text
            values = _ended(now, FETCHED, reason, self._visit(row))
            connection.execute(_urls.update().where(_urls.c.id == row.id).values(**values))
        return self._hosts.put_back(connection, which, now)

    def _give_up(self) -> None:
        # in a transaction of its own: it waits for other workers' rows, so it must hold none itself
        if self._hosts.idle():
            with self._begin(single=True) as connection:
                self._hosts.give_up(connection)


def _ended(now: float, status: str, reason: str, visit: Visit | None) -> dict[str, Any]:
    """Return the columns of a URL that ends *now*."""
    values: dict[str, Any] = {"state": "done", "status": status, "reason": reason, "leased_at": None}
    values |= {"due_at": None, "closed_at": now}
    values |= {name: value for name, value in asdict(visit or Visit()).items() if value is not None}
    if status in {*WHOLE, NOT_MODIFIED}:
        values["answered_at"] = now
    # a server may send a NUL, which PostgreSQL cannot store
    return {name: value.replace("\0", "") if isinstance(value, str) else value for name, value in values.items()}


def _ending(*, ever: bool) -> sa.ColumnElement[str]:
    """Return a URL's final status, or the state of one that is not closed.

    With *ever* an article that was ever fetched has the status `fetched`, unless it vanished or moved.
    """
    has_text = sa.and_(_IS_ARTICLE, _urls.c.visits > 0, _urls.c.status.not_in([VANISHED, REDIRECTED]))
    cases = [(has_text, sa.literal(FETCHED))] if ever else []
    return sa.case(*cases, (_urls.c.state == "done", _urls.c.status), else_=_urls.c.state)

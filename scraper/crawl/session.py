"""One crawl: its frontier and collection, and what every URL's ending sets in motion."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from os import getpid
from pathlib import Path
from socket import gethostname

from archive import Capture, Collection, Stored
from cleaners import Article
from scraper.crawl.cleaning import Cleaning
from scraper.crawl.options import CrawlOptions, Event
from scraper.fetch.pacing import MAX_HOLD, TRIES, Pauses
from scraper.frontier import Found, Frontier, Row
from scraper.frontier.database import FRONTIER
from scraper.frontier.enqueue import sources_of
from scraper.frontier.leases import RENEWALS
from scraper.in_force import load_in_force
from scraper.outcomes import FETCHED, NOT_MODIFIED, UNREQUESTED
from scraper.report.history import RunHistory
from scraper.revisit.visits import Memory

LEASED = 64
"""URLs in work at most: what a killed crawl repeats, and what the crawl holds in memory."""
LEASED_PER_HOST = 4
"""Of one host: enough that its next request waits for the delay and not for us, and a stop has few to wait for."""
MIN_PAUSE = 0.05
"""Seconds: a host that is free, but locked by another worker for the moment, is not asked for without a pause."""


class Job:
    """The state of a crawl that the spider, the download handler and the pipelines share. One thread."""

    def __init__(self, options: CrawlOptions, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """Open frontier and collection and put the seeds in. Raises FrontierError, ArchiveError or RuleError."""
        self.options = options
        self.seeds = {seed.name: seed for seed in options.seeds}
        self.rules = options.rules or load_in_force(options.data)
        self.cleaning = Cleaning(options.clean, self.rules, options.jobs)
        self.memory = Memory(self.seeds, now=now, updates=options.updates, forget=options.refetch)
        self.removals: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.files: set[str] = set()
        self.error: Exception | None = None
        """What stopped the crawl: an error of the frontier, of the archive or of the options' `on_event`."""
        self.ending = "stopped"
        """Scrapy's word for how the run ended; the spider says it."""
        self.on_close: Callable[[Event], None] = lambda event: None
        """Called after each ending; the spider leases more then."""
        self.on_put_back: Callable[[], None] = lambda: None
        """Called when a URL has gone back, likewise."""
        self._leased: dict[str, Row] = {}
        self._pages = 0
        self._took: dict[str, int] = {}
        # single pages that are fetched and cleaned are no run of a crawl, and one may be at work on the data root
        kept = None if options.refetch or not options.data else options.data / FRONTIER
        where = options.frontier or kept
        self._now = now
        self.frontier = Frontier(where, worker=_worker(options.data), lease=options.lease, now=now)
        self.pauses = Pauses(self.frontier, options.delay, now=lambda: now().timestamp())
        self.collection = self._open_collection(now)
        self._settle()
        self.frontier.recover()
        self.history = RunHistory(self.frontier.engine, now) if kept else None
        for seed in options.seeds:
            self.frontier.add(sources_of(seed), due=options.due)
            pages = [Found(url, "article", seed.name) for url in seed.urls]
            self.frontier.add(pages, again=options.refetch)
        self.frontier.wake(list(self.seeds), now().timestamp(), kinds=["article"])

    @property
    def is_idle(self) -> bool:
        """Nothing is in work."""
        return not self._leased

    def lease(self) -> list[Row]:
        """Take the next URLs into work, within the bounds on URLs in work and on pages."""
        room = LEASED - len(self._leased)
        rows = self.frontier.lease(room, per_host=LEASED_PER_HOST, sites=self.seeds, articles=self._articles_left())
        self._leased |= {row.url: row for row in rows}
        return rows

    def pause(self) -> float | None:
        """Return the seconds after which `lease`, which found nothing, may find something; None: not in this run."""
        wake_at = self.frontier.wake_at(sites=self.seeds, articles=self._articles_left())
        wait = MIN_PAUSE if wake_at is None else max(MIN_PAUSE, wake_at - self._now().timestamp())
        # the leases are renewed when more is leased
        return None if wake_at is None or wait > MAX_HOLD else min(wait, self.options.lease / RENEWALS)

    def store(self, capture: Capture) -> Stored | None:
        """Archive an exchange, at the time of download; None where nothing is archived."""
        stored = self.collection.store(capture) if self.collection is not None else None
        self.files.update([stored.file] if stored else [])
        if capture.url in self._leased:
            self.memory.note(capture, stored)
            self._took[capture.url] = round((datetime.now(UTC) - capture.fetched).total_seconds() * 1000)
        return stored

    def close(
        self,
        row: Row,
        status: str,
        reason: str = "",
        *,
        article: Article | None = None,
        stored: Stored | None = None,
        seen: float | None = None,
    ) -> None:
        """End *row* once, when what was stored for it is on disk; *seen*: of a source, its share of known entries."""
        if self._leased.pop(row.url, None) is None:
            return
        if self.collection is not None:
            self.collection.sync()
        record_id = stored.record_id if stored else None
        status, reason, visit = self.memory.close(row, status, reason, seen=seen, article=article)
        self.frontier.close(row.url, status, reason, record_id=record_id, visit=visit)
        if row.kind != "article" and status == NOT_MODIFIED:
            # a sitemap index may stay as it is while its parts change
            self.frontier.add(self.frontier.children(row), due=self.options.due)
        self._pages += row.kind == "article" and status not in UNREQUESTED
        self.pauses.ended(row.host, status)
        if article is not None:
            self.removals[row.site].update(removal.rule for removal in article.removals)
        if self.history is not None:
            self.history.note(row, status, article)
        took = self._took.pop(row.url, None)
        event = Event(row.url, row.kind, row.site, status, reason, article, record_id, took)
        try:
            if self.options.on_event:
                self.options.on_event(event)
        except Exception as error:
            self.error = self.error or error
        self.on_close(event)

    def put_back(self, row: Row, status: str = "", reason: str = "", *, stored: Stored | None = None) -> None:
        """Let *row* wait for its host; with a *status* it was asked for, and ends after so many tries."""
        if status and row.attempts >= TRIES:
            return self.close(row, status, reason, stored=stored)
        if self._leased.pop(row.url, None) is not None:
            if status:
                self.pauses.ended(row.host, status)
            self.frontier.release([row.url], tried=bool(status))
            self.on_put_back()
        return None

    def finish(self) -> None:
        """Give back what is still leased and close everything; may be called twice."""
        leased, self._leased = list(self._leased), {}
        self.cleaning.close()
        try:
            self.frontier.release(leased)
            if self.history is not None:
                self.history.end(self.ending)
        finally:
            if self.collection is not None:
                self.collection.close()

    def _articles_left(self) -> int | None:
        if self.options.max_pages is None:
            return None
        out = sum(row.kind == "article" for row in self._leased.values())
        return max(0, self.options.max_pages - self._pages - out)

    def _settle(self) -> None:
        """Close what a killed crawl had stored, but not closed yet: fetched again it would be there twice."""
        if self.collection is None:
            return
        catalog = self.collection.catalog
        for row in self.frontier.leased():
            since = row.leased_at or 0
            for capture in catalog.captures(row.url):
                if capture.fetched.timestamp() >= since and catalog.articles(capture.record_id):
                    status, reason, visit = self.memory.close(row, FETCHED, "")
                    self.frontier.close(row.url, status, reason, record_id=capture.record_id, visit=visit)
                    break

    def _open_collection(self, now: Callable[[], datetime]) -> Collection | None:
        if self.options.data is None:
            return None
        software = f"pressclip/{version('pressclip')} scrapy/{version('scrapy')}"
        info = {"robots": "obey", "http-header-user-agent": str(self.options.settings()["USER_AGENT"])}
        collection = Collection(
            self.options.data,
            self.options.collection,
            software=software,
            rules_version=self.rules.version,
            info=info,
            now=now,
        )
        return collection.__enter__()


def _worker(data: Path | None) -> str:
    """Return the crawler's id: its machine and data root, so that one started again gets back what it had in work."""
    return f"{gethostname()}:{data.resolve() if data else getpid()}"

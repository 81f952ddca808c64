"""One crawl: its options, its frontier and collection, and what every URL's ending sets in motion."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from os import getpid
from pathlib import Path
from socket import gethostname
from typing import Any

from archive import Capture, Collection, Stored
from cleaners import Article, RuleSet, clean, load_rules
from scraper.cleaning import Cleaner, Cleaning
from scraper.frontier import LEASE, Found, Frontier, Kind, Row
from scraper.hosts import RENEWALS
from scraper.intake import sources_of
from scraper.memory import Memory
from scraper.outcomes import FETCHED, NOT_MODIFIED, UNREQUESTED
from scraper.seeds import Seed

FRONTIER = "frontier.sqlite"
LEASED = 64
"""URLs in work at most: what a killed crawl repeats, and what the crawl holds in memory."""
LEASED_PER_HOST = 4
"""Of one host: enough that its next request waits for the delay and not for us, and a stop has few to wait for."""
PATIENCE = 300.0
"""Most seconds that a crawl waits for hosts that rest when nothing else is left, as for a Retry-After; then it ends."""
MIN_PAUSE = 0.05
"""Seconds: a host that is free, but locked by another worker for the moment, is not asked for without a pause."""
MAX_CONTACT = 200


class CrawlError(RuntimeError):
    """A crawl that cannot be run or go on; the message is one line that says what, where and how to mend it."""


@dataclass(frozen=True, slots=True)
class Event:
    """A URL's ending, told when everything that belongs to it is on disk."""

    url: str
    kind: Kind
    site: str
    status: str
    reason: str = ""
    article: Article | None = None
    record_id: str | None = None
    """The response record's id; None where no response came or nothing is archived."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlOptions:
    """What a crawl is asked to do."""

    seeds: Sequence[Seed]
    data: Path | None = None
    """The data root; None keeps nothing: no archive, and the frontier in memory."""
    collection: str = "news"
    max_pages: int | None = None
    """Most article pages to request in this run."""
    delay: float = 2.0
    """Least seconds between two requests to a host; robots.txt may ask for more."""
    contact: str | None = None
    """Whom a site's owner may write to: goes into the user agent."""
    allow_private: bool = False
    rules: RuleSet | None = None
    clean: Cleaner = clean
    jobs: int = 0
    """Processes that clean; 0: a thread. A script that asks for any guards its main part by `__name__`."""
    refetch: bool = False
    """Fetch the seeds' single pages even when an earlier run has, and as if none had."""
    due: bool = False
    """Read only the sources whose time has come."""
    updates: Sequence[timedelta] | None = None
    """So long after an article was found it is looked at again, whatever the seeds say; None: as they say."""
    on_event: Callable[[Event], None] | None = None
    frontier: str | None = field(default=None, repr=False)
    """A PostgreSQL URL whose frontier several crawlers share, each with a data root of its own; None: in `data`."""
    lease: float = LEASE
    """Seconds after which a crawler that shares a frontier and is not heard of loses its hosts."""
    timeout: float = 30.0
    """Most seconds that one request may take, from connecting to the last byte."""
    log_level: str = "ERROR"

    def __post_init__(self) -> None:
        if self.contact and not (
            self.contact.isascii() and self.contact.isprintable() and len(self.contact) <= MAX_CONTACT
        ):
            raise CrawlError(f"contact: give an address or URL of at most {MAX_CONTACT} plain ASCII characters")
        if not 0 <= self.delay <= 3600:
            raise CrawlError(f"delay: {self.delay} is not between 0 and 3600 seconds")

    def settings(self) -> dict[str, Any]:
        """Return the Scrapy settings that depend on the options."""
        agent = f"pressclip/{version('pressclip')}"
        return {
            "USER_AGENT": f"{agent} (+{self.contact})" if self.contact else agent,
            "DOWNLOAD_DELAY": self.delay,
            "AUTOTHROTTLE_ENABLED": self.delay > 0,
            "AUTOTHROTTLE_START_DELAY": self.delay,
            "DOWNLOAD_TIMEOUT": self.timeout,
        }


class Job:
    """The state of a crawl that the spider, the download handler and the pipelines share. One thread."""

    def __init__(self, options: CrawlOptions, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """Open frontier and collection and put the seeds in. Raises FrontierError, ArchiveError or RuleError."""
        self.options = options
        self.seeds = {seed.name: seed for seed in options.seeds}
        self.rules = options.rules or load_rules()
        self.cleaning = Cleaning(options.clean, self.rules, options.jobs)
        self.memory = Memory(self.seeds, now=now, updates=options.updates, forget=options.refetch)
        self.removals: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.files: set[str] = set()
        self.error: Exception | None = None
        """What stopped the crawl: an error of the frontier, of the archive or of the options' `on_event`."""
        self.on_close: Callable[[Event], None] = lambda event: None
        """Called after each ending; the spider leases more then."""
        self._leased: dict[str, Row] = {}
        self._pages = 0
        where = options.frontier or (options.data / FRONTIER if options.data else None)
        self._now = now
        self.frontier = Frontier(where, worker=_worker(options.data), lease=options.lease, now=now)
        self.frontier.keep_gap(lambda host: options.delay)
        self.collection = self._open_collection(now)
        self._settle()
        self.frontier.recover()
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
        return None if wake_at is None or wait > PATIENCE else min(wait, self.options.lease / RENEWALS)

    def store(self, capture: Capture) -> Stored | None:
        """Archive an exchange, at the time of download; None where nothing is archived."""
        stored = self.collection.store(capture) if self.collection is not None else None
        self.files.update([stored.file] if stored else [])
        if capture.url in self._leased:
            self.memory.note(capture, stored)
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
        if article is not None:
            self.removals[row.site].update(removal.rule for removal in article.removals)
        event = Event(row.url, row.kind, row.site, status, reason, article, record_id)
        try:
            if self.options.on_event:
                self.options.on_event(event)
        except Exception as error:
            self.error = self.error or error
        self.on_close(event)

    def finish(self) -> None:
        """Give back what is still leased and close everything; may be called twice."""
        leased, self._leased = list(self._leased), {}
        self.cleaning.close()
        try:
            self.frontier.release(leased)
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

"""Run a crawl in this process from start to end, and keep other crawls off its data root meanwhile."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from archive import ArchiveError, lock, make_folder
from cleaners import Article, host_of
from scraper.crawl.options import CrawlError, CrawlOptions, Event, stopping
from scraper.crawl.session import Session, open_session
from scraper.errors import is_in_our_code
from scraper.fetch.pacing import HeldHost, utc_now
from scraper.frontier import FrontierError
from scraper.outcomes import INTERRUPTED, REDIRECTED
from scraper.printable import one_line
from scraper.report.history import MAX_TIME
from scraper.report.status import (
    LOCK_FILE,
    MAX_HOLDER,
    Outcome,
    SiteReport,
    holder_line,
    outcome_of,
    overdue,
    site_reports,
)
from scraper.seeds import seeds_of_pages
from scraper.urls import canonical

if TYPE_CHECKING:
    from scrapy import Spider
    from scrapy.crawler import Crawler


class CrawlRunning(CrawlError):
    """Another crawl uses the data root; the message says which one and since when."""


@dataclass(frozen=True, slots=True)
class CrawlReport:
    """What a run did."""

    sites: tuple[SiteReport, ...]
    problems: tuple[Event, ...]
    """The URLs that failed or were refused, in the order in which they were closed, at most `session.MAX_PROBLEMS`."""
    files: tuple[str, ...]
    """Names of the WARC and text files written, as they are called once sealed."""
    seconds: float
    interrupted: bool = False
    out_of_time: bool = False
    """Whether `max_time` ended the run; what is left waits for the next one."""
    next_due: datetime | None = None
    """When the next source or article of these sites is due."""
    held: tuple[HeldHost, ...] = ()
    """Hosts that are paused at the end of the run with URLs waiting."""
    renderings: Mapping[str, int] = field(default_factory=dict)
    """How many pages a browser rendered, and how many it did not, by reason; the most frequent first."""

    @property
    def is_idle(self) -> bool:
        """Whether nothing was due: no URL was closed in this run, and none is waiting."""
        return not self.interrupted and all(site == SiteReport(site.name) for site in self.sites)

    @property
    def outcome(self) -> Outcome:
        """How the run went as a whole; with paused hosts that have URLs waiting it is not `ok`."""
        return outcome_of(self.sites, is_held=bool(self.held))

    @property
    def articles(self) -> int:
        """Articles of all sites."""
        return sum(site.articles for site in self.sites)

    def as_dict(self) -> dict[str, Any]:
        """Return the report ready for JSON."""
        problems = [{"url": p.url, "site": p.site, "status": p.status, "reason": p.reason} for p in self.problems]
        return {
            "outcome": self.outcome,
            "interrupted": self.interrupted,
            "out_of_time": self.out_of_time,
            "seconds": round(self.seconds, 3),
            "next_due": self.next_due.isoformat() if self.next_due else None,
            "sites": [site.as_dict() for site in self.sites],
            "problems": problems,
            "held": [asdict(host) for host in self.held],
            "renderings": dict(self.renderings),
            "files": list(self.files),
        }


@dataclass(frozen=True, slots=True)
class Fetched:
    """The result for one of the URLs given to `fetch_urls`."""

    url: str
    """As it was given."""
    final_url: str
    """Where redirects led."""
    status: str
    reason: str
    article: Article | None
    record_id: str | None


def run_crawl(options: CrawlOptions, *, now: Callable[[], datetime] = utc_now) -> CrawlReport:
    """Crawl and return what happened; only once in a process, since Twisted's reactor cannot be started again.

    An interrupt ends the crawl cleanly, with its state saved. Raises CrawlError, and CrawlRunning where another crawl
    uses the data root.
    """
    with locked(options):
        return _crawl(options, now)


def _crawl(options: CrawlOptions, now: Callable[[], datetime]) -> CrawlReport:
    began, names = monotonic(), [seed.name for seed in options.seeds]
    try:
        session = open_session(options, now=now)
        with session.frontier:
            try:
                interrupted = run_spider(session)
            finally:
                session.finish()
            reports = site_reports(session.frontier, since=session.frontier.started, sites=names)
            next_due = session.frontier.next_due(names)
            held = session.pauses.report(names)
            waiting = session.frontier.waiting(names)
    except (ArchiveError, FrontierError) as error:
        raise CrawlError(str(error)) from error
    sites = tuple(
        replace(report, waiting=waiting.get(report.name, 0), removals=dict(session.removals[report.name].most_common()))
        for report in reports
    )
    return CrawlReport(
        sites,
        tuple(session.problems),
        tuple(sorted(session.files)),
        monotonic() - began,
        interrupted,
        session.ending == MAX_TIME,
        datetime.fromtimestamp(next_due, UTC) if next_due else None,
        held,
        dict(session.renderings.most_common()),
    )


def fetch_urls(urls: Sequence[str], **options: Any) -> list[Fetched]:  # noqa: ANN401 - the fields of CrawlOptions
    """Fetch and clean single URLs as a crawl does, and return one result for each, in their order.

    *options* are the fields of CrawlOptions; without `data` nothing is stored. Raises SeedError and CrawlError.
    """
    events: dict[str, Event] = {}
    on_event: Callable[[Event], None] | None = options.pop("on_event", None)

    def note(event: Event) -> None:
        events[event.url] = event
        if on_event:
            on_event(event)

    crawl_options = CrawlOptions(seeds=seeds_of_pages(urls), refetch=True, on_event=note, **({"updates": ()} | options))
    held = {host.host: host for host in run_crawl(crawl_options).held}
    return [_fetched(url, events, held) for url in urls]


def _fetched(url: str, events: dict[str, Event], held: dict[str, HeldHost]) -> Fetched:
    """Return the result for *url*: the last event of its redirects."""
    event = events.get(canonical(url) or url)
    while event and event.status == REDIRECTED and event.reason in events:
        event = events[event.reason]
    if event is None and (host := held.get(host_of(url))):
        return Fetched(url, url, host.status, f"{host.reason}; not to be asked before {host.until}", None, None)
    if event is None:
        return Fetched(url, url, INTERRUPTED, "the crawl was stopped before its turn", None, None)
    return Fetched(url, event.url, event.status, event.reason, event.article, event.record_id)


def run_spider(session: Session, spider: type[Spider] | None = None, **arguments: Any) -> bool:  # noqa: ANN401 - the spider's
    """Run Scrapy once in a process, with the news spider or *spider*, and return whether it was interrupted."""
    # imported here: the command line starts without Scrapy
    from scrapy.crawler import AsyncCrawlerProcess
    from scrapy.settings import Settings

    settings = Settings()
    settings.setmodule("scraper.settings", priority="project")
    settings.set("LOG_LEVEL", session.options.log_level, priority="cmdline")
    # where the caller has set up logging, Scrapy must not add a handler: each record would come twice
    settings.set("LOG_INSTALL_ROOT_HANDLER", not logging.getLogger().handlers, priority="cmdline")
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    process = AsyncCrawlerProcess(settings)
    crawler = process.create_crawler(spider or "news")
    crawling = process.crawl(crawler, session=session, **arguments)
    swallowed = _Swallowed(session, crawler)
    logging.getLogger().addHandler(swallowed)
    try:
        process.start()
    finally:
        logging.getLogger().removeHandler(swallowed)
        for number, handler in handlers.items():
            signal.signal(number, handler)
    if session.error:
        raise session.error
    if crawling.done() and not crawling.cancelled() and (error := crawling.exception()):
        raise stopping(error)
    if process.bootstrap_failed:
        raise CrawlError("the crawl could not be started: the log says why")
    reason = crawler.stats.get_value("finish_reason")
    if reason is None:
        # after a second signal Scrapy stops at once; URLs in work may have been requested: that counts as an attempt
        session.frontier.recover()
        return True
    if reason not in ("finished", "shutdown"):
        raise CrawlError(f"the crawl stopped early ({reason}); what is fetched is kept, run it again to go on")
    return bool(reason == "shutdown")


class _Swallowed(logging.Handler):
    """Ends the run at an unexpected error that Scrapy, Twisted and asyncio catch and only log."""

    def __init__(self, session: Session, crawler: Crawler) -> None:
        super().__init__(logging.ERROR)
        self._session, self._crawler = session, crawler

    def emit(self, record: logging.LogRecord) -> None:
        """Take a record of any logger, in any thread."""
        error = record.exc_info[1] if record.exc_info else None
        # the spider itself closes the URL of a callback that failed
        if error is None or record.funcName == "handle_spider_error":
            return
        # Twisted logs what a server's bytes do to its protocols, and ends their requests by itself
        if record.name.startswith("twisted") and not is_in_our_code(error):
            return
        # an answer that was on its way to a browser's page when the page ended
        if type(error).__module__.startswith("playwright"):
            return
        self._session.error = self._session.error or stopping(error)
        if (spider := self._crawler.spider) is not None:
            from twisted.internet import reactor

            reactor.callFromThread(spider.stop, error)  # type: ignore[attr-defined]


@contextmanager
def locked(options: CrawlOptions, now: Callable[[], datetime] = utc_now) -> Iterator[None]:
    """Keep other crawls off the data root; the system releases the lock when the process ends.

    The archive's own lock admits several writers, but a second crawl is a mistake. Single pages (`refetch`) and crawls
    that store nothing need no lock. Raises CrawlError, and CrawlRunning where another crawl holds the lock.
    """
    if options.data is None or options.refetch:
        yield
        return
    fd = _lock(options.data, now(), options.max_time)
    try:
        yield
    finally:
        os.close(fd)


def lock_until_exit(options: CrawlOptions) -> CrawlOptions:
    """Keep other crawls off the data root until this process ends, and return *options*."""
    if options.data is not None and not options.refetch:
        _lock(options.data, datetime.now(UTC), options.max_time)
    return options


def _lock(data: Path, now: datetime, max_time: float | None) -> int:
    path = data / LOCK_FILE
    try:
        make_folder(data)
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
    except OSError as error:
        where = path if data.is_dir() else data
        raise CrawlError(f"{where}: {error.strerror}; choose a folder that can be written") from None
    try:
        if lock(fd):
            os.truncate(fd, 0)
            os.pwrite(fd, holder_line(os.getpid(), now, max_time).encode(), 0)
            return fd
        holder = one_line(os.pread(fd, MAX_HOLDER, 0).decode("utf-8", "replace")) or "just begun"
        os.close(fd)
        alarm = f". ALARM: {late}" if (late := overdue(holder, now)) else ""
        raise CrawlRunning(f"{data}: another crawl works here ({holder}); let it end, or stop it{alarm}") from None
    except OSError as error:
        os.close(fd)
        raise CrawlError(f"{path}: cannot be locked ({error.strerror}); choose a folder on a local disk") from None

"""Runs a crawl in this process: frontier, spider, fetching, cleaning and storing as one thing."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from archive import ArchiveError, lock
from cleaners import Article
from scraper.crawl.options import CrawlError, CrawlOptions, Event
from scraper.crawl.session import Job
from scraper.fetch.pacing import HeldHost
from scraper.frontier import FrontierError
from scraper.outcomes import INTERRUPTED, REDIRECTED, is_problem
from scraper.printable import one_line
from scraper.report.status import Outcome, SiteReport, outcome_of, site_reports
from scraper.seeds import load_seeds
from scraper.urls import canonical, host_of

if TYPE_CHECKING:
    from scrapy import Spider

MAX_PROBLEMS = 1000
"""Failures kept one by one in a report; beyond it the counts tell, and the frontier has them all."""


@dataclass(frozen=True, slots=True)
class CrawlReport:
    """What a run did."""

    sites: tuple[SiteReport, ...]
    problems: tuple[Event, ...]
    """The URLs that failed or were refused, in the order of their ending, at most MAX_PROBLEMS."""
    files: tuple[str, ...]
    """Names of the WARC and text files written, as they are called once sealed."""
    seconds: float
    interrupted: bool = False
    next_due: datetime | None = None
    """When the next source or article of these sites is due by itself."""
    held: tuple[HeldHost, ...] = ()
    """Hosts that are left alone at the end of the run with URLs waiting."""

    @property
    def is_idle(self) -> bool:
        """Nothing was due: no URL ended in this run, and none is waiting."""
        return not self.interrupted and all(site == SiteReport(site.name) for site in self.sites)

    @property
    def outcome(self) -> Outcome:
        """How it went as a whole; a host that is still to be asked is no success."""
        found = outcome_of(self.sites)
        if found != "ok" or not self.held:
            return found
        return "some_failed" if self.articles else "all_failed"

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
            "seconds": round(self.seconds, 3),
            "next_due": self.next_due.isoformat() if self.next_due else None,
            "sites": [site.as_dict() for site in self.sites],
            "problems": problems,
            "held": [asdict(host) for host in self.held],
            "files": list(self.files),
        }


@dataclass(frozen=True, slots=True)
class Fetched:
    """One of the URLs given to `fetch_urls`."""

    url: str
    """As it was given."""
    final_url: str
    """Where redirects led."""
    status: str
    reason: str
    article: Article | None
    record_id: str | None


def run_crawl(options: CrawlOptions, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> CrawlReport:
    """Crawl and return what happened; once in a process, since Twisted's reactor cannot be started again.

    An interrupt ends the crawl cleanly, with its state saved. Raises CrawlError where data cannot be written, and
    CrawlRunning where another crawl works on the data root.
    """
    with alone(options):
        return _crawl(options, now)


def _crawl(options: CrawlOptions, now: Callable[[], datetime]) -> CrawlReport:
    began = monotonic()
    problems: list[Event] = []
    job = _open(replace(options, on_event=_noting(problems, options.on_event)), now)
    try:
        try:
            interrupted = run_spider(job)
        finally:
            job.finish()
        since, names = job.frontier.started, [seed.name for seed in options.seeds]
        reports = site_reports(job.frontier, since=since, sites=names)
        next_due = job.frontier.next_due(names)
        held = job.pauses.report(names)
        waiting = job.frontier.waiting(names)
    except (ArchiveError, FrontierError) as error:
        raise CrawlError(str(error)) from error
    finally:
        job.frontier.dispose()
    sites = tuple(
        replace(report, waiting=waiting.get(report.name, 0), removals=dict(job.removals[report.name].most_common()))
        for report in reports
    )
    seconds, files = monotonic() - began, tuple(sorted(job.files))
    when = datetime.fromtimestamp(next_due, UTC) if next_due else None
    return CrawlReport(sites, tuple(problems), files, seconds, interrupted, when, held)


def fetch_urls(urls: Sequence[str], **options: Any) -> list[Fetched]:  # noqa: ANN401 - the fields of CrawlOptions
    """Fetch and clean single URLs on the crawl's own way and return one result a URL, in their order.

    *options* are those of CrawlOptions but for the seeds; nothing is kept where `data` is not given.
    Raises SeedError on a URL that cannot be fetched, and CrawlError.
    """
    endings: dict[str, Event] = {}
    told: Callable[[Event], None] | None = options.pop("on_event", None)

    def note(event: Event) -> None:
        endings[event.url] = event
        if told:
            told(event)

    asked = CrawlOptions(seeds=load_seeds(*urls), refetch=True, on_event=note, **({"updates": ()} | options))
    report = run_crawl(asked)
    return [_followed(url, endings, {host.host: host for host in report.held}) for url in urls]


def _followed(url: str, endings: dict[str, Event], held: dict[str, HeldHost]) -> Fetched:
    event = endings.get(canonical(url) or url)
    while event and event.status == REDIRECTED and event.reason in endings:
        event = endings[event.reason]
    if event is None and (host := held.get(host_of(url))):
        return Fetched(url, url, host.status, f"{host.reason}; not to be asked before {host.until}", None, None)
    if event is None:
        return Fetched(url, url, INTERRUPTED, "the crawl was stopped before its turn", None, None)
    return Fetched(url, event.url, event.status, event.reason, event.article, event.record_id)


def _open(options: CrawlOptions, now: Callable[[], datetime]) -> Job:
    try:
        return Job(options, now=now)
    except (ArchiveError, FrontierError) as error:
        raise CrawlError(str(error)) from error


def _noting(problems: list[Event], told: Callable[[Event], None] | None) -> Callable[[Event], None]:
    def note(event: Event) -> None:
        if is_problem(event.status) and len(problems) < MAX_PROBLEMS:
            problems.append(replace(event, article=None))
        if told:
            told(event)

    return note


def run_spider(job: Job, spider: type[Spider] | None = None, **arguments: Any) -> bool:  # noqa: ANN401 - the spider's
    """Run Scrapy to its end, with the one spider or *spider*; return whether it was interrupted. Once in a process."""
    # here, so that the command line starts without it
    from scrapy.crawler import AsyncCrawlerProcess
    from scrapy.settings import Settings

    settings = Settings()
    settings.setmodule("scraper.settings", priority="project")
    settings.set("LOG_LEVEL", job.options.log_level, priority="cmdline")
    # a caller that has set up logging gets the records as it wants them, once
    settings.set("LOG_INSTALL_ROOT_HANDLER", not logging.getLogger().handlers, priority="cmdline")
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    process = AsyncCrawlerProcess(settings)
    crawler = process.create_crawler(spider or "news")
    process.crawl(crawler, job=job, **arguments)
    try:
        process.start()
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    if job.error:
        raise job.error
    if process.bootstrap_failed:
        raise CrawlError("the crawl could not be started: the log says why")
    ended = crawler.stats.get_value("finish_reason")
    if ended is None:
        # a second signal: Scrapy stops at once; what is in work may have been asked for, so it counts as tried
        job.frontier.recover()
        return True
    if ended not in ("finished", "shutdown"):
        raise CrawlError(f"the crawl stopped early ({ended}); what is fetched is kept, run it again to go on")
    return bool(ended == "shutdown")


LOCK = "crawl.lock"
"""Never removed: a lock file that is deleted lets two crawls hold two files of one name."""
MAX_HOLDER = 200
"""Bytes of the file that are shown: its holder's process id and since when."""


class CrawlRunning(CrawlError):
    """Another crawl works on the data root; the message says which and since when."""


@contextmanager
def alone(options: CrawlOptions, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Iterator[None]:
    """Keep other crawls off the data root; CrawlRunning where one is at work, CrawlError where none can be kept off.

    Single pages (`refetch`) and crawls that keep nothing need no lock. The system gives it back when the process ends.
    """
    if options.data is None or options.refetch:
        yield
        return
    fd = _held(options.data, now())
    try:
        yield
    finally:
        os.close(fd)


def hold(options: CrawlOptions) -> CrawlOptions:
    """Keep other crawls off the data root until this process ends, and return *options*."""
    if options.data is not None and not options.refetch:
        _held(options.data, datetime.now(UTC))
    return options


def _held(data: Path, now: datetime) -> int:
    path = data / LOCK
    try:
        data.mkdir(parents=True, exist_ok=True)
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
    except OSError as error:
        where = path if data.is_dir() else data
        raise CrawlError(f"{where}: {error.strerror}; choose a folder that can be written") from None
    try:
        if lock(fd):
            os.truncate(fd, 0)
            os.pwrite(fd, f"pid {os.getpid()}, since {now:%Y-%m-%dT%H:%M:%SZ}\n".encode(), 0)
            return fd
        holder = one_line(os.pread(fd, MAX_HOLDER, 0).decode("utf-8", "replace")) or "just begun"
        os.close(fd)
        raise CrawlRunning(f"{data}: another crawl works here ({holder}); let it end, or stop it") from None
    except OSError as error:
        os.close(fd)
        raise CrawlError(f"{path}: cannot be locked ({error.strerror}); choose a folder on a local disk") from None

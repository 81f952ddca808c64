"""Runs a crawl in this process: frontier, spider, fetching, cleaning and storing as one thing."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, Any

from archive import ArchiveError
from cleaners import Article
from scraper.cleaning import Cleaner
from scraper.fetch.pauses import HeldHost
from scraper.frontier import FrontierError
from scraper.job import Job
from scraper.links import canonical, host_of
from scraper.lock import alone
from scraper.options import CrawlError, CrawlOptions, Event
from scraper.outcomes import INTERRUPTED, REDIRECTED, is_problem
from scraper.seeds import load_seeds
from scraper.status import Outcome, SiteReport, outcome_of, site_reports

if TYPE_CHECKING:
    from scraper.spiders.news import News

__all__ = ["Cleaner", "CrawlError", "CrawlOptions", "CrawlReport", "Event", "Fetched", "fetch_urls", "run_crawl"]

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


def run_spider(job: Job, spider: type[News] | None = None, **arguments: Any) -> bool:  # noqa: ANN401 - the spider's
    """Run Scrapy to its end, with the one spider or *spider*; return whether it was interrupted. Once in a process."""
    # here, so that the command line starts without it
    from scrapy.crawler import AsyncCrawlerProcess
    from scrapy.settings import Settings

    from scraper.spiders.news import News

    settings = Settings()
    settings.setmodule("scraper.settings", priority="project")
    settings.set("LOG_LEVEL", job.options.log_level, priority="cmdline")
    # a caller that has set up logging gets the records as it wants them, once
    settings.set("LOG_INSTALL_ROOT_HANDLER", not logging.getLogger().handlers, priority="cmdline")
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    process = AsyncCrawlerProcess(settings)
    crawler = process.create_crawler(spider or News)
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

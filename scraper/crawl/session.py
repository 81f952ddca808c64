"""Keep the state of a running crawl: which URLs are in work, and what becomes of each."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from importlib.metadata import version
from os import getpid
from pathlib import Path
from socket import gethostname
from time import monotonic
from typing import Literal

from archive import ArchiveError, Capture, Catalog, Collection, OptOuts, Refusal, Stored, page_of, read_capture
from cleaners import Article, Page, RuleSet, load_in_force
from scraper.crawl.options import CrawlError, CrawlOptions, Event, stopping
from scraper.crawl.pipelines import Cleaning, NewsItem
from scraper.fetch.pacing import MAX_HOLD, MAX_LEASES, Gaps, Pauses, utc_now
from scraper.fetch.signing import RequestSigner, SigningError, agent_origin
from scraper.frontier import FRONTIER, RENEWALS, FoundUrl, Frontier, Row, sources_of
from scraper.outcomes import FETCHED, NOT_MODIFIED, UNREQUESTED, WHOLE, is_problem
from scraper.rendering import BrowserMissing, Found, find_browser
from scraper.report.heartbeat import Beat
from scraper.report.history import RunHistory
from scraper.revisit import Revisits
from scraper.seeds import Seed

MAX_LEASED = 64
"""Most URLs in work: a killed crawl repeats so many, and a crawl holds so many in memory."""
MAX_LEASED_PER_HOST = 4
"""Most URLs of one host in work: the next request is ready when the delay is over, and a stop waits for few."""
MAX_PROBLEMS = 1000
"""Most failures that a report lists one by one; it counts the others, and the frontier has them all."""
MIN_PAUSE = 0.05
"""Seconds to wait for a host that is free but locked by another worker at this moment."""


@dataclass(slots=True, kw_only=True)
class Session:
    """The state of a crawl, shared by spider, download handler and pipelines, in one thread; see `open_session`."""

    options: CrawlOptions
    seeds: Mapping[str, Seed]
    """By name."""
    rules: RuleSet
    frontier: Frontier
    gaps: Gaps
    pauses: Pauses
    revisits: Revisits
    cleaning: Cleaning
    collection: Collection | None
    """None: nothing is archived."""
    history: RunHistory | None
    """None: the run is not entered into the history of runs."""
    beat: Beat | None
    """None: the run leaves no heartbeat."""
    browser: Found | None
    """The browser that renders pages; None: no site asks for it."""
    signer: RequestSigner | None
    """What signs each request; None: none is signed."""
    now: Callable[[], datetime]

    files: set[str] = field(default_factory=set)
    """Names of the WARC and text files written."""
    removals: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """For each site, how often each rule removed something."""
    problems: list[Event] = field(default_factory=list)
    """Failures and refusals, at most MAX_PROBLEMS, without their articles."""
    renderings: Counter[str] = field(default_factory=Counter)
    """How many pages a browser rendered, and how many it did not, by reason."""
    error: Exception | None = None
    """The error that stopped the crawl: of the frontier, of the archive or of the options' `on_event`."""
    ending: str = "stopped"
    """How the run ended in Scrapy's words, or `max_time`; the spider sets it."""
    ends_at: float | None = None
    """When `max_time` is over, by `monotonic`."""
    _sources: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """For each site the URLs of the sources that this run reads."""
    _leased: dict[str, Row] = field(default_factory=dict)
    _pages: int = 0
    _fetched: dict[str, tuple[datetime, int]] = field(default_factory=dict)
    """When each URL in work was requested, and the milliseconds to the last byte of its answer."""
    _stored: dict[str, str] = field(default_factory=dict)
    """The record ids of pages that wait to be cleaned, and of which the frontier does not know yet."""

    @property
    def is_idle(self) -> bool:
        """Whether no URL is in work."""
        return not self._leased

    def lease(self) -> list[Row]:
        """Take the next URLs into work, within the bounds on URLs in work, on pages and on time."""
        if self.is_over:
            return []
        room = MAX_LEASED - len(self._leased)
        rows = self.frontier.lease(room, per_host=MAX_LEASED_PER_HOST, sites=self.seeds, articles=self._articles_left())
        self._leased |= {row.url: row for row in rows}
        return rows

    def pause(self) -> float | None:
        """Return the seconds to wait after `lease` returned nothing; None where nothing more comes in this run."""
        if self.is_over:
            return None
        wake_at = self.frontier.wake_at(sites=self.seeds, articles=self._articles_left())
        wait = MIN_PAUSE if wake_at is None else max(MIN_PAUSE, wake_at - self.now().timestamp())
        # leases are renewed by the next call of `lease`, so the wait must not be longer than a renewal
        return None if wake_at is None or wait > MAX_HOLD else min(wait, self.options.lease / RENEWALS)

    @property
    def is_over(self) -> bool:
        """Whether the run's `max_time` is over."""
        return self.ends_at is not None and monotonic() >= self.ends_at

    @property
    def seconds_left(self) -> float:
        """The seconds until `max_time` is over; infinite without one."""
        return float("inf") if self.ends_at is None else max(0.0, self.ends_at - monotonic())

    def browser_for(self, site: str) -> bool | Literal["auto"]:
        """Return whether a browser renders the article pages of *site*: all, none, or those that need it."""
        said = self.seeds[site].browser
        return said if said is not None else "auto" if self.options.browser else False

    def was_rendered(self, row: Row) -> bool:
        """Tell whether the text of *row* may be what scripts made of its page: then the page alone cannot tell whether
        it is the same as before."""
        mode = self.browser_for(row.site) if row.kind == "article" else False
        if mode != "auto" or self.collection is None:
            return bool(mode)
        text = self.collection.newest_text(row.url)
        capture = self.collection.catalog.capture(text.capture_id) if text else None
        return capture is not None and capture.is_rendering

    def follow_source(self, url: str, site: str) -> None:
        """Count a source of *site* that is read whatever the budget: the seed's own, or where an admitted one leads."""
        self._sources[site].add(url)

    def admits_source(self, url: str, site: str) -> bool:
        """Count a source of *site*, and tell whether it is within the run's budget."""
        admitted = self._sources[site]
        # the seed's own sources are never displaced by those that a server names
        if url in admitted or len(admitted) < self.options.max_sources:
            admitted.add(url)
            return True
        return False

    def store(self, capture: Capture) -> Stored | None:
        """Archive a capture as soon as it is downloaded; return None where nothing is archived."""
        try:
            stored = self.collection.store(capture) if self.collection is not None else None
        except Exception as error:
            raise stopping(error) from error
        self.files.update([stored.file] if stored else [])
        if capture.url in self._leased:
            self.revisits.note(capture, stored)
            self._fetched[capture.url] = capture.fetched, _milliseconds_since(capture.fetched)
        return stored

    def note_opt_outs(self, stored: Stored | None, opt_outs: OptOuts) -> None:
        """Keep the opt-outs of a stored page in the catalog, where they became known after the page."""
        if stored is not None and self.collection is not None:
            try:
                self.collection.catalog.set_opt_outs({stored.record_id: opt_outs})
            except ArchiveError as error:
                raise stopping(error) from error

    def left_over(self) -> Iterator[NewsItem]:
        """Yield the pages that a killed crawl had stored in this collection and not cleaned, as if just fetched."""
        if (collection := self.collection) is None:
            return
        for row in self.frontier.unfinished():
            known = collection.catalog.capture(row.record_id or "")
            # another machine's, or another list's
            if known is None or known.collection != collection.name or row.site not in self.seeds:
                continue
            try:
                capture = read_capture(collection.root, known.collection, known.file, known.offset)
            except ArchiveError:
                self.frontier.add([FoundUrl(row.url, row.kind, row.site, row.found_in, row.hops)], again=True)
                continue
            # they stand in a record of their own, before the page's
            capture = replace(capture, opt_outs=OptOuts.parse(known.opt_outs))
            stored = Stored(**{name.name: getattr(known, name.name) for name in fields(Stored)})
            self._leased[row.url] = row
            self.revisits.note(capture, stored)
            page = page_of(capture)
            yield NewsItem(row, Page(b"", row.url) if isinstance(page, Refusal) else page, stored, capture)

    def note_stored(self, row: Row, stored: Stored | None) -> bool:
        """Note that the page of *row* is stored and waits to be cleaned; tell whether it is the first of those that
        `record_stored` has to record."""
        # a later look at an article is repeated: whether it has a new text is not known before it is cleaned
        if stored is None or row.visits or self.options.refetch:
            return False
        self._stored[row.url] = stored.record_id
        return len(self._stored) == 1

    def record_stored(self) -> None:
        """Put the pages that wait to be cleaned on the disk, and record them in the frontier."""
        noted, self._stored = self._stored, {}
        if noted and self.collection is not None:
            self.collection.sync()
            self.frontier.note_stored(noted)

    def close_url(
        self,
        row: Row,
        status: str,
        reason: str = "",
        *,
        article: Article | None = None,
        stored: Stored | None = None,
        known_share: float | None = None,
    ) -> Event | None:
        """Give *row* its final status after everything stored for it has reached the disk, and return the event.

        *known_share* is the share of a source's entries that were known before. A second call returns None.
        """
        if self._leased.pop(row.url, None) is None:
            return None
        self._stored.pop(row.url, None)
        if self.collection is not None:
            self.collection.sync()
        record_id = stored.record_id if stored else None
        status, reason, visit = self.revisits.close(row, status, reason, known_share=known_share, article=article)
        self.frontier.close(row.url, status, reason, record_id=record_id, visit=visit)
        if row.kind != "article" and status == NOT_MODIFIED:
            # a sitemap index may stay as it is while its parts change
            parts = [part for part in self.frontier.children(row) if self.admits_source(part.url, part.site)]
            self.frontier.add(parts, due=self.options.due)
        self._pages += row.kind == "article" and status not in UNREQUESTED
        self.pauses.ended(row.host, status)
        if article is not None:
            self.removals[row.site].update(removal.rule for removal in article.removals)
        if self.history is not None:
            self.history.note(row, status, article)
        asked, milliseconds = self._fetched.pop(row.url, (None, None))
        if self.beat is not None and asked is not None and milliseconds is not None:
            self.beat.answers.add(milliseconds)
            if article is not None and status in WHOLE:
                self.beat.articles.add(_milliseconds_since(asked))
        event = Event(row.url, row.kind, row.site, status, reason, article, record_id, milliseconds)
        if is_problem(status) and len(self.problems) < MAX_PROBLEMS:
            self.problems.append(replace(event, article=None))
        try:
            if self.options.on_event:
                self.options.on_event(event)
        except Exception as error:
            self.error = self.error or error
        return event

    def put_back(self, row: Row, status: str = "", reason: str = "", *, stored: Stored | None = None) -> Event | None:
        """Let *row* wait until its host may be asked again, or close it and return the event.

        A *status* means that the URL was requested; after MAX_LEASES requests it is closed with that status.
        """
        if status and row.attempts >= MAX_LEASES:
            return self.close_url(row, status, reason, stored=stored)
        if self._leased.pop(row.url, None) is not None:
            if status:
                self.pauses.ended(row.host, status)
            self.frontier.release([row.url], tried=bool(status))
        return None

    def finish(self) -> None:
        """Give back what is still leased and close everything but the frontier; may be called twice."""
        leased, self._leased = list(self._leased), {}
        self._stored.clear()
        self.cleaning.close()
        try:
            self.frontier.release(leased)
            if self.history is not None:
                self.history.end(self.ending)
            if self.beat is not None:
                self.beat.end(self.ending, self.now())
        finally:
            if self.collection is not None:
                self.collection.close()

    def _articles_left(self) -> int | None:
        if self.options.max_pages is None:
            return None
        in_work = sum(row.kind == "article" for row in self._leased.values())
        return max(0, self.options.max_pages - self._pages - in_work)


def open_session(options: CrawlOptions, *, now: Callable[[], datetime] = utc_now) -> Session:
    """Open frontier and collection, and enqueue the seeds. Raises FrontierError, ArchiveError or RuleError."""
    seeds = {seed.name: seed for seed in options.seeds}
    browser = None
    if options.browser or any(seed.browser for seed in options.seeds):
        try:
            browser = find_browser()
        except BrowserMissing as error:
            raise CrawlError(str(error)) from None
    signer = None
    if options.sign_key and options.sign_agent:
        try:
            signer = RequestSigner(options.sign_key, agent_origin(options.sign_agent), now=now)
        except SigningError as error:
            raise CrawlError(str(error)) from None
    rules = options.rules or load_in_force(options.data)
    cleaning = Cleaning(options.clean, rules, options.jobs)
    revisits = Revisits(seeds, now=now, updates=options.updates, forget=options.refetch)
    # single pages are no run of a crawl, and another crawl may be using the data root's frontier
    own = None if options.refetch or not options.data else options.data / FRONTIER
    gaps = Gaps(options.delay)
    worker = _worker(options.data)
    with ExitStack() as stack:
        stack.callback(cleaning.close)
        frontier = stack.enter_context(
            Frontier(
                options.frontier or own,
                worker=worker,
                lease=options.lease,
                gap=gaps.of,
                visit=lambda row: revisits.close(row, FETCHED, "")[2],
                now=now,
            )
        )
        pauses = Pauses(frontier, options.delay, now=lambda: now().timestamp())
        collection = None
        if options.data is not None:
            collection = stack.enter_context(_collection(options, rules, now))
            _close_stored(frontier, collection, revisits)
        frontier.recover()
        history = RunHistory(frontier.engine, now) if own else None
        # of all seeds together: a transaction for each takes minutes at 100,000 seeds
        frontier.add((source for seed in options.seeds for source in sources_of(seed)), due=options.due)
        pages = (FoundUrl(url, "article", seed.name) for seed in options.seeds for url in seed.urls)
        frontier.add(pages, again=options.refetch)
        frontier.wake(list(seeds), now().timestamp(), kinds=["article"])
        beat = None
        if own and options.data and collection:
            catalog = collection.catalog
            called = options.seed_list or ", ".join(seeds)
            beat = Beat(
                options.data,
                options.seeds,
                frontier,
                now(),
                lambda url: _http_status(catalog, url),
                seed_list=called if options.due else None,
            )
        session = Session(
            options=options,
            seeds=seeds,
            rules=rules,
            frontier=frontier,
            gaps=gaps,
            pauses=pauses,
            revisits=revisits,
            cleaning=cleaning,
            collection=collection,
            history=history,
            beat=beat,
            browser=browser,
            signer=signer,
            now=now,
            ends_at=None if options.max_time is None else monotonic() + options.max_time,
        )
        for seed in options.seeds:
            for source in sources_of(seed):
                session.follow_source(source.url, seed.name)
        stack.pop_all()
    return session


def _close_stored(frontier: Frontier, collection: Collection, revisits: Revisits) -> None:
    """Close the URLs whose article a killed crawl had already stored: fetched again, they would be stored twice."""
    catalog = collection.catalog
    for row in frontier.leased():
        since = row.leased_at or 0
        for capture in catalog.captures(row.url):
            if capture.fetched.timestamp() >= since and catalog.articles(capture.record_id):
                status, reason, visit = revisits.close(row, FETCHED, "")
                frontier.close(row.url, status, reason, record_id=capture.record_id, visit=visit)
                break


def _milliseconds_since(moment: datetime) -> int:
    return round((utc_now() - moment).total_seconds() * 1000)


def _http_status(catalog: Catalog, url: str) -> int | None:
    """Return the HTTP status of the last capture of *url*; None where there is none."""
    return next((capture.status for capture in catalog.captures(url)), None)


def _collection(options: CrawlOptions, rules: RuleSet, now: Callable[[], datetime]) -> Collection:
    assert options.data is not None
    software = f"pressclip/{version('pressclip')} scrapy/{version('scrapy')}"
    info = {"robots": "obey", "http-header-user-agent": str(options.settings()["USER_AGENT"])}
    return Collection(
        options.data,
        options.collection,
        software=software,
        rules_version=rules.version,
        info=info,
        now=now,
        processes=options.jobs > 0,
    )


def _worker(data: Path | None) -> str:
    """Return the crawler's id, its machine and data root: started again, it gets back what it had in work."""
    return f"{gethostname()}:{data.resolve() if data else getpid()}"

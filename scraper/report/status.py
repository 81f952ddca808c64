"""Report the state of each site: articles, failures, what the rules removed, and which figures fell."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from archive import lock
from cleaners import host_of
from scraper.frontier import FRONTIER, Frontier, FrontierError
from scraper.outcomes import FETCHED, NOT_MODIFIED, POLICY, SKIPPED, UPDATED
from scraper.printable import one_line
from scraper.report.heartbeat import HeartbeatError, MovedSource, read_heartbeat
from scraper.report.history import SiteRun, read_history
from scraper.report.states import State, last_new, state_of
from scraper.report.yields import falls, usual
from scraper.seeds import FOLDER, SeedError, load_seeds

if TYPE_CHECKING:
    from archive.site_rules import RuleHealth

LOCK_FILE = "crawl.lock"
"""Never removed: deleting a lock file would let two crawls hold two files of one name."""
MAX_HOLDER = 200
"""Most bytes of the lock file that are shown: its holder's process id and start."""
LONG_RUN = 24 * 3600.0
"""Seconds that a run without `max_time` may take before its lock is an alarm: timers start one a day at least."""
GRACE = 900.0
"""Seconds that a run may take beyond its `max_time`: for the requests in work, the slowest allowed pace and the end."""
SHOWN_DOUBTFUL = 5
"""The most texts with a low confidence that are named for a site; the count is of all."""

Outcome = Literal["ok", "some_failed", "all_failed", "refused"]


@dataclass(frozen=True, slots=True)
class SiteReport:
    """One site's numbers; statuses are those of scraper.outcomes."""

    name: str
    articles: int = 0
    failures: Mapping[str, int] = field(default_factory=dict)
    """Articles that could not be fetched, by status."""
    refused: Mapping[str, int] = field(default_factory=dict)
    """Articles refused by our own rules, by status: `robots` and `blocked_address`."""
    skipped: Mapping[str, int] = field(default_factory=dict)
    """URLs that are no article for a good reason, by status: redirected, out of scope, not an article."""
    sources: Mapping[str, int] = field(default_factory=dict)
    """Feeds, sitemaps and sections by status."""
    waiting: int = 0
    """URLs found and not yet fetched."""
    removals: Mapping[str, int] = field(default_factory=dict)
    """How often each rule removed something from this run's articles."""

    @property
    def tried(self) -> bool:
        """Whether a URL of the site was ever closed."""
        return bool(self.articles or self.failures or self.refused or self.skipped or self.sources)

    @property
    def failed(self) -> int:
        """Failures of articles and sources together."""
        return sum(self.failures.values()) + sum(n for s, n in self.sources.items() if _group(s) == "failures")

    def as_dict(self) -> dict[str, Any]:
        """Return the fields under their own names, ready for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class DoubtfulText:
    """A page whose newest text has a low confidence."""

    url: str
    confidence: float
    kind: str
    """The kind of page; empty where it is not known."""


@dataclass(frozen=True, slots=True)
class SiteStanding:
    """A site in all runs, in its last run, and compared with its own history."""

    report: SiteReport
    """All runs together."""
    runs: tuple[SiteRun, ...] = ()
    """The runs in which URLs of the site were due, newest first."""
    fell: tuple[str, ...] = ()
    """A line for each figure that fell below the site's own history."""
    rules: tuple[RuleHealth, ...] = ()
    """Its accepted rules that no longer match what they were learned from."""
    doubtful: int = 0
    """How many of its pages have a text with a low confidence."""
    worst: tuple[DoubtfulText, ...] = ()
    """Up to SHOWN_DOUBTFUL of these, the least confidence first."""
    moved: tuple[MovedSource, ...] = ()
    """Its sources that have moved for good; the new addresses are read, and the seed file should have them."""

    @property
    def state(self) -> State:
        """`alive`, `quiet`, `failing` or `never crawled`; `state_of` says when each holds."""
        return state_of(self)

    @property
    def last_new_at(self) -> float | None:
        """When it last gave something new, in epoch seconds; None where no run tells."""
        return last_new(self.runs)

    def as_dict(self) -> dict[str, Any]:
        """Return the standing ready for JSON: the report's fields, its state, the last run and what is usual."""
        last, before = (self.runs[0].as_dict() if self.runs else None), usual(self.runs)
        numbers = {"runs": len(self.runs), "last_run": last, "usual": asdict(before) if before else None}
        flagged = [rule.as_dict() for rule in self.rules]
        doubtful = {"pages": self.doubtful, "worst": [asdict(text) for text in self.worst]}
        moved = [{"url": source.url, "to": source.to} for source in self.moved]
        told = {"fell": list(self.fell), "rules": flagged, "low_confidence": doubtful, "moved": moved}
        state = {"state": self.state, "last_new_at": self.last_new_at}
        return {**self.report.as_dict(), **state, **numbers, **told}


def status(data: Path) -> list[SiteReport]:
    """Return the state of every site of the data root. Raises FrontierError."""
    return [standing.report for standing in standings(data)]


def standings(
    data: Path,
    where: str | None = None,
    rules: Sequence[RuleHealth] = (),
    doubtful: Sequence[DoubtfulText] = (),
    named: Sequence[str] = (),
    moved: Sequence[MovedSource] = (),
) -> list[SiteStanding]:
    """Return every site of the data root, or of the shared frontier *where*, with its history, its *rules* and its
    *doubtful* texts, and its sources that have *moved*.

    A host that has rules or texts but no page in the frontier gets an entry of its own, as does a site that is only
    *named* in a seed file. Raises FrontierError.
    """
    with open_frontier(data, where) as frontier:
        reports, history = site_reports(frontier), read_history(frontier.engine)
        by_site: dict[str, list[RuleHealth]] = {}
        for rule in rules:
            row = frontier.get(rule.url)
            by_site.setdefault(row.site if row else rule.host, []).append(rule)
        sites = frontier.sites([text.url for text in doubtful])
    texts: dict[str, list[DoubtfulText]] = {}
    for text in doubtful:
        texts.setdefault(sites.get(text.url) or host_of(text.url), []).append(text)
    known = {report.name for report in reports}
    reports += [SiteReport(name) for name in {**by_site, **texts, **dict.fromkeys(named)} if name not in known]
    standing = []
    for report in reports:
        runs = tuple(history.get(report.name, ()))
        own, worst = tuple(by_site.get(report.name, ())), texts.get(report.name, [])
        fell = falls(runs, waiting=report.waiting)
        gone = tuple(source for source in moved if source.site == report.name)
        standing.append(SiteStanding(report, runs, fell, own, len(worst), tuple(worst[:SHOWN_DOUBTFUL]), gone))
    return standing


def overview(data: Path, where: str | None = None) -> tuple[list[SiteStanding], list[str]]:
    """Return every site with its rules and texts, and a line for each part that cannot be read and is left out.

    Raises FrontierError.
    """
    from archive import ArchiveError
    from cleaners import RuleError

    left_out: list[str] = []
    rules: list[RuleHealth] = []
    try:
        rules = flagged_rules(data)
    except (ArchiveError, RuleError) as error:
        left_out.append(f"{error}; the status of rules is left out")
    doubtful: list[DoubtfulText] = []
    try:
        doubtful = doubtful_texts(data)
    except ArchiveError as error:
        left_out.append(f"{error}; texts with a low confidence are left out")
    named: list[str] = []
    for path in sorted((data / FOLDER).glob("*.toml")):
        try:
            named += [seed.name for seed in load_seeds(path)]
        except SeedError as error:
            left_out.append(f"{error}; its sites are left out")
    moved: Sequence[MovedSource] = ()
    try:
        if beat := read_heartbeat(data):
            moved = beat.moved
    except HeartbeatError as error:
        left_out.append(f"{error}; sources that moved are left out")
    return standings(data, where, rules, doubtful, named, moved), left_out


def flagged_rules(data: Path) -> list[RuleHealth]:
    """Return the accepted rules that no longer match what they were learned from. Raises ArchiveError or RuleError."""
    from cleaners import rule_folders

    if not rule_folders(data):
        return []
    from archive.site_rules import health

    return [rule for rule in health(data) if rule.flags]


def doubtful_texts(data: Path) -> list[DoubtfulText]:
    """Return the pages whose newest text has a low confidence, the least first. Raises ArchiveError."""
    from archive import CATALOG, Catalog
    from cleaners import DOUBTFUL_BELOW

    if not (data / CATALOG).exists():
        return []
    with Catalog(data / CATALOG) as catalog:
        rows = catalog.below(DOUBTFUL_BELOW)
    return [DoubtfulText(row.url, row.confidence, row.kind or "") for row in rows]


def open_frontier(data: Path, where: str | None = None) -> Frontier:
    """Return the frontier of a data root, or the shared one at the URL *where*. Raises FrontierError where none is."""
    if where is not None:
        return Frontier(where, reading=True)
    if not (data / FRONTIER).exists():
        raise FrontierError(f"{data}: no crawl has run here; choose another data folder, or crawl first")
    return Frontier(data / FRONTIER, reading=True)


def holder_line(pid: int, began: datetime, max_time: float | None) -> str:
    """Return what a crawl writes into its lock file."""
    at_most = "" if max_time is None else f", for at most {max_time:.0f} s"
    return f"pid {pid}, since {began:%Y-%m-%dT%H:%M:%SZ}{at_most}\n"


def overdue(holder: str, now: datetime) -> str:
    """Return how long the run of a lock file's line has lasted, empty where that is not longer than it should.

    >>> overdue("pid 7, since 2026-11-28T10:00:00Z, for at most 60 s", datetime.fromisoformat("2026-11-28T12:00:00Z"))
    'it has held the data root for 2.0 h, and should have ended after 0.0 h: look whether it still works, or stop it'
    """
    found = _HOLDER.search(holder)
    if found is None:
        return ""
    try:
        held = (now - datetime.fromisoformat(found[1])).total_seconds()
    except ValueError:
        return ""
    most = LONG_RUN if found[2] is None else float(found[2])
    if held <= most + (0.0 if found[2] is None else GRACE):
        return ""
    long = f"it has held the data root for {held / 3600:.1f} h, and should have ended after {most / 3600:.1f} h"
    return f"{long}: look whether it still works, or stop it"


def lock_alarm(data: Path, now: datetime) -> str:
    """Return a line about a crawl that has held *data* for longer than it should; empty where there is none."""
    holder = holder_of(data)
    # asked only where it is late: a crawl that starts at this moment would find the lock taken
    if not (late := overdue(holder, now)) or not is_held(data):
        return ""
    return f"{data}: a crawl works here ({holder}): {late}"


def holder_of(data: Path) -> str:
    """Return what the last crawl of *data* wrote into its lock file; empty where there is none. It may have ended."""
    try:
        with (data / LOCK_FILE).open("rb") as file:
            return one_line(file.read(MAX_HOLDER).decode("utf-8", "replace"))
    except OSError:
        return ""


def is_held(data: Path) -> bool:
    """Tell whether a crawl holds *data*. For a moment the lock is taken: ask only where a crawl is likely."""
    try:
        with (data / LOCK_FILE).open("rb") as file:
            return not lock(file.fileno(), shared=True)
    except OSError:
        return False


_HOLDER = re.compile(r"since (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)(?:, for at most (\d{1,12}) s)?", re.ASCII)


def site_reports(
    frontier: Frontier, *, since: float | None = None, sites: Sequence[str] | None = None
) -> list[SiteReport]:
    """Return a report for each site, in the order of *sites* or else by name; *since* as in Frontier.counts."""
    reports = {name: SiteReport(name) for name in sites or ()}
    for site, is_article, ending, number in frontier.counts(since=since, sites=sites):
        report = reports.setdefault(site, SiteReport(site))
        if ending in ("waiting", "leased"):
            report = replace(report, waiting=report.waiting + number)
        elif is_article and ending == FETCHED:
            report = replace(report, articles=number)
        else:
            group = _group(ending) if is_article else "sources"
            grown: dict[str, Any] = {group: {**getattr(report, group), ending: number}}
            report = replace(report, **grown)
        reports[site] = report
    return list(reports.values())


def outcome_of(reports: Sequence[SiteReport], *, is_held: bool = False) -> Outcome:
    """Return how a crawl went as a whole; an article that was requested again and is still there is a success.

    It failed as a whole, or was `refused`, only where nothing was fetched, no source either: a later run may find one
    new page, which is missing or which robots.txt refuses. `is_held`: hosts are paused at its end with URLs waiting;
    then it is not `ok`.
    """
    done = {FETCHED, NOT_MODIFIED, UPDATED}
    is_fetched = any(report.articles or done & (report.sources.keys() | report.skipped.keys()) for report in reports)
    if any(report.failed for report in reports):
        return "some_failed" if is_fetched else "all_failed"
    if not is_fetched and any(report.refused or POLICY & report.sources.keys() for report in reports):
        return "refused"
    return "ok" if not is_held else "some_failed" if is_fetched else "all_failed"


def _group(ending: str) -> str:
    if ending in POLICY:
        return "refused"
    return "skipped" if ending in SKIPPED or ending == FETCHED else "failures"

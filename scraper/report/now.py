"""Tell what the crawl of a data root does at this moment; nothing is written, so it may be asked while a crawl runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from scraper.frontier import Frontier, Row
from scraper.outcomes import FREE_FAILURES
from scraper.report.history import Run, newest_run
from scraper.report.status import holder_of, is_held, lock_alarm, open_frontier
from scraper.report.wording import ending_text, when

SHOWN_WORK = 100
"""The most URLs in work that are told: a crawl has 16 requests out at once, and leases some more."""
SHOWN_FAILURES = 20
SHOWN_HOSTS = 50
"""The most hosts without requests that are told, those with the longest pause first."""


@dataclass(frozen=True, slots=True)
class PausedHost:
    """A host with waiting URLs that gets no request now."""

    host: str
    until: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Now:
    """What a crawl does at one moment, or what the last one left."""

    at: datetime
    runs: bool
    told: str
    """Whether a crawl runs, since when, or how the last one ended."""
    alarm: str
    """That it has run for too long; empty where it has not."""
    work: Sequence[Row]
    """URLs that are being fetched, or that a killed crawl left so, by host."""
    waiting: Sequence[tuple[str, int]]
    """Each site with the number of its URLs that are not fetched yet, the most first."""
    paused: Sequence[PausedHost]
    failures: Sequence[Row]
    """The URLs that failed last, newest first."""


def crawl_now(data: Path, at: datetime, where: str | None = None) -> Now:
    """Return what the crawl of *data*, or those of the shared frontier *where*, do at the moment *at*.

    Raises FrontierError where none has run.
    """
    with open_frontier(data, where) as frontier:
        run = newest_run(frontier.engine)
        # asked only where the last run has not ended: to ask takes the lock, and a crawl might start just then
        runs = run is not None and run.ending is None and where is None and is_held(data)
        failures = frontier.failed(SHOWN_FAILURES)
        return Now(
            at=at,
            runs=runs,
            told=_told(data, run, at, runs=runs) if where is None else _told_shared(run, at),
            alarm=lock_alarm(data, at),
            work=frontier.in_work(SHOWN_WORK),
            waiting=sorted(frontier.waiting().items(), key=lambda site: (-site[1], site[0])),
            paused=_paused(frontier, failures),
            failures=failures,
        )


def _told(data: Path, run: Run | None, at: datetime, *, runs: bool) -> str:
    if run is None:
        return "No crawl runs, and none is in the history."
    if runs:
        return f"A crawl runs ({holder_of(data)})."
    ended = "; it was killed" if run.ending is None else ""
    return f"No crawl runs. The last one began {when(run, at).removesuffix(', running or killed')}{ended}."


def _told_shared(run: Run | None, at: datetime) -> str:
    """Return what is known of crawls whose locks are on other machines."""
    return f"The last crawl of the shared frontier began {when(run, at)}." if run else "No crawl has run."


def _paused(frontier: Frontier, failures: Sequence[Row]) -> list[PausedHost]:
    longest = sorted(frontier.holds().items(), key=lambda hold: (-hold[1], hold[0]))[:SHOWN_HOSTS]
    return [
        PausedHost(host, datetime.fromtimestamp(until, UTC), _why(frontier, host, failures)) for host, until in longest
    ]


def _why(frontier: Frontier, host: str, failures: Sequence[Row]) -> str:
    in_a_row = frontier.held(host)[1]
    if in_a_row <= FREE_FAILURES:
        return "a rest between two requests, or as long as its server asked for"
    last = next(
        (f", the last: {ending_text(row.status or '', row.reason)}" for row in failures if row.host == host), ""
    )
    return f"{in_a_row} failures in a row{last}"

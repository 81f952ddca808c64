"""Tell in one word how a site stands against its own history; without clock and database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import quantiles
from typing import TYPE_CHECKING, Literal

from scraper.outcomes import OUT_OF_SCOPE, OVER_BUDGET
from scraper.report.yields import DAY, FAILED_RUNS, FALLEN, LOW, MIN_RUNS

if TYPE_CHECKING:
    from scraper.report.history import SiteRun
    from scraper.report.status import SiteStanding

State = Literal["failing", "quiet", "never crawled", "alive"]
STATES: tuple[State, ...] = ("failing", "quiet", "never crawled", "alive")
"""All states; those that need a look come first."""
QUIET = 1 / FALLEN
"""A site is quiet after so many of its usual intervals: its pace has fallen as far as a figure that fell."""
UNKNOWN_INTERVAL = 7
"""Days that count as the usual interval where fewer than MIN_RUNS intervals are known: a week has each weekday."""


def state_of(site: SiteStanding) -> State:
    """Return a site's state. The first that holds:

    - `never crawled`: it stands in a seed file or in the frontier, and no run has tried a URL of it.
    - `failing`: its yield fell, as `falls` tells; or in its last FAILED_RUNS runs (in its only one) nothing that was
      requested answered: no source and no page, not even one that is unchanged or no article.
    - `quiet`: it answered, but in the days up to its last run in which it was asked there was nothing new for more than
      QUIET times its usual interval; or no run ever gave an article. While URLs of it wait, it is not quiet.
    - `alive`: it gave something new within that time.

    Something new is an article that was fetched for the first time. The usual interval is that of `usual_interval`.
    Days without a run of ours are not counted as the site's silence at the end, since nobody asked it.
    """
    report, runs = site.report, site.runs
    if not runs:
        # a run that was killed in its first seconds, or one before there was a history
        if not report.tried:
            return "never crawled"
        return "alive" if report.articles or report.waiting else "failing" if report.failed else "quiet"
    if site.fell or unanswered(runs):
        return "failing"
    silent = _silent_days(runs)
    is_quiet = silent is None or silent > QUIET * (usual_interval(runs) or UNKNOWN_INTERVAL)
    return "quiet" if is_quiet and not report.waiting else "alive"


def in_order(sites: Iterable[SiteStanding]) -> list[SiteStanding]:
    """Return the sites that need a look first: by state, then those with changed rules, then by name."""
    return sorted(sites, key=lambda site: (STATES.index(site.state), not site.rules, site.report.name))


def last_new(runs: Sequence[SiteRun]) -> float | None:
    """Return when the newest run with a new article began, None where no run has one. *runs*: newest first."""
    return next((run.began_at for run in runs if run.articles), None)


def usual_interval(runs: Sequence[SiteRun]) -> float | None:
    """Return after how many days a site usually gives something new; None where fewer than MIN_RUNS times are known.

    One in LOW of the intervals between two days with something new is longer: weekends are a fifth of a weekday
    paper's, and a month in which nobody crawled is one of many.
    """
    days = _days_with_new(runs)
    gaps = [later - earlier for earlier, later in pairwise(days)]
    return quantiles(gaps, n=LOW, method="inclusive")[-1] if len(gaps) >= MIN_RUNS else None


def unanswered(runs: Sequence[SiteRun]) -> tuple[SiteRun, ...]:
    """Return the last runs if nothing answered in any of them: FAILED_RUNS, or the only one; else nothing.

    A run that only tried again what had failed before is left out: it tells nothing new.
    """
    asking = [run for run in runs if _answered(run) or _refused(run)][:FAILED_RUNS]
    return () if any(map(_answered, asking)) else tuple(asking)


def _answered(run: SiteRun) -> bool:
    return bool(run.articles or run.sources_read or run.skipped.keys() - {OUT_OF_SCOPE, OVER_BUDGET})


def _refused(run: SiteRun) -> bool:
    return bool(run.sources_failed or run.ended_otherwise)


def _days_with_new(runs: Sequence[SiteRun]) -> list[int]:
    """Return the days with a new article, counted back from the last run in which the site was asked."""
    newest = next((run.began_at for run in runs if run.sources or run.pages), 0.0)
    return sorted({int((newest - run.began_at) // DAY) for run in runs if run.articles})


def _silent_days(runs: Sequence[SiteRun]) -> int | None:
    return min(_days_with_new(runs), default=None)

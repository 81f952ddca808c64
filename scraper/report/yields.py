"""Tell from the history of a site's runs whether it still yields what it used to; without clock and database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median, quantiles

from scraper.outcomes import NOT_ARTICLE
from scraper.report.history import SiteRun

FALLEN = 0.5
"""A figure has fallen where it is below this share of a low value of its history. Chosen by judgement, since there
is no long history yet to measure it on."""
LOW = 8
"""The low value is the eighth: one eighth of the history lies below it. Median and quartile are too high, since
weekends are two days of seven, and quiet days must not count as a fall."""
MIN_RUNS = 3
"""Least earlier runs with pages for a comparison; with fewer, one odd run would count as usual."""
MAX_RUNS = 50
"""Most earlier runs with pages that are compared: an alarm ends when half of them are like the new ones, so after about
25 daily runs, or some days of hourly ones."""
MIN_PAGES = 5
"""Least pages in which a change shows: as many of the newest runs are added up."""
MIN_PER_SPAN = 5
"""Least articles that a day, or else a week, usually brings; where it brings fewer, a day of none may be chance."""
FAILED_RUNS = 2
"""Runs in a row in which no source could be read; a single one may be a server's bad hour."""
DAY = 86_400.0
"""Seconds of a day."""
SPANS = (("day", DAY, 7), ("week", 7 * DAY, 3))
"""Spans over which articles are counted: name, seconds, and how many earlier spans are needed. A single run is no
measure, since at night it brings nothing. Seven days cover each weekday; sites of few articles are counted by weeks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """What is usual for a site: medians over the runs that had pages, without the newest ones."""

    runs: int
    articles: float
    words: float | None
    removed: float | None
    fetched: float
    """Share of the pages that became articles."""


def usual(runs: Sequence[SiteRun]) -> Usual | None:
    """Return what is usual for a site, None where it has fewer than MIN_RUNS earlier runs. *runs*: newest first."""
    _, before = _newest_and_earlier(runs)
    if not before:
        return None
    words = [run.words for run in before if run.words is not None]
    removed = [run.removed for run in before if run.removed is not None]
    return Usual(
        runs=len(before),
        articles=median(run.articles for run in before),
        words=median(words) if words else None,
        removed=median(removed) if removed else None,
        fetched=median(_share(run) for run in before),
    )


def falls(runs: Sequence[SiteRun], *, waiting: int = 0) -> tuple[str, ...]:
    """Return a line for each figure of a site that fell. *runs*: newest first.

    *waiting* is the number of URLs not fetched yet: while there are any, a lack of articles is not due to the site.
    """
    lines = [*_of_pages(runs), *_of_sources(runs)]
    if not lines and not waiting:
        lines += _of_spans(runs)
    return tuple(lines)


def _of_pages(runs: Sequence[SiteRun]) -> Iterator[str]:
    """Yield a line where fewer of the pages became articles, and where the articles became shorter."""
    recent, before = _newest_and_earlier(runs)
    if not before:
        return
    pages, articles = sum(run.pages for run in recent), sum(run.articles for run in recent)
    shares = [_share(run) for run in before]
    if _fell(articles / pages, shares):
        others = sum((Counter(run.ended_otherwise) for run in recent), Counter[str]())
        ending, number = others.most_common(1)[0]
        hint = ": its template may have changed" if ending == NOT_ARTICLE else ""
        share = f"{articles} of {pages} pages became articles, usually {median(shares):.0%}"
        yield f"{share}; {ending} {number}{hint}"
    lengths = [run.words for run in before if run.words is not None]
    weighted = [run.words for run in recent for _ in range(run.articles) if run.words is not None]
    if len(lengths) >= MIN_RUNS and len(weighted) >= MIN_PAGES and _fell(median(weighted), lengths):
        yield f"median text {median(weighted):.0f} words, usually {median(lengths):.0f}: {_cause(recent, articles)}"


def _cause(recent: Sequence[SiteRun], articles: int) -> str:
    walls = sum((Counter(run.walls) for run in recent), Counter[str]())
    if 2 * walls.total() > articles:
        return f"{walls.total()} of {articles} pages stand behind a wall ({_named(walls)})"
    return "its template may have changed"


def _of_sources(runs: Sequence[SiteRun]) -> Iterator[str]:
    with_sources = [run for run in runs if run.sources_read or run.sources_failed]
    last = with_sources[:FAILED_RUNS]
    if len(last) < FAILED_RUNS or any(run.sources_read for run in last):
        return
    if any(run.sources_read for run in with_sources):
        failed = _named(last[0].sources_failed)
        yield f"no source could be read in its last {FAILED_RUNS} runs ({failed}): it may have moved"


def _of_spans(runs: Sequence[SiteRun]) -> Iterator[str]:
    """Yield a line where the last day, or week, brought fewer articles than the days, or weeks, before it."""
    active = [run for run in runs if run.sources or run.pages]
    for name, seconds, needed in SPANS:
        sums: Counter[int] = Counter()
        for run in active:
            sums[int((active[0].began_at - run.began_at) // seconds)] += run.articles
        before = [number for span, number in sums.items() if span]
        if len(before) >= needed and median(before) >= MIN_PER_SPAN:
            if _fell(sums[0], before):
                yield f"{sums[0]} articles in a {name}, usually {median(before):.0f}: its sources may have moved"
            return


def _newest_and_earlier(runs: Sequence[SiteRun]) -> tuple[list[SiteRun], list[SiteRun]]:
    """Return the newest runs with at least MIN_PAGES pages in all, and the runs before them, none if they are few."""
    due = [run for run in runs if run.pages]
    pages = 0
    for number, run in enumerate(due, 1):
        pages += run.pages
        if pages >= MIN_PAGES:
            before = due[number : number + MAX_RUNS]
            return (due[:number], before) if len(before) >= MIN_RUNS else (due[:number], [])
    return due, []


def _fell(now: float, before: Sequence[float]) -> bool:
    return now < FALLEN * quantiles(before, n=LOW, method="inclusive")[0]


def _share(run: SiteRun) -> float:
    return run.articles / run.pages


def _named(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {number}" for name, number in counts.items())

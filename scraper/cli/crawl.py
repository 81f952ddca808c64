"""`pressclip crawl`: fetch, archive and clean the articles of seed lists, and report how it went."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scraper.cli.terminal.options import (
    data_option,
    fetch_options,
    frontier_option,
    jobs_option,
    json_option,
    rules_option,
)
from scraper.cli.terminal.output import print_json, print_text, say
from scraper.printable import one_line

if TYPE_CHECKING:
    from scraper.cli.watch import JsonLog, LiveCrawl
    from scraper.crawl import CrawlOptions, CrawlReport, Event
    from scraper.report.status import SiteReport

EXIT = {"ok": 0, "some_failed": 1, "all_failed": 3, "refused": 4}
INTERRUPTED = 130
OVERLAP, DUE_OVERLAP = 1, 0
"""Exit codes when another crawl holds the data root. A crawl started by hand did nothing: 1. With --due, the running
crawl does the work of this one, and a timer that overlaps must not count as a failed unit: 0, and a line says so."""
TOP_RULES = 6
"""How many rules the table shows for a site; --json has all of them."""


@click.command()
@click.argument("seeds", nargs=-1, required=True, metavar="SEEDS...")
@data_option
@click.option("--collection", default="news", show_default=True, help="The collection for the pages.")
@click.option("--max-pages", type=click.IntRange(1), help="The most article pages to request in this run.")
@click.option("--due", is_flag=True, help="Read only the sources that are due; for timers.")
@frontier_option
@click.option("--tdmrep", is_flag=True, help="Also fetch each site's tdmrep.json, to record the rights it reserves.")
@jobs_option
@rules_option
@fetch_options
@json_option
@click.option(
    "--log-json", is_flag=True, help="Write a JSON line for each finished URL to standard error, instead of progress."
)
@click.option("--log", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="The same, to a file.")
def crawl(
    seeds: tuple[str, ...],
    rule_paths: tuple[Path, ...],
    as_json: bool,
    log_json: bool,
    log: Path | None,
    **options: Any,  # noqa: ANN401
) -> None:
    """Crawl the sites of seed lists: fetch, archive and clean their articles.

    SEEDS are TOML files with [[site]] tables, plain lists with one URL per line, or URLs. A crawl that was stopped
    continues where it was. What an earlier run fetched is not fetched again, except that young articles are checked for
    updates, by default 1 hour, 1 day and 7 days after they were found.
    """
    from cleaners import load_in_force
    from scraper.crawl import CrawlOptions, run_crawl
    from scraper.crawl.run import CrawlRunning
    from scraper.seeds import load_seeds

    wanted = CrawlOptions(seeds=load_seeds(*seeds), rules=load_in_force(options["data"], rule_paths), **options)
    try:
        with _watching(wanted, log, log_json) as watchers:
            report = run_crawl(replace(wanted, on_event=watchers.ended))
            watchers.log.finished(report)
    except CrawlRunning as error:
        say(error)
        raise SystemExit(DUE_OVERLAP if options.get("due") else OVERLAP) from None
    if as_json:
        print_json(report.as_dict(), indent=2)
    else:
        lines = crawl_lines(report, options["data"], options["collection"])
        idle = options["due"] and report.is_idle
        print_text(idle_line(report) if idle else "\n".join(lines))
    raise SystemExit(INTERRUPTED if report.interrupted else EXIT[report.outcome])


def idle_line(report: CrawlReport) -> str:
    """Return a line that says that nothing was due, and when something will be."""
    when = f"; next at {report.next_due:%Y-%m-%dT%H:%M:%SZ}" if report.next_due else ""
    return f"nothing was due{when}"


@dataclass(frozen=True, slots=True)
class _Watchers:
    """What follows the crawl: the terminal and the log."""

    live: LiveCrawl | None
    log: JsonLog

    def ended(self, event: Event) -> None:
        self.log.ended(event)
        if self.live:
            self.live.ended(event)


@contextmanager
def _watching(wanted: CrawlOptions, path: Path | None, on_stderr: bool) -> Iterator[_Watchers]:
    from scraper.cli.watch import JsonLog, LiveCrawl, waiting_in

    places = [None] * on_stderr + [path] * (path is not None)
    with ExitStack() as stack:
        log = stack.enter_context(JsonLog(*places))
        log.say("began", pid=os.getpid(), sites=len(wanted.seeds), data=str(wanted.data))
        live = None
        if wanted.data and not on_stderr:
            waiting = stack.enter_context(waiting_in(wanted.data, wanted.frontier))
            live = stack.enter_context(LiveCrawl(waiting))
        yield _Watchers(live, log)


def crawl_lines(report: CrawlReport, data: Path, collection: str) -> Iterator[str]:
    """Yield the report of a crawl, line by line."""
    yield from site_lines(report.sites)
    for problem in report.problems:
        yield f"  {problem.status:18} {problem.url}  {problem.reason}".rstrip()
    for host in report.held:
        yield f"  {host.host}: left alone until {host.until}: {host.reason}"
    if report.files:
        yield f"written below {data / 'collections' / collection}:"
        yield from (f"  {_folder(name)}/{name}" for name in report.files)
    if report.interrupted:
        yield "interrupted; run the same command to continue"


def _folder(name: str) -> str:
    return "text" if name.endswith(".wet.gz") else "archive"


def site_lines(sites: Sequence[SiteReport]) -> Iterator[str]:
    """Yield one to three lines for each site: articles and other endings, sources, and what the rules removed."""
    for site in sites:
        parts = [f"{site.articles} articles"]
        endings = {name: getattr(site, name) for name in ("failures", "refused", "skipped")}
        parts += [f"{name}: {counts_text(counts)}" for name, counts in endings.items() if counts]
        if site.waiting:
            parts.append(f"{site.waiting} waiting")
        yield f"{one_line(site.name)}: {'; '.join(parts)}"
        if site.sources:
            yield f"  sources: {counts_text(site.sources)}"
        if site.removals:
            yield f"  removed: {counts_text(dict(list(site.removals.items())[:TOP_RULES]))}"


def counts_text(counts: Mapping[str, int]) -> str:
    """Return names with their counts, such as `http_404 2, timeout 1`."""
    return ", ".join(f"{name} {number}" for name, number in counts.items())

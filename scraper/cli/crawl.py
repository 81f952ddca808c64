"""`pressclip crawl`."""

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

if TYPE_CHECKING:
    from scraper.cli.watch import JsonLog, LiveCrawl
    from scraper.crawl import CrawlOptions, CrawlReport, Event
    from scraper.report.status import SiteReport

EXIT = {"ok": 0, "some_failed": 1, "all_failed": 3, "refused": 4}
INTERRUPTED = 130
OVERLAP, DUE_OVERLAP = 1, 0
"""Another crawl holds the data root. Asked for by hand, nothing was done: 1. With --due the earlier run does what this
one was started for, and a timer that overlaps must not be reported as a failing unit: 0, and a line that says so."""
TOP_RULES = 6
"""Rules shown a site in the table; --json has all."""


@click.command()
@click.argument("seeds", nargs=-1, required=True, metavar="SEEDS...")
@data_option
@click.option("--collection", default="news", show_default=True, help="Where in the data root the pages go.")
@click.option("--max-pages", type=click.IntRange(1), help="Most article pages to request in this run.")
@click.option("--due", is_flag=True, help="Read only the sources whose time has come; for timers.")
@frontier_option
@click.option("--tdmrep", is_flag=True, help="Also ask sites for tdmrep.json, to record what they reserve.")
@jobs_option
@rules_option
@fetch_options
@json_option
@click.option(
    "--log-json", is_flag=True, help="A JSON line for each URL's ending on standard error, instead of progress."
)
@click.option("--log", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="The same, into a file.")
def crawl(
    seeds: tuple[str, ...],
    rule_paths: tuple[Path, ...],
    as_json: bool,
    log_json: bool,
    log: Path | None,
    **options: Any,  # noqa: ANN401
) -> None:
    """Crawl the sites of seed lists: fetch, archive and clean their articles.

    SEEDS are TOML files with [[site]] tables, plain lists with one URL a line, or URLs. A crawl that was stopped goes
    on where it was. What an earlier run fetched is not fetched again, but a young article is looked at for updates, by
    default 1 hour, 1 day and 7 days after it was found.
    """
    from cleaners import load_in_force
    from scraper.crawl import CrawlOptions, run_crawl
    from scraper.crawl.run import CrawlRunning
    from scraper.seeds import load_seeds

    read = load_seeds(*seeds)
    wanted = CrawlOptions(seeds=read, rules=load_in_force(options["data"], rule_paths), **options)
    try:
        with _watching(wanted, log, log_json) as told:
            report = run_crawl(replace(wanted, on_event=told.ended))
            told.log.finished(report)
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
    """Say that there was nothing to fetch, and when there will be."""
    when = f"; next at {report.next_due:%Y-%m-%dT%H:%M:%SZ}" if report.next_due else ""
    return f"nothing was due{when}"


@dataclass(frozen=True, slots=True)
class _Watchers:
    """Those who are told what happens: the terminal, the log."""

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
        yield "interrupted; the same command goes on from here"


def _folder(name: str) -> str:
    return "text" if name.endswith(".wet.gz") else "archive"


def site_lines(sites: Sequence[SiteReport]) -> Iterator[str]:
    """Yield two or three lines a site: what came, what did not, what was taken out."""
    for site in sites:
        parts = [f"{site.articles} articles"]
        endings = {name: getattr(site, name) for name in ("failures", "refused", "skipped")}
        parts += [f"{name}: {counts_text(found)}" for name, found in endings.items() if found]
        if site.waiting:
            parts.append(f"{site.waiting} waiting")
        yield f"{site.name}: {'; '.join(parts)}"
        if site.sources:
            yield f"  sources: {counts_text(site.sources)}"
        if site.removals:
            yield f"  removed: {counts_text(dict(list(site.removals.items())[:TOP_RULES]))}"


def counts_text(counts: Mapping[str, int]) -> str:
    """Return statuses with their numbers, as one text."""
    return ", ".join(f"{name} {number}" for name, number in counts.items())

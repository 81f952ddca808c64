"""`pressclip crawl`: fetch, archive and clean the articles of seed lists, and report how it went."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from scraper.cli.addresses import PERMITTING
from scraper.cli.sites import find_seeds
from scraper.cli.terminal.completion import complete_collections, complete_files
from scraper.cli.terminal.options import (
    FILE,
    choice_options,
    data_option,
    fetch_options,
    frontier_option,
    jobs_option,
    json_option,
    rules_option,
    sign_key_option,
)
from scraper.cli.terminal.output import print_json, print_text, say
from scraper.cli.terminal.outputs import check_log
from scraper.outcomes import BLOCKED_ADDRESS, MAX_SOURCES
from scraper.printable import one_line
from scraper.report.wording import counts_text

if TYPE_CHECKING:
    from cleaners import CleanOptions
    from scraper.cli.watch import JsonLog
    from scraper.crawl import CrawlOptions, CrawlReport, Event
    from scraper.report.status import SiteReport

EXIT = {"ok": 0, "some_failed": 1, "all_failed": 3, "refused": 4}
INTERRUPTED, SOME_FAILED = 130, 1
OVERLAP, DUE_OVERLAP = 1, 0
"""Exit codes when another crawl holds the data root: 1 for a crawl started by hand, since it did nothing; 0 with --due,
since the running crawl does the work, and a timer that overlaps must not count as a failed unit."""
FAILED = (2, 3)
"""The exit codes of a run that `--ping` tells as failed: the unit of systemd in docs/schedule.md counts the same."""
TOP_RULES = 6
"""How many rules the table shows for a site; --json shows all."""


@click.command()
@click.argument("seeds", nargs=-1, required=True, metavar="SEEDS...", shell_complete=complete_files)
@data_option
@click.option("--collection", default="news", show_default=True, shell_complete=complete_collections,
              help="The collection for the pages.")  # fmt: skip
@click.option("--max-pages", type=click.IntRange(1), help="The most article pages to request in this run.")
@click.option(
    "--max-sources",
    type=click.IntRange(1),
    default=MAX_SOURCES,
    show_default=True,
    help="The most feeds, sitemaps and sections of each site to request in this run.",
)
@click.option(
    "--max-time",
    type=click.FloatRange(0, min_open=True),
    metavar="SECONDS",
    help="End the run after this time; what is left waits for the next one.",
)
@click.option("--due", is_flag=True, help="Read only the sources that are due; for timers.")
@frontier_option
@click.option("--tdmrep/--no-tdmrep", default=True, help="Fetch each site's tdmrep.json, to record what it reserves.")
@click.option("--browser", is_flag=True, help="Render pages in a browser that have no text without their scripts.")
@sign_key_option("each request")
@click.option("--sign-agent", metavar="URL", help="With --sign-key: the https site that serves the key's directory.")
@jobs_option
@rules_option
@choice_options
@fetch_options
@json_option
@click.option(
    "--log-json", is_flag=True, help="Write a JSON line for each finished URL to standard error, instead of progress."
)
@click.option("--log", type=FILE, metavar="FILE", help="The same, to a file.")
@click.option(
    "--ping",
    "ping_url",
    metavar="URL",
    help="Request this URL when the run has ended, with /fail behind it if it failed.",
)
def crawl(
    seeds: tuple[str, ...],
    rule_paths: tuple[Path, ...],
    choice: CleanOptions | None,
    as_json: bool,
    log_json: bool,
    log: Path | None,
    ping_url: str | None,
    **options: Any,  # noqa: ANN401
) -> None:
    """Crawl the sites of seed lists: fetch, archive and clean their articles.

    SEEDS are TOML files with [[site]] tables, plain lists with one URL per line, URLs of pages, or sites: for a host or
    the URL of a home page, the sources are first looked for, as with `pressclip discover`, and kept in the data root. A
    crawl that was stopped continues where it was. What an earlier run fetched is not fetched again, except that young
    articles are checked for updates, by default 1 hour, 1 day and 7 days after they were found.

    With --ping a service that expects a sign of life gets one: of a run that ends with 0, 1 or 4, and with /fail of one
    that ends with 2 or 3. An interrupted run, and one that leaves the work to another, send none.
    """
    from scraper.crawl.run import CrawlRunning

    try:
        with _pinging(ping_url, allow_private=options["allow_private"]):
            _crawl(seeds, rule_paths, choice, as_json, log_json, log, options)
    except CrawlRunning as error:
        say(error)
        raise SystemExit(DUE_OVERLAP if options["due"] else OVERLAP) from None


def _crawl(
    seeds: tuple[str, ...],
    rule_paths: tuple[Path, ...],
    choice: CleanOptions | None,
    as_json: bool,
    log_json: bool,
    log: Path | None,
    options: dict[str, Any],
) -> NoReturn:
    """Crawl, report, and exit. Raises CrawlRunning where another crawl works here."""
    from cleaners import load_in_force
    from scraper.crawl import CrawlOptions, run_crawl
    from scraper.seeds import load_seeds

    if log:
        check_log(log, "--log")
    rules = load_in_force(options["data"], rule_paths, choice)
    crawl_options = CrawlOptions(seeds=[], rules=rules, **options)
    named = find_seeds(seeds, options["data"], options)
    if not named.sources:
        raise SystemExit(min(named.codes))
    crawl_options = replace(crawl_options, seeds=load_seeds(*named.sources), seed_list=" ".join(seeds))
    with _watching(crawl_options, log, log_json) as (json_log, on_event):
        report = run_crawl(replace(crawl_options, on_event=on_event))
        json_log.finished(report)
    if as_json:
        print_json(report.as_dict(), indent=2)
    elif options["due"] and report.is_idle:
        print_text(f"nothing was due{f'; next at {report.next_due:%Y-%m-%dT%H:%M:%SZ}' if report.next_due else ''}")
    else:
        print_text("\n".join(crawl_lines(report, options["data"], options["collection"])))
    code = INTERRUPTED if report.interrupted else EXIT[report.outcome]
    raise SystemExit(code or (SOME_FAILED if named.codes else 0))


@contextmanager
def _pinging(url: str | None, *, allow_private: bool) -> Iterator[None]:
    """Ping *url* with how the crawl inside ends; that the ping fails is one line, and changes no exit code."""
    if url is None:
        yield
        return
    from scraper.crawl.run import CrawlRunning
    from scraper.fetch.ping import ping, ping_address

    try:
        address = ping_address(url)
    except ValueError as error:
        raise click.BadParameter(f"{error}.", param_hint="'--ping'") from None

    def tell(*, failed: bool) -> None:
        if why := ping(address, failed=failed, allow_private=allow_private):
            say(f"--ping: {address.hostname} was not reached: {why}")

    try:
        yield
    except SystemExit as end:
        if end.code != INTERRUPTED:
            tell(failed=end.code in FAILED)
        raise
    except CrawlRunning:
        raise
    except Exception:
        tell(failed=True)
        raise


@contextmanager
def _watching(
    options: CrawlOptions, path: Path | None, on_stderr: bool
) -> Iterator[tuple[JsonLog, Callable[[Event], None]]]:
    """Open the log and the live lines of a crawl; provide the log, and a function that gives an event to both."""
    from scraper.cli.watch import JsonLog, LiveCrawl, waiting_in

    places = [None] * on_stderr + [path] * (path is not None)
    with ExitStack() as stack:
        log = stack.enter_context(JsonLog(*places))
        log.say("began", pid=os.getpid(), sites=len(options.seeds), data=str(options.data))
        watchers: list[JsonLog | LiveCrawl] = [log]
        if options.data and not on_stderr:
            waiting = stack.enter_context(waiting_in(options.data, options.frontier))
            watchers.append(stack.enter_context(LiveCrawl(waiting)))

        def on_event(event: Event) -> None:
            for watcher in watchers:
                watcher.ended(event)

        yield log, on_event


def crawl_lines(report: CrawlReport, data: Path, collection: str) -> Iterator[str]:
    """Yield the report of a crawl, line by line."""
    yield from site_lines(report.sites)
    for problem in report.problems:
        yield f"  {problem.status:18} {problem.url}  {problem.reason}".rstrip()
    if any(BLOCKED_ADDRESS in {**site.refused, **site.sources} for site in report.sites):
        yield f"  {BLOCKED_ADDRESS}: {PERMITTING}"
    if report.renderings:
        yield f"  browser: {counts_text(report.renderings)}"
    for host in report.held:
        yield f"  {host.host}: left alone until {host.until}: {host.reason}"
    if report.files:
        yield f"written below {data / 'collections' / collection}:"
        yield from (f"  {'text' if name.endswith('.wet.gz') else 'archive'}/{name}" for name in report.files)
    if report.out_of_time:
        yield "ended by --max-time; run the same command to continue"
    if report.interrupted:
        yield "interrupted; run the same command to continue"


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

"""`pressclip crawl` and `pressclip status`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scraper.cli.options import data_option, fetch_options, jobs_option, json_option, rules_option
from scraper.cli.progress import Progress

if TYPE_CHECKING:
    from scraper.crawl import CrawlReport
    from scraper.status import SiteReport

EXIT = {"ok": 0, "some_failed": 1, "all_failed": 3, "refused": 4}
INTERRUPTED = 130
TOP_RULES = 6
"""Rules shown a site in the table; --json has all."""


@click.command()
@click.argument("seeds", nargs=-1, required=True, metavar="SEEDS...")
@data_option
@click.option("--collection", default="news", show_default=True, help="Where in the data root the pages go.")
@click.option("--max-pages", type=click.IntRange(1), help="Most article pages to request in this run.")
@jobs_option
@click.option("--due", is_flag=True, help="Read only the sources whose time has come; for timers.")
@click.option(
    "--frontier",
    envvar="PRESSCLIP_FRONTIER",
    metavar="URL",
    help="postgresql+psycopg://USER@HOST/DATABASE: share the crawl's state with other machines' crawls.",
)
@rules_option
@fetch_options
@json_option
def crawl(seeds: tuple[str, ...], rule_paths: tuple[Path, ...], as_json: bool, **options: Any) -> None:  # noqa: ANN401
    """Crawl the sites of seed lists: fetch, archive and clean their articles.

    SEEDS are TOML files with [[site]] tables, plain lists with one URL a line, or URLs. A crawl that was stopped goes
    on where it was. What an earlier run fetched is not fetched again, but a young article is looked at for updates, by
    default 1 hour, 1 day and 7 days after it was found.
    """
    from cleaners import load_rules
    from scraper.crawl import CrawlOptions, run_crawl
    from scraper.seeds import load_seeds

    read = load_seeds(*seeds)
    with Progress("crawling") as progress:
        report = run_crawl(
            CrawlOptions(
                seeds=read,
                rules=load_rules(*rule_paths),
                on_event=lambda event: progress.advance(f"{event.status} {event.url}"),
                **options,
            )
        )
    if as_json:
        click.echo(json.dumps(report.as_dict(), ensure_ascii=False, indent=2))
    else:
        lines = crawl_lines(report, options["data"], options["collection"])
        click.echo(idle_line(report) if options["due"] and report.is_idle else "\n".join(lines))
    raise SystemExit(INTERRUPTED if report.interrupted else EXIT[report.outcome])


def idle_line(report: CrawlReport) -> str:
    """Say that there was nothing to fetch, and when there will be."""
    when = f"; next at {report.next_due:%Y-%m-%dT%H:%M:%SZ}" if report.next_due else ""
    return f"nothing was due{when}"


def crawl_lines(report: CrawlReport, data: Path, collection: str) -> Iterator[str]:
    """Yield the report of a crawl, line by line."""
    yield from site_lines(report.sites)
    for problem in report.problems:
        yield f"  {problem.status:18} {problem.url}  {problem.reason}".rstrip()
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
        parts += [f"{name}: {_counts(found)}" for name, found in endings.items() if found]
        if site.waiting:
            parts.append(f"{site.waiting} waiting")
        yield f"{site.name}: {'; '.join(parts)}"
        if site.sources:
            yield f"  sources: {_counts(site.sources)}"
        if site.removals:
            yield f"  removed: {_counts(dict(list(site.removals.items())[:TOP_RULES]))}"


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {number}" for name, number in counts.items())


@click.command()
@data_option
@json_option
def status(data: Path, as_json: bool) -> None:
    """Show each site's state: articles, failures by reason, what is still waiting."""
    from scraper.status import status as read_status

    reports = read_status(data)
    if as_json:
        click.echo(json.dumps([report.as_dict() for report in reports], ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join(site_lines(reports)))

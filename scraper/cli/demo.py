"""`pressclip demo`: crawl, archive and clean four invented news sites that are served on loopback."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scraper.cli.clean import explanation
from scraper.cli.crawl import INTERRUPTED, crawl_lines
from scraper.cli.terminal.output import Progress, print_text

if TYPE_CHECKING:
    from cleaners import Article
    from scraper.crawl import CrawlReport, Event
    from scraper.demo import RunningSite


@click.command()
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep the demo's data in this folder instead of a new temporary one.",
)
def demo(data: Path | None) -> None:
    """Crawl four invented news sites on loopback, archive and clean them, and compare each text with the true text."""
    from scraper.crawl import CrawlOptions, run_crawl
    from scraper.demo import serve
    from scraper.seeds import seed_from

    data = data or Path(tempfile.mkdtemp(prefix="pressclip-demo-"))
    events: dict[str, Event] = {}
    with serve() as sites, Progress("crawling") as progress:

        def note(event: Event) -> None:
            events[event.url] = event
            progress.advance(f"{event.status} {event.url}")

        seeds = [seed_from(site.seed, site.name) for site in sites]
        report = run_crawl(
            CrawlOptions(seeds=seeds, data=data, collection="demo", delay=0, allow_private=True, on_event=note)
        )
        asked = [
            f"{site.base_url.rstrip('/')}{path}"
            for site in sites
            for path in site.requests
            if path.startswith("/private")
        ]
        wrong = list(_wrong(sites, events))
    print_text("\n".join(_lines(report, data, events, asked, wrong, sum(len(site.articles) for site in sites))))
    raise SystemExit(INTERRUPTED if report.interrupted else 1 if wrong or asked else 0)


def _wrong(sites: Sequence[RunningSite], events: dict[str, Event]) -> Iterator[str]:
    for site in sites:
        for article in site.articles:
            url = site.base_url.rstrip("/") + article.path
            event = events.get(url)
            if event is None or event.article is None or event.article.text != article.text:
                yield url


def _lines(
    report: CrawlReport, data: Path, events: dict[str, Event], asked: list[str], wrong: list[str], articles: int
) -> Iterator[str]:
    yield from crawl_lines(report, data, "demo")
    yield ""
    example = max((event.article for event in events.values() if event.article), key=_lessons, default=None)
    if example:
        yield f"one article explained: {example.url}"
        yield ""
        yield example.text
        yield ""
        yield from explanation(example)
        yield ""
    yield f"texts equal to the true text: {articles - len(wrong)} of {articles}"
    yield from (f"  differs: {url}" for url in wrong)
    yield f"disallowed pages requested: {len(asked)}"
    yield f"explore it: pressclip archive search harbour --data {data}"


def _lessons(article: Article) -> tuple[int, int]:
    """Return a sort key that prefers articles on which many rules fired and little was removed."""
    return len({removal.rule for removal in article.removals}), -len(article.removals)

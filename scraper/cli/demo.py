"""`pressclip demo`: crawl, archive and clean four invented news sites that are served on loopback."""

from __future__ import annotations

import shlex
import shutil
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scraper.cli.clean import explanation
from scraper.cli.crawl import INTERRUPTED, crawl_lines
from scraper.cli.terminal.options import FOLDER
from scraper.cli.terminal.output import Progress, print_text, say

if TYPE_CHECKING:
    from cleaners import Article
    from scraper.crawl import Event

NAME = "pressclip"


@click.command()
@click.option("--data", type=FOLDER, help="Keep the demo's data in this folder instead of a new temporary one.")
@click.option("--serve", "page", is_flag=True, help="Then show the demo's data in a browser, until Ctrl-C.")
@click.option("--sites", "only_sites", is_flag=True, help="Only serve the sites, until Ctrl-C, for other commands.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535 - 3),
    default=0,
    help="The first site's port; the others follow. 0 takes free ones.",
)
def demo(data: Path | None, page: bool, only_sites: bool, port: int) -> None:
    """Crawl four invented news sites on loopback, archive and clean them, and compare each text with the true text."""
    from scraper.crawl import CrawlOptions, run_crawl
    from scraper.demo import serve
    from scraper.seeds import seed_from

    if only_sites:
        _serve_sites(port)
        return
    if page:
        from scraper.cli.serve import require_server

        require_server()
    data = data or Path(tempfile.mkdtemp(prefix="pressclip-demo-"))
    events: dict[str, Event] = {}
    with serve(port=port) as sites, Progress("crawling") as progress:

        def on_event(event: Event) -> None:
            events[event.url] = event
            progress.advance(f"{event.status} {event.url}")

        seeds = [seed_from(site.seed, site.name) for site in sites]
        report = run_crawl(
            CrawlOptions(seeds=seeds, data=data, collection="demo", delay=0, allow_private=True, on_event=on_event)
        )
    articles = {url: event.article for url, event in events.items() if event.article}
    true_texts = {site.base_url + article.path: article.text for site in sites for article in site.articles}
    wrong = [url for url, text in true_texts.items() if url not in articles or articles[url].text != text]
    disallowed = sum(path.startswith("/private") for site in sites for path in site.requests)
    lines = [*crawl_lines(report, data, "demo"), ""]
    if example := max(articles.values(), key=_lessons, default=None):
        lines += [f"one article explained: {example.url}", "", example.text, "", *explanation(example), ""]
    lines += [f"texts equal to the true text: {len(true_texts) - len(wrong)} of {len(true_texts)}"]
    lines += [f"  differs: {url}" for url in wrong]
    lines += [f"disallowed pages requested: {disallowed}"]
    lines += [f"look at it: {own_command()} serve --data {shlex.quote(str(data))}"] if not page else []
    lines += [f"explore it: {own_command()} archive search harbour --data {shlex.quote(str(data))}"]
    print_text("\n".join(lines))
    if page and not report.interrupted:
        from scraper.cli.serve import show_pages

        show_pages(data, 0)
    raise SystemExit(INTERRUPTED if report.interrupted else 1 if wrong or disallowed else 0)


def own_command() -> str:
    """Return how this command is typed: by its path where the name alone would start none, or another copy."""
    own = Path(sys.executable).with_name(NAME)
    found = shutil.which(NAME)
    if found and own.is_file() and Path(found).samefile(own):
        return NAME
    if own.is_file():
        return shlex.quote(str(own))
    return NAME if found else f"{shlex.quote(sys.executable)} -m scraper"


def _serve_sites(port: int) -> None:
    """Print where the sites are, and serve them until the process is interrupted."""
    from scraper.demo import serve

    with serve(port=port) as sites:
        print_text("\n".join(f"{site.base_url}/  {site.name}" for site in sites))
        say(f"serving until Ctrl-C; in another terminal: {own_command()} discover ADDRESS --allow-private")
        threading.Event().wait()


def _lessons(article: Article) -> tuple[int, int]:
    """Return a sort key that prefers articles on which many rules fired and little was removed."""
    return len({removal.rule for removal in article.removals}), -len(article.removals)

"""`pressclip clean`: one page or many, from anywhere, to standard output."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scraper.cli.options import data_option, fetch_options, rules_option
from scraper.cli.output import harmless, say
from scraper.cli.progress import Progress
from scraper.cli.result import Form, Result, clean_source, crashed, result_of
from scraper.cli.sources import MANY, Source, count_sources, is_url, read_source

if TYPE_CHECKING:
    from cleaners import RuleSet

SOME_FAILED, ALL_FAILED, REFUSED = 1, 3, 4


@click.command()
@click.argument("sources", nargs=-1, metavar="SOURCE...")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "json", "jsonl", "xml"]),
    default="text",
    show_default=True,
)
@click.option(
    "--explain", is_flag=True, help="After the text, each removal with its rule, stage, place and first words."
)
@click.option("--text-mode", is_flag=True, help="SOURCE is text that was already extracted: line rules only.")
@click.option("--url", help="The address of a page that comes from a file or standard input.")
@click.option("--urls", is_flag=True, help="Read URLs, one a line, from standard input.")
@click.option("--jobs", type=click.IntRange(1, 256), default=1, show_default=True, help="Processes that clean.")
@click.option(
    "--archive", "collection", metavar="COLLECTION", help="Keep what is fetched in this collection of the data root."
)
@data_option
@rules_option
@fetch_options
def clean(sources: tuple[str, ...], **options: Any) -> None:  # noqa: ANN401 - click's options, by name
    """Clean pages: print each article's text.

    SOURCE is a URL, an HTML file (also .gz), a folder, a .warc(.gz), a .jsonl(.gz) with a field html, or - for HTML on
    standard input. With several sources, json becomes one line an article, and texts are headed by their source.
    """
    # what is imported for the first page is not garbage: to look for some there costs 15 ms of the 500 of a whole run
    gc.disable()
    from scraper.in_force import load_in_force

    listed: list[str] = []
    if options["urls"]:
        listed = [line for line in (line.strip() for line in sys.stdin) if line and not line.startswith("#")]
        sources = (*(source for source in sources if source != "-"), *listed)
    if not sources:
        raise click.UsageError("nothing to clean: give a file, a folder, a URL, or - for standard input.")
    rules = load_in_force(options["data"], options["rule_paths"])
    many = len(sources) > 1 or Path(sources[0]).is_dir() or sources[0].endswith(MANY)
    form = Form("jsonl" if many and options["form"] == "json" else options["form"], options["explain"])
    good = bad = refused = 0
    with Progress("cleaning", count_sources(sources, text_mode=options["text_mode"])) as progress:
        for result in _results(sources, frozenset(listed), form, rules, options):
            gc.enable()
            progress.advance(result.name)
            if result.error:
                bad += 1
                refused += result.refused
                say(f"{result.name}: {result.error}")
            else:
                good += 1
            _print(result, form, many)
    raise SystemExit(0 if not bad else SOME_FAILED if good else REFUSED if refused == bad else ALL_FAILED)


def _results(
    sources: tuple[str, ...], listed: frozenset[str], form: Form, rules: RuleSet, options: dict[str, Any]
) -> Iterator[Result]:
    """Yield results in the order of the sources, but for URLs: they are fetched together, at the first one's place.

    What is *listed* is a URL whatever it looks like: a list that somebody else wrote opens no file of ours.
    """
    urls = [source for source in sources if is_url(source) or source in listed]
    for are_urls, some in groupby(sources, key=lambda source: is_url(source) or source in listed):
        if not are_urls:
            pages = (page for source in some for page in read_source(source, text_mode=options["text_mode"]))
            yield from _clean_all(pages, form, rules, options)
        elif urls:
            yield from _fetch(urls, form, rules, options)
            urls = []


def _clean_all(sources: Iterable[Source], form: Form, rules: RuleSet, options: dict[str, Any]) -> Iterator[Result]:
    from cleaners import work_many
    from scraper.in_force import sent

    task = partial(clean_source, form=form, rules=sent(rules), url=options["url"], text_mode=options["text_mode"])
    lost = partial(crashed, form=form, url=options["url"])
    return work_many(task, sources, crashed=lost, jobs=options["jobs"], size=attrgetter("size"))


def _fetch(urls: list[str], form: Form, rules: RuleSet, options: dict[str, Any]) -> Iterator[Result]:
    from scraper.crawl import fetch_urls
    from scraper.links import is_fetchable
    from scraper.outcomes import INTERRUPTED, POLICY

    for url in urls:
        if not is_fetchable(url):
            yield Result(url, error="not an http or https URL")
    urls = [url for url in urls if is_fetchable(url)]
    if not urls:
        return
    kept = {"data": options["data"], "collection": options["collection"]} if options["collection"] else {}
    wanted = {name: options[name] for name in ("delay", "contact", "allow_private")}
    found = fetch_urls(urls, rules=rules, **wanted, **kept)
    ended = [fetched for fetched in found if fetched.status != INTERRUPTED]
    for fetched in ended:
        if fetched.article:
            yield result_of(fetched.url, fetched.article, form)
        else:
            error = f"{fetched.status}: {fetched.reason}" if fetched.reason else fetched.status
            yield Result(fetched.url, error=error, refused=fetched.status in POLICY)
    if len(ended) < len(found):
        raise click.Abort


def _print(result: Result, form: Form, many: bool) -> None:
    if form.is_data:
        click.echo(result.text, nl=False)
        return
    if not (result.text or result.explanation):
        return
    if many:
        click.echo(f"==> {result.name} <==")
    click.echo(harmless(result.text), nl=many and not form.explain)
    if form.explain:
        click.echo(f"\n{result.explanation}")

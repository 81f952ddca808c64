"""`pressclip clean`: one page or many, from anywhere, to standard output."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scraper.cli.options import data_option, fetch_options, rules_option
from scraper.cli.output import harmless, say
from scraper.cli.progress import Progress
from scraper.cli.sources import MANY, Source, count_sources, is_url, read_source

if TYPE_CHECKING:
    from cleaners import Article, Page, RuleSet

SOME_FAILED, ALL_FAILED, REFUSED = 1, 3, 4
FIRST_WORDS = 70
"""Characters of a removal that --explain shows."""


@dataclass(frozen=True, slots=True)
class Result:
    """One source's article, or why there is none."""

    name: str
    article: Article | None = None
    error: str = ""
    refused: bool = False


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
    from cleaners import load_rules

    listed: list[str] = []
    if options["urls"]:
        listed = [line for line in (line.strip() for line in sys.stdin) if line and not line.startswith("#")]
        sources = (*(source for source in sources if source != "-"), *listed)
    if not sources:
        raise click.UsageError("nothing to clean: give a file, a folder, a URL, or - for standard input.")
    rules = load_rules(*options["rule_paths"])
    many = len(sources) > 1 or Path(sources[0]).is_dir() or sources[0].endswith(MANY)
    good = bad = refused = 0
    with Progress("cleaning", count_sources(sources, text_mode=options["text_mode"])) as progress:
        for result in _results(sources, frozenset(listed), rules, options):
            progress.advance(result.name)
            if result.article is None or not result.article.text.strip():
                bad += 1
                refused += result.refused
                say(f"{result.name}: {result.error or _why_empty(result.article)}")
            else:
                good += 1
            if result.article is not None:
                _print(result, options["form"], options["explain"], many)
    raise SystemExit(0 if not bad else SOME_FAILED if good else REFUSED if refused == bad else ALL_FAILED)


def _results(
    sources: tuple[str, ...], listed: frozenset[str], rules: RuleSet, options: dict[str, Any]
) -> Iterator[Result]:
    """Yield results in the order of the sources, but for URLs: they are fetched together, at the first one's place.

    What is *listed* is a URL whatever it looks like: a list that somebody else wrote opens no file of ours.
    """
    urls = [source for source in sources if is_url(source) or source in listed]
    for are_urls, some in groupby(sources, key=lambda source: is_url(source) or source in listed):
        if not are_urls:
            pages = (page for source in some for page in read_source(source, text_mode=options["text_mode"]))
            yield from _clean_all(pages, rules, options)
        elif urls:
            yield from _fetch(urls, rules, options)
            urls = []


def _clean_all(pages: Iterable[Source], rules: RuleSet, options: dict[str, Any]) -> Iterator[Result]:
    from cleaners import Page, clean_many

    read: deque[Source] = deque()

    def good() -> Iterator[Page]:
        for page in pages:
            read.append(page)
            if page.data is not None:
                yield Page(page.data, page.url or options["url"], page.charset)

    for article in clean_many(good(), jobs=options["jobs"], rules=rules, text_mode=options["text_mode"]):
        while (page := read.popleft()).data is None:
            yield Result(page.name, error=page.error)
        yield Result(page.name, article)
    yield from (Result(page.name, error=page.error) for page in read)


def _fetch(urls: list[str], rules: RuleSet, options: dict[str, Any]) -> Iterator[Result]:
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
        error = "" if fetched.article else f"{fetched.status}: {fetched.reason}" if fetched.reason else fetched.status
        yield Result(fetched.url, fetched.article, error, fetched.status in POLICY)
    if len(ended) < len(found):
        raise click.Abort


def _why_empty(article: Article | None) -> str:
    flags = ", ".join(flag for flag in article.flags if flag != "empty") if article else ""
    return f"no article found{f' ({flags})' if flags else ''}"


def _print(result: Result, form: str, explain: bool, many: bool) -> None:
    from cleaners import render

    article = result.article
    assert article is not None
    if form in ("json", "jsonl"):
        click.echo(render(article, "jsonl" if many else form), nl=False)  # type: ignore[arg-type]
        return
    if not (article.text or explain):
        return
    if many:
        click.echo(f"==> {result.name} <==")
    click.echo(harmless(render(article, form)), nl=many and not explain)  # type: ignore[arg-type]
    if explain:
        click.echo("\n" + "\n".join(explanation(article)))


def explanation(article: Article) -> Iterator[str]:
    """Yield a line for each removal, in page order, and one that sums up.

    The lines: rule, stage, first words in quotes, place.
    """
    yield f"--- removed: {len(article.removals)}"
    width = max((len(removal.rule) for removal in article.removals), default=0)
    for removal in article.removals:
        words = " ".join(removal.text.split())
        shown = words if len(words) <= FIRST_WORDS else words[: FIRST_WORDS - 1] + "…"
        why = f"  ({removal.why})" if removal.why else ""
        yield f'- {removal.rule:{width}}  {removal.stage:7}  "{_printable(shown)}"  {removal.where}{why}'
    blocks = f"{len(article.blocks)} blocks, " if article.blocks else ""
    parts = [
        f"kept {blocks}{len(article.text):,} characters",
        article.encoding or "",
        f"access {article.access}",
        f"rules {article.rules_version}",
    ]
    yield "--- " + "; ".join(part for part in parts if part)


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)

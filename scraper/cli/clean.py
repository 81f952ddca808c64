"""`pressclip clean`: clean one page or many, and print each article."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scraper.cli.sources import MANY, Input, Unreadable, count_sources, is_url, name_of, read_page, read_source
from scraper.cli.terminal.options import cleaning_jobs_option, data_option, fetch_options, rules_option
from scraper.cli.terminal.output import Progress, print_text, say
from scraper.printable import one_line

if TYPE_CHECKING:
    from cleaners import Article, LostError, RuleSet

SOME_FAILED, ALL_FAILED, REFUSED = 1, 3, 4
FORMATS = ("text", "markdown", "json", "jsonl", "xml")
FIRST_WORDS = 70
"""How many characters of a removal --explain shows."""


@dataclass(frozen=True, slots=True)
class Form:
    """How an article is printed."""

    name: str
    """The format's name in `cleaners.render`."""
    explain: bool = False

    @property
    def is_data(self) -> bool:
        """Whether the format is for programs: then only articles are printed."""
        return self.name in ("json", "jsonl")


@dataclass(frozen=True, slots=True)
class Result:
    """One page's article as it is printed, or the reason why there is none."""

    name: str
    text: str = ""
    explanation: str = ""
    error: str = ""
    refused: bool = False


def clean_input(
    source: Input, *, form: Form, rules: RuleSet | None, url: str | None = None, text_mode: bool = False
) -> Result:
    """Read a page if it is a path, clean it and render it."""
    from cleaners import clean_page

    page = read_page(source, text_mode=text_mode) if isinstance(source, Path) else source
    if isinstance(page, Unreadable):
        return Result(page.source, error=page.reason)
    return result_of(name_of(page), clean_page(replace(page, url=page.url or url), rules), form, rules)


def result_of(name: str, article: Article, form: Form, rules: RuleSet | None = None) -> Result:
    """Return an article as it is printed; an empty one also with the reason. `rules`: those it was cleaned with."""
    from cleaners import render

    is_printed = form.is_data or article.text or form.explain
    text = render(article, form.name) if is_printed else ""  # type: ignore[arg-type]
    error = "" if article.text.strip() else _why_empty(article)
    return Result(name, text, "\n".join(explanation(article, rules)) if form.explain else "", error)


def lost_result(source: Input, loss: LostError, *, form: Form, url: str | None = None) -> Result:
    """Return the result of a page that ended its process."""
    from cleaners import Page, lost_article

    page = source if isinstance(source, Page) else Page("", source=str(source))
    return result_of(name_of(page), lost_article(replace(page, url=page.url or url), loss), form)


def _why_empty(article: Article) -> str:
    if article.failure:
        return f"cleaning failed ({article.failure})"
    flags = ", ".join(flag for flag in article.flags if flag != "empty")
    return f"no article found{f' ({flags})' if flags else ''}"


def explanation(article: Article, rules: RuleSet | None = None) -> Iterator[str]:
    """Yield a line for each removal in page order (rule, stage, first words, place, reason), then how sure the text is
    and a summary. `rules`: those it was cleaned with, the packaged ones unless told."""
    from cleaners import LOW_CONFIDENCE, load_rules

    reasons = (rules or load_rules()).reasons()
    yield f"--- removed: {len(article.removals)}"
    width = max((len(removal.rule) for removal in article.removals), default=0)
    for removal in article.removals:
        first_words, where = one_line(removal.text, FIRST_WORDS), one_line(removal.where, None)
        general = "" if removal.why and removal.stage == "blocks" else reasons.get(removal.rule)
        why = "; ".join(filter(None, (general, removal.why)))
        told = f"  ({one_line(why, None)})" if why else ""
        yield f'- {removal.rule:{width}}  {removal.stage:7}  "{first_words}"  {where}{told}'
    if article.kind_evidence:
        yield f"--- kind {article.kind}: {'; '.join(map(one_line, article.kind_evidence))}"
    if article.confidence is not None:
        low = " (low)" if LOW_CONFIDENCE in article.flags else ""
        doubts = f": {one_line('; '.join(article.doubts), None)}" if article.doubts else ""
        yield f"--- confidence {article.confidence:.2f}{low}{doubts}"
    blocks = f"{len(article.blocks)} blocks, " if article.blocks else ""
    kept = f"kept {blocks}{len(article.text):,} characters"
    parts = (kept, article.encoding, f"access {article.access}", f"rules {article.rules_version}")
    yield "--- " + "; ".join(filter(None, parts))


@click.command()
@click.argument("sources", nargs=-1, metavar="SOURCE...")
@click.option(
    "--format",
    "form",
    type=click.Choice(("text", "markdown", "json", "jsonl", "xml")),
    default="text",
    show_default=True,
)
@click.option(
    "--explain",
    is_flag=True,
    help="After the text, list each removal with its rule, stage, first words, place and reason.",
)
@click.option("--text-mode", is_flag=True, help="SOURCE is text that was already extracted: apply line rules only.")
@click.option("--url", help="The URL of a page from a file or standard input.")
@click.option("--urls", is_flag=True, help="Read URLs from standard input, one per line.")
@cleaning_jobs_option
@click.option(
    "--archive", "collection", metavar="COLLECTION", help="Store fetched pages in this collection of the data root."
)
@data_option
@rules_option
@fetch_options
def clean(sources: tuple[str, ...], **options: Any) -> None:  # noqa: ANN401 - click's options, by name
    """Clean pages: print each article's text.

    SOURCE is a URL, an HTML file (also .gz), a folder, a .warc(.gz), a .jsonl(.gz, .zst) or .parquet with a column html
    (text with --text-mode), or - for HTML on standard input. With several sources, json prints one line per article,
    and each text has its source as heading.
    """
    # collecting garbage during the imports costs 15 ms of the 500 ms of a run, and there is none
    gc.disable()
    from cleaners import load_in_force

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
    """Yield results in the order of the sources, except that all URLs are fetched together, in place of the first.

    A *listed* source always counts as a URL, so a list from somebody else never opens a local file.
    """

    def is_fetched(source: str) -> bool:
        return is_url(source) or source in listed

    urls = list(filter(is_fetched, sources))
    for are_urls, group in groupby(sources, key=is_fetched):
        if not are_urls:
            read = partial(read_source, text_mode=options["text_mode"], on_refused=say)
            yield from _clean_all((page for source in group for page in read(source)), form, rules, options)
        elif urls:
            yield from _fetch(urls, form, rules, options)
            urls = []


def _clean_all(sources: Iterable[Input], form: Form, rules: RuleSet, options: dict[str, Any]) -> Iterator[Result]:
    from cleaners import PAGE_SECONDS, work_many

    def size(source: Input) -> int:
        return 0 if isinstance(source, (Path, Unreadable)) else len(source.html)

    task = partial(clean_input, form=form, rules=rules, url=options["url"], text_mode=options["text_mode"])
    lost = partial(lost_result, form=form, url=options["url"])
    return work_many(task, sources, lost=lost, jobs=options["jobs"], size=size, seconds=PAGE_SECONDS)


def _fetch(urls: list[str], form: Form, rules: RuleSet, options: dict[str, Any]) -> Iterator[Result]:
    from scraper.crawl import fetch_urls
    from scraper.outcomes import INTERRUPTED, POLICY
    from scraper.urls import is_fetchable

    for url in urls:
        if not is_fetchable(url):
            yield Result(url, error="not an http or https URL")
    urls = [url for url in urls if is_fetchable(url)]
    if not urls:
        return
    storage = ("data", "collection") if options["collection"] else ()
    results = fetch_urls(
        urls, rules=rules, **{name: options[name] for name in ("delay", "contact", "allow_private", *storage)}
    )
    finished = [fetched for fetched in results if fetched.status != INTERRUPTED]
    for fetched in finished:
        if fetched.article:
            yield result_of(fetched.url, fetched.article, form, rules)
        else:
            error = f"{fetched.status}: {fetched.reason}" if fetched.reason else fetched.status
            yield Result(fetched.url, error=error, refused=fetched.status in POLICY)
    if len(finished) < len(results):
        raise click.Abort


def _print(result: Result, form: Form, many: bool) -> None:
    if form.is_data:
        print_text(result.text, newline=False, is_json=True)
        return
    if not (result.text or result.explanation):
        return
    if many:
        # a byte of a file name that is not UTF-8 is shown by its number
        name = result.name.encode("utf-8", "backslashreplace").decode()
        print_text(f"==> {one_line(name, None)} <==")
    print_text(result.text, newline=many and not form.explain, exact=True)
    if form.explain:
        print_text(f"\n{result.explanation}")

"""`pressclip clean`: clean one page or many, and print each article."""

from __future__ import annotations

import gc
import stat
import sys
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scraper.cli.addresses import PERMITTING, address_of
from scraper.cli.sources import (
    MANY,
    TEXT_COLUMN,
    Input,
    Origin,
    Unreadable,
    count_sources,
    holds_files,
    name_of,
    origin_of,
    read_page,
    read_source,
    read_texts,
)
from scraper.cli.targets import OLD, Folder, OneFile, Target, target_of
from scraper.cli.terminal.completion import complete_collections, complete_files
from scraper.cli.terminal.options import choice_options, cleaning_jobs_option, data_option, fetch_options, rules_option
from scraper.cli.terminal.output import Progress, say
from scraper.printable import one_line, printable

if TYPE_CHECKING:
    from cleaners import Article, LostError, RuleSet

SOME_FAILED, ALL_FAILED, REFUSED, INTERRUPTED = 1, 3, 4, 130
MIN_TEXTS = 3
"""As MIN_PAGES in cleaners.learn, which is imported only when it is needed."""
FORMATS = ("text", "markdown", "json", "jsonl", "xml")
FIRST_WORDS = 70
"""How many characters of a removal --explain shows."""

NOWHERE = Origin("")


@dataclass(frozen=True, slots=True)
class Form:
    """How an article is printed."""

    name: str
    """The format's name in `cleaners.render`."""
    explain: bool = False
    guesses_language: bool = False
    """Whether the language of a page that declares none is guessed."""
    links: bool = False
    """Whether Markdown, TEI and JSON have the addresses of links."""
    images: bool = False
    """Whether they have those of pictures."""

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
    origin: Origin = NOWHERE


@dataclass(frozen=True, slots=True)
class Job:
    """What a run does with each page."""

    form: Form
    rules: RuleSet
    target: Target
    options: dict[str, Any]
    """The options of the command, by name."""
    guessed: dict[str, str]
    """URLs that were given without their scheme, and what was given."""

    @property
    def leave_out(self) -> Path | None:
        """The folder that is written to: what an earlier run wrote there is no source."""
        return Path(self.options["output"]) if isinstance(self.target, Folder) else None


def clean_input(
    source: Input,
    *,
    form: Form,
    rules: RuleSet | None,
    url: str | None = None,
    text_mode: bool = False,
    learned: bool = False,
) -> Result:
    """Read a page if it is a path, clean it and render it. `learned`: with rules of this run among the others."""
    from cleaners import clean_page

    page = read_page(source, text_mode=text_mode) if isinstance(source, Path) else source
    if isinstance(page, Unreadable):
        return Result(page.source, error=page.reason)
    article = clean_page(replace(page, url=page.url or url), rules)
    if learned and rules:
        article = with_learned_reasons(article, rules)
    return result_of(name_of(page), origin_of(page), article, form, rules)


def result_of(name: str, origin: Origin, article: Article, form: Form, rules: RuleSet | None = None) -> Result:
    """Return an article as it is printed; an empty one also with the reason. `rules`: those it was cleaned with."""
    from cleaners import guess_language, render

    if form.guesses_language and not article.language and (language := guess_language(article.text)[0]):
        article = replace(article, language=language, sources={**article.sources, "language": "text"})
    is_printed = form.is_data or article.text or form.explain
    text = render(article, form.name, source=str(origin), links=form.links, images=form.images) if is_printed else ""  # type: ignore[arg-type]
    error = "" if article.text.strip() else _why_empty(article)
    return Result(name, text, "\n".join(explanation(article, rules)) if form.explain else "", error, origin=origin)


def with_learned_reasons(article: Article, rules: RuleSet) -> Article:
    """Return an article whose removals by rules that were learned in this run have the rules' reasons: no file has
    them."""
    from archive.site_rules import LEARNED

    why = rules.for_url(article.url).reasons()
    given = (replace(one, why=why[one.rule]) if one.rule.startswith(LEARNED) else one for one in article.removals)
    return replace(article, removals=tuple(given))


def lost_result(source: Input, loss: LostError, *, form: Form, url: str | None = None) -> Result:
    """Return the result of a page that ended its process."""
    from cleaners import Page, lost_article

    page = source if isinstance(source, Page) else Page("", source=str(source))
    return result_of(name_of(page), origin_of(page), lost_article(replace(page, url=page.url or url), loss), form)


def _why_empty(article: Article) -> str:
    from cleaners import NEEDS_JAVASCRIPT

    if article.failure:
        return f"cleaning failed ({article.failure})"
    if NEEDS_JAVASCRIPT in article.flags:
        return (
            f"no article found ({NEEDS_JAVASCRIPT}): the page loads its text by script; see docs/recipes/javascript.md"
        )
    flags = ", ".join(flag for flag in article.flags if flag != "empty")
    return f"no article found{f' ({flags})' if flags else ''}"


def explanation(article: Article, rules: RuleSet | None = None) -> Iterator[str]:
    """Yield a line for each removal in page order (rule, stage, first words, place, reason), then how sure the text is
    and a summary. `rules`: those it was cleaned with, the packaged ones unless told."""
    from cleaners import LOW_CONFIDENCE, load_rules

    # of one site only: thousands of sites may have learned rules
    reasons = (rules or load_rules()).for_url(article.url).reasons()
    yield f"--- removed: {len(article.removals)}"
    width = max((len(removal.rule) for removal in article.removals), default=0)
    for removal in article.removals:
        first_words, where = one_line(removal.text, FIRST_WORDS), one_line(removal.where, None)
        general = "" if removal.why and removal.stage == "blocks" else reasons.get(removal.rule)
        why = "; ".join(dict.fromkeys(filter(None, (general, removal.why))))
        told = f"  ({one_line(why, None)})" if why else ""
        yield f'- {removal.rule:{width}}  {removal.stage:7}  "{first_words}"  {where}{told}'
    if article.kind_evidence:
        yield f"--- kind {article.kind}: {'; '.join(map(one_line, article.kind_evidence))}"
    if article.confidence is not None:
        low = " (low)" if LOW_CONFIDENCE in article.flags else ""
        doubts = f": {one_line('; '.join(article.doubts), None)}" if article.doubts else ""
        yield f"--- confidence {article.confidence:.2f}{low}{doubts}"
    count = sum(bool(block.text) for block in article.blocks)
    blocks = f"{count} blocks, " if count else ""
    kept = f"kept {blocks}{len(article.text):,} characters"
    parts = (kept, article.encoding, f"access {article.access}", f"rules {article.rules_version}")
    yield "--- " + "; ".join(filter(None, parts))


@click.command()
@click.argument("sources", nargs=-1, metavar="SOURCE...", shell_complete=complete_files)
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
@click.option("--links", is_flag=True, help="With markdown, xml and json: keep the addresses of links.")
@click.option("--images", is_flag=True, help="With markdown, xml and json: keep pictures, with addresses and captions.")
@click.option("--text-mode", is_flag=True, help="SOURCE is text that was already extracted: judge it line by line.")
@click.option(
    "--text-column",
    metavar="NAME",
    show_default=TEXT_COLUMN,
    help="With --text-mode: the column with the texts, in JSON lines and Parquet.",
)
@click.option(
    "--learn",
    "learning",
    is_flag=True,
    help="With --text-mode: first learn which lines come back on a host's texts, then remove these too.",
)
@click.option(
    "--language",
    type=click.Choice(("declared", "auto")),
    default="declared",
    show_default=True,
    help="auto: where a page declares no language, guess it from its text. Changes no text.",
)
@click.option("--url", help="The URL of a page from a file or standard input.")
@click.option("--urls", is_flag=True, help="Read URLs from standard input, one per line.")
@cleaning_jobs_option
@click.option(
    "--archive",
    "collection",
    metavar="COLLECTION",
    shell_complete=complete_collections,
    help="Store fetched pages in this collection of the data root.",
)
@click.option(
    "--output",
    type=click.Path(),
    metavar="FILE|FOLDER",
    help="Write to this file; or, to a folder or a name without an ending, a file for each source.",
)
@click.option("--skip-existing", is_flag=True, help="With --output: keep what exists, and do not clean its source.")
@click.option("--force", is_flag=True, help="With --output: overwrite what exists.")
@data_option
@rules_option
@choice_options
@fetch_options
def clean(sources: tuple[str, ...], **options: Any) -> None:  # noqa: ANN401 - click's options, by name
    """Clean pages: print each article's text.

    SOURCE is a URL (https:// may be left out), an HTML file (also .gz), a folder, a .warc(.gz), a .jsonl(.gz, .zst) or
    .parquet with a column html, or - for HTML on standard input; with --text-mode a text (.txt), a folder of texts, a
    .wet(.gz), or the column text of a .jsonl or .parquet. With several sources, json
    prints one line per article, and each text has its source as heading; a line of JSON has it as `source`. With
    --output nothing is printed; a file has what would be printed, and a folder a file for each source: pages/a.html
    becomes FOLDER/a.html.txt.
    """
    # collecting garbage during the imports costs 15 ms of the 500 ms of a run, and there is none
    gc.disable()
    from cleaners import load_in_force

    addresses = {source: address.url for source in sources if (address := address_of(source))}
    named = tuple(addresses.get(source, source) for source in sources)
    listed: list[str] = []
    if options["urls"]:
        # each counts as a URL: a list from somebody else never opens a local file
        listed = [line for line in (line.strip() for line in sys.stdin) if line and not line.startswith("#")]
        named = (*(source for source in named if source != "-"), *listed)
    urls = frozenset((*addresses.values(), *listed))
    if not named:
        raise click.UsageError("nothing to clean: give a file, a folder, a URL, or - for standard input.")
    if options["language"] == "auto":
        _require_guesser()
    choice = options["choice"]
    if options["text_mode"] and choice and choice.favor:
        raise click.UsageError("--precision and --recall are for pages: --text-mode takes --keep and --only-rules.")
    if options["text_column"] is not None and not options["text_mode"]:
        raise click.UsageError("--text-column is for --text-mode: give both.")
    if options["learning"]:
        _require_rereadable(named, urls, text_mode=options["text_mode"])
    rules = load_in_force(options["data"], options["rule_paths"], choice)
    many = len(named) > 1 or (named[0] not in urls and (holds_files(Path(named[0])) or named[0].endswith(MANY)))
    target = _target([source for source in named if source != "-" and source not in urls], options)
    if target is None:
        say(f"{options['output']} exists: nothing is cleaned")
        return
    many = many and not target.is_one_a_page
    form = Form(
        "jsonl" if many and options["form"] == "json" else options["form"],
        options["explain"],
        options["language"] == "auto",
        options["links"],
        options["images"],
    )
    guessed = {url: source for source, url in addresses.items() if url != source}
    job = Job(form, rules, target, options, guessed)
    if options["learning"]:
        job = replace(job, rules=_learn(named, job))
    good = bad = refused = 0
    total = count_sources(named, text_mode=options["text_mode"], leave_out=job.leave_out)
    try:
        with target, Progress("cleaning", total, saves=bool(options["output"] or options["collection"])) as progress:
            for result in _results(named, urls, job):
                gc.enable()
                progress.advance(result.name)
                error = (
                    target.put(result.origin, text) if (text := _as_text(result, form, many)) else ""
                ) or result.error
                if error:
                    bad += 1
                    refused += result.refused
                    say(f"{result.name}: {error}")
                else:
                    good += 1
    except (KeyboardInterrupt, click.Abort):
        if not isinstance(target, OneFile):
            raise
        say(f"interrupted; {options['output']} is not written")
        raise SystemExit(INTERRUPTED) from None
    if target.skipped:
        say(f"{target.skipped} skipped: their files exist")
    raise SystemExit(
        0 if not bad else SOME_FAILED if good or target.skipped else REFUSED if refused == bad else ALL_FAILED
    )


def _require_rereadable(sources: Sequence[str], urls: Container[str], *, text_mode: bool) -> None:
    """Raise click.UsageError for sources that cannot be read twice."""
    if not text_mode:
        raise click.UsageError("--learn is for --text-mode; for pages, crawl or import them and run `rules learn`.")
    for source in sources:
        if source == "-":
            raise click.UsageError("--learn reads its sources twice, which standard input cannot: give a file.")
        if source in urls:
            raise click.UsageError(f"--learn is for files with texts, and {source} is a URL.")
        with suppress(OSError):  # whoever reads it tells what is wrong
            if not (holds_files(Path(source)) or stat.S_ISREG(Path(source).stat().st_mode)):
                raise click.UsageError(f"--learn reads its sources twice, which {source} cannot: give a file.")


def _learn(sources: Sequence[str], job: Job) -> RuleSet:
    """Return the rules with those that the texts of the sources teach, and tell how many."""
    from archive.site_rules import learn_texts

    data, jobs = job.options["data"], job.options["jobs"]
    column, leave_out = job.options["text_column"] or TEXT_COLUMN, job.leave_out
    texts = (text for source in sources for text in read_texts(source, text_column=column, leave_out=leave_out))
    with Progress("learning") as progress:
        found = learn_texts(texts, job.rules, root=data, jobs=jobs, on_progress=progress.advance)
    count, hosts, counts = sum(found.learned), len(found.learned), found.counts
    learned = f"learned {count:,} {'rule' if count == 1 else 'rules'} on {hosts:,} of {found.hosts:,} hosts"
    without = f"; {counts.without_url:,} without a URL teach nothing" if counts.without_url else ""
    say(f"{learned} with {MIN_TEXTS} texts or more, from {counts.documents:,} texts{without}")
    return found.rules


def _require_guesser() -> None:
    """Raise click.UsageError where languages cannot be guessed, before any page is cleaned."""
    if find_spec("py3langid") is None:
        from archive import how_to_install

        raise click.UsageError(f"--language auto needs py3langid: {how_to_install('datasets')}.")


def _target(paths: list[str], options: dict[str, Any]) -> Target | None:
    """Return where the articles are written; None if they are there already. *paths*: files and folders to clean."""
    output: str | None = options["output"]
    skip, force = options["skip_existing"], options["force"]
    if skip and force:
        raise click.UsageError("--skip-existing and --force exclude each other: give one.")
    if (skip or force) and not output:
        raise click.UsageError(f"{'--skip-existing' if skip else '--force'} is for --output.")
    old: OLD = "skip" if skip else "replace" if force else "refuse"
    out = Path(output) if output else None
    return target_of(out, paths, options["form"], old, is_folder=bool(output and output.endswith("/")))


def _results(sources: tuple[str, ...], urls: frozenset[str], job: Job) -> Iterator[Result]:
    """Yield results in the order of the sources, except that all *urls* are fetched together, in place of the first."""
    read = partial(
        read_source,
        text_mode=job.options["text_mode"],
        text_column=job.options["text_column"] or TEXT_COLUMN,
        leave_out=job.leave_out,
        on_refused=say,
    )
    fetched = [source for source in sources if source in urls]
    for are_urls, group in groupby(sources, key=urls.__contains__):
        if not are_urls:
            yield from _clean_all((page for source in group for page in read(source)), job)
        elif fetched:
            yield from _fetch(fetched, job)
            fetched = []


def _clean_all(sources: Iterable[Input], job: Job) -> Iterator[Result]:
    from cleaners import PAGE_SECONDS, work_many

    def wanted() -> Iterator[Input]:
        for source in sources:
            refusal = None if isinstance(source, Unreadable) else job.target.refusal(origin_of(source))
            if refusal is None:
                yield source
            elif refusal:
                yield Unreadable(str(origin_of(source)), refusal)

    def size(source: Input) -> int:
        return 0 if isinstance(source, (Path, Unreadable)) else len(source.html)

    options, url = job.options, job.options["url"]
    modes = {"text_mode": options["text_mode"], "learned": options["learning"]}
    task = partial(clean_input, form=job.form, rules=job.rules, url=url, **modes)
    lost = partial(lost_result, form=job.form, url=url)
    return work_many(task, wanted(), lost=lost, jobs=options["jobs"], size=size, seconds=PAGE_SECONDS)


def _fetch(urls: list[str], job: Job) -> Iterator[Result]:
    from scraper.crawl import fetch_urls
    from scraper.outcomes import BLOCKED_ADDRESS, POLICY
    from scraper.outcomes import INTERRUPTED as UNFINISHED
    from scraper.urls import is_fetchable

    options, fetched_urls = job.options, []
    for url in urls:
        refusal = job.target.refusal(Origin(url, is_url=True)) if is_fetchable(url) else "not an http or https URL"
        if refusal is None:
            fetched_urls.append(url)
        elif refusal:
            yield Result(url, error=refusal)
    if not fetched_urls:
        return
    storage = ("data", "collection") if options["collection"] else ()
    results = fetch_urls(
        fetched_urls,
        rules=job.rules,
        **{name: options[name] for name in ("delay", "contact", "allow_private", *storage)},
    )
    finished = [fetched for fetched in results if fetched.status != UNFINISHED]
    for fetched in finished:
        if fetched.article:
            yield result_of(fetched.url, Origin(fetched.url, is_url=True), fetched.article, job.form, job.rules)
        else:
            error = f"{fetched.status}: {fetched.reason}" if fetched.reason else fetched.status
            if fetched.status == BLOCKED_ADDRESS:
                error += f"; {PERMITTING}"
            if source := job.guessed.get(fetched.url):
                error += f" ({source} is no file and was taken for an address; http://{source} asks without TLS)"
            yield Result(fetched.url, error=error, refused=fetched.status in POLICY)
    if len(finished) < len(results):
        raise click.Abort


def _as_text(result: Result, form: Form, many: bool) -> str:
    """Return an article as it is written; *many*: under a heading."""
    if form.is_data or not (result.text or result.explanation):
        return result.text
    # a byte of a file name that is not UTF-8 is shown by its number
    name = result.name.encode("utf-8", "backslashreplace").decode()
    head = f"==> {one_line(name, None)} <==\n" if many else ""
    tail = f"\n{printable(result.explanation)}\n" if form.explain else "\n" if many else ""
    return f"{head}{result.text}{tail}"

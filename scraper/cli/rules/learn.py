"""`pressclip rules learn`: propose rules for what comes back on a host's pages and is not the article."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

import click

from scraper.cli.terminal.completion import complete_hosts
from scraper.cli.terminal.options import data_option, json_option
from scraper.cli.terminal.output import Progress, keep_work, print_json, print_text, say

if TYPE_CHECKING:
    from archive.site_rules import Counts, Learned

SOME_FAILED, NOTHING = 1, 3
MIN_PAGES = 3
"""As in cleaners.learn, which is imported only when it is needed."""


@click.command()
@data_option
@click.option(
    "--host", "hosts", multiple=True, shell_complete=complete_hosts, help="Only this host, without www.  [default: all]"
)
@click.option(
    "--min-pages",
    type=click.IntRange(2),
    default=MIN_PAGES,
    show_default=True,
    help="Number of pages on which a line must come back.",
)
@click.option(
    "--corpus",
    "corpora",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="Learn from texts with a column url: .jsonl(.gz, .zst) or .parquet.",
)
@click.option("--text-column", default="text", show_default=True, help="The column of a corpus with the texts.")
@json_option
def learn(
    data: Path, hosts: tuple[str, ...], min_pages: int, corpora: tuple[Path, ...], text_column: str, as_json: bool
) -> None:
    """Propose rules for the lines that come back on page after page of a host and are not the article.

    Writes rules/proposed/HOST.toml in the data root, with the evidence for each rule. A rule is not in force until
    somebody accepts it with `pressclip rules review`. Only pages that are new since the last time are read.
    """
    if any(file.name.lower().endswith((".parquet", ".zst")) for file in corpora):
        from scraper.cli.dataset import dataset_module

        dataset_module()
    from archive import site_rules
    from cleaners import load_in_force

    run = partial(site_rules.learn, data)
    if corpora:
        run = partial(site_rules.learn_corpus, data, corpora, text_column=text_column, on_file=_report_file)
    problems: list[str] = []
    counts: list[int] = []

    def on_problem(problem: str) -> None:
        problems.append(problem)
        say(problem)

    with Progress("learning") as progress:
        for learned in run(
            rules=load_in_force(data),
            hosts=hosts,
            min_pages=min_pages,
            on_problem=on_problem,
            on_progress=progress.advance,
        ):
            keep_work()
            _show(learned, as_json)
            counts.append(len(learned.proposals))
    if not counts:
        if not problems:
            say(f"{data}: no host has {min_pages} pages with text: crawl or import more, or give --min-pages")
        raise SystemExit(NOTHING)
    rules = sum(counts)
    which = "it" if rules == 1 else "them"
    follow = f"; look at {which} with `pressclip rules review --data {quote(str(data))}`" if rules else ""
    say(f"{data}: {_rules(rules)} proposed for {sum(map(bool, counts))} of {len(counts)} hosts{follow}")
    raise SystemExit(SOME_FAILED if problems else 0)


def _report_file(file: Path, counts: Counts) -> None:
    keep_work()
    parts = [f"{counts.documents:,} documents"]
    parts += [f"{counts.without_url:,} without a URL: nothing is learned from those"] if counts.without_url else []
    parts += [f"{counts.without_text:,} without text"] if counts.without_text else []
    say(f"{file}: {', '.join(parts)}")


def _show(learned: Learned, as_json: bool) -> None:
    if as_json:
        fields = {
            "host": learned.host,
            "pages": learned.pages,
            "different": learned.different,
            "proposals": [proposal.id for proposal in learned.proposals],
            "file": str(learned.path) if learned.path else None,
        }
        print_json(fields)
    elif learned.path:
        pages = f"{learned.pages:,} pages, {learned.different:,} different"
        print_text(f"{learned.host}: {_rules(len(learned.proposals))} from {pages}: {learned.path}")


def _rules(count: int) -> str:
    return "1 rule" if count == 1 else f"{count:,} rules"

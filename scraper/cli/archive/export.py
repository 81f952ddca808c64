"""`pressclip archive export`: write the archive's texts as Markdown or text files with front matter."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from scraper.cli.archive.bounds import bounds_options, within
from scraper.cli.terminal.options import FOLDER, cleaning_jobs_option, data_option
from scraper.cli.terminal.output import Progress, print_text, say
from scraper.cli.terminal.outputs import check_folder

if TYPE_CHECKING:
    from archive import SearchFilter

SOME_FAILED, NOTHING = 1, 3
TOLD = {
    "written": "written",
    "unchanged": "there already and the same",
    "skipped": "there already and left as they are",
    "exists": "there already with another content",
    "empty": "without text",
    "failed": "failed",
}
MAX_REASONS = 5
"""How many reasons for texts without structure are told."""
ADVICE = ": --skip-existing keeps it, --force writes it anew"


@click.command()
@click.option("--out", required=True, type=FOLDER, metavar="FOLDER", help="Where the files go; it is made.")
@bounds_options
@click.option("--format", "form", type=click.Choice(("markdown", "text")), default="markdown", show_default=True)
@click.option("--front-matter/--no-front-matter", default=True, show_default=True,
              help="Begin each file with what is known of the article, as YAML.")  # fmt: skip
@click.option("--links", is_flag=True, help="With markdown: keep the addresses of links.")
@click.option("--images", is_flag=True, help="With markdown: keep the addresses of pictures.")
@click.option("--skip-existing", is_flag=True, help="Keep files that are there as they are.")
@click.option("--force", is_flag=True, help="Write files anew that are there with another content.")
@cleaning_jobs_option
@data_option
def export(
    out: Path, bounds: SearchFilter, form: Literal["markdown", "text"], front_matter: bool, links: bool, images: bool,
    skip_existing: bool, force: bool, jobs: int, data: Path,
) -> None:  # fmt: skip
    """Write the newest text of each article to a file of its own.

    A file is named after day, site and title, with a hash of the URL: 2026-11-21-example.com-storm-3f2a9c1b7d4e.md. An
    article of an earlier export whose text is another now is told; --force writes it anew.

    Markdown has the structure of the stored page, cleaned again for it. Where that gives another text than the stored
    one, the stored one is written, as paragraphs.
    """
    from archive import Look, export_articles
    from cleaners import load_in_force

    if skip_existing and force:
        raise click.UsageError("--skip-existing and --force exclude each other: give one.")
    check_folder(out, "--out")
    look, rules = Look(form, front_matter, links, images), load_in_force(data)
    outcomes: Counter[str] = Counter()
    plain: Counter[str] = Counter()
    existing: Literal["refuse", "skip", "replace"] = "skip" if skip_existing else "replace" if force else "refuse"
    with Progress("exporting", saves=True) as progress:
        run = export_articles(data, out, bounds, look=look, existing=existing, rules=rules, jobs=jobs)
        with closing(run):
            for done in run:
                outcomes[done.outcome] += 1
                if done.plain:
                    plain[done.plain] += 1
                progress.advance(done.url)
                if done.problem:
                    say(f"{done.url}: {done.problem}{ADVICE if done.outcome == 'exists' else ''}")
    if not outcomes:
        say(f"no article in {data} is{within(bounds)}")
        raise SystemExit(NOTHING)
    counts = ", ".join(f"{outcomes[name]} {told}" for name, told in TOLD.items() if outcomes[name])
    print_text(f"{out}: {counts}")
    for reason, count in plain.most_common(MAX_REASONS):
        say(f"{count} {'text has' if count == 1 else 'texts have'} paragraphs only: {reason}")
    failed = outcomes["failed"] + outcomes["exists"]
    raise SystemExit(NOTHING if failed == outcomes.total() else SOME_FAILED if failed else 0)

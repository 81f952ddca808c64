"""`pressclip archive rights`: count what sites say about the use of the stored pages, and read it anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scraper.cli.archive.maintain import collection_option
from scraper.cli.terminal.options import data_option, json_option
from scraper.cli.terminal.output import Progress, print_json, print_text, say

if TYPE_CHECKING:
    from archive import Reread

PROBLEMS = 1
WIDTH = 18
"""The width of the first column in characters."""


@click.command()
@click.option("--reread", is_flag=True, help="First read it anew, out of the stored records.")
@collection_option
@data_option
@json_option
def rights(reread: bool, collection: str | None, data: Path, as_json: bool) -> None:
    """Count what sites said about the use of the stored pages, and what that means for AI and for search.

    With --reread it is read again for each page, in its own record and in the records of robots.txt, tdmrep.json and
    licence files that were in force when it was fetched: with today's vocabulary, and without a request. The catalog
    holds the result. Do it after an update of pressclip, after an import, and after `archive rebuild`. Exits with 1 if
    a file cannot be read.
    """
    from archive import CATALOG, Catalog, reread_rights, rights_of
    from scraper.fetch.robots_file import read_robots

    if collection and not reread:
        raise click.UsageError("--collection: give it with --reread: the counts are of the whole archive.")
    done: Reread | None = None
    if reread:
        with Progress("reading again") as progress:
            done = reread_rights(data, read_robots, collection=collection, on_progress=progress.advance)
    with Catalog(data / CATALOG) as catalog:
        kinds, uses, pages = rights_of(catalog)
    if as_json:
        told = {"pages": pages, "signals": dict(sorted(kinds.items())), "uses": _by_use(uses)}
        print_json(told | ({"reread": _as_dict(done)} if done else {}), indent=2)
    else:
        print_text("\n".join(_lines(kinds, uses, pages)))
    if done:
        for problem in done.problems:
            say(problem)
        say(f"{data}: {done.pages:,} pages read again, of {done.changed:,} something else is known now")
        raise SystemExit(PROBLEMS if done.problems else 0)


def _lines(kinds: dict[str, int], uses: dict[tuple[str, str], int], pages: int) -> Iterator[str]:
    yield f"{'pages':{WIDTH}} {pages:>9,}"
    for name, number in sorted(kinds.items(), key=lambda pair: (-pair[1], pair[0])):
        yield f"{name:{WIDTH}} {number:>9,}"
    for use, answers in _by_use(uses).items():
        yield f"{use:{WIDTH}} {', '.join(f'{answer} {number:,}' for answer, number in answers.items())}"


def _by_use(uses: dict[tuple[str, str], int]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for (use, answer), number in sorted(uses.items()):
        found.setdefault(use, {})[answer] = number
    return found


def _as_dict(done: Reread) -> dict[str, object]:
    return {
        "pages": done.pages,
        "changed": done.changed,
        "gained": dict(sorted(done.gained.items())),
        "lost": dict(sorted(done.lost.items())),
        "problems": done.problems,
    }

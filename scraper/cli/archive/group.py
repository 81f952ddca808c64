"""`pressclip archive` collects the archive's commands; `pressclip archive search` finds articles by their words."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from scraper.cli.archive.bounds import bounds_options, within
from scraper.cli.archive.exchange import import_files, pack, replay
from scraper.cli.archive.export import export
from scraper.cli.archive.front import front
from scraper.cli.archive.listing import list_articles
from scraper.cli.archive.maintain import rebuild, recover, verify
from scraper.cli.archive.reclean import reclean
from scraper.cli.archive.rights import rights
from scraper.cli.archive.show import show
from scraper.cli.terminal.options import data_option, json_option
from scraper.cli.terminal.output import print_json, print_text, say
from scraper.printable import one_line

if TYPE_CHECKING:
    from archive import SearchFilter

NOTHING = 3
COLUMNS = ("url", "title", "date", "site", "snippet", "collection", "file", "offset")
"""The fields of a result in JSON."""


@click.group()
def archive() -> None:
    """Search, list, show, export, check, repair, exchange and re-clean the archive."""


for command in (
    verify, recover, rebuild, import_files, pack, replay, reclean, rights, show, list_articles, front, export,
):  # fmt: skip
    archive.add_command(command)


@archive.command()
@click.argument("words", nargs=-1)
@bounds_options
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@data_option
@json_option
def search(words: tuple[str, ...], bounds: SearchFilter, limit: int, data: Path, as_json: bool) -> None:
    """Find articles whose text contains all WORDS, best first.

    "Words in quotes" must stand together, harb* is every word that begins so, and of storm OR gale one is enough.
    Without WORDS, but with --site, --since or another bound: the articles within these bounds, newest first.
    """
    from archive import CATALOG, Catalog

    query = " ".join(map(_phrase, words))
    if not query.strip() and bounds.is_all:
        raise click.UsageError("nothing to search for: give words, or --site, --since or another bound.")
    with Catalog(data / CATALOG) as catalog:
        hits = catalog.search(query, limit, bounds)
    for hit in hits:
        if as_json:
            print_json({name: getattr(hit, name) for name in COLUMNS})
        else:
            title, snippet = one_line(hit.title or "-", None), one_line(hit.snippet, None)
            print_text(f"{str(hit.date or '-')[:10]}  {title}\n  {hit.url}\n  {snippet}")
    if not hits:
        say(f"no article in {data} {'has these words' if query.strip() else 'is'}{within(bounds)}")
        raise SystemExit(NOTHING)


def _phrase(word: str) -> str:
    """Return an argument that a shell's quotes kept together as a phrase."""
    phrase = word.removesuffix("*")
    if '"' in word or "*" in phrase or len(parts := word.split()) < 2 or "OR" in parts:
        return word
    return f'"{phrase}"' + "*" * (phrase != word)

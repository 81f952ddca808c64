"""`pressclip archive` collects the archive's commands; `pressclip archive search` finds articles by their words."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from scraper.cli.archive.exchange import import_files, pack, replay
from scraper.cli.archive.maintain import rebuild, recover, verify
from scraper.cli.archive.reclean import reclean
from scraper.cli.archive.show import show
from scraper.cli.terminal.options import data_option, json_option, read_day, read_host
from scraper.cli.terminal.output import print_json, print_text, say
from scraper.printable import one_line

NOTHING = 3
COLUMNS = ("url", "title", "date", "site", "snippet", "collection", "file", "offset")
"""The fields of a result in JSON."""


@click.group()
def archive() -> None:
    """Search, show, check, repair, exchange and re-clean the archive."""


for command in (verify, recover, rebuild, import_files, pack, replay, reclean, show):
    archive.add_command(command)


@archive.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--site", metavar="HOST", callback=read_host, help="Only articles of this host and its subdomains.")
@click.option("--since", metavar="DATE", callback=read_day,
              help="Only from this day on, by publication date, or by capture date if that is unknown.")  # fmt: skip
@click.option("--until", metavar="DATE", callback=read_day, help="Only up to this day.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@data_option
@json_option
def search(
    words: tuple[str, ...], site: str | None, since: date | None, until: date | None,
    limit: int, data: Path, as_json: bool,
) -> None:  # fmt: skip
    """Find articles whose text contains all WORDS; "words in quotes" must stand together."""
    from archive import CATALOG, Catalog, SearchFilter

    if since and until and since > until:
        raise click.UsageError(f"--since {since} is after --until {until}.")
    query = " ".join(f'"{word}"' if " " in word and '"' not in word else word for word in words)
    with Catalog(data / CATALOG) as catalog:
        hits = catalog.search(query, limit, SearchFilter(site, since, until))
    for hit in hits:
        if as_json:
            print_json({name: getattr(hit, name) for name in COLUMNS})
        else:
            title, snippet = one_line(hit.title or "-", None), one_line(hit.snippet, None)
            print_text(f"{str(hit.date or '-')[:10]}  {title}\n  {hit.url}\n  {snippet}")
    if not hits:
        bounds = " within these bounds" if site or since or until else ""
        say(f"no article in {data} has these words{bounds}")
        raise SystemExit(NOTHING)

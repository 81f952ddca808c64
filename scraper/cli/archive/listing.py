"""`pressclip archive list`: list the articles of the archive as a table, JSON lines or CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scraper.cli.archive.bounds import bounds_options, within
from scraper.cli.terminal.options import data_option
from scraper.cli.terminal.output import print_json, print_text, say
from scraper.printable import one_line

if TYPE_CHECKING:
    from archive import Listed, SearchFilter

NOTHING = 3
COLUMNS = (
    "url", "title", "authors", "date", "site", "language", "access", "kind", "confidence", "characters", "fetched",
    "collection", "file", "offset",
)  # fmt: skip
"""The fields of an article in JSON and CSV."""
FORMULA = tuple("=+-@＝＋－＠")
"""A cell that begins with one of these is a formula to spreadsheet programs:
https://owasp.org/www-community/attacks/CSV_Injection"""


@click.command("list")
@bounds_options
@click.option("--format", "form", type=click.Choice(("table", "jsonl", "csv")), default="table", show_default=True)
@click.option("--limit", type=click.IntRange(1), help="The most articles.  [default: all]")
@click.option("--after", metavar="URL", default="", help="Go on behind this article, the last of an earlier list.")
@data_option
def list_articles(bounds: SearchFilter, form: str, limit: int | None, after: str, data: Path) -> None:
    """List the articles by URL, each with its newest text.

    The table has day, language, URL and title; jsonl and csv have more. In csv, cells from pages that a spreadsheet
    would take for a formula begin with an apostrophe.
    """
    from archive import CATALOG, Catalog

    count, last = 0, ""
    with Catalog(data / CATALOG) as catalog:
        found = catalog.articles_by_url(bounds, after=after, limit=limit and limit + 1)
        for one in islice(found, limit):
            if form == "csv" and not count:
                print_text(_csv_line(COLUMNS))
            _print(one, form)
            count, last = count + 1, one.article.url
        if next(found, None):
            say(f"{count} articles, and more: go on with --after '{one_line(last, None)}'")
    if not count:
        say(f"no article in {data} is{' left' if after else ''}{within(bounds)}")
        raise SystemExit(NOTHING)


def cell(value: object) -> object:
    """Return a value from a page as a cell of a table: on one line, and never a formula.

    >>> cell("=HYPERLINK(A1)")
    "'=HYPERLINK(A1)"
    """
    if not isinstance(value, str):
        return value
    text = one_line(value, None)
    return f"'{text}" if text.startswith(FORMULA) else text


def _fields(one: Listed) -> dict[str, Any]:
    own = {"characters": one.article.text_length, "fetched": one.fetched.isoformat() if one.fetched else None}
    return {name: own[name] if name in own else getattr(one.article, name) for name in COLUMNS}


def _print(one: Listed, form: str) -> None:
    article, fields = one.article, _fields(one)
    if form == "jsonl":
        print_json(fields)
    elif form == "csv":
        print_text(_csv_line(cell(value) for value in (fields | {"authors": "; ".join(article.authors)}).values()))
    else:
        language, title = one_line(article.language or "-"), one_line(article.title or "-", None)
        print_text(f"{one_line(one.day)}  {language:3}  {article.url}  {title}")


def _csv_line(cells: Iterable[object]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(cells)
    return line.getvalue()

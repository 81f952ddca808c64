"""Tell tables of data from tables that only arrange a page, and find the columns of their cells."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from lxml.html import HtmlElement

CELLS = ("td", "th")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_FORMS = ("fieldset", "form", "select", "textarea")
_HEADS = ("caption", "th", "thead")
_PARTS = ("tbody", "tfoot", "thead")
_ARRANGES = ("presentation", "none")
LONG_CELL = 250
LONG_HEADED_CELL = 1500
"""Characters of the longest cell, without and with heads of columns or rows, in a table of data. Judgements: a longer
cell is a text, and the table arranges the page."""
LONG_HEADING = 60
"""Characters of the longest cell with a heading that is the head of a column; a longer one is a text."""
MAX_GRID = 100_000
"""Places (rows times columns) of a table whose cells that reach over several are laid out; beyond, each row has its own
cells only. The development corpora's largest table has fewer than a tenth."""

MAX_REACH = 1000
MAX_DIGITS = 6
"""Columns or rows that a cell reaches over, and digits of their number. HTML has 1000 for columns."""


def is_data(table: HtmlElement) -> bool:
    """Tell whether a table has data, as a person sees it: heads, or a grid of short cells. A table in which there are
    other tables, forms, articles, lines of code or one column arranges the page. The walk ends at the first table
    inside, so the tables of a page cost one walk."""
    if (table.get("role") or "").strip().lower() in _ARRANGES:
        return False
    widths: list[int] = []
    sizes: list[int] = []
    headings: set[int] = set()  # cells with a heading
    has_heads = False
    for element in table.iter():
        tag = element.tag
        if begins_row(element):
            widths.append(0)
        elif tag in CELLS:
            if not widths:
                return False
            widths[-1] += 1
            sizes.append(0)
            has_heads = has_heads or tag == "th" or element.get("scope") is not None
        elif tag in _FORMS or (tag == "table" and element is not table):
            return False
        elif tag == "pre":
            if "\n" in "".join(element.itertext()).strip("\n"):
                return False
        elif tag in _HEADINGS:
            headings.add(len(sizes) - 1)
        has_heads = has_heads or tag in _HEADS
        if sizes:
            sizes[-1] += _length(element)
    if max(widths, default=0) < 2:
        return False
    if has_heads:
        return max(sizes) <= LONG_HEADED_CELL
    longest = max((sizes[cell] for cell in headings if cell >= 0), default=0)
    return len(widths) > 1 and max(sizes) <= LONG_CELL and longest <= LONG_HEADING


def begins_row(element: HtmlElement) -> bool:
    """Tell whether an element is a row: a `tr`, or a part of a table with cells of its own, which a browser puts into
    a row."""
    tag = element.tag
    return tag == "tr" or (
        tag in _PARTS and len(element) > 0 and element[0].tag in CELLS and element.find("tr") is None
    )


def rows_of(table: HtmlElement) -> Iterator[HtmlElement]:
    """Yield the rows of a table of data."""
    return filter(begins_row, table.iter("tr", *_PARTS))


def _length(element: HtmlElement) -> int:
    own = "" if element.tag in ("script", "style") else element.text or ""
    return len(own.strip()) + len((element.tail or "").strip())


@dataclass(frozen=True, slots=True)
class Place:
    """Where a cell is in its table."""

    column: int
    columns: int
    """How many columns it reaches over. A column in which no cell begins does not count."""
    rows: int
    """How many rows it reaches over, as far as its part of the table has them."""


def places(table: HtmlElement) -> tuple[dict[HtmlElement, Place], int]:
    """Return the place of each cell of a table, and the number of its columns; nothing for a table of more than
    MAX_GRID places."""
    found: dict[HtmlElement, tuple[int, int, int]] = {}
    work = row_count = 0
    for _, part in groupby(rows_of(table), lambda row: row.getparent() if row.tag == "tr" else row):
        rows = list(part)
        row_count += len(rows)
        above: list[tuple[int, int, int]] = []  # cells that reach down: first column, column behind, row behind
        for number, row in enumerate(rows):
            above = sorted(cell for cell in above if cell[2] > number)
            waiting = above[::-1]
            column = 0
            for cell in (element for element in row if element.tag in CELLS):
                while waiting and waiting[-1][0] <= column:
                    column = max(column, waiting.pop()[1])
                behind = column + (_reach(cell, "colspan") or 1)
                down = min(_reach(cell, "rowspan") or len(rows), len(rows) - number)
                found[cell] = (column, behind, down)
                if down > 1:
                    above.append((column, behind, number + down))
                column = behind
            work += len(above) + len(row)
            if work > MAX_GRID:
                return {}, 0
    begins = sorted({column for column, _, _ in found.values()})
    if row_count * len(begins) > MAX_GRID:
        return {}, 0
    ranks = {
        cell: Place(rank := bisect_left(begins, column), bisect_left(begins, behind) - rank, down)
        for cell, (column, behind, down) in found.items()
    }
    return ranks, len(begins)


def _reach(cell: HtmlElement, name: str) -> int:
    """Return the number in a cell's `colspan` or `rowspan`: 1 where there is none or no number."""
    value = (cell.get(name) or "").strip()[:MAX_DIGITS]
    return min(int(value), MAX_REACH) if value.isdecimal() and value.isascii() else 1

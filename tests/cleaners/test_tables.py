"""Test tables: a table of data keeps its cells in their columns, a table that arranges a page is read as prose."""

from __future__ import annotations

import pytest

from cleaners import Article, Block, clean
from cleaners.html.blocks import read_blocks
from cleaners.html.tables import MAX_GRID, is_data, places
from cleaners.html.tree import parse
from cleaners.rows import has_cells
from cleaners.structure import structure

PROSE = "It rained on Monday, and the harbour was closed until noon, when the wind fell over the breakwater. "


def rows(markup: str, *, without: str = "\0") -> tuple[Block, ...]:
    """Return the blocks of a page; blocks with a word are not kept."""
    root = parse(f"<body>{markup}</body>")
    assert root is not None
    page = read_blocks(root.find("body"), {})
    kept = {i: Block(block.kind, block.text, block.level) for i, block in enumerate(page) if without not in block.text}
    return structure(page, kept, {}, "https://example.com/")


def texts(markup: str, *, without: str = "\0") -> list[str]:
    return [block.text for block in rows(markup, without=without)]


def article(table: str) -> Article:
    return clean(f"<main><article><h1>Ferries</h1><p>{PROSE * 4}</p>{table}<p>{PROSE * 4}</p></article></main>")


def table(*lines: str) -> str:
    return f"<table><tr>{'<tr>'.join(lines)}</table>"


GRIDS: dict[str, tuple[list[str], list[str]]] = {
    "empty cells": (
        ["<th><th>Mon<th>Tue", "<td>First<td><td>6", "<td>Last<td>9<td>"],
        [" | Mon | Tue", "First |  | 6", "Last | 9 | "],
    ),
    "paragraphs in a cell": (
        ["<th>Bell<td><p>Bronze</p><p>Cast in 1911</p>", "<th>Deck<td>3"],
        ["Bell | Bronze Cast in 1911", "Deck | 3"],
    ),
    "line breaks in a cell": (
        ["<th>Deck<td>36 cars<br><br>2 lorries", "<th>Bell<td>1"],
        ["Deck | 36 cars 2 lorries", "Bell | 1"],
    ),
    "a list in a cell": (
        ["<th>Deck<td><ul><li>cars<li>lorries</ul>", "<th>Bell<td>1"],
        ["Deck | cars lorries", "Bell | 1"],
    ),
    "a cell over two columns": (["<th colspan=2>Lorne", "<td>Length<td>31"], ["Lorne | ", "Length | 31"]),
    "a cell over all columns and more": (["<th colspan=9>Lorne", "<td>Length<td>31"], ["Lorne | ", "Length | 31"]),
    "a cell over two rows": (["<th rowspan=2>Lorne<td>a", "<td>b", "<th>Mar<td>c"], ["Lorne | a", " | b", "Mar | c"]),
    "a cell over two rows at the end": (
        ["<td>a<th rowspan=2>Lorne", "<td>b", "<td>c<td>d"],
        ["a | Lorne", "b | ", "c | d"],
    ),
    "a short row": (["<th>a<th>b<th>c", "<td>d"], ["a | b | c", "d |  | "]),
    "a bar in a cell": (["<th>a | b<th>||", "<td>c<td>d"], ["a | b | ||", "c | d"]),
    "headings as heads": (["<td><h4>a</h4><td><h4>b</h4>", "<td>c<td>d"], ["a | b", "c | d"]),
    "a number that is none": (["<th colspan=x>a<th rowspan=-1>b", "<td>c<td>d"], ["a | b", "c | d"]),
}


@pytest.mark.parametrize("name", GRIDS)
def test_values_stay_in_their_columns(name: str) -> None:
    lines, wanted = GRIDS[name]
    assert texts(table(*lines)) == wanted


def test_a_row_that_is_not_kept_leaves_the_columns_of_the_others() -> None:
    markup = table("<th rowspan=2>gone<td>gone", "<td>b<td>x", "<th rowspan=3>Mar<td>c", "<td>gone", "<td>d")
    assert texts(markup, without="gone") == [" | b | x", "Mar | c | ", " | d | "]
    assert [cell.rows for row in rows(markup, without="gone") for cell in row.cells if cell.text == "Mar"] == [2]


def test_cells_say_what_they_are() -> None:
    head, body = rows(
        "<table><thead><tr><td>Port<td>Ships</thead><tr><th>Hallow<td><a href='/3'>three</a> or <b>4</b></table>"
    )
    assert [(cell.text, cell.is_header) for cell in (*head.cells, *body.cells)] == [
        ("Port", True), ("Ships", True), ("Hallow", True), ("three or 4", False),
    ]  # fmt: skip
    assert [(span.start, span.end, span.kind, span.value) for span in body.cells[1].spans] == [
        (0, 5, "link", "https://example.com/3"),
        (9, 10, "strong", ""),
    ]


def test_cells_without_a_row_are_one_as_in_a_browser() -> None:
    found = rows("<table><thead><th><th>Mon</thead><tbody><tr><td>First<td>6</table>")
    assert [(block.kind, block.text) for block in found] == [("table", " | Mon"), ("table", "First | 6")]
    assert all(cell.is_header for cell in found[0].cells)


def test_rows_and_caption_have_the_number_of_their_table() -> None:
    one = "<table><caption>Ferries</caption><tr><th>a<th>b<tr><td>c<td>d</table>"
    blocks = rows(f"{one}<p>Between.</p>{one}")
    assert [(block.kind, block.table) for block in blocks] == [
        *[("caption", 1), ("table", 1), ("table", 1)],
        ("paragraph", 0),
        *[("caption", 2), ("table", 2), ("table", 2)],
    ]


ARRANGING = {
    "a table in it": "<table><tr><td>a<td><table><tr><td>b</table></table>",
    "one column": "<table><tr><th>a<tr><td>b</table>",
    "a form": "<table><tr><th>a<td><form>b</form></table>",
    "its role": "<table role=presentation><tr><th>a<td>b<tr><td>c<td>d</table>",
    "long cells": f"<table><tr><td>a<td>{PROSE * 4}<tr><td>c<td>d</table>",
    "a headline": f"<table><tr><td><h2>b</h2>{PROSE}<td>a<tr><td>c<td>d</table>",
    "one row": "<table><tr><td>a<td>b</table>",
    "lines of code": "<table><tr><th>1\n2<td><pre>a = 1\nb = 2</pre></table>",
    "no row": "<table><td>a<td>b</table>",
    "nothing": "<table></table>",
}


@pytest.mark.parametrize("name", ARRANGING)
def test_a_table_that_arranges_the_page_is_no_data(name: str) -> None:
    assert "table" not in {block.kind for block in rows(ARRANGING[name])}


def test_the_text_has_tabs_between_cells_and_no_blank_line_between_rows() -> None:
    text = article(table("<th><th>Weekday<th>Friday", "<td>First<td>5:40<td>6:30", "<td>Last<td>20:15<td>")).text
    assert "\n\n\tWeekday\tFriday\nFirst\t5:40\t6:30\nLast\t20:15\t\n\n" in text


def test_line_rules_look_at_no_joined_row() -> None:
    path = table("<td>Home<td>News<td>Local", "<td>Home<td>Sport<td>Ferries", "<td>3<td>4<td>5")
    found = article(path)
    assert "Home\tNews\tLocal" in found.text
    assert not [removal for removal in found.removals if "News" in removal.text]


def test_a_row_of_one_filled_cell_is_a_line_of_the_page() -> None:
    root = parse(table("<td>a<td>", "<td>b<td>c"))
    assert root is not None
    assert [has_cells(block) for block in read_blocks(root.find("body"), {})] == [False, True]


def test_a_hostile_table_is_laid_out_in_bounded_places() -> None:
    wide = "<td>x" * 400
    root = parse(f"<table><tr>{wide}{'<tr><td colspan=1000 rowspan=1000>y<td>z' * 400}</table>")
    assert root is not None
    element = root.find(".//table")
    assert is_data(element)
    where, width = places(element)
    assert width * 401 <= MAX_GRID
    assert len(texts(f"<table><tr>{wide}{'<tr><td rowspan=1000>y<td>z' * 400}</table>")) == 401
    assert not where or len(where) == 1200


def ranks(*lines: tuple[str, str]) -> str:
    return "<table>" + "".join(f"<tr><td>{number}<td><td>{text}</tr>" for number, text in lines) + "</table>"


def test_a_table_of_numbers_that_count_on_and_texts_is_a_list() -> None:
    found = rows(
        ranks(("1.", "<b>Storm</b> at Hallow"), ("", "12 ships"), ("2.", "Fog"), ("", "No ship"), ("3.", "Rain"))
        + "<table><tr><th>Port<th>Ships</tr><tr><td>Hallow<td>3</tr></table>"
    )
    assert [(b.kind, b.level, b.text, b.continues) for b in found[:5]] == [
        ("list item", 1, "Storm at Hallow", False), ("list item", 0, "12 ships", True),
        ("list item", 2, "Fog", False), ("list item", 0, "No ship", True), ("list item", 3, "Rain", False),
    ]  # fmt: skip
    assert [(span.kind, span.start, span.end) for span in found[0].spans] == [("strong", 0, 5)]
    assert {block.table for block in found[5:]} == {1}


@pytest.mark.parametrize(
    "markup",
    [
        ranks(("1.", "Storm"), ("2.", "Fog")),
        ranks(("1.", "Storm"), ("2.", "Fog"), ("4.", "Rain")),
        ranks(("1", "Storm"), ("2", "Fog"), ("3", "Rain")),
        ranks(("", "of all:"), ("1.", "Storm"), ("2.", "Fog"), ("3.", "Rain")),
        table("<td>1.<td>Storm<td>12", "<td>2.<td>Fog<td>3", "<td>3.<td>Rain<td>4"),
        "<table><tr><th>1.<td>Storm</tr><tr><th>2.<td>Fog</tr><tr><th>3.<td>Rain</tr></table>",
        f"<ul><li>{ranks(('1.', 'Storm'), ('2.', 'Fog'), ('3.', 'Rain'))}</ul>",
    ],
    ids=["two", "a gap", "values", "a line above", "three columns", "heads", "in an item"],
)
def test_other_numbers_in_a_table_are_cells(markup: str) -> None:
    assert {block.kind for block in rows(markup)} == {"table"}

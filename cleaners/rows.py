"""Make cells of the rows of tables of data, and lay the cells of rows out in columns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate, islice, pairwise

from lxml.html import HtmlElement

from cleaners.article import Block, Cell, changed
from cleaners.html.blocks import Frame, InlineMark, PageBlock
from cleaners.html.inline import NO_MARKS, cut_out, shown_notes, spans_of
from cleaners.html.tables import CELLS, MAX_GRID, MAX_REACH, begins_row, places, rows_of
from cleaners.rules.lines import Cut

BETWEEN = " | "
"""What parts the cells in the text of a row."""
MIN_NUMBERED = 3
"""Items of a list that is laid out as a table. Judgement: two numbers may be anything."""
_ITEM = re.compile(r"(\d{1,4})[.)]", re.ASCII)
_AROUND_ITEMS = frozenset(("dd", "dt", "li"))


def is_row(block: PageBlock) -> bool:
    """Tell whether a block is a row of a table of data."""
    return block.frame.table > 0 and begins_row(block.frame.element)


def is_caption(block: PageBlock) -> bool:
    """Tell whether a block is in the caption of a table of data."""
    return block.frame.table > 0 and any(frame.tag == "caption" for frame in _up_to_table(block.frame))


def has_cells(block: PageBlock) -> bool:
    """Tell whether a block is a row of a table of data in which two cells or more have words: a line of ours, not of
    the page."""
    return is_row(block) and sum(any(map(str.strip, pieces)) for _, pieces, _ in _parts(block)) > 1


def tables(
    page: Sequence[PageBlock],
    kept: Mapping[int, Block],
    cuts: Mapping[int, Sequence[Cut]],
    base: str,
    notes: Mapping[HtmlElement, str] = NO_MARKS,
) -> dict[int, Block]:
    """Return those of the kept blocks that are in tables: rows with their cells, and captions, each with the number of
    its table. A row of a table that only arranges the page is a paragraph. `notes`: the elements that are marks
    of notes, each with the note's label."""
    done: dict[int, Block] = {}
    numbers: dict[int, int] = {}
    rows: dict[int, list[int]] = {}
    for i, block in kept.items():
        if is_row(page[i]):
            rows.setdefault(page[i].frame.table, []).append(i)
            block = changed(block, kind="table")
        elif is_caption(page[i]):
            block = changed(block, kind="caption")
        elif block.kind == "table":
            done[i] = changed(block, kind="paragraph")
            continue
        else:
            continue
        done[i] = changed(block, table=numbers.setdefault(page[i].frame.table, len(numbers) + 1))
    for members in rows.values():
        known = {i: cells for i in members if (cells := _cells(page[i], done[i], cuts.get(i, ()), base, notes))}
        done |= _laid_out({page[i].frame.element: i for i in known}, known, done) if known else {}
        if _is_numbered([done[i] for i in members], page[members[0]].frame.element):
            done |= {i: _as_item(done[i]) for i in members}
    left = {number: place for place, number in enumerate(sorted({block.table for block in done.values()} - {0}), 1)}
    return {i: changed(block, table=left[block.table]) if block.table else block for i, block in done.items()}


def _is_numbered(rows: Sequence[Block], row: HtmlElement) -> bool:
    """Tell whether a table is a list: its rows have a number that counts on, such as `3.`, and one cell of text, or go
    on with the text above."""
    numbers: list[int] = []
    for block in rows:
        said = [cell for cell in block.cells if cell.text]
        number = _ITEM.fullmatch(said[0].text) if len(said) == 2 else None
        if any(cell.is_header for cell in said) or not said or not (number or (len(said) == 1 and numbers)):
            return False
        numbers += [int(number[1])] if number else []
    is_counted = all(behind == number + 1 for number, behind in pairwise(numbers))
    if len(numbers) < MIN_NUMBERED or not is_counted:
        return False
    around = [*row.iterancestors()]
    has_caption = any(element.tag == "table" and element.find("caption") is not None for element in around)
    return not has_caption and _AROUND_ITEMS.isdisjoint(element.tag for element in around)


def _as_item(row: Block) -> Block:
    said = [cell for cell in row.cells if cell.text]
    is_first = len(said) == 2
    level = int(said[0].text[:-1]) if is_first else 0
    return Block("list item", said[-1].text, level, said[-1].spans, continues=not is_first)


def cells_of(row: Block) -> tuple[Cell, ...]:
    """Return the cells of a row; for one that has only its text, its parts."""
    return row.cells or tuple(map(Cell, row.text.split(BETWEEN)))


def grid(rows: Sequence[Sequence[Cell]]) -> list[list[Cell | None]]:
    """Return rows of the same length, with nothing in the places that a cell reaches over. Columns in which no cell
    begins are left out.

    >>> [[cell and cell.text for cell in row] for row in grid([[Cell("a", rows=2), Cell("b")], [Cell("c")]])]
    [['a', 'b'], [None, 'c']]
    """
    placed: list[dict[int, Cell]] = []
    taken: dict[int, int] = {}
    budget = MAX_GRID
    for row in rows:
        taken = {column: more - 1 for column, more in taken.items() if more > 1}
        line: dict[int, Cell] = {}
        column = 0
        for cell in row:
            while column in taken:
                column += 1
            line[column] = cell
            columns, deep = (max(1, min(n, MAX_REACH, budget)) for n in (cell.columns, cell.rows))
            budget -= columns * deep
            taken |= dict.fromkeys(range(column, column + columns), deep)
            column += columns
        placed.append(line)
    used = sorted({column for line in placed for column in line})
    if len(used) * len(rows) > MAX_GRID:
        width = max(map(len, rows))
        plain: list[list[Cell | None]] = [[*row] for row in rows]
        plain[0] += [None] * (width - len(plain[0]))
        return plain
    return [[line.get(column) for column in used] for line in placed]


def texts(line: Iterable[Cell | None]) -> list[str]:
    """Return the text of each column of a line of a grid; a text stands in the first column that its cell is in."""
    return ["" if cell is None else cell.text for cell in line]


def _up_to_table(frame: Frame | None) -> Iterator[Frame]:
    while frame is not None and frame.tag != "table":
        yield frame
        frame = frame.parent


def _parts(block: PageBlock) -> Iterator[tuple[HtmlElement, Sequence[str], Sequence[InlineMark]]]:
    """Yield the cells of a row, each with its pieces of the text and the marks of its inline elements."""
    begun: list[InlineMark] = []
    cell: HtmlElement | None = None
    first, inside = 0, []
    for mark in block.marks:
        pieces, element, begins = mark
        if element.tag in CELLS:
            if begins and cell is None:
                cell, first = element, pieces
                inside = [(0, other, True) for _, other, _ in begun]
            elif element is cell:
                yield element, block.pieces[first:pieces], inside
                cell = None
            continue
        if begins:
            begun.append(mark)
        elif begun and begun[-1][1] is element:
            begun.pop()
        if cell is not None:
            inside.append((pieces - first, element, begins))


def _cells(
    block: PageBlock, row: Block, cuts: Sequence[Cut], base: str, notes: Mapping[HtmlElement, str]
) -> dict[HtmlElement, Cell]:
    """Return the cells of a row by their elements; none of a row that has other text too, or whose text was cut."""
    cells = {}
    for element, pieces, marks in _parts(block):
        text = " ".join("".join(pieces).split())
        spans = spans_of(PageBlock(text, "paragraph", 0, 0, block.frame, pieces=pieces, marks=marks), base, notes)
        if text == block.text != row.text:
            for cut in reversed(cuts):
                text, spans = cut_out(text, spans, cut.start, cut.end)
        cells[element] = Cell(text, spans, element.tag == "th" or _is_in_head(element))
    joined = " ".join(BETWEEN.join(cell.text for cell in cells.values()).split()).strip("| ")
    return {element: _shown(cell) for element, cell in cells.items()} if joined == row.text else {}


def _shown(cell: Cell) -> Cell:
    """Return a cell in which marks of notes are in brackets, as in other text."""
    if not any(span.kind == "note" for span in cell.spans):
        return cell
    text, spans = shown_notes(cell.text, cell.spans)
    return replace(cell, text=text, spans=spans)


def _is_in_head(cell: HtmlElement) -> bool:
    return any(element.tag == "thead" for element in islice(cell.iterancestors(), 2))


def _laid_out(
    rows: Mapping[HtmlElement, int], known: Mapping[int, Mapping[HtmlElement, Cell]], blocks: Mapping[int, Block]
) -> dict[int, Block]:
    """Return the rows of a table with their cells. An empty cell stands where one of a row that is not kept reaches
    to, and at the end of a short row."""
    table = next(element for element in next(iter(rows)).iterancestors("table"))
    where, width = places(table)
    every = list(rows_of(table))
    counts = [0, *accumulate(row in rows for row in every)]
    done: dict[int, Block] = {}
    reaching: list[tuple[int, int, int, bool]] = []  # column, columns, the row behind the cell, whether it is kept
    for number, row in enumerate(every):
        own = [(where[cell], cell) for cell in row if cell in where]
        reaching = [cell for cell in reaching if cell[2] > number]
        if row in rows and not where:
            done[rows[row]] = changed(blocks[rows[row]], cells=tuple(known[rows[row]].values()))
        elif row in rows:
            line = {column: Cell("", columns=columns) for column, columns, _, is_kept in reaching if not is_kept}
            for place, cell in own:
                down = counts[min(number + place.rows, len(every))] - counts[number]
                found = known[rows[row]].get(cell, Cell(""))
                line[place.column] = Cell(found.text, found.spans, found.is_header, place.columns, down)
            taken = {column for begin, columns, _, _ in reaching for column in range(begin, begin + columns)}
            taken.update(column for begin, cell in line.items() for column in range(begin, begin + cell.columns))
            line |= {column: Cell("") for column in range(width) if column not in taken}
            done[rows[row]] = changed(blocks[rows[row]], cells=tuple(line[column] for column in sorted(line)))
        reaching += [(place.column, place.columns, number + place.rows, row in rows) for place, _ in own]
    for i, laid in zip(done, grid([row.cells for row in done.values()]), strict=True):
        done[i] = changed(done[i], text=BETWEEN.join(texts(laid)))
    return done

"""Set out the cells of a table in rows and columns."""

from __future__ import annotations

from collections.abc import Sequence

from cleaners.article import Block, Cell

MAX_PLACES = 1_000_000
"""Rows times columns up to which cells are set out; each costs some 100 ns. A larger table's spans are ignored."""
MAX_SPAN = 1000
"""Columns or rows over which one cell reaches: HTML allows no more columns
(https://html.spec.whatwg.org/multipage/tables.html#algorithm-for-processing-rows)."""


def cells_of(row: Block) -> tuple[Cell, ...]:
    """Return the cells of a row; for one that has only its text, its parts."""
    return row.cells or tuple(Cell(text) for text in row.text.split(" | "))


def grid(rows: Sequence[Sequence[Cell]]) -> list[list[Cell | None]]:
    """Return rows of the same length, with nothing in the places that a cell reaches over. Columns in which no cell
    begins are left out.

    >>> [[cell and cell.text for cell in row] for row in grid([[Cell("a", rows=2), Cell("b")], [Cell("c")]])]
    [['a', 'b'], [None, 'c']]
    """
    placed: list[dict[int, Cell]] = []
    taken: dict[int, int] = {}
    budget = MAX_PLACES
    for row in rows:
        taken = {column: more - 1 for column, more in taken.items() if more > 1}
        line: dict[int, Cell] = {}
        column = 0
        for cell in row:
            while column in taken:
                column += 1
            line[column] = cell
            columns, deep = (max(1, min(n, MAX_SPAN, budget)) for n in (cell.columns, cell.rows))
            budget -= columns * deep
            taken |= dict.fromkeys(range(column, column + columns), deep)
            column += columns
        placed.append(line)
    used = sorted({column for line in placed for column in line})
    if len(used) * len(rows) > MAX_PLACES:
        width = max(map(len, rows))
        plain: list[list[Cell | None]] = [[*row] for row in rows]
        plain[0] += [None] * (width - len(plain[0]))
        return plain
    return [[line.get(column) for column in used] for line in placed]

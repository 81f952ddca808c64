"""Mark the formulas that stand in an article's text between the signs that a program would set them by."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

from cleaners.article import Block, changed
from cleaners.html.formulas import is_typeset, raw_formulas
from cleaners.html.inline import Span


def with_raw_formulas(blocks: Sequence[Block], page: str | bytes) -> tuple[Block, ...]:
    """Return blocks with spans for the formulas that stand in their text with their delimiters. `page`: the page's
    markup, text or in UTF-8, which tells whether a program sets them; it is searched only if a block has something
    between delimiters."""
    may_have = {i for i, block in enumerate(blocks) if block.kind != "code" and _may_have_raw(block)}
    if not may_have:
        return tuple(blocks)
    typeset = is_typeset(page if isinstance(page, str) else page.decode())
    return tuple(_marked(block, typeset) if i in may_have else block for i, block in enumerate(blocks))


def _may_have_raw(block: Block) -> bool:
    texts = [cell.text for cell in block.cells] or [block.text]
    return any(("$" in text or "\\" in text) and any(raw_formulas(text, typeset=True)) for text in texts)


def _marked(block: Block, typeset: bool) -> Block:
    if block.cells:
        cells = (replace(cell, spans=_with_raw(cell.text, cell.spans, typeset)) for cell in block.cells)
        return changed(block, cells=tuple(cells))
    return changed(block, spans=_with_raw(block.text, block.spans, typeset))


def _with_raw(text: str, spans: tuple[Span, ...], typeset: bool) -> tuple[Span, ...]:
    """Return a text's spans with those of its formulas: there are none in code, and no other spans in them."""
    literal = [span for span in spans if span.kind in ("code", "math")]
    begins = [span.start for span in literal]
    found: list[Span] = []
    for start, end, is_display in raw_formulas(text, typeset=typeset):
        at = bisect_right(begins, end - 1) - 1
        if at < 0 or literal[at].end <= start:
            found.append(Span(start, end, "math", "display" if is_display else ""))
    if not found:
        return spans
    starts = [span.start for span in found]
    rest = [span for span in spans if (at := bisect_right(starts, span.start) - 1) < 0 or span.end > found[at].end]
    return tuple(sorted([*rest, *found], key=lambda span: (span.start, -span.end)))

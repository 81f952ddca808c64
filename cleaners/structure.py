"""Say how the blocks of an article hang together: spans, lists, tables, notes. Only what is kept is looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from urllib.parse import urljoin

from lxml.html import HtmlElement

from cleaners.article import Block
from cleaners.html.blocks import PageBlock
from cleaners.html.inline import cut_out, spans_of
from cleaners.lists import joined
from cleaners.rows import cells_of, grid, tables, texts
from cleaners.rules.lines import Cut


def base_of(root: HtmlElement, url: str | None) -> str:
    """Return the address to which a page's links are relative: that of its `base` element, else its own."""
    element = root.find(".//base[@href]")
    reference = "" if element is None else (element.get("href") or "").strip()
    try:
        return urljoin(url or "", reference)
    except ValueError:
        return url or ""


def structure(
    page: Sequence[PageBlock], kept: Mapping[int, Block], cuts: Mapping[int, Sequence[Cut]], base: str
) -> tuple[Block, ...]:
    """Return the kept blocks with their spans. `kept`: blocks by their number on the page; `cuts`: what line rules cut
    out of them; `base`: the address to which links are relative."""
    known = tables(page, kept, cuts, base)
    rich = {i: _with_spans(page[i], known.get(i, block), cuts.get(i, ()), base) for i, block in kept.items()}
    return tuple(joined(page, rich).values())


def _with_spans(block: PageBlock, plain: Block, cuts: Sequence[Cut], base: str) -> Block:
    if not block.marks or plain.cells:
        return plain
    text, spans = block.text, spans_of(block, base)
    if text != plain.text:
        for cut in reversed(cuts):
            text, spans = cut_out(text, spans, cut.start, cut.end)
    return replace(plain, spans=spans) if spans else plain


def without(text: str, cuts: Sequence[Cut]) -> str:
    """Return a text without what line rules cut."""
    for cut in reversed(cuts):
        text, _ = cut_out(text, (), cut.start, cut.end)
    return text


def plain(blocks: Sequence[Block]) -> str:
    """Return the text of blocks: paragraphs, one a line, with a blank line between them, but none between the rows of
    a table, whose cells are parted by tabs."""
    pieces = []
    for number, group in groupby(blocks, lambda block: block.table if block.kind == "table" else 0):
        if number:
            pieces.append("\n".join("\t".join(texts(line)) for line in grid([*map(cells_of, group)])))
        else:
            pieces += [block.text for block in group]
    return "\n\n".join(pieces)

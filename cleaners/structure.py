"""Say how the blocks of an article hang together: spans, lists, tables, notes. Only what is kept is looked at."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby

from lxml.html import HtmlElement

from cleaners.article import Block, changed
from cleaners.bullets import parted
from cleaners.classify.outline import inherited
from cleaners.html.blocks import Frame, Inset, PageBlock
from cleaners.html.code import language_of
from cleaners.html.inline import base_address, cut_out, shown_notes, spans_of
from cleaners.insets import with_insets
from cleaners.keep import is_caption, main_element
from cleaners.lists import joined
from cleaners.notes import NO_NOTES, Note, Notes
from cleaners.quotes import with_sources
from cleaners.rows import cells_of, grid, is_row, tables, texts
from cleaners.rules.lines import Cut
from cleaners.rules.sites import host_of
from cleaners.verse import with_verse

_HOST = re.compile(r"[\w-]+(?:\.[\w-]+)+(?::\d+)?")
CODE_LABEL = "dom/code-label"
"""The rule that removes the name of the language above code."""


_OWN_ADDRESS = frozenset(("og:url", "twitter:url"))
"""The names of `meta` elements that give a page's own address. On the 1,903 pages of the four development corpora its
host was compared with that of the address asked for: the canonical link, else what the metadata has, agrees on 1,738
of 1,782 pages (97.5 %). Where all marks must name one host, 1,733 of 1,760 agree (98.5 %), and 19 more name another
address of the same site, its new or its country's; 8 (0.5 %) another site or a server behind it. Articles taken over
from another publisher, whose canonical link is the original, get no answer."""


def declared_address(root: HtmlElement, canonical: str | None) -> str:
    """Return the address that a page declares as its own; empty where it says nothing or contradicts itself.
    `canonical`: what its metadata gives."""
    if not canonical:
        return ""
    metas = ((meta.get("property") or meta.get("name") or "", meta.get("content")) for meta in root.iter("meta"))
    said = [canonical, *(value.strip() for name, value in metas if value and name.lower() in _OWN_ADDRESS)]
    hosts = {host_of(address).removeprefix("www.") for address in said} - {""}
    return canonical if len(hosts) == 1 and all(map(_HOST.fullmatch, hosts)) else ""


def base_of(root: HtmlElement, url: str | None, canonical: str | None = None) -> str:
    """Return the address to which a page's links are relative: that of its `base` element, else *url*, its own, else
    the one that it declares (`canonical` is what its metadata gives)."""
    return base_address(root, url or declared_address(root, canonical))


def structure(
    page: Sequence[PageBlock],
    kept: Mapping[int, Block],
    cuts: Mapping[int, Sequence[Cut]],
    base: str,
    notes: Notes = NO_NOTES,
    insets: Sequence[Inset] = (),
    lead: str = "",
) -> tuple[Block, ...]:
    """Return the kept blocks with their spans. `kept`: blocks by their number on the page; `cuts`: what line rules cut
    out of them; `base`: the address to which links are relative; `notes`: those of `kept`; `insets`: the page's
    pictures and messages of other sites; `lead`: the address of the picture that it declares."""
    known = tables(page, kept, cuts, base, notes.marks)
    rich = {i: _with_spans(page[i], known.get(i, block), cuts.get(i, ()), base, notes, i) for i, block in kept.items()}
    begun: set[str] = set()
    for i, block in rich.items():
        if block.text and (note := notes.of_block.get(i)):
            rich[i] = _as_note(page[i], block, note, is_first=note.label not in begun)
            begun.add(note.label)
    named = {
        i: _with_language(page, i, block) if block.kind == "code" else block for i, block in rich.items() if block.text
    }
    named = with_sources(page, with_verse(page, named), base)
    if insets and named:
        # the captions of a hostile page are asked once an element
        seen: dict[int, bool] = {}
        page, named = with_insets(
            page, named, insets, base, main_element(page, list(named)), partial(is_caption, known=seen), lead
        )
    whole = dict(_quoted(page, joined(page, named)))
    return tuple(part for i, block in whole.items() for part in parted(page[i], block))


def _quoted(page: Sequence[PageBlock], kept: Mapping[int, Block]) -> Iterator[tuple[int, Block]]:
    """Yield the kept blocks, by their number on the page, with the number of the quote that each is in; the line that
    names a quote's source is."""
    numbers: dict[HtmlElement, int] = {}
    known: dict[int, HtmlElement | None] = {}
    quote = 0
    for i, block in kept.items():
        around = inherited(page[i].frame, known, None, _outermost_quote)
        is_outside = around is None or (block.label and block.kind == "note")
        quote = quote if is_outside or around is None else numbers.setdefault(around, len(numbers) + 1)
        yield i, block if is_outside and block.kind != "attribution" else changed(block, quoted=quote)


def _outermost_quote(around: HtmlElement | None, frame: Frame) -> HtmlElement | None:
    """Return the outermost quote that a frame is or is in; `around`: that of the frame around it."""
    return frame.element if around is None and _is_quote(frame) else around


def _is_quote(frame: Frame) -> bool:
    """Tell whether an element is a quote, or a callout: what its writer began with `> [!note]`."""
    if frame.tag != "div":
        return frame.tag == "blockquote"
    element = frame.element
    return element.get("data-callout") is not None or "markdown-alert" in (element.get("class") or "").split()


def _with_language(page: Sequence[PageBlock], number: int, block: Block) -> Block:
    """Return code with its language. Its spans do not say again that it is code."""
    beside = (page[i].text for i in (number - 1, number + 1) if 0 <= i < len(page) and page[i].rule == CODE_LABEL)
    spans = tuple(span for span in block.spans if span.kind != "code")
    return changed(block, spans=spans, language=language_of(page[number].frame.element, beside))


def _with_spans(block: PageBlock, plain: Block, cuts: Sequence[Cut], base: str, notes: Notes, number: int) -> Block:
    if plain.cells or (not block.marks and number not in notes.of_block):
        return plain
    if is_row(block) and plain.kind == "list item":
        return plain  # has its spans: its number is none of its text
    text, spans = block.text, spans_of(block, base, notes.marks)
    ranges = [(cut.start, cut.end) for cut in cuts] if text != plain.text else []
    if number in notes.of_block:
        ranges = _merged([*ranges, *notes.of_block[number].cuts.get(number, ())])
    for start, end in reversed(ranges):
        text, spans = cut_out(text, spans, start, end)
    if any(span.kind == "note" for span in spans):
        text, spans = shown_notes(text, spans)
    return changed(plain, text=text, spans=spans) if spans or text != plain.text else plain


def _merged(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def _as_note(block: PageBlock, rich: Block, note: Note, *, is_first: bool) -> Block:
    """Return a block of a note: its paragraphs are of that kind, lists and code in it keep theirs."""
    is_item = block.kind == "list item" and not note.is_around(block.frame)
    if not is_first and (is_item or block.kind not in ("paragraph", "list item")):
        return changed(rich, label=note.label, continues=not is_item)
    return changed(rich, kind="note", level=0, label=note.label, continues=not is_first)


def without(text: str, cuts: Sequence[Cut]) -> str:
    """Return a text without what line rules cut."""
    for cut in reversed(cuts):
        text, _ = cut_out(text, (), cut.start, cut.end)
    return text


def plain(blocks: Sequence[Block]) -> str:
    """Return the text of blocks: paragraphs, one a line, with a blank line between them, but none between the rows of
    a table, whose cells are parted by tabs."""
    pieces = []
    for number, group in groupby(filter(_has_text, blocks), lambda block: block.table if block.kind == "table" else 0):
        if number:
            pieces.append("\n".join("\t".join(texts(line)) for line in grid([*map(cells_of, group)])))
        else:
            pieces += map(_line, group)
    return "\n\n".join(pieces)


def _has_text(block: Block) -> bool:
    return bool(block.text or block.cells)


def _line(block: Block) -> str:
    is_note = block.kind == "note" and not block.continues
    return f"[{block.label}] {block.text}" if is_note else block.text

"""Write an article as Markdown: CommonMark with the tables, notes, formulas and definition lists of its common readers.

Whatever signs a text has, such a reader shows the text as it was: what would count as Markdown is escaped.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from cleaners.article import Article, Block, Cell, RichKind
from cleaners.html.formulas import bare_tex
from cleaners.html.inline import Span
from cleaners.output.nested import Node, nested, shown
from cleaners.quotes import bare
from cleaners.rows import cells_of, grid

_SPECIAL = re.compile(r"[\\`*\[\]<~]|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w{0,31}(?:;|$))")
_LINE_START = re.compile(r"^(?:#{1,6}(?=[ \t]|$)|[-+:>](?=[ \t]|$)|>|[-=:|][-=:| \t]*$)", re.MULTILINE)
_NUMBERED = re.compile(r"^(\d{1,9})([.)])(?=[ \t]|$)", re.MULTILINE)
_INDENT = re.compile(r"^[ \t]+|[ \t]+$", re.MULTILINE)
_CLOSING = re.compile(r"(^|[ \t])(#+)$")
_OPENS, _CLOSES = re.compile(r"\$(?=[^ \t])"), re.compile(r"(?<=\S)\$(?!\d)")
"""What readers take for the ends of a formula: no white space inside of them, no digit behind. Two prices are none."""
_SIGNS = {"strong": "**", "emphasis": "*"}
_TAGS = {"subscript": "sub", "superscript": "sup"}
"""Elements for what Markdown has no sign for; its readers take HTML."""


@dataclass(frozen=True, slots=True)
class Show:
    """What is written."""

    links: bool = False
    images: bool = False
    notes: frozenset[str] = frozenset()
    """The labels of notes that have a mark in the text: a reader shows no others."""


def markdown(article: Article, *, links: bool = False, images: bool = False) -> str:
    """Return the article as Markdown. `links`: whether links and the sources of quotes are written with their
    addresses. `images`: whether the addresses of pictures are.

    >>> print(markdown(Article("", (Block("heading", "1. Rain", 3), Block("list item", "one")))), end="")
    ### 1. Rain
    <BLANKLINE>
    - one
    """
    blocks = shown(article.lines_as_blocks(), links=links, images=images)
    parts = [_heading(article.title, (), 1, Show())] if article.title else []
    body = "".join(_Writer(Show(links, images, _marked(blocks))).write(blocks))
    return "\n\n".join([*parts, *([body] if body else [])]) + "\n" if parts or body else ""


def _marked(blocks: Sequence[Block]) -> frozenset[str]:
    labels = {block.label for block in blocks if block.kind == "note"}
    texts = chain.from_iterable((block.spans, *(cell.spans for cell in block.cells)) for block in blocks)
    spans = chain.from_iterable(texts)
    return frozenset(labels & {span.value for span in spans if span.kind == "note"})


@dataclass(frozen=True, slots=True)
class _Open:
    """An item, definition or note that the blocks after it may go on with."""

    block: Block
    sign: str
    """Of an item: what its list's signs have in common."""
    indent: int
    """How far its content stands from the left."""


def is_in_note(item: Block, block: Block) -> bool:
    """Tell whether an item of a list is part of the note that a block begins."""
    return block.kind == "note" and item.label == block.label != ""


def ends_item(block: Block, item: Block) -> bool:
    """Tell whether what goes on behind an item goes on with an outer one, or with the note that the list is in."""
    return item.depth > block.depth or (block.kind == "note" and item.label == block.label)


def is_numbered(item: Block) -> bool:
    """Tell whether an item is one of an ordered list."""
    return item.level > 0 or item.marker == "0"


def as_quote(first: Block) -> Block:
    """Return the first block of a quote as the quote itself, by its place: one that begins with an item of an inner
    list goes on with the item around."""
    if first.kind != "list item" or first.continues:
        return replace(first, kind="quote")
    return replace(first, kind="quote", continues=first.depth > 0, depth=max(0, first.depth - 1))


def unquoted(blocks: Sequence[Block]) -> Iterator[Block]:
    """Yield the blocks of a quote as they would be outside of it, and of what goes on around it."""
    begun: set[int] = set()
    for block in blocks:
        if block.kind == "quote" and not block.text:
            continue
        kind: RichKind = "paragraph" if block.kind == "quote" else block.kind
        goes_on = block.continues and block.depth in begun
        if not block.continues and kind in ("list item", "definition"):
            begun.add(block.depth)
        yield replace(block, kind=kind, quoted=0, continues=goes_on)


class _Writer:
    """Writes blocks below each other, and what goes on with an item or note below it, indented."""

    def __init__(self, show: Show) -> None:
        self.show = show
        self.open: list[_Open] = []

    def write(self, blocks: Sequence[Block]) -> Iterator[str]:
        """Yield the pieces of Markdown, and what stands between them."""
        last: Block | None = None
        for group in groups(blocks):
            first = group[0]
            gap, sign, hang = self._place(first, last)
            text = self._text(group)
            if not text:
                continue
            if last is not None:
                yield gap
            margin = self.open[-1].indent if self.open else 0
            pad = " " * margin
            lines = [f"{pad}{line}" if line else "" for line in text.split("\n")]
            yield "\n".join([" " * hang + sign + lines[0][margin:] if sign else lines[0], *lines[1:]])
            last = group[-1]

    def _place(self, block: Block, last: Block | None) -> tuple[str, str, int]:
        """Open what a block begins and close what it ends. Return what stands before it, its sign, and how far the
        sign is from the left."""
        if block.quoted:
            block = as_quote(block)
        if block.continues and self.open:
            while len(self.open) > 1 and self._kind() == "list item" and ends_item(block, self.open[-1].block):
                self.open.pop()
            return "\n\n", "", 0
        if block.kind == "list item":
            return self._place_item(block, last)
        in_terms = last is not None and (last.kind == "term" or (bool(self.open) and self._kind() == "definition"))
        self.open.clear()
        if block.kind == "definition" and in_terms:
            self.open.append(_Open(block, "", 4))
            return "\n", ":   ", 0
        if block.kind == "note" and block.label in self.show.notes:
            self.open.append(_Open(block, "", 4))
            return "\n\n", f"[^{_label(block.label)}]: ", 0
        return "\n\n", "", 0

    def _place_item(self, block: Block, last: Block | None) -> tuple[str, str, int]:
        sibling = None
        if self.open and self._kind() != "list item" and not is_in_note(block, self.open[-1].block):
            self.open.clear()
        while self.open and self._kind() == "list item" and self._depth() >= block.depth:
            sibling = self.open.pop()
        if sibling is not None and sibling.block.depth != block.depth:
            sibling = None
        margin = self.open[-1].indent if self.open else 0
        kind = "-"
        if is_numbered(block):
            # a list whose numbers jump is another list, and only another sign begins one
            kind = "."
            if sibling is not None and sibling.sign in ".)":
                goes_on = block.level == sibling.block.level + 1
                kind = sibling.sign if goes_on else (")" if sibling.sign == "." else ".")
        sign = "- " if kind == "-" else f"{block.level}{kind} "
        is_new = sibling is None or sibling.sign != kind
        # a list that does not begin with 1 cannot stand right below a paragraph
        can_interrupt = kind == "-" or block.level == 1
        is_apart = last is None or last.kind != "list item" or (is_new and not (self.open and can_interrupt))
        self.open.append(_Open(block, kind, margin + len(sign)))
        return "\n\n" if is_apart else "\n", sign, margin

    def _depth(self) -> int:
        return self.open[-1].block.depth

    def _kind(self) -> str:
        return self.open[-1].block.kind

    def _text(self, group: Sequence[Block]) -> str:
        block = group[0]
        if block.quoted or block.kind == "quote":
            return _quote(group, self.show)
        match block.kind:
            case "table":
                return _table(group, self.show)
            case "code":
                fence = _fence(block.text, 3)
                language = re.sub(r"[^\w+#.-]", "", block.language)
                return f"{fence}{language}\n{block.text}\n{fence}"
            case "heading":
                return _heading(block.text, block.spans, max(2, min(6, block.level)), self.show)
            case "note" if block.label not in self.show.notes and not block.continues:
                return _lines(_escape(f"[{block.label}] ") + inline(block.text, block.spans, self.show))
            case "image":
                return f"![{_escape(block.alt)}]({_target(block.src)})"
            case "attribution":
                return self._source(block)
            case "verse":
                return re.sub(r"(?<=[^\n])\n(?=[^\n])", r"\\\n", re.sub(r"\n{3,}", "\n\n", self._inline(block)))
        return re.sub(r"\n+", "\n", self._inline(block))

    def _source(self, block: Block) -> str:
        """Return the line that names a quote's source behind a dash; with links it leads there."""
        name, spans = bare(block.text), block.spans
        if self.show.links and block.address and not any(span.kind == "link" for span in spans):
            spans = (Span(len(block.text) - len(name), len(block.text), "link", block.address), *spans)
        return ("— " if name == block.text else "") + _lines(inline(block.text, spans, self.show))

    def _inline(self, block: Block) -> str:
        return _lines(inline(block.text, block.spans, self.show))


def groups(blocks: Sequence[Block]) -> Iterator[list[Block]]:
    """Yield the rows of a table together, and the blocks of a quote with the lines that name its source."""
    group: list[Block] = []
    for block in blocks:
        if group and not _goes_on(group, block):
            yield group
            group = []
        group.append(block)
    if group:
        yield group


def _goes_on(group: Sequence[Block], block: Block) -> bool:
    """Tell whether a block is of the same table or quote as a group."""
    first, last = group[0], group[-1]
    if first.quoted or block.quoted:
        return first.quoted == block.quoted
    match block.kind:
        case "table":
            return first.kind == "table" and first.table == block.table
        case "quote":
            return last.kind == "quote" and _quote_of(last) == _quote_of(block) and last.continues == block.continues
        case "attribution":
            return first.kind == "quote" and _quote_of(first) == _quote_of(block)
    return False


def source_of(quote: Sequence[Block]) -> str:
    """Return the address that a quote is from."""
    return next((block.address for block in quote if block.kind in ("quote", "attribution") and block.address), "")


def _quote_of(block: Block) -> tuple[str, int]:
    return block.address, block.depth


def _heading(text: str, spans: Sequence[Span], level: int, show: Show) -> str:
    line = _CLOSING.sub(r"\1\\\2", " ".join(inline(text, spans, show).split()))
    return f"{'#' * level} {line}".rstrip()


def _quote(blocks: Sequence[Block], show: Show) -> str:
    paragraphs = ["".join(_Writer(show).write([*unquoted(blocks)]))]
    if show.links and (address := source_of(blocks)) and blocks[-1].kind != "attribution":
        paragraphs.append(f"<{_address(address)}>")
    lines = "\n\n".join(filter(None, paragraphs)).split("\n")
    return "\n".join(f"> {line}".rstrip() for line in lines)


def _table(rows: Sequence[Block], show: Show) -> str:
    """Return a table. A cell over several columns or rows is written in the first; a table without a head has an empty
    one, since Markdown knows none without. Of rows without cells nothing is known: the first counts as the head."""
    lines = [[_cell(cell, show) for cell in row] for row in grid([cells_of(row) for row in rows])]
    first = cells_of(rows[0])
    is_head = not rows[0].cells or (
        any(cell.text for cell in first) and all(cell.is_header for cell in first if cell.text)
    )
    head, body = (lines[0], lines[1:]) if is_head else ([""] * len(lines[0]), lines)
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, ["---"] * len(head), *body))


def _cell(cell: Cell | None, show: Show) -> str:
    if cell is None:
        return ""
    return re.sub(r"\s*\n\s*", " ", inline(cell.text, cell.spans, show)).strip().replace("|", r"\|")


def inline(text: str, spans: Sequence[Span], show: Show) -> str:
    """Return a text with the signs of its spans."""
    hidden = {kind for kind, shown in (("link", show.links), ("image", show.images)) if not shown}
    nodes = nested([span for span in spans if span.kind not in hidden], len(text))
    if not nodes:
        return _escape(text)
    pieces = [_Piece("text", "")]
    _split(text, nodes, 0, len(text), pieces, show)
    _settle(pieces)
    written: list[str] = []
    dollars = _has_formula(text) or any(span.kind == "math" for span in spans)
    for piece in pieces:
        if piece.kind != "text":
            if piece.text.startswith("[") and written and written[-1].endswith("!"):
                written[-1] = written[-1][:-1] + r"\!"
            written.append(piece.text)
        elif piece.text:
            written.append(_escape(piece.text, dollars=dollars))
    return "".join(written)


@dataclass(slots=True)
class _Piece:
    """A piece of a line: text, the beginning or end of emphasis, or Markdown that is written as it is."""

    kind: str
    text: str
    partner: int = -1
    """Of a beginning: the place of its end among the pieces; of an end: that of its beginning."""


def _split(text: str, nodes: Sequence[Node], start: int, end: int, pieces: list[_Piece], show: Show) -> None:
    """Add the pieces of a part of a text. There is a piece of text, which may be empty, before and after each other."""
    at = start
    for node in nodes:
        pieces[-1].text += text[at : node.start]
        at = node.end
        kind, own = node.span.kind, text[node.start : node.end]
        if kind in _SIGNS:
            began = len(pieces)
            pieces += [_Piece("begin", _SIGNS[kind]), _Piece("text", "")]
            _split(text, node.inner, node.start, node.end, pieces, show)
            pieces[began].partner = len(pieces)
            pieces.append(_Piece("end", _SIGNS[kind], began))
        elif kind in ("link", *_TAGS):
            tag = _TAGS.get(kind)
            pieces += [_Piece("raw", f"<{tag}>" if tag else "["), _Piece("text", "")]
            _split(text, node.inner, node.start, node.end, pieces, show)
            pieces.append(_Piece("raw", f"</{tag}>" if tag else f"]({_target(node.span.value)})"))
        elif (kind == "note" and node.span.value not in show.notes) or (kind == "math" and text[at : at + 1].isdigit()):
            # readers take no formula right before a digit for one, lest prices be formulas
            pieces[-1].text += own
            continue
        else:
            if kind == "note":
                pieces[-1].text = pieces[-1].text.rstrip()
            pieces.append(_Piece("raw", _literal(own, node.span)))
        pieces.append(_Piece("text", ""))
    pieces[-1].text += text[at:end]


def _literal(text: str, span: Span) -> str:
    """Return a piece whose text is no Markdown."""
    match span.kind:
        case "note":
            return f"[^{_label(span.value)}]"
        case "image":
            return f"![{_escape(text)}]({_target(span.value)})"
        case "math":
            sign, formula = "$$" if span.value == "display" else "$", re.sub(r"\s*\n\s*", " ", bare_tex(text))
            # a dollar inside, as in `\text{if $x$}`, would end it
            formula = re.sub(r"(?<!\\)\$([^$]*)(?<!\\)\$", r"\\(\1\\)", formula)
            return f"{sign}{formula}{sign}"
    code = text.replace("\n", " ")
    fence = _fence(code, 1)
    pad = " " if code.startswith("`") or code.endswith("`") or code[:1] == code[-1:] == " " != code.strip() else ""
    return f"{fence}{pad}{code}{pad}{fence}"


def _settle(pieces: list[_Piece]) -> None:
    """Move signs of emphasis to where a reader takes them for such (https://spec.commonmark.org/0.31.2/#left-flanking-delimiter-run):
    before `"storm"` they are none behind a letter. Signs that find no place are left out."""
    signs = [at for at, piece in enumerate(pieces) if piece.kind in ("begin", "end")]
    for at in signs:
        if pieces[at].kind == "end":
            while not _ends(_beside(pieces, at, -1), _beside(pieces, at, 1)) and pieces[at - 1].text:
                before, after = pieces[at - 1], pieces[at + 1]
                before.text, after.text = before.text[:-1], before.text[-1] + after.text
    for at in reversed(signs):
        if pieces[at].kind == "begin":
            while not _ends(_beside(pieces, at, 1), _beside(pieces, at, -1)) and pieces[at + 1].text:
                before, after = pieces[at - 1], pieces[at + 1]
                before.text, after.text = before.text + after.text[0], after.text[1:]
    for at in signs:
        piece = pieces[at]
        if piece.kind != "begin":
            continue
        end = piece.partner
        is_empty = not any(inner.text for inner in pieces[at + 1 : end] if inner.kind in ("text", "raw"))
        fits = _ends(_beside(pieces, at, 1), _beside(pieces, at, -1)) and _ends(
            _beside(pieces, end, -1), _beside(pieces, end, 1)
        )
        if is_empty or not fits:
            piece.kind = pieces[end].kind = "text"
            piece.text = pieces[end].text = ""


def _beside(pieces: Sequence[_Piece], at: int, step: int) -> str:
    """Return the character before or after a sign, other signs apart; empty at the end of the line."""
    at += step
    while 0 <= at < len(pieces):
        piece = pieces[at]
        if piece.text and piece.kind in ("text", "raw"):
            return piece.text[-1 if step < 0 else 0]
        at += step
    return ""


def _ends(inside: str, outside: str) -> bool:
    """Whether emphasis can begin or end between two characters. Symbols count as punctuation for some readers only."""
    if not inside or inside.isspace():
        return False
    return not _is(inside, "PS") or not outside or outside.isspace() or _is(outside, "P")


def _is(character: str, classes: str) -> bool:
    return unicodedata.category(character)[0] in classes or (character in "$+<=>^`|~" and "S" in classes)


def _lines(text: str) -> str:
    """Return lines of which none begins like an item, heading, table or code."""
    text = _INDENT.sub("", text)
    return _NUMBERED.sub(r"\1\\\2", _LINE_START.sub(r"\\\g<0>", text))


def _escape(text: str, *, dollars: bool | None = None) -> str:
    escaped = _SPECIAL.sub(r"\\\g<0>", text)
    return escaped.replace("$", r"\$") if dollars or (dollars is None and _has_formula(text)) else escaped


def _has_formula(text: str) -> bool:
    """Whether a reader takes a part of a text for a formula."""
    if "$" not in text:
        return False
    begin, ends = _OPENS.search(text), [end.start() for end in _CLOSES.finditer(text)]
    return "$$" in text or (begin is not None and bool(ends) and ends[-1] > begin.start())


def _target(address: str) -> str:
    """Return what stands in brackets behind a link's text."""
    return re.sub(r"[()]", r"\\\g<0>", _address(address))


def _address(address: str) -> str:
    escaped = re.sub(r"[<>\\`\s]", lambda sign: "".join(f"%{byte:02X}" for byte in sign[0].encode()), address)
    return re.sub(r"&(?=#?\w{1,31};)", "&amp;", escaped)


def _label(label: str) -> str:
    return re.sub(r"[\s\[\]^\\`|]+", "-", label).strip("-") or "-"


def _fence(text: str, least: int) -> str:
    longest = max(map(len, re.findall("`+", text)), default=0)
    return "`" * max(least, 1 + longest if longest else least)

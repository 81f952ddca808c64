"""Write an article as TEI, in trafilatura's form: a header, then the text in one `div type="entry"`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from lxml import etree

from cleaners.article import Article, Block
from cleaners.html.formulas import bare_tex
from cleaners.html.inline import Span
from cleaners.output.markdown import as_quote, ends_item, groups, is_in_note, is_numbered, source_of, unquoted
from cleaners.output.nested import Node, nested, shown
from cleaners.rows import cells_of

NAMESPACE = "http://www.tei-c.org/ns/1.0"

_HIGHLIGHTS = {"strong": "#b", "emphasis": "#i", "subscript": "#sub", "superscript": "#sup"}
_INLINE = ("hi", "ref", "code", "formula")
"""Elements that stand in a line of text."""

# characters that XML 1.0 does not allow (https://www.w3.org/TR/xml/#charsets)
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def tei(article: Article, *, links: bool = False, images: bool = False) -> str:
    """Return the article as a TEI document. `links` and `images`: whether it has the addresses of links and pictures.

    >>> document = tei(Article("Rain.", (Block("paragraph", "Rain."),), title="Storm"))
    >>> print(document.partition("<text>")[2].partition("</text>")[0])
    <BLANKLINE>
        <body>
          <div type="entry">
            <p>Rain.</p>
          </div>
        </body>
    <BLANKLINE>
    """
    root = etree.Element("TEI", nsmap={None: NAMESPACE})
    _header(etree.SubElement(root, "teiHeader"), article)
    entry = etree.SubElement(etree.SubElement(etree.SubElement(root, "text"), "body"), "div", type="entry")
    blocks = shown(article.lines_as_blocks(), links=links, images=images)
    _Writer(entry, blocks, links=links, images=images).write(blocks)
    _indent(root, 0)
    return etree.tostring(root, encoding="unicode") + "\n"


def _header(header: etree._Element, article: Article) -> None:
    description = etree.SubElement(header, "fileDesc")
    titles = etree.SubElement(description, "titleStmt")
    _add(titles, "title", article.title or "", type="main")
    for author in article.authors:
        _add(titles, "author", author)
    publication = etree.SubElement(description, "publicationStmt")
    _add(publication, "publisher", article.site or "unknown")
    if article.date:
        _add(publication, "date", "", type="publication", when=article.date.isoformat())
    if article.modified:
        _add(publication, "date", "", type="modification", when=article.modified.isoformat())
    source = etree.SubElement(etree.SubElement(description, "sourceDesc"), "bibl")
    if address := article.canonical_url or article.url:
        _add(source, "ptr", "", type="URL", target=address)
    profile = etree.SubElement(header, "profileDesc")
    if article.language:
        _add(etree.SubElement(profile, "langUsage"), "language", "", ident=article.language)
    if article.tags:
        keywords = etree.SubElement(etree.SubElement(profile, "textClass"), "keywords")
        for tag in article.tags:
            _add(keywords, "term", tag, type="tag")
    _add(etree.SubElement(etree.SubElement(header, "encodingDesc"), "appInfo"), "application", "",
         ident="pressclip", version=article.rules_version)  # fmt: skip


@dataclass(slots=True)
class _Open:
    """An element of an item or note, which the blocks after it may go on with."""

    element: etree._Element
    block: Block
    is_parted: bool = False
    """Whether it has paragraphs, not text of its own."""


class _Writer:
    """Adds an article's blocks to an element."""

    def __init__(self, entry: etree._Element, blocks: Sequence[Block], *, links: bool, images: bool) -> None:
        self.entry = entry
        self.links, self.images = links, images
        self.open: list[_Open] = []
        self.list: etree._Element | None = None
        """The list of terms that the next term or definition belongs to."""
        self.tables: dict[int, etree._Element] = {}
        labels = (block.label for block in blocks if block.kind == "note" and block.label and not block.continues)
        self.notes = {label: f"note-{number}" for number, label in enumerate(dict.fromkeys(labels), 1)}
        self.named: set[str] = set()

    def write(self, blocks: Sequence[Block]) -> None:
        """Add blocks."""
        for group in groups(blocks):
            if group[0].kind == "table" and not group[0].quoted:
                self._table(group)
            elif group[0].quoted or group[0].kind == "quote":
                self._quote(group)
            else:
                self._block(group[0])

    def _quote(self, blocks: Sequence[Block]) -> None:
        """Add a quote; one whose source its last line names is a `cit`, which has both."""
        parent = self._parent(as_quote(blocks[0]))
        lines = [*takewhile(lambda block: block.kind == "attribution", reversed(blocks))]
        if lines:
            parent = _add(parent, "cit", "")
        source = {"source": address} if (address := source_of(blocks)) else {}
        quote = _add(parent, "quote", "", **source)
        outside = self.entry, self.open, self.list
        self.entry, self.open, self.list = quote, [], None
        self.write([*unquoted(blocks[: len(blocks) - len(lines)])])
        self.entry, self.open, self.list = outside
        for line in reversed(lines):
            self._text(parent, "bibl", line)

    def _block(self, block: Block) -> None:
        if block.kind == "list item" and not block.continues:
            self._item(block)
            return
        if block.kind in ("term", "definition") and not block.continues:
            self._term(block)
            return
        parent = self._parent(block)
        match block.kind:
            case "heading":
                self._text(parent, "ab", block, type="header", rend=f"h{block.level or 2}")
            case "code":
                language = {"lang": block.language} if block.language else {}
                _add(_add(parent, "ab", "", type="code"), "code", block.text, **language)
            case "verse":
                self._verse(parent, block)
            case "caption":
                self._caption(parent, block)
            case "image":
                figure = _add(parent, "figure", "")
                _add(figure, "graphic", "", url=block.src)
                if block.alt:
                    _add(figure, "figDesc", block.alt)
            case "attribution":
                self._text(parent, "bibl", block)
            case "note" if not block.continues:
                note = self._text(parent, "note", block, n=block.label, place="foot")
                if (name := self.notes.get(block.label)) and name not in self.named:
                    self.named.add(name)
                    note.set("{http://www.w3.org/XML/1998/namespace}id", name)
                self.open.append(_Open(note, block))
            case _:
                self._text(parent, "p", block)

    def _parent(self, block: Block) -> etree._Element:
        """Return the element that a block goes in: the item or note that it goes on with, or the article's."""
        if not (block.continues and self.open):
            self.open.clear()
            self.list = None
            return self.entry
        while len(self.open) > 1 and ends_item(block, self.open[-1].block):
            self.open.pop()
        return self._parted(self.open[-1])

    @staticmethod
    def _parted(open_: _Open) -> etree._Element:
        """Return an element after making its text a paragraph."""
        element = open_.element
        if not open_.is_parted:
            paragraph = etree.Element("p")
            paragraph.text, element.text = element.text, None
            paragraph.extend(list(element))
            element.append(paragraph)
            open_.is_parted = True
        return element

    def _item(self, block: Block) -> None:
        rend = "ol" if is_numbered(block) else "ul"
        self.list = None
        if self.open and self.open[-1].block.kind != "list item" and not is_in_note(block, self.open[-1].block):
            self.open.clear()
        sibling = None
        while self.open and self.open[-1].block.kind == "list item" and self.open[-1].block.depth >= block.depth:
            sibling = self.open.pop()
        items = None if sibling is None else sibling.element.getparent()
        if sibling is None or sibling.block.depth != block.depth or items is None or items.get("rend") != rend:
            sibling = None
            parent = self._parted(self.open[-1]) if self.open else self.entry
            items = _add(parent, "list", "", rend=rend)
        expected = sibling.block.level + 1 if sibling else 1
        shown = block.marker or (str(block.level) if block.level > 0 and block.level != expected else "")
        number = {"n": shown} if shown else {}
        self.open.append(_Open(self._text(items, "item", block, **number), block))

    def _term(self, block: Block) -> None:
        """Add a term as a label, a definition as an item. TEI asks for pairs of them."""
        self.open.clear()
        if self.list is None:
            self.list = _add(self.entry, "list", "", type="gloss")
        last = None if not len(self.list) else self.list[-1]
        if block.kind == "term":
            if last is not None and last.tag == "label":
                _add(self.list, "item", "")
            self._text(self.list, "label", block)
            return
        if last is None:
            _add(self.list, "label", "")
        if last is not None and last.tag == "item":
            open_ = _Open(last, block, is_parted=len(last) > 0 and last[0].tag == "p")
            self._text(self._parted(open_), "p", block)
        else:
            open_ = _Open(self._text(self.list, "item", block), block)
        self.open.append(open_)

    def _verse(self, parent: etree._Element, block: Block) -> None:
        verse = _add(parent, "lg", "")
        stanzas = block.text.count("\n\n") > 0
        group, at = (_add(verse, "lg", "") if stanzas else verse), 0
        for line in block.text.split("\n"):
            if line.strip():
                self._inline(_add(group, "l", ""), line, _part(block.spans, at, at + len(line)))
            elif len(group):
                group = _add(verse, "lg", "")
            at += len(line) + 1

    def _caption(self, parent: etree._Element, block: Block) -> None:
        if block.table:
            table = self.tables.get(block.table)
            if table is None:
                table = self.tables[block.table] = _add(parent, "table", "")
            head = etree.Element("head")
            table.insert(0, head)
            self._inline(head, block.text, block.spans)
            return
        last = parent[-1] if len(parent) else None
        if last is None or last.tag != "figure" or last.find("head") is not None or not block.address:
            last = _add(parent, "figure", "")
        head = etree.Element("head")
        last.insert(0, head)
        self._inline(head, block.text, block.spans)

    def _table(self, rows: Sequence[Block]) -> None:
        parent = self._parent(rows[0])
        table = self.tables.get(rows[0].table) if rows[0].table else None
        if table is None:
            table = _add(parent, "table", "")
        if rows[0].table:
            self.tables[rows[0].table] = table
        for block in rows:
            row = _add(table, "row", "")
            for cell in cells_of(block):
                places = (("cols", cell.columns), ("rows", cell.rows))
                attributes = {name: str(number) for name, number in places if number > 1}
                role = {"role": "head"} if cell.is_header else {}
                self._inline(_add(row, "cell", "", **role, **attributes), cell.text, cell.spans)

    def _text(self, parent: etree._Element, name: str, block: Block, **attributes: str) -> etree._Element:
        element = _add(parent, name, "", **attributes)
        self._inline(element, block.text, block.spans)
        return element

    def _inline(self, element: etree._Element, text: str, spans: Sequence[Span]) -> None:
        hidden = {kind for kind, shown in (("link", self.links), ("image", self.images)) if not shown}
        shown = [span for span in spans if span.kind not in hidden]
        self._nodes(element, text, nested(shown, len(text)), 0, len(text))

    def _nodes(self, element: etree._Element, text: str, nodes: Sequence[Node], start: int, end: int) -> None:
        at = start
        for node in nodes:
            name, attributes = self._element(node.span)
            if not name:
                continue
            _append(element, text[at : node.start])
            inner = _add(element, name, "", **attributes)
            if node.span.kind == "math":
                _append(inner, bare_tex(text[node.start : node.end]))
            elif node.span.kind != "image":
                self._nodes(inner, text, node.inner, node.start, node.end)
            at = node.end
        _append(element, text[at:end])

    def _element(self, span: Span) -> tuple[str, dict[str, str]]:
        match span.kind:
            case "link":
                return "ref", {"target": span.value}
            case "code":
                return "code", {}
            case "math":
                return "formula", {"notation": "TeX"} | ({"rend": "display"} if span.value == "display" else {})
            case "note":
                name = self.notes.get(span.value)
                return ("ref", {"type": "noteAnchor", "target": f"#{name}"}) if name else ("", {})
            case "image":
                return "graphic", {"url": span.value}
        return "hi", {"rend": _HIGHLIGHTS[span.kind]}


def _part(spans: Sequence[Span], start: int, end: int) -> list[Span]:
    """Return the spans of a part of a text, by their places in it."""
    return [
        replace(span, start=max(span.start, start) - start, end=min(span.end, end) - start)
        for span in spans
        if span.start < end and span.end > start
    ]


def _append(element: etree._Element, text: str) -> None:
    """Add text at the end of an element."""
    clean = _NOT_XML.sub("", text)
    if not clean:
        return
    if len(element):
        element[-1].tail = (element[-1].tail or "") + clean
    else:
        element.text = (element.text or "") + clean


def _indent(element: etree._Element, level: int) -> None:
    """Put each element on a line of its own, where white space is no text: nothing beside it is text."""
    children = list(element)
    if not children or element.text or any(child.tail or child.tag in _INLINE for child in children):
        return
    for child in children:
        _indent(child, level + 1)
        child.tail = "\n" + "  " * (level + 1)
    element.text = "\n" + "  " * (level + 1)
    children[-1].tail = "\n" + "  " * level


def _add(parent: etree._Element, name: str, text: str, **attributes: str) -> etree._Element:
    clean = {key: _NOT_XML.sub("", value) for key, value in attributes.items()}
    element = etree.SubElement(parent, name, clean)
    element.text = _NOT_XML.sub("", text) or None
    return element

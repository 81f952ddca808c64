"""Read a page as text blocks in page order, each with its path, its links and the elements around it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal

from lxml import etree
from lxml.html import HtmlElement

from cleaners.html.beside import MAY_BE_BESIDE, is_beside, is_mark, is_numbered, label_of_switch
from cleaners.html.code import MAY_HOLD_CODE, as_code, holds_code, trimmed
from cleaners.html.tables import CELLS, begins_row, is_data
from cleaners.html.unread import SHADOW_ROOT, SILENT_TAGS, UNNAMED, UNREAD_TAGS, WAS, Places, shown_words

BlockKind = Literal["paragraph", "heading", "list item", "quote", "table", "code"]
Marks = dict[HtmlElement, str]
"""Elements that DOM rules remove, each with the rule's id."""

MAX_BLOCKS = 11_000
"""Blocks that are read: each costs some 150 µs. The development corpora's pages have at most 1,477."""
MAX_TEXT = 2_500_000
MAX_BLOCK_TEXT = 100_000
"""Characters that are read of all blocks, and of one: each costs some 250 ns. The development corpora's pages have at
most 79,661, and 22,723 in a block."""
MAX_DEPTH = 256
"""Elements around a block. The development corpora's pages are at most 56 elements deep."""
MAX_STEPS = 64
"""Steps of a path; a longer path is cut and begins with `//`."""


class Step:
    """A step of an element's path: its tag and its number among siblings. `str` returns the path as lxml's getpath
    does, but getpath counts the siblings again for each element, which takes quadratic time on a long page."""

    __slots__ = ("children", "depth", "number", "parent", "path", "tag")

    def __init__(self, tag: str, parent: Step | None) -> None:
        self.tag, self.parent = tag, parent
        self.children: dict[str, int] = {}
        self.number, self.depth, self.path = 1, 0, ""
        if parent is not None:
            self.depth = parent.depth + 1
            self.number = parent.children[tag] = parent.children.get(tag, 0) + 1

    def __str__(self) -> str:
        # cached, since every removal has a path and the removals of one element share it
        if not self.path:
            self.path = f"{self.parent or ''}{self._last()}" if self.depth < MAX_STEPS - 1 else self._end()
        return self.path

    def _last(self) -> str:
        alone = self.parent is None or self.parent.children[self.tag] == 1
        return (f"/{self.tag}" if alone else f"/{self.tag}[{self.number}]") if self.tag else ""

    def _end(self) -> str:
        parts: list[str] = []
        step: Step | None = self
        while step is not None and len(parts) < MAX_STEPS:
            parts.append(step._last())
            step = step.parent
        return "/" + "".join(reversed(parts))


# fmt: off
BLOCK_TAGS = frozenset((
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "div", "dl",
    "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup",
    "hr", "legend", "li", "main", "menu", "nav", "ol", "p", "pre", "search", "section", "summary", "table", "tbody",
    "tfoot", "thead", "tr", "ul", SHADOW_ROOT,
))
# fmt: on
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
MAX_CLIMB = 32
"""Elements around a block that are checked for its kind."""

FORMULA = "formula"
"""The element that `cleaners.html.formulas` makes of a formula."""
_RENAMED = (FORMULA, SHADOW_ROOT)
_EMOJI = re.compile(r"(?:^|[\s_-])(?:emoji|emoticon|smiley|smilies?)(?:$|[\s_-])", re.IGNORECASE)
"""Classes of pictures of emoji, as forums and blogs give them."""
MAX_EMOJI = 16
"""Characters of an emoji: families and flags have up to 14."""
POST, POST_ADDRESS = "post", "address"
"""The element that `cleaners.html.posts` puts where a frame shows only a message of another site, and its attribute."""
_PICTURES = ("img", "picture", "video")
_INSETS = ("img", POST)
# fmt: off
_FILLING = frozenset((
    "audio", "canvas", "embed", "iframe", "img", "input", "object", "picture", "select", "svg", "textarea", "video",
))
# fmt: on
"""Elements that fill a place of their own in a line, so that the words at their sides are two."""
LINE_BREAK = "\x0b"
"""Stands in a block's pieces for a `br` outside `pre`. No page has it: `tree.parse` takes it out."""
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3001-\u30ff\u3100-\u312f\u3190-\u31ff\u3400-\u4dbf"
    "\u4e00-\ua4cf\uf900-\ufaff\ufe30-\ufe4f\uff01-\uff9f\U00020000-\U0003ffff]"
)
"""Letters and signs of scripts that part no words by spaces: Chinese, Japanese, Thai, Lao, Burmese, Khmer, Yi."""
_QUOTES = "\u2018\u2019\u201c\u201d\u2014\u2026"
_GAP = re.compile(r"[ \t\r\n]+")
_WIDE, _NARROW = "\uff08", " ("
_BRACKETS = {_WIDE: "\uff09", _NARROW: ")"}
"""Around a reading: of a word in a script without spaces, and of others."""
_IN_PLACE_OF_NOTHING = "\0"
_BOLD, _ITALIC = ("b", "strong"), ("i", "em")
_COUNTED = frozenset(("a", *_BOLD, *_ITALIC))
_MARKED = _COUNTED | {"code", "formula", "img", "kbd", "samp", "sub", "sup", "tt"}
"""Elements inside a block that mean something beyond their text."""
InlineMark = tuple[int, HtmlElement, bool]
"""How many pieces of a block's text stand before an inline element's beginning or end, the element, and whether it
begins there."""
MAX_INSETS = 2000
"""Pictures and messages of other sites that are written down. The development corpora's pages have at most 693
pictures."""
MAX_MARKS = 10_000
"""Marks that are written down of a block: a hostile one has an element for every letter."""


@dataclass(slots=True, eq=False)
class Frame:
    """A block element, with the text that it has collected, and the block elements around it."""

    element: HtmlElement
    tag: str
    parent: Frame | None
    mark: Frame | None
    """The outermost frame, from this one up, that a DOM rule removes."""
    step: Step
    rule: str = ""
    words: list[str] = field(default_factory=list)
    linked: int = 0
    bold: int = 0
    italic: int = 0
    order: int = 0
    breaks: int = 0
    items: int = 0
    """Of an ordered list: the number of its last item."""
    number: int = 0
    """The number of an item of an ordered list."""
    from_zero: bool = False
    """Whether the list begins with 0, up to here; numbers are 1 more than the page shows."""
    marks: list[InlineMark] = field(default_factory=list)
    table: int = 0
    """The number of the table of data that it is in, from 1; 0 outside of one."""
    mark_of_note: HtmlElement | None = None
    """Of a side note that stands in a sentence: the element of its mark there."""
    is_parted: bool = False
    """Whether a block element began or ended behind its last word, where the whole text is one block."""

    def up(self, most: int) -> Iterator[Frame]:
        """Yield this frame and those around it, the innermost first, so many at most."""
        frame: Frame | None = self
        while frame is not None and most > 0:
            yield frame
            frame, most = frame.parent, most - 1


@dataclass(slots=True)
class PageBlock:
    """A run of text between two block elements."""

    text: str
    kind: BlockKind
    level: int
    linked: int
    """Characters inside links."""
    frame: Frame
    order: int = 0
    """The position of its first word among the first words of all blocks."""
    bold: int = 0
    italic: int = 0
    """Characters in bold and in italic type."""
    after_picture: bool = False
    """Whether there is a picture or video between it and the block before."""
    menu: str = ""
    """Why it counts as part of a menu; empty if it does not."""
    pieces: Sequence[str] = ()
    """Its text as the page has it, in pieces: `cleaners.html.inline` finds in it what `marks` mean."""
    marks: Sequence[InlineMark] = ()

    @property
    def where(self) -> str:
        """The path, in the original page, of its element or of the element that a DOM rule removes."""
        return str((self.frame.mark or self.frame).step)

    @property
    def rule(self) -> str | None:
        """The DOM rule that removes it, if there is one."""
        return self.frame.mark.rule if self.frame.mark else None


@dataclass(frozen=True, slots=True)
class Inset:
    """What a page shows between its blocks without words of its own: a picture, or a message of another site."""

    element: HtmlElement
    frame: Frame
    order: int
    """How many blocks have begun before it."""


@dataclass(slots=True)
class Unread:
    """Words of a page that a person sees and that are in no block."""

    text: str
    own: str
    """The rule of the words themselves, whatever is around them."""
    step: Step
    order: int
    """How many blocks have begun before it."""
    mark: Frame | None = None
    """The outermost frame around it that a DOM rule removes."""

    @property
    def rule(self) -> str:
        """The rule that removes the words."""
        return self.mark.rule if self.mark and self.mark.rule else self.own


BEYOND_BLOCKS, BEYOND_TEXT = "bounds/blocks", "bounds/text"
"""The rules of what stands behind the last block that is read, and behind the last character."""


def read_page(
    body: HtmlElement, marks: Marks, places: Places | None = None, insets: list[Inset] | None = None
) -> tuple[list[PageBlock], list[Unread]]:
    """Return the blocks of the body in page order, and what a person sees and no block has. The walk does not recurse,
    so deep trees are no problem. `places`: see `unread.take_out_empty`;
    what is between the blocks is added to *insets*."""
    reader = _Reader(marks, places or {}, [] if insets is None else insets)
    # a marked inline element ends before the sentence around it
    blocks = sorted(bounded(reader.read(body), reader.unread), key=lambda block: block.order)
    return blocks, sorted(reader.unread, key=lambda unread: unread.order)


def read_blocks(body: HtmlElement, marks: Marks) -> list[PageBlock]:
    """Return the blocks of the body in page order."""
    return read_page(body, marks)[0]


def bounded(blocks: Iterator[PageBlock], unread: list[Unread]) -> Iterator[PageBlock]:
    """Yield the blocks up to the bounds; cut the last one, and overlong ones. What is beyond is added to *unread*."""
    left, last, rule = MAX_TEXT, 0, BEYOND_BLOCKS
    for block in islice(blocks, MAX_BLOCKS):
        size = min(left, MAX_BLOCK_TEXT)
        if block.text[size:].strip():
            step = (block.frame.mark or block.frame).step
            unread.append(Unread(block.text[size:], BEYOND_TEXT, step, block.order))
        block.text = block.text[:size]
        left, last = left - len(block.text), max(last, block.order)
        yield block
        if not left:
            rule = BEYOND_TEXT
            break
    if beyond := [*blocks]:
        text = "\n".join(block.text for block in beyond)
        unread.append(Unread(text, rule, beyond[0].frame.step, last))


def flags_of(blocks: Sequence[PageBlock]) -> list[str]:
    """Return a flag for each bound that the blocks of a page have reached."""
    sizes = [len(block.text) for block in blocks]
    over = {
        "too-many-blocks": len(blocks) == MAX_BLOCKS,
        "too-much-text": sum(sizes) == MAX_TEXT or MAX_BLOCK_TEXT in sizes,
        "too-deep": any(block.frame.step.depth > MAX_DEPTH for block in blocks),
    }
    return [flag for flag, holds in over.items() if holds]


class _Reader:
    """Splits a page's text into blocks, in one walk over its elements."""

    def __init__(self, marks: Marks, places: Places, insets: list[Inset]) -> None:
        self.marks, self.places, self.insets = marks, places, insets
        self.unread: list[Unread] = []
        self.frames: list[Frame] = []
        self.steps: list[Step] = []
        self.links = self.bold = self.italic = self.begun = 0
        self.picture = False
        self.inside: list[HtmlElement] = []
        self.whole: HtmlElement | None = None
        """An element whose text is one block, whatever elements it is in."""
        self.glue = ""
        """What stands between the text of two block elements there."""
        self.tables = self.side_notes = 0
        self.is_code = False
        self.aside: dict[str, Frame] = {}
        """What each rule removes from the code that is being read."""
        self.late: list[PageBlock] = []

    def read(self, body: HtmlElement) -> Iterator[PageBlock]:
        step = None
        for element in reversed([*body.iterancestors()]):
            step = Step(str(element.tag), step)
        steps = self.steps = [step or Step("", None)]
        walk = etree.iterwalk(body, events=("start", "end"))
        for event, element in walk:
            tag = str(element.tag)
            if event == "start":
                steps.append(Step(element.get(WAS, tag) if tag in _RENAMED else tag, steps[-1]))
                if tag in _PICTURES:
                    self.picture = True
                if tag in _INSETS:
                    self.note(element)
                if tag in UNREAD_TAGS:
                    self.leave(element)
                    if tag in SILENT_TAGS:
                        walk.skip_subtree()
                        continue
                if (block := self.start(element, tag)) is not None:
                    yield block
                if text := element.text if tag != "img" else _emoji(element):
                    self.add(text)
                continue
            steps.pop()
            if tag not in SILENT_TAGS and (block := self.end(element, tag)) is not None:
                yield block
            if self.late:
                yield from self.late
                self.late = []
            if self.frames and (tail := element.tail):
                if tag in _FILLING and not self.is_code and self.parts(tail):
                    self.frames[-1].words.append(" ")
                self.add(tail)

    def leave(self, element: HtmlElement) -> None:
        """Write down the words that an element shows and that are no text of the page."""
        if not (text := shown_words(element)):
            return
        step = self.steps[-1]
        if (place := self.places.get(element)) is not None and step.parent is not None:
            step.number, is_alone = place
            step.parent.children[step.tag] = max(step.number, 1 if is_alone else 2)
        mark = self.frames[-1].mark if self.frames else None
        self.unread.append(Unread(text, self.marks.get(element, UNNAMED), step, self.begun, mark))

    def note(self, element: HtmlElement) -> None:
        """Write down a picture or message, unless a rule removes it."""
        if self.frames and element not in self.marks and len(self.insets) < MAX_INSETS:
            self.insets.append(Inset(element, self.frames[-1], self.begun))

    def start(self, element: HtmlElement, tag: str) -> PageBlock | None:
        done = None
        if self.whole is None and tag in MAY_HOLD_CODE and holds_code(element, tag):
            done = self.flush() if self.frames else None
            self.open(element, "pre")
            self.whole, self.glue, self.is_code = element, "\n", True
        elif tag in BLOCK_TAGS and self.whole is None:
            done = self.flush() if self.frames else None
            self.open(element, tag)
            if self.frames[-1].table and begins_row(element):
                self.whole, self.glue = element, " "
        elif self.is_code and element in self.marks and self.frames[-1].mark is None:
            self.set_aside(element, tag)
        elif tag in BLOCK_TAGS and (self.is_code or element not in self.marks):
            self.frames[-1].is_parted = True
        elif self.is_code:
            if tag == "br":
                self.end_line()
        elif not self.frames or element in self.marks:
            # a marked inline element does not split the sentence around it: only block elements end a block
            self.open(element, tag)
        elif tag in MAY_BE_BESIDE and self.whole is None and self.is_in_sentence() and is_beside(element):
            mark = self.mark_note(element) if is_numbered(element) else None
            self.open(element, tag)
            self.frames[-1].mark_of_note = mark
        elif tag == "br":
            self.frames[-1].breaks += 1
            if self.frames[-1].breaks > 1 and self.whole is None:
                done = self.flush()
            else:
                self.frames[-1].words.append(LINE_BREAK)
        elif tag in CELLS and self.frames[-1].words:
            self.add(" | ")
        elif tag == "rt":
            self.bracket(element, element.getprevious(), begins=True)
        if tag in CELLS and (row := self.row_of(element)) is not None:
            row.marks.append((len(row.words), element, True))
        if tag in _MARKED:
            self.inside.append(element)
            self.write_mark(element, begins=True)
            if tag in _COUNTED:
                self.enter(tag, 1)
        return done

    def end(self, element: HtmlElement, tag: str) -> PageBlock | None:
        if tag in _MARKED:
            self.inside.pop()
            self.write_mark(element, begins=False)
            if tag in _COUNTED:
                self.enter(tag, -1)
        if not self.frames or self.frames[-1].element is not element:
            if self.frames and self.whole is not None and tag in BLOCK_TAGS:
                self.frames[-1].is_parted = True
            if tag == "rt" and self.frames and not self.is_code:
                self.bracket(element, element.getnext(), begins=False)
            if tag in CELLS:
                self.end_cell(element)
            return None
        if self.is_code and element is not self.whole:
            if (words := self.frames.pop().words) and not words[-1].endswith("\n"):
                words.append("\n")
            return None
        done = self.flush()
        if element is self.whole:
            self.whole, self.is_code = None, False
            self.late = [block for frame in self.aside.values() if (block := self.flush(frame)) is not None]
            self.aside = {}
        self.frames.pop()
        if self.frames and tag not in BLOCK_TAGS and self.parts(element.tail or "", at_signs=True):
            self.frames[-1].words.append(" ")
        if tag in CELLS:
            self.end_cell(element)
        return done

    def parts(self, tail: str, *, at_signs: bool = False) -> bool:
        """Tell whether words would run together if the text of the frame went on with *tail*. `at_signs`: whether a
        word behind a sign, such as the end of a sentence, counts too."""
        last, first = "".join(self.frames[-1].words[-1:])[-1:], tail[:1]
        if (first and not first.isalnum()) or not (last.isalnum() or at_signs):
            return False
        return not (_UNSPACED.match(last) and _UNSPACED.match(first))

    def is_in_sentence(self) -> bool:
        return bool(self.frames[-1].order) and self.frames[-1].tag in BLOCK_TAGS

    def mark_note(self, note: HtmlElement) -> HtmlElement:
        """Return the element of a side note's mark. A number that only a style sheet shows is written into the
        sentence."""
        frame = self.frames[-1]
        self.side_notes += 1
        last = next(at for at in range(len(frame.words) - 1, -1, -1) if frame.words[at].strip())
        at, element, begins = frame.marks[-1] if frame.marks else (0, note, True)
        if not begins and at > last and element.tag in ("a", "sup") and is_mark("".join(element.itertext())):
            return element
        if len(frame.marks) >= MAX_MARKS:
            return note
        switch = label_of_switch(note)
        if switch and is_mark(switch) and frame.words[last].strip() == switch:
            frame.words[last] = switch
            frame.marks += [(last, note, True), (last + 1, note, False)]
        else:
            frame.words.append(f"[{self.side_notes}]")
            frame.marks += [(len(frame.words) - 1, note, True), (len(frame.words), note, False)]
        return note

    def bracket(self, reading: HtmlElement, beside: HtmlElement | None, *, begins: bool) -> None:
        """Put a reading above a word (ruby) into brackets behind it, where the page has none for those who do not see
        it above. `beside`: the element before or behind the reading: a bracket, or the reading's other part."""
        if (beside is not None and beside.tag in ("rp", "rt")) or not "".join(reading.itertext()).strip():
            return
        words = self.frames[-1].words
        if not begins:
            self.add(next((_BRACKETS[word] for word in reversed(words) if word in _BRACKETS), ""))
            return
        last = ""
        for i in range(len(words) - 1, -1, -1):
            if last := words[i].rstrip():
                words[i] = last
                break
            words[i] = ""
        self.add(_WIDE if _UNSPACED.match(last[-1:]) else _NARROW)

    def row_of(self, cell: HtmlElement) -> Frame | None:
        """Return the frame of the row of a table of data that a cell is in, if it is one of its cells."""
        frame: Frame | None = self.frames[-1] if self.frames else None
        if frame is not None and frame.element is cell:
            frame = frame.parent
        if frame is None or frame.element is not self.whole or not frame.table or len(frame.marks) >= MAX_MARKS:
            return None
        return frame if cell.getparent() is frame.element else None

    def end_cell(self, cell: HtmlElement) -> None:
        if (row := self.row_of(cell)) is not None:
            row.is_parted = False
            row.marks.append((len(row.words), cell, False))

    def write_mark(self, element: HtmlElement, *, begins: bool) -> None:
        """Write down where an inline element begins or ends. What begins before a block's text does so at its start."""
        if self.frames and (frame := self.frames[-1]).words and len(frame.marks) < MAX_MARKS:
            frame.marks.append((len(frame.words), element, begins))

    def enter(self, tag: str, by: int) -> None:
        """Count an inline element that text is inside of, or take it away again."""
        if tag == "a":
            self.links += by
        elif tag in _BOLD:
            self.bold += by
        else:
            self.italic += by

    def open(self, element: HtmlElement, tag: str) -> None:
        parent = self.frames[-1] if self.frames else None
        frame = Frame(element, tag, parent, parent.mark if parent else None, self.steps[-1])
        if tag == "ol":
            frame.items = _before_first(element)
            frame.from_zero = (element.get("start") or "").strip() == "0" and element.get("reversed") is None
        elif parent is not None and tag == "li" and parent.tag == "ol":
            backwards = parent.element.get("reversed") is not None
            parent.items = _number(element.get("value")) or max(1, parent.items + (-1 if backwards else 1))
            frame.number = parent.items
            parent.from_zero = frame.from_zero = parent.from_zero and not _number(element.get("value"))
        if frame.mark is None and element in self.marks:
            frame.mark, frame.rule = frame, self.marks[element]
        if tag == "table":
            if frame.mark is None and is_data(element):
                self.tables += 1
                frame.table = self.tables
        elif parent is not None:
            frame.table = parent.table
        self.frames.append(frame)

    def set_aside(self, element: HtmlElement, tag: str) -> None:
        """Begin what a rule removes from code. A thousand line numbers are one removal."""
        frame = self.aside.get(rule := self.marks[element])
        if frame is None:
            self.open(element, tag)
            self.aside[rule] = self.frames[-1]
        else:
            frame.element = element
            self.frames.append(frame)

    def part(self) -> None:
        """Part the text of two block elements where the whole text is one block."""
        frame = self.frames[-1]
        if frame.is_parted and frame.words and not frame.words[-1].endswith(self.glue):
            frame.words.append(self.glue)
        frame.is_parted = False

    def end_line(self) -> None:
        """End a line of code where the page says so."""
        self.part()
        self.frames[-1].words.append("\n")

    def add(self, text: str) -> None:
        frame = self.frames[-1]
        if self.is_code:
            text = as_code(text)
            if not text:
                return
            if text.isspace() and "\n" in text and self.is_layout(frame):
                return
        if not frame.words and self.inside:
            frame.marks.extend((0, element, True) for element in self.inside)
        if frame.is_parted:
            if text.startswith(self.glue):
                frame.is_parted = False
            self.part()
        frame.words.append(text)
        if text.isspace():
            return
        if not frame.order:
            self.begun += 1
            frame.order = self.begun
        frame.breaks = 0
        if self.links:
            frame.linked += len(text)
        if self.bold:
            frame.bold += len(text)
        if self.italic:
            frame.italic += len(text)

    def is_layout(self, frame: Frame) -> bool:
        """Tell whether white space in code is that of the page's source: between the lines where they are elements."""
        return (frame.is_parted or not frame.words) and self.whole is not None and self.whole.tag != "pre"

    def flush(self, frame: Frame | None = None) -> PageBlock | None:
        """End the text of a frame, by default the innermost, and return its block if it has a word."""
        frame = frame or self.frames[-1]
        if not frame.words:
            return None
        block = None
        if frame.order:
            raw = "".join(frame.words)
            kind, level = _kind(frame)
            if not raw.isascii() and "\n" in raw and kind != "code" and _UNSPACED.search(raw):
                frame.words = _unwrapped(frame.words, raw)
                raw = "".join(frame.words)
            text = trimmed(raw)[0] if kind == "code" else " ".join(raw.split()).strip("| ")
            if text and not text.isspace():
                linked, bold, italic = (min(n, len(text)) for n in (frame.linked, frame.bold, frame.italic))
                block = PageBlock(text, kind, level, linked, frame, frame.order, bold, italic, self.picture)
                block.pieces, block.marks = frame.words, frame.marks
                self.picture = False
            frame.linked = frame.bold = frame.italic = frame.order = 0
        frame.words, frame.marks, frame.breaks, frame.is_parted = [], [], 0, False
        return block


def _unwrapped(pieces: Sequence[str], raw: str) -> list[str]:
    """Return the pieces of a text without the line ends between two letters of a script without spaces: they stand in
    the page's source only, and a browser shows them as nothing."""

    def gap(match: re.Match[str]) -> str:
        before, behind = raw[match.start() - 1 : match.start()], raw[match.end() : match.end() + 1]
        wide = sum(_UNSPACED.match(sign) is not None for sign in (before, behind))
        is_nothing = "\n" in match[0] and (wide == 2 or (wide == 1 and (before in _QUOTES or behind in _QUOTES)))
        return (_IN_PLACE_OF_NOTHING if is_nothing else " ") * len(match[0])

    marked, at, done = _GAP.sub(gap, raw), 0, []
    for piece in pieces:
        done.append(marked[at : at + len(piece)].replace(_IN_PLACE_OF_NOTHING, ""))
        at += len(piece)
    return done


_NUMBER = re.compile(r"\s*\+?([0-9]{1,9})(?![0-9])")


def _number(attribute: str | None) -> int:
    """Return the number that an attribute gives an item; 0 for none, and for one that Markdown cannot write."""
    match = _NUMBER.match(attribute or "")
    return int(match[1]) if match else 0


def _emoji(image: HtmlElement) -> str:
    """Return the sign that a picture shows, where it is one among the words: empty for all other pictures."""
    sign = image.get("alt", "")
    if not sign or len(sign) > MAX_EMOJI or not _EMOJI.search(image.get("class", "")):
        return ""
    return "" if any(map(str.isalnum, sign)) else sign


def _before_first(ol: HtmlElement) -> int:
    """Return the number before that of a list's first item, in the direction in which the list counts."""
    start = _number(ol.get("start"))
    if ol.get("reversed") is None:
        return max(start, 1) - 1
    return (start or sum(child.tag == "li" for child in ol)) + 1


def _kind(frame: Frame) -> tuple[BlockKind, int]:
    step: Frame | None = frame
    for _ in range(MAX_CLIMB):
        if step is None:
            break
        tag = step.tag
        if tag in _HEADINGS:
            return "heading", _HEADINGS[tag]
        if tag == "li":
            return "list item", step.number
        if tag == "blockquote":
            return "quote", 0
        if tag == "pre":
            return "code", 0
        if tag == "tr" and step is frame:
            return "table", 0
        step = step.parent if tag in ("p", "div", "span", "ul", "ol") and step.mark is frame.mark else None
    return "paragraph", 0

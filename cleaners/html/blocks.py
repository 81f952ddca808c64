"""Read a page as text blocks in page order, each with its path, its links and the elements around it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Literal

from lxml.html import HtmlElement

from cleaners.html import nodes
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
        self.tag, self.parent, self.path = tag, parent, ""
        self.children: dict[str, int] | None = None
        if parent is None:
            self.number, self.depth = 1, 0
            return
        self.depth = parent.depth + 1
        siblings = parent.children
        if siblings is None:
            parent.children = {tag: 1}
            self.number = 1
        else:
            self.number = siblings[tag] = siblings.get(tag, 0) + 1

    def __str__(self) -> str:
        # cached, since every removal has a path and the removals of one element share it
        if not self.path:
            self.path = f"{self.parent or ''}{self._last()}" if self.depth < MAX_STEPS - 1 else self._end()
        return self.path

    def _last(self) -> str:
        siblings = None if self.parent is None else self.parent.children
        alone = siblings is None or siblings[self.tag] == 1
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
_MARKED = frozenset(("a", *_BOLD, *_ITALIC, "code", "formula", "img", "kbd", "samp", "sub", "sup", "tt"))
"""Elements inside a block that mean something beyond their text."""
# What the walk does at an element of a name: a bit each, so that one look-up answers all.
_IS_BLOCK, _MAY_BE_CODE, _IS_CELL, _IS_MARKED, _IS_LINK, _IS_BOLD, _IS_ITALIC = (1 << n for n in range(7))
_MAY_BE_NOTE, _IS_BREAK, _IS_READING, _FILLS, _IS_PICTURE, _IS_INSET = (1 << n for n in range(7, 13))
_IS_UNREAD, _IS_SILENT, _IS_RENAMED, _IS_IMAGE = (1 << n for n in range(13, 17))
_SEPARATES = _IS_BREAK | _IS_CELL | _IS_READING
_IS_RARE = _IS_PICTURE | _IS_INSET | _IS_UNREAD | _IS_RENAMED
_HAS_END = _IS_BLOCK | _IS_CELL | _IS_MARKED | _IS_READING
"""The bits of elements at whose end something is to be done, whether they opened a frame or not."""
_NAMES: dict[int, Collection[str]] = {
    _IS_BLOCK: BLOCK_TAGS, _MAY_BE_CODE: MAY_HOLD_CODE, _IS_CELL: CELLS, _IS_MARKED: _MARKED, _IS_LINK: ("a",),
    _IS_BOLD: _BOLD, _IS_ITALIC: _ITALIC, _MAY_BE_NOTE: MAY_BE_BESIDE, _IS_BREAK: ("br",), _IS_READING: ("rt",),
    _FILLS: _FILLING, _IS_PICTURE: _PICTURES, _IS_INSET: _INSETS, _IS_UNREAD: UNREAD_TAGS, _IS_SILENT: SILENT_TAGS,
    _IS_RENAMED: _RENAMED, _IS_IMAGE: ("img",),
}  # fmt: skip
_TRAITS: dict[str, int] = {}
"""The bits of each element's name; other elements have none."""
for _bit, _names in _NAMES.items():
    for _name in _names:
        _TRAITS[_name] = _TRAITS.get(_name, 0) | _bit
InlineMark = tuple[int, HtmlElement, bool]
"""How many pieces of a block's text stand before an inline element's beginning or end, the element, and whether it
begins there."""
MAX_INSETS = 2000
"""Pictures and messages of other sites that are written down. The development corpora's pages have at most 693
pictures."""
MAX_MARKS = 10_000
"""Marks that are written down of a block: a hostile one has an element for every letter."""


class Mark:
    """A rule that removes an element. It is no frame: one that pointed at itself would wait for the collector of
    reference cycles, and the whole page with it."""

    __slots__ = ("rule", "step")

    def __init__(self, rule: str, step: Step) -> None:
        self.rule, self.step = rule, step


class Frame:
    """A block element, with the text that it has collected, and the block elements around it.

    - `mark`: that of the outermost frame, from this one up, that a DOM rule removes.
    - `items`: of an ordered list, the number of its last item; `number`: the number of an item of an ordered list.
    - `from_zero`: whether the list begins with 0, up to here; numbers are 1 more than the page shows.
    - `table`: the number of the table of data that it is in, from 1; 0 outside of one.
    - `mark_of_note`: of a side note that stands in a sentence, the element of its mark there.
    - `is_parted`: whether a block element began or ended behind its last word, where the whole text is one block.
    """

    # no dataclass: hundreds are made of a page, and a compiled reader knows the type of each attribute
    # fmt: off
    __slots__ = (
        "bold", "breaks", "element", "from_zero", "is_parted", "italic", "items", "linked", "mark", "mark_of_note",
        "marks", "number", "order", "parent", "step", "table", "tag", "words",
    )
    # fmt: on

    def __init__(self, element: HtmlElement, tag: str, parent: Frame | None, step: Step) -> None:
        self.element, self.tag, self.parent, self.step = element, tag, parent, step
        self.words: list[str] = []
        self.marks: list[InlineMark] = []
        self.linked = self.bold = self.italic = self.order = self.breaks = self.items = self.number = 0
        self.from_zero = self.is_parted = False
        self.mark_of_note: HtmlElement | None = None
        self.mark: Mark | None = None
        self.table = 0
        if parent is not None:
            self.mark, self.table = parent.mark, parent.table

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
    mark: Mark | None = None
    """That of the outermost frame around it that a DOM rule removes."""

    @property
    def rule(self) -> str:
        """The rule that removes the words."""
        return self.mark.rule if self.mark else self.own


_in_order = attrgetter("order")
BEYOND_BLOCKS, BEYOND_TEXT = "bounds/blocks", "bounds/text"
"""The rules of what stands behind the last block that is read, and behind the last character."""


def read_page(
    body: HtmlElement, marks: Marks, places: Places | None = None, insets: list[Inset] | None = None
) -> tuple[list[PageBlock], list[Unread]]:
    """Return the blocks of the body in page order, and what a person sees and no block has. The walk does not recurse,
    so deep trees are no problem. `places`: see `unread.take_out_empty`;
    what is between the blocks is added to *insets*."""
    reader = _Reader(marks, places or {}, [] if insets is None else insets)
    reader.read(body)
    blocks = bounded(reader.blocks, reader.unread)
    # a marked inline element ends before the sentence around it
    blocks.sort(key=_in_order)
    reader.unread.sort(key=_in_order)
    return blocks, reader.unread


def read_blocks(body: HtmlElement, marks: Marks) -> list[PageBlock]:
    """Return the blocks of the body in page order."""
    return read_page(body, marks)[0]


def bounded(blocks: list[PageBlock], unread: list[Unread]) -> list[PageBlock]:
    """Return the blocks up to the bounds; cut the last one, and overlong ones. What is beyond is added to *unread*."""
    left, last, rule, within = MAX_TEXT, 0, BEYOND_BLOCKS, min(len(blocks), MAX_BLOCKS)
    for at in range(within):
        block = blocks[at]
        if (length := len(block.text)) > (size := min(left, MAX_BLOCK_TEXT)):
            if block.text[size:].strip():
                step = (block.frame.mark or block.frame).step
                unread.append(Unread(block.text[size:], BEYOND_TEXT, step, block.order))
            block.text, length = block.text[:size], size
        left, last = left - length, max(last, block.order)
        if not left:
            rule, within = BEYOND_TEXT, at + 1
            break
    if beyond := blocks[within:]:
        text = "\n".join(block.text for block in beyond)
        unread.append(Unread(text, rule, beyond[0].frame.step, last))
    return blocks[:within]


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
        self.blocks: list[PageBlock] = []
        self.unread: list[Unread] = []
        self.frames: list[Frame] = []
        self.frame: Frame | None = None
        """The innermost of the frames."""
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

    def read(self, body: HtmlElement) -> None:
        step = None
        for element in reversed([*body.iterancestors()]):
            step = Step(str(element.tag), step)
        steps = self.steps = [step or Step("", None)]
        open_: list[int] = []
        for tag, element, text in nodes.steps(body, SILENT_TAGS):
            if tag is not None:
                traits = _TRAITS.get(tag, 0)
                open_.append(traits)
                if traits & _IS_RARE:
                    steps.append(Step(element.get(WAS, tag) if traits & _IS_RENAMED else tag, steps[-1]))
                    if self.meet(element, traits):
                        continue
                else:
                    steps.append(Step(tag, steps[-1]))
                if traits or self.frame is None or element in self.marks:
                    self.start(element, tag, traits)
                if words := _emoji(element) if traits & _IS_IMAGE else text:
                    self.add(words)
                continue
            steps.pop()
            traits = open_.pop()
            frame = self.frame
            if frame is not None and (traits & _HAS_END or frame.element is element):
                self.end(element, traits)
                frame = self.frame
            if frame is not None and text:
                if traits & _FILLS and not self.is_code and self.parts(text):
                    frame.words.append(" ")
                self.add(text)

    def meet(self, element: HtmlElement, traits: int) -> bool:
        """Write down what an element shows that is no text of the page. Return whether it has no text of the page."""
        if traits & _IS_PICTURE:
            self.picture = True
        if traits & _IS_INSET:
            self.note(element)
        if traits & _IS_UNREAD:
            self.leave(element)
        return traits & _IS_SILENT != 0

    def leave(self, element: HtmlElement) -> None:
        """Write down the words that an element shows and that are no text of the page."""
        if not (text := shown_words(element)):
            return
        step = self.steps[-1]
        siblings = None if step.parent is None else step.parent.children
        if (place := self.places.get(element)) is not None and siblings is not None:
            step.number, is_alone = place
            siblings[step.tag] = max(step.number, 1 if is_alone else 2)
        mark = self.frame.mark if self.frame is not None else None
        self.unread.append(Unread(text, self.marks.get(element, UNNAMED), step, self.begun, mark))

    def note(self, element: HtmlElement) -> None:
        """Write down a picture or message, unless a rule removes it."""
        if self.frame is not None and element not in self.marks and len(self.insets) < MAX_INSETS:
            self.insets.append(Inset(element, self.frame, self.begun))

    def start(self, element: HtmlElement, tag: str, traits: int) -> None:
        """Begin an element, before its text."""
        frame = self.frame
        if self.whole is not None:
            self.start_in_whole(element, tag, traits)
        elif traits & _MAY_BE_CODE and holds_code(element, tag):
            self.flush(frame)
            self.open(element, "pre")
            self.whole, self.glue, self.is_code = element, "\n", True
        elif traits & _IS_BLOCK:
            self.flush(frame)
            if self.open(element, tag).table and begins_row(element):
                self.whole, self.glue = element, " "
        elif frame is None or element in self.marks:
            # a marked inline element does not split the sentence around it: only block elements end a block
            self.open(element, tag)
        elif traits & _MAY_BE_NOTE and frame.order and frame.tag in BLOCK_TAGS and is_beside(element):
            mark = self.mark_note(element) if is_numbered(element) else None
            self.open(element, tag).mark_of_note = mark
        elif traits & _SEPARATES:
            self.separate(element, traits)
        if traits & _IS_CELL and (row := self.row_of(element)) is not None:
            row.marks.append((len(row.words), element, True))
        if traits & _IS_MARKED:
            self.inside.append(element)
            self.write_mark(element, traits, 1)

    def start_in_whole(self, element: HtmlElement, tag: str, traits: int) -> None:
        """Begin an element inside of one whose text is one block."""
        frame = self.frame
        assert frame is not None
        is_marked = element in self.marks
        if self.is_code and is_marked and frame.mark is None:
            self.set_aside(element, tag)
        elif traits & _IS_BLOCK and (self.is_code or not is_marked):
            frame.is_parted = True
        elif self.is_code:
            if traits & _IS_BREAK:
                self.end_line()
        elif is_marked:
            self.open(element, tag)
        elif traits & _SEPARATES:
            self.separate(element, traits)

    def separate(self, element: HtmlElement, traits: int) -> None:
        """Part the words at the two sides of a line break, of the beginning of a cell or of a reading."""
        frame = self.frame
        assert frame is not None
        if traits & _IS_BREAK:
            frame.breaks += 1
            if frame.breaks > 1 and self.whole is None:
                self.flush(frame)
            else:
                frame.words.append(LINE_BREAK)
        elif traits & _IS_CELL and frame.words:
            self.add(" | ")
        elif traits & _IS_READING:
            self.bracket(element, element.getprevious(), begins=True)

    def end(self, element: HtmlElement, traits: int) -> None:
        """End an element, before the text behind it."""
        if traits & _IS_MARKED:
            self.inside.pop()
            self.write_mark(element, traits, -1)
        frame = self.frame
        assert frame is not None
        if frame.element is not element:
            if traits & _IS_BLOCK and self.whole is not None:
                frame.is_parted = True
            if traits & _IS_READING and not self.is_code:
                self.bracket(element, element.getnext(), begins=False)
        elif self.is_code and element is not self.whole:
            self.close()
            if (words := frame.words) and not words[-1].endswith("\n"):
                words.append("\n")
            return
        else:
            self.flush(frame)
            if element is self.whole:
                self.whole, self.is_code = None, False
                for aside in self.aside.values():
                    self.flush(aside)
                self.aside = {}
            self.close()
            around = self.frame
            if around is not None and not traits & _IS_BLOCK and self.parts(element.tail or "", at_signs=True):
                around.words.append(" ")
        if traits & _IS_CELL:
            self.end_cell(element)

    def parts(self, tail: str, *, at_signs: bool = False) -> bool:
        """Tell whether words would run together if the text of the frame went on with *tail*. `at_signs`: whether a
        word behind a sign, such as the end of a sentence, counts too."""
        assert self.frame is not None
        words = self.frame.words
        last, first = words[-1][-1:] if words else "", tail[:1]
        if (first and not first.isalnum()) or not (last.isalnum() or at_signs):
            return False
        return not (_UNSPACED.match(last) and _UNSPACED.match(first))

    def mark_note(self, note: HtmlElement) -> HtmlElement:
        """Return the element of a side note's mark. A number that only a style sheet shows is written into the
        sentence."""
        frame = self.frame
        assert frame is not None
        self.side_notes += 1
        last = len(frame.words) - 1
        while not frame.words[last].strip():
            last -= 1
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
        assert self.frame is not None
        words = self.frame.words
        if not begins:
            for word in reversed(words):
                if word in _BRACKETS:
                    self.add(_BRACKETS[word])
                    return
            self.add("")
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
        frame = self.frame
        if frame is not None and frame.element is cell:
            frame = frame.parent
        if frame is None or frame.element is not self.whole or not frame.table or len(frame.marks) >= MAX_MARKS:
            return None
        return frame if cell.getparent() is frame.element else None

    def end_cell(self, cell: HtmlElement) -> None:
        if (row := self.row_of(cell)) is not None:
            row.is_parted = False
            row.marks.append((len(row.words), cell, False))

    def write_mark(self, element: HtmlElement, traits: int, by: int) -> None:
        """Write down where an inline element begins (*by* is 1) or ends (-1), and count those that text is inside of.
        What begins before a block's text does so at its start."""
        frame = self.frame
        if frame is not None and frame.words and len(frame.marks) < MAX_MARKS:
            frame.marks.append((len(frame.words), element, by > 0))
        if traits & _IS_LINK:
            self.links += by
        elif traits & _IS_BOLD:
            self.bold += by
        elif traits & _IS_ITALIC:
            self.italic += by

    def open(self, element: HtmlElement, tag: str) -> Frame:
        """Begin a frame inside of the innermost."""
        parent = self.frame
        self.frame = frame = Frame(element, tag, parent, self.steps[-1])
        self.frames.append(frame)
        if frame.mark is None and element in self.marks:
            frame.mark = Mark(self.marks[element], frame.step)
        if tag == "li":
            if parent is not None and parent.tag == "ol":
                self.number(frame, parent)
        elif tag == "ol":
            frame.items = _before_first(element)
            frame.from_zero = (element.get("start") or "").strip() == "0" and element.get("reversed") is None
        elif tag == "table":
            frame.table = 0
            if frame.mark is None and is_data(element):
                self.tables += 1
                frame.table = self.tables
        return frame

    def close(self) -> None:
        """Leave the innermost frame."""
        self.frames.pop()
        self.frame = self.frames[-1] if self.frames else None

    def number(self, item: Frame, ol: Frame) -> None:
        """Give an item of an ordered list its number."""
        backwards = ol.element.get("reversed") is not None
        value = _number(item.element.get("value"))
        item.number = ol.items = value or max(1, ol.items + (-1 if backwards else 1))
        ol.from_zero = item.from_zero = ol.from_zero and not value

    def set_aside(self, element: HtmlElement, tag: str) -> None:
        """Begin what a rule removes from code. A thousand line numbers are one removal."""
        rule = self.marks[element]
        frame = self.aside.get(rule)
        if frame is None:
            self.aside[rule] = self.open(element, tag)
        else:
            frame.element = element
            self.frame = frame
            self.frames.append(frame)

    def part(self, frame: Frame) -> None:
        """Part the text of two block elements where the whole text is one block."""
        if frame.is_parted and frame.words and not frame.words[-1].endswith(self.glue):
            frame.words.append(self.glue)
        frame.is_parted = False

    def end_line(self) -> None:
        """End a line of code where the page says so."""
        assert self.frame is not None
        self.part(self.frame)
        self.frame.words.append("\n")

    def add(self, text: str) -> None:
        """Add a piece of text to the innermost frame."""
        frame = self.frame
        assert frame is not None
        if self.is_code:
            text = as_code(text)
            if not text or (text.isspace() and "\n" in text and self.is_layout(frame)):
                return
        if self.inside and not frame.words:
            frame.marks.extend([(0, element, True) for element in self.inside])
        if frame.is_parted:
            if text.startswith(self.glue):
                frame.is_parted = False
            self.part(frame)
        frame.words.append(text)
        if text.isspace():
            return
        if not frame.order:
            self.begun += 1
            frame.order = self.begun
        frame.breaks = 0
        if self.inside:
            length = len(text)
            if self.links:
                frame.linked += length
            if self.bold:
                frame.bold += length
            if self.italic:
                frame.italic += length

    def is_layout(self, frame: Frame) -> bool:
        """Tell whether white space in code is that of the page's source: between the lines where they are elements."""
        return (frame.is_parted or not frame.words) and self.whole is not None and self.whole.tag != "pre"

    def flush(self, frame: Frame | None) -> None:
        """End the text of a frame, and write down its block if it has a word."""
        if frame is None or not frame.words:
            return
        if frame.order:
            raw = "".join(frame.words)
            kind, level = _kind(frame)
            if not raw.isascii() and "\n" in raw and kind != "code" and _UNSPACED.search(raw):
                frame.words = _unwrapped(frame.words, raw)
                raw = "".join(frame.words)
            text = trimmed(raw)[0] if kind == "code" else " ".join(raw.split()).strip("| ")
            if text and not text.isspace():
                length = len(text)
                linked, bold, italic = min(frame.linked, length), min(frame.bold, length), min(frame.italic, length)
                block = PageBlock(text, kind, level, linked, frame, frame.order, bold, italic, self.picture)
                block.pieces, block.marks = frame.words, frame.marks
                self.blocks.append(block)
                self.picture = False
            frame.linked = frame.bold = frame.italic = frame.order = 0
        frame.words, frame.marks, frame.breaks, frame.is_parted = [], [], 0, False


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

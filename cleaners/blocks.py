"""The page as a list of text blocks in page order, each with its evidence: what stands between two block elements is
one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from lxml import etree
from lxml.html import HtmlElement

from cleaners.article import BlockKind
from cleaners.dom import Marks

# fmt: off
BLOCK_TAGS = frozenset((
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "div", "dl",
    "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup",
    "hr", "legend", "li", "main", "menu", "nav", "ol", "p", "pre", "search", "section", "summary", "table", "tbody",
    "tfoot", "thead", "tr", "ul",
))
SILENT_TAGS = frozenset((
    "audio", "canvas", "embed", "head", "iframe", "math", "object", "script", "style", "svg", "template", "textarea",
    "video",
))
# fmt: on
"""Elements whose content is not text of the page."""

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
MAX_BLOCKS = 20_000
"""Blocks that are read of a page; what lies behind is not looked at, and a flag says so. Bounds time and memory: 3 s,
330 MB. The development corpora's pages have at most 1,477."""

_PICTURES = ("img", "picture", "video")
_CELLS = ("td", "th")


class Step:
    """An element's place among its siblings; `str` gives the path to it, as lxml's getpath would.

    getpath counts the siblings anew for each element, which is quadratic on a long page.
    """

    __slots__ = ("children", "number", "parent", "tag")

    def __init__(self, tag: str, parent: Step | None) -> None:
        self.tag = tag
        self.parent = parent
        self.children: dict[str, int] = {}
        self.number = 1
        if parent is not None:
            self.number = parent.children[tag] = parent.children.get(tag, 0) + 1

    def __str__(self) -> str:
        parts: list[str] = []
        step: Step | None = self
        while step is not None and step.tag:
            alone = step.parent is None or step.parent.children[step.tag] == 1
            parts.append(step.tag if alone else f"{step.tag}[{step.number}]")
            step = step.parent
        return "/" + "/".join(reversed(parts))


@dataclass(slots=True)
class Frame:
    """An open block element while the page is read; afterwards the way from a block up to the body."""

    element: HtmlElement
    parent: Frame | None
    mark: Frame | None
    """The outermost frame around it, itself included, that a DOM rule takes."""
    step: Step
    rule: str = ""
    words: list[str] = field(default_factory=list)
    linked: int = 0
    order: int = 0
    breaks: int = 0
    items: int = 0
    number: int = 0
    """An item's number, where its list is ordered."""

    @property
    def tag(self) -> str:
        """The element's name."""
        return str(self.element.tag)


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
    """Where its first word stands among the first words of all blocks."""
    after_picture: bool = False
    """Whether a picture or video stands between it and the block before."""

    @property
    def where(self) -> str:
        """The path of its element, or of the element that a DOM rule takes, in the page as it came."""
        return str((self.frame.mark or self.frame).step)

    @property
    def rule(self) -> str | None:
        """The DOM rule that takes it, if one does."""
        return self.frame.mark.rule if self.frame.mark else None


def read_blocks(body: HtmlElement, marks: Marks) -> list[PageBlock]:
    """Return the blocks below `body` in page order. Deep trees are no problem: nothing here recurses."""
    # a marked inline element is done before the sentence that it stands in
    return sorted(islice(_Reader(marks).read(body), MAX_BLOCKS), key=lambda block: block.order)


class _Reader:
    def __init__(self, marks: Marks) -> None:
        self.marks = marks
        self.frames: list[Frame] = []
        self.links = 0
        self.picture = False
        self.begun = 0
        self.steps: list[Step] = []

    def read(self, body: HtmlElement) -> Iterator[PageBlock]:
        step = None
        for element in reversed([*body.iterancestors()]):
            step = Step(str(element.tag), step)
        self.steps = [step or Step("", None)]
        walk = etree.iterwalk(body, events=("start", "end"))
        for event, element in walk:
            if event == "start":
                self.steps.append(Step(str(element.tag), self.steps[-1]))
                if element.tag in _PICTURES:
                    self.picture = True
                if element.tag in SILENT_TAGS:
                    walk.skip_subtree()
                else:
                    yield from self.start(element)
            else:
                if element.tag not in SILENT_TAGS:
                    yield from self.end(element)
                self.steps.pop()
                if element is not body and element.tail and self.frames:
                    self.add(element.tail)

    def start(self, element: HtmlElement) -> Iterator[PageBlock]:
        if element.tag in BLOCK_TAGS or element in self.marks or not self.frames:
            # a marked inline element leaves the sentence around it whole: only block elements end what was begun
            if self.frames and element.tag in BLOCK_TAGS:
                yield from self.flush()
            self.open(element)
        elif element.tag == "br":
            self.frames[-1].breaks += 1
            if self.frames[-1].breaks > 1:
                yield from self.flush()
            else:
                self.frames[-1].words.append("\n")
        elif element.tag in _CELLS and self.frames[-1].words:
            self.add(" | ")
        if element.tag == "a":
            self.links += 1
        if element.text:
            self.add(element.text)

    def end(self, element: HtmlElement) -> Iterator[PageBlock]:
        if element.tag == "a":
            self.links -= 1
        if self.frames and self.frames[-1].element is element:
            yield from self.flush()
            closed = self.frames.pop()
            if self.frames and closed.tag not in BLOCK_TAGS:
                self.frames[-1].words.append(" ")

    def open(self, element: HtmlElement) -> None:
        parent = self.frames[-1] if self.frames else None
        frame = Frame(element, parent, parent.mark if parent else None, self.steps[-1])
        if parent is not None and frame.tag == "li":
            parent.items += 1
            frame.number = parent.items if parent.tag == "ol" else 0
        if frame.mark is None and element in self.marks:
            frame.mark, frame.rule = frame, self.marks[element]
        self.frames.append(frame)

    def add(self, text: str) -> None:
        frame = self.frames[-1]
        if not frame.order and not text.isspace():
            self.begun += 1
            frame.order = self.begun
        frame.words.append(text)
        if not text.isspace():
            frame.breaks = 0
            if self.links:
                frame.linked += len(text)

    def flush(self) -> Iterator[PageBlock]:
        frame = self.frames[-1]
        raw = "".join(frame.words)
        kind, level = _kind(frame)
        text = raw.strip("\n") if kind == "code" else " ".join(raw.split()).strip("| ")
        if text.strip():
            yield PageBlock(text, kind, level, min(frame.linked, len(text)), frame, frame.order, self.picture)
            self.picture = False
        frame.words, frame.linked, frame.breaks, frame.order = [], 0, 0, 0


def _kind(frame: Frame) -> tuple[BlockKind, int]:
    step: Frame | None = frame
    while step is not None:
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

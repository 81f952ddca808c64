"""Say how items of lists hang together: how deep each is, what goes on with it, and terms with their definitions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from lxml.html import HtmlElement

from cleaners.article import Block, changed
from cleaners.classify.outline import inherited
from cleaners.html.blocks import Frame, PageBlock

_LISTS = ("ul", "ol", "menu")
_TERMS = {"dt": "term", "dd": "definition"}
MAX_STYLE = 500
"""Characters of a `style` that are read."""
_STYLE = re.compile(r"list-style(?:-type)?\s*:[^;]*?\b((?:lower|upper)-(?:alpha|latin|roman))\b", re.IGNORECASE)
_TYPES = {
    "lower-alpha": "a", "lower-latin": "a", "lower-roman": "i",
    "upper-alpha": "A", "upper-latin": "A", "upper-roman": "I",
}  # fmt: skip
MAX_ROMAN = 3999
_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
    (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
MAX_AROUND = 64
"""Elements around a block in which lists and items are looked for. The development corpora's pages are at most 56
elements deep."""


_Around = tuple[Frame | None, tuple[Frame, ...]]
"""The innermost item, term or definition that a frame is or is in, and the lists that it is or is in, the outermost
first."""


def joined(page: Sequence[PageBlock], kept: Mapping[int, Block]) -> dict[int, Block]:
    """Return the kept blocks, by their number on the page, with the depth of items, what goes on with an item, and
    terms and definitions. Words and order stay; elements with the role of a list's item count as items."""
    lists = _Lists()
    return {i: lists.add(page[i], block) for i, block in kept.items()}


class _Lists:
    """The lists that the next block may be in: those of the items above it without other text between."""

    def __init__(self) -> None:
        self.open: list[Frame] = []
        """The lists of the last item, the outermost first."""
        self.items: dict[int, Block] = {}
        """The items, terms and definitions that have begun, by the id of their frame."""
        self.terms: Frame | None = None
        """The list of terms that the last term was in."""
        self.known: dict[int, _Around] = {}
        self.sections: set[int] = set()
        """The ids of the frames of items that a heading stands in: parts of the page, each below its heading."""

    def add(self, block: PageBlock, plain: Block) -> Block:
        if plain.kind == "heading":
            self.close()
            self.sections.update(id(frame) for frame in block.frame.up(MAX_AROUND) if _is_item(frame))
            return plain
        item, around = inherited(block.frame, self.known, (None, ()), _inside)
        # where a list stands in another as its item, it is no list around itself
        lists = [frame for frame in around if frame is not item]
        if not plain.text and not plain.cells and item is not None and id(item) not in self.items and self.items:
            # a picture begins no item: it goes on with the one above
            last = next(reversed(self.items.values()))
            return changed(plain, depth=last.depth, continues=True)
        if item is None:
            self.close()
            return plain
        if (begun := self.items.get(id(item))) is not None:
            self.open = self.open[: begun.depth + 1]
            kind = begun.kind if plain.kind in ("paragraph", "list item") else plain.kind
            level = begun.level if kind == "list item" else plain.level
            return changed(plain, kind=kind, level=level, depth=begun.depth, continues=True)
        if id(item) in self.sections and plain.kind in ("paragraph", "list item") and not item.number:
            # a sign before it would make an item of its own of it
            self.close()
            return changed(plain, kind="paragraph", level=0)
        if item.tag in _TERMS and plain.kind == "paragraph":
            return self.define(item, plain)
        if plain.kind == "list item" or (plain.kind == "paragraph" and item.tag != "li"):
            return self.begin(item, lists, plain)
        self.close()
        return plain

    def begin(self, item: Frame, lists: Sequence[Frame], plain: Block) -> Block:
        """Begin an item: in the innermost of its lists, below those of its lists that have an item above it."""
        while self.open and not _has(lists, self.open[-1]):
            self.open.pop()
        if lists and not (self.open and self.open[-1] is lists[-1]):
            self.open.append(lists[-1])
        level, marker = _numbered(item, plain.level)
        block = changed(plain, kind="list item", level=level, marker=marker, depth=max(0, len(self.open) - 1))
        self.items[id(item)] = block
        return block

    def define(self, item: Frame, plain: Block) -> Block:
        """Begin a term, or a definition of one. A list without terms is none: old pages indent text by it."""
        around = item.parent
        for _ in range(MAX_AROUND):
            if around is None or around.tag == "dl":
                break
            around = around.parent
        if around is None or around is not self.terms:
            self.close()
            if around is None or item.tag == "dd":
                return plain
        self.open, self.terms = [], around
        block = changed(plain, kind="term" if item.tag == "dt" else "definition")
        self.items[id(item)] = block
        return block

    def close(self) -> None:
        self.open, self.items, self.terms = [], {}, None


def _numbered(item: Frame, level: int) -> tuple[int, str]:
    """Return the number of an item and its marker."""
    around = item.parent.element if item.parent is not None else None
    if not item.number or around is None:
        return level, ""
    if item.from_zero:
        return level - 1, "0" if level == 1 else ""
    shown = item.element.get("type") or around.get("type") or _type_of_style(around)
    return level, _SHOWN[shown](level) if shown in _SHOWN else ""


def _type_of_style(ordered: HtmlElement) -> str:
    match = _STYLE.search((ordered.get("style") or "")[:MAX_STYLE])
    return _TYPES[match[1].lower()] if match else ""


def _letters(number: int) -> str:
    """Return a number as browsers count with letters.

    >>> _letters(1), _letters(26), _letters(27)
    ('a', 'z', 'aa')
    """
    done = ""
    while number > 0:
        number, last = divmod(number - 1, 26)
        done = chr(ord("a") + last) + done
    return done


def _roman(number: int) -> str:
    """Return a Roman number; empty for one that has none.

    >>> _roman(4), _roman(1990), _roman(4000)
    ('iv', 'mcmxc', '')
    """
    if number > MAX_ROMAN:
        return ""
    done = ""
    for value, sign in _ROMAN:
        done += sign * (number // value)
        number %= value
    return done


_SHOWN: Mapping[str, Callable[[int], str]] = {
    "a": _letters,
    "A": lambda number: _letters(number).upper(),
    "i": _roman,
    "I": lambda number: _roman(number).upper(),
}
"""How the types of ordered lists show a number."""


def _has(frames: Iterable[Frame], wanted: Frame) -> bool:
    return any(frame is wanted for frame in frames)


def _inside(around: _Around, frame: Frame) -> _Around:
    """Return what a frame's text is in, by what the frame itself is in."""
    item, lists = around
    if frame.tag in _LISTS or frame.element.get("role") == "list":
        lists = (*lists, frame)
    return frame if _is_item(frame) else item, lists


def _is_item(frame: Frame) -> bool:
    return frame.tag == "li" or frame.tag in _TERMS or frame.element.get("role") == "listitem"

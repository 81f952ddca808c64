"""Find where on a page the paragraphs of its text stood, and where each piece that was removed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lxml import etree, html

from scraper.printable import one_line, printable

MAX_REMOVALS = 2_000
"""Removals that are shown. The most on a page of the development corpora are some hundred."""
MAX_REMOVED = 20_000
"""Characters of one removal that are shown, and kept with a mark."""
MIN_FOUND = 12
"""Letters that a removal needs to be looked for on the page: shorter ones, such as `Share`, stand in many places."""
BEGINNING = 40
"""Letters of a text by which it is found where the whole is not on the page as it is: a part of it was removed."""
_PATH = re.compile(r"(?:/[a-z][a-z0-9]{0,20}(?:\[[0-9]{1,6}\])?){1,300}")
"""The path of an element as a removal has it, and no other XPath."""


@dataclass(frozen=True, slots=True)
class Removed:
    """A removal as it is shown."""

    rule: str
    stage: str
    text: str
    where: str
    why: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A paragraph of the text, or a removal in its place between them."""

    text: str
    removed: Removed | None = None


def read_removals(stored: object, reasons: Mapping[str, str]) -> Iterator[Removed]:
    """Yield the removals of a text's metadata, which may be any JSON, each with a reason in words."""
    for one in (stored if isinstance(stored, list) else [])[:MAX_REMOVALS]:
        if isinstance(one, dict):
            rule = one_line(one.get("rule", ""))
            why = one_line(one.get("why") or reasons.get(rule) or "this rule is not in force any more: no reason known")
            text = printable(one.get("text", ""), MAX_REMOVED)
            yield Removed(rule, one_line(one.get("stage", "")), text, one_line(one.get("where", "")), why)


def placed(
    paragraphs: Sequence[str], removals: Sequence[Removed], page: PageWords
) -> tuple[list[Piece], list[Removed]]:
    """Return the paragraphs with each removal in its place, and the removals whose place is not known.

    A text's record has no places of paragraphs: they are looked for on the page in their order, and a removal by the
    path of its element. One that is a part of a paragraph stands behind it.

    >>> more = Removed("lines/more", "lines", "Read more about tides", "", "")
    >>> page = PageWords("<p>The tide rose.</p><p>Read more about tides</p><p>It fell.</p>")
    >>> [piece.text for piece in placed(["The tide rose.", "It fell."], [more], page)[0]]
    ['The tide rose.', 'Read more about tides', 'It fell.']
    """
    places: list[tuple[int, int, Piece]] = []
    at = 0
    for number, paragraph in enumerate(paragraphs):
        found = page.find(paragraph, at)
        # one that is not found stands behind the one before, as does one that only an earlier place has
        at = max(at, found)
        places.append((at, number, Piece(paragraph)))
    unplaced = []
    at = 0
    for number, one in enumerate(removals, len(places)):
        found = page.find(one.text, at, where=one.where, least=MIN_FOUND)
        if found < 0:
            unplaced.append(one)
        else:
            at = max(at, found)
            places.append((found, number, Piece(one.text, one)))
    places.sort(key=lambda place: place[:2])
    return [piece for _, _, piece in places], unplaced


class PageWords:
    """The letters of a page in their order, without those of scripts and styles, and where each element has its own."""

    def __init__(self, page: str) -> None:
        """Read a page; one that cannot be read has no letters."""
        self._tree = tree_of(page)
        pieces: list[str] = []
        begins: dict[etree._Element, int] = {}
        self._spans: dict[etree._Element, tuple[int, int]] = {}
        at = 0
        for event, element in () if self._tree is None else etree.iterwalk(self._tree, events=("start", "end")):
            if event == "start":
                begins[element] = at
                text = None if element.tag in ("script", "style") else element.text
            else:
                self._spans[element] = begins.pop(element), at
                text = element.tail
            if text:
                pieces.append(letters_of(text))
                at += len(pieces[-1])
        self._letters = "".join(pieces)

    def find(self, text: str, after: int = 0, *, where: str = "", least: int = 1) -> int:
        """Return the place of a text, by its letters alone; -1 where it is not found.

        It is looked for in the element with the path *where*, if it has that; else behind a place, then on all of the
        page, if it has *least* letters.
        """
        wanted = letters_of(text)
        begin = wanted[:BEGINNING]
        if not wanted:
            return -1
        if span := self._span(where):
            for sought in (wanted, begin):
                if (found := self._letters.find(sought, *span)) >= 0:
                    return found
        if len(wanted) < least:
            return -1
        tries = ((wanted, after), (begin, after), (wanted, 0))
        return next((found for sought, at in tries if (found := self._letters.find(sought, at)) >= 0), -1)

    def _span(self, where: str) -> tuple[int, int] | None:
        if self._tree is None or not _PATH.fullmatch(where):
            return None
        found = self._tree.getroottree().xpath(where)
        return self._spans.get(found[0]) if found else None


def letters_of(text: str) -> str:
    """Return a text without its white space, in which a page and its stored text differ."""
    return "".join(text.split())


def tree_of(page: str) -> html.HtmlElement | None:
    """Return the tree of a page without comments; None where it cannot be read."""
    # signs that no document may have end the parser's reading
    text = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]", " ", page)
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        return html.document_fromstring(text.encode(), parser=parser)
    except (etree.LxmlError, ValueError, AssertionError):
        return None

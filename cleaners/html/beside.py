"""Tell which inline elements are notes that a page shows beside its text, though they stand in a sentence."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice

from lxml.html import HtmlElement

MAY_BE_BESIDE = frozenset(("small", "span"))
_BESIDE = frozenset((
    "footnote", "footnote-body", "footnote-content", "footnote-text", "margin-note", "marginnote", "side-note",
    "sidenote", "sidenote-content", "sidenote__content",
))  # fmt: skip
"""Classes of side notes, as Tufte's style sheets and their successors name them."""
_UNNUMBERED = frozenset(("margin-note", "marginnote"))
_MARK = re.compile(r"[\[(]?(?:\d{1,3}|[*†‡§¶]{1,3})[\])]?")
FEW_WORDS = 3
"""Words of a side note; what is shorter is a mark, which has the same classes."""


def is_beside(element: HtmlElement) -> bool:
    """Tell whether an element of a tag in MAY_BE_BESIDE is a side note."""
    classes = element.get("class")
    if not classes or not _names_note(classes):
        return False
    words = (word for text in element.itertext() for word in text.split())
    return len([*islice(words, FEW_WORDS)]) == FEW_WORDS


# the same few hundred values are on every page of a site
@lru_cache(maxsize=8192)
def _names_note(classes: str) -> bool:
    return not _BESIDE.isdisjoint(classes.lower().split())


def is_numbered(note: HtmlElement) -> bool:
    """Tell whether a side note has a number, which often only the style sheet shows."""
    return _UNNUMBERED.isdisjoint((note.get("class") or "").lower().split())


def is_mark(text: str) -> bool:
    """Tell whether a text is what marks of notes show: a number or sign."""
    return _MARK.fullmatch(text.strip()) is not None


def label_of_switch(note: HtmlElement) -> str:
    """Return the text of the `label` before a side note, which on small screens shows and hides the note."""
    before = note.getprevious()
    while before is not None and before.tag == "input":
        before = before.getprevious()
    return "".join(before.itertext()).strip() if before is not None and before.tag == "label" else ""

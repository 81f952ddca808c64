"""The byline that a page shows: found by its marks and by its place under the headline."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from lxml.html import HtmlElement

from cleaners.metadata import header
from cleaners.metadata.names import is_labelled, is_person, names_in, without_by

SPREAD = 40
"""Elements between the first and the last author of one byline."""
MAX_OTHER_WORDS = 5
"""A marked element that names no person, such as "The Gazette Team", has no more words with its "By"."""
MAX_TEXT = 160
"""Characters. A marked element with more is a box about the author; its name has an element of its own."""

_MARK = re.compile(
    r"by-?_?line|author(?!i[sz]|it)|\bautor(?!i)|auteur|autore(?!n)|verfasser|writer|written-?by|contributor|reporter(?!s)"
    r"|journalist|redakteur|redacteur|penulis|yazar|\bcreator",
    re.IGNORECASE,
)
_NAME_MARK = re.compile(r"author-?_?(?:name|link)|byline-?_?name|post-?_?author$|\bfn\b|^author$", re.IGNORECASE)
_HREF = re.compile(
    r"/(?:authors?|autor(?:en|es|i)?|auteurs?|autori|staff|contributors?|profiles?|reporters?|journalists?|writers?"
    r"|team|by|redaktion|penulis|yazar(?:lar)?)/[^/?#]+",
    re.IGNORECASE,
)
_OTHER_WORK = re.compile(
    r"review|edited|fact.?check|photo|illustrat|verified|lektor|foto|bild|geprüft|revisad|vérifi|translat",
    re.IGNORECASE,
)
_CONNECTOR = re.compile(r"(?:,|&|\||and|und|et|y|e|en|og|och|by|von|por|par|[•·]|with)*", re.IGNORECASE)


class Byline(NamedTuple):
    """The names of the byline that a page shows."""

    persons: list[str]
    """Those that look like persons' names."""
    named: list[str]
    """What an element marked as an author's name says besides, such as an account or "The Gazette Team"."""
    others: list[str]
    """What another byline says that names no person."""


def visible_byline(root: HtmlElement, headline: HtmlElement | None) -> Byline:
    """Return the names in the byline that the page shows: the best marked one next to the headline."""
    byline = Byline([], [], [])
    best: tuple[int, int, HtmlElement] | None = None
    for rank, order, element in header.marked(root, headline, _strength):
        if best is not None and (rank > best[0] or order > best[1] + SPREAD or not _is_beside(element, best[2])):
            continue
        if _is_other_work(element):
            continue
        found, other = _names(element)
        if found and best is None:
            best = rank, order, element
        byline.persons.extend(name for name in found if name not in byline.persons)
        kept = byline.named if rank == 0 else byline.others
        if not kept:
            kept += other
    return byline


def _is_beside(element: HtmlElement, other: HtmlElement) -> bool:
    """Whether two elements are of the same kind and stand in the same list."""
    if element.tag != other.tag or element.get("class") != other.get("class"):
        return False
    lists = [*other.iterancestors()][:2]
    return any(node in lists for node in [*element.iterancestors()][:2])


def _strength(element: HtmlElement) -> int | None:
    if element.get("rel") == "author" or element.get("itemprop") == "author":
        return 0
    marks = f"{element.get('class') or ''} {element.get('id') or ''} {element.get('data-testid') or ''}"
    if len(marks) > 2 and (strength := _strength_of(marks[: header.MAX_MARKS])) is not None:
        return strength
    if element.tag == "a" and _HREF.search((element.get("href") or "")[: header.MAX_MARKS]):
        return 2
    text = (element.text or "").strip()
    return _strength_of_text(text) if text and len(text) < MAX_TEXT else None


@lru_cache(8192)
def _strength_of_text(text: str) -> int | None:
    if without_by(f"{text} X") == f"{text} X":
        return None
    return 1 if is_labelled(text) else 3


@lru_cache(8192)
def _strength_of(marks: str) -> int | None:
    if not _MARK.search(marks):
        return None
    return 0 if _NAME_MARK.search(marks) else 1


def _unseen_names(element: HtmlElement) -> list[str]:
    """Return the names that microdata says in `meta` elements, where nothing is shown."""
    found = [meta.get("content") or "" for meta in element.iter("meta") if meta.get("itemprop") == "name"]
    return [text for text in found if text]


def _is_other_work(element: HtmlElement) -> bool:
    parent = element.getparent()
    texts = element.text or "", "" if parent is None else parent.text or ""
    return any(_OTHER_WORK.search(text[: header.MAX_MARKS]) for text in texts)


def _names(element: HtmlElement) -> tuple[list[str], list[str]]:
    """Return the persons that an element names, and what it says where it names none."""
    texts = header.pieces(element) or _unseen_names(element)
    whole = " ".join(texts)
    if without_by(f"{whole} X") == "X":
        parent = element.getparent()
        texts = [] if parent is None else header.pieces(parent)
        whole = " ".join(texts)
    if not texts or len(whole) > MAX_TEXT:
        return [], []
    persons: list[str] = []
    for text in texts:
        found = [name for name in names_in(text) if is_person(name.partition(",")[0])]
        persons += found
        if not found and persons and not _CONNECTOR.fullmatch(text):
            break
    if not persons:
        persons = [name for name in names_in(whole)[:1] if is_person(name.partition(",")[0])]
    others: list[str] = []
    if not persons and without_by(texts[0]) != texts[0]:
        others = names_in(texts[0])[:1] if len(texts[0].split()) <= MAX_OTHER_WORDS else []
    elif not persons and len(whole.split()) <= MAX_OTHER_WORDS:
        others = names_in(whole)
    return persons, [name for name in others if not any(c.isdigit() for c in name)]

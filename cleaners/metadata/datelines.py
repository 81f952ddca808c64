"""The date that a page shows: by its marks and by its place under the headline."""

from __future__ import annotations

import datetime as dt
import re
from itertools import islice

from lxml.html import HtmlElement

from cleaners.metadata import header
from cleaners.metadata.dates import parse_date

MAX_TEXT = 120
"""Characters. A longer text with a date in it is prose."""

MAX_UNMARKED = 60
"""Characters. Without a mark, only a text that is hardly more than a date is one of publication."""

MAX_LABEL = 25
"""Characters: a label such as "First published on" is no longer."""

MAX_TEXTS = 10
"""Text nodes read of an element: a date has few, the element before it may be the whole article."""

_MARK = re.compile(r"publi|date|posted|pub-?time|time-?stamp|datum|fecha|data-|tarih|tanggal", re.IGNORECASE)
_ARTICLE_DATE = re.compile(r"(?:article|entry|post|story|blog|author)[-_\w]*(?:date|time)", re.IGNORECASE)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)|\d\.\d\d?\.\d\d(?!\d)")
_CHANGED = re.compile(
    r"updat|modif|last |revis|review|aktuali|geändert|actualiz|actualis|aggiorn|bijgewerkt|oppdater|uppdater|opdater"
    r"|güncel|обнов|оновл|更新|수정|diperbarui|päivitetty|edited|expire|event",
    re.IGNORECASE,
)
_PUBLISHED = re.compile(r"publi|posted|veröffentlicht|erstellt|geplaatst|julkaistu|опубл|发布|公開|입력", re.IGNORECASE)


def visible_date(
    root: HtmlElement, headline: HtmlElement | None, month_first: bool
) -> tuple[dt.datetime | dt.date | None, str]:
    """Return the date of publication that the page shows, and its source: `microdata` or `page`. A date that the page
    calls one of change counts only where no other is shown."""
    changed: tuple[dt.datetime | dt.date | None, str] = None, "page"
    for rank, _, element in header.marked(root, headline, _strength):
        if rank >= header.FAR and changed[0] is not None:
            break
        source = "microdata" if element.get("itemprop") else "page"
        for value in (element.get("datetime"), element.get("content"), _text(element)):
            if not value or (found := parse_date(value, month_first)) is None:
                continue
            if not _is_changed(element):
                return found, source
            if changed[0] is None:
                changed = found, source
            break
    return changed


def _strength(element: HtmlElement) -> int | None:
    if element.get("itemprop") == "datePublished" or element.get("pubdate") is not None:
        return 0
    if element.tag == "time":
        return 1
    text = element.text or ""
    if not _YEAR.search(text) or len(text) > MAX_TEXT:
        text = next((child.tail for child in element if child.tail and _YEAR.search(child.tail)), "")
        if not text or len(text) > MAX_TEXT:
            return None
    marks = f"{element.get('class') or ''} {element.get('id') or ''}"[: header.MAX_MARKS]
    if _PUBLISHED.search(f"{marks} {text}") or _ARTICLE_DATE.search(marks) or _is_labelled(element):
        return 1
    if _MARK.search(marks):
        return 2
    return 3 if len(text.strip()) <= MAX_UNMARKED else None


def _is_labelled(element: HtmlElement) -> bool:
    """Whether the element before it says nothing but "Published" or the like."""
    previous = element.getprevious()
    if previous is None or not isinstance(previous.tag, str):
        return False
    label = _text(previous)
    return len(label) <= MAX_LABEL and bool(_PUBLISHED.search(label)) and not _YEAR.search(label)


def _text(element: HtmlElement) -> str:
    text = " ".join(" ".join(islice(element.itertext(), MAX_TEXTS)).split())
    return text if len(text) <= MAX_TEXT else ""


def _is_changed(element: HtmlElement) -> bool:
    """Whether the page calls the date one of change: in the element's marks, its own words or those before it."""
    parent = element.getparent()
    size = header.MAX_MARKS
    before = "" if parent is None else f"{(parent.text or '')[:size]} {(parent.get('class') or '')[:size]}"
    previous = element.getprevious()
    if previous is not None and isinstance(previous.tag, str):
        before += f" {_text(previous)} {(previous.tail or '')[:size]}"
    own = f"{(element.get('class') or '')[:size]} {element.get('itemprop') or ''} {_text(element)}"
    if _CHANGED.search(own) or _PUBLISHED.search(own):
        return not _PUBLISHED.search(own)
    return bool(_CHANGED.search(before)) and not _PUBLISHED.search(before)

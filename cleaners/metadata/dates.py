"""Read dates in ISO 8601 or in the words of many languages, and find the date that a page shows."""

from __future__ import annotations

import datetime as dt
import re
from email.utils import parsedate_to_datetime
from itertools import islice

from lxml.html import HtmlElement

from cleaners.metadata.header import FAR, MAX_MARKS, marked

FIRST_YEAR, LAST_YEAR = 1990, 2100
"""Other years are errors: there was no web before, and clocks that are not set show 1970."""
MAX_TEXT = 200
"""Characters that are read of a text: a date is near its beginning."""

# first letters of the names of months, one line for each month: Germanic, Romance, Slavic and other languages
_MONTHS = (
    "jan|jän|jän|ene|gen|sty|сiч|січ|янв|ocak|oca|led|tam|ιαν|يناير|ינואר|जनवरी|tháng 1|มกร",
    "feb|fév|fev|feve|lut|лют|фев|şub|úno|hel|φεβ|فبراير|פברואר|फरवरी|tháng 2|กุม",
    "mar|mär|mrz|maa|mrt|бер|мар|bře|μαρ|μάρ|مارس|מרץ|मार्च|tháng 3|มีน",
    "apr|avr|abr|kwi|кві|апр|nis|dub|huh|απρ|أبريل|אפריל|अप्रैल|tháng 4|เมษ",
    "may|mai|mag|mei|maj|тра|май|мая|kvě|tou|μαΐ|μάι|مايو|מאי|मई|tháng 5|พฤษ",
    "jun|juin|giu|cze|чер|июн|haz|červn|kes|ιουν|ιούν|يونيو|יוני|जून|tháng 6|มิถ",
    "jul|juil|lug|lip|лип|июл|tem|červe|hei|ιουλ|ιούλ|يوليو|יולי|जुलाई|tháng 7|กรก",
    "aug|août|aou|ago|sie|сер|авг|ağu|srp|elo|αυγ|αύγ|أغسطس|אוגוסט|अगस्त|tháng 8|สิง",
    "sep|set|wrz|вер|сен|eyl|zář|syy|σεπ|سبتمبر|ספטמבר|सितंबर|सितम्बर|tháng 9|กันย",
    "oct|okt|out|ott|paź|жов|окт|eki|říj|lok|οκτ|أكتوبر|אוקטובר|अक्टूबर|tháng 10|ตุล",
    "nov|lis|лис|ноя|kas|list|marras|νοε|νοέ|نوفمبر|נובמבר|नवंबर|नवम्बर|tháng 11|พฤศ",
    "dec|dez|déc|dic|gru|гру|дек|ara|pros|jou|δεκ|ديسمبر|דצמבר|दिसंबर|दिसम्बर|tháng 12|ธัน",
)
_PREFIXES = sorted(
    ((prefix, month) for month, row in enumerate(_MONTHS, 1) for prefix in row.split("|")), key=lambda p: -len(p[0])
)
_ISO = re.compile(r"(?<!\d)((?:19|20)\d\d)[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_CJK = re.compile(r"((?:19|20)\d\d)\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일]")
_NUMBERS = re.compile(r"(?<![\d/.-])(\d{1,2})([./-])\s?(\d{1,2})\2\s?((?:19|20)\d\d|(?<=\.)\d\d)(?![\d.])")
_WORD = r"(tháng \d{1,2}|[^\W\d_][^\s\d,._]{1,11})"
_DAY_FIRST = re.compile(
    rf"(?<!\d)(\d{{1,2}})(?:st|nd|rd|th|er|º|ª|\.)?[\s-]+(?:de\s+|d'|ב)?{_WORD}\.?,?(?:\s+del?)?[\s,-]+((?:19|20)\d\d)(?!\d)"
)
_MONTH_FIRST = re.compile(rf"(?<!\w){_WORD}\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?\s?[,.]?\s+((?:19|20)\d\d)(?!\d)")
_URL = re.compile(r"[/_-]((?:19|20)\d\d)([/_-]?)(\d\d)\2(\d\d)(?=[/_.-]|$)")


def parse_date(text: str, month_first: bool = False) -> dt.datetime | dt.date | None:
    """Return the date with which a text begins: an aware datetime, or a date where the time or its zone is unknown.
    `month_first` decides what 3/4/2026 means.

    >>> parse_date("2026-11-21T10:00:00Z").isoformat()
    '2026-11-21T10:00:00+00:00'
    >>> parse_date("Freitag, 20. November 2026"), parse_date("3/4/2026", month_first=True)
    (datetime.date(2026, 11, 20), datetime.date(2026, 3, 4))
    """
    return parse_iso(text) or day_in(text.strip(), month_first)


def parse_iso(text: str) -> dt.datetime | dt.date | None:
    """Return the date of a text in ISO 8601 or in the form of e-mail headers, as `parse_date` does."""
    value = text[:MAX_TEXT].strip()
    moment = _moment(value)
    if moment is None:
        match = _ISO.match(value)
        return _day(*match.groups()) if match else None
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        return None
    return moment if moment.tzinfo else moment.date()


def day_in(text: str, month_first: bool = False) -> dt.date | None:
    """Return the first day that a text names."""
    days = [
        (match.start(), day)
        for pattern, read in _READERS
        for match in pattern.finditer(text[:MAX_TEXT])
        if (day := read(match, month_first)) is not None
    ]
    return min(days)[1] if days else None


def day_of_url(url: str | None) -> dt.date | None:
    """Return the day in a URL such as /2026/11/21/storm or /20261121-storm."""
    match = _URL.search(url or "")
    return _day(match[1], match[3], match[4]) if match else None


def _moment(value: str) -> dt.datetime | None:
    value = re.sub(r"(\.\d{1,6})\d*", r"\1", value)
    value = re.sub(r"\s*(?:Z|UTC|GMT)$", "+00:00", value)
    value = re.sub(r"(?<=\d)\s+(?=[+-]\d\d:?\d\d$)", "", value)
    try:
        return dt.datetime.fromisoformat(value)
    except ValueError:
        pass
    if not re.match(r"[A-Z][a-z]{2},? \d", value):
        return None
    try:
        return parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _month(word: str) -> int | None:
    word = word.lower()
    return next((month for prefix, month in _PREFIXES if word.startswith(prefix)), None)


def _numbers(match: re.Match[str], month_first: bool) -> dt.date | None:
    first, separator, second, year = match.groups()
    if int(second) > 12 or (month_first and separator != "." and int(first) <= 12):
        first, second = second, first
    return _day(year if len(year) == 4 else f"20{year}", second, first)


def _day(year: str, month: str | int | None, day: str) -> dt.date | None:
    try:
        date = dt.date(int(year), int(month or 0), int(day))
    except ValueError:
        return None
    return date if FIRST_YEAR <= date.year <= LAST_YEAR else None


_READERS = (
    (_ISO, lambda match, _: _day(*match.groups())),
    (_CJK, lambda match, _: _day(*match.groups())),
    (_NUMBERS, _numbers),
    (_DAY_FIRST, lambda match, _: _day(match[3], _month(match[2]), match[1])),
    (_MONTH_FIRST, lambda match, _: _day(match[3], _month(match[1]), match[2])),
)

MAX_DATE_TEXT = 120
"""Characters: a longer text with a date in it is prose."""
MAX_UNMARKED = 60
"""Characters: an unmarked text counts as a date of publication only if it is hardly longer than a date."""
MAX_LABEL = 25
"""Characters of a label such as "First published on"."""
MAX_TEXTS = 10
"""Text nodes that are read of an element: a date has few, but the element before it may be the whole article."""

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
    """Return the date of publication that the page shows, and its source: `microdata` or `page`. A date of modification
    counts only where the page shows no other."""
    changed: tuple[dt.datetime | dt.date | None, str] = None, "page"
    for rank, _, element in marked(root, headline, _strength):
        if rank >= FAR and changed[0] is not None:
            break
        source = "microdata" if element.get("itemprop") else "page"
        for value in (element.get("datetime"), element.get("content"), _text(element)):
            if not value or (date := parse_date(value, month_first)) is None:
                continue
            if not _is_changed(element):
                return date, source
            if changed[0] is None:
                changed = date, source
            break
    return changed


def _strength(element: HtmlElement) -> int | None:
    if element.get("itemprop") == "datePublished" or element.get("pubdate") is not None:
        return 0
    if element.tag == "time":
        return 1
    text = element.text or ""
    if not _YEAR.search(text) or len(text) > MAX_DATE_TEXT:
        text = next((child.tail for child in element if child.tail and _YEAR.search(child.tail)), "")
        if not text or len(text) > MAX_DATE_TEXT:
            return None
    marks = f"{element.get('class') or ''} {element.get('id') or ''}"[:MAX_MARKS]
    if _PUBLISHED.search(f"{marks} {text}") or _ARTICLE_DATE.search(marks) or _is_labelled(element):
        return 1
    if _MARK.search(marks):
        return 2
    return 3 if len(text.strip()) <= MAX_UNMARKED else None


def _is_labelled(element: HtmlElement) -> bool:
    """Tell whether the element before is a label such as "Published"."""
    previous = element.getprevious()
    if previous is None or not isinstance(previous.tag, str):
        return False
    label = _text(previous)
    return len(label) <= MAX_LABEL and bool(_PUBLISHED.search(label)) and not _YEAR.search(label)


def _text(element: HtmlElement) -> str:
    text = " ".join(" ".join(islice(element.itertext(), MAX_TEXTS)).split())
    return text if len(text) <= MAX_DATE_TEXT else ""


def _is_changed(element: HtmlElement) -> bool:
    """Tell whether a date is one of modification, by the marks and words of its element and the words before it."""
    parent = element.getparent()
    size = MAX_MARKS
    before = "" if parent is None else f"{(parent.text or '')[:size]} {(parent.get('class') or '')[:size]}"
    previous = element.getprevious()
    if previous is not None and isinstance(previous.tag, str):
        before += f" {_text(previous)} {(previous.tail or '')[:size]}"
    own = f"{(element.get('class') or '')[:size]} {element.get('itemprop') or ''} {_text(element)}"
    if _CHANGED.search(own) or _PUBLISHED.search(own):
        return not _PUBLISHED.search(own)
    return bool(_CHANGED.search(before)) and not _PUBLISHED.search(before)

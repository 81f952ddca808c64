"""Read dates in ISO 8601 or in the words of many languages, and find the date that a page shows."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from itertools import islice
from typing import Literal
from urllib.parse import unquote

from lxml.html import HtmlElement

from cleaners.html.nodes import Signs
from cleaners.metadata.header import ELSEWHERE, FAR, MAX_MARKS, Marks

Day = dt.datetime | dt.date
"""An aware datetime, or a date where the time or its zone is unknown."""

DateEvidence = Literal["declared", "marked", "page-date", "address", "unmarked", "elsewhere", ""]
"""Why a date was taken, and how many were right on the pages of five development corpora that have one:

- `declared`: JSON-LD or a meta element says that it is the day of publication (1115 of 1219);
- `marked`: the page shows it near the headline, marked as a date (285 of 301);
- `page-date`: a meta element such as `date` says it, which may be the page's (10 of 14);
- `address`: the address has it (7 of 7);
- `unmarked`: the page shows it near the headline without a mark, or farther away (82 of 94);
- `elsewhere`: an unlikely box or a script has it, and nothing else tells one (10 of 11);
- empty: there is no date.
"""

FIRST_YEAR, LAST_YEAR = 1990, 2100
"""Other years are errors: there was no web before, and clocks that are not set show 1970."""
MAX_TEXT = 200
"""Characters that are read of a text: a date is near its beginning."""

# first letters of the names of months, one line for each month: Germanic, Romance, Slavic and other languages
_MONTHS = (
    "jan|jän|jän|ene|gen|sty|сiч|січ|янв|ocak|oca|led|tam|ιαν|يناير|كانون الثاني|جانفي|ژانویه|ינואר|जनवरी|tháng 1|มกร",
    "feb|fév|fev|feve|lut|лют|фев|şub|úno|hel|φεβ|فبراير|شباط|فيفري|فوریه|פברואר|फरवरी|tháng 2|กุม",
    "mar|mär|mrz|maa|mrt|бер|мар|bře|μαρ|μάρ|مارس|آذار|מרץ|मार्च|tháng 3|มีน",
    "apr|avr|abr|kwi|кві|апр|nis|dub|huh|απρ|أبريل|ابريل|نيسان|أفريل|آوریل|אפריל|अप्रैल|tháng 4|เมษ",
    "may|mai|mag|mei|maj|тра|май|мая|kvě|tou|μαΐ|μάι|مايو|أيار|ايار|ماي|مه|מאי|मई|tháng 5|พฤษ",
    "jun|juin|giu|cze|чер|июн|haz|červn|kes|ιουν|ιούν|يونيو|حزيران|جوان|ژوئن|יוני|जून|tháng 6|มิถ",
    "jul|juil|lug|lip|лип|июл|tem|červe|hei|ιουλ|ιούλ|يوليو|تموز|جويلية|ژوئیه|יולי|जुलाई|tháng 7|กรก",
    "aug|août|aou|ago|sie|сер|авг|ağu|srp|elo|αυγ|αύγ|أغسطس|اغسطس|آب|أوت|اوت|אוגוסט|अगस्त|tháng 8|สิง",
    "sep|set|wrz|вер|сен|eyl|zář|syy|σεπ|سبتمبر|أيلول|ايلول|سپتامبر|ספטמבר|सितंबर|सितम्बर|tháng 9|กันย",
    "oct|okt|out|ott|paź|жов|окт|eki|říj|lok|οκτ|أكتوبر|اكتوبر|تشرين الأول|تشرين الاول|اکتبر|אוקטובר|अक्टूबर|tháng 10|ตุล",
    "nov|lis|лис|ноя|kas|list|marras|νοε|νοέ|نوفمبر|تشرين الثاني|نوامبر|נובמבר|नवंबर|नवम्बर|tháng 11|พฤศ",
    "dec|dez|déc|dic|gru|гру|дек|ara|pros|jou|δεκ|ديسمبر|كانون الأول|كانون الاول|دسامبر|דצמבר|दिसंबर|दिसम्बर|tháng 12|ธัน",
)
_PREFIXES = sorted(
    ((prefix, month) for month, row in enumerate(_MONTHS, 1) for prefix in row.split("|")), key=lambda p: -len(p[0])
)
_ISO = re.compile(r"(?<!\d)((?:19|20)\d\d)[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_CJK = re.compile(r"((?:19|20)\d\d)\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일]")
_NUMBERS = re.compile(
    r"(?<![\d/.-])(\d{1,2})(\s?[./]\s?|-| \| )(\d{1,2})\2((?:19|20)\d\d|(?<=[./])\d\d|(?<=[./]\s)\d\d)(?![\d./]|:\d)"
)
_WORD = r"(tháng \d{1,2}|(?:كانون|تشرين) \w{4,7}|[^\W\d_][^\s\d,._]{1,11})"
_DAY_FIRST = re.compile(
    rf"(?<!\d)(\d{{1,2}})(?:st|nd|rd|th|er|º|ª|\.)?[\s-]+(?:de\s+|d'|ב)?{_WORD}\.?,?(?:\s+del?)?[\s,-]+((?:19|20)\d\d)(?!\d)"
)
_MONTH_FIRST = re.compile(rf"(?<!\w){_WORD}\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?\s?[,.]?\s+((?:19|20)\d\d)(?!\d)")
_URL = re.compile(r"[/_-]((?:19|20)\d\d)([/_-]?)(\d\d)\2(\d\d)(?=[/_.-]|$)")
_URL_PARTS = re.compile(r"/((?:19|20)\d\d)[/-](\d{1,2}|[a-z]{3,9})[/-](\d{1,2})(?=/|$)")
_URL_DAY_FIRST = re.compile(r"[/_-](\d\d)([_-])(\d\d)\2((?:19|20)\d\d)(?=[/_.-]|$)")
_URL_EVENT = re.compile(
    r"(?:^|[/_-])(?:events?|eventos?|eventi|evenements?|veranstaltung\w*|termine?|calend[ae]r|kalender|agenda)(?=[/_-])"
)
"""Parts of addresses of events: the day in them is that of the event, which comes after the page."""
_LONG_FRACTION = re.compile(r"(\.\d{1,6})\d*")
_OF_SCRIPTS = re.compile(r"^(?:(Sun|Mon|Tue|Wed|Thu|Fri|Sat) )(\w{3}) (\d\d?) (\d{4}) ([\d:]{8}) GMT")
_NAME_OF_ZONE = re.compile(r"\s*\([^()]*\)$")
_UTC = re.compile(r"\s*(?:Z|UTC|GMT)$")
_SPACE_BEFORE_ZONE = re.compile(r"(?<=\d)\s+(?=[+-]\d\d:?\d\d$)")
_OF_MAIL = re.compile(r"[A-Z][a-z]{2},? \d")
_ZONE_OF_ISO = re.compile(r"(?<=\d)\+00:00$")
_STAMP = re.compile(r"([12]\d{9})(?:\d{3})?")
_PACKED = re.compile(r"((?:19|20)\d\d)(\d\d)(\d\d)(?:\d{4}|\d{6})?")


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
    if match := _STAMP.fullmatch(value):
        return dt.datetime.fromtimestamp(int(match[1]), dt.UTC)
    if match := _PACKED.fullmatch(value):
        return _day(*match.groups())
    moment = _moment(value)
    if moment is None:
        match = _ISO.match(value)
        return _day(*match.groups()) if match else None
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        return None
    return moment if moment.tzinfo else moment.date()


def day_in(text: str, month_first: bool = False) -> dt.date | None:
    """Return the first day that a text names."""
    days = _days(text, month_first)
    return days[0][2] if days else None


def _days(text: str, month_first: bool) -> list[tuple[int, int, dt.date]]:
    """Return (start, end, day) of the days that a text names, in their order; none overlaps another."""
    text = _plain_digits(text[:MAX_TEXT])
    found = sorted(
        (match.start(), match.end(), day)
        for pattern, read in _READERS
        for match in pattern.finditer(text)
        if (day := read(match, month_first)) is not None
    )
    days: list[tuple[int, int, dt.date]] = []
    for start, end, day in found:
        if not days or start >= days[-1][1]:
            days.append((start, end, day))
    return days


def _plain_digits(text: str) -> str:
    """Return a text with the digits of other scripts, such as Arabic-Indic ones, as 0 to 9."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(c, c)) for c in text)


def day_of_url(url: str | None, month_first: bool = False) -> dt.date | None:
    """Return the day in a URL such as /2026/11/21/storm or /20261121-storm; None for the address of an event."""
    address = unquote(url or "").lower()
    if _URL_EVENT.search(address):
        return None
    if match := _URL.search(address):
        return _day(match[1], match[3], match[4])
    if match := _URL_PARTS.search(address):
        month = match[2] if match[2].isdigit() else _month(match[2])
        return _day(match[1], month, match[3])
    if match := _URL_DAY_FIRST.search(address):
        first, second = (match[3], match[1]) if month_first and int(match[1]) <= 12 else (match[1], match[3])
        return _day(match[4], second, first)
    return None


def _moment(value: str) -> dt.datetime | None:
    value = _LONG_FRACTION.sub(r"\1", value)
    try:
        return dt.datetime.fromisoformat(value)
    except ValueError:
        pass
    value = _OF_SCRIPTS.sub(r"\1, \3 \2 \4 \5 ", value)
    value = _NAME_OF_ZONE.sub("", value)
    value = _UTC.sub("+00:00", value)
    value = _SPACE_BEFORE_ZONE.sub("", value)
    try:
        return dt.datetime.fromisoformat(value)
    except ValueError:
        pass
    if not _OF_MAIL.match(value):
        return None
    try:
        # imported here, since few pages have such a date and importing takes as long as cleaning a page
        from email.utils import parsedate_to_datetime

        return parsedate_to_datetime(_ZONE_OF_ISO.sub(" +0000", value))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _month(word: str) -> int | None:
    word = word.lower()
    return next((month for prefix, month in _PREFIXES if word.startswith(prefix)), None)


def _numbers(match: re.Match[str], month_first: bool) -> dt.date | None:
    first, separator, second, year = match.groups()
    if int(second) > 12 or (month_first and separator.strip() in "/-" and int(first) <= 12):
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
MAX_ATTRIBUTE = 40
"""Characters of an attribute that holds a date and nothing else."""
STRENGTHS = 2 * ELSEWHERE
"""Ranks of one place: one for each strength."""
MARKED = 3
"""Ranks below it near the headline are of elements that are marked as a date."""
ONE_DAY = dt.timedelta(days=1)
"""What a day in the zone of a publisher and the same moment's day in another zone can differ by."""

# these four are for text in lower case: where each alternative begins with a letter the search is ten times as fast
_MARK = re.compile(
    r"publi|date|posted|pub-?time|time-?stamp|datum|fecha|data-|tarih|tanggal|authored|lineinfo|dateline"
    r"|byline|submitted"
    r"|pubdat|datetime|created",
)
_ARTICLE_DATE = re.compile(r"(?:article|entry|post|story|blog|author)[-_\w]*(?:date|time)")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)|\d\.\d\d?\.\d\d(?!\d)|[٠-٩۰-۹]{4}")
_DIGIT = re.compile(r"\d")
_CHANGED = re.compile(
    r"updat|modif|last |revis|review|aktuali|letzte|zuletzt|geändert|actualiz|actualis|mis(?:e)? à jour"
    r"|aggiorn|bijgewerkt|gewijzigd"
    r"|oppdater|uppdater|opdater"
    r"|ændret|endret|ändrad|atualiz|güncel|обнов|оновл|измен|更新|수정|diperbarui|päivitetty|edited|expire"
    r"|zaktual|actualit|ενημ|frissít|cập nhật|تحديث|عودכן|עודכן|ویرایش|event",
)
_PUBLISHED = re.compile(
    r"publi|posted|veröffentlicht|erschienen|erstellt|eingestellt|verfasst|geplaatst|julkaistu|pubbl|inserito"
    r"|publicerad|udgivet"
    r"|zveřejn|közzét|objav|yay[ıi]n|diterbitkan|tayang|đăng|опубл|δημοσ|发布|發布|發佈|發表|公開|掲載|입력|등록|نشر|פורסם"
    r"|प्रकाशित|เผยแพร่"
    r"|written|created|originally|mise? en ligne|wurde am|écrit le|geschrieben|submitted",
)
_LABEL = re.compile(
    r"(?:datum|date|data|fecha|dato|dátum|tarih|tanggal|дата|日期|日付|날짜|التاريخ|تاریخ)\s*:?", re.IGNORECASE
)
_PUBLISHED_PROPERTY = re.compile(
    r"(?:^|\s|:)(?:datePublished|dateCreated|pubdate|issued|created)(?:\s|$)|(?:^|\s)dc:date(?:\s|$)"
)
_CHANGED_PROPERTY = re.compile(r"(?:^|\s|:)(?:dateModified|modified)(?:\s|$)")
_OF_PROPERTY = (b"date", b"issued", b"created", b"modified")
_DIGITS = [bytes([byte]) for byte in (*b"0123456789", *range(0xD9, 0xE2), 0xEA, *range(0xEF, 0xF5))]
"""In UTF-8, the digits of ASCII, and what others begin with; the letters of Europe, China, Japan and Korea do not."""
_SIGNS = Signs(("time", "abbr"), {"pubdate": (), "itemprop": _OF_PROPERTY, "property": _OF_PROPERTY}, _DIGITS)
"""What an element has at least that is marked as a date, or has a year in its text."""
_DATE_ATTRIBUTES = (
    "datetime", "content", "title", "data-datetime", "data-date", "data-time", "data-timestamp", "data-published",
    "data-publish-date", "data-published-date", "data-created", "data-utc", "data-timeutc", "data-epoch",
    "data-unixtime",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ShownDate:
    """What a page shows of its dates."""

    date: Day | None = None
    source: str = "page"
    """`microdata` or `page`."""
    modified: Day | None = None
    marked: bool = False
    """Whether the date stands near the headline in an element that is marked as a date."""
    labelled: bool = False
    """Whether a mark or word says that it is the date of publication."""
    other_order: dt.date | None = None
    """The date as it reads with day and month the other way round, where both readings are days."""


def date_marks(root: HtmlElement, headline: HtmlElement | None) -> Marks:
    """Return the elements of a page that may show a date."""
    return Marks(root, headline, _strength, near=_SIGNS, far=_SIGNS)


def visible_date(marks: Marks, month_first: bool, *, anywhere: bool = False) -> ShownDate:
    """Return the dates of publication and modification that the page shows. A date of modification counts as that of
    publication only where the page shows no other. `anywhere` also reads boxes in which dates are rarely the page's
    own, such as credits and captions; it is for pages that show none elsewhere."""
    changed: tuple[Day, HtmlElement] | None = None
    for rank, _, element in marks.ranked(anywhere=anywhere):
        if rank >= FAR and changed is not None:
            break
        if _is_in_teaser(element, marks.around):
            continue
        published, modified = _read(element, month_first)
        if modified is not None and changed is None:
            changed = modified, element
        if published is None:
            continue
        if changed is not None and rank % STRENGTHS == MARKED:
            break
        if changed is not None and _day_of(changed[0]) < _day_of(published):
            changed = None
        strength = rank % STRENGTHS
        return ShownDate(
            published,
            _source(element),
            changed[0] if changed else None,
            marked=rank < FAR and strength < MARKED,
            labelled=rank < FAR and strength <= 1,
            other_order=None if isinstance(published, dt.datetime) else _read(element, not month_first)[0],
        )
    if changed is None:
        return ShownDate()
    return ShownDate(changed[0], _source(changed[1]), changed[0])


MAX_SCRIPT = 2_000_000
"""Characters that are read of a page's scripts where nothing else tells a date; the development corpora's pages have
up to 1.6 million."""
MAX_STATED = 200
"""Dates of publication that are read of scripts. A page with more is a list."""
_STATED = re.compile(
    r"""(?i)["'](?:date_?published|(?:first_?)?published(?:_?(?:at|on|date|time))?|publish_?(?:at|on|date|time)"""
    r"""|publication_?date|pub_?date)\\?["']\s?:\s?\\?["']?"""
    r"""(\d{4}-\d\d-\d\d[T \d:.Z+-]{0,25}|[12]\d{9}(?:\d{3})?(?!\d))"""
)


def date_in_scripts(root: HtmlElement, title: str | None) -> Day | None:
    """Return the date of publication in the scripts that name the page's title, where they tell only one day.

    JSON-LD is left out, since the day of a review or comment there has a known meaning.
    """
    wanted = (title or "").strip()
    found: dict[dt.date, Day] = {}
    left = MAX_SCRIPT
    for script in root.iter("script"):
        text = (script.text or "")[: max(left, 0)]
        left -= len(text)
        if not wanted or wanted not in text or "ld+json" in (script.get("type") or "").lower():
            continue
        for match in islice(_STATED.finditer(text), MAX_STATED):
            if (date := parse_iso(match[1])) is not None:
                found.setdefault(_day_of(date), date)
    return next(iter(found.values())) if len(found) == 1 else None


def _day_of(date: Day) -> dt.date:
    return date.date() if isinstance(date, dt.datetime) else date


def _source(element: HtmlElement) -> str:
    return "microdata" if element.get("itemprop") or element.get("property") else "page"


MAX_LEVELS = 10
"""Elements around a date in which a teaser is looked for."""
TEASER_PARAGRAPHS = 3
"""A box with more paragraphs is an article, not a teaser of one."""
TEASER_TITLE = 25
"""Characters of a link that is the title of another article, not a name or section."""


def _is_in_teaser(element: HtmlElement, around: Collection[HtmlElement]) -> bool:
    """Tell whether an element is in an article or item apart from the headline that links to an article."""
    if not around:
        return False
    for box in islice(element.iterancestors(), MAX_LEVELS):
        if box in around:
            return False
        if box.tag in ("article", "li"):
            if sum(1 for _ in islice(box.iter("p"), TEASER_PARAGRAPHS + 1)) > TEASER_PARAGRAPHS:
                return False
            return any(
                link is not element and len(_text(link)) >= TEASER_TITLE for link in islice(box.iter("a"), MAX_TEXTS)
            )
    return False


def _read(element: HtmlElement, month_first: bool) -> tuple[Day | None, Day | None]:
    """Return the dates of publication and modification that an element states."""
    exact = next(
        (
            date
            for name in _DATE_ATTRIBUTES
            if (value := element.get(name)) and len(value) <= MAX_ATTRIBUTE and (date := parse_date(value, month_first))
        ),
        None,
    )
    published, changed, plain = _stated(_text(element), month_first)
    property_ = f"{element.get('itemprop') or ''} {element.get('property') or ''}"[:MAX_MARKS]
    if published is not None:
        if exact is not None and abs(_day_of(exact) - published) <= ONE_DAY:
            return exact, changed
        return published, changed or exact
    if plain is not None and changed is not None:
        if exact is not None and _day_of(exact) == changed:
            return plain, exact
        return (exact if exact is not None and _day_of(exact) == plain else plain), changed
    date = exact or plain or changed
    if date is None:
        return None, None
    if _CHANGED_PROPERTY.search(property_) and not _PUBLISHED_PROPERTY.search(property_):
        is_changed = True
    elif _PUBLISHED_PROPERTY.search(property_):
        is_changed = False
    else:
        is_changed = _is_changed(element)
    if not is_changed:
        return date, None
    if exact is not None and plain is not None and plain < _day_of(exact) - ONE_DAY:
        return plain, exact
    return None, date


def _stated(text: str, month_first: bool) -> tuple[dt.date | None, dt.date | None, dt.date | None]:
    """Return the days of a text by the words before each: that of publication, that of modification, and the first
    without such words."""
    published = changed = plain = None
    at = 0
    for start, end, day in _days(text, month_first):
        words = text[at:start].lower()
        at = end
        if _PUBLISHED.search(words):
            published = published or day
        elif _CHANGED.search(words):
            changed = changed or day
        elif plain is None and changed is None:
            plain = day
    return published, changed, plain


def _strength(element: HtmlElement) -> int | None:
    # called for many elements: what few elements have is asked last, and read only where it is there
    names, tag = element.keys(), element.tag
    if "pubdate" in names:
        return 0
    if "itemprop" in names or "property" in names:
        itemprop, property_ = element.get("itemprop"), element.get("property")
        stated = f"{itemprop or ''} {property_ or ''}"
        if "datePublished" in stated:
            return 0
        stated = stated[:MAX_MARKS] if tag != "meta" or itemprop else ""
        if _PUBLISHED_PROPERTY.search(stated) or _CHANGED_PROPERTY.search(stated):
            return 1
    if tag == "time":
        return 1
    if tag == "abbr" and (title := element.get("title")) and (_MARK.search(_marks(element)) or _YEAR.search(title)):
        return 1
    text = element.text or ""
    if not text or len(text) > MAX_DATE_TEXT or not _has_year(text):
        text = _tail_with_year(element) if len(element) else ""
        if not text or len(text) > MAX_DATE_TEXT:
            return None
    marks = _marks(element)
    if _PUBLISHED.search(f"{marks} {text.lower()}") or _ARTICLE_DATE.search(marks) or _is_labelled(element):
        return 1
    if _MARK.search(marks):
        return 2
    return 3 if len(text.strip()) <= MAX_UNMARKED else None


def _tail_with_year(element: HtmlElement) -> str:
    """Return the first text with a year behind an element inside the element; empty where there is none."""
    for child in element:
        tail = child.tail
        if tail and _has_year(tail):
            return tail
    return ""


def _has_year(text: str) -> bool:
    # most texts have no digit, and that is told six times as fast
    return bool(_DIGIT.search(text) and _YEAR.search(text))


def _marks(element: HtmlElement) -> str:
    return f"{element.get('class') or ''} {element.get('id') or ''}"[:MAX_MARKS].lower()


def _is_labelled(element: HtmlElement) -> bool:
    """Tell whether the element before is a label such as "Published"."""
    previous = element.getprevious()
    if previous is None or not isinstance(previous.tag, str):
        return False
    label = _text(previous)
    if len(label) > MAX_LABEL or _YEAR.search(label):
        return False
    return bool(_PUBLISHED.search(label.lower()) or _LABEL.fullmatch(label))


def _text(element: HtmlElement) -> str:
    text = " ".join(" ".join(islice(element.itertext(), MAX_TEXTS)).split())
    return text if len(text) <= MAX_DATE_TEXT else ""


def _is_changed(element: HtmlElement) -> bool:
    """Tell whether a date is one of modification, by the marks and words of its element and the words before it."""
    if not _CHANGED.search(_text(element).lower()) and _is_labelled(element):
        return False
    parent = element.getparent()
    size = MAX_MARKS
    before = "" if parent is None else f"{(parent.text or '')[:size]} {(parent.get('class') or '')[:size]}"
    previous = element.getprevious()
    if previous is not None and isinstance(previous.tag, str):
        before += f" {_text(previous)} {(previous.tail or '')[:size]}"
    own = f"{(element.get('class') or '')[:size]} {element.get('itemprop') or ''} {_text(element)}".lower()
    if _CHANGED.search(own) or _PUBLISHED.search(own):
        return not _PUBLISHED.search(own)
    before = before.lower()
    return bool(_CHANGED.search(before)) and not _PUBLISHED.search(before)

"""Read the metadata of a page: each field comes from the most trusted source that states it."""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeGuard, TypeVar

from lxml.html import HtmlElement

from cleaners.html.inline import base_address, web_address
from cleaners.metadata.authors import read_authors
from cleaners.metadata.dates import (
    ONE_DAY,
    DateEvidence,
    Day,
    ShownDate,
    date_in_scripts,
    date_marks,
    day_of_url,
    parse_date,
    parse_iso,
    visible_date,
)
from cleaners.metadata.header import MAX_HEADINGS, Marks, headline_of, pieces, visible_text
from cleaners.metadata.linked_data import Node, PageData, read_head, type_of
from cleaners.metadata.title import Title, choose_title, site_names

T = TypeVar("T")

METADATA_FIELDS = (
    "title",
    "authors",
    "date",
    "date_evidence",
    "modified",
    "site",
    "language",
    "image",
    "tags",
    "canonical_url",
)


@dataclass(slots=True)
class Metadata:
    """The fields of an Article that describe it, and the source of each."""

    title: str | None = None
    authors: tuple[str, ...] = ()
    date: dt.datetime | dt.date | None = None
    date_evidence: DateEvidence = ""
    modified: dt.datetime | dt.date | None = None
    site: str | None = None
    language: str | None = None
    image: str | None = None
    tags: tuple[str, ...] = ()
    canonical_url: str | None = None
    sources: dict[str, str] = field(default_factory=dict)
    is_dated: bool = False
    """Whether the head or the markup declares when the page was published; `date` may be of the text all the same."""
    node: Node = field(default_factory=dict)
    """The JSON-LD object of the article, for the access verdict."""
    types: tuple[str, ...] = ()
    """The types of the page's JSON-LD objects."""
    og_type: str = ""
    generators: tuple[str, ...] = ()
    """The programs that made the page, as it says."""
    descriptions: tuple[str, ...] = ()
    """What the meta elements say that the page is about."""
    items: tuple[tuple[str, str], ...] = ()
    """The tag and the type of each element of microdata with a type."""


def read_metadata(root: HtmlElement, url: str | None = None) -> Metadata:
    """Return the metadata of a page. Order of trust: JSON-LD, OpenGraph, meta elements, microdata, what the page shows,
    the URL."""
    page, base = read_head(root, url), base_address(root, url)
    metadata = Metadata(
        node=page.articles[0] if page.articles else {},
        types=page.types,
        og_type=next(iter(page.metas.get("og:type", ())), ""),
        generators=tuple(page.metas.get("generator", ())),
        descriptions=page.descriptions,
        items=page.items,
    )
    _set(metadata, "site", page.website, "json-ld")
    metadata.site = _first(page, metadata, "site", _text) or page.website
    claimed = [value for _, values in page.claims("site") for value in values]
    sites = site_names([metadata.site or "", page.website or "", *claimed], url)
    _set(metadata, "title", *_title(page, sites))
    headline = headline_of(root, metadata.title)
    _set(metadata, "authors", *read_authors(page, sites, headline))
    _set_dates(metadata, page, headline)
    # the page's own language and canonical link outrank what its data states
    metadata.language = _first(page, metadata, "language", _code)
    _set(metadata, "language", _code(page.language_tag), "page")
    metadata.image = _first(page, metadata, "image", lambda value: web_address(value, base))
    metadata.canonical_url = _first(page, metadata, "canonical_url", lambda value: web_address(value, base))
    links = (web_address(link, base) for link in page.canonical)
    _set(metadata, "canonical_url", next(filter(None, links), None), "page")
    tags = _first(page, metadata, "tags", lambda value: value) and next(v for _, v in page.claims("tags") if v)
    parts = [part.strip() for tag in tags or () for part in tag.split(",")]
    metadata.tags = tuple(dict.fromkeys(part for part in parts if part))
    return metadata


def _first(page: PageData, metadata: Metadata, name: str, read: Callable[[str], T | None]) -> T | None:
    value, source = _claim(page, name, read)
    if source:
        metadata.sources[name] = source
    return value


def _claim(page: PageData, name: str, read: Callable[[str], T | None]) -> tuple[T | None, str]:
    """Return the first value of a field that can be read, and its source; an empty source where there is none."""
    for source, values in page.claims(name):
        for value in values:
            if (answer := read(value)) is not None:
                return answer, source
    return None, ""


def _set(metadata: Metadata, name: str, value: object, source: str | None) -> None:
    if value and source:
        setattr(metadata, name, value)
        metadata.sources[name] = source


def _text(value: str) -> str | None:
    text = html.unescape(value).strip()
    return text if text and "://" not in text else None


def _title(page: PageData, sites: frozenset[str]) -> tuple[str | None, str | None]:
    element = page.root.find(".//title")
    chosen = choose_title(
        [Title(text, source) for source, values in page.claims("title") for text in values],
        [(visible_text(heading), *pieces(heading)) for heading in islice(page.root.iter("h1"), MAX_HEADINGS)],
        (element.text or "") if element is not None else "",
        sites,
        news=any(_NEWS.search(type_of(node)) for node in page.articles),
    )
    return (chosen.text, chosen.source) if chosen else (None, None)


_NEWS = re.compile("news|report|liveblog", re.IGNORECASE)
_DATE_KEY = re.compile(r"publi\w*(?:[-_.: ]?(?:date|time|on))?$|pub\w*[-_.]?date|date[-_.:]?(?:pub|issued)")


def _set_dates(metadata: Metadata, page: PageData, headline: HtmlElement | None) -> None:
    """Set the dates of publication and modification, and their sources. What the page shows is looked for only where
    it can change them."""
    marks = date_marks(page.root, headline)
    metadata.modified = _first(page, metadata, "modified", lambda value: parse_date(value, page.month_first))
    date, source = _claim(page, "date", parse_iso)
    if date is not None and metadata.modified is not None and not _is_utc(date):
        _set_date(metadata, date, source, "declared")
        metadata.is_dated = True
        return
    shown = visible_date(marks, page.month_first)
    if metadata.modified is None:
        _set(metadata, "modified", shown.modified, shown.source)
    if date is not None:
        metadata.is_dated = True
        _set_date(metadata, _in_own_zone(date, page, shown), source, "declared")
        return
    source, weak = next(_weak_dates(page), ("meta", None))
    metadata.is_dated = weak is not None
    of_url = day_of_url(page.url, page.month_first)
    if shown.date is not None and of_url is not None and shown.other_order == of_url:
        _set_date(metadata, of_url, shown.source, "marked" if shown.marked else "unmarked")
    elif shown.date is not None and (shown.marked or (weak is None and isinstance(shown.date, dt.datetime))):
        _set_date(metadata, shown.date, shown.source, "marked" if shown.marked else "unmarked")
    elif weak is not None:
        _set_date(metadata, weak, source, "page-date")
    elif of_url is not None and not isinstance(shown.date, dt.datetime):
        _set_date(metadata, of_url, "url", "address")
    elif shown.date is not None:
        _set_date(metadata, shown.date, shown.source, "unmarked")
    else:
        _set_last_date(metadata, page, marks)


def _set_date(metadata: Metadata, date: Day | None, source: str, evidence: DateEvidence) -> None:
    if date is not None:
        _set(metadata, "date", date, source)
        metadata.date_evidence = evidence


def _set_last_date(metadata: Metadata, page: PageData, marks: Marks) -> None:
    """Set the date of a page that tells none where dates are expected: one shown in any box, or one in its scripts."""
    shown = visible_date(marks, page.month_first, anywhere=True)
    if shown.date != shown.modified:
        _set_date(metadata, shown.date, shown.source, "elsewhere")
    else:
        _set_date(metadata, date_in_scripts(page.root, metadata.title), "script", "elsewhere")


def _weak_dates(page: PageData) -> Iterator[tuple[str, dt.datetime | dt.date]]:
    """Yield (source, date) of the head's dates that are in words, and of those whose names leave open what was
    published: the article, or the page again."""
    claims = [(source, value) for source, values in page.claims("page_date") for value in values]
    claims += [("meta", values[0]) for key, values in page.metas.items() if _DATE_KEY.search(key)]
    words = [(source, value) for source, values in page.claims("date") for value in values]
    yield from ((source, date) for source, value in claims if (date := parse_iso(value)) is not None)
    for source, value in words + claims:
        if (date := parse_date(value, page.month_first)) is not None:
            yield source, date


def _is_utc(date: Day) -> TypeGuard[dt.datetime]:
    """Tell whether a date is a moment given in UTC."""
    return isinstance(date, dt.datetime) and not date.utcoffset()


def _in_own_zone(date: dt.datetime | dt.date, page: PageData, shown: ShownDate) -> dt.datetime | dt.date:
    """Return a moment given in UTC as the publisher writes it: with the zone of the same moment in the text, or else
    the day alone, where the address names the day before or after."""
    if not _is_utc(date):
        return date
    if isinstance(shown.date, dt.datetime) and abs(shown.date - date) < SAME_MOMENT:
        return shown.date
    day = day_of_url(page.url, page.month_first)
    return day if day is not None and abs(day - date.date()) == ONE_DAY else date


SAME_MOMENT = dt.timedelta(minutes=1)
"""Two forms of one moment differ by less: some leave out the seconds."""


def _code(tag: str) -> str | None:
    code = re.match(r"([A-Za-z]{2})(?:[-_]|$)", tag.strip())
    return code[1].lower() if code else None

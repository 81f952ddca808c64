"""Read the metadata of a page: each field comes from the most trusted source that states it."""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from lxml.html import HtmlElement

from cleaners.html.inline import base_address, web_address
from cleaners.metadata.authors import read_authors
from cleaners.metadata.dates import day_of_url, parse_date, parse_iso, visible_date
from cleaners.metadata.header import MAX_HEADINGS, headline_of, pieces, visible_text
from cleaners.metadata.linked_data import Node, PageData, read_head, type_of
from cleaners.metadata.title import Title, choose_title, site_names

T = TypeVar("T")

XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
METADATA_FIELDS = ("title", "authors", "date", "modified", "site", "language", "image", "tags", "canonical_url")


@dataclass(slots=True)
class Metadata:
    """The fields of an Article that describe it, and the source of each."""

    title: str | None = None
    authors: tuple[str, ...] = ()
    date: dt.datetime | dt.date | None = None
    modified: dt.datetime | dt.date | None = None
    site: str | None = None
    language: str | None = None
    image: str | None = None
    tags: tuple[str, ...] = ()
    canonical_url: str | None = None
    sources: dict[str, str] = field(default_factory=dict)
    node: Node = field(default_factory=dict)
    """The JSON-LD object of the article, for the access verdict."""
    types: tuple[str, ...] = ()
    """The types of the page's JSON-LD objects."""
    og_type: str = ""
    generators: tuple[str, ...] = ()
    """The programs that made the page, as it says."""


def read_metadata(root: HtmlElement, url: str | None = None) -> Metadata:
    """Return the metadata of a page. Order of trust: JSON-LD, OpenGraph, meta elements, microdata, what the page shows,
    the URL."""
    page, base = read_head(root, url), base_address(root, url)
    metadata = Metadata(
        node=page.articles[0] if page.articles else {},
        types=page.types,
        og_type=next(iter(page.metas.get("og:type", ())), ""),
        generators=tuple(page.metas.get("generator", ())),
    )
    _set(metadata, "site", page.website, "json-ld")
    metadata.site = _first(page, metadata, "site", _text) or page.website
    claimed = [value for _, values in page.claims("site") for value in values]
    sites = site_names([metadata.site or "", page.website or "", *claimed], url)
    _set(metadata, "title", *_title(page, sites))
    headline = headline_of(root, metadata.title)
    _set(metadata, "authors", *read_authors(page, sites, headline))
    metadata.modified = _first(page, metadata, "modified", lambda value: parse_date(value, page.month_first))
    metadata.date = _first(page, metadata, "date", parse_iso)
    if metadata.date is None:
        _set(metadata, "date", *_page_date(page, headline))
    if metadata.date is None:
        _set(metadata, "date", *_other_date(page))
    # the page's own language and canonical link outrank what its data states
    metadata.language = _first(page, metadata, "language", _code)
    _set(metadata, "language", _code(root.get("lang") or root.get(XML_LANG) or ""), "page")
    metadata.image = _first(page, metadata, "image", lambda value: web_address(value, base))
    metadata.canonical_url = _first(page, metadata, "canonical_url", lambda value: web_address(value, base))
    links = [
        link.get("href") or "" for link in root.iter("link") if "canonical" in (link.get("rel") or "").lower().split()
    ]
    _set(metadata, "canonical_url", next(filter(None, (web_address(link, base) for link in links)), None), "page")
    tags = _first(page, metadata, "tags", lambda value: value) and next(v for _, v in page.claims("tags") if v)
    parts = [part.strip() for tag in tags or () for part in tag.split(",")]
    metadata.tags = tuple(dict.fromkeys(part for part in parts if part))
    return metadata


def _first(page: PageData, metadata: Metadata, name: str, read: Callable[[str], T | None]) -> T | None:
    for source, values in page.claims(name):
        for value in values:
            if (answer := read(value)) is not None:
                metadata.sources[name] = source
                return answer
    return None


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


def _other_date(page: PageData) -> tuple[dt.datetime | dt.date | None, str | None]:
    """Return a date of the head that is in words, or whose meta element has a name like that of a date of
    publication."""
    for source, values in page.claims("date"):
        for value in values:
            if date := parse_date(value, page.month_first):
                return date, source
    for key, values in page.metas.items():
        if _DATE_KEY.search(key) and (date := parse_date(values[0], page.month_first)):
            return date, "meta"
    return None, None


def _page_date(page: PageData, headline: HtmlElement | None) -> tuple[dt.datetime | dt.date | None, str | None]:
    date, source = visible_date(page.root, headline, page.month_first)
    if isinstance(date, dt.datetime):
        return date, source
    return (day, "url") if (day := day_of_url(page.url)) else (date, source)


def _code(tag: str) -> str | None:
    code = re.match(r"([A-Za-z]{2})(?:[-_]|$)", tag.strip())
    return code[1].lower() if code else None

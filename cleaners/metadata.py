"""What a page says about its article, from the most trusted source that says it, in one pass over the head."""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urljoin, urlsplit

from lxml.html import HtmlElement

from cleaners import linked_data
from cleaners.linked_data import Node

MAX_AUTHOR_WORDS = 6
"""A longer "name" is a sentence about its bearer. Of the authors in the development corpora none has more words."""

T = TypeVar("T")

METADATA_FIELDS = ("title", "authors", "date", "modified", "site", "language", "image", "tags", "canonical_url")

_META = {
    "title": ("og:title", "twitter:title", "parsely-title", "dc.title", "dcterms.title", "citation_title", "headline"),
    "authors": ("author", "article:author", "parsely-author", "byl", "dc.creator", "dcterms.creator",
                "sailthru.author", "citation_author"),
    "date": ("article:published_time", "og:article:published_time", "parsely-pub-date", "datepublished", "date",
             "pubdate", "dc.date", "dc.date.issued", "dcterms.created", "dcterms.date", "sailthru.date",
             "publish-date", "cxenseparse:recs:publishtime"),
    "modified": ("article:modified_time", "og:updated_time", "last-modified", "datemodified", "dcterms.modified"),
    "site": ("og:site_name", "application-name", "twitter:app:name:iphone"),
    "image": ("og:image", "og:image:url", "twitter:image", "twitter:image:src"),
    "tags": ("article:tag", "keywords", "news_keywords", "parsely-tags", "sailthru.tags"),
    "language": ("og:locale", "content-language", "language", "dc.language"),
    "canonical_url": ("og:url",),
}  # fmt: skip
_LD = {
    "title": ("headline", "name"),
    "authors": ("author", "creator"),
    "date": ("datePublished", "dateCreated"),
    "modified": ("dateModified",),
    "site": ("publisher",),
    "image": ("image", "thumbnailUrl"),
    "tags": ("keywords",),
    "language": ("inLanguage",),
    "canonical_url": ("mainEntityOfPage", "url"),
}
_SEPARATOR = re.compile(r"\s+[|\-–—·•»:]+\s+")
_BY = re.compile(r"^(?:by|von|par|por|di|da|door|av|af|od|text:?|words by|written by|story by)\s+(?=\S)", re.IGNORECASE)
_AND = re.compile(r"\s*(?:[,;|/&]|\s(?:and|und|et|y|e|en|och|og|i)\s)\s*")
_NO_NAME = re.compile(
    r"https?:|www\.|@|\d{3}|^(?:admin|editor|staff|redaktion|redacci[oó]n|r[ée]daction|unknown|null|none|undefined)$",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Metadata:
    """The fields of an Article that describe it, and where each was read."""

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


@dataclass(frozen=True, slots=True)
class _Page:
    root: HtmlElement
    url: str | None
    nodes: list[Node]
    metas: dict[str, list[str]]

    def claims(self, name: str) -> Iterable[tuple[str, list[str]]]:
        """Yield (source, values) in the order of trust."""
        for node in self.nodes:
            for key in _LD[name]:
                yield "json-ld", linked_data.texts(node.get(key))
        for key in _META[name]:
            yield ("opengraph" if key.startswith(("og:", "article:")) else "meta"), self.metas.get(key, [])


def read_metadata(root: HtmlElement, url: str | None = None) -> Metadata:
    """Read the metadata. Order of trust: JSON-LD, OpenGraph, meta elements, microdata, the page's own elements, the
    URL."""
    page = _Page(root, url, linked_data.article_nodes(root), _metas(root))
    found = Metadata(node=page.nodes[0] if page.nodes else {})
    site = _first(page, found, "site", _text) or linked_data.site_name(root)
    found.site = site
    _set(found, "title", *_title(page, site))
    _set(found, "authors", *_authors(page, found.site))
    for name in ("date", "modified"):
        setattr(found, name, _first(page, found, name, parse_date))
    if found.date is None:
        _set(found, "date", *_page_date(page))
    found.language = _language(page, found)
    found.image = _first(page, found, "image", lambda value: _address(page, value))
    found.canonical_url = _canonical(page, found)
    tags = _first(page, found, "tags", lambda value: value) and next(v for _, v in page.claims("tags") if v)
    parts = [part.strip() for tag in tags or () for part in tag.split(",")]
    found.tags = tuple(dict.fromkeys(part for part in parts if part))
    return found


def parse_date(text: str) -> dt.datetime | dt.date | None:
    """Parse an ISO 8601 date; an aware datetime, or a date where only the day (or a time without zone) is known.

    >>> parse_date("2026-11-21T10:00:00Z").isoformat()
    '2026-11-21T10:00:00+00:00'
    """
    value = re.sub(r"(\.\d{1,6})\d*", r"\1", text.strip())
    value = re.sub(r"\s*(?:Z|UTC|GMT)$", "+00:00", value)
    value = re.sub(r"(?<=\d)\s+(?=[+-]\d\d:?\d\d$)", "", value)
    try:
        moment = dt.datetime.fromisoformat(value)
    except ValueError:
        found = re.match(r"(\d{4})-(\d\d)-(\d\d)", value)
        try:
            return dt.date(*map(int, found.groups())) if found else None
        except ValueError:
            return None
    if not 1990 <= moment.year <= 2100:
        return None
    return moment if moment.tzinfo else moment.date()


def _metas(root: HtmlElement) -> dict[str, list[str]]:
    metas: dict[str, list[str]] = {}
    for meta in root.iter("meta"):
        content = " ".join((meta.get("content") or "").split())
        for key in {(meta.get(a) or "").strip().lower() for a in ("property", "name", "itemprop", "http-equiv")}:
            if key and content:
                metas.setdefault(key, []).append(content)
    return metas


def _first(page: _Page, found: Metadata, name: str, read: Callable[[str], T | None]) -> T | None:
    for source, values in page.claims(name):
        for value in values:
            if (got := read(value)) is not None:
                found.sources[name] = source
                return got
    return None


def _set(found: Metadata, name: str, value: object, source: str | None) -> None:
    if value and source:
        setattr(found, name, value)
        found.sources[name] = source


def _text(value: str) -> str | None:
    text = html.unescape(value).strip()
    return text if text and "://" not in text else None


def _title(page: _Page, site: str | None) -> tuple[str | None, str | None]:
    headings = [" ".join(h.text_content().split()) for h in page.root.iter("h1")]
    element = page.root.find(".//title")
    claims = [
        *page.claims("title"),
        ("page", [h for h in headings if h]),
        ("page", [element.text or ""] if element is not None else []),
    ]
    for source, values in claims:
        for value in values:
            if title := strip_site(html.unescape(value), site, page.url):
                return title, source
    return None, None


def strip_site(title: str, site: str | None, url: str | None) -> str:
    """Return a title without the site's name at its end or start.

    >>> strip_site("Storm closes harbour | Example Gazette", "Example Gazette", None)
    'Storm closes harbour'
    """
    title = " ".join(title.split())
    host = (urlsplit(url or "").hostname or "").removeprefix("www.")
    names = {_squeeze(name) for name in (site or "", host, host.rpartition(".")[0]) if name}
    parts = list(_SEPARATOR.finditer(title))
    for found in reversed(parts):
        if _squeeze(title[found.end() :]) in names:
            return title[: found.start()].strip()
    if parts and _squeeze(title[: parts[0].start()]) in names:
        return title[parts[0].end() :].strip()
    return title


def _squeeze(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalnum())


def _authors(page: _Page, site: str | None) -> tuple[tuple[str, ...], str | None]:
    marked = [
        e.get("content") or e.text_content() for e in page.root.xpath('//*[@itemprop="author" or @rel="author"]')[:10]
    ]
    for source, values in [*page.claims("authors"), ("microdata", marked)]:
        names = tuple(dict.fromkeys(name for value in values[:20] for name in split_authors(value, site)))
        if names:
            return names, source
    return (), None


def split_authors(value: str, site: str | None = None) -> list[str]:
    """Return the names in a byline; nothing for addresses, the site itself and words that are no name.

    >>> split_authors("By Ada Byron and Grace Hopper")
    ['Ada Byron', 'Grace Hopper']
    """
    names = []
    for part in _AND.split(_BY.sub("", " ".join(html.unescape(value).split()))):
        name = _BY.sub("", part).strip(" .,-–—|")
        if not name or len(name.split()) > MAX_AUTHOR_WORDS or _NO_NAME.search(name):
            continue
        if site and _squeeze(name) == _squeeze(site):
            continue
        names.append(name)
    return names


def _page_date(page: _Page) -> tuple[dt.datetime | dt.date | None, str | None]:
    for element in page.root.xpath('//*[@itemprop="datePublished"] | //time[@datetime]')[:5]:
        for value in (element.get("datetime"), element.get("content"), element.text):
            if value and (found := parse_date(value)):
                return found, "microdata" if element.get("itemprop") else "page"
    from htmldate import find_date

    text = find_date(page.root, url=page.url, original_date=True, extensive_search=True)
    return (dt.date.fromisoformat(text), "page") if text else (None, None)


def _language(page: _Page, found: Metadata) -> str | None:
    tag = page.root.get("lang") or page.root.get("{http://www.w3.org/XML/1998/namespace}lang") or ""
    if code := _code(tag):
        found.sources["language"] = "page"
        return code
    return _first(page, found, "language", _code)


def _code(tag: str) -> str | None:
    code = re.match(r"([A-Za-z]{2})(?:[-_]|$)", tag.strip())
    return code[1].lower() if code else None


def _canonical(page: _Page, found: Metadata) -> str | None:
    for link in page.root.iter("link"):
        if (link.get("rel") or "").lower() == "canonical" and (address := _address(page, link.get("href") or "")):
            found.sources["canonical_url"] = "page"
            return address
    return _first(page, found, "canonical_url", lambda value: _address(page, value))


def _address(page: _Page, value: str) -> str | None:
    try:
        address = urljoin(page.url or "", value.strip())
        parts = urlsplit(address)
    except ValueError:
        return None
    return address if parts.scheme in ("http", "https") and parts.netloc else None

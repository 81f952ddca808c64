"""Read what a page's JSON-LD and meta elements claim about the article, in the order of trust."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from lxml.html import HtmlElement

from cleaners.html.nodes import Signs
from cleaners.metadata.header import MAX_MARKS
from cleaners.metadata.tolerant_json import read_json

ARTICLE_TYPES = re.compile(r"(article|posting|review|report|story|page|recipe|howto|liveblog)$", re.IGNORECASE)
MAX_NODES = 5000
"""JSON objects that are read: bounds the cost of hostile scripts. The pages of the development corpora have up to
127."""
MAX_DEPTH = 8
"""Levels of one value that are read. Names and addresses of the development corpora are at most 3 levels deep."""
MAX_VALUES = 100
"""Values that are read of one list. The longest one of the development corpora has 15 values."""
MAX_ARTICLES = 100
"""Objects describing an article that are used, the most informative first."""
MAX_NAME = 2000
"""Characters that are read of a name: it is read again for each reference to it."""

_DATE = re.compile(r'"(datePublished|dateModified)"\s*:\s*"([^"\\\\]{4,40})"')
_HALF = re.compile("[\ud800-\udfff]")
"""Half of a character outside the basic plane, which no encoding can write."""
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,200}>")

Node = dict[str, Any]


def texts(value: Any, depth: int = 0) -> list[str]:  # noqa: ANN401 - JSON
    """Return the strings of a JSON-LD value: a text, a list, or objects with a name or an address."""
    if isinstance(value, str):
        text = html.unescape(value)
        # most texts have neither, and that is told faster
        if not text.isascii():
            text = _HALF.sub("", text)
        if "<" in text:
            text = _TAG.sub(" ", text)
        text = " ".join(text.split())
        return [text] if text else []
    if depth > MAX_DEPTH:
        return []
    if isinstance(value, list):
        return [text for item in value[:MAX_VALUES] for text in texts(item, depth + 1)]
    if isinstance(value, dict):
        return texts(value.get("name") or value.get("@value") or value.get("url") or value.get("@id"), depth + 1)
    return []


def _own_name(node: Node) -> Any:  # noqa: ANN401 - JSON
    """Return the name of a person or an organization; of a person without one, given and family name together."""
    parts = node.get("givenName"), node.get("familyName")
    return node.get("name") or " ".join(part for part in parts if part and isinstance(part, str))


def type_of(node: Node) -> str:
    """Return an object's type: of several, the first that is one of an article."""
    kind = node.get("@type")
    kinds = kind if isinstance(kind, list) else [kind]
    named = [k for k in kinds if isinstance(k, str)]
    return next((k for k in named if ARTICLE_TYPES.search(k)), named[0] if named else "")


def types_of(node: Node) -> list[str]:
    """Return all types of an object; none for one that says nothing else, such as a script that cannot be read."""
    kind = node.get("@type") if len(node) > 1 else None
    return [name for name in (kind if isinstance(kind, list) else [kind])[:MAX_VALUES] if isinstance(name, str)]


def _all_nodes(scripts: Iterable[str]) -> Iterator[Node]:
    left = MAX_NODES
    for script in scripts:
        stack = [_load(script)]
        while stack and left:
            left -= 1
            node = stack.pop()
            if isinstance(node, list):
                stack += reversed(node)
            elif isinstance(node, dict):
                yield node
                stack += [
                    node[key]
                    for key in ("author", "publisher", "mainEntity", "mainEntityOfPage", "@graph")
                    if isinstance(node.get(key), (list, dict))
                ]


def _load(script: str) -> Any:  # noqa: ANN401 - JSON
    value = read_json(script)
    return value if value is not None else {"@type": "Article"} | dict(_DATE.findall(script)[:2])


def _rank(node: Node) -> tuple[bool, bool, bool]:
    kind = type_of(node).lower()
    return kind.endswith("page"), "headline" not in node and "articleBody" not in node, "datePublished" not in node


META = {
    "title": ("og:title", "twitter:title", "parsely-title", "dc.title", "dcterms.title", "citation_title", "headline"),
    "authors": ("author", "article:author", "parsely-author", "byl", "dc.creator", "dcterms.creator",
                "sailthru.author", "articleauthor", "cxenseparse:author", "creator", "twitter:misc:written by",
                "citation_author"),
    "date": ("article:published_time", "og:article:published_time", "parsely-pub-date", "datepublished",
             "dc.date.issued", "dcterms.created", "sailthru.date", "article:published", "og:published_time",
             "bt:pubdate",
             "publish-date", "published-date", "publication-date", "publication_date",
             "cxenseparse:recs:publishtime",
             "schema:datepublished", "citation_publication_date", "datecreated", "schema:datecreated"),
    # of the article or of the page, which a system writes anew: what the page shows goes before them
    "page_date": ("pubdate", "date", "dc.date", "dcterms.date", "dc:date", "dcterms.issued"),
    "modified": ("article:modified_time", "og:updated_time", "last-modified", "datemodified", "dcterms.modified",
                 "bt:moddate", "schema:datemodified"),
    "site": ("og:site_name", "application-name", "twitter:app:name:iphone"),
    "image": ("og:image", "og:image:url", "twitter:image", "twitter:image:src"),
    "tags": ("article:tag", "keywords", "news_keywords", "parsely-tags", "sailthru.tags"),
    "language": ("og:locale", "content-language", "language", "dc.language"),
    "canonical_url": ("og:url",),
}  # fmt: skip
LINKED = {
    "title": ("headline", "name"),
    "authors": ("author", "creator"),
    "date": ("datePublished", "dateCreated"),
    "page_date": (),
    "modified": ("dateModified",),
    "site": ("publisher",),
    "image": ("image", "thumbnailUrl"),
    "tags": ("keywords",),
    "language": ("inLanguage",),
    "canonical_url": ("mainEntityOfPage", "url"),
}


_NAMES = ("property", "name", "itemprop", "http-equiv")
"""Attributes that may name what a meta element states."""
_TRAILS = ("nav", "ol", "ul", "div", "p")
"""Elements that may be a breadcrumb."""
_SIGNS = Signs(
    ("meta",),
    {"type": (b"ld+json",), "rel": (b"canonical",), "itemtype": (), "class": (b"breadcrumb",)},
)
_DESCRIPTIONS = ("og:description", "description", "twitter:description")
MOMENTS = frozenset(("date", "modified"))
"""Fields whose values may be numbers: Unix times in seconds or milliseconds."""
MOST_MILLISECONDS = 10**13
"""Milliseconds since 1970 have 13 digits until the year 2286."""
MAX_CLAIMS = 100
"""Values that are read of one meta name; the longest list of the development corpora has 79."""


@dataclass(frozen=True, slots=True)
class PageData:
    """A page, and what its JSON-LD and meta elements state."""

    root: HtmlElement
    url: str | None
    articles: list[Node]
    """The JSON-LD objects that describe an article, the most informative first."""
    by_id: dict[str, Node]
    """The JSON-LD objects with an `@id` and more than that, for references between objects."""
    website: str | None
    """The name of the JSON-LD object of type WebSite."""
    metas: dict[str, list[str]]
    """The contents of the meta elements, by name in lower case."""
    types: tuple[str, ...] = ()
    """The types of the JSON-LD objects, each once."""
    canonical: list[str] = field(default_factory=list)
    """The addresses of the canonical links."""
    descriptions: tuple[str, ...] = ()
    """What the meta elements say that the page is about."""
    items: tuple[tuple[str, str], ...] = ()
    """The tag and the type of each element of microdata with a type."""
    trail: HtmlElement | None = None
    """The first breadcrumb."""

    def claims(self, name: str) -> Iterator[tuple[str, list[str]]]:
        """Yield (source, values) for a field, in the order of trust."""
        for node in self.articles:
            for key in LINKED[name]:
                value = node.get(key)
                if name in MOMENTS and isinstance(value, (int, float)) and 0 < value < MOST_MILLISECONDS:
                    value = str(int(value))
                yield "json-ld", [own for own, _ in self.named(value)] if name == "site" else texts(value)
        for key in META[name]:
            yield ("opengraph" if key.startswith(("og:", "article:")) else "meta"), self.metas.get(key, [])

    def named(self, value: Any, depth: int = 0) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - JSON
        """Yield (name, type) of the persons or organizations in a value, following references by `@id`.

        Addresses and identifiers are not names. The type of a plain text is empty.
        """
        if depth > MAX_DEPTH:
            return
        if isinstance(value, str):
            yield from ((text, "") for text in texts(value))
        elif isinstance(value, list):
            for item in value[:MAX_VALUES]:
                yield from self.named(item, depth + 1)
        elif isinstance(value, dict):
            if not _own_name(value) and value.get("@type") == "Role":
                yield from self.named(value.get("author"), depth + 1)
                return
            target = value if _own_name(value) else self.by_id.get(str(value.get("@id")), value)
            name = _own_name(target)
            yield from ((text, type_of(target)) for text in texts(name[:MAX_NAME] if isinstance(name, str) else name))

    @property
    def language_tag(self) -> str:
        """The language that the page declares for itself; empty where it declares none."""
        return self.root.get("lang") or self.root.get("xml:lang") or ""

    @property
    def month_first(self) -> bool:
        """Whether 3/4/2026 is in March: in English without a country, and in American English."""
        tag = self.language_tag or next(iter(self.metas.get("og:locale", ())), "en")
        return tag.lower().replace("_", "-") in ("en", "en-us", "en-ph")


def read_head(root: HtmlElement, url: str | None) -> PageData:
    """Read the JSON-LD and the meta elements of a page; broken scripts are skipped."""
    articles: list[Node] = []
    by_id: dict[str, Node] = {}
    website = None
    types: dict[str, None] = {}
    found = _elements(root)
    for node in _all_nodes(found.scripts):
        kind = type_of(node)
        types |= dict.fromkeys(types_of(node))
        if isinstance(name := node.get("@id"), str) and len(node) > 1:
            by_id.setdefault(name, node)
        if ARTICLE_TYPES.search(kind):
            articles.append(node)
        elif kind == "WebSite" and website is None:
            website = next(iter(texts(node.get("name"))), None)
    return PageData(
        root,
        url,
        sorted(articles, key=_rank)[:MAX_ARTICLES],
        by_id,
        website,
        found.metas,
        tuple(types),
        found.canonical,
        tuple([found.described[name] for name in _DESCRIPTIONS if name in found.described]),
        tuple(found.items),
        found.trail,
    )


@dataclass(slots=True)
class _Elements:
    """What one walk over a page finds."""

    scripts: list[str] = field(default_factory=list)
    """Those of JSON-LD."""
    metas: dict[str, list[str]] = field(default_factory=dict)
    canonical: list[str] = field(default_factory=list)
    described: dict[str, str] = field(default_factory=dict)
    items: list[tuple[str, str]] = field(default_factory=list)
    trail: HtmlElement | None = None


def _elements(root: HtmlElement) -> _Elements:
    found = _Elements()
    for _, element in _SIGNS.find(root):
        tag = element.tag
        if tag == "meta":
            # all attributes at once cost no more than two by name
            _state(found, dict(element.items()))
        elif tag == "script":
            if "ld+json" in (element.get("type") or "").lower() and (text := element.text):
                found.scripts.append(text)
        elif tag == "link":
            if "canonical" in (element.get("rel") or "").lower().split():
                found.canonical.append(element.get("href") or "")
        elif tag in _TRAILS and "breadcrumb" in (element.get("class") or "").lower()[:MAX_MARKS]:
            found.trail = element if found.trail is None else found.trail
        if (item := element.get("itemtype")) is not None:
            found.items.append((str(tag), item))
    return found


def _state(found: _Elements, stated: dict[str, str]) -> None:
    """Add what a meta element with these attributes states."""
    if content := " ".join(stated.get("content", "").split()):
        for key in {stated[name].strip().lower() for name in _NAMES if name in stated}:
            if key and len(values := found.metas.setdefault(key, [])) < MAX_CLAIMS:
                values.append(content)
        found.described.setdefault((stated.get("property") or stated.get("name") or "").lower(), content)

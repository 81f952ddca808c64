"""What a page's head says, as claims in the order of trust."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lxml.html import HtmlElement

from cleaners.metadata.linked_data import LinkedData, read_linked_data, texts

META = {
    "title": ("og:title", "twitter:title", "parsely-title", "dc.title", "dcterms.title", "citation_title", "headline"),
    "authors": ("author", "article:author", "parsely-author", "byl", "dc.creator", "dcterms.creator",
                "sailthru.author", "articleauthor", "cxenseparse:author", "creator", "twitter:misc:written by",
                "citation_author"),
    "date": ("article:published_time", "og:article:published_time", "parsely-pub-date", "datepublished", "date",
             "pubdate", "dc.date", "dc.date.issued", "dcterms.created", "dcterms.date", "sailthru.date",
             "publish-date", "published-date", "publication-date", "publication_date", "cxenseparse:recs:publishtime"),
    "modified": ("article:modified_time", "og:updated_time", "last-modified", "datemodified", "dcterms.modified"),
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
    "modified": ("dateModified",),
    "site": ("publisher",),
    "image": ("image", "thumbnailUrl"),
    "tags": ("keywords",),
    "language": ("inLanguage",),
    "canonical_url": ("mainEntityOfPage", "url"),
}


MAX_CLAIMS = 100
"""Values read of one meta name; the longest list of the development corpora has 79."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page with its JSON-LD and its meta elements read."""

    root: HtmlElement
    url: str | None
    data: LinkedData
    metas: dict[str, list[str]]
    """The contents of the meta elements by their name in lower case."""

    def claims(self, field: str) -> Iterator[tuple[str, list[str]]]:
        """Yield (source, values) for a field, in the order of trust."""
        for node in self.data.articles:
            for key in LINKED[field]:
                value = node.get(key)
                yield "json-ld", [name for name, _ in self.data.named(value)] if field == "site" else texts(value)
        for key in META[field]:
            yield ("opengraph" if key.startswith(("og:", "article:")) else "meta"), self.metas.get(key, [])

    @property
    def month_first(self) -> bool:
        """Whether 3/4/2026 is a day in March: in English without a land, and in American English."""
        tag = self.root.get("lang") or next(iter(self.metas.get("og:locale", ())), "en")
        return tag.lower().replace("_", "-") in ("en", "en-us", "en-ph")


def read_page(root: HtmlElement, url: str | None) -> Page:
    """Read the JSON-LD and the meta elements of a page."""
    return Page(root, url, read_linked_data(root), _metas(root))


def _metas(root: HtmlElement) -> dict[str, list[str]]:
    metas: dict[str, list[str]] = {}
    for meta in root.iter("meta"):
        content = " ".join((meta.get("content") or "").split())
        for key in {(meta.get(a) or "").strip().lower() for a in ("property", "name", "itemprop", "http-equiv")}:
            if key and content and len(values := metas.setdefault(key, [])) < MAX_CLAIMS:
                values.append(content)
    return metas

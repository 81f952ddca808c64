"""Tell articles from hubs by what a page says of itself, what it links to, and what the cleaner found in it.

The bounds were chosen on the 919 article pages of the development corpora; `python -m benchmarks.hubs` measures them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from lxml import html

from cleaners import Article, belongs_to, read_json
from scraper.discovery.links import DiscoveryError
from scraper.discovery.pages import anchors_of, parse_page
from scraper.urls import HEADLINE_WORDS, canonical, looks_like_article, site_of

MAX_DATA = 2**20
"""Longest JSON-LD that is read, in characters: of 919 article pages none has half as many."""
HUB_TYPES = frozenset({"CollectionPage", "SearchResultsPage", "ProfilePage", "ContactPage", "CheckoutPage"})
"""JSON-LD types of pages that are not articles: none of the 919 has one. Not ItemList and FAQPage: 51 have one."""
MAX_LINKED = 0.5
"""Largest share of an article's text in lines that are links: of the 919 at most 0.27, in a list of links 0.8."""
MIN_HEADLINES = 8
"""Least linked headlines of a hub. Articles link to as many, so the next two bounds have to hold as well."""
TEASER = 250
"""Most characters of text that a hub has for each headline: the headline and a teaser of two sentences."""
PARAGRAPH = 300
"""Longest paragraph of a hub, in characters: 854 of the 919 articles have a longer one. With 400 instead, six of them
would be refused; with 300 two are."""
_ARTICLE_TYPES = ("Article", "article", "BlogPosting", "LiveBlogPosting")


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What tells an article from a hub, apart from the text."""

    og_type: str = ""
    types: frozenset[str] = frozenset()
    """JSON-LD types of the page itself, without those of things inside it such as the entries of a list."""
    headlines: int = 0
    """Number of pages of the site that are linked with a text as long as a headline."""
    link_texts: frozenset[str] = frozenset()
    """The texts of all links, in words with one space between."""


def page_facts(body: bytes, url: str, *, charset: str | None = None) -> PageFacts:
    """Return the facts of an HTML page; empty ones where *body* is not HTML, or beyond the bounds."""
    try:
        tree = parse_page(body, charset)
        anchors = anchors_of(tree)
    except DiscoveryError:
        return PageFacts()
    site = site_of(url)
    targets, texts = set(), set()
    for anchor in anchors:
        texts.add(anchor.text)
        target = canonical(anchor.href or "", url) if len(anchor.text.split()) >= HEADLINE_WORDS else None
        if target and target != url and belongs_to(target, site):
            targets.add(target)
    return PageFacts(_og_type(tree), frozenset(_types(tree)), len(targets), frozenset(texts))


def _og_type(tree: html.HtmlElement) -> str:
    for meta in tree.iter("meta"):
        if (meta.get("property") or meta.get("name") or "").lower() == "og:type":
            return (meta.get("content") or "").strip().lower()
    return ""


def _types(tree: html.HtmlElement) -> Iterator[str]:
    for script in tree.iter("script"):
        text = script.text or ""
        if "ld+json" in (script.get("type") or "").lower() and len(text) <= MAX_DATA:
            yield from _types_of(read_json(text))


def _types_of(data: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    for thing in data if isinstance(data, list) else [data]:
        if isinstance(thing, dict):
            kind = thing.get("@type")
            yield from (name for name in (kind if isinstance(kind, list) else [kind]) if isinstance(name, str))
            graph = thing.get("@graph")
            yield from _types_of(graph) if isinstance(graph, list) else ()


def hub_reason(facts: PageFacts, article: Article, url: str) -> str:
    """Return why the page is a hub and not an article; empty where it may be an article.

    The page's own JSON-LD decides first, then the cleaned text, and, unless it claims to be an article, the headlines.
    """
    is_article = facts.og_type.endswith("article") or any(t.endswith(_ARTICLE_TYPES) for t in facts.types)
    if (hubs := facts.types & HUB_TYPES) and not any(t.endswith(_ARTICLE_TYPES) for t in facts.types):
        return f"a hub: JSON-LD says {min(hubs)}"
    lines = [line for line in (" ".join(line.split()) for line in article.text.splitlines()) if line]
    length = sum(map(len, lines))
    linked = sum(len(line) for line in lines if line in facts.link_texts)
    if linked > MAX_LINKED * length:
        return f"a hub: {linked * 100 // length} % of the text are links"
    if is_article:
        return ""
    if urlsplit(url).path == "/" and not urlsplit(url).query:
        return "a hub: the home page"
    longest = max(map(len, lines), default=0)
    if facts.headlines >= MIN_HEADLINES and length < TEASER * facts.headlines and longest < PARAGRAPH:
        return f"a hub: {facts.headlines} linked headlines beside {length} characters, none of its paragraphs long"
    return ""


_LATER_PAGE = re.compile(r"[?&/_-](?:page|pg|seite|pagina|strona|sida|part)[=/_-]?\d+", re.I)


def canonical_page(url: str, declared: str) -> str | None:
    """Return the canonical URL that the page at *url* declares, None where it is the page's own or is not trusted.

    It must be of the same site (of two publishers below one host, each is a site) and look like an article: many sites
    declare their home page, a section, or a URL without the article's number. A later page of an article has its own
    text, so its canonical URL is not trusted.

    >>> canonical_page("https://example.com/a-quiet-harbour-town/amp", "/a-quiet-harbour-town")
    'https://example.com/a-quiet-harbour-town'
    >>> canonical_page("https://example.com/a-quiet-harbour-town", "https://example.com/") is None
    True
    """
    target = canonical(declared, url)
    if target is None or target == url or not looks_like_article(target):
        return None
    if site_of(target) != site_of(url) or not belongs_to(target, site_of(url)):
        return None
    return None if _LATER_PAGE.search(url) and not _LATER_PAGE.search(target) else target

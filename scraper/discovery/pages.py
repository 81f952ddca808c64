"""Read home pages and section pages, and the feeds, sitemaps and sections that they and robots.txt name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal
from urllib.parse import urlsplit

from lxml import etree, html

from cleaners import belongs_to
from scraper.discovery.links import MAX_LINKS, DiscoveryError, Link
from scraper.languages import code_of_tag
from scraper.outcomes import TOO_DEEP, TOO_MANY_ELEMENTS, TOO_MANY_LINKS
from scraper.printable import one_line
from scraper.urls import canonical, is_media, looks_like_article, site_of

MAX_NAME = 80
"""Longest name of a site, in characters; a longer one is cut."""
MENU_WORDS = 3
"""Most words of a menu entry; headlines have five and more."""
MAX_TAGS = 500_000
"""Most `<` of a page that is read for its links: of the 919 pages of the corpora none has a tenth of it. The parser
takes 1 GB for the three million elements of 10 MB."""
MAX_ANCHORS = 10_000
"""Most links of a page that is read for its links, to whatever site: each takes up to 0.2 ms."""
MAX_NESTING = 255
"""Depth at which the parser stops and drops what follows."""
MAX_ROBOTS = 500 * 1024
"""Bytes of robots.txt that are read: the least that RFC 9309 §2.5 allows."""
MAX_NAMED = 1000
"""Most `Sitemap:` lines of a robots.txt that are read."""
MAX_DEPTH = 3
"""Most segments of a section's path, as in /news/world/africa."""

_FEED_TYPES = re.compile(r"application/(?:rss\+xml|atom\+xml|rdf\+xml|feed\+json|json)", re.I)
_FEED_NAME = re.compile(r"(?:/|\.)(?:rss|atom|feeds?)(?:[./?_-]|$)|\.(?:rss|atom|rdf)$", re.I)
_COMMENTS = re.compile(r"comments?/feed|/comments?[./_-]|[?&]feed=comments", re.I)
_SERVICE = re.compile(
    r"/(?:about|abo|account|accessibility|advert\w*|agb|app|apps|archive|author|authors|careers?|contact\w*|cookies?|"
    r"datenschutz|donate|e-?paper|events|faq|games|gdpr|help|impressum|imprint|jobs?|kontakt|legal|log-?in|logout|"
    r"membership|mentions-legales|my|newsletters?|podcasts?|privacy\w*|profile|puzzles|radio|register|rss|search|"
    r"service|settings|shop|sitemap|sign-?in|sign-?up|store|subscri\w*|suche|support|tags?|team|terms\w*|tv|user|"
    r"videos?|weather|wetter|wp-\w+)(?:/|\.|$)",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Home:
    """What a home page offers."""

    name: str = ""
    language: str = ""
    feeds: tuple[str, ...] = ()
    """Declared with `link rel=alternate`, in page order."""
    feed_links: tuple[str, ...] = ()
    """Other links that look like links to feeds."""
    sections: tuple[str, ...] = ()
    """The most likely sections first."""
    articles: tuple[str, ...] = ()


def read_home(body: bytes, url: str, *, charset: str | None = None) -> Home:
    """Read a home page. Raises DiscoveryError where *body* is not HTML."""
    tree = parse_page(body, charset)
    anchors = anchors_of(tree)
    links = _own_links(tree, anchors, url, MAX_LINKS)
    declared = [feed for feed in _declared(tree, url) if not _COMMENTS.search(feed)]
    named = [link.url for link in links if _FEED_NAME.search(link.url) and not _COMMENTS.search(link.url)]
    articles = [link.url for link in links if looks_like_article(link.url, link.text)]
    return Home(
        name=_name(tree),
        language=code_of_tag(tree.get("lang") or tree.get("xml:lang") or ""),
        feeds=tuple(dict.fromkeys(declared)),
        feed_links=tuple(dict.fromkeys(named)),
        sections=tuple(_sections(anchors, url, articles)),
        articles=tuple(articles),
    )


def sitemaps_of(robots: bytes, url: str) -> list[str]:
    """Return the sitemaps that a robots.txt names, those of news first.

    >>> sitemaps_of(b"Sitemap: /a.xml\\nsitemap: https://example.com/news.xml", "https://example.com/robots.txt")
    ['https://example.com/news.xml', 'https://example.com/a.xml']
    """
    read = robots[:MAX_ROBOTS].removeprefix(b"\xef\xbb\xbf")
    lines = re.finditer(rb"^[ \t]*sitemap[ \t]*:[ \t]*(\S+)", read, re.I | re.M)
    targets = (canonical(line[1].decode("utf-8", "replace"), url) for line in islice(lines, MAX_NAMED))
    return sorted(dict.fromkeys(target for target in targets if target), key=lambda target: not names_news(target))


def names_news(url: str) -> bool:
    """Tell whether a sitemap's path names news."""
    return "news" in urlsplit(url).path.lower()


def _declared(tree: html.HtmlElement, url: str) -> Iterator[str]:
    for link in tree.iter("link"):
        if "alternate" not in (link.get("rel") or "").lower().split():
            continue
        target = canonical(link.get("href") or "", url)
        # WordPress declares its API as application/json
        if target and _FEED_TYPES.fullmatch((link.get("type") or "").strip()) and "/wp-json" not in target:
            yield target


def _name(tree: html.HtmlElement) -> str:
    metas = tree.iter("meta")
    names = {(meta.get("property") or meta.get("name") or "").lower(): meta.get("content") for meta in metas}
    title = re.split(r"\s[|–—:·-]\s", str(tree.findtext(".//title") or ""))[0]
    return one_line(names.get("og:site_name") or names.get("application-name") or title, MAX_NAME)


def _sections(anchors: list[Anchor], url: str, articles: list[str]) -> list[str]:
    """Return links that look like menu entries: those with articles below them first, then those in the menu."""
    below = Counter(folder for article in articles for folder in _folders(article))
    scores: dict[str, tuple[int, int]] = {}
    for place, anchor in enumerate(anchors):
        target, words = canonical(anchor.href or "", url), anchor.text.split()
        if not target or target == url or not belongs_to(target, site_of(url)) or not 1 <= len(words) <= MENU_WORDS:
            continue
        parts = urlsplit(target)
        depth = len(parts.path.strip("/").split("/"))
        if parts.path == "/" or parts.query or depth > MAX_DEPTH or is_media(target) or _SERVICE.search(parts.path):
            continue
        if looks_like_article(target, " ".join(words)):
            continue
        score = 3 * min(below[target.rstrip("/")], 3) + 4 * anchor.in_menu - depth
        scores[target] = max(scores.get(target, (-99, 0)), (score, -place))
    return sorted((target for target in scores if scores[target][0] > 0), key=lambda target: scores[target])[::-1]


def _folders(article: str) -> Iterator[str]:
    while "/" in article.partition("://")[2]:
        article = article.rpartition("/")[0]
        yield article


def section_links(body: bytes, base: str, *, charset: str | None = None, limit: int = MAX_LINKS) -> list[Link]:
    """Return at most *limit* links of a page to *base*'s own site, in page order. Raises DiscoveryError for no HTML.

    Of several links to one page the longest text counts: the picture above a headline has none.
    """
    tree = parse_page(body, charset)
    return _own_links(tree, anchors_of(tree), base, limit)


def _own_links(tree: html.HtmlElement, anchors: list[Anchor], base: str, limit: int) -> list[Link]:
    texts = dict[str, str]()
    for url, anchor in _own_anchors(tree, anchors, base):
        texts[url] = max(texts.get(url, ""), anchor.text, key=len)
        if len(texts) >= limit:
            break
    return [Link(url, text) for url, text in texts.items()]


def _own_anchors(tree: html.HtmlElement, anchors: list[Anchor], base: str) -> Iterator[tuple[str, Anchor]]:
    """Yield the links to other pages of *base*'s own site, each with its canonical URL."""
    declared = tree.find(".//base[@href]")
    start = canonical(declared.get("href", ""), base) if declared is not None else base
    site = site_of(base)
    for anchor in anchors:
        url = canonical(anchor.href, start or base) if anchor.href else None
        if url is not None and belongs_to(url, site) and url != base:
            yield url, anchor


@dataclass(frozen=True, slots=True)
class RankedLink:
    """A story on a front page."""

    place: int
    """From 1. Stories in the main part and in what is not marked come first, then those beside it, in the page's menu
    and in its footer; within a part they keep their order in the document."""
    url: str
    text: str
    level: int
    """Of its heading, as in Anchor."""
    region: Region


MAX_STORIES = 100
"""Most stories of a front page that are ranked: what lies behind them no reader calls its front."""
MAX_STORY_TEXT = 300
"""Longest text of a ranked link, in characters: a headline with its teaser."""
_BY_REGION: tuple[Region, ...] = ("main", "aside", "menu", "footer")


def ranked_links(body: bytes, base: str, *, charset: str | None = None) -> list[RankedLink]:
    """Return the stories that a front page links to on *base*'s own site, in the order of their places.

    A story is what looks like an article by URL and text. Of several links to one story the first in the best part
    gives its place, the longest text its text, the highest heading its level. Raises DiscoveryError as `section_links`.
    """
    tree = parse_page(body, charset)
    of_url: dict[str, list[tuple[int, int, Anchor]]] = {}
    for number, (url, anchor) in enumerate(_own_anchors(tree, anchors_of(tree), base)):
        of_url.setdefault(url, []).append((_BY_REGION.index(anchor.region or "main"), number, anchor))
    texts = {url: max((anchor.text for _, _, anchor in links), key=len) for url, links in of_url.items()}
    stories = sorted((min(of_url[url])[:2], url) for url in of_url if looks_like_article(url, texts[url]))
    return [
        RankedLink(
            place,
            url,
            one_line(texts[url], MAX_STORY_TEXT),
            min((anchor.level for _, _, anchor in of_url[url] if anchor.level), default=0),
            min(of_url[url])[2].region,
        )
        for place, (_, url) in enumerate(stories[:MAX_STORIES], 1)
    ]


Region = Literal["main", "", "aside", "menu", "footer"]
"""A part of a page: `main` or `article`, what is not marked, and what stands beside, above and below."""
_REGIONS: dict[str, Region] = {
    "main": "main", "article": "main", "aside": "aside", "nav": "menu", "header": "menu", "footer": "footer",
}  # fmt: skip
_OF_ITS_PART = frozenset({"article", "header", "footer"})
"""Elements that inside another part of a page do not begin one."""
_LEVELS = {f"h{level}": level for level in range(1, 7)}


@dataclass(frozen=True, slots=True)
class Anchor:
    """An `a` element of a page."""

    href: str | None
    text: str
    """Words with one space between. Of links in each other each has its own words: those of the inner one are not
    counted again, so a page's links have no more text than the page."""
    in_menu: bool
    """Whether it is in a `nav` or `header`."""
    level: int = 0
    """Of the heading that it is in, or that is in it: 1 to 6; 0 where there is none."""
    region: Region = ""
    """The innermost part of the page that it is in; the header and footer of an article belong to the article."""


def anchors_of(tree: html.HtmlElement) -> list[Anchor]:
    """Return the links of a page in page order. Raises DiscoveryError where they are too many or too deep."""
    found: list[_Open] = []
    open_ones: list[_Open] = []
    regions: list[Region] = [""]
    levels: list[int] = [0]
    depth = menus = 0
    for event, element in etree.iterwalk(tree, events=("start", "end", "comment", "pi")):
        if event == "start":
            depth += 1
            tag = element.tag
            menus += tag in ("nav", "header")
            if depth >= MAX_NESTING:
                raise DiscoveryError(f"elements nested {MAX_NESTING} deep", TOO_DEEP)
            if tag == "a":
                if len(found) >= MAX_ANCHORS:
                    raise DiscoveryError(f"more than {MAX_ANCHORS} links", TOO_MANY_LINKS)
                found.append(_Open(element, menus > 0, levels[-1], regions[-1]))
                open_ones.append(found[-1])
            elif tag in _REGIONS:
                regions.append(regions[-1] if regions[-1] and tag in _OF_ITS_PART else _REGIONS[tag])
            elif tag in _LEVELS:
                levels.append(_LEVELS[tag])
                if open_ones:
                    open_ones[-1].level = open_ones[-1].level or levels[-1]
            text = element.text
        else:
            if event == "end":
                tag = element.tag
                depth -= 1
                menus -= tag in ("nav", "header")
                if tag == "a":
                    open_ones.pop()
                elif tag in _REGIONS:
                    regions.pop()
                elif tag in _LEVELS:
                    levels.pop()
            text = element.tail
        if text and open_ones:
            open_ones[-1].texts.append(text)
    return [one.closed() for one in found]


@dataclass(slots=True)
class _Open:
    """An `a` element whose end may not have come yet."""

    element: html.HtmlElement
    in_menu: bool
    level: int
    region: Region
    texts: list[str] = field(default_factory=list)

    def closed(self) -> Anchor:
        text = " ".join("".join(self.texts).split())
        return Anchor(self.element.get("href"), text, self.in_menu, self.level, self.region)


def parse_page(body: bytes, charset: str | None = None) -> html.HtmlElement:
    """Return the tree of an HTML page. Raises DiscoveryError where *body* is not HTML, or too much of it."""
    if body.count(b"<") > MAX_TAGS:
        raise DiscoveryError(f"more than {MAX_TAGS} tags", TOO_MANY_ELEMENTS)
    try:
        return html.document_fromstring(body, parser=html.HTMLParser(encoding=charset))
    except (etree.ParserError, LookupError, ValueError) as error:
        raise DiscoveryError(one_line(f"not HTML: {error}")) from None

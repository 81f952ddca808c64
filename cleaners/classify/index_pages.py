"""Recognise index pages: pages that show several whole posts, each below a headline that leads to its own page."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from itertools import islice
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from cleaners.classify.outline import is_paragraph
from cleaners.html.blocks import Frame, PageBlock
from cleaners.html.inline import address_of
from cleaners.rules.context import reading_length

INDEX_PAGE = "index-page"
"""The flag of a page that shows several whole posts. Its text is all of them, and none is its article."""
FEWEST_POSTS = 3
"""Whole posts of an index page. A judgement: two may be an article and the one before it."""
LEAST_POST = 250
"""Letters of prose of a whole post. The longest teasers have as many (`scraper.discovery.hubs.TEASER`)."""
MOST_APART = 1.0
"""Prose of a page that is in none of its posts, as a share of a post's on average: an introduction, or a column at the
side. A judgement: one of the development corpora's articles has eleven long teasers below it, and three times as much
prose as each of them."""
LINKED = 0.8
"""Share of a headline's characters that are one link."""
LEAST_HEADLINE = 15
"""Letters of the headlines, on average. Of the pages of the development corpora that fit but for this, two were threads
whose headings were names of members, and one a list of programs."""
LOWEST_LEVEL = 3
"""The level of the lowest headings that are headlines of posts. Those below are of members' names and of cards in a
list: of the 2,513 pages of the development corpora the one that fits but for this is such a list."""
SLUG_WORDS = 3
"""Words at the end of an address that is one article's."""
MAX_CLIMB = 16
"""Elements around a block that may be a post."""
MAX_SIGNS = 200
"""Elements inside a post that are asked for its date or author."""

_POST = re.compile(r"(?:^|[\s_-])(?:article|blog|entry|hentry|news|post|story)(?:$|[\s_-])", re.IGNORECASE)
_SIGN = re.compile(r"(?:^|[\s_-])(?:author|byline|date|datetime|meta|posted|published)(?:$|[\s_-])", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")
_PAGE_TAGS = ("body", "html", "main")


def whole_posts(blocks: Sequence[PageBlock], url: str | None, canonical_url: str | None) -> tuple[int, ...]:
    """Return the numbers of the headlines of an index page's whole posts; none for any other page. `blocks`: all of
    the page.

    Each post has a headline of the same level that is a link to a page of its own on the same host, is named or signed
    as one, and has prose; hardly any prose is outside of them. Updates of a live blog, messages of a thread and parts
    of one article are no posts: their headings lead to places on the page, to pages below the article's, to another
    host, to a member, or nowhere, or they are all inside one article. Nor is an article among others, which the page's
    own address names.
    """
    page = url or canonical_url or ""
    own = {_place(address) for address in (url, canonical_url) if address}
    targets = {i: target for i, block in enumerate(blocks) if (target := _target(block, page))}
    if len(targets) < FEWEST_POSTS:
        return ()
    inside = Counter(id(frame) for i in targets for frame in blocks[i].frame.up(MAX_CLIMB))
    posts: dict[int, int] = {}
    """The number of the headline by the id of its post's frame."""
    frames: dict[int, Frame] = {}
    for i in targets:
        if (frame := _post(blocks[i].frame, inside)) is not None:
            posts[id(frame)], frames[id(frame)] = i, frame
    prose: Counter[int] = Counter()
    for block in blocks:
        if not block.rule and is_paragraph(block):
            around = next((id(frame) for frame in block.frame.up(MAX_CLIMB) if id(frame) in posts), 0)
            prose[around] += reading_length(block.text)
    whole = {posts[frame]: size for frame, size in prose.items() if frame in posts and size >= LEAST_POST}
    tags = Counter(blocks[i].frame.tag for i in whole)
    level = max(tags, key=tags.__getitem__, default="")
    shown = {_place(targets[i]): i for i in whole if blocks[i].frame.tag == level}
    inner = sum(whole[i] for i in shown.values())
    if (
        len(shown) < FEWEST_POSTS
        or own & {_place(targets[i]) for i in whole}
        or prose.total() - inner > MOST_APART * inner / len(shown)
        or sum(reading_length(blocks[i].text) for i in shown.values()) < LEAST_HEADLINE * len(shown)
        or any(_is_below(shown, address) for address in own)
    ):
        return ()
    those = [frames[frame] for frame, i in posts.items() if i in shown.values()]
    if any(_is_in_article(frame) for frame in those) or not all(map(_is_post, those)):
        return ()
    return tuple(sorted(shown.values()))


def _target(block: PageBlock, page: str) -> str:
    """Return the address of the page of the same host that a headline leads to; empty where there is none."""
    if block.kind != "heading" or block.level > LOWEST_LEVEL or block.linked < LINKED * len(block.text):
        return ""
    element = block.frame.element
    links = [element.getparent(), *islice(element.iter("a"), 1)]
    link = next((link for link in links if link is not None and link.tag == "a"), None)
    reference = "" if link is None else (link.get("href") or "")
    target = "" if "#" in reference else address_of(reference, page)
    try:
        return target if not page or urlsplit(target).hostname == urlsplit(page).hostname else ""
    except ValueError:
        return ""


def _place(address: str) -> str:
    """Return an address without what leads to the same page: scheme, fragment, and a last slash."""
    return address.partition("#")[0].rpartition("://")[2].removeprefix("www.").rstrip("/")


def _post(heading: Frame, inside: Counter[int]) -> Frame | None:
    """Return the outermost element around a headline that has no other in it."""
    post = None
    for frame in islice(heading.up(MAX_CLIMB), 1, None):
        if inside[id(frame)] > 1 or frame.tag in _PAGE_TAGS:
            break
        post = frame
    return post


def _is_below(places: Collection[str], address: str) -> bool:
    """Tell whether an address is that of one article, and the pages are parts of it."""
    slug = address.rpartition("/")[2]
    return len(_WORD.findall(slug)) >= SLUG_WORDS and all(place.startswith(f"{address}/") for place in places)


def _is_in_article(post: Frame) -> bool:
    return any(frame.tag == "article" for frame in islice(post.up(MAX_CLIMB), 1, None))


def _is_post(post: Frame) -> bool:
    """Tell whether an element is named as a post, or has a sign of who wrote it or when."""
    return any(
        element.tag in ("article", "time") or _POST.search(_names(element)) or _SIGN.search(_names(element))
        for element in islice(post.element.iter(), MAX_SIGNS)
    )


def _names(element: HtmlElement) -> str:
    return f"{element.get('class') or ''} {element.get('itemprop') or ''}"[:500]

"""Parse a page once, into a tree of bounded size."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

MAX_CHARACTERS = 10 * 2**20
"""Longer pages are not parsed. Media Cloud caps HTML at 10 MB, Common Crawl's news crawl at 5 MiB; the largest page of
the development corpora has 2.2 MB."""

_HEAD_TAGS = frozenset(("base", "link", "meta", "noscript", "script", "style", "template", "title"))

# One parser for a process is safe: pages are cleaned in processes, not in threads.
# huge_tree: without it libxml2 drops all that follows the 256th open element; with it, the 2048th.
_PARSER = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False, huge_tree=True)
# by default lxml.html calls a Python function for the class of each element on each access; one class is enough
_PARSER.set_element_class_lookup(etree.ElementDefaultClassLookup(element=HtmlElement))
# Characters that are never text: controls, soft hyphens, and zero-width spaces, which only guide line breaks. As UTF-8
# bytes, a pattern for each first byte: a search for one byte is done in no time, and many pages lack it.
_CONTROLS = bytes((*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F))
_SPACES = b"\n\t\r"
_BEYOND = 0x7F
"""The first byte that is no ASCII sign of text: the last control, then all bytes of other characters."""
_INVISIBLE = {
    b"\xc2": re.compile(rb"\xc2[\x80-\x84\x86-\x9f\xad]"),
    b"\xe2": re.compile(rb"\xe2(?:\x80\x8b|\x81\xa0)"),
    b"\xef": re.compile(rb"\xef\xbb\xbf"),
}


def parse(page: str | bytes) -> HtmlElement | None:
    """Parse a page, which is text or the bytes of one in UTF-8. Return None for a page without markup or text, or with
    more than MAX_CHARACTERS."""
    if isinstance(page, bytes) and (len(page) > MAX_CHARACTERS or b"<" not in page):
        page = page.decode()
    if isinstance(page, str):
        if not page or page.isspace() or len(page) > MAX_CHARACTERS:
            return None
        # "ignore" leaves out lone surrogates
        page = page.encode("utf-8", "ignore")
    try:
        root = document_fromstring(_visible(page), parser=_PARSER)
    except (etree.ParserError, etree.XMLSyntaxError, AssertionError):
        return None
    _move_stray_body(root)
    return root


def _move_stray_body(root: HtmlElement) -> None:
    """Move elements that do not belong into the head to the beginning of the body.

    libxml2 does not know the elements of HTML5: on a page without body tags it leaves an `article` in the head.
    """
    head = root.find("head")
    children = [] if head is None else list(head)
    first = next((i for i, child in enumerate(children) if child.tag not in _HEAD_TAGS), len(children))
    if stray := children[first:]:
        body = root.find("body")
        if body is None:
            body = etree.SubElement(root, "body")
        stray[-1].tail = f"{stray[-1].tail or ''}{body.text or ''}"
        body.text = None
        body[:0] = stray


def _visible(data: bytes) -> bytes:
    # few pages have such characters, and numpy finds that out in a quarter of the time that taking them out takes
    signs = np.frombuffer(data, np.uint8)
    beyond = signs[signs >= _BEYOND].tobytes()
    spaces = sum(np.count_nonzero(signs == space) for space in _SPACES)
    if b"\x7f" in beyond or np.count_nonzero(signs < ord(" ")) > spaces:
        data = data.translate(None, _CONTROLS)
    for first, pattern in _INVISIBLE.items():
        if first in beyond and pattern.search(beyond):
            data = pattern.sub(b"", data)
    return data


def body_of(root: HtmlElement) -> HtmlElement:
    """Return the body, or the root if there is no body."""
    body = root.find("body")
    return root if body is None else body


MAX_TAGS = 30_000
"""`<` signs: what follows the last one is not parsed, since each costs up to 40 µs in all. The development corpora's
pages have at most 9,770."""

MAX_TAG = 1000
"""Characters: attributes are counted in longer tags only."""

MAX_PAIRS = 100_000_000
"""Pairs of unquoted words in long tags; most such words are attributes. libxml2 compares each attribute of a tag with
all before it: 50,000 attributes take 3 s, this many pairs .1 s. The development corpora's tags have at most 73, but a
script that compares numbers looks like a tag with some thousand."""


TOO_MANY_TAGS = "too-many-tags"


def beyond_bounds(page: str) -> str:
    """Return the part of a page that is not parsed since it has too many tags; empty where all is parsed."""
    pieces = page.split("<", MAX_TAGS)
    return f"<{pieces[-1]}" if len(pieces) > MAX_TAGS and "<" in pieces[-1] else ""


def within_bounds(page: str | bytes) -> tuple[str | bytes, list[str]]:
    """Return the part of a page to parse, and flags for exceeded bounds: `too-many-tags`, `too-many-attributes`. The
    page is text or the bytes of one in UTF-8."""
    if isinstance(page, bytes):
        if not _may_be_beyond(page):
            return page, []
        page = page.decode()
    flags = []
    if page.count("<") > MAX_TAGS:
        flags.append(TOO_MANY_TAGS)
        page = "<".join(page.split("<", MAX_TAGS)[:MAX_TAGS])
    crowded = {(start, end): words for start, end in _long_pieces(page) if (words := _words(page[start:end]))}
    if sum(words * words for words in crowded.values()) > MAX_PAIRS:
        flags.append("too-many-attributes")
        parts, done = [], 0
        for start, end in crowded:
            piece = page[start:end]
            parts += [page[done:start], f"{piece.split(None, 1)[0]}>"]
            done = min(start + _end(piece) + 1, end)
        page = "".join([*parts, page[done:]])
    return page, flags


def _may_be_beyond(page: bytes) -> bool:
    """Tell whether a page's text may exceed a bound. It has no more characters than bytes, and a tag no more words than
    the whole piece that it begins: where a tag ends takes most of the time."""
    begins = np.flatnonzero(np.frombuffer(page, np.uint8) == ord("<"))
    if len(begins) > MAX_TAGS:
        return True
    places = np.concatenate(([-1], begins, [len(page)]))
    long = np.flatnonzero(np.diff(places) > MAX_TAG)
    words = (
        _unquoted(page[start:end].decode("latin-1"))
        for start, end in zip((places[long] + 1).tolist(), places[long + 1].tolist(), strict=True)
        if _is_long_tag(page[start : start + MAX_TAG].decode("latin-1"))
    )
    return sum(n * n for n in words) > MAX_PAIRS


def _long_pieces(page: str) -> Iterator[tuple[int, int]]:
    """Yield where each piece of more than MAX_TAG characters between two `<` signs begins and ends. Short pieces are
    leapt over, as many at once as MAX_TAG characters have."""
    start = 0
    while start + MAX_TAG < len(page):
        sign = page.rfind("<", start, start + MAX_TAG + 1)
        if sign < 0:
            sign = page.find("<", start + MAX_TAG)
            sign = len(page) if sign < 0 else sign
            yield start, sign
        start = sign + 1


def _words(piece: str) -> int:
    """Return the number of unquoted words in a long tag; 0 for a short tag or a piece that is no tag."""
    return _unquoted(piece[: _end(piece)]) if _is_long_tag(piece[:MAX_TAG]) else 0


def _unquoted(tag: str) -> int:
    """Return the number of words of a tag that are in no quotes."""
    return len("  ".join("  ".join(tag.split('"')[::2]).split("'")[::2]).replace("/", " ").split())


def _is_long_tag(head: str) -> bool:
    """Tell whether what follows a `<` sign is a tag with more characters than its *head*."""
    if not head[0].isalpha():
        return False
    end = head.find(">")
    return end < 0 or head.count('"', 0, end) % 2 == 1 or head.count("'", 0, end) % 2 == 1


def _end(piece: str) -> int:
    """Return where a tag ends: at its first `>` that is not quoted, else at the end of the piece."""
    at = 0
    while (end := piece.find(">", at)) >= 0:
        quotes = [quote for sign in "\"'" if (quote := piece.find(sign, at, end)) >= 0]
        if not quotes:
            return end
        first = min(quotes)
        closing = piece.find(piece[first], first + 1)
        if closing < 0:
            return end
        at = closing + 1
    return len(piece)

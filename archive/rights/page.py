"""Find the elements at the start of a page that may say something about its use: meta, link and a."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

from lxml import etree

OPT_OUT_HEAD = 256 << 10
"""Bytes of a page in which elements are looked for."""
MAX_TAG = 2000
"""Bytes of an element in which its words are looked for: names and values that are kept have 500 at most."""
MAX_LOOKED = 500
"""Links with the word `license` in them that are looked at for its place: 2 KB of attributes take 10 µs each."""

_HINT = re.compile(
    rb"noai|noimageai|noml|noindex|noarchive|nocache|nosnippet|noimageindex|none|tdm-|content-(?:signal|usage)"
)
_META = re.compile(rb"<meta\b", re.IGNORECASE)
_REL = re.compile(rb"<(?:link|a)\s[^<>]*\brel\s*=\s*(?:[\"'][^\"'<>]*|[^\s\"'<>]*)\Z")
"""What stands before the word `license` in a link with rel=license, in small letters."""


class Element(NamedTuple):
    """What one element says: a meta's name and content, or a link's address with the type of what is there."""

    tag: str
    name: str
    """Of a meta: its name, small; of a link: the media type, small."""
    value: str
    """Of a meta: its content; of a link: its href."""


def elements_of(html: bytes) -> list[Element]:
    """Return the meta elements that may refuse or allow something, and the links with rel=license, in their order."""
    # most pages have none, and parsing costs more than all else here: what follows the last one is not
    html = html[:OPT_OUT_HEAD]
    ends = [start + 2 * MAX_TAG for start, tag in _tags(html) if _may_say(tag)]
    ends += [place + MAX_TAG for place in _licences(html.lower())]
    if not ends:
        return []
    parser = etree.HTMLPullParser(events=("start",), tag=("meta", "link", "a"))
    with suppress(etree.LxmlError):  # what came before the damage counts
        parser.feed(html[: max(ends)])
    return [found for _, element in parser.read_events() if (found := _said_by(element))]


def _said_by(element: etree._Element) -> Element | None:
    if element.tag == "meta":
        name, content = element.get("name"), element.get("content")
        return Element("meta", name.strip().lower(), content) if name and content else None
    href = (element.get("href") or "").strip()
    if not href or "license" not in (element.get("rel") or "").lower().split():
        return None
    return Element(str(element.tag), (element.get("type") or "").partition(";")[0].strip().lower(), href)


def _may_say(tag: bytes) -> bool:
    small = tag.lower()
    # the pattern alone takes five times as long
    return (b"no" in small or b"tdm-" in small or b"content-" in small) and bool(_HINT.search(small))


def _licences(small: bytes) -> Iterator[int]:
    """Yield where links with rel=license have that word."""
    # found word by word: a pattern for whole links takes twenty times as long
    place, looked = small.find(b"license"), 0
    while place >= 0 and looked < MAX_LOOKED:
        start = small.rfind(b"<", max(0, place - MAX_TAG), place)
        if start >= 0 and small.startswith((b"<a", b"<link"), start):
            looked += 1
            if _REL.match(small[start:place]):
                yield place
        place = small.find(b"license", place + 1)


def _tags(html: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield where what may be a meta element begins, and the element: to its end, or further where that is quoted."""
    for match in _META.finditer(html):
        start = match.start()
        tag, ends, _ = html[start : start + MAX_TAG].partition(b">")
        is_whole = ends and tag.count(b'"') % 2 == 0 and tag.count(b"'") % 2 == 0
        yield start, tag if is_whole else html[start : start + MAX_TAG]

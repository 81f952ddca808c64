"""Tell the address of a message of another site that is set into a page. What marks such messages is data:
`rules/posts.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from lxml import etree
from lxml.html import HtmlElement

from cleaners.html.blocks import POST, POST_ADDRESS
from cleaners.html.inline import MAX_ADDRESS, address_of
from cleaners.html.nodes import having

MAX_CLASSES, MAX_LINKS = 20, 50
"""Classes of an element, and links in it, that are looked at."""


@cache
def _classes() -> Mapping[str, str]:
    """Return where the address is, by the class that marks a message."""
    return dict(_document()["class"])


@cache
def _frames() -> list[tuple[re.Pattern[str], str]]:
    """Return the patterns of addresses of frames, each with that of the message."""
    return [(re.compile(table["src"], re.IGNORECASE), table["post"]) for table in _document()["frame"]]


@cache
def _document() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parents[1] / "rules" / "posts.toml").read_text("utf-8"))


def post_in_frame(source: str, base: str = "") -> str:
    """Return the address of the message that a frame shows; empty for a frame that shows something else.

    >>> post_in_frame("https://social.example/@harbour/112/embed")
    'https://social.example/@harbour/112'
    """
    source = address_of(source[: MAX_ADDRESS + 1], base)
    if source.startswith("//"):
        source = f"https:{source}"
    for pattern, post in _frames():
        if match := pattern.match(source):
            for number, group in enumerate(match.groups(), 1):
                post = post.replace(f"{{{number}}}", unquote(group))
            return address_of(post)
    return ""


def write_posts(root: HtmlElement) -> None:
    """Put an element that the reader knows before each frame that shows only a message of another site, and into each
    place for one."""
    for frame in [*root.iter("iframe")]:
        if address := post_in_frame(frame.get("src") or "") or post_in_frame(frame.get("data-src") or ""):
            post = frame.makeelement(POST, {POST_ADDRESS: address})
            frame.addprevious(post)
    # what scripts fill with messages
    for place in having(root, ["data-href"], "div"):
        if not len(place) and address_of_post(place):
            etree.SubElement(place, POST, {POST_ADDRESS: address_of_post(place)})


def address_of_post(element: HtmlElement, base: str = "") -> str:
    """Return the address of the message that an element is; empty for another element."""
    known = _classes()
    names = (element.get("class") or "")[:MAX_ADDRESS].split()[:MAX_CLASSES]
    where = next((known[name] for name in names if name in known), "")
    if not where:
        return ""
    address = "" if where in ("first", "last") else address_of(element.get(where) or "", base)
    if not address:
        links = [
            found
            for link in islice(element.iter("a"), MAX_LINKS)
            if (found := address_of(link.get("href") or "", base))
        ]
        address = links[0 if where == "first" else -1] if links else ""
    return post_in_frame(address) or address

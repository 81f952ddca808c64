"""Make an archived page inert: its text and plain structure, with nothing that runs, loads or sends anything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from urllib.parse import urljoin, urlsplit

from lxml import etree

from scraper.report.places import tree_of

MAX_PAGE = 4 << 20
"""Bytes of a page that is shown. A longer one takes above a second; the longest of the development corpora has 3 MB."""
BEGIN = "<!doctype html><html><body><style>body{font:16px/1.5 sans-serif;max-width:45em;margin:1em auto}</style>"

# What is not named here is not shown as itself: an element that may hold text counts as `div`. So no element is left
# whose text a browser reads as anything else than text, and what is written is read back as the same tree.
_AS_THEY_ARE = frozenset({
    "a", "abbr", "address", "article", "aside", "b", "bdi", "bdo", "blockquote", "br", "caption", "cite", "code",
    "col", "colgroup", "dd", "del", "dfn", "div", "dl", "dt", "em", "figcaption", "figure", "footer", "h1", "h2", "h3",
    "h4", "h5", "h6", "header", "hr", "i", "ins", "kbd", "li", "main", "mark", "nav", "ol", "p", "pre", "q", "rp",
    "rt", "ruby", "s", "samp", "section", "small", "span", "strong", "sub", "sup", "table", "tbody", "td", "tfoot",
    "th", "thead", "time", "tr", "u", "ul", "var", "wbr",
})  # fmt: skip
_EMPTY = frozenset({"br", "col", "hr", "wbr"})
_LEFT_OUT = frozenset({
    "applet", "area", "audio", "base", "basefont", "bgsound", "button", "canvas", "datalist", "embed", "fencedframe",
    "frame", "frameset", "head", "iframe", "input", "keygen", "link", "listing", "map", "math", "meta", "meter",
    "noembed", "noframes", "object", "optgroup", "option", "output", "param", "plaintext", "portal", "progress",
    "script", "select", "source", "style", "svg", "template", "textarea", "title", "track", "video", "xmp",
})  # fmt: skip
"""Left out with all that is in them."""
_WORD = re.compile(r"[A-Za-z0-9-]{1,40}")
_NUMBER = re.compile(r"[0-9]{1,3}")
_KEPT = {"lang": _WORD, "dir": re.compile("ltr|rtl|auto"), "colspan": _NUMBER, "rowspan": _NUMBER, "start": _NUMBER}
"""Attributes that are kept where their value is wholly as here; and `href`, as an address of http or https."""


def inert(page: str, url: str) -> str:
    """Return a page as HTML that only shows text: links are http or https, a picture is its description.

    >>> inert('<p onclick="f()">Tide <script>f()</script>rises', "https://post.example/")[len(BEGIN):]
    '<div><div><p>Tide rises</p></div></div></body></html>'
    """
    return "".join([BEGIN, *_shown(page, url), "</body></html>"])


def _shown(page: str, url: str) -> Iterator[str]:
    tree = tree_of(page)
    if tree is None:
        return
    within = 0  # the number of elements, around this place, that are left out
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        tag = str(element.tag).lower()
        begins = event == "start"
        if tag in _LEFT_OUT:
            within += 1 if begins else -1
        elif not within:
            if begins:
                yield _opened(element, tag, url)
            elif tag not in _EMPTY | {"img"}:
                yield f"</{_name(tag)}>"
        if not within and not (begins and tag in _EMPTY):
            yield escape((element.text if begins else element.tail) or "")


def _name(tag: str) -> str:
    return tag if tag in _AS_THEY_ARE else "div"


def _opened(element: etree._Element, tag: str, url: str) -> str:
    if tag == "img":
        alt = " ".join((element.get("alt") or "").split())
        return escape(f"[picture: {alt}]" if alt else "[picture]")
    kept = [
        f' {name}="{escape(value)}"'
        for name, form in _KEPT.items()
        if (value := element.get(name) or "") and form.fullmatch(value)
    ]
    if tag == "a" and (address := _web_address(element.get("href") or "", url)):
        kept.append(f' rel="noopener noreferrer nofollow" href="{escape(address)}"')
    return f"<{_name(tag)}{''.join(kept)}>"


def _web_address(address: str, url: str) -> str:
    """Return an address in full if it is of the web; else nothing."""
    try:
        whole = urljoin(url, address.strip())
        parts = urlsplit(whole)
    except ValueError:
        return ""
    return whole if parts.scheme in ("http", "https") and parts.hostname else ""

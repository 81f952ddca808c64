"""Make an archived page inert: its text and plain structure, with nothing that runs, loads or sends anything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from urllib.parse import urljoin, urlsplit

from lxml import etree, html

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
BEGINNING = 40
"""Letters of a text by which it is found where the whole is not on the page as it is: a part of it was removed."""
_PATH = re.compile(r"(?:/[a-z][a-z0-9]{0,20}(?:\[[0-9]{1,6}\])?){1,300}")
"""The path of an element as a removal has it, and no other XPath."""
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


class PageWords:
    """The letters of a page in their order, without those of scripts and styles, and where each element has its own."""

    def __init__(self, page: str) -> None:
        """Read a page; one that cannot be read has no letters."""
        self._tree = _tree(page)
        pieces: list[str] = []
        begins: dict[etree._Element, int] = {}
        self._spans: dict[etree._Element, tuple[int, int]] = {}
        at = 0
        for event, element in () if self._tree is None else etree.iterwalk(self._tree, events=("start", "end")):
            if event == "start":
                begins[element] = at
                text = None if element.tag in ("script", "style") else element.text
            else:
                self._spans[element] = begins.pop(element), at
                text = element.tail
            if text:
                pieces.append(letters_of(text))
                at += len(pieces[-1])
        self._letters = "".join(pieces)

    def find(self, text: str, after: int = 0, *, where: str = "", least: int = 1) -> int:
        """Return the place of a text, by its letters alone; -1 where it is not found.

        It is looked for in the element with the path *where*, if it has that; else behind a place, then on all of the
        page, if it has *least* letters.
        """
        wanted = letters_of(text)
        begin = wanted[:BEGINNING]
        if not wanted:
            return -1
        if span := self._span(where):
            for sought in (wanted, begin):
                if (found := self._letters.find(sought, *span)) >= 0:
                    return found
        if len(wanted) < least:
            return -1
        tries = ((wanted, after), (begin, after), (wanted, 0))
        return next((found for sought, at in tries if (found := self._letters.find(sought, at)) >= 0), -1)

    def _span(self, where: str) -> tuple[int, int] | None:
        if self._tree is None or not _PATH.fullmatch(where):
            return None
        found = self._tree.getroottree().xpath(where)
        return self._spans.get(found[0]) if found else None


def letters_of(text: str) -> str:
    """Return a text without its white space, in which a page and its stored text differ."""
    return "".join(text.split())


def _tree(page: str) -> html.HtmlElement | None:
    # signs that no document may have end the parser's reading
    text = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]", " ", page)
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        return html.document_fromstring(text.encode(), parser=parser)
    except (etree.LxmlError, ValueError, AssertionError):
        return None


def _shown(page: str, url: str) -> Iterator[str]:
    tree = _tree(page)
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

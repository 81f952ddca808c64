"""Mend the XML of feeds and sitemaps before it is parsed, so that no parser's recovery cuts an address.

A recovering parser drops what it cannot read: of `?a=1&b=2` the `&b`, of a file that ends early the rest of an address.
"""

from __future__ import annotations

import re
from html.entities import html5

from cleaners import decode
from scraper.discovery.links import DiscoveryError
from scraper.outcomes import TOO_MANY_ELEMENTS
from scraper.urls import canonical

MAX_MENDED = 1_000_000
"""Most references and signs of one file that are mended: 20 in each of the 50,000 entries of a sitemap; a million take
a second."""
MAX_DOCTYPE = 64 * 1024
"""Characters in which the end of a document type is looked for; the longest of RSS 0.91 has 12,000."""
UNREADABLE = "\ufffd"
"""What stands for something that cannot be read. An address with it is not used."""

_PARTS = re.compile(r"<!\[CDATA\[|<!--|<\?|<!DOCTYPE", re.I)
_ENDS = {"<![cdata[": "]]>", "<!--": "-->", "<?": "?>"}
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]+")
_REFERENCE = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)(?:#(\d{1,7}|[xX][0-9a-fA-F]{1,6});|(\w{1,31};))?|<(?![\w/!?:])")
_TWICE = re.compile(r"&amp;", re.I)
_FOLD = re.compile(r"[ \t]*[\r\n]\s*")


def text_of(body: bytes) -> str:
    """Return the text of a feed, sitemap or list of addresses: UTF-16 without a byte order mark is told by its zeros.

    >>> text_of("<rss>".encode("utf-16-le"))
    '<rss>'
    """
    start = body[:4]
    if start[:1] and start[1:2] == b"\x00" and start[3:4] == b"\x00" != start[2:3]:
        return body.decode("utf-16-le", "replace")
    if start[:1] == b"\x00" == start[2:3] and start[3:4] not in (b"", b"\x00"):
        return body.decode("utf-16-be", "replace")
    return decode(body).text


def mended(text: str) -> str:
    """Return *text* as XML without declaration and document type: bare `&` and `<` are escaped, HTML's entities and
    forbidden characters replaced, what a file that ends early has behind its last tag is removed.

    >>> mended("<loc>/a?b=1&copy=2&amp;c=&eacute;</loc><loc>https://example.com/ha")
    '<loc>/a?b=1&amp;copy=2&amp;c=&#233;</loc><loc>'
    """
    text = _FORBIDDEN.sub("", text[: text.rfind(">") + 1])
    pieces, at, changed = [], 0, 0
    for part in _PARTS.finditer(text):
        if part.start() < at:
            continue
        piece, count = _REFERENCE.subn(_escaped, text[at : part.start()])
        pieces.append(piece)
        changed += count
        if changed > MAX_MENDED:
            raise DiscoveryError(f"more than {MAX_MENDED} damaged places", TOO_MANY_ELEMENTS)
        kind = part[0].lower()
        at = _end_of_doctype(text, part.end()) if kind == "<!doctype" else text.find(_ENDS[kind], part.end())
        if at < 0:
            return "".join(pieces)
        at += len(_ENDS.get(kind, ">"))
        if kind == "<![cdata[":
            pieces.append(text[part.start() : at])
    piece, count = _REFERENCE.subn(_escaped, text[at:])
    if changed + count > MAX_MENDED:
        raise DiscoveryError(f"more than {MAX_MENDED} damaged places", TOO_MANY_ELEMENTS)
    return "".join((*pieces, piece))


def _end_of_doctype(text: str, start: int) -> int:
    end, opening = text.find(">", start), text.find("[", start, start + MAX_DOCTYPE)
    if 0 <= opening < end and (close := text.find("]", opening, opening + MAX_DOCTYPE)) > 0:
        return text.find(">", close)
    return end


def _escaped(match: re.Match[str]) -> str:
    number, name = match[1], match[2]
    if number:
        code = int(number[1:], 16) if number[0] in "xX" else int(number)
        is_character = code in (9, 10, 13) or 32 <= code < 0xD800 or 0xE000 <= code < 0x110000
        return match[0].replace("X", "x") if is_character and code not in (0xFFFE, 0xFFFF) else UNREADABLE
    if name:
        # what a document type declares is not read: it may be a bomb, or a file
        return "".join(f"&#{ord(sign)};" for sign in html5[name]) if name in html5 else UNREADABLE
    return "&lt;" if match[0] == "<" else "&amp;"


def address_in(text: str, base: str) -> str | None:
    """Return the canonical form of an address that a feed or sitemap gives, None where it has none that can be read.
    `&amp;` is taken for `&`: the file was escaped twice. Line ends in it are folds.

    >>> address_in("/a?b=1&amp;c=2", "https://example.com/feed"), address_in("/a\ufffd", "https://example.com/feed")
    ('https://example.com/a?b=1&c=2', None)
    """
    return None if UNREADABLE in text else canonical(_TWICE.sub("&", _FOLD.sub("", text.strip())), base)

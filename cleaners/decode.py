"""Bytes to text, with the evidence that chose the encoding."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from bs4.dammit import EncodingDetector, UnicodeDammit

# The Encoding Standard reads these labels as windows-1252 (https://encoding.spec.whatwg.org/#names-and-labels):
# pages that declare them use its curly quotes, which are control characters in Latin-1.
_LATIN = {"iso8859-1", "ascii"}


# UTF-8 that was once read as Latin-1 and written again: a lead byte, then bytes of which one is a control character,
# which no text has. Curly quotes and dashes look like this, on about 1 page in 100 of the development corpora.
_TWICE_ENCODED = re.compile("[\xc2-\xf4][\x80-\xbf]{1,3}")
_LATIN_CONTROL = re.compile("[\xc2-\xf4][\x80-\xbf]{0,2}[\x80-\x9f]")


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text, the encoding it was read in, and why that one."""

    text: str
    encoding: str
    evidence: str
    """`given as text`, `byte order mark`, `HTTP header`, `declared in the page`, `valid UTF-8`, `guessed`."""
    replaced: bool = False
    """Whether bytes had to be replaced because they mean nothing in this encoding."""

    def __str__(self) -> str:
        return f"{self.encoding} ({self.evidence})"


def decode(html: bytes | str, charset: str | None = None) -> Decoded:
    """Decode a page. `charset` is the one of the HTTP header, if there was one.

    Order of trust: byte order mark, HTTP header, the page's own declaration, valid UTF-8, a guess. Bytes that are valid
    UTF-8 beyond ASCII are read as such even where a single-byte encoding was declared: text in one almost never is.
    Text that was encoded twice by the site is mended, and the evidence says so.

    >>> str(decode("Zoë".encode("latin-1"), "latin-1"))
    'windows-1252 (HTTP header)'
    """
    found = _read(html, charset)
    if not _LATIN_CONTROL.search(found.text):
        return found
    mended = _TWICE_ENCODED.sub(_decode_again, found.text)
    return Decoded(mended, found.encoding, f"{found.evidence}, twice encoded parts mended", found.replaced)


def _decode_again(match: re.Match[str]) -> str:
    try:
        return match[0].encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return match[0]


def _read(html: bytes | str, charset: str | None) -> Decoded:
    if isinstance(html, str):
        return Decoded(html, "str", "given as text")
    plain, bom = EncodingDetector.strip_byte_order_mark(html)
    if bom:
        return Decoded(plain.decode(bom, "replace"), bom, "byte order mark")
    declared = EncodingDetector.find_declared_encoding(html, is_html=True)
    claims = [(_label(charset), "HTTP header"), (_label(declared), "declared in the page")]
    try:
        text = html.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        evidence = next((why for label, why in claims if label == "utf-8"), "valid UTF-8")
        if not text.isascii() or evidence != "valid UTF-8":
            return Decoded(text, "utf-8", evidence)
    tried = [label for label, _ in claims if label]
    dammit = UnicodeDammit(html, user_encodings=tried, is_html=True)
    encoding = dammit.original_encoding or "windows-1252"
    decoded = dammit.unicode_markup
    replaced = dammit.contains_replacement_characters
    if not decoded and html:
        decoded, replaced = html.decode(encoding, "replace"), True
    evidence = next((why for label, why in claims if label == _label(encoding)), "guessed")
    return Decoded(decoded or "", encoding, evidence, replaced)


def _label(name: str | None) -> str | None:
    """Return the name under which Python knows an encoding, or None for one that it does not know."""
    try:
        found = codecs.lookup((name or "").strip().strip("\"'"))
    except (LookupError, ValueError, UnicodeError):
        return None
    if not getattr(found, "_is_text_encoding", True):
        return None
    if found.name in _LATIN:
        return "windows-1252"
    return {"cp1252": "windows-1252", "gb2312": "gb18030", "gbk": "gb18030"}.get(found.name, found.name)

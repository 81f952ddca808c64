"""Decode a page's bytes, and record why the encoding was chosen."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

# The Encoding Standard reads these labels as their supersets (https://encoding.spec.whatwg.org/#names-and-labels):
# pages that declare Latin-1 use the curly quotes of windows-1252, which are control characters in Latin-1.
_SUPERSETS = {"iso8859-1": "windows-1252", "ascii": "windows-1252", "cp1252": "windows-1252", "gb2312": "gb18030",
              "gbk": "gb18030"}  # fmt: skip
# labels of the standard that Python does not know
_WEB_LABELS = {"x-sjis": "shift_jis", "macintosh": "mac_roman"}

DETECTOR = "chardet"
"""The library that guesses an encoding where there is no other evidence, whatever other libraries are installed. Its
version is part of the version of the rules. Of 24 pages of the development corpora, written again in legacy
encodings of 11 languages without a declaration, chardet 7.7 reads 22 right, charset-normalizer 3.5 8."""
UNCLAIMED = 10
"""Bytes that are not declared as UTF-8 are read as UTF-8 where they have this many valid characters beyond ASCII for
each broken one; where UTF-8 is declared, one is enough. A page in a single-byte encoding has hardly any by chance."""
MAX_BROKEN = 0.001
"""The share of characters that may be broken in the declared encoding."""

MAX_DECLARATION = 4096
"""Bytes that are searched for a declaration. Browsers search 1,024 before they parse, and continue while they parse
(https://html.spec.whatwg.org/#determining-the-character-encoding)."""

# the longer ones first: the mark of UTF-32 begins with that of UTF-16
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARED = re.compile(
    rb"""<meta\s[^>]{0,500}?charset\s{0,9}=\s{0,9}["']?\s{0,9}([A-Za-z0-9_:.-]{1,40})"""
    rb"""|^\s{0,99}<\?xml\s[^>]{0,200}?encoding\s{0,9}=\s{0,9}["']([A-Za-z0-9_:.-]{1,40})""",
    re.IGNORECASE,
)
# Python's own codecs and UTF-7, which no browser reads; a declaration of UTF-16 that can be read as ASCII is wrong.
_NO_PAGE = {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "utf-7", "utf-16", "utf-32"}
_ASCII = re.compile("[\x00-\x7f\ufffd]+")
# UTF-8 that was read as Latin-1 and encoded again: a lead byte, then bytes one of which is a control character, which
# no text has. Curly quotes and dashes look like this on about 1 page in 100 of the development corpora.
_TWICE_ENCODED = re.compile("[\xc2-\xf4][\x80-\xbf]{1,3}")
_LATIN_CONTROL = re.compile("[\xc2-\xf4][\x80-\xbf]{0,2}[\x80-\x9f]")
# the same control characters as UTF-8 bytes: ten times faster to search for, and hardly any page has one
_CONTROL = re.compile(rb"\xc2[\x80-\x9f]")


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text, its encoding, and why this encoding was chosen."""

    text: str
    encoding: str
    evidence: str
    """`given as text`, `byte order mark`, `HTTP header`, `declared in the page`, `valid UTF-8`, `guessed`."""
    replaced: bool = False
    """Whether bytes were replaced because they are invalid in this encoding."""

    def __str__(self) -> str:
        return f"{self.encoding} ({self.evidence})"


def decode(html: bytes | str, charset: str | None = None) -> Decoded:
    """Decode a page. `charset` is the one in the HTTP header.

    Order of trust: byte order mark, valid UTF-8 beyond ASCII, HTTP header, the page's own declaration, a guess. Valid
    UTF-8 wins over a declared single-byte encoding, since text in such an encoding is almost never valid UTF-8; UTF-8
    that header or page claims may have a few invalid bytes. Text that was encoded twice is repaired, and the evidence
    says so.

    >>> str(decode("Zoë".encode("latin-1"), "latin-1"))
    'windows-1252 (HTTP header)'
    """
    decoded = _read(html, charset)
    if isinstance(html, bytes) and decoded.encoding == "utf-8" and not _CONTROL.search(html):
        return decoded
    if not _LATIN_CONTROL.search(decoded.text):
        return decoded
    repaired = _TWICE_ENCODED.sub(_decode_again, decoded.text)
    return Decoded(repaired, decoded.encoding, f"{decoded.evidence}, twice encoded parts mended", decoded.replaced)


def _decode_again(match: re.Match[str]) -> str:
    try:
        return match[0].encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return match[0]


def _read(html: bytes | str, charset: str | None) -> Decoded:
    if isinstance(html, str):
        return Decoded(html, "str", "given as text")
    for mark, encoding in _MARKS:
        if html.startswith(mark):
            return _replacing(html[len(mark) :], encoding, "byte order mark")
    declaration = _DECLARED.search(html[:MAX_DECLARATION])
    declared = (declaration[1] or declaration[2]).decode("ascii") if declaration else None
    claims = [(_label(charset), "HTTP header"), (_label(declared), "declared in the page")]
    utf8 = next((why for label, why in claims if label == "utf-8"), "")
    decoded = _replacing(html, "utf-8", utf8 or "valid UTF-8")
    broken = decoded.text.count("\ufffd")
    if not broken and (utf8 or not decoded.text.isascii()):
        return decoded
    valid = len(_ASCII.sub("", decoded.text)) if broken else 0
    if valid and valid >= broken * (1 if utf8 else UNCLAIMED):
        return decoded
    for label, why in claims:
        if label and label != "utf-8":
            decoded = _replacing(html, label, why)
            if decoded.text.count("\ufffd") <= MAX_BROKEN * len(decoded.text):
                return decoded
    return _replacing(html, _guess(html), "guessed")


def detector() -> str:
    """Return the name and version of DETECTOR: another version may decode a page differently."""
    from importlib.metadata import version  # imported here, since importing takes longer than cleaning a page

    return f"{DETECTOR} {version(DETECTOR)}"


def _guess(html: bytes) -> str:
    """Return the first encoding in which the bytes are valid: the detector's guess, windows-1252, then those that
    beautifulsoup4 tries, such as the declared one. If there is none, return the detector's guess."""
    # imported here, since few pages need them and importing takes longer than cleaning a page
    import chardet
    from bs4.dammit import EncodingDetector

    guessed = chardet.detect(html)["encoding"] or "utf-8"
    candidates = EncodingDetector(html, [guessed, "windows-1252"], is_html=True, exclude_encodings=list(_NO_PAGE))
    # otherwise beautifulsoup4 would ask whichever detector is installed
    candidates.chardet_encoding = guessed
    return next((encoding for encoding in candidates.encodings if _is_valid(html, encoding)), guessed)


def _is_valid(html: bytes, encoding: str) -> bool:
    try:
        html.decode(encoding)
    except (UnicodeError, LookupError):
        return False
    return True


def _replacing(html: bytes, encoding: str, evidence: str) -> Decoded:
    text = html.decode(encoding, "replace")
    return Decoded(text, encoding, evidence, "\ufffd" in text and b"\xef\xbf\xbd" not in html)


def _label(name: str | None) -> str | None:
    """Return Python's name for an encoding, or None for one that Python does not know or no page has."""
    label = (name or "").strip().strip("\"'").lower()
    try:
        codec = codecs.lookup(_WEB_LABELS.get(label, label))
    except (LookupError, ValueError, UnicodeError):
        return None
    if not getattr(codec, "_is_text_encoding", True) or codec.name in _NO_PAGE:
        return None
    return _SUPERSETS.get(codec.name, codec.name)

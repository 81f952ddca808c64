"""Decode a page's bytes, and record why the encoding was chosen."""

from __future__ import annotations

import codecs
import re
import sys
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from html import unescape
from pathlib import Path

import numpy as np
import webencodings

# Python's names for what the Encoding Standard reads (https://encoding.spec.whatwg.org/#names-and-labels); labels that
# only Python knows, such as `cp949`, are its own, but Latin-1 is windows-1252 under each of its names. GB 18030 is read
# by the decoder of gbk, as the standard says.
_PYTHON_NAMES = {"cp1252": "windows-1252", "ascii": "windows-1252", "iso8859-1": "windows-1252", "gbk": "gb18030",
                 "gb2312": "gb18030", "x-user-defined": "windows-1252"}  # fmt: skip
# what the standard refuses to read, since scripts can hide in it; an archive wants the words
_REFUSED_BY_BROWSERS = "replacement"

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
# Python's own codecs and UTF-7, which no browser reads.
_NO_PAGE = {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "utf-7", "utf-16", "utf-32"}
_ASCII = re.compile("[\x00-\x7f\ufffd]+")
# UTF-8 that was read as Latin-1 or windows-1252 and encoded again begins with a lead byte and one that continues it.
# Curly quotes and dashes look like this on about 1 page in 100 of the development corpora.
_WINDOWS_SIGNS = bytes(range(0x80, 0xA0)).decode("cp1252", "ignore")
_REFERENCES = r"&(?:A(?:circ|tilde)|acirc|#(?:19[45]|226)|#x(?:[Cc][23]|[Ee]2));&"
# Two patterns, searched by their first character: several times as fast as one.
_TWICE = (
    re.compile(f"[\xc2-\xf4](?:[\x80-\xbf{_WINDOWS_SIGNS}]|(?<=[\xc2\xc3]) |&(?:#1[2-5]\\d|euro);)"),
    re.compile(_REFERENCES),
)
# with a control character, which no text has: such a page is surely encoded twice
_LATIN = re.compile("[\xc2-\xf4][\x80-\xbf]{1,3}")
_LATIN_CONTROL = re.compile("[\xc2-\xf4][\x80-\xbf]{0,2}[\x80-\x9f]")
# the same as UTF-8 bytes
_SIGNS_IN_BYTES = re.compile(
    rb"\xc3(?:[\x82-\xb4](?:\xc2|\xc5|\xc6\x92|\xcb|\xe2[\x80\x82\x84]|&(?:#1[2-5]\d|euro);)|[\x82\x83] )"
)
_REFERENCES_IN_BYTES = re.compile(_REFERENCES.encode())
# a tag is a piece of its own, and so is a line of text: an address keeps its letters, since only so it can be requested
_PIECE_END = re.compile(r"[<>\n]")
_ADDRESS = re.compile(r"\b(?:href|src|srcset|action)\s{0,9}=|://", re.IGNORECASE)
_ADDRESS_LINE = re.compile(r"\s{0,99}(?:href|src|srcset|action)\s{0,9}=", re.IGNORECASE)
_VALUE = re.compile(r"""(?<![\w:.-])([\w:.-]{1,99}=)("[^"]*"|'[^']*')""")
# text that speaks of such signs: `I saw "Ã¤" instead of "ä"`
_NAMED = re.compile("(?:[\"'`(\u201c\u2018]|&quot;)[\xc2-\xf4][\x80-\u2122]{1,4}(?:[\"'`)\u201d\u2019]|&quot;)")
_REFERENCE = re.compile(r"&#?\w{2,9};")
# the last byte of a closing quote is undefined in windows-1252, so many programs lose it
_LOST_QUOTE = re.compile("\xe2\u20ac(?=[\\s.,;:!?)\\]]|$)")
MAX_MENDED = 1_000_000
"""Characters of pieces that look encoded twice which are looked at in a page: ftfy takes 1 s for so many."""

_ERRORS = "pressclip-browser"
_REPLACEMENT = "\ufffd".encode()


def _as_browsers(error: UnicodeError) -> tuple[str, int]:
    """Read bytes that Python's decoders do not know and those of browsers do; the rest is U+FFFD."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    data, start = error.object, error.start
    two = data[start : start + 2]
    if error.encoding == "charmap" and 0x80 <= data[start] < 0xA0:
        return chr(data[start]), start + 1
    if error.encoding == "gb18030" and data[start] == 0x80:
        return "€", start + 1
    if error.encoding == "big5hkscs" and two == b"\xa3\xe1":
        return "€", start + 2
    if error.encoding == "euc_jp" and len(two) == 2 and min(two) > 0xA0:
        # rows that NEC and IBM added to the standard, which cp932 has at the same places
        row, cell = two[0] - 0xA1, two[1] - 0xA1
        lead = row // 2 + (0x81 if row < 62 else 0xC1)
        trail = cell + 0x9F if row % 2 else cell + 0x40 + (cell >= 63)
        with suppress(UnicodeDecodeError):
            return bytes([lead, trail]).decode("cp932"), start + 2
    return "\ufffd", error.end


codecs.register_error(_ERRORS, _as_browsers)
MAX_LOOKED_UP = 10_000
"""Invalid bytes of a page that are looked up one by one: 10 ms for so many. With more it is not in this encoding."""


PIECE = 8192
"""Bytes that are decoded at once to see whether they are valid. Of 4,096 to 65,536 this is the fastest."""


@dataclass(frozen=True)
class Decoded:
    """Text, its encoding, and why this encoding was chosen."""

    page: str | bytes
    """The text, or the page's bytes where these are the text in UTF-8: all that the parser needs."""
    encoding: str
    evidence: str
    """`given as text`, `byte order mark`, `HTTP header`, `declared in the page`, `valid UTF-8`, `guessed`."""
    replaced: bool = False
    """Whether bytes were replaced because they are invalid in this encoding."""
    mended: bool = False
    """Whether parts were encoded twice and are mended."""

    @cached_property
    def text(self) -> str:
        """The text."""
        return self.page if isinstance(self.page, str) else self.page.decode()

    def __str__(self) -> str:
        return f"{self.encoding} ({self.evidence}{', twice encoded parts mended' if self.mended else ''})"


def decode(html: bytes | str, charset: str | None = None) -> Decoded:
    """Decode a page. `charset` is the one in the HTTP header.

    Order of trust: byte order mark, valid UTF-8 beyond ASCII, HTTP header, the page's own declaration, a guess. Valid
    UTF-8 wins over a declared single-byte encoding, since text in such an encoding is almost never valid UTF-8; UTF-8
    that header or page claims may have a few invalid bytes. Labels mean what they mean to browsers. Text that was
    encoded twice through windows-1252 is mended, and the answer says so.

    >>> str(decode("Zoë".encode("latin-1"), "latin-1"))
    'windows-1252 (HTTP header)'
    """
    decoded = _read(html, charset)
    in_bytes = html if isinstance(html, bytes) and decoded.encoding == "utf-8" else None
    if not (_looks_twice(decoded.text) if in_bytes is None else _may_be_twice(in_bytes)):
        return decoded
    text = _mend(decoded.text)
    return decoded if text == decoded.text else replace(decoded, page=text, mended=True)


class _Beginning:
    """The first bytes of a pattern, by which numpy finds in a third of the pattern's time that a page has none."""

    def __init__(self, first: bytes, *ways: tuple[bytes, ...]) -> None:
        """Each of the *ways* to go on is a set of second bytes, one of third bytes that may follow them, and so on."""
        self._first = first
        self._tables = np.zeros((len(ways[0]), 256), np.uint8)
        for n, way in enumerate(ways):
            for table, members in zip(self._tables, way, strict=True):
                table[list(members)] |= 1 << n

    def is_in(self, data: bytes) -> bool:
        """Tell whether the first bytes of the pattern are somewhere in *data*."""
        if self._first not in data:
            return False
        signs = np.frombuffer(data, np.uint8)
        places = np.flatnonzero(signs[: -len(self._tables)] == self._first[0])
        found = np.full(len(places), 0xFF, np.uint8)
        for n, table in enumerate(self._tables, 1):
            found &= table[signs[places + n]]
        return bool(found.any())


_SIGN = _Beginning(b"\xc3", (bytes(range(0x82, 0xB5)), b"\xc2\xc5\xc6\xcb\xe2&"), (b"\x82\x83", b" "))
_LETTER = _Beginning(
    b"&", (b"A", b"ct", b"i"), (b"a", b"c", b"i"), (b"#", b"1", b"9"), (b"#", b"2", b"2"), (b"#", b"x", b"CcEe")
)
_MARK = _Beginning(_REPLACEMENT[:1], (_REPLACEMENT[1:2], _REPLACEMENT[2:]))


def _may_be_twice(html: bytes) -> bool:
    """Tell whether bytes in UTF-8 may have parts that were encoded twice."""
    return bool(
        (_SIGN.is_in(html) and _SIGNS_IN_BYTES.search(html))
        or (_LETTER.is_in(html) and _REFERENCES_IN_BYTES.search(html))
    )


def _looks_twice(text: str) -> bool:
    return any(pattern.search(text) for pattern in _TWICE)


def _mend(text: str) -> str:
    """Return a page's text with the parts mended that were encoded twice through windows-1252 or Latin-1."""
    import ftfy  # imported here, since few pages need it and importing takes longer than cleaning a page

    left = MAX_MENDED
    is_certain = bool(_LATIN_CONTROL.search(text))

    def mend(piece: str) -> str:
        nonlocal left
        left -= len(piece)
        mended = piece
        if left >= 0 and not _NAMED.search(piece):
            whole = _REFERENCE.sub(_beyond_ascii, piece) if "&" in piece else piece
            fixed = ftfy.fix_encoding(_LOST_QUOTE.sub("\xe2\u20ac\x9d", whole))
            mended = piece if fixed == whole or "\ufffd" in fixed else fixed
        return _LATIN.sub(_decode_again, mended) if is_certain else mended

    def value(match: re.Match[str]) -> str:
        kept = not _looks_twice(match[2]) or _ADDRESS.search(match[0])
        return match[0] if kept else f"{match[1]}{match[2][0]}{mend(match[2][1:-1])}{match[2][0]}"

    parts, done = [], 0
    ahead = [(pattern, pattern.search(text)) for pattern in _TWICE]
    while found := min((match for _, match in ahead if match), key=re.Match.start, default=None):
        start = max(text.rfind(sign, done, found.start()) for sign in "<>\n")
        # what is before belongs to the piece only if it opens a tag
        start = done if start < 0 else start + (text[start] != "<")
        ending = _PIECE_END.search(text, found.end() - 1)
        end = ending.start() if ending else len(text)
        piece = text[start:end]
        has_address = (_ADDRESS.search if piece.startswith("<") else _ADDRESS_LINE.match)(piece)
        parts += [text[done:start], _VALUE.sub(value, piece) if has_address else mend(piece)]
        done = end
        ahead = [(p, p.search(text, done) if match and match.start() < done else match) for p, match in ahead]
    return "".join([*parts, text[done:]])


def _decode_again(match: re.Match[str]) -> str:
    try:
        return match[0].encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return match[0]


def _beyond_ascii(match: re.Match[str]) -> str:
    """Return the character of a reference, or the reference where it is a sign of markup or a space."""
    character = unescape(match[0])
    return character if len(character) == 1 and character > "\x7f" and character != "\xa0" else match[0]


def _read(html: bytes | str, charset: str | None) -> Decoded:
    if isinstance(html, str):
        return Decoded(html, "str", "given as text")
    for mark, encoding in _MARKS:
        if html.startswith(mark):
            return _replacing(html[len(mark) :], encoding, "byte order mark")
    declaration = _DECLARED.search(html[:MAX_DECLARATION])
    declared = (declaration[1] or declaration[2]).decode("ascii") if declaration else None
    claims = [(_label(charset), "HTTP header"), (_label(declared), "declared in the page")]
    if b"\0" not in html[:MAX_DECLARATION]:
        # a declaration of UTF-16 that can be read as ASCII is wrong, and means UTF-8 to browsers
        claims = [("utf-8" if (label or "").startswith("utf-16") else label, why) for label, why in claims]
    utf8 = next((why for label, why in claims if label == "utf-8"), "")
    decoded = _as_utf8(html, utf8 or "valid UTF-8")
    broken = _broken(decoded.page)
    if not broken and (utf8 or not decoded.page.isascii()):
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
    """Return the libraries that decide how a page is decoded, with their versions: others may decode it differently."""
    libraries = (DETECTOR, "ftfy", "webencodings")
    found = dict(_installed(libraries))
    if len(found) < len(libraries):
        from importlib.metadata import version  # imported here, since importing takes longer than cleaning a page

        found = {library: version(library) for library in libraries}
    return ", ".join(f"{library} {found[library]}" for library in libraries)


def _installed(libraries: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield libraries with their versions, by the names of the folders that installers write; the first on the path is
    the last."""
    for folder in reversed(sys.path):
        for path in Path(folder).glob("*.dist-info"):
            library, _, version = path.stem.partition("-")
            if library in libraries:
                yield library, version


def _guess(html: bytes) -> str:
    """Return the first encoding in which the bytes are valid: the detector's guess, windows-1252, then those that
    beautifulsoup4 tries, such as the declared one. If there is none, return the detector's guess."""
    # imported here, since few pages need them and importing takes longer than cleaning a page
    import chardet
    from bs4.dammit import EncodingDetector

    found = chardet.detect(html)["encoding"] or "utf-8"
    guessed = _label(found) or found
    candidates = EncodingDetector(html, [guessed, "windows-1252"], is_html=True, exclude_encodings=list(_NO_PAGE))
    # otherwise beautifulsoup4 would ask whichever detector is installed
    candidates.chardet_encoding = guessed
    encodings = (_label(encoding) or encoding for encoding in candidates.encodings)
    return next((encoding for encoding in encodings if _is_valid(html, encoding)), guessed)


def _is_valid(html: bytes, encoding: str) -> bool:
    try:
        html.decode(encoding)
    except (ValueError, LookupError):
        # a name that a page declares may hold a null character, which is a ValueError
        return False
    return True


def _broken(page: str | bytes) -> int:
    """Return how many characters of a text are U+FFFD."""
    if isinstance(page, str):
        return page.count("\ufffd")
    return page.count(_REPLACEMENT) if _MARK.is_in(page) else 0


def _as_utf8(html: bytes, evidence: str) -> Decoded:
    return Decoded(html, "utf-8", evidence) if _is_utf8(html) else _replacing(html, "utf-8", evidence)


def _is_utf8(html: bytes) -> bool:
    """Tell whether bytes are valid UTF-8. They are decoded piece by piece, in a third of the time that a whole text
    takes, since a short piece stays in the processor's cache."""
    pieces = memoryview(html)
    at = 0
    try:
        while at < len(html):
            end = at + PIECE
            at += codecs.utf_8_decode(pieces[at:end], "strict", end >= len(html))[1]
    except UnicodeDecodeError:
        return False
    return True


def _replacing(html: bytes, encoding: str, evidence: str) -> Decoded:
    text = html.decode(encoding, "replace")
    if encoding != "utf-8" and 0 < text.count("\ufffd") <= MAX_LOOKED_UP:
        text = html.decode(encoding, _ERRORS)
    return Decoded(text, encoding, evidence, "\ufffd" in text and _REPLACEMENT not in html)


def _label(name: str | None) -> str | None:
    """Return Python's name for what browsers read under a label, or None for one that means no encoding of pages."""
    label = (name or "").strip().strip("\"'").lower()
    known = webencodings.lookup(label) if label.isascii() else None
    if known is not None and known.name != _REFUSED_BY_BROWSERS:
        label = _PYTHON_NAMES.get(known.name, known.codec_info.name)
    try:
        codec = codecs.lookup(label)
    except (LookupError, ValueError, UnicodeError):
        return None
    if not getattr(codec, "_is_text_encoding", True) or codec.name in _NO_PAGE:
        return None
    return _PYTHON_NAMES.get(codec.name, codec.name)

"""Hash the lines of a page; lines that look the same to a reader have equal hashes.

A host's pages are compared by these hashes, since their texts would not fit in memory.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Literal
from unicodedata import normalize

from cleaners.rules.context import PROSE, ends

FEW_WORDS = 3
SOME_WORDS = 6
"""The least words of a short and of a longer line: shorter lines are headings as often as debris. On the development
corpora's articles 36 % of the lines that come back are debris, 60 % of those of six words."""
MAX_SENTENCE = 300
"""The most characters of a sentence at a paragraph's edge: 99 % of the development corpora's debris lines have less."""
KEY_LENGTH = 240
"""How many characters of a line are hashed: half of them from its beginning, half from its end."""
CHARACTERS_A_WORD = 14
"""A text with words this long is written without spaces (Chinese, Japanese, Thai): two characters count as a word."""

Size = Literal[0, 1, 2, 3]
PROSE_SIZE: Size = 3

_DIGITS = bytes.maketrans(b"123456789", b"000000000")
_OTHER_DIGITS = re.compile("[٠-٩۰-۹०-९]+")
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0e7f]")
_EDGE = " .,:;!?…·•|»«›‹→←↑↓▸►▶<>–—-_*/\\()[]{}\"'`´“”‘’„#+~=^。、！？：；「」『』।؟،"
_SENTENCE = re.compile(r"[.!?…。！？।؟][\"'”’»)\]]*(?:\s+|(?<=[。！？।]))(?=\S)")


def line_hash(line: str) -> int:
    """Return a 64-bit hash of a line that ignores case, spaces, digits and the punctuation around the line.

    The last two bits are the line's size (`size_of`), because the hash is all that is kept of a line.

    >>> line_hash("Read also: 3 comments") == line_hash("  read also:  12 COMMENTS. ")
    True
    >>> size_of(line_hash("Read also"))
    0
    """
    digest = blake2b(normalise(line), digest_size=8).digest()
    return int.from_bytes(digest, "big") & ~3 | _size(line)


def normalise(line: str) -> bytes:
    """Return the bytes that are hashed: the line without case, extra spaces, digits and outer punctuation."""
    if len(line) > KEY_LENGTH:
        line = f"{line[: KEY_LENGTH // 2]} {line[-KEY_LENGTH // 2 :]}"
    if not line.isascii():
        line = _OTHER_DIGITS.sub("0", normalize("NFKC", line))
    plain = " ".join(line.casefold().split())
    # digits in bytes: a pattern over the text takes five times as long as all the rest
    data = (plain.strip(_EDGE) or plain).encode("utf-8", "ignore").translate(_DIGITS)
    if b"0" in data:
        for number in (b"0,0", b"0.0", b"0:0", b"00"):
            while number in data:
                data = data.replace(number, b"0")
    return data


def size_of(number: int) -> int:
    """Return the size that a hash carries: 0 for one or two words, 1 for up to five, 2 for more, 3 for prose."""
    return number & 3


def count_words(text: str) -> int:
    """Count the words of a line, also in scripts that write no spaces between words.

    >>> count_words("Sign up today"), count_words("今すぐ無料で登録してください")
    (3, 7)
    """
    words = text.count(" ") + 1 if len(text) > PROSE else len(text.split())
    if text.isascii() or not (len(text) >= CHARACTERS_A_WORD * words or words == 1):
        return words
    return len(text) // 2 if _UNSPACED.search(text) else words


def _size(line: str) -> Size:
    words = count_words(line)
    if words < SOME_WORDS:
        return 1 if words >= FEW_WORDS else 0
    prose = PROSE if words <= line.count(" ") + 1 else PROSE // 2
    return 3 if len(line) >= prose and ends(line[-6:].rstrip()) else 2


def edges(line: str) -> tuple[str, ...]:
    """Return the first and the last sentence of a line that has several: debris glued to a paragraph stands there.

    >>> edges("It rained. The harbour was closed. Read our guide.")
    ('It rained.', 'Read our guide.')
    """
    first = _SENTENCE.search(line, 0, MAX_SENTENCE)
    if first is None:
        return ()
    last = first.end()
    for end in _SENTENCE.finditer(line, max(first.start(), len(line) - MAX_SENTENCE)):
        last = end.end()
    sentences = (line[: first.end()].rstrip(), line[last:])
    return tuple(sentence for sentence in sentences if len(sentence) <= MAX_SENTENCE and count_words(sentence) > 1)


def hash_page(url: str, fetched: str, title: str, text: str, removed: Iterable[str]) -> HashedPage:
    """Hash a cleaned page. *removed* are the texts that rules removed from it, each of one line or several."""
    lines = _lines(text)
    paragraphs = (line for line in lines if len(line) >= PROSE or (len(line) >= PROSE // 2 and _UNSPACED.search(line)))
    return HashedPage(
        url,
        fetched,
        line_hash(title) if title else 0,
        tuple(map(line_hash, lines)),
        frozenset(line_hash(sentence) for line in paragraphs for sentence in edges(line)),
        frozenset(line_hash(line) for text in removed for line in _lines(text)),
    )


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line and not line.isspace()]


@dataclass(frozen=True, slots=True)
class HashedPage:
    """One page's cleaned text as hashes: small enough that all pages of a host fit in memory."""

    url: str
    fetched: str
    """The day of the capture in ISO 8601; empty if it is not known."""
    title: int
    """The headline's hash; 0 if there is none."""
    lines: tuple[int, ...]
    """Hashes of the lines that were kept, in order."""
    edges: frozenset[int]
    """Hashes of the first and the last sentence of each paragraph, since debris may be glued to it."""
    removed: frozenset[int]
    """Hashes of the lines that rules removed from this page."""

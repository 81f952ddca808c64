"""Lines as numbers: equal for lines that a reader takes for the same one."""

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
"""Words: shorter lines are headings as often as debris. On the development corpora's articles 36 % of the lines that
come back are debris, 60 % of those of six words."""
MAX_PART = 300
"""Characters of a sentence at a paragraph's edge; 99 % of the development corpora's debris lines are shorter."""
MOST = 240
"""Characters of a line that tell it from others: half of them from its beginning, half from its end."""
CHARACTERS_A_WORD = 14
"""A text with fewer spaces is written without them (Chinese, Japanese, Thai): two characters count as a word there."""

Size = Literal[0, 1, 2, 3]
PROSE_SIZE: Size = 3

_DIGITS = bytes.maketrans(b"123456789", b"000000000")
_OTHER_DIGITS = re.compile("[٠-٩۰-۹०-९]+")
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0e7f]")
_EDGE = " .,:;!?…·•|»«›‹→←↑↓▸►▶<>–—-_*/\\()[]{}\"'`´“”‘’„#+~=^。、！？：；「」『』।؟،"
_SENTENCE = re.compile(r"[.!?…。！？।؟][\"'”’»)\]]*(?:\s+|(?<=[。！？।]))(?=\S)")


def fingerprint(line: str) -> int:
    """Return 64 bits for a line, the same for what differs in case, spaces, digits or the punctuation around it only.

    The last two bits are its size, so that what was read as numbers alone can still be told by it.

    >>> fingerprint("Read also: 3 comments") == fingerprint("  read also:  12 COMMENTS. ")
    True
    >>> size_of(fingerprint("Read also"))
    0
    """
    digest = blake2b(normalise(line), digest_size=8).digest()
    return int.from_bytes(digest, "big") & ~3 | _size(line)


def normalise(line: str) -> bytes:
    """Return what a fingerprint is taken of."""
    if len(line) > MOST:
        line = f"{line[: MOST // 2]} {line[-MOST // 2 :]}"
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
    """Return the size of a fingerprint's line: 0 for one or two words, 1 for up to five, 2 for more, 3 for prose."""
    return number & 3


def count_words(text: str) -> int:
    """Return how many words a line has, also where its script does not part them.

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
    """Return the first and the last sentence of a line that has several: what debris that is glued to a paragraph is.

    >>> edges("It rained. The harbour was closed. Read our guide.")
    ('It rained.', 'Read our guide.')
    """
    first = _SENTENCE.search(line, 0, MAX_PART)
    if first is None:
        return ()
    last = first.end()
    for found in _SENTENCE.finditer(line, max(first.start(), len(line) - MAX_PART)):
        last = found.end()
    parts = (line[: first.end()].rstrip(), line[last:])
    return tuple(part for part in parts if len(part) <= MAX_PART and count_words(part) > 1)


def _is_paragraph(line: str) -> bool:
    return len(line) >= PROSE or (len(line) >= PROSE // 2 and _UNSPACED.search(line) is not None)


def read_page(url: str, fetched: str, title: str, text: str, taken: Iterable[str]) -> SeenPage:
    """Return a cleaned page as numbers. `taken` are the texts that rules took from it; one may be of several lines."""
    lines = [line for line in text.splitlines() if line and not line.isspace()]
    return SeenPage(
        url,
        fetched,
        fingerprint(title) if title else 0,
        tuple(map(fingerprint, lines)),
        frozenset(fingerprint(part) for line in lines if _is_paragraph(line) for part in edges(line)),
        frozenset(fingerprint(line) for one in taken for line in one.splitlines() if line and not line.isspace()),
    )


@dataclass(frozen=True, slots=True)
class SeenPage:
    """One page's cleaned text as numbers, small enough that a host's pages fit in memory."""

    url: str
    fetched: str
    """Day of the capture, ISO 8601; empty where it is not known."""
    title: int
    """Fingerprint of the headline; 0 where there is none."""
    lines: tuple[int, ...]
    """Fingerprints of the lines that were kept, in order."""
    edges: frozenset[int]
    """Fingerprints of the first and the last sentence of lines that hold several: debris may be glued to a line."""
    taken: frozenset[int]
    """Fingerprints of lines that rules took from this page."""

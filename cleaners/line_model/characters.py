"""Read the lines of a text as one array of characters: of which kinds they are, and which words they make."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]
Codes: TypeAlias = NDArray[np.uint32]

LETTER, UPPER, DIGIT, SPACE, IDEOGRAM, MARK, COMMA, QUOTE, STOP, CLOSING, END, BULLET, JOINT, OPENING, _SEEN = (
    1 << n for n in range(15)
)
_SIGNS = {
    MARK: "|•·/›»→©®@#:",
    COMMA: ",،、，;",
    QUOTE: '"“”„«»「',
    STOP: ".!?。！？",
    CLOSING: "\"'”’»«)]」』）",
    END: ".!?…。！？।؟۔",
    BULLET: "-–—•*▪‣·●»›>",
    JOINT: ".:/-",
    OPENING: "\"“„«'‘「",
}
_WITHOUT_SPACES = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "THAI")
"""The first words of the names of characters whose scripts part no words, or count more a character."""
WORD = 4
"""Letters of the shortest word that says what a text is about."""

_TABLE = np.zeros(0x110000, np.uint16)
_LOWER = np.zeros(0x110000, np.uint32)
"""What is known of the characters that were seen so far: their kinds, and their lower case."""


def _kind_of(char: str) -> int:
    kind = _SEEN | LETTER * char.isalpha() | UPPER * char.isupper() | DIGIT * char.isdigit() | SPACE * char.isspace()
    if char.isalpha() and unicodedata.name(char, "").startswith(_WITHOUT_SPACES):
        kind |= IDEOGRAM
    for bit, signs in _SIGNS.items():
        kind |= bit * (char in signs)
    return kind


def _kinds(codes: Codes) -> NDArray[np.uint16]:
    kinds = _TABLE[codes]
    if not kinds.all():
        for code in np.unique(codes[kinds == 0]).tolist():
            # the lower case first: a thread that sees the kind must find it
            _LOWER[code] = ord(chr(code).lower()[0])
            _TABLE[code] = _kind_of(chr(code))
        kinds = _TABLE[codes]
    return kinds


class Characters:
    """The characters of some lines as arrays, and where each line starts and ends among them."""

    def __init__(self, lines: Sequence[str]) -> None:
        """Read lines of which none is blank or has a line end in it; their indentation counts."""
        self.codes = np.frombuffer(("\n".join(lines) + "\n").encode("utf-32-le", "surrogatepass"), np.uint32)
        self.kinds = _kinds(self.codes)
        self.count = len(lines)
        sizes = np.fromiter(map(len, lines), np.int64, self.count) + 1
        self.ends = np.cumsum(sizes) - 1
        self.starts = self.ends - sizes + 1
        self.owner: Ints = np.repeat(np.arange(self.count), sizes)
        shown = np.flatnonzero(~self.has(SPACE))
        self.first: Ints = shown[np.searchsorted(shown, self.starts)]
        self.last: Ints = shown[np.searchsorted(shown, self.ends) - 1]

    def has(self, kind: int) -> Flags:
        """Tell for each character whether it is of a kind."""
        which: Flags = (self.kinds & kind) != 0
        return which

    def are(self, kind: int, places: Ints) -> Flags:
        """Tell for the characters at some places whether they are of a kind."""
        which: Flags = (self.kinds[places] & kind) != 0
        return which

    def sums(self, which: Flags) -> Floats:
        """Return for each line how many of its characters `which` names."""
        return np.bincount(self.owner[which], minlength=self.count).astype(float)

    def closing(self) -> Ints:
        """Return for each line the place of its last character that closes no quotation or bracket."""
        place = np.where(self.has(SPACE | CLOSING), 0, np.arange(len(self.codes)))
        return np.maximum(np.maximum.accumulate(place)[self.ends], self.first)

    def runs(self, which: Flags) -> tuple[Ints, Ints]:
        """Return where runs of the characters that `which` names begin, and where they end."""
        edges = np.flatnonzero(np.diff(np.concatenate(([False], which, [False])).astype(np.int8)))
        return edges[::2], edges[1::2]

    def words(self) -> Words:
        """Return the different words of each line: those of WORD letters and more, and of scripts without spaces the
        pairs of characters."""
        dense = self.has(IDEOGRAM)
        first, last = self.runs(self.has(LETTER) & ~dense)
        long = last - first >= WORD
        first, last = first[long], last[long]
        lower = _LOWER[self.codes].astype(np.uint64)
        powers, inverses = _powers(len(lower))
        # a word's hash is a polynomial of its letters: the difference of two sums, moved to the beginning
        sums = np.concatenate((np.zeros(1, np.uint64), np.cumsum(lower * powers)))
        hashes, owners = (sums[last] - sums[first]) * inverses[first], self.owner[first]
        if dense.any():
            at = np.flatnonzero(dense[:-1] & dense[1:])
            pairs = lower[at] << np.uint64(32) | lower[at + 1]
            hashes, owners = np.concatenate((hashes, pairs)), np.concatenate((owners, self.owner[at]))
        _, numbers = np.unique(hashes, return_inverse=True)
        count = int(numbers.max(initial=0)) + 1
        both = np.unique(owners * count + numbers)
        return Words(both // count, both % count, count, self.count)


class Words:
    """The different words of each line: a row for each line and word."""

    def __init__(self, owners: Ints, numbers: Ints, count: int, lines: int) -> None:
        self.owners, self.numbers = owners, numbers
        self._count, self._lines = count, lines
        self._in_line = np.bincount(owners, minlength=lines)

    def times(self, lines: Flags) -> Ints:
        """Return for each row in how many of some lines its word is."""
        return np.bincount(self.numbers[lines[self.owners]], minlength=self._count)[self.numbers]

    def share(self, worth: Floats | Flags) -> Floats:
        """Return for each line the mean of its rows; -1 for a line without words."""
        sums = np.bincount(self.owners, worth, minlength=self._lines)
        return np.where(self._in_line > 0, sums / np.maximum(self._in_line, 1), -1)


_BASE = 0x9E3779B97F4A7C15
"""An odd number without a pattern: 2^64 by the golden ratio (Knuth, TAOCP 3, 6.4)."""
_LONGEST = 1 << 20
"""Characters up to which powers are kept between texts: 16 MB."""
_kept: list[NDArray[np.uint64]] = []


def _powers(count: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Return so many powers of _BASE and of its inverse, modulo 2^64."""
    if _kept and len(_kept[0]) >= count:
        return _kept[0][:count], _kept[1][:count]
    inverse = pow(_BASE, -1, 1 << 64)
    size = 1 << (count - 1).bit_length()
    both = [np.cumprod(np.full(size, factor, np.uint64), dtype=np.uint64) for factor in (_BASE, inverse)]
    if size <= _LONGEST:
        _kept[:] = both
    return both[0][:count], both[1][:count]

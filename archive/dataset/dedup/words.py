"""Split a text into words and hash them: the basis for duplicates and shared text, the same on every machine."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import numpy as np
import xxhash
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]

SPACELESS = (
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f\u1780-\u17ff"  # Burmese, Khmer
    "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # kana, Han
)
"""Scripts without spaces between words: each of their characters counts as a word."""
MARKS = "\u0300-\u036f\u0591-\u05bd\u05bf-\u05c7\u064b-\u065f\u0670\u0900-\u0963\u0966-\u0dff"
"""Vowel signs of Hebrew, Arabic and the Indian scripts: parts of words that `\\w` does not match."""
WORD = rf"[{SPACELESS}]|(?:[^\W_{SPACELESS}]|[{MARKS}])+"
END = r"[.!?…]+(?=[\s\"'“”’»)\]]|$)|[。！？।\n]+"
"""The end of a sentence. A full stop inside a number or an abbreviation does not end one."""
TOKENS = re.compile(f"({WORD})|{END}")
ONE_CHARACTER = re.compile(f"[{SPACELESS}]")

_FACTOR = np.uint64(0x9E3779B97F4A7C15)  # odd, the golden ratio: as in Knuth's multiplicative hashing
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))  # the finaliser of splitmix64
_SHIFT = (np.uint64(30), np.uint64(27), np.uint64(31))


def normalised(text: str) -> str:
    """Normalise a text for comparison: NFC, case folded, all whitespace as single spaces.

    >>> normalised("The  Straße\\n\\nwas CLOSED.")
    'the strasse was closed.'
    """
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a text, in order."""

    hashes: Hashes
    """One hash per word."""
    sentences: NDArray[np.int32]
    """For each word, the number of its sentence."""
    is_spaceless: bool
    """Whether most words are characters of a script without spaces."""


def words_of(text: str) -> Words:
    """Return the words of a text, case folded."""
    words: list[str] = []
    sentences: list[int] = []
    sentence = 0
    text = unicodedata.normalize("NFC", text).casefold()
    for word in TOKENS.findall(text):
        if word:
            words.append(word)
            sentences.append(sentence)
        else:
            sentence += 1
    hashes = np.fromiter(map(xxhash.xxh64_intdigest, map(str.encode, words)), np.uint64, len(words))
    return Words(hashes, np.array(sentences, np.int32), 2 * len(ONE_CHARACTER.findall(text)) > len(words))


def runs_of(hashes: Hashes, length: int) -> Hashes:
    """Hash each run of `length` consecutive words, in order. A shorter text counts as one run."""
    length = min(length, len(hashes))
    if not length:
        return hashes
    count = len(hashes) - length + 1
    run = hashes[:count].copy()
    for k in range(1, length):
        run = run * _FACTOR + hashes[k : count + k]
    run = (run ^ (run >> _SHIFT[0])) * _MIX[0]
    run = (run ^ (run >> _SHIFT[1])) * _MIX[1]
    return run ^ (run >> _SHIFT[2])

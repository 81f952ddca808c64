"""Compute the keys that stage 1 writes for each row, by which stage 2 finds equal and similar texts.

A text is split into words, which are hashed alike on every machine. Near duplicates are found by MinHash of a text's
shingles, in bands: texts that share a band are candidates, and their similarity is then measured. Shared passages are
found by winnowed fingerprints: a few of a text's word runs, chosen so that another text with the same sentence has the
same ones (Schleimer, Wilkerson and Aiken 2003, "Winnowing").
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
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


KEYS = pa.schema(
    [
        ("id", pa.string()),
        ("text_sha256", pa.string()),  # of the normalised text; null where the text is empty
        ("bands", pa.list_(pa.uint64())),
        ("fingerprints", pa.list_(pa.uint64())),
        ("published", pa.timestamp("us", "UTC")),
        ("fetched", pa.timestamp("us", "UTC")),
        ("n_chars", pa.int32()),
        ("address", pa.string()),
    ]
)

_SAME_PAGE = re.compile(r"^https?://(www\.)?|/+$", re.IGNORECASE)


def address_of(url: str | None) -> str | None:
    """Return a URL without scheme, `www.`, fragment and final slashes: equal for all addresses of one page.

    >>> address_of("http://www.gazette.example/storm/#comments")
    'gazette.example/storm'
    """
    return _SAME_PAGE.sub("", url.partition("#")[0]) or None if url else None


def keys_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of a row, as the columns of KEYS. A row without text has no hash, bands or fingerprints."""
    text = normalised(row["text"] or "")
    words = words_of(row["text"] or "")
    return {
        "id": row["id"],
        "text_sha256": hashlib.sha256(text.encode()).hexdigest() if text else None,
        "bands": bands_of(words),
        "fingerprints": fingerprints_of(words),
        "published": row.get("published"),
        "fetched": row.get("fetched"),
        "n_chars": len(row["text"] or ""),
        "address": address_of(row.get("url")),
    }


SHINGLE = 5
BANDS = 14
ROWS = 8
"""FineWeb's parameters: words per shingle, bands, hashes per band. Two texts of similarity s share a band with the
probability 1 - (1 - s^8)^14: 56 % at 0.7, 77 % at 0.75, 92 % at 0.8, 99.6 % at 0.9."""
AT_ONCE = 2048
"""Shingles permuted at a time: 112 permutations of them take 2 MB, however long the text is."""


def _fixed(kind: str) -> Hashes:
    names = [f"{kind}{k}".encode() for k in range(BANDS * ROWS)]
    return np.array([xxhash.xxh64_intdigest(name) for name in names], np.uint64)[:, np.newaxis]


_FACTORS = _fixed("factor") | np.uint64(1)
_TERMS = _fixed("term")


def shingles_of(words: Hashes) -> Hashes:
    """Return the sorted set of a text's shingles. A text of fewer than five words is one shingle."""
    return np.unique(runs_of(words, SHINGLE))


def jaccard(one: Hashes, other: Hashes) -> float:
    """Return the Jaccard similarity of two sets of shingles; 0 where one is empty."""
    both = len(np.intersect1d(one, other, assume_unique=True))
    return both / max(len(one) + len(other) - both, 1)


def bands_of(words: Words) -> Hashes:
    """Return one hash per band, which covers the band's number too. A text without words has none."""
    shingles = shingles_of(words.hashes)
    if not len(shingles):
        return shingles
    signature = np.full(BANDS * ROWS, np.iinfo(np.uint64).max, np.uint64)
    for start in range(0, len(shingles), AT_ONCE):
        permuted = shingles[start : start + AT_ONCE] * _FACTORS + _TERMS
        np.minimum(signature, permuted.min(axis=1), out=signature)
    numbered = np.column_stack([np.arange(BANDS, dtype=np.uint64), signature.reshape(BANDS, ROWS)])
    return np.concatenate([runs_of(band, ROWS + 1) for band in numbered])


RUN = 6
WINDOW = 4
"""Words per run, and runs per fingerprint: nine consecutive words that two texts share are always found."""
CHARACTERS = 2
"""Characters that count as a word here in scripts without spaces, where six characters are often a common phrase."""


def run_of(words: Words) -> int:
    """Return the words, or characters, per run of this text."""
    return RUN * CHARACTERS if words.is_spaceless else RUN


def fingerprints_of(words: Words) -> Hashes:
    """Return the sorted set of a text's fingerprints. No run crosses the end of a sentence."""
    run = run_of(words)
    if len(words.hashes) < run:
        return words.hashes[:0]
    window = WINDOW * CHARACTERS if words.is_spaceless else WINDOW
    runs = runs_of(words.hashes, run)
    first, last = words.sentences[: len(runs)], words.sentences[run - 1 :]
    runs, sentences = runs[first == last], first[first == last]
    if not len(runs):
        return words.hashes[:0]
    # the minimum of each sentence: needed where it has fewer runs than a window, and in a longer one a window's minimum
    starts = np.flatnonzero(np.diff(sentences, prepend=-1))
    chosen = [np.minimum.reduceat(runs, starts)]
    if len(runs) >= window:
        least = np.lib.stride_tricks.sliding_window_view(runs, window).min(axis=1)
        chosen.append(least[sentences[: len(least)] == sentences[window - 1 :]])
    return np.unique(np.concatenate(chosen))

"""The keys that stage 1 writes beside each row; by them, stage 2 finds equal and similar texts without reading them.

Near duplicates are found by MinHash of a text's shingles, in bands: texts that share a band are candidates, and their
similarity is then measured. Shared passages are found by winnowed fingerprints: a few of a text's word runs, chosen so
that another text with the same sentence has the same ones (Schleimer, Wilkerson and Aiken 2003, "Winnowing").
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import xxhash

from archive.dataset.dedup.words import Hashes, Words, normalised, runs_of, words_of

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
    """Return the number of words (or characters) per run for this text."""
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
    chosen: list[Hashes] = [np.minimum.reduceat(runs, starts)]
    if len(runs) >= window:
        least = np.lib.stride_tricks.sliding_window_view(runs, window).min(axis=1)
        chosen.append(least[sentences[: len(least)] == sentences[window - 1 :]])
    fingerprints: Hashes = np.unique(np.concatenate(chosen))
    return fingerprints

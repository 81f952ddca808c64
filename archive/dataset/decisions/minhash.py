"""MinHash of a text's shingles, in bands: texts that share one are candidates, whose similarity is then measured."""

from __future__ import annotations

import numpy as np
import xxhash

from archive.dataset.decisions.words import Hashes, Words, runs_of

SHINGLE = 5
BANDS = 14
ROWS = 8
"""FineWeb's parameters: words in a shingle, bands, hashes in a band. Two texts share a band with the probability
1 - (1 - s^8)^14: 56 % at a similarity of 0.7, 77 % at 0.75, 92 % at 0.8, 99.6 % at 0.9."""
AT_ONCE = 2048
"""Shingles permuted at a time: 112 permutations of them are 2 MB, whatever a text's length."""


def _fixed(kind: str) -> Hashes:
    names = [f"{kind}{k}".encode() for k in range(BANDS * ROWS)]
    return np.array([xxhash.xxh64_intdigest(name) for name in names], np.uint64)[:, np.newaxis]


_FACTORS = _fixed("factor") | np.uint64(1)
_TERMS = _fixed("term")


def shingles_of(words: Hashes) -> Hashes:
    """Return the set of a text's shingles, sorted; a text of fewer than five words is one shingle."""
    return np.unique(runs_of(words, SHINGLE))


def jaccard(one: Hashes, other: Hashes) -> float:
    """Return the share of all shingles of two texts that both hold; 0 where a text has none."""
    both = len(np.intersect1d(one, other, assume_unique=True))
    return both / max(len(one) + len(other) - both, 1)


def bands_of(words: Words) -> Hashes:
    """Return a hash for each band, that names the band too; none for a text without words."""
    shingles = shingles_of(words.hashes)
    if not len(shingles):
        return shingles
    signature = np.full(BANDS * ROWS, np.iinfo(np.uint64).max, np.uint64)
    for start in range(0, len(shingles), AT_ONCE):
        permuted = shingles[start : start + AT_ONCE] * _FACTORS + _TERMS
        np.minimum(signature, permuted.min(axis=1), out=signature)
    numbered = np.column_stack([np.arange(BANDS, dtype=np.uint64), signature.reshape(BANDS, ROWS)])
    return np.concatenate([runs_of(band, ROWS + 1) for band in numbered])

"""Say by its wording whether a line is debris: a weight for each of its character n-grams, learned from debris and
article lines of pages.

The n-grams are hashed into buckets (Weinberger et al. 2009, 'Feature hashing for large scale multitask learning'):
interface words of many languages in 64 KB.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cleaners.line_model.characters import Codes, Floats, Ints

LONGEST = 5
"""Characters of the longest n-gram."""
HEAD = 120
"""Characters of a line that are read: interface strings are shorter, and a paragraph's wording says little."""
MOST = 8.0
"""The most that a wording counts, for or against. Few lines of the development corpora come to 6."""
BITS = 16
"""Of a bucket's number."""
_BEGIN, _END = "\x02", "\x03"
_DIGITS = str.maketrans("123456789", "000000000")


def n_grams(lines: Sequence[str]) -> tuple[Ints, Ints]:
    """Return the bucket of every n-gram of every line, and the line's number; a digit counts as any digit."""
    heads = [" ".join(line[: 2 * HEAD].lower().translate(_DIGITS).split())[:HEAD] for line in lines]
    parts = [f"{_BEGIN}{head}{_END}" for head in heads]
    codes: Codes = np.frombuffer("".join(parts).encode("utf-32-le", "surrogatepass"), np.uint32)
    owner = np.repeat(np.arange(len(lines)), list(map(len, parts)))
    rolling, buckets, owners = codes, [], []
    for n in range(1, LONGEST + 1):
        if n > 1:
            # the factor of FNV-1, and one of MurmurHash3's below
            rolling = rolling[:-1] * np.uint32(0x01000193) + codes[n - 1 :]
        inside = owner[: len(rolling)] == owner[n - 1 :]
        mixed = (rolling ^ np.uint32(n * 0x9E3779B1 & 0xFFFFFFFF)) * np.uint32(0x85EBCA6B)
        buckets.append((mixed >> np.uint32(32 - BITS))[inside])
        owners.append(owner[: len(rolling)][inside])
    return np.concatenate(buckets).astype(np.int64), np.concatenate(owners)


class Wording:
    """The weights of n-grams, a signed byte each."""

    def __init__(self, weights: NDArray[np.int8], scale: float, bias: float) -> None:
        self._weights, self._scale, self._bias = weights, scale, bias
        self._scaled = weights.astype(np.float32) * np.float32(scale)

    @classmethod
    def of(cls, weights: Floats, bias: float) -> Wording:
        """Round weights to bytes."""
        scale = float(np.abs(weights).max()) / 127
        return cls(np.round(weights / scale).astype(np.int8), float(f"{scale:.6g}"), round(bias, 5))

    @classmethod
    def read(cls, stored: dict[str, Any]) -> Wording:
        """Read what `stored` returned."""
        return cls(np.frombuffer(b64decode(stored["weights"]), np.int8), stored["scale"], stored["bias"])

    def stored(self) -> dict[str, Any]:
        """Return the weights, ready for JSON."""
        return {"scale": self._scale, "bias": self._bias, "weights": b64encode(self._weights.tobytes()).decode()}

    def of_lines(self, lines: Sequence[str]) -> Floats:
        """Return for each line the odds that it is debris by its wording, as a logit from -MOST to MOST."""
        buckets, owners = n_grams(lines)
        sums = np.bincount(owners, self._scaled[buckets], len(lines))
        logits: Floats = sums / np.sqrt(np.bincount(owners, minlength=len(lines))) + self._bias
        return np.clip(logits, -MOST, MOST)

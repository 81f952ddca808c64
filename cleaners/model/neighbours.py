"""What the first scores say of a block's surroundings: text stands among text, debris among debris."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]
Column = NDArray[np.float64]

NAMES = (
    "own score", "score 3 before", "score 2 before", "score before", "score behind", "score 2 behind",
    "score 3 behind", "text before it", "blocks since text", "blocks until text", "score of its like",
    "number of its like", "worst of its like", "best of its like", "score of siblings", "number of siblings",
    "score around", "blocks of text", "text of page",
)  # fmt: skip

SURE = 0.6
"""From this score on a block counts as text for its neighbours."""
FAR = 30
"""Blocks: farther is all the same."""
REACH = 3.0
"""Blocks: how quickly a neighbour's influence on the score around fades."""
FADED = 60
"""Blocks: farther ones have no influence left, exp(-20)."""

_EDGE = -9.0


def surroundings(
    scores: Sequence[float] | Column, sizes: Sequence[int], likes: Sequence[Hashable], parents: Sequence[Hashable]
) -> Matrix:
    """Return a row for each block, in the order of NAMES. `likes`: equal for blocks in elements of the same names."""
    values, lengths = np.array(scores, float), np.array(sizes, float)
    odds = np.log((values + 1e-4) / (1 - values + 1e-4))
    weights = np.log1p(lengths)
    sure = values >= SURE
    text = lengths * sure
    near = np.concatenate([[_EDGE] * 3, odds, [_EDGE] * 3])
    count = len(values)
    like, parent = _numbers(likes), _numbers(parents)
    alike, siblings = np.bincount(like), np.bincount(parent)
    least, most = np.full(len(alike), np.inf), np.full(len(alike), -np.inf)
    np.minimum.at(least, like, odds)
    np.maximum.at(most, like, odds)
    weight = np.bincount(parent, weights)
    heavy = np.where(weight > 0, weight, 1.0)
    columns = [
        odds, *(near[k : k + count] for k in (0, 1, 2, 4, 5, 6)), text.cumsum() / max(text.sum(), 1.0),
        _distances(sure), _distances(sure[::-1])[::-1],
        (np.bincount(like, odds) / np.maximum(alike, 1))[like], alike[like], least[like], most[like],
        (np.bincount(parent, odds * weights) / heavy)[parent], siblings[parent], _smooth(values, weights),
        np.full(count, sure.sum()), np.full(count, np.log1p(text.sum())),
    ]  # fmt: skip
    return np.column_stack(columns).astype(np.float32)


def _numbers(keys: Sequence[Hashable]) -> NDArray[np.int64]:
    known: dict[Hashable, int] = {}
    return np.array([known.setdefault(key, len(known)) for key in keys], np.int64)


def _distances(sure: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return how many blocks ago the last sure one was."""
    places = np.arange(len(sure))
    last = np.maximum.accumulate(np.where(sure, places, -FAR)) if len(sure) else places
    return np.minimum(places - last, FAR)


def _smooth(scores: Column, weights: Column) -> Column:
    """Return the mean of scores by weight, with an influence that fades in both directions."""
    if not len(scores):
        return scores
    reach = min(len(scores) - 1, FADED)
    kernel = np.exp(-np.abs(np.arange(-reach, reach + 1)) / REACH)
    total = np.convolve(weights, kernel)[reach : reach + len(weights)]
    around = np.convolve(scores * weights, kernel)[reach : reach + len(weights)]
    return np.asarray(around / np.where(total > 0, total, 1.0))

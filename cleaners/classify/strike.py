# cython: boundscheck=False, wraparound=False
"""Find where rows of features end in decision trees, for compiled code: half the time that numpy takes. In plain Python
it would take a thousand times as long."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def worth(leaves: NDArray[np.uint8], value: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the value of each leaf, by its number and its tree's row of `value`; no bound is checked."""
    worths = np.empty((leaves.shape[0], leaves.shape[1]))
    out = worths
    for n in range(leaves.shape[0]):
        for t in range(leaves.shape[1]):
            out[n, t] = value[t, leaves[n, t]]
    return worths


def strike(
    rows: NDArray[np.float32],
    feature: NDArray[np.int32],
    threshold: NDArray[np.float32],
    struck: NDArray[np.uint16],
    first_left: NDArray[np.uint8],
    leaves: NDArray[np.uint8],
) -> None:
    """Write into `leaves` the number of the leaf that each row ends at, tree by tree. `feature`, `threshold` and
    `struck`: a row for each tree, see `trees.Trees`; no bound is checked.

    Eight rows are read at once, feature by feature: a C compiler turns the loops over 8 into single instructions.
    """
    count, width = rows.shape[0], rows.shape[1]
    some = np.zeros((width, 8), np.float32)
    out = np.zeros(8, np.int32)
    for first in range(0, count, 8):
        here = min(8, count - first)
        for n in range(here):
            for k in range(width):
                some[k, n] = rows[first + n, k]
        for t in range(leaves.shape[1]):
            for n in range(8):
                out[n] = 0
            for k in range(feature.shape[1]):
                column, bound, bits = feature[t, k], threshold[t, k], struck[t, k]
                for n in range(8):
                    out[n] = out[n] | (bits if some[column, n] > bound else 0)
            for n in range(here):
                leaves[first + n, t] = first_left[out[n]]

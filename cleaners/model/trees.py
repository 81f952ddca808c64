"""The block model: two small sets of decision trees that score each block, and say which facts decided.

Gradient-boosted trees (Friedman 2001, 'Greedy function approximation'), trained by `python -m benchmarks.train`; here
they are only walked, all trees and blocks at once. Facts are credited with the change of the expected score along the
path (Saabas 2014, 'Interpreting random forests').
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cleaners.model import features, neighbours
from cleaners.model.evidence import Matrix

DATA = "blocks.json"
FACTS = 3
"""Facts named for a decision."""

NAMES = (*features.NAMES, *neighbours.NAMES)

Floats = NDArray[np.float64]


class Trees:
    """A sum of trees over rows of features."""

    def __init__(self, trees: Sequence[Any]) -> None:
        """Lay the trees out as arrays. A tree is a leaf's value, or [feature, threshold, left, right, expected
        value]."""
        nodes: list[tuple[int, float, int, int, float]] = []
        self.roots = np.array([_lay_out(tree, nodes) for tree in trees], dtype=np.int64)
        columns = list(zip(*nodes, strict=True)) or [(), (), (), (), ()]
        self.feature, self.left, self.right = (np.array(columns[k], dtype=np.int64) for k in (0, 2, 3))
        # in single precision, as the features are: a feature equal to a threshold goes the same way as in training
        self.threshold = np.array(columns[1], dtype=np.float32)
        self.value = np.array(columns[4], dtype=np.float64)
        self.depth = max((_depth(tree) for tree in trees), default=0)

    def walk(self, rows: Matrix) -> tuple[Floats, Floats]:
        """Return a score from 0 to 1 for each row, and how much each feature moved it, up or down."""
        count, width = rows.shape
        at = np.broadcast_to(self.roots, (count, len(self.roots))).copy()
        line = np.arange(count)[:, None]
        moved = np.zeros(count * width)
        for _ in range(self.depth):
            feature = self.feature[at]
            to = np.where(rows[line, feature] <= self.threshold[at], self.left[at], self.right[at])
            change = self.value[to] - self.value[at]
            moved += np.bincount((line * width + feature).ravel(), change.ravel(), minlength=count * width)
            at = to
        totals = self.value[at].sum(axis=1)
        return 1 / (1 + np.exp(-np.clip(totals, -50, 50))), moved.reshape(count, width)


def _lay_out(tree: Any, nodes: list[tuple[int, float, int, int, float]]) -> int:  # noqa: ANN401 - see Trees
    place = len(nodes)
    if not isinstance(tree, list):
        # a leaf leads to itself, so that shallow paths wait for the deep ones
        nodes.append((0, 0.0, place, place, tree))
        return place
    nodes.append((0, 0.0, 0, 0, 0.0))
    left, right = _lay_out(tree[2], nodes), _lay_out(tree[3], nodes)
    nodes[place] = (tree[0], tree[1], left, right, tree[4])
    return place


def _depth(tree: Any) -> int:  # noqa: ANN401 - see Trees
    return 1 + max(_depth(tree[2]), _depth(tree[3])) if isinstance(tree, list) else 0


@dataclass(frozen=True, slots=True)
class Scores:
    """The scores of a page's blocks, and what they rest on."""

    values: list[float]
    rows: Matrix
    moved: Floats

    def facts(self, i: int, score: float) -> str:
        """Say in a few words what spoke most against block `i`, whose score in the end was `score`."""
        worst = np.argsort(self.moved[i])[:FACTS]
        told = [_tell(NAMES[k], float(self.rows[i, k])) for k in worst if self.moved[i, k] < 0]
        return f"score {score:.2f}: {'; '.join(told)}"


@dataclass(frozen=True, slots=True)
class BlockModel:
    """A first look at each block by itself, and a second one that knows how its neighbours scored."""

    first: Trees
    second: Trees
    threshold: float

    def look(
        self, rows: Matrix, sizes: Sequence[int], likes: Sequence[Hashable], parents: Sequence[Hashable]
    ) -> Scores:
        """Score rows of evidence; the other arguments are those of `neighbours.surroundings`."""
        scores, seen = self.first.walk(rows)
        around = neighbours.surroundings(scores.tolist(), sizes, likes, parents)
        both = np.hstack([rows, np.array(around, dtype=np.float32)])
        values, moved = self.second.walk(both)
        own = rows.shape[1]
        # what the second look took from a block's own score is what the first look saw in it
        against = np.minimum(seen, 0)
        share = np.minimum(moved[:, own], 0) / np.minimum(against.sum(axis=1), -1e-9)
        moved[:, :own] += against * share[:, None]
        moved[:, own] = 0
        return Scores(values.tolist(), both, moved)


def model_bytes() -> bytes:
    """Return the packaged model's data: part of the version of the rules."""
    return (files("cleaners.model") / DATA).read_bytes()


@cache
def packaged_model() -> BlockModel:
    """Return the packaged model; read once a process."""
    return read_model(model_bytes())


def read_model(data: bytes) -> BlockModel:
    """Read a model. Raises ValueError where it was trained on other features than these."""
    stored = json.loads(data)
    if stored["names"] != list(NAMES):
        raise ValueError(f"model/{DATA} was trained on other features: run python -m benchmarks.train")
    return BlockModel(Trees(stored["first"]), Trees(stored["second"]), stored["threshold"])


def _tell(name: str, value: float) -> str:
    if name.startswith(("is ", "in ", "named ", "inside ", "<", "taken ", "block ", "begins ", "ends ", "heading ")):
        return name if value else f"not {name}"
    return f"{name} {value:.2g}"

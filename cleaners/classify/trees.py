"""The block model: two small sets of decision trees that score each block, and the features that decided.

Gradient-boosted trees (Friedman 2001, 'Greedy function approximation'), trained by `python -m benchmarks.train`; here
they are only read. A feature is credited with the change of the expected score along the path (Saabas 2014,
'Interpreting random forests').
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from inspect import isfunction
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cleaners.classify.features import NEIGHBOUR_NAMES, OWN_NAMES, Matrix, surroundings
from cleaners.classify.reasons import KIN, SIBLINGS, Like, reason
from cleaners.classify.strike import strike, worth

FACTS = 6
"""Features that counted most against a block, of which its removal says three at most: several say the same."""

NAMES = (*OWN_NAMES, *NEIGHBOUR_NAMES)
_OF_OTHERS = {
    KIN: [NAMES.index(f"{which} of its like") for which in ("score", "worst", "best")],
    SIBLINGS: [NAMES.index("score of siblings")],
}
"""The features that count other blocks, each with those that tell how these score."""

Floats = NDArray[np.float64]
Paths = tuple[NDArray[np.int64], Floats]
Steps = tuple[tuple[int, float], ...]
Leaves = NDArray[np.uint8]

MAX_LEAVES = 16
"""Leaves of a tree: one bit each."""
ROWS = 256
"""Rows that are scored together: bounds memory to some 8 MB."""
IS_COMPILED = not isfunction(strike)
"""Whether the failed tests strike out leaves in compiled code; else numpy does that, to all rows at once."""
EARLY = 80
SURE = 3.0
"""A row whose score's logit is beyond SURE after EARLY trees is done: below .018 or above .982."""

# for each set of leaves that are struck out, as bits, the first one that is not; all struck out is never the case
_STRUCK = np.arange(1 << MAX_LEAVES)
_FIRST_LEFT: Leaves = np.log2(~_STRUCK & (_STRUCK + 1)).astype(np.uint8)


class Trees:
    """A sum of trees over rows of features.

    No tree is walked: all tests of all trees run at once. Each failed test strikes out the leaves on its left; the
    first leaf that remains is where a walk would have ended (Lucchese et al. 2015, 'QuickScorer'). A row that the first
    trees are sure of is not shown to the others.
    """

    def __init__(self, trees: Sequence[Any], early: int = 0) -> None:
        """Store the trees as arrays. A tree is a leaf's value, or [feature, threshold, left, right, expected value].
        `early`: trees after which a sure row is done; 0 shows every row to all of them. Raises ValueError for a tree
        with more than MAX_LEAVES leaves."""
        laid = [_Layout(tree) for tree in trees]
        self.count, self.early = len(laid), min(early, len(laid)) or len(laid)
        tests = max((len(tree.tests) for tree in laid), default=0)
        shape = (tests, self.count)
        self.feature, self.threshold = np.zeros(shape, np.int64), np.full(shape, np.inf, np.float32)
        self.struck = np.zeros(shape, np.uint16)
        # the last leaf of each tree has no value: it is where rows are that the tree was not shown
        self.value = np.zeros((self.count, MAX_LEAVES + 1))
        self._first_leaf = np.arange(self.count) * (MAX_LEAVES + 1)
        for t, tree in enumerate(laid):
            if tree.tests:
                # single precision, as the features have: a value equal to a threshold goes the way it went in training
                own = slice(len(tree.tests))
                self.feature[own, t], self.threshold[own, t], self.struck[own, t] = zip(*tree.tests, strict=True)
            self.value[t, : len(tree.leaves)] = tree.leaves
        self._trees = trees
        self._width = int(self.feature.max(initial=0)) + 1
        # the same by tree, as `strike` reads it
        feature = np.ascontiguousarray(self.feature.T, np.int32)
        self._by_tree = feature, np.ascontiguousarray(self.threshold.T), np.ascontiguousarray(self.struck.T)

    @cached_property
    def paths(self) -> Paths:
        """For each tree, leaf and step on the way to it: the feature that was asked, and the change of the score. Only
        reasons need them."""
        paths = [list(_paths_in(tree, ())) for tree in self._trees]
        steps = max((len(path) for tree in paths for path in tree), default=0)
        feature = np.zeros((self.count, MAX_LEAVES + 1, steps), np.int64)
        change = np.zeros((self.count, MAX_LEAVES + 1, steps))
        for t, tree in enumerate(paths):
            for k, path in enumerate(tree):
                if path:
                    feature[t, k, : len(path)], change[t, k, : len(path)] = zip(*path, strict=True)
        return feature, change

    def leaves(self, rows: Matrix) -> Leaves:
        """Return for each row the number of the leaf that it ends at, tree by tree."""
        leaves = np.full((len(rows), self.count), MAX_LEAVES, np.uint8)
        leaves[:, : self.early] = self._leaves(rows, 0, self.early)
        if self.early < self.count:
            left = np.flatnonzero(np.abs(self._totals(leaves[:, : self.early])) < SURE)
            leaves[left, self.early :] = self._leaves(rows[left], self.early, self.count)
        return leaves

    def _leaves(self, rows: Matrix, first: int, end: int) -> Leaves:
        leaves = np.zeros((len(rows), end - first), np.uint8)
        if IS_COMPILED:
            if rows.shape[1] < self._width:
                raise IndexError(f"rows of {rows.shape[1]} features; the trees read {self._width}")
            own = slice(first, end)
            asked, bounds, bits = self._by_tree
            strike(np.ascontiguousarray(rows), asked[own], bounds[own], bits[own], _FIRST_LEFT, leaves)
            return leaves
        feature, threshold = self.feature[:, first:end].ravel(), self.threshold[:, first:end].reshape(-1, 1)
        struck = self.struck[:, first:end].reshape(-1, 1)
        for start in range(0, len(rows) if feature.size else 0, ROWS):
            # a feature's column is taken whole: twice as fast as one number at a time
            some = np.ascontiguousarray(rows[start : start + ROWS].T)
            out = (some.take(feature, axis=0) > threshold) * struck
            both = np.bitwise_or.reduce(out.reshape(-1, end - first, some.shape[1]), axis=0)
            leaves[start : start + ROWS] = _FIRST_LEFT[both].T
        return leaves

    def _totals(self, leaves: Leaves) -> Floats:
        worths: Floats
        if IS_COMPILED:
            worths = worth(np.ascontiguousarray(leaves), self.value)
        else:
            worths = self.value.take(leaves + self._first_leaf[: leaves.shape[1]])
        totals: Floats = worths.sum(axis=1)
        return totals

    def scores(self, leaves: Leaves) -> Floats:
        """Return a score from 0 to 1 for each row, by the leaves that it ends at."""
        scores: Floats = 1 / (1 + np.exp(-np.minimum(np.maximum(self._totals(leaves), -50), 50)))
        return scores

    def credits(self, leaves: Leaves, width: int) -> Floats:
        """Return for each row how much each of its `width` features moved the score, up or down."""
        credited = self._credits(leaves[:, : self.early], width, 0)
        if self.early < self.count:
            late = np.flatnonzero(leaves[:, -1] < MAX_LEAVES)
            credited[late] += self._credits(leaves[late, self.early :], width, self.early)
        return credited

    def _credits(self, leaves: Leaves, width: int, first: int) -> Floats:
        count, trees, steps = *leaves.shape, self.paths[0].shape[2]
        # one number for tree and leaf: arrays are read twice as fast by one as by two
        at = (leaves + self._first_leaf[first : first + trees]).ravel()
        every = self.count * (MAX_LEAVES + 1), steps
        path, change = (array.reshape(every).take(at, axis=0) for array in self.paths)
        cells = path.reshape(count, trees * steps) + np.arange(0, count * width, width)[:, None]
        moved: Any = np.bincount(cells.ravel(), change.ravel(), minlength=count * width)
        credited: Floats = moved.reshape(count, width)
        return credited


class _Layout:
    """One tree as lists: its tests, and its leaves from left to right."""

    def __init__(self, tree: Any) -> None:  # noqa: ANN401 - see Trees
        self.tests: list[tuple[int, float, int]] = []
        self.leaves: list[float] = []
        self.add(tree)
        if len(self.leaves) > MAX_LEAVES:
            raise ValueError(f"a tree has {len(self.leaves)} leaves; at most {MAX_LEAVES} can be read")

    def add(self, node: Any) -> None:  # noqa: ANN401 - see Trees
        if not isinstance(node, list):
            self.leaves.append(node)
            return
        feature, threshold, left, right, _ = node
        place, first = len(self.tests), len(self.leaves)
        self.tests.append((feature, threshold, 0))
        self.add(left)
        # a bit for each leaf on the left
        self.tests[place] = (feature, threshold, (1 << len(self.leaves)) - (1 << first))
        self.add(right)


def _paths_in(node: Any, path: Steps) -> Iterator[Steps]:  # noqa: ANN401 - see Trees
    """Yield for each leaf, from left to right, the features asked on the way to it, each with the change of the
    score."""
    if not isinstance(node, list):
        yield path
        return
    feature, _, left, right, expected = node
    for side in (left, right):
        yield from _paths_in(side, (*path, (feature, _expected(side) - expected)))


def _expected(node: Any) -> float:  # noqa: ANN401 - see Trees
    return float(node[4] if isinstance(node, list) else node)


@dataclass(frozen=True, slots=True)
class Scores:
    """The scores of a page's blocks, with the leaves that gave them."""

    values: list[float]
    rows: Matrix
    model: BlockModel
    first: Leaves
    second: Leaves

    def of(self, those: Sequence[int]) -> Scores:
        """Return the scores of some of the blocks."""
        values = [self.values[n] for n in those]
        return Scores(values, self.rows[those], self.model, self.first[those], self.second[those])

    def moved(self, those: Sequence[int]) -> Floats:
        """Return for each of those blocks how much each feature moved its score."""
        own, width = self.rows.shape[1] - len(NEIGHBOUR_NAMES), self.rows.shape[1]
        moved = self.model.second.credits(self.second[those], width)
        # of a block without its like, the score of its like is its own
        for number, names in _OF_OTHERS.items():
            alone = np.flatnonzero(self.rows[those, number] <= 1)
            moved[alone, own] += moved[alone[:, None], names].sum(axis=1)
            moved[alone[:, None], names] = 0
        # what the second set drew from a block's first score is credited to the features behind that score
        against = np.minimum(self.model.first.credits(self.first[those], own), 0)
        share = np.minimum(moved[:, own], 0) / np.minimum(against.sum(axis=1), -1e-9)
        moved[:, :own] += against * share[:, None]
        moved[:, own] = 0
        return moved

    def facts(self, those: Sequence[int], scores: Sequence[float]) -> list[str]:
        """Return for each of those blocks, with its final score, what counted most against it, in words."""
        if not those:
            return []
        moved = self.moved(those)
        worst = np.argpartition(moved, FACTS, axis=1)[:, :FACTS]
        worst = np.take_along_axis(worst, np.argsort(np.take_along_axis(moved, worst, axis=1), axis=1), axis=1)
        change = np.take_along_axis(moved, worst, axis=1)
        value = self.rows[np.asarray(those)[:, None], worst].tolist()
        others = (self.rows[np.asarray(those)[:, None], (KIN, SIBLINGS)].astype(int) - 1).tolist()
        against = (change < 0).sum(axis=1).tolist()
        return [
            f"score {score:.2f}: {reason(ks[:count], vs[:count], Like(*like))}"
            for score, ks, vs, count, like in zip(scores, worst.tolist(), value, against, others, strict=True)
        ]


class Reasons:
    """Why a model refused some blocks of a page: worked out, for all of them, when the first is read. Until then this
    holds some 2 KB for each block."""

    def __init__(self, scores: Scores, those: Sequence[int], final: Sequence[float]) -> None:
        """Hold what is needed of the scores. `final`: the score of each of those blocks in view of the others."""
        self._scores, self._final = scores.of(those), final

    @cached_property
    def _facts(self) -> list[str]:
        return self._scores.facts(range(len(self._final)), self._final)

    def of(self, number: int) -> str:
        """Return the reason for one of the blocks, counted from 0."""
        return self._facts[number]


@dataclass(frozen=True, slots=True)
class BlockModel:
    """Two sets of trees: the first scores each block by itself, the second also knows how its neighbours scored."""

    first: Trees
    second: Trees
    threshold: float

    def score(self, rows: Matrix, sizes: Sequence[int], kin: Sequence[Hashable], parents: Sequence[Hashable]) -> Scores:
        """Score rows of features; the other arguments are those of `surroundings`."""
        first = self.first.leaves(rows)
        around = surroundings(self.first.scores(first), sizes, kin, parents)
        both = np.hstack([rows, around])
        second = self.second.leaves(both)
        return Scores(self.second.scores(second).tolist(), both, self, first, second)


ModelName = Literal["article", "page", "article alone", "page alone"]
"""The packaged models: `article` for pages that say of themselves that they are articles, `page` for all others; those
that are `alone` do not know trafilatura's choice."""
Models = Callable[[ModelName], BlockModel]


def data_of(name: ModelName) -> str:
    """Return the name of a packaged model's file. Each has one of its own: most pages need a single model.

    >>> data_of("page alone")
    'blocks_page_alone.json'
    """
    return f"blocks_{name.replace(' ', '_')}.json"


def model_bytes(name: ModelName) -> bytes:
    """Return the data of a packaged model."""
    return (Path(__file__).parent / "data" / data_of(name)).read_bytes()


@cache
def packaged_model(name: ModelName) -> BlockModel:
    """Return a packaged model, read once in a process."""
    return read_model(model_bytes(name), name)


def read_model(data: bytes, name: ModelName) -> BlockModel:
    """Read one of the models. Raises ValueError for one that was trained on other features."""
    stored = json.loads(data)
    if stored["names"] != list(NAMES):
        raise ValueError(f"the model {name} was trained on other features: run python -m benchmarks.train")
    own = stored[name]
    return BlockModel(Trees(own["first"], EARLY), Trees(own["second"], EARLY), own["threshold"])

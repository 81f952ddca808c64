"""Score the lines of ready-made text: how likely each is debris, and why.

Boosted trees over the columns of a line (columns.py), trained by `python -m benchmarks.train_lines`; they are read as
the block model's are (classify/trees.py).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np

from cleaners.classify import Trees
from cleaners.classify.trees import ROWS
from cleaners.line_model.characters import Floats
from cleaners.line_model.columns import NAMES, Matrix, matrix
from cleaners.line_model.reasons import reason
from cleaners.line_model.wording import Wording

DATA = Path(__file__).parent / "data" / "lines.json"


@dataclass(frozen=True, slots=True)
class LineScores:
    """The scores of a text's lines, with what gave them."""

    values: Floats
    rows: Matrix
    trees: Trees

    def reasons(self, numbers: Sequence[int]) -> Iterator[str]:
        """Say in words what counted most against each of some lines."""
        for first in range(0, len(numbers), ROWS):
            some = numbers[first : first + ROWS]
            rows = self.rows[list(some)]
            moved = self.trees.credits(self.trees.leaves(rows), len(NAMES))
            for number, row, own in zip(some, rows.tolist(), moved, strict=True):
                yield f"score {self.values[number]:.2f}: {reason(row, own)}"


class Reasons:
    """Why the model took some lines of a text: worked out, for all of them, when the first is read."""

    def __init__(self, scores: LineScores, numbers: Sequence[int]) -> None:
        self._scores, self._numbers = scores, numbers

    @cached_property
    def _told(self) -> dict[int, str]:
        return dict(zip(self._numbers, self._scores.reasons(self._numbers), strict=True))

    def of(self, number: int) -> str:
        """Return the reason of a line."""
        return self._told[number]


class LineModel:
    """What wording says, and the trees that read it with the rest."""

    def __init__(self, stored: dict[str, Any]) -> None:
        """Read the model. Raises ValueError for one that was trained on other columns."""
        if stored["names"] != list(NAMES):
            raise ValueError("the line model was trained on other columns: run python -m benchmarks.train_lines")
        self.wording, self.trees = Wording.read(stored["wording"]), Trees(stored["trees"])

    def scores(self, lines: Sequence[str], taken: Sequence[bool]) -> LineScores:
        """Score the lines of a text. `lines` are not blank, and their indentation counts; `taken`: which of them rules
        remove."""
        rows = matrix(lines, np.array(taken), self.wording.of_lines(lines))
        return LineScores(self.trees.scores(self.trees.leaves(rows)), rows, self.trees)


@cache
def line_model() -> LineModel:
    """Return the packaged model, read once in a process."""
    return LineModel(json.loads(DATA.read_bytes()))

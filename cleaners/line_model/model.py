"""Score the lines of ready-made text: how likely each is debris, and why.

Boosted trees over the columns of a line (columns.py), trained by `python -m benchmarks.train_lines`; they are read as
the block model's are (classify/trees.py).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from cleaners.classify import Trees
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

    def why(self, number: int) -> str:
        """Say in words what counted most against a line."""
        row = self.rows[number : number + 1]
        moved = self.trees.credits(self.trees.leaves(row), len(NAMES))[0]
        return f"score {self.values[number]:.2f}: {reason(row[0], moved)}"


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

"""Decide which lines the line model takes, and take passages whole: no half of a form stays."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from cleaners.line_model.model import LineScores
from cleaners.line_model.roughness import Roughness

THRESHOLDS: dict[Roughness, float] = {"rough": 0.93, "whole-page": 0.973}
"""The score from which on a line is debris by itself; none is in a text that is clean. On whole pages .95 would catch a
tenth more and lose half as much again."""
GAPS: dict[Roughness, float] = {"rough": 0.75, "whole-page": 0.955}
"""The lines of a gap, between lines that go or the ends of the text, go too if each has this score. Out of fold a gap
of .75 caught .02 more of the debris of resiliparse's texts and lost nothing; at .9 whole pages of `andy-news` lost
.0005 more for .03 of the debris."""


def debris(scores: LineScores, taken: Sequence[bool], roughness: Roughness) -> list[int]:
    """Return the numbers of the lines that are debris besides those that rules took, in order."""
    by_rules = np.array(taken)
    found = scores.values >= THRESHOLDS[roughness]
    gone = found | by_rules
    edges = [0, *(np.flatnonzero(gone[1:] != gone[:-1]) + 1).tolist(), len(gone)]
    for first, end in pairwise(edges):
        if not gone[first] and end - first < len(gone) and scores.values[first:end].min() >= GAPS[roughness]:
            found[first:end] = True
    return np.flatnonzero(found & ~by_rules).tolist()

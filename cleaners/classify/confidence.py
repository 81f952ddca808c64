"""How likely the text of a page is right: a probability from facts of the decision, with the reasons for doubt.

A logistic regression, whose coefficients `python -m benchmarks.confidence` fits on pages that the block model has not
seen; here it is only read. A text is right where its words are those that a reader would read: a word F1 of RIGHT.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import ArrayLike

from cleaners.classify.kinds import PageKind

DATA = "confidence.json"
RIGHT = 0.9
"""Word F1 against the gold text from which a text counts as right. A teaser or a caption too much is above it."""
DOUBTFUL_BELOW = 0.5
"""Confidence below which a page gets the flag LOW_CONFIDENCE: less than half of such texts are right (docs/quality.md,
Confidence)."""
LOW_CONFIDENCE = "low-confidence"

NOISE, SURE = 0.1, 0.7
"""Scores up to NOISE are those of menus and footers; those between it and SURE are close calls."""
FULL = 1500
"""Characters from which more text says nothing more."""
MOST = 5.0
"""Most text removed between kept blocks that counts, in times what was kept."""
TOLD = 0.5
"""How much a fact must lower the logit to be told as a reason: .12 of a confidence of .5."""
REASONS = 3

_FEW = 0.02
"""Added to a share before its logarithm: from nothing to a fiftieth counts as much as from there to an eighteenth."""
_FEW_WRONG = 0.003
_KINDS = get_args(PageKind)


@dataclass(frozen=True, slots=True)
class DecisionFacts:
    """What is known about the decision on a page's blocks; shares are of characters."""

    doubt: float
    """The share of the text that is kept or removed wrongly if the scores are right: 1 less the expected F1."""
    close: float
    """The share with a score between NOISE and SURE, of all above NOISE."""
    left_out: float | None
    """The share that only trafilatura chooses, of what either chooses; None where it was not asked."""
    added: float | None
    """The share that trafilatura does not choose, of what either chooses; None where it was not asked."""
    gaps: float
    """What was removed between the first and the last kept block, in times of what was kept."""
    size: int
    """Characters kept."""
    is_declared: bool
    """Whether the page says that it is an article or a blog post."""
    is_fallback: bool = False
    """Whether another choice was taken than that of the scores."""
    kind: PageKind = "unknown"

    def terms(self) -> dict[str, float]:
        """Return the numbers that the regression adds up, by name, but for those that are not known."""
        beside = {"left out": self.left_out, "added": self.added}
        return {
            "doubt": math.log(self.doubt + _FEW_WRONG),
            "close": self.close,
            **{name: math.log(share + _FEW) for name, share in beside.items() if share is not None},
            "gaps": math.log(min(self.gaps, MOST) + _FEW),
            "size": math.log1p(min(self.size, FULL)),
            "declared": float(self.is_declared),
            "fallback": float(self.is_fallback),
            **{kind: float(self.kind == kind) for kind in _KINDS},
        }

    def sentence(self, term: str) -> str:
        """Return in words what a term says against the text."""
        match term:
            case "doubt":
                return f"by the scores, {_share(self.doubt)} of the text may be wrong"
            case "close":
                return f"{_share(self.close)} of the text was a close call"
            case "left out" if self.left_out is not None:
                return f"trafilatura also chooses text that was removed here ({_share(self.left_out)} of both choices)"
            case "added" if self.added is not None:
                return f"trafilatura leaves out text that was kept here ({_share(self.added)} of both choices)"
            case "gaps" if self.gaps < 1:
                return f"{_share(self.gaps)} as much text was removed between kept blocks as was kept"
            case "gaps":
                return "more text was removed between kept blocks than was kept"
            case "size":
                return f"{self.size:,} characters were kept"
            case "declared" if self.is_declared:
                return "the page says that it is an article"
            case "declared":
                return "the page does not say that it is an article"
            case "fallback" if self.is_fallback:
                return "another choice of blocks was taken than that of the scores"
            case "fallback":
                return "the scores' own choice was taken"
        return f"pages of the kind {self.kind} are often wrong"


def doubt_of(sizes: Sequence[int], scores: Sequence[float], kept: Sequence[bool]) -> float:
    """Return the share of a text that is kept or removed wrongly if the scores are right: 1 less the expected F1."""
    size, score, own = np.array(sizes, float), np.array(scores), np.array(kept, bool)
    expected = 2 * _sum((size * score)[own]) / ((_sum(size[own]) + _sum(size * score)) or 1)
    return 1 - min(expected, 1)


def measure(
    sizes: Sequence[int],
    scores: Sequence[float],
    kept: Sequence[bool],
    chosen: Sequence[bool] | None,
    kind: PageKind = "unknown",
    *,
    is_declared: bool,
    is_fallback: bool = False,
) -> DecisionFacts:
    """Return the facts of a decision on at least one block. `sizes`: characters; `scores`: of the block model; `kept`:
    what was decided; `chosen`: whether trafilatura chose the block, None where it was not asked."""
    stays = between = behind = heard = close = other = both = 0
    is_begun = False
    for size, score, is_kept, is_chosen in zip(sizes, scores, kept, kept if chosen is None else chosen, strict=True):
        if is_kept:
            stays += size
            between, behind, is_begun = between + behind, 0, True
        elif is_begun:
            behind += size
        if is_chosen:
            other += size
            both += size if is_kept else 0
        if score > NOISE:
            heard += size
            close += size if score < SURE else 0
    either = (stays + other - both) or 1
    return DecisionFacts(
        doubt=doubt_of(sizes, scores, kept),
        close=close / (heard or 1),
        left_out=None if chosen is None else (other - both) / either,
        added=None if chosen is None else (stays - both) / either,
        gaps=between / (stays or 1),
        size=stays,
        is_declared=is_declared,
        is_fallback=is_fallback,
        kind=kind,
    )


@dataclass(frozen=True, slots=True)
class Calibration:
    """The regression: a weight for each term, and what the term is on a page whose text is right."""

    intercept: float
    weights: dict[str, float]
    usual: dict[str, float]

    def confidence(self, facts: DecisionFacts) -> float:
        """Return the probability that the text is right, in hundredths."""
        # what is not known counts as on a page whose text is right
        terms = self.usual | facts.terms()
        logit = self.intercept + sum(self.weights[name] * value for name, value in terms.items())
        return round(1 / (1 + math.exp(-max(-50.0, min(50.0, logit)))), 2)

    def doubts(self, facts: DecisionFacts) -> tuple[str, ...]:
        """Return in words what lowers the confidence most, the worst first."""
        terms = facts.terms()
        against = {name: self.weights[name] * (value - self.usual[name]) for name, value in terms.items()}
        worst = sorted((name for name, change in against.items() if change <= -TOLD), key=against.__getitem__)
        return tuple(facts.sentence(name) for name in worst[:REASONS])


@cache
def packaged_calibration() -> Calibration:
    """Return the packaged calibration, read once in a process."""
    return read_calibration((Path(__file__).parent / "data" / DATA).read_bytes())


def read_calibration(data: bytes) -> Calibration:
    """Read a calibration. Raises ValueError for one that was fitted to other terms, or to another RIGHT."""
    stored: dict[str, Any] = json.loads(data)
    names = set(measure([1], [0.5], [True], [True], is_declared=True).terms())
    if stored["weights"].keys() != names or stored["usual"].keys() != names or stored["right"] != RIGHT:
        raise ValueError(f"classify/data/{DATA} was fitted to other facts: run python -m benchmarks.confidence")
    return Calibration(stored["intercept"], stored["weights"], stored["usual"])


def _sum(values: ArrayLike) -> float:
    return float(np.sum(values))


_NAMES = ((0.05, "a twentieth"), (0.1, "a tenth"), (0.2, "a fifth"), (0.25, "a quarter"), (1 / 3, "a third"),
          (0.5, "half"), (2 / 3, "two thirds"), (0.75, "three quarters"), (0.9, "nine tenths"))  # fmt: skip
_LITTLE, _ALL = 0.03, 0.96


def _share(share: float) -> str:
    """Return a share in words, as precisely as such a share is known.

    >>> _share(0.01), _share(0.31), _share(1.0)
    ('little', 'a third', 'all')
    """
    if share < _LITTLE:
        return "little"
    if share >= _ALL:
        return "all"
    return min(_NAMES, key=lambda name: abs(name[0] - share))[1]

"""Fit the confidence of texts and tell how far to trust it: write cleaners/classify/data/confidence.json, and the
tables of docs/quality.md.

    pip install -e '.[train]' && python -m benchmarks.confidence
    python -m benchmarks.confidence --models folds.json    # the file of benchmarks.quality --models

Every page is cleaned with a block model that has not seen its site, and its kind is told by trees that have not seen it
either; for the tables, its confidence too comes from coefficients that were fitted to the other sites. Pages without a
text have no confidence and are left out.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Collection, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import corpora, kinds, quality, train
from cleaners.classify import DOUBTFUL_BELOW, RIGHT, Calibration, DecisionFacts, Models, read_calibration
from cleaners.classify.kinds import PageKind, finer_kind
from cleaners.clean import clean_with_facts

CORPORA = ("fundus-dev", "andy-news", "wcxb-dev", "wcxb-dev-other")
TARGET = train.TARGET / "confidence.json"
DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "quality.md"
BEGIN, END = "<!-- confidence -->", "<!-- /confidence -->"
BINS = 10
PENALTY = 1.0
"""Ridge penalty on the weights of standardized terms: one page's worth of evidence against each."""
AGAINST = ("doubt", "close", "left out", "added", "gaps")
"""Terms that can only speak against a text: one that would speak for it gets no weight."""
STEPS = 50
CLOSE_ENOUGH = 1e-9

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Case:
    """A page with a text: what was decided, and whether the text is right."""

    corpus: str
    fold: int
    facts: DecisionFacts
    is_right: bool


_models: list[Models] = []


def _load(data: Sequence[str]) -> None:
    _models[:] = [partial(quality.fold_model, one) for one in data]


def case(job: tuple[corpora.Page, PageKind]) -> Case | None:
    """Clean a page of a given kind with the model of its fold; None where it has no text."""
    page, kind = job
    fold = train.fold_of(page)
    article, facts = clean_with_facts(page.html(), url=page.url, models=_models[fold])
    if facts is None:
        return None
    f1: float = quality.scorer().word_prf(article.text, page.text)[2]
    return Case(page.corpus, fold, replace(facts, kind=kind), f1 >= RIGHT)


def kinds_told() -> dict[tuple[str, str], PageKind]:
    """Return the kind of each page, told by trees that have not seen its site."""
    best = kinds.told(kinds.examples())
    return {(e.page.corpus, e.page.id): "other" if one == "other" else finer_kind(one, e.facts)[0] for e, one in best}


def fit(cases: Sequence[Case], without: Collection[str] = ()) -> Calibration:
    """Return the logistic regression with the least penalized deviance, found by Newton's method. `without`: terms that
    get no weight."""
    told = [case.facts.terms() for case in cases]
    names = list(max(told, key=len))
    right = np.array([case.is_right for case in cases])
    values: Floats = np.array([[terms.get(name, np.nan) for name in names] for terms in told])
    # what is not known counts as on a page whose text is right
    values = np.where(np.isnan(values), np.nanmean(values[right], axis=0), values)
    mean, spread = values.mean(axis=0), values.std(axis=0)
    left_out = np.array([name in without for name in names])
    # a term that never varies gets no weight either
    scale = np.where((spread > 0) & ~left_out, spread, np.inf)
    design = np.hstack([np.ones((len(cases), 1)), (values - mean) / scale])
    penalty = np.diag([0.0, *[PENALTY] * len(names)])
    weights: Floats = np.zeros(len(names) + 1)
    for _ in range(STEPS):
        expected = 1 / (1 + np.exp(-np.clip(design @ weights, -50, 50)))
        slope = design.T @ (right - expected) - penalty @ weights
        step = np.linalg.solve((design.T * (expected * (1 - expected))) @ design + penalty, slope)
        weights = weights + step
        if np.abs(step).max() < CLOSE_ENOUGH:
            break
    own = weights[1:] / scale
    if wrong := [name for name, weight in zip(names, own, strict=True) if name in AGAINST and weight > 0]:
        return fit(cases, {*without, *wrong})
    usual = values[right].mean(axis=0)
    return Calibration(
        round(float(weights[0] - own @ mean), 4),
        {name: round(float(weight), 4) for name, weight in zip(names, own, strict=True)},
        {name: round(float(value), 4) for name, value in zip(names, usual, strict=True)},
    )


def held_out(cases: Sequence[Case]) -> Floats:
    """Return a confidence for each page, from coefficients that were fitted to the pages of the other folds."""
    fits = {fold: fit([case for case in cases if case.fold != fold]) for fold in {case.fold for case in cases}}
    return np.array([fits[case.fold].confidence(case.facts) for case in cases])


def auc(scores: Floats, right: NDArray[np.bool_]) -> float:
    """Return the probability that a right text scores higher than a wrong one; ties count half."""
    higher, lower = scores[right], scores[~right]
    if not len(higher) or not len(lower):
        return float("nan")
    above = (higher[:, None] > lower).mean() + (higher[:, None] == lower).mean() / 2
    return float(above)


def tables(cases: Sequence[Case], scores: Floats) -> list[str]:
    """Return the reliability table and the table by corpus, in Markdown."""
    right = np.array([case.is_right for case in cases])
    lines = ["| confidence | pages | mean confidence | of them right |", "| --- | ---: | ---: | ---: |"]
    bins = np.minimum((scores * BINS).astype(int), BINS - 1)
    for k in range(BINS):
        these = bins == k
        figures = f"{scores[these].mean():.2f} | {right[these].mean():.2f}" if these.any() else "– | –"
        lines.append(f"| {k / BINS:.1f} to {(k + 1) / BINS:.1f} | {these.sum()} | {figures} |")
    lines += ["", "| corpus | texts | right | mean confidence | AUC | flagged | of them right |",
              "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"]  # fmt: skip
    names = np.array([case.corpus for case in cases])
    groups = [(f"`{corpus}`", names == corpus) for corpus in CORPORA if corpus in names]
    for name, these in [*groups, ("all", np.ones(len(cases), bool))]:
        low = these & (scores < DOUBTFUL_BELOW)
        of_low = f"{right[low].mean():.2f}" if low.any() else "–"
        lines.append(
            f"| {name} | {these.sum()} | {right[these].mean():.2f} | {scores[these].mean():.2f} | "
            f"{auc(scores[these], right[these]):.3f} | {low.sum()} | {of_low} |"
        )
    return lines


def write(calibration: Calibration, lines: Sequence[str]) -> None:
    """Write the data file and the tables in the document."""
    stored = {
        "right": RIGHT,
        "intercept": calibration.intercept,
        "weights": calibration.weights,
        "usual": calibration.usual,
    }
    data = json.dumps(stored, indent=1) + "\n"
    read_calibration(data.encode())
    TARGET.write_text(data, "utf-8")
    before, _, rest = DOCUMENT.read_text("utf-8").partition(BEGIN)
    DOCUMENT.write_text(f"{before}{BEGIN}\n" + "\n".join(lines) + f"\n{END}{rest.partition(END)[2]}", "utf-8")


def main() -> None:
    """Train the fold models unless they are given, clean the corpora with them, fit, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, metavar="FILE", help=quality.MODELS_HELP)
    parser.add_argument("--dry-run", action="store_true", help="print the tables, and write nothing")
    args = parser.parse_args()
    models = quality.fold_models(args.models)
    told = kinds_told()
    pages = [(page, told.get((page.corpus, page.id), "unknown")) for page in corpora.pages(*CORPORA)]
    with ProcessPoolExecutor(initializer=_load, initargs=(models,)) as pool:
        found = list(pool.map(case, pages, chunksize=8))
    cases = [one for one in found if one is not None]
    lines = tables(cases, held_out(cases))
    print(f"{len(found)} pages, {len(found) - len(cases)} without a text", "", *lines, "", sep="\n")
    calibration = fit(cases)
    for name, weight in calibration.weights.items():
        print(f"{name:12s} weight {weight:8.4f}  usually {calibration.usual[name]:8.4f}")
    if not args.dry_run:
        write(calibration, lines)


if __name__ == "__main__":
    main()

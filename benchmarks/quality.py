"""The quality table, cross-validated over sites: each page is cleaned with a model that has not seen its site.

    python -m benchmarks.quality          # beside trafilatura, in one run; writes benchmarks/results/quality.json

Pages of all kinds and, in the second table, plain pages made of their gold texts (benchmarks/shapes.py): recall, lossy
(share of pages that lose more than a tenth) and empty.

The measures are those of the scorer that lies beside the corpora (../shared/bench/score.py).
"""

from __future__ import annotations

import argparse
import datetime as dt
import importlib.util
import json
import logging
import os
import platform
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path
from statistics import mean
from types import ModuleType
from typing import Any

from benchmarks import corpora, shapes, train
from cleaners.classify import BlockModel, ModelName, Models, read_model
from cleaners.clean import clean

SCORER = corpora.ROOT.parent / "bench" / "score.py"
RESULTS = Path(__file__).parent / "results" / "quality.json"
NOT_LOSSY = 0.9
LOST = 0.1
MODELS_HELP = "the models of the folds: read if the file exists, else trained and written"
COLUMNS = ("wP", "wR", "wF1", "sF1", "exact", "kept", "leaked", "title", "date", "author", "below_half", "cpu")


@cache
def scorer() -> ModuleType:
    """Load the scorer."""
    spec = importlib.util.spec_from_file_location("score", SCORER)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["score"] = module
    spec.loader.exec_module(module)
    return module


def fold_models(file: Path | None) -> list[str]:
    """Return the models for each fold, trained without it; read from the file, or written to it, where one is given."""
    if file is not None and file.exists():
        stored: list[str] = json.loads(file.read_text("utf-8"))
        return stored
    examples = train.examples()
    trained = [json.dumps(train.train([e for e in examples if e.fold != fold])) for fold in range(train.FOLDS)]
    if file is not None:
        file.write_text(json.dumps(trained), "utf-8")
    return trained


def score_page(job: tuple[corpora.Page, dict[str, Any], str | None]) -> dict[str, Any]:
    """Return the scorer's row for a page: cleaned with a model, or by trafilatura where there is none."""
    page, gold, data = job
    score = scorer()
    _extract_with(score, data)
    row: dict[str, Any] = score.one(("fold" if data is not None else "trafilatura", page.corpus, gold))
    return row


def score_shape(job: tuple[shapes.Made, str | None]) -> tuple[str, float, bool]:
    """Return the shape of a made page, the share of its words that come back, and whether nothing does."""
    page, data = job
    score = scorer()
    _extract_with(score, data)
    logging.disable(logging.CRITICAL)
    text = score.EXTRACTORS["fold" if data is not None else "trafilatura"](page.data, "").get("text") or ""
    return page.shape, score.word_prf(text, page.text)[1], not text.strip()


def _extract_with(score: ModuleType, data: str | None) -> None:
    if data is not None:
        score.EXTRACTORS["fold"] = lambda html, url: _cleaned(partial(fold_model, data), html, url)


@cache
def fold_model(data: str, name: ModelName) -> BlockModel:
    """Return one of the models of a fold."""
    return read_model(data.encode(), name)


def _cleaned(models: Models, html: bytes, url: str | None) -> dict[str, Any]:
    article = clean(html, url=url or None, models=models)
    return {
        "text": article.text,
        "title": article.title,
        "authors": list(article.authors),
        "date": str(article.date or ""),
    }


def jobs(data: list[str] | None) -> Iterator[tuple[corpora.Page, dict[str, Any], str | None]]:
    """Yield a job for each page, with the model of its fold."""
    for page, gold in corpora.rows(*corpora.ALL):
        yield page, gold, data[train.fold_of(page)] if data else None


def main() -> None:
    """Measure and print both, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worst", type=int, default=0, help="list this project's worst pages")
    parser.add_argument("--only", action="store_true", help="without trafilatura, and keep no figures")
    parser.add_argument("--models", type=Path, metavar="FILE", help=MODELS_HELP)
    args = parser.parse_args()
    began = time.time()
    trained = fold_models(args.models)
    found: dict[str, Any] = {}
    scored: dict[str, list[dict[str, Any]]] = {}
    for name, data in [("pressclip", trained)] + ([] if args.only else [("trafilatura", None)]):
        with ProcessPoolExecutor() as pool:
            rows = list(pool.map(score_page, jobs(data), chunksize=8))
        scored[name] = [row | {"corpus": page.corpus} for row, (page, _, _) in zip(rows, jobs(None), strict=True)]
        found |= _by_corpus(name, scored[name], args.worst if data else 0) | _by_shape(name, data)
    if not args.only:
        found |= _lost(scored["pressclip"], scored["trafilatura"])
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(machine() | {"figures": found}, indent=1) + "\n", "utf-8")
    print(f"{time.time() - began:.0f} s")


def _by_corpus(name: str, rows: Sequence[dict[str, Any]], worst: int) -> dict[str, Any]:
    """Print and return the figures of each corpus, and of each kind of page that is no article."""
    found: dict[str, Any] = {}
    for corpus in corpora.ALL:
        own = [row for row in rows if row["corpus"] == corpus]
        kinds = sorted({row["kind"] for row in own if row["kind"] != "article"})
        groups = {f"{corpus}/{kind}": [row for row in own if row["kind"] == kind] for kind in kinds} | {corpus: own}
        for group, group_rows in groups.items():
            figures = found[f"{group} {name}"] = _summary(group_rows)
            line = "  ".join(_figure(column, figures[column]) for column in COLUMNS)
            print(f"{f'{group} {name}':42s} {line}", flush=True)
        for row in sorted(filter(_is_scored, own), key=lambda row: row["word"][2])[:worst]:
            print(f"    {row['word'][2]:.3f}  P {row['word'][0]:.2f} R {row['word'][1]:.2f}  {row['id']}")
    return found


def _is_scored(row: dict[str, Any]) -> bool:
    """Tell whether a page has a gold text."""
    return "word" in row


def _summary(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    told = [row["word"][2] for row in filter(_is_scored, rows)]
    summary: dict[str, Any] = scorer().summary(list(rows))
    return summary | {"below_half": sum(f1 < 0.5 for f1 in told) / len(told)}


def _by_shape(name: str, data: list[str] | None) -> dict[str, Any]:
    """Print and return the figures of each shape of plain pages."""
    made = [(page, data[train.fold_of(page)] if data else None) for page in _plain_pages()]
    with ProcessPoolExecutor() as pool:
        told = list(pool.map(score_shape, made, chunksize=8))
    found: dict[str, Any] = {}
    for shape in shapes.SHAPES:
        own = [(recall, none) for own_shape, recall, none in told if own_shape == shape]
        lossy = sum(recall < NOT_LOSSY for recall, _ in own) / len(own)
        figures = {"recall": mean([recall for recall, _ in own]), "lossy": lossy, "empty": mean([e for _, e in own])}
        found[f"shape {shape} {name}"] = figures
        print(f"{shape:22s} {name:12s} " + "  ".join(f"{key} {value:.4f}" for key, value in figures.items()))
    return found


def _lost(ours: Sequence[dict[str, Any]], theirs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Print and return by corpus the share of pages where trafilatura keeps more by LOST, at no more precision here."""
    found: dict[str, Any] = {}
    for corpus in corpora.ALL:
        both = [
            (own["word"], other["word"])
            for own, other in zip(ours, theirs, strict=True)
            if own["corpus"] == corpus and _is_scored(own)
        ]
        lost = mean([own[1] < other[1] - LOST and own[0] <= other[0] for own, other in both])
        found[f"{corpus} lost"] = lost
        print(f"{corpus:22s} pages that lose more than {LOST} of recall against trafilatura: {lost:.4f}")
    return found


def _plain_pages() -> Iterator[shapes.Made]:
    return shapes.made(list(corpora.pages(*corpora.ALL)))


def machine() -> dict[str, Any]:
    """Return what figures depend on: the day, the cores, the versions."""
    today = dt.datetime.now(dt.UTC).date().isoformat()
    versions = {name: version(name) for name in ("pressclip", "trafilatura", "lxml")}
    return {"date": today, "cores": os.cpu_count(), "python": platform.python_version(), "versions": versions}


def _figure(key: str, value: float | None) -> str:
    return f"{key} -" if value is None else f"{key} {value:.1f}" if key == "cpu" else f"{key} {value:.4f}"


if __name__ == "__main__":
    main()

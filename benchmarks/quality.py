"""The quality table, cross-validated over sites: each page is cleaned with a model that has not seen its site.

    python -m benchmarks.quality          # beside trafilatura, in one run; writes benchmarks/results/quality.json

The measures are those of the scorer that lies beside the corpora (../shared/bench/score.py).
"""

from __future__ import annotations

import argparse
import datetime as dt
import importlib.util
import json
import os
import platform
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

from benchmarks import corpora, train
from cleaners.classify import read_model
from cleaners.clean import clean

SCORER = corpora.ROOT.parent / "bench" / "score.py"
RESULTS = Path(__file__).parent / "results" / "quality.json"
COLUMNS = ("wP", "wR", "wF1", "sF1", "exact", "kept", "leaked", "title", "date", "author", "below_half", "cpu")


def scorer() -> ModuleType:
    """Load the scorer."""
    spec = importlib.util.spec_from_file_location("score", SCORER)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["score"] = module
    spec.loader.exec_module(module)
    return module


def models(examples: list[train.Example]) -> list[str]:
    """Return a model for each fold, trained without it."""
    return [json.dumps(train.train([e for e in examples if e.fold != fold])) for fold in range(train.FOLDS)]


def score_page(job: tuple[corpora.Page, dict[str, Any], str | None]) -> dict[str, Any]:
    """Return the scorer's row for a page: cleaned with a model, or by trafilatura where there is none."""
    page, gold, data = job
    score = sys.modules.get("score") or scorer()
    if data is not None:
        _models.setdefault(data, read_model(data.encode()))
        score.EXTRACTORS["fold"] = lambda html, url: _cleaned(_models[data], html, url)
    row: dict[str, Any] = score.one(("fold" if data is not None else "trafilatura", page.corpus, gold))
    return row


_models: dict[str, Any] = {}


def _cleaned(model: Any, html: bytes, url: str | None) -> dict[str, Any]:  # noqa: ANN401 - a BlockModel
    article = clean(html, url=url or None, model=model)
    return {
        "text": article.text,
        "title": article.title,
        "authors": list(article.authors),
        "date": str(article.date or ""),
    }


def jobs(data: list[str] | None) -> Iterator[tuple[corpora.Page, dict[str, Any], str | None]]:
    """Yield a job for each page, with the model of its fold."""
    for page, gold in corpora.rows():
        yield page, gold, data[train.fold_of(page)] if data else None


def main() -> None:
    """Measure and print both, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worst", type=int, default=0, help="list this project's worst pages")
    parser.add_argument("--only", action="store_true", help="without trafilatura, and keep no figures")
    args = parser.parse_args()
    score = scorer()
    began = time.time()
    trained = models(train.examples())
    results: dict[str, Any] = {}
    for name, data in [("pressclip", trained)] + ([] if args.only else [("trafilatura", None)]):
        with ProcessPoolExecutor() as pool:
            rows = list(pool.map(score_page, jobs(data), chunksize=8))
        for corpus in corpora.NAMES:
            own = [row for row, (page, _, _) in zip(rows, jobs(None), strict=True) if page.corpus == corpus]
            summary = score.summary(own) | {"below_half": sum(row["word"][2] < 0.5 for row in own) / len(own)}
            results[f"{corpus} {name}"] = summary
            print(f"{corpus:11s} {name:12s} " + "  ".join(_figure(key, summary[key]) for key in COLUMNS), flush=True)
            for row in sorted(own, key=lambda row: row["word"][2])[: args.worst if data else 0]:
                print(f"    {row['word'][2]:.3f}  P {row['word'][0]:.2f} R {row['word'][1]:.2f}  {row['id']}")
    print(f"{time.time() - began:.0f} s")
    if not args.only:
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(machine() | {"figures": results}, indent=1) + "\n", "utf-8")


def machine() -> dict[str, Any]:
    """Return what figures depend on: the day, the cores, the versions."""
    today = dt.datetime.now(dt.UTC).date().isoformat()
    versions = {name: version(name) for name in ("pressclip", "trafilatura", "lxml")}
    return {"date": today, "cores": os.cpu_count(), "python": platform.python_version(), "versions": versions}


def _figure(key: str, value: float | None) -> str:
    return f"{key} -" if value is None else f"{key} {value:.1f}" if key == "cpu" else f"{key} {value:.4f}"


if __name__ == "__main__":
    main()

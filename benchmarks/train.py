"""Train the block model on the development corpora and write cleaners/classify/data/blocks.json; the same corpora
give the same bytes.

    pip install -e '.[train]' && python -m benchmarks.train

Labels: a block is article where it stands in the gold text, aligned in order. Two sets of trees: the second sees,
besides the evidence, how the neighbours scored in the first; those scores come from models that had not seen the
page's site.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from benchmarks.corpora import Page, pages
from cleaners import load_rules
from cleaners.classify import NAMES, Matrix, surroundings
from cleaners.classify.decide import align, split_page
from cleaners.html.decode import decode
from cleaners.html.tree import parse
from cleaners.metadata import read_metadata
from scraper.demo import publish, sites

FOLDS = 5
THRESHOLD = 0.38
"""Cross-validated over sites: .35 to .45 lie within .001 of the best wF1 on both corpora."""
FIRST = {
    "num_iterations": 100,
    "learning_rate": 0.14,
    "num_leaves": 16,
    "max_depth": 7,
    "min_data_in_leaf": 40,
    "lambda_l2": 1,
}
SECOND = {
    "num_iterations": 60,
    "learning_rate": 0.15,
    "num_leaves": 12,
    "max_depth": 6,
    "min_data_in_leaf": 60,
    "lambda_l2": 3,
}
COMMON = {
    "objective": "binary",
    "feature_fraction": 0.5,
    "seed": 0,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}
CORPUS_WEIGHTS = {"fundus-dev": 2.5, "demo": 2.5}
"""News is what this is for, and the news corpus has a sixth of the pages of the other."""
TARGET = Path(__file__).resolve().parents[1] / "cleaners" / "classify" / "data" / "blocks.json"


@dataclass(slots=True)
class Example:
    """A page as the model sees it, with the truth."""

    page: Page
    rows: Matrix
    truth: list[bool]
    sizes: list[int]
    kin: list[tuple[str, ...]]
    parents: list[int]

    @property
    def fold(self) -> int:
        """The page's fold."""
        return fold_of(self.page)

    @property
    def weights(self) -> list[float]:
        """Long blocks count more; a page with many blocks does not outweigh the others."""
        share = CORPUS_WEIGHTS.get(self.page.corpus, 1.0) * 50 / math.sqrt(len(self.sizes))
        return [math.log1p(size) * share for size in self.sizes]


def fold_of(page: Page) -> int:
    """Return the fold of a page: pages of one site are all in the same."""
    return int(hashlib.md5(site_of(page).encode(), usedforsecurity=False).hexdigest(), 16) % FOLDS


def site_of(page: Page) -> str:
    """Return the page's publisher."""
    host = urlsplit(page.url or "").hostname
    return host or page.id.rpartition("_")[0].rstrip("0123456789_") or page.id


def example(page: Page) -> Example | None:
    """Read a page as `cleaners.clean` does, up to the decision. None where it has no block."""
    root = parse(decode(page.html()).text)
    if root is None:
        return None
    split = split_page(root, page.url, read_metadata(root, page.url), load_rules().dom)
    given = split.given
    if given is None:
        return None
    truth = align([block.text for block in split.blocks], page.text)
    return Example(page, given.rows, [truth[i] for i in given.free], given.sizes, given.kin, given.parents)


def examples() -> list[Example]:
    """Return all pages of the corpora and of the demo sites that have blocks."""
    with ProcessPoolExecutor() as pool:
        return [found for found in pool.map(example, [*pages(), *invented()], chunksize=8) if found is not None]


@dataclass(frozen=True, slots=True)
class Invented(Page):
    """A page of a demo site: its true text is known exactly."""

    data: bytes = b""

    def html(self) -> bytes:
        """Return the page's bytes."""
        return self.data


def invented() -> list[Page]:
    """Return the articles of the demo sites: kinds of debris that the corpora have little of. They are never scored."""
    found: list[Page] = []
    for site in sites():
        base = f"http://{site.key}.example"
        edition = publish(site, base)
        for article in edition.articles:
            data = edition.resources[article.path].body
            day = article.date.date().isoformat()
            found.append(
                Invented(
                    "demo", article.path, base + article.path, article.text, article.title, article.authors, day, data
                )
            )
    return found


def train(training: Sequence[Example]) -> dict[str, Any]:
    """Return a model's data, ready for JSON."""
    outside: dict[int, Matrix] = {}
    for fold in range(FOLDS):
        rest = [e for e in training if e.fold != fold]
        if len(rest) == len(training):
            continue
        score = _fit(FIRST, [e.rows for e in rest], rest)[1]
        for e in training:
            if e.fold == fold:
                outside[id(e)] = second_rows(e, score(e.rows))
    first, _ = _fit(FIRST, [e.rows for e in training], training)
    second, _ = _fit(SECOND, [outside[id(e)] for e in training], training)
    return {"names": NAMES, "threshold": THRESHOLD, "first": first, "second": second}


def second_rows(e: Example, scores: Sequence[float]) -> Matrix:
    """Return the evidence with the neighbours' scores beside it."""
    around = surroundings(list(scores), e.sizes, e.kin, e.parents)
    return np.hstack([e.rows, around])


def _fit(
    options: dict[str, Any], rows: Sequence[Matrix], training: Sequence[Example]
) -> tuple[list[Any], Callable[[Matrix], list[float]]]:
    import lightgbm

    x = np.vstack(list(rows))
    y = np.array([truth for e in training for truth in e.truth], dtype=np.int32)
    weight = np.array([w for e in training for w in e.weights])
    model = lightgbm.train(options | COMMON, lightgbm.Dataset(x, y, weight=weight))
    trees = [_tree(tree["tree_structure"]) for tree in model.dump_model()["tree_info"]]

    def score(page: Matrix) -> list[float]:
        return [float(p) for p in model.predict(page)]

    return trees, score


def _tree(node: dict[str, Any]) -> Any:  # noqa: ANN401 - a leaf or a list
    if "leaf_value" in node:
        return round(node["leaf_value"], 5)
    children = [_tree(node["left_child"]), _tree(node["right_child"])]
    threshold = float(f"{node['threshold']:.7g}")
    return [node["split_feature"], threshold, *children, round(node["internal_value"], 5)]


def main() -> None:
    """Train on all pages and write the models."""
    from benchmarks import kinds

    kinds.write()
    data = train(examples())
    TARGET.write_text(json.dumps(data, separators=(",", ":")) + "\n", "utf-8")
    print(f"{TARGET.name}: {TARGET.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()

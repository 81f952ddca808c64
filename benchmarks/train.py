"""Train the block models on the development corpora and write them into cleaners/classify/data; the same corpora give
the same bytes.

    pip install -e '.[train]' && python -m benchmarks.train

Two models: `article`, for pages that say of themselves that they are articles, is trained on articles alone; `page`,
for all others, on all kinds of pages and on plain pages made of their gold texts (benchmarks/shapes.py). And the same
without trafilatura's choice: `article alone` and `page alone`.

Labels: a block is article where it stands in the gold text, aligned in order. Two sets of trees: the second sees,
besides the evidence, how the neighbours scored in the first; those scores come from models that had not seen the
page's site.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlsplit

import numpy as np

from benchmarks import shapes
from benchmarks.corpora import ALL, Page, pages
from cleaners import load_rules
from cleaners.classify import EARLY, NAMES, Floats, Matrix, Trees, surroundings
from cleaners.classify.decide import align, split_page
from cleaners.classify.features import CHOICE_NAMES
from cleaners.classify.trees import ModelName, data_of
from cleaners.html.decode import decode
from cleaners.html.tree import parse
from cleaners.metadata import read_metadata
from scraper.demo import publish, sites

FOLDS = 5
THRESHOLD = 0.38
"""Cross-validated over sites: .35 to .45 lie within .001 of the best wF1 on both corpora."""
FIRST = {"num_iterations": 240, "learning_rate": 0.08, "num_leaves": 16, "max_depth": 8}
SECOND = {"num_iterations": 120, "learning_rate": 0.08, "num_leaves": 16, "max_depth": 8}
COMMON = {
    "objective": "binary",
    "feature_fraction": 0.5,
    "min_data_in_leaf": 40,
    "lambda_l2": 2,
    "deterministic": True,
    "force_row_wise": True,
    "max_bin": 63,
    "num_threads": 1,
    "verbose": -1,
}
TRUSTED = 0.5
"""F1 over characters, between a page's labels and the scores of a model that has not seen its site, below which the
page is not trained on: most such gold texts are cut off, or of something else."""
MOST_BLOCKS = 150
MOST_MADE = 40
"""Blocks of a page, and of one made of a text, that a model is trained on: 40 % of all."""
EVERY = 3
"""Of the pages made of texts, every third is trained on; all are measured."""
CORPUS_WEIGHTS = {"fundus-dev": 2.5, "demo": 2.5, "andy-news": 1.5, "made": 1.0}
"""News is what this is for, and the news corpora have half of the pages of `wcxb-dev`."""
LONG_BLOCK = 1500
LONG_STORY = 8000
SURE_STORY = 6000
MANY = 25
MOST: dict[str, float] = {
    "siblings": MANY, "paragraphs": 40, "prose of page": math.log1p(LONG_STORY), "blocks": 150, "depth": 30,
    "number in series": math.log1p(MANY), "copies": 4, "words": 300, "distance from the headline": 60,
    **dict.fromkeys(
        ("length", "length before", "length behind", "length 2 before", "length 2 behind"), math.log1p(LONG_BLOCK)
    ),
    "blocks of text": MANY, "text of page": math.log1p(SURE_STORY), "number of its like": MANY,
    "number of siblings": MANY, "blocks in its box": MANY, "levels up to the headline": 12,
}  # fmt: skip
"""What a number counts at most in training, so that no tree has a threshold beyond it: an article of 250 paragraphs is
as much one as an article of 40, and only few of the training pages are longer. Without these bounds 200 plain
paragraphs lost two thirds of their words."""
ARTICLES = ("fundus-dev", "andy-news", "wcxb-dev", "demo")
"""What the model for articles is trained on."""
MADE = ("demo", "made")
"""Pages whose true text is known exactly."""
TARGET = Path(__file__).resolve().parents[1] / "cleaners" / "classify" / "data"


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

    @property
    def drawn(self) -> list[int]:
        """The numbers of the blocks that a model is trained on; they count for the others."""
        count = len(self.sizes)
        most = MOST_MADE if self.page.corpus == "made" else MOST_BLOCKS
        return list(range(count)) if count <= most else np.random.default_rng(count).permutation(count)[:most].tolist()


def fold_of(page: Page) -> int:
    """Return the fold of a page: pages of one site are all in the same."""
    return int(hashlib.md5(site_of(page).encode(), usedforsecurity=False).hexdigest(), 16) % FOLDS


def site_of(page: Page) -> str:
    """Return the page's publisher."""
    host = urlsplit(page.url or "").hostname
    return host or page.id.rpartition("_")[0].rstrip("0123456789_") or page.id


def example(page: Page) -> Example | None:
    """Read a page as `cleaners.clean` does, up to the decision. None where it has no block."""
    root, url = parse(decode(page.html()).text), page.url if page.corpus != "made" else None
    if root is None:
        return None
    split = split_page(root, url, read_metadata(root, url), load_rules().dom)
    given = split.given
    if given is None:
        return None
    given.ask()
    truth = align([block.text for block in split.blocks], page.text)
    return Example(page, given.rows, [truth[i] for i in given.free], given.sizes, given.kin, given.parents)


def examples() -> list[Example]:
    """Return all pages that have blocks: of the corpora, of the demo sites, and made of the corpora's texts."""
    real = list(pages(*ALL))
    with ProcessPoolExecutor() as pool:
        read = pool.map(example, [*real, *invented(), *list(shapes.made(real))[::EVERY]], chunksize=8)
        return [one for one in read if one is not None]


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


def train(training: Sequence[Example], seed: int = 0) -> dict[str, Any]:
    """Return the data of all models, ready for JSON."""
    alone = [_alone(e) for e in training]
    models: dict[ModelName, dict[str, Any]] = {
        "article": _train(_articles(training), seed),
        "page": _train(training, seed),
        "article alone": _train(_articles(alone), seed),
        "page alone": _train(alone, seed),
    }
    return {"names": NAMES, **models}


def _articles(training: Sequence[Example]) -> list[Example]:
    return [e for e in training if e.page.corpus in ARTICLES]


def _alone(e: Example) -> Example:
    """Return a page as it is where trafilatura was not asked."""
    rows = e.rows.copy()
    rows[:, : len(CHOICE_NAMES)] = 0
    return replace(e, rows=rows)


def _train(training: Sequence[Example], seed: int) -> dict[str, Any]:
    outside: dict[int, Matrix] = {}
    trusted: list[Example] = []
    for fold in range(FOLDS):
        rest = [e for e in training if e.fold != fold]
        if len(rest) == len(training):
            continue
        trees = Trees(_fit(FIRST, [e.rows for e in rest], rest, seed), EARLY)
        for e in training:
            if e.fold == fold:
                scores = trees.scores(trees.leaves(e.rows))
                outside[id(e)] = second_rows(e, scores)
                if e.page.corpus in MADE or _agreement(e, scores) >= TRUSTED:
                    trusted.append(e)
    first = _fit(FIRST, [e.rows for e in trusted], trusted, seed)
    second = _fit(SECOND, [outside[id(e)] for e in trusted], trusted, seed)
    return {"threshold": THRESHOLD, "first": first, "second": second}


def _agreement(e: Example, scores: Floats) -> float:
    """Return the F1 over characters between a page's labels and scores."""
    sizes, truth, kept = np.array(e.sizes), np.array(e.truth), scores >= THRESHOLD
    both = 2.0 * sizes[truth & kept].sum()
    return float(both / max(1, sizes[truth].sum() + sizes[kept].sum()))


def second_rows(e: Example, scores: Floats) -> Matrix:
    """Return the evidence with the neighbours' scores beside it."""
    around = surroundings(scores, e.sizes, e.kin, e.parents)
    return np.hstack([e.rows, around])


def _fit(options: dict[str, Any], rows: Sequence[Matrix], training: Sequence[Example], seed: int) -> list[Any]:
    import lightgbm

    x = np.vstack([own[e.drawn] for e, own in zip(training, rows, strict=True)])
    x = np.minimum(x, [MOST.get(name, np.inf) for name in NAMES[: x.shape[1]]])
    y = np.concatenate([np.array(e.truth, np.int32)[e.drawn] for e in training])
    weight = np.concatenate([np.array(e.weights)[e.drawn] * len(e.sizes) / len(e.drawn) for e in training])
    model = lightgbm.train(options | COMMON | {"seed": seed}, lightgbm.Dataset(x, y, weight=weight))
    return [tree_of(tree["tree_structure"]) for tree in model.dump_model()["tree_info"]]


def tree_of(node: dict[str, Any]) -> Any:  # noqa: ANN401 - a leaf or a list
    """Return a tree of LightGBM as `Trees` reads it."""
    if "leaf_value" in node:
        return round(node["leaf_value"], 5)
    children = [tree_of(node["left_child"]), tree_of(node["right_child"])]
    threshold = float(f"{node['threshold']:.7g}")
    return [node["split_feature"], threshold, *children, round(node["internal_value"], 5)]


def main() -> None:
    """Train on all pages and write the models."""
    from benchmarks import kinds

    kinds.write()
    data = train(examples())
    for name in get_args(ModelName):
        target = TARGET / data_of(name)
        own = {key: data[key] for key in ("names", name)}
        target.write_text(json.dumps(own, separators=(",", ":")) + "\n", "utf-8")
        print(f"{target.name}: {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()

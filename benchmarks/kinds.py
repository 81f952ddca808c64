"""Train the trees that tell the kind of a page, and measure them: each page by trees that have not seen its site.

    python -m benchmarks.kinds     # prints the table of kinds; python -m benchmarks.train writes the trees

Articles and blog posts are the pages of wcxb-dev, andy-news and fundus-dev; the other kinds are those of
wcxb-dev-other.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
from lxml import etree

from benchmarks import train
from benchmarks.corpora import Page, rows
from cleaners.classify.kinds import DATA, TRAINED, KindFacts, KindModel, best_kind, kind_facts
from cleaners.html.blocks import read_blocks
from cleaners.html.decode import decode
from cleaners.html.tree import body_of, parse
from cleaners.html.unread import EMPTY_TAGS
from cleaners.metadata import read_metadata

CORPORA = ("wcxb-dev", "andy-news", "fundus-dev", "wcxb-dev-other")
OPTIONS = {
    "objective": "multiclass",
    "num_class": len(TRAINED),
    "learning_rate": 0.12,
    "num_leaves": 7,
    "max_depth": 5,
    "min_data_in_leaf": 15,
    "lambda_l2": 2,
    "feature_fraction": 0.4,
    "seed": 0,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbose": -1,
}
TREES = 40
"""For each kind. With 60 one page in 250 more is right, and the data grow by half."""
DECLARED = ("types ", "opengraph ", "software ", "body ", "author", "date")
ADDRESS = ("path ", "host ", "has address", "home page")
COPIES = (((*DECLARED,), 0.4), ((*ADDRESS,), 0.3), ((*DECLARED, *ADDRESS), 0.3))
"""Facts that copies of the training pages lack, with the weight of a copy: pages that declare nothing, or whose address
is unknown. They cost .01 of accuracy where all is known."""
BARE = 0.3
"""The weight of a page's bare text."""
TARGET = train.TARGET / DATA


@dataclass(frozen=True, slots=True)
class Example:
    """A page's facts, with its true kind."""

    page: Page
    kind: str
    facts: KindFacts
    is_bare: bool
    """Whether it is the bare text of a page. Such pages train, and are not counted."""


def example(job: tuple[Page, dict[str, Any]]) -> list[Example]:
    """Return a page as `cleaners.clean` reads it, up to its blocks, and its bare text as another one; none without
    blocks."""
    page, gold = job
    kind = gold.get("kind") or "article"
    found = []
    for text, url, bare in ((decode(page.html()).text, page.url, False), (bare_page(page), None, True)):
        root = parse(text)
        if root is None:
            continue
        metadata = read_metadata(root, url)
        etree.strip_elements(root, *EMPTY_TAGS, with_tail=False)
        if blocks := read_blocks(body_of(root), {}):
            found.append(Example(page, kind, kind_facts(root, blocks, metadata, url), bare))
    return found


def bare_page(page: Page) -> str:
    """Return the page's text as a page without names, links and declarations; every second one has its headline."""
    paragraphs = "".join(f"<p>{escape(text)}</p>" for text in page.text.split("\n\n"))
    if len(page.text) % 2 or not page.title:
        return f"<body>{paragraphs}"
    return f"<title>{escape(page.title)}</title><body><article><h1>{escape(page.title)}</h1>{paragraphs}</article>"


def examples() -> list[Example]:
    """Return all pages that have blocks."""
    with ProcessPoolExecutor() as pool:
        return [one for found in pool.map(example, rows(*CORPORA), chunksize=8) for one in found]


def fit(training: Sequence[Example], seed: int = 0) -> dict[str, Any]:
    """Return a model's data, ready for JSON."""
    import lightgbm

    names = list(training[0].facts.numbers)
    known = np.array([[float(e.facts.numbers[name]) for name in names] for e in training], np.float32)
    kinds = np.array([TRAINED.index(e.kind) for e in training])
    own = np.array([BARE if e.is_bare else 1.0 for e in training])
    parts, weights = [known], [own]
    for lacking, weight in COPIES:
        copy = known.copy()
        copy[:, [i for i, name in enumerate(names) if name.startswith(lacking)]] = 0
        parts.append(copy)
        weights.append(weight * own)
    data = lightgbm.Dataset(np.vstack(parts), np.tile(kinds, len(parts)), weight=np.concatenate(weights))
    model = lightgbm.train(OPTIONS | {"seed": seed}, data, num_boost_round=TREES)
    trees = [train._tree(tree["tree_structure"]) for tree in model.dump_model()["tree_info"]]
    # the library has one tree of each kind after the other
    return {"names": names, "trees": [tree for kind in range(len(TRAINED)) for tree in trees[kind :: len(TRAINED)]]}


def write() -> None:
    """Train on all pages and write the trees."""
    TARGET.write_text(json.dumps(fit(examples()), separators=(",", ":")) + "\n", "utf-8")
    print(f"{TARGET.name}: {TARGET.stat().st_size:,} bytes")


def told(found: Sequence[Example]) -> list[tuple[Example, str]]:
    """Return the pages that are counted, each with the kind told by trees that have not seen its site."""
    models = {}
    for fold in range(train.FOLDS):
        data = fit([e for e in found if train.fold_of(e.page) != fold])
        models[fold] = KindModel(data["names"], data["trees"])
    verdicts = []
    for e in found:
        if not e.is_bare:
            model = models[train.fold_of(e.page)]
            kind, sure = best_kind(model.scores(model.leaves(e.facts)))
            verdicts.append((e, kind if sure else "other"))
    return verdicts


def main() -> None:
    """Print the table: a row for each true kind, a column for each kind told."""
    pairs = Counter((_merged(e.kind), _merged(kind)) for e, kind in told(examples()))
    kinds = list(dict.fromkeys(map(_merged, TRAINED)))
    print(" " * 14 + "".join(f"{kind[:9]:>10}" for kind in (*kinds, "other", "recall", "precision")))
    for kind in kinds:
        right, pages = pairs[kind, kind], sum(n for (one, _), n in pairs.items() if one == kind)
        taken = sum(n for (_, given), n in pairs.items() if given == kind)
        counts = "".join(f"{pairs[kind, given]:10}" for given in (*kinds, "other"))
        print(f"{kind:14}{counts}{right / pages:10.3f}{right / taken:10.3f}")
    print(f"right: {sum(pairs[kind, kind] for kind in kinds) / pairs.total():.3f} of {pairs.total()} pages")


def _merged(kind: str) -> str:
    return "listing" if kind == "collection" else kind


if __name__ == "__main__":
    main()

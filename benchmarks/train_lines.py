"""Train the line model of text mode on the texts that other tools make of the corpora's pages, and write it into
cleaners/line_model/data; the same texts give the same bytes.

    pip install -e '.[train]' resiliparse scipy && python -m benchmarks.train_lines [--folds]

Texts of every roughness: those of `benchmarks.textmode`, and the page's text as BeautifulSoup has it. A line is debris
where the gold text lacks its words. Gold texts lack tables, lists or the end of the article, too, so a line that our
own article of the page holds is trained on lightly, and so is a page whose gold text lacks much of our article.

`--folds` writes nothing: it scores models that have not seen the text's site, as text mode uses them, for SEEDS seeds.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from bs4 import BeautifulSoup

from benchmarks import textmode
from benchmarks.corpora import ALL, Page, pages
from benchmarks.train import FOLDS, fold_of, tree_of
from cleaners import clean, decode, load_rules
from cleaners.classify.decide import align
from cleaners.line_model import LineModel
from cleaners.line_model.characters import Flags, Floats
from cleaners.line_model.columns import NAMES, Matrix, matrix
from cleaners.line_model.model import DATA
from cleaners.line_model.wording import BITS, Wording, n_grams
from cleaners.rules.context import LineContext
from cleaners.rules.lines import cut_lines
from cleaners.text_mode import judged_text, lines_of, whole_lines

SEEDS = 3
KIND_WEIGHTS = {"page": 0.8, "soup": 0.5, "resiliparse": 1.0, "recall": 0.6, "trafilatura": 1.0}
"""A whole page at .3 instead of .8 lost .06 of what is caught on whole pages of news and gained nothing elsewhere."""
CORPUS_WEIGHTS = {"fundus-dev": 2.5, "andy-news": 1.5, "wcxb-dev": 1.0, "wcxb-dev-other": 0.4}
TREES = {
    "objective": "binary", "learning_rate": 0.1, "num_leaves": 16, "max_depth": 8, "min_data_in_leaf": 100,
    "feature_fraction": 0.5, "lambda_l2": 5, "max_bin": 63, "deterministic": True, "force_row_wise": True,
    "num_threads": 2, "verbose": -1,
}  # fmt: skip
ROUNDS = 150
MOST_LINES, MOST_OTHER = 150, 60
"""Lines of a text that are trained on, and of one of a page that is no article; they count for the others."""
FEW_WORDS = 4
"""A line of fewer words that the gold has elsewhere is no line of it: `Sport` in a menu."""
DOUBT = 0.3
OURS = 0.15
"""What a line weighs that the gold has in other words or another place, and one that it lacks and our article has."""
CUT_OFF, UNTRUSTED = 0.4, 0.2
"""From this share of our article's paragraphs that the gold lacks on, a text weighs the second share."""
OUR_LINE, PARAGRAPH = 25, 80
SHORT_LINE, SHORT_GOLD = 80, 2.0
"""A shorter line of the gold weighs so many times more: an item of its lists and tables is lost most easily. It halved
what is lost on `andy-news` for a twentieth of what is caught there."""
LEAST_WEIGHT = 2.5
"""What a line weighs at least, as the logarithm of its characters: that of eleven."""
PENALTY, STEPS, WORDED = 2.0, 40, 150_000
"""Of the wording's logistic regression: the penalty on weights, the steps, and the lines of a fold."""


@dataclass(slots=True)
class Text:
    """A text with the truth about its lines."""

    page: Page
    kind: str
    raw: list[str]
    taken: Flags
    is_debris: Flags
    weights: Floats
    rows: Matrix | None = None

    @property
    def lines(self) -> list[str]:
        """The lines without their indentation."""
        return [line.strip() for line in self.raw]


def soup(html: str) -> str:
    """Return the text of a page with a line for each piece of it."""
    tree = BeautifulSoup(html, "lxml")
    for element in tree(["script", "style", "noscript", "template"]):
        element.decompose()
    return "\n".join(filter(None, (line.strip() for line in tree.get_text("\n").splitlines())))


def noises(page: Page) -> tuple[Page, dict[str, str], str]:
    """Return the texts of a page by kind, and our own article."""
    logging.disable(logging.CRITICAL)
    texts = textmode.noises(page) | {"soup": soup(decode(page.html()).text)}
    return page, texts, clean(page.html(), url=page.url).text


def texts_of(made: tuple[Page, dict[str, str], str]) -> list[Text]:
    """Return the texts of a page with the truth."""
    page, texts, own = made
    norm, rules = textmode.scorer().norm, load_rules()
    gold, ours = f" {norm(page.text)} ", f" {norm(own)} "
    found = []
    for kind, text in texts.items():
        raw = lines_of(text)
        if not raw:
            continue
        lines = [line.strip() for line in raw]
        context = LineContext(lines, address=page.url or "", text_mode=True)
        taken = np.array(whole_lines(context, cut_lines(context, rules.for_url(page.url).lines)))
        norms = [f" {norm(line)} " for line in lines]
        size = np.array(list(map(len, lines)))
        is_empty = np.array([not words.strip() for words in norms])
        inside = np.array([words in gold for words in norms]) | is_empty
        aligned, near = np.array(align(lines, page.text)), _near(norms, inside, gold)
        few = np.array([words.count(" ") - 1 < FEW_WORDS for words in norms])
        is_ours = np.array([words in ours for words in norms])
        weights = np.maximum(np.log1p(size), LEAST_WEIGHT)
        weights[(~inside & near) | (inside & ~aligned)] *= DOUBT
        is_debris = (~inside & ~near) | (inside & ~aligned & few)
        weights[is_debris & is_ours & (size >= OUR_LINE)] *= OURS
        paragraphs = is_ours & (size >= PARAGRAPH)
        if size[paragraphs & ~inside].sum() > CUT_OFF * size[paragraphs].sum():
            weights *= UNTRUSTED
        weights[~is_debris & (size < SHORT_LINE)] *= SHORT_GOLD
        weights[is_empty | taken] = 0
        weights *= KIND_WEIGHTS[kind] * CORPUS_WEIGHTS[page.corpus] * 50 / np.sqrt(len(lines))
        found.append(Text(page, kind, raw, taken, is_debris, weights * _drawn(page, kind, len(lines))))
    return found


def _near(norms: Sequence[str], inside: Flags, gold: str) -> Flags:
    shared = [0.0 if known else textmode.shared(words, gold) for words, known in zip(norms, inside, strict=True)]
    return np.array(shared) >= textmode.NEAR


def _drawn(page: Page, kind: str, count: int) -> Floats:
    """Return for each line how many lines it counts for; 0 for one that is not trained on. Of most pages one of the
    two whole texts is trained on, of pages that are no articles every second."""
    number = int(hashlib.md5(f"{page.corpus} {page.id}".encode(), usedforsecurity=False).hexdigest(), 16)
    is_other = page.corpus == "wcxb-dev-other"
    is_left_out = (page.corpus.startswith("wcxb") and kind in ("page", "soup") and (number + (kind == "soup")) % 2) or (
        is_other and number // 2 % 2
    )
    if is_left_out:
        return np.zeros(count)
    most = MOST_OTHER if is_other else MOST_LINES
    drawn = np.zeros(count)
    drawn[np.random.default_rng(count).permutation(count)[:most]] = max(1, count / most)
    return drawn


def fit_wording(texts: Sequence[Text], left_out: int | None = None) -> Wording:
    """Fit the weights of n-grams to the lines of the texts, each line of a page once; `left_out`: a fold."""
    import scipy.sparse
    from scipy.optimize import minimize

    lines: dict[tuple[str, str, str], tuple[bool, float]] = {}
    for text in texts:
        if left_out is not None and fold_of(text.page) == left_out:
            continue
        for line, is_debris, weight in zip(text.lines, text.is_debris, text.weights, strict=True):
            if weight:
                lines.setdefault(
                    (text.page.corpus, text.page.id, line), (bool(is_debris), CORPUS_WEIGHTS[text.page.corpus])
                )
    keys = list(lines)
    chosen = [keys[k] for k in np.random.default_rng(0).permutation(len(keys))[:WORDED]]
    count = Counter(key[:2] for key in chosen)
    truth = np.array([lines[key][0] for key in chosen])
    weight = np.array([lines[key][1] * 10 / np.sqrt(count[key[:2]]) for key in chosen])
    weight /= weight.mean()
    parts = []
    for first in range(0, len(chosen), 5000):
        some = [line for _, _, line in chosen[first : first + 5000]]
        buckets, owners = n_grams(some)
        values = (1 / np.sqrt(np.bincount(owners)))[owners].astype(np.float32)
        parts.append(scipy.sparse.csr_matrix((values, (owners, buckets)), shape=(len(some), 1 << BITS)))
    grams = scipy.sparse.vstack(parts).tocsr()
    turned, sign = grams.T.tocsr(), 2.0 * truth - 1

    def loss(values: Floats) -> tuple[float, Floats]:
        margin = np.clip((grams @ values[:-1].astype(np.float32) + values[-1]) * sign, -30, 30)
        slope = -(weight * sign / (1 + np.exp(margin))).astype(np.float32)
        total = (weight * np.log1p(np.exp(-margin))).sum() + 0.5 * PENALTY * (values[:-1] ** 2).sum()
        return float(total), np.append(turned @ slope + PENALTY * values[:-1], slope.sum())

    fitted = minimize(loss, np.zeros((1 << BITS) + 1), jac=True, method="L-BFGS-B", options={"maxiter": STEPS}).x
    return Wording.of(fitted[:-1], float(fitted[-1]))


def read_rows(texts: Sequence[Text], wordings: Sequence[Wording]) -> None:
    """Compute the rows of the texts, each with the wording that has not seen its site."""
    for text in texts:
        text.rows = matrix(text.raw, text.taken, wordings[fold_of(text.page)].of_lines(text.lines))


def fit_trees(texts: Sequence[Text], seed: int = 0, left_out: int | None = None) -> list[Any]:
    """Return trees that are fitted to the rows of the texts; `left_out`: a fold."""
    import lightgbm

    used = [t for t in texts if fold_of(t.page) != left_out and t.weights.any()]
    x = np.vstack([_rows_of(t)[t.weights > 0] for t in used])
    y = np.concatenate([t.is_debris[t.weights > 0] for t in used]).astype(int)
    weight = np.concatenate([t.weights[t.weights > 0] for t in used])
    model = lightgbm.train(TREES | {"seed": seed}, lightgbm.Dataset(x, y, weight=weight), ROUNDS)
    return [tree_of(tree["tree_structure"]) for tree in model.dump_model()["tree_info"]]


def _rows_of(text: Text) -> Matrix:
    assert text.rows is not None
    return text.rows


def stored(wording: Wording, trees: Sequence[Any]) -> dict[str, Any]:
    """Return a model, ready for JSON."""
    return {"names": list(NAMES), "wording": wording.stored(), "trees": trees}


def measure(model: LineModel, text: str, page: Page) -> tuple[int, ...]:
    """Measure text mode with a model that has not seen the page's site."""
    return textmode.score(lambda noisy, url: judged_text(noisy, lambda: model, url=url).text, text, page)


def report(models: dict[int, LineModel], made: Sequence[tuple[Page, dict[str, str], str]]) -> Iterator[textmode.Row]:
    """Yield the figures of each text, scored by the model that has not seen its site."""
    for page, texts, _ in made:
        for kind, text in texts.items():
            if kind in textmode.KINDS and page.corpus in textmode.CORPORA:
                yield textmode.Row(page.corpus, kind, {"pressclip": measure(models[fold_of(page)], text, page)})


def main() -> None:
    """Train on all texts and write the model, or score it in folds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folds", action="store_true", help="score models that have not seen the site; write nothing")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="of --folds")
    args = parser.parse_args()
    with ProcessPoolExecutor() as pool:
        made = list(pool.map(noises, pages(*ALL), chunksize=8))
        texts = [text for of_page in pool.map(texts_of, made, chunksize=8) for text in of_page]
        wordings = list(pool.map(partial(fit_wording, texts), range(FOLDS)))
    read_rows(texts, wordings)
    if not args.folds:
        data = stored(fit_wording(texts), fit_trees(texts))
        DATA.write_text(json.dumps(data, separators=(",", ":")) + "\n", "utf-8")
        print(f"{DATA.name}: {DATA.stat().st_size:,} bytes")
        return
    for seed in range(args.seeds):
        models = {f: LineModel(stored(wordings[f], fit_trees(texts, seed, f))) for f in range(FOLDS)}
        print(f"seed {seed}:", *textmode.table(list(report(models, made))), sep="\n", flush=True)


if __name__ == "__main__":
    main()

"""What precision, recall and rules alone cost and gain, beside trafilatura's own switches, in one run over all corpora.

    python -m benchmarks.favor --models FILE     # prints the table of docs/quality.md
    python -m benchmarks.favor --sweep           # also other thresholds of the model

Cross-validated over sites as benchmarks/quality.py is: each page is cleaned with a model that has not seen its site.
Columns: precision, recall and F1 of words against the gold text, means over pages.
"""

from __future__ import annotations

import argparse
import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import islice
from pathlib import Path
from statistics import mean

from benchmarks import corpora, train
from benchmarks.quality import MODELS_HELP, fold_model, fold_models, scorer
from cleaners import CleanOptions, load_rules
from cleaners.classify import decide as module
from cleaners.clean import judge_blocks
from cleaners.html.decode import decode
from cleaners.html.tree import parse
from cleaners.metadata import read_metadata

Measures = tuple[float, float, float]
WAYS = {
    "": CleanOptions(),
    "`--precision`": CleanOptions(favor="precision"),
    "`--recall`": CleanOptions(favor="recall"),
    "`--only-rules`": CleanOptions(only_rules=True),
}
TRAFILATURA = {
    "trafilatura": {},
    "trafilatura, `favor_precision`": {"favor_precision": True},
    "trafilatura, `favor_recall`": {"favor_recall": True},
}
PRECISE = (0.5, 0.6, 0.7, 0.8, 0.9)
GENEROUS = (0.25, 0.15, 0.1, 0.05)


def measure(job: tuple[corpora.Page, str, bool]) -> dict[str, Measures]:
    """Return the measures of a page in each way, ours and trafilatura's."""
    import trafilatura

    page, data, sweep = job
    logging.disable(logging.CRITICAL)
    html, word_prf = page.html(), scorer().word_prf
    found: dict[str, Measures] = {}
    for name, text in _ours(html, page.url, data, sweep):
        found[name] = word_prf(text, page.text)
    for name, switches in TRAFILATURA.items():
        document = trafilatura.bare_extraction(html, url=page.url, include_comments=False, **switches)
        found[name] = word_prf(getattr(document, "text", None) or "", page.text)
    return found


def _ours(html: bytes, url: str | None, data: str, sweep: bool) -> Iterator[tuple[str, str]]:
    root = parse(decode(html, None).text)
    if root is None:
        yield from ((name, "") for name in WAYS)
        return
    metadata, rules = read_metadata(root, url), load_rules()
    split = module.split_page(root, url, metadata, rules.dom)

    def text(options: CleanOptions) -> str:
        judged = judge_blocks(split, rules.with_options(options), metadata, partial(fold_model, data))
        return "\n".join(block.text for block in judged.kept.values())

    yield from ((name or "pressclip", text(options)) for name, options in WAYS.items())
    own = module.PRECISE, module.GENEROUS
    for module.PRECISE in PRECISE if sweep else ():  # type: ignore[misc]
        yield f"precision {module.PRECISE}", text(CleanOptions(favor="precision"))
    for module.GENEROUS in GENEROUS if sweep else ():  # type: ignore[misc]
        yield f"recall {module.GENEROUS}", text(CleanOptions(favor="recall"))
    module.PRECISE, module.GENEROUS = own  # type: ignore[misc]


def main() -> None:
    """Measure, and print a row of the table for each way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, metavar="FILE", help=MODELS_HELP)
    parser.add_argument("--sweep", action="store_true", help="also other thresholds")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only each N-th page of each corpus")
    args = parser.parse_args()
    models = fold_models(args.models)
    with_gold = {corpus: (page for page in corpora.pages(corpus) if page.text) for corpus in corpora.ALL}
    pages = [page for own in with_gold.values() for page in islice(own, 0, None, args.every)]
    found: dict[str, dict[str, list[Measures]]] = defaultdict(lambda: defaultdict(list))
    with ProcessPoolExecutor() as pool:
        jobs = ((page, models[train.fold_of(page)], args.sweep) for page in pages)
        for page, measures in zip(pages, pool.map(measure, jobs, chunksize=4), strict=True):
            for name, own in measures.items():
                found[name][page.corpus].append(own)
    sizes = [f"{corpus} ({len(own)})" for corpus, own in found["pressclip"].items()]
    print(f"| | {' | '.join(sizes)} |")
    print(f"| --- |{' --- |' * len(corpora.ALL)}")
    for name, by_corpus in found.items():
        print(f"| {name} | {' | '.join(_shown(by_corpus[corpus]) for corpus in corpora.ALL)} |")


def _shown(measures: Sequence[Measures]) -> str:
    return " ".join(f"{mean(values):.3f}".lstrip("0") for values in zip(*measures, strict=True))


if __name__ == "__main__":
    main()

"""Text mode by the scorer that lies beside the corpora (../shared/bench/text_mode.py), and what bounds its figures.

    python -m benchmarks.textmode [--corpus fundus-dev] [--gold lines/read-more]

The input is a page's main text as trafilatura leaves it; a line is debris where its words do not stand in the gold
text. Of the debris characters, four shares add up to 1:

near: lines that share NEAR of their four-word shingles with the gold text: broken elsewhere, or a word differs.
kept: other lines that our own article of the page holds too: text that the gold lacks, or debris that is not known
even with the page at hand.
caught: what text mode takes. open: all else: what more evidence could still take. The block model behind our own
article has seen these pages, so `open` is an upper bound of that.
"""

from __future__ import annotations

import argparse
import importlib.util
import logging
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from types import ModuleType

from benchmarks import corpora
from cleaners import clean, clean_text

SCORER = corpora.ROOT.parent / "bench" / "text_mode.py"
SHINGLE = 4
NEAR = 0.3
OURS = 0.5
"""From this share of its shingles on a line counts as one that our article of the page holds."""
LARGEST = 20


@cache
def scorer() -> ModuleType:
    """Load the scorer."""
    spec = importlib.util.spec_from_file_location("text_mode", SCORER)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@dataclass(slots=True)
class Row:
    """A page's figures."""

    corpus: str
    measured: tuple[int, ...]
    """What the scorer's `measure` returns."""
    shares: Counter[str] = field(default_factory=Counter)
    """Debris characters: near, kept, caught, open."""
    gold: list[tuple[str, str]] = field(default_factory=list)
    """Removed lines that stand in the gold text, each with its rule."""


def row(page: corpora.Page) -> Row:
    """Measure a page."""
    import trafilatura

    logging.disable(logging.CRITICAL)
    norm, html = scorer().norm, page.html()
    noisy = trafilatura.extract(html, include_comments=False) or ""
    article = clean_text(noisy, url=page.url)
    gold, left, own = (f" {norm(text)} " for text in (page.text, article.text, clean(html, url=page.url).text))
    found = Row(page.corpus, scorer().measure(noisy, article.text, page.text))
    for line in noisy.splitlines():
        if (words := f" {norm(line)} ").strip() and words not in gold:
            is_caught = words not in left
            is_kept = words in own or _shared(words, own) >= OURS
            kind = "caught" if is_caught else "near" if _shared(words, gold) >= NEAR else "kept" if is_kept else "open"
            found.shares[kind] += len(line)
    for removal in article.removals:
        for line in removal.text.splitlines():
            if (words := f" {norm(line)} ").strip() and words in gold and words not in left:
                found.gold.append((removal.rule, f"{page.id}: {line.strip()[:150]}"))
    return found


def _shared(line: str, text: str) -> float:
    words = line.split()
    shingles = [f" {' '.join(words[k : k + SHINGLE])} " for k in range(len(words) - SHINGLE + 1)]
    return sum(shingle in text for shingle in shingles) / max(len(shingles), 1)


def report(corpus: str, rows: list[Row]) -> None:
    """Print the figures of a corpus."""
    removed, right, debris, caught, gold, lost = (sum(row.measured[k] for row in rows) for k in range(6))
    shares = sum((row.shares for row in rows), Counter[str]())
    largest = sum(sorted((row.measured[2] for row in rows), reverse=True)[:LARGEST]) / max(debris, 1)
    parts = "  ".join(f"{kind} {shares[kind] / max(debris, 1):.3f}" for kind in ("caught", "near", "kept", "open"))
    print(f"{corpus:11s} removed {removed}  precision {right / max(removed, 1):.3f}", end="  ")
    print(f"caught {caught / max(debris, 1):.3f}  lost {lost / max(gold, 1):.4f}")
    print(f"{'':11s} of the debris: {parts}; on the {LARGEST} largest pages {largest:.3f}")
    times = Counter(rule for row in rows for rule, _ in row.gold)
    print(f"{'':11s} gold lines: " + ", ".join(f"{rule} {n}" for rule, n in times.most_common(8)))


def main() -> None:
    """Print the figures, or the gold lines that a rule took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", action="append", choices=corpora.NAMES)
    parser.add_argument("--gold", help="print what this rule took that stands in the gold text")
    args = parser.parse_args()
    chosen = args.corpus or corpora.NAMES
    with ProcessPoolExecutor() as pool:
        rows = list(pool.map(row, corpora.pages(*chosen), chunksize=8))
    if args.gold:
        print(*(line for row in rows for rule, line in row.gold if rule == args.gold), sep="\n")
        return
    for corpus in chosen:
        report(corpus, [row for row in rows if row.corpus == corpus])


if __name__ == "__main__":
    main()

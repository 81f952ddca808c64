"""How often each rule fires on the corpora, and what share of what it takes was gold text.

    python -m benchmarks.audit [--rule lines/share] [--corpus wcxb-dev]

With --rule, prints what the rule took that was gold.
"""

from __future__ import annotations

import argparse
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

from benchmarks.corpora import NAMES, Page, pages
from cleaners import clean
from cleaners.align import align, normal


def audit(page: Page) -> list[tuple[str, int, int, str]]:
    """Return (rule, characters taken, of them gold, what was gold) for each removal of a page."""
    article = clean(page.html(), url=page.url)
    # a removal is gold where its lines stand in the gold text, in order, between what was kept
    rows = [(removal.rule, line) for removal in article.removals for line in removal.text.split("\n")]
    kept = normal(article.text)
    lines = [line for _, line in rows]
    gold = align(lines, page.text)
    out = []
    for (rule, line), is_gold in zip(rows, gold, strict=True):
        # text that stands in the article all the same was a second copy
        lost = is_gold and normal(line) not in kept
        out.append((rule, len(line), len(line) * lost, f"{page.id}: {line[:150]}" if lost else ""))
    return out


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", action="append", choices=NAMES)
    parser.add_argument("--rule")
    args = parser.parse_args()
    fired: Counter[str] = Counter()
    taken: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    with ProcessPoolExecutor() as pool:
        for rows in pool.map(audit, pages(*args.corpus or NAMES), chunksize=8):
            for rule, size, gold, what in rows:
                fired[rule] += 1
                taken[rule] += size
                lost[rule] += gold
                if what and rule == args.rule:
                    print(what)
    print(f"{'rule':34s} {'fired':>7s} {'taken':>9s} {'gold':>8s}  share")
    for rule, size in lost.most_common():
        print(f"{rule:34s} {fired[rule]:7d} {taken[rule]:9d} {size:8d}  {size / max(taken[rule], 1):.3%}")


if __name__ == "__main__":
    main()

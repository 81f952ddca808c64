"""How often each rule fires on the corpora, and what share of what it takes was gold text.

python -m benchmarks.audit [--rule lines/share] [--corpus wcxb-dev] [--write]
"""

from __future__ import annotations

import argparse
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from benchmarks.corpora import ALL, Page, pages
from cleaners import Removal, clean
from cleaners.classify.decide import NOT_ARTICLE, align
from cleaners.rules.context import normal

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "debris.md"
HIDDEN = "dom/hidden"
BEGIN, END = "<!-- audit -->", "<!-- /audit -->"


def audit(page: Page) -> list[tuple[str, int, int, str]]:
    """Return (rule, characters taken, of them gold, what was gold) for each removal of a page."""
    article = clean(page.html(), url=page.url)
    # a removal is gold where its lines stand in the gold text, in order, between what was kept
    rows = [(taker(removal), line) for removal in article.removals for line in removal.text.split("\n")]
    kept = normal(article.text)
    # of a hidden copy nothing is lost but what is lost of the text that is seen
    seen = "\n".join([article.text, *(line for rule, line in rows if rule != HIDDEN)])
    lines = ["" if rule == HIDDEN and align([line], seen)[0] else line for rule, line in rows]
    gold = align(lines, page.text)
    out = []
    for (rule, line), is_gold in zip(rows, gold, strict=True):
        # text that stands in the article all the same, with a word more or less, was a second copy
        lost = is_gold and normal(line) not in kept and not align([line], article.text)[0]
        out.append((rule, len(line), len(line) * lost, f"{page.id}: {line[:150]}" if lost else ""))
    return out


def taker(removal: Removal) -> str:
    """Return the rule that removed a piece: a line that a rule only names was refused by the model."""
    return NOT_ARTICLE if removal.stage == "lines" and removal.why else removal.rule


def table(rows: list[list[tuple[str, int, int, str]]]) -> list[str]:
    """Return the lines of a Markdown table, the rules that cost most first."""
    fired: Counter[str] = Counter()
    taken: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    for rule, size, gold, _ in (row for page in rows for row in page):
        fired[rule] += 1
        taken[rule] += size
        lost[rule] += gold
    lines = ["| rule | lines | characters | of them gold | share |", "| --- | ---: | ---: | ---: | ---: |"]
    for rule, gold in sorted(lost.items(), key=lambda item: (-item[1], item[0])):
        share = gold / max(taken[rule], 1)
        lines.append(f"| `{rule}` | {fired[rule]:,} | {taken[rule]:,} | {gold:,} | {share:.1%} |")
    return lines


def main() -> None:
    """Print the table, or write it into docs/debris.md."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", action="append", choices=ALL)
    parser.add_argument("--rule", help="count what this rule took, and print what of it was gold")
    parser.add_argument("--write", action="store_true", help="write the table into docs/debris.md")
    args = parser.parse_args()
    with ProcessPoolExecutor() as pool:
        rows = list(pool.map(audit, pages(*args.corpus or ALL), chunksize=8))
    if args.rule:
        print(*table([[row for row in page if row[0] == args.rule] for page in rows]), "", sep="\n")
        print(*(what for page in rows for rule, _, _, what in page if what and rule == args.rule), sep="\n")
        return
    lines = table(rows)
    if args.write:
        before, _, rest = DOCUMENT.read_text("utf-8").partition(BEGIN)
        DOCUMENT.write_text(f"{before}{BEGIN}\n" + "\n".join(lines) + f"\n{END}{rest.partition(END)[2]}", "utf-8")
    print(*lines, sep="\n")


if __name__ == "__main__":
    main()

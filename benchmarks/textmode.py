"""Text mode on the texts that other tools make of the corpora's pages, by the scorer beside them
(../shared/bench/text_mode.py), beside the line rules of C4, Gopher and FineWeb on the same texts.

    python -m benchmarks.textmode [--corpus fundus-dev] [--kind page] [--rules-only] [--write]
    python -m benchmarks.textmode --gold lines/read-more      # the gold lines that a rule took; `all`: each rule
    python -m benchmarks.textmode --shares                    # what bounds the figures

A line of such a text is debris where its words do not stand in the gold text. The four kinds of texts, from rough to
clean, all from the page as our own decoder reads it: `page`, the whole page as text; `resiliparse`, what resiliparse
takes for the main content; `recall`, trafilatura's text with favor_recall; `trafilatura`, its text. Both without
comments, and resiliparse without alternative texts of pictures, as the makers of DCLM ran it.

The packaged line model has seen these pages: `python -m benchmarks.train_lines --folds` measures models that have not.

`C4 lines` and `FineWeb lines` are the tests that look at one line (datatrove's C4QualityFilter; FineWeb leaves out the
one for a final mark). C4, Gopher and FineWeb also refuse whole texts: then all lines count as removed. Of Gopher's
tests these are the ones for repetition, bullets and ellipses. The shares that these tests look at are those of a
dataset's column `signals`, with words parted by spaces; the thresholds are the ones published.

`--shares`: of the debris characters, four shares add up to 1:

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
import platform
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from functools import cache, partial
from itertools import accumulate
from pathlib import Path
from types import ModuleType

from archive.dataset.table.signals import signals_of
from benchmarks import corpora
from cleaners import CleanOptions, clean, clean_text, decode

SCORER = corpora.ROOT.parent / "bench" / "text_mode.py"
DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "quality.md"
BEGIN, END = "<!-- textmode -->", "<!-- /textmode -->"
CORPORA = ("fundus-dev", "andy-news", "wcxb-dev")
SHINGLE = 4
NEAR = 0.3
OURS = 0.5
"""From this share of its shingles on a line counts as one that our article of the page holds."""
LARGEST = 20
C4_SENTENCES = 5
GOPHER = {
    "gopher_bullet_line_share": 0.9,
    "gopher_ellipsis_line_share": 0.3,
    "gopher_dup_line_share": 0.3,
    "gopher_dup_line_char_share": 0.2,
    "gopher_dup_paragraph_share": 0.3,
    "gopher_dup_paragraph_char_share": 0.2,
    **{f"gopher_top_{n}gram_char_share": most for n, most in ((2, 0.2), (3, 0.18), (4, 0.16))},
    **{f"gopher_dup_{n}gram_char_share": 0.15 - 0.01 * (n - 5) for n in range(5, 11)},
}
"""Rae et al. 2021, A1.1 and table A1: the most that a text may have."""
FINEWEB = {"fineweb_short_line_share": 0.67, "fineweb_dup_line_char_share": 0.01, "fineweb_list_ratio": 0.3}
"""Penedo et al. 2024, as datatrove has them: the most that a text may have."""
FINEWEB_TERMINAL = 0.12
"""The least share of lines with a final mark."""

RULES_ALONE = "pressclip, rules alone"

Cleaner = Callable[[str, str | None], str]
"""Returns what is left of a text; the second argument is the page's URL."""


def plain(html: str, *, is_main: bool) -> str:
    """Return a page's text by resiliparse: the main content, or all that is seen."""
    try:
        from resiliparse.extract.html2text import extract_plain_text
    except ImportError:
        raise SystemExit("textmode: resiliparse is missing; install it: .venv/bin/pip install resiliparse") from None
    return str(extract_plain_text(html, main_content=is_main, alt_texts=False))


def extracted(html: str, *, is_recall: bool) -> str:
    """Return a page's main text by trafilatura."""
    import trafilatura

    return trafilatura.extract(html, include_comments=False, favor_recall=is_recall) or ""


KINDS: Mapping[str, Callable[[str], str]] = {
    "page": partial(plain, is_main=False),
    "resiliparse": partial(plain, is_main=True),
    "recall": partial(extracted, is_recall=True),
    "trafilatura": partial(extracted, is_recall=False),
}


def noises(page: corpora.Page, kinds: Sequence[str] = tuple(KINDS)) -> dict[str, str]:
    """Return the texts that other tools make of a page, by kind."""
    logging.disable(logging.CRITICAL)
    html = decode(page.html()).text
    return {kind: KINDS[kind](html) for kind in kinds}


def score(cleaner: Cleaner, noisy: str, page: corpora.Page) -> tuple[int, ...]:
    """Return what the scorer measures of a cleaner on a text of a page: lines removed, of them debris; characters of
    debris, of them caught; characters of gold, of them lost."""
    found: tuple[int, ...] = scorer().measure(noisy, cleaner(noisy, page.url), page.text)
    return found


@cache
def scorer() -> ModuleType:
    """Load the scorer."""
    spec = importlib.util.spec_from_file_location("text_mode", SCORER)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pressclip(text: str, url: str | None) -> str:
    """Clean a text in text mode."""
    return clean_text(text, url=url).text


def rules_only(text: str, url: str | None) -> str:
    """Clean a text in text mode by rules alone."""
    return clean_text(text, url=url, options=CleanOptions(only_rules=True)).text


def c4_lines(text: str, url: str | None, *, needs_final_mark: bool = True) -> str:
    """Remove the lines that C4 removes. Citations stay, since a line without its mark would count as removed."""
    from datatrove.data import Document
    from datatrove.pipeline.filters import C4QualityFilter

    document = Document(text, "")
    C4QualityFilter(
        remove_citations=False,
        filter_no_terminal_punct=needs_final_mark,
        min_num_sentences=-1,
        filter_lorem_ipsum=False,
        filter_curly_bracket=False,
    ).filter(document)
    return document.text


def c4(text: str, url: str | None) -> str:
    """Remove the lines that C4 removes, or everything where it refuses the text."""
    left = c4_lines(text, url)
    signals = signals_of(left)
    is_refused = signals["c4_curly_bracket"] or signals["c4_lorem_ipsum"] or signals["c4_sentences"] < C4_SENTENCES
    return "" if is_refused else left


def gopher(text: str, url: str | None) -> str:
    """Remove everything where Gopher's tests of lines and repetition refuse the text."""
    signals = signals_of(text)
    return "" if any(signals[name] > most for name, most in GOPHER.items()) else text


fineweb_lines = partial(c4_lines, needs_final_mark=False)


def fineweb(text: str, url: str | None) -> str:
    """Remove the lines that FineWeb removes, or everything where it refuses the text."""
    left = fineweb_lines(text, url)
    signals = signals_of(left)
    is_refused = signals["fineweb_terminal_line_share"] < FINEWEB_TERMINAL or any(
        signals[name] > most for name, most in FINEWEB.items()
    )
    return "" if is_refused else left


PEERS: Mapping[str, Cleaner] = {
    "C4 lines": c4_lines,
    "C4": c4,
    "Gopher": gopher,
    "FineWeb lines": fineweb_lines,
    "FineWeb": fineweb,
}


@dataclass(slots=True)
class Row:
    """A text's figures."""

    corpus: str
    kind: str
    measured: dict[str, tuple[int, ...]]
    """By tool, what the scorer's `measure` returns."""
    shares: Counter[str] = field(default_factory=Counter)
    """Debris characters: near, kept, caught, open."""
    gold: list[tuple[str, str]] = field(default_factory=list)
    """Removed lines that stand in the gold text, each with its rule."""


@dataclass(frozen=True, slots=True)
class Work:
    """What is measured of a page."""

    kinds: tuple[str, ...] = tuple(KINDS)
    is_rules_only: bool = False
    is_peers: bool = True
    """Whether the other tools are measured too."""
    is_gold: bool = False
    is_shares: bool = False

    def __call__(self, page: corpora.Page) -> list[Row]:
        """Measure the texts of a page."""
        own = rules_only if self.is_rules_only else pressclip
        tools = {"pressclip": own} if self.is_rules_only else {"pressclip": own, RULES_ALONE: rules_only}
        tools |= PEERS if self.is_peers else {}
        rows = []
        for kind, noisy in noises(page, self.kinds).items():
            measured = {name: score(tool, noisy, page) for name, tool in tools.items()}
            row = Row(page.corpus, kind, measured)
            if self.is_gold:
                row.gold = list(gold_lines(page, noisy, is_rules_only=self.is_rules_only))
            if self.is_shares:
                row.shares = shares(page, noisy, own(noisy, page.url))
            rows.append(row)
        return rows


def gold_lines(page: corpora.Page, noisy: str, *, is_rules_only: bool) -> Iterator[tuple[str, str]]:
    """Yield the lines that the scorer counts as lost, each with the rule that took it or a part of it."""
    norm = scorer().norm
    article = clean_text(noisy, url=page.url, options=CleanOptions(only_rules=is_rules_only))
    gold, left = (f" {norm(text)} " for text in (page.text, article.text))
    raw = noisy.splitlines(keepends=True)
    for line, end in zip(raw, accumulate(map(len, raw)), strict=True):
        if (words := f" {norm(line)} ").strip() and words in gold and words not in left:
            start = end - len(line)
            takers = (r.rule for r in article.removals if (r.start or 0) < end and (r.end or 0) > start)
            yield next(takers, ""), f"{page.id}: {line.strip()[:150]}"


def shares(page: corpora.Page, noisy: str, cleaned: str) -> Counter[str]:
    """Count the debris characters of a text by what becomes of them."""
    norm, found = scorer().norm, Counter[str]()
    gold, left, own = (f" {norm(text)} " for text in (page.text, cleaned, clean(page.html(), url=page.url).text))
    for line in noisy.splitlines():
        if (words := f" {norm(line)} ").strip() and words not in gold:
            is_caught = words not in left
            is_kept = words in own or shared(words, own) >= OURS
            share = "caught" if is_caught else "near" if shared(words, gold) >= NEAR else "kept" if is_kept else "open"
            found[share] += len(line)
    return found


def shared(line: str, text: str) -> float:
    """Return the share of a line's shingles that a text has."""
    words = line.split()
    shingles = [f" {' '.join(words[k : k + SHINGLE])} " for k in range(len(words) - SHINGLE + 1)]
    return sum(shingle in text for shingle in shingles) / max(len(shingles), 1)


def figures(measured: Sequence[tuple[int, ...]]) -> tuple[float, float, float]:
    """Return precision, share of the debris that was caught, and share of the gold text that was lost."""
    removed, right, debris, caught, gold, lost = (sum(row[k] for row in measured) for k in range(6))
    return right / max(removed, 1), caught / max(debris, 1), lost / max(gold, 1)


def table(rows: Sequence[Row]) -> list[str]:
    """Return the lines of a Markdown table: precision / caught / lost of each tool on each kind of texts."""
    chosen = list(dict.fromkeys(row.corpus for row in rows))
    lines = ["| texts | tool |" + "".join(f" {name} |" for name in chosen), "| --- | --- |" + " --- |" * len(chosen)]
    for kind in dict.fromkeys(row.kind for row in rows):
        for tool in rows[0].measured:
            cells = []
            for name in chosen:
                measured = [row.measured[tool] for row in rows if (row.corpus, row.kind) == (name, kind)]
                precision, caught, lost = figures(measured)
                cells.append(f" {precision:.3f} / {caught:.3f} / {lost:.4f} |".replace("0.", "."))
            lines.append(f"| {kind} | {tool} |" + "".join(cells))
    return lines


def bounds(rows: Sequence[Row]) -> Iterator[str]:
    """Yield, for each corpus and kind, what becomes of the debris."""
    for corpus, kind in dict.fromkeys((row.corpus, row.kind) for row in rows):
        own = [row for row in rows if (row.corpus, row.kind) == (corpus, kind)]
        total = sum((row.shares for row in own), Counter[str]())
        debris = max(total.total(), 1)
        largest = sum(sorted((row.shares.total() for row in own), reverse=True)[:LARGEST]) / debris
        parts = "  ".join(f"{share} {total[share] / debris:.3f}" for share in ("caught", "near", "kept", "open"))
        yield f"{corpus:11s} {kind:11s} of the debris: {parts}; on the {LARGEST} largest pages {largest:.3f}"


def main() -> None:
    """Print the table, the gold lines that rules took, or what bounds the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", action="append", choices=corpora.ALL)
    parser.add_argument("--kind", action="append", choices=tuple(KINDS))
    parser.add_argument("--rules-only", action="store_true", help="measure text mode with its rules alone")
    parser.add_argument("--gold", metavar="RULE", help="print what this rule took that stands in the gold text")
    parser.add_argument("--shares", action="store_true", help="print what bounds the figures")
    parser.add_argument("--write", action="store_true", help="write the table into docs/quality.md")
    args = parser.parse_args()
    kinds = tuple(args.kind or KINDS)
    plain("", is_main=False)  # says at once that resiliparse is missing
    is_peers = not (args.gold or args.shares)
    work = Work(kinds, args.rules_only, is_peers=is_peers, is_gold=bool(args.gold), is_shares=args.shares)
    with ProcessPoolExecutor() as pool:
        pages = pool.map(work, corpora.pages(*args.corpus or CORPORA), chunksize=8)
        rows = [row for of_page in pages for row in of_page]
    if args.gold:
        taken = [(row, rule, line) for row in rows for rule, line in row.gold if args.gold in ("all", rule)]
        print(*(f"{rule}\t{row.corpus}\t{row.kind}\t{line}" for row, rule, line in taken), sep="\n")
        return
    if args.shares:
        print(*bounds(rows), sep="\n")
        return
    lines = table(rows)
    if args.write:
        head = f"{date.today():%Y-%m-%d}, Python {platform.python_version()}. Precision / caught / lost:"
        before, _, rest = DOCUMENT.read_text("utf-8").partition(BEGIN)
        text = "\n".join([head, "", *lines])
        DOCUMENT.write_text(f"{before}{BEGIN}\n{text}\n{END}{rest.partition(END)[2]}", "utf-8")
    print(*lines, sep="\n")


if __name__ == "__main__":
    main()

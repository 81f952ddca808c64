"""Measure learned rules on planted hosts, and on the hosts of the corpora that have several pages.

    python -m benchmarks.rules                       # all
    python -m benchmarks.rules --part planted        # or unseen, planted-texts, learned, crawl, corpora, texts
    python -m benchmarks.rules --part planted --host gullwick --pages 10 -v

`planted` cleans the pages of invented hosts (benchmarks/planted), learns from them and cleans them again, at 5, 10
and 50 pages. `unseen` does so on six more hosts, on which nothing was tuned. `planted-texts` learns from the kept
texts alone. `learned` measures what applies unjudged with `clean --text-mode --learn`: see
benchmarks/rules_learned.py. `crawl` goes through the command line, with the hosts served on loopback: crawl, `rules
learn`, `rules review --accept-above`, `archive reclean`. `corpora` and `texts` measure real pages: see
benchmarks/rules_corpora.py and rules_texts.py. The results go to benchmarks/results/rules.json.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import quality, rules_corpora, rules_crawl, rules_learned, rules_texts
from benchmarks.planted import Host, Outcome, hosts, learn, outcome
from benchmarks.planted.learning import cleaned, hashed_page, in_force
from cleaners import clean_text, load_rules
from cleaners.learn import find_repeats, propose, text_occurrences

RESULTS = Path(__file__).parent / "results" / "rules.json"
SIZES = (5, 10, 50)
LEAST = (2, 3)
"""Pages on which a line must come back on the corpora's hosts, few of which have three pages."""


def run(host: Host, count: int) -> tuple[Host, Outcome]:
    """Clean a host's pages, learn from them, accept everything and clean again."""
    pages = {f"https://{host.address}{page.path}": page for page in host.pages(count)}
    before = cleaned(pages)
    proposals = learn(host.address, {url: (page.html, page.day) for url, page in pages.items()}, before)
    after = cleaned(pages, in_force(host.address, proposals))
    return host, outcome(host.address, pages, before, after, proposals)


def run_texts(host: Host, count: int) -> tuple[Host, Outcome]:
    """Do the same with the kept texts alone, as with a corpus of texts and addresses."""
    pages = {f"https://{host.address}{page.path}": page for page in host.pages(count)}
    rules = load_rules()
    before = {url: clean_text(article.text, url=url) for url, article in cleaned(pages).items()}
    hashed = [hashed_page(url, pages[url].day, article) for url, article in before.items()]
    occurrences = {url: text_occurrences(article.text, url=url) for url, article in before.items()}
    proposals = propose(host.address, hashed, find_repeats(hashed), occurrences, rules)
    accepted = in_force(host.address, proposals)
    after = {url: clean_text(article.text, url=url, rules=accepted) for url, article in before.items()}
    return host, outcome(host.address, pages, before, after, proposals)


def figures(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return the figures of all hosts together."""
    right, wrong, idle = (sum(len(getattr(one, name)) for one in outcomes) for name in ("right", "wrong", "idle"))
    right_chars = sum(sum(one.right.values()) for one in outcomes)
    planted, left, missed = (
        sum(getattr(one, name).total() for one in outcomes) for name in ("planted", "left", "missed")
    )
    chars = {
        name: sum(getattr(one, name) for one in outcomes)
        for name in ("debris_chars", "debris_chars_after", "gold_chars", "gold_chars_lost", "wrong_chars")
    }
    return {
        "hosts": len(outcomes),
        "proposals": right + wrong + idle,
        "idle": idle,
        "precision": round(right / max(right + wrong, 1), 4),
        "precision_chars": round(right_chars / max(right_chars + chars["wrong_chars"], 1), 4),
        "recall": round(1 - missed / max(left, 1), 4),
        "recall_with_generic": round(1 - missed / max(planted, 1), 4),
        "debris_left": round(chars["debris_chars_after"] / max(chars["debris_chars"], 1), 4),
        "gold_lost": round(chars["gold_chars_lost"] / max(chars["gold_chars"], 1), 5),
    } | chars


def report(results: Sequence[tuple[Host, Outcome]], *, every: bool) -> dict[str, Any]:
    """Print and return the figures, with each wrong proposal and each kind of line that is missed."""
    wrong = [
        f"{host.address}: {name}: {len(texts)} times, such as {texts[0][:100]!r}"
        for host, one in results
        for name, texts in one.wrong.items()
    ]
    missed = [
        f"{host.address}: {name}: {count} of {one.left[name]} lines on {one.pages} pages"
        for host, one in results
        for name, count in one.missed.items()
    ]
    right = [f"{host.address}: {name}: {size} characters" for host, one in results for name, size in one.right.items()]
    for title, lines in (("WRONG", wrong), ("missed", missed), ("right", right if every else [])):
        for line in lines:
            print(f"    {title} {line}")
    return figures([one for _, one in results]) | {"wrong_proposals": wrong, "missed": missed}


def chosen_hosts(args: argparse.Namespace) -> list[Host]:
    """Return the hosts that the arguments choose."""
    return [replace(host, salt=args.salt) for host in hosts(args.folder) if args.host in host.address]


def planted_part(args: argparse.Namespace, one: Callable[..., tuple[Host, Outcome]] = run) -> dict[str, Any]:
    """Return the figures at each size."""
    chosen = chosen_hosts(args)
    results = {}
    for count in args.pages or SIZES:
        with ProcessPoolExecutor() as pool:
            outcomes = list(pool.map(partial(one, count=count), chosen))
        print(f"{count} pages:", json.dumps(figures([each for _, each in outcomes])))
        results[str(count)] = report(outcomes, every=args.verbose)
    return results


def learned_part(args: argparse.Namespace) -> dict[str, Any]:
    """Return the figures of each input at each size, on all hosts."""
    results: dict[str, Any] = {}
    for kind in rules_learned.KINDS:
        print(f"{kind}:")
        one = partial(rules_learned.run, kind=kind)
        results[kind] = {
            folder: planted_part(argparse.Namespace(**vars(args) | {"folder": folder}), one)
            for folder in ("hosts", "unseen")
        }
    return results


def crawl_part(args: argparse.Namespace) -> dict[str, Any]:
    """Return the figures at each size, through the command line."""
    chosen = chosen_hosts(args)
    results = {}
    for count in args.pages or SIZES:
        outcomes, seconds = rules_crawl.measure(chosen, count)
        print(f"{count} pages, crawled:", json.dumps(figures([one for _, one in outcomes]) | seconds))
        results[str(count)] = report(outcomes, every=args.verbose) | {"seconds": seconds}
    return results


def main() -> int:
    """Run the parts and keep their figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=list(PARTS), action="append")
    parser.add_argument("--host", default="", help="hosts whose address holds this")
    parser.add_argument("--folder", default="hosts", help="`unseen`: hosts that no threshold was tuned on")
    parser.add_argument("--salt", default="", help="other articles on the same hosts")
    parser.add_argument("--pages", type=int, action="append")
    parser.add_argument("-v", "--verbose", action="store_true")
    args = parser.parse_args()
    for part in args.part or list(PARTS):
        began = time.monotonic()
        result = PARTS[part](args)
        seconds = round(time.monotonic() - began)
        print(f"{part}: {seconds} s")
        if not (args.host or args.salt or args.pages or args.folder != "hosts"):
            keep(part, result | {"seconds": seconds})
    return 0


def keep(part: str, result: dict[str, Any]) -> None:
    """Write a part's figures beside those of the others."""
    kept = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    about = quality.machine() | {"command": f"python -m benchmarks.rules --part {part}"}
    RESULTS.write_text(json.dumps(kept | {part: about | result}, indent=1, ensure_ascii=False) + "\n", "utf-8")


PARTS: dict[str, Callable[[argparse.Namespace], dict[str, Any]]] = {
    "planted": planted_part,
    "unseen": lambda args: planted_part(argparse.Namespace(**vars(args) | {"folder": "unseen"})),
    "planted-texts": partial(planted_part, one=run_texts),
    "learned": learned_part,
    "crawl": crawl_part,
    "corpora": lambda args: rules_corpora.measure(LEAST, every=args.verbose),
    "texts": lambda args: rules_texts.measure(LEAST, every=args.verbose),
}


if __name__ == "__main__":
    sys.exit(main())

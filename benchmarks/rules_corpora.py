"""Learned rules on real pages: the hosts of the development corpora (../shared) that have several.

Each page is cleaned, the host's kept text is learned from, and what each proposal takes is compared with the gold text:
a line is the article's where its words stand in the gold text of its page. Hosts of two or three pages say little about
an archive of hundreds: recall is bounded by what comes back on so few.
"""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from benchmarks import corpora
from benchmarks.planted.learning import in_force, learn
from cleaners import Article, clean
from cleaners.learn import Proposal

FEWEST = 2
"""Pages of a host that takes part."""
WORD = re.compile(r"\w+")


@dataclass(slots=True)
class Found:
    """What learning did on one host."""

    host: str
    pages: int
    right: int = 0
    wrong: dict[str, tuple[str, Proposal]] = field(default_factory=dict)
    """By rule: the first of the article's lines that it takes, and the rule."""
    debris: int = 0
    debris_after: int = 0
    """Characters of kept lines that the gold text lacks."""
    repeated: int = 0
    repeated_after: int = 0
    """Those of them that stand on another page of the host as well."""
    gold: int = 0
    gold_lost: int = 0
    right_lines: list[str] = field(default_factory=list)


def by_host() -> dict[str, list[corpora.Page]]:
    """Return the pages of each host that has several."""
    pages: dict[str, list[corpora.Page]] = defaultdict(list)
    for page in corpora.pages():
        host = (urlsplit(page.url or "").hostname or "").removeprefix("www.")
        if host and all(page.url != other.url for other in pages[host]):
            pages[host].append(page)
    return {host: found for host, found in sorted(pages.items()) if len(found) >= FEWEST}


def run(item: tuple[str, Sequence[corpora.Page]], min_pages: Sequence[int]) -> list[Found]:
    """Learn from a host's pages and compare, for each of `min_pages`."""
    logging.disable(logging.CRITICAL)
    host, pages = item
    html = {page.url or "": page.html() for page in pages}
    before = {url: clean(body, url=url) for url, body in html.items()}
    days = {page.url or "": (page.date or "")[:10] for page in pages}
    results = []
    for least in min_pages:
        proposals = learn(host, {u: (b, days[u]) for u, b in html.items()}, before, min_pages=least, charset=None)
        rules = in_force(host, proposals)
        after = {url: clean(body, url=url, rules=rules) for url, body in html.items()} if proposals else before
        results.append(compare(host, pages, before, after, proposals))
    return results


def compare(
    host: str,
    pages: Sequence[corpora.Page],
    before: Mapping[str, Article],
    after: Mapping[str, Article],
    proposals: Sequence[Proposal],
) -> Found:
    """Compare the texts before and after with the gold texts."""
    found = Found(host, len(pages))
    rules = {one.id: one for one in proposals}
    took: dict[str, list[str]] = {}
    lines_of = {url: set(map(_words, article.text.splitlines())) for url, article in before.items()}
    for page in pages:
        url, gold = page.url or "", _words(page.text)
        kept = [line for line in before[url].text.splitlines() if line.strip()]
        left = set(map(_words, after[url].text.splitlines()))
        for line in kept:
            words = _words(line)
            is_gold, is_left = words in gold, words in left
            again = any(words in lines for other, lines in lines_of.items() if other != url)
            found.gold += is_gold * len(line)
            found.gold_lost += (is_gold and not is_left) * len(line)
            found.debris += (not is_gold) * len(line)
            found.debris_after += (not is_gold and is_left) * len(line)
            found.repeated += (not is_gold and again) * len(line)
            found.repeated_after += (not is_gold and again and is_left) * len(line)
        for removal in after[url].removals:
            name = removal.rule.partition(f"/{host}/")[2]
            if name in rules:
                took.setdefault(name, []).append(removal.text)
                if any(_words(line) in gold for line in removal.text.splitlines() if line.strip()):
                    found.wrong.setdefault(name, (removal.text[:150], rules[name]))
    found.right_lines = [texts[0][:100] for name, texts in took.items() if name not in found.wrong]
    found.right = len(found.right_lines)
    return found


def _words(text: str) -> str:
    return f" {' '.join(WORD.findall(text.lower()))} "


def measure(min_pages: Sequence[int], *, every: bool) -> dict[str, Any]:
    """Return the figures for each of `min_pages`; print each wrong proposal, and with `every` the right ones too."""
    with ProcessPoolExecutor() as pool:
        rows = list(pool.map(partial(run, min_pages=min_pages), by_host().items(), chunksize=4))
    return {
        f"min_pages {least}": summary(f"min_pages {least}", found, every=every)
        for least, found in zip(min_pages, zip(*rows, strict=True), strict=True)
    }


def summary(name: str, found: Sequence[Found], *, every: bool) -> dict[str, Any]:
    """Return the figures of all hosts; print them with each wrong proposal, and with `every` the right ones."""
    right, wrong = sum(one.right for one in found), sum(len(one.wrong) for one in found)
    precision = round(right / (right + wrong), 3) if right + wrong else None
    fields = ("pages", "debris", "debris_after", "repeated", "repeated_after", "gold", "gold_lost")
    figures = {"hosts": len(found), "right": right, "wrong": wrong, "precision": precision}
    figures |= {field: sum(getattr(one, field) for one in found) for field in fields}
    print(f"corpora, {name}:", figures)
    for line in _wrong(found):
        print("    WRONG", line)
    for one in found if every else ():
        for text in one.right_lines:
            print(f"    right {one.host}: {text!r}")
    return figures | {"wrong_proposals": _wrong(found)}


def _wrong(found: Sequence[Found]) -> list[str]:
    return [
        f"{one.host}: {text!r} ({rule.evidence.pages} of {rule.evidence.of} pages, {rule.evidence.probability:.2f}: "
        f"{'; '.join(rule.evidence.facts)})"
        for one in found
        for text, rule in one.wrong.values()
    ]

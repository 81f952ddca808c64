"""Learned rules on ready-made text of real pages: what the corpora's hosts teach where nobody has the page.

Two inputs: `extracted`, the main text as trafilatura leaves it, and `whole`, the text of all of its blocks, where most
debris still stands. Text mode's generic rules clean both first, as `rules learn --corpus` does.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import Any

from lxml import etree

from benchmarks import corpora
from benchmarks.planted.learning import hashed_page, in_force
from benchmarks.rules_corpora import Found, by_host, compare, summary
from cleaners import Article, clean_text
from cleaners.html.blocks import read_blocks
from cleaners.html.decode import decode
from cleaners.html.tree import body_of, parse
from cleaners.html.unread import EMPTY_TAGS
from cleaners.learn import find_repeats, propose, text_occurrences
from cleaners.rules.load import load_rules


def run(item: tuple[str, Sequence[corpora.Page]], kind: str, min_pages: int) -> Found:
    """Learn from a host's texts and compare."""
    import trafilatura

    logging.disable(logging.CRITICAL)
    host, pages = item
    texts: dict[str, str] = {}
    for page in pages:
        html = page.html()
        made = trafilatura.extract(html, include_comments=False) if kind == "extracted" else whole_text(html)
        texts[page.url or ""] = "\n".join(line.strip() for line in (made or "").splitlines() if line.strip())
    before = {url: clean_text(text, url=url) for url, text in texts.items()}
    hashed = [hashed_page(page.url or "", (page.date or "")[:10], before[page.url or ""]) for page in pages]
    occurrences = {url: text_occurrences(article.text, url=url) for url, article in before.items()}
    proposals = propose(host, hashed, find_repeats(hashed, min_pages=min_pages), occurrences, load_rules())
    rules = in_force(host, proposals)
    after: Mapping[str, Article] = {
        url: clean_text(text, url=url, rules=rules) if proposals else before[url] for url, text in texts.items()
    }
    return compare(host, pages, before, after, proposals)


def whole_text(html: bytes) -> str:
    """Return the text of all blocks of a page."""
    root = parse(decode(html, None).text)
    if root is None:
        return ""
    etree.strip_elements(root, *EMPTY_TAGS, with_tail=False)
    return "\n".join(block.text for block in read_blocks(body_of(root), {}))


def measure(min_pages: Sequence[int], *, every: bool) -> dict[str, Any]:
    """Return the figures of both inputs."""
    results = {}
    for kind in ("extracted", "whole"):
        for least in min_pages:
            with ProcessPoolExecutor() as pool:
                found = list(pool.map(partial(run, kind=kind, min_pages=least), by_host().items(), chunksize=4))
            results[f"{kind}, min_pages {least}"] = summary(f"{kind}, min_pages {least}", found, every=every)
    return results

"""Small invented hosts for the tests of learning: articles that differ, and what a template puts around them."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from cleaners import load_rules
from cleaners.learn import HashedPage, Proposal, find_repeats, hash_page, page_occurrences, propose

TOWNS = ("Ostwick", "Harle", "Brundle", "Saltby", "Corran", "Wending", "Thesk", "Marl", "Quay End", "Dunmoor")
WORDS = (
    *("harbour", "wall", "night", "train", "clock", "tower", "grain", "store", "ferry", "lighthouse", "market", "hall"),
    *("winter", "vote", "pilot", "council", "bridge", "river", "nobody", "expected", "opened", "closed", "measured"),
    *("painted", "sold", "refused", "before", "after", "without", "against", "under", "near", "old", "new", "third"),
    *("long", "quiet", "heavy", "first", "last", "year", "evening", "morning", "ladder", "rope", "anchor", "barrel"),
)


def prose(page: int, line: int) -> str:
    """Return a paragraph that no other page and line has."""
    return f"{' '.join(random.Random(1000 * page + line).choices(WORDS, k=16)).capitalize()}."


def article(page: int, lines: int = 5) -> list[str]:
    """Return the paragraphs of a page."""
    return [prose(page, line) for line in range(lines)]


def url(page: int) -> str:
    """Return a page's address."""
    return f"https://gazette.test/story-{page:03d}"


def seen(page: int, lines: Sequence[str], *, title: str = "", day: str = "", taken: Sequence[str] = ()) -> HashedPage:
    """Return a page as its numbers."""
    return hash_page(url(page), day or f"2026-01-{page % 28 + 1:02d}", title, "\n\n".join(lines), taken)


def learned(count: int, body: Callable[[int], str], lines: Callable[[int], Sequence[str]]) -> list[Proposal]:
    """Return what a host's pages teach: `body` gives the markup of each, `lines` the lines that were kept of it."""
    rules = load_rules()
    pages = [seen(n, lines(n), title=f"Headline of {TOWNS[n % 10]} number {'z' * (n + 1)}") for n in range(count)]
    occurrences = {
        page.url: page_occurrences(f"<body>{body(n)}</body>", url=page.url, page=page, rules=rules)
        for n, page in enumerate(pages)
    }
    return propose("gazette.test", pages, find_repeats(pages), occurrences, rules)


def paragraphs(lines: Sequence[str]) -> str:
    """Return lines as paragraphs."""
    return "".join(f"<p>{line}</p>" for line in lines)

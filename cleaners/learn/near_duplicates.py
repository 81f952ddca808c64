"""Pages of a host that are one article: updates, mirrors and copies, which look like a template where each is
counted."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from cleaners.learn.fingerprints import size_of
from cleaners.learn.types import SeenPage

SAME = 0.5
"""Share of the smaller page's long lines that both have, from which two pages are one article."""
SAME_ALL = 0.85
"""The same, with those lines counted that stand on most pages of the host: a page that has little else has no article
of its own."""
TEMPLATE = 0.7
FEWEST = 5
"""Share of a host's pages, and number of pages, from which a line is the template's and tells nothing about two
pages."""

_WEIGHTS = (0, 0, 1, 3)
"""By size: short lines say nothing of an article, a sentence of prose says more than a line of six words."""


def collapse(pages: Sequence[SeenPage]) -> list[SeenPage]:
    """Return one page for each article, by address: that with the most lines. The order of `pages` does not matter."""
    pages = sorted({page.url: page for page in sorted(pages, key=_rank)}.values(), key=lambda page: page.url)
    weights = [{line: weight for line in page.lines if (weight := _WEIGHTS[size_of(line)])} for page in pages]
    frequent = Counter(line for page in weights for line in page)
    template = {n for n, times in frequent.items() if len(pages) >= FEWEST and times > TEMPLATE * len(pages)}
    heads = list(range(len(pages)))
    for first, second in sorted(set(_pairs(weights))):
        if _are_one(weights[first], weights[second], template):
            _join(heads, first, second)
    articles: dict[int, SeenPage] = {}
    for n, page in enumerate(pages):
        head = _head(heads, n)
        articles[head] = min(articles.get(head, page), page, key=_rank)
    return sorted(articles.values(), key=lambda page: page.url)


def _rank(page: SeenPage) -> tuple[int, str, str]:
    return -len(page.lines), page.url, page.fetched


def _pairs(weights: Sequence[Mapping[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield the pages to compare: of those that share a line each with the one before and with the first, which finds
    all copies of an article and takes time in the number of lines, not in its square."""
    sharing: dict[int, list[int]] = defaultdict(list)
    for n, page in enumerate(weights):
        for line in page:
            sharing[line].append(n)
    for having in sharing.values():
        yield from pairwise(having)
        yield from ((having[0], n) for n in having[2:])


def _are_one(first: Mapping[int, int], second: Mapping[int, int], template: set[int]) -> bool:
    shared = first.keys() & second.keys()
    if _share(shared, first, second) >= SAME_ALL:
        return True
    own = shared - template
    return bool(own) and _share(own, _without(first, template), _without(second, template)) >= SAME


def _share(shared: set[int], first: Mapping[int, int], second: Mapping[int, int]) -> float:
    smaller = min(sum(first.values()), sum(second.values()))
    return sum(first[line] for line in shared) / smaller if smaller else 0.0


def _without(page: Mapping[int, int], template: set[int]) -> dict[int, int]:
    return {line: weight for line, weight in page.items() if line not in template}


def _head(heads: list[int], n: int) -> int:
    while heads[n] != n:
        heads[n] = n = heads[heads[n]]
    return n


def _join(heads: list[int], first: int, second: int) -> None:
    one, other = sorted((_head(heads, first), _head(heads, second)))
    heads[other] = one

"""Which blocks of a page stand in a given text, aligned in order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

ANCHOR_WORDS = 6
"""A block of at least so many words is found by itself; shorter ones count only between their neighbours: marking a
block because its words stand anywhere in the text takes menu words ("World", "Share") for text."""

LOOK_BACK = 60
"""How many anchors back the best chain is looked for: bounds the cost on pages with thousands of blocks."""

MOST_WORK = 200_000_000
"""Characters that are looked through for the blocks of one page (about .2 s); what is left then counts as not found.
The development corpora's pages have at most 79,661 characters."""

PIECE_WORDS = 6
PIECES = 8
"""A long block that does not stand in the text as a whole is looked for in so many pieces of so many words: half of
them found, in order, is enough. Extractors drop links and asides out of paragraphs."""

_WORD = re.compile(r"\w+")
_NO_WIDTH = re.compile("[\xad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")


def normal(text: str) -> str:
    """Return the words in lower case with single spaces, one at each end.

    >>> normal("Don’t panic!")
    ' don t panic '
    """
    return f" {' '.join(_WORD.findall(_NO_WIDTH.sub('', text.lower())))} "


def align(blocks: Sequence[str], text: str) -> list[bool]:
    """Return for each block whether it is part of `text`: the heaviest chain of long blocks in order, and short ones
    between.

    >>> align(["World", "The harbour was closed on Monday.", "Share"], "The harbour was closed on Monday.")
    [False, True, False]
    """
    return align_normal([normal(block) for block in blocks], normal(text))


def align_normal(normals: Sequence[str], whole: str) -> list[bool]:
    """Do what `align` does with texts that `normal` has been through."""
    chain = _chain([(i, *place) for i, place in _places(normals, whole)])
    inside = [False] * len(normals)
    for i, _, _ in chain:
        inside[i] = True
    edges = [(-1, 0, 1), *chain, (len(normals), len(whole) - 1, len(whole))]
    left = MOST_WORK
    for (i, _, end), (j, start, _) in pairwise(edges):
        window, at = whole[end - 1 : start + 1], 0
        for k in range(i + 1, j):
            left -= len(window) - at
            if left > 0 and len(normals[k]) > 2 and (found := window.find(normals[k], at)) >= 0:
                inside[k], at = True, found + len(normals[k]) - 1
    return inside


def _places(normals: Sequence[str], whole: str) -> Iterator[tuple[int, tuple[int, int]]]:
    left = MOST_WORK
    for i, block in enumerate(normals):
        if left <= 0:
            break
        place = _find(whole, block)
        left -= place[1] if place else len(whole)
        if place:
            yield i, place


def _find(whole: str, block: str) -> tuple[int, int] | None:
    count = block.count(" ") - 1
    if count < ANCHOR_WORDS:
        return None
    at = whole.find(block)
    if at >= 0:
        return at, at + len(block)
    if count < 2 * PIECE_WORDS:
        return None
    words = block.split()
    step = max(PIECE_WORDS, (count - PIECE_WORDS) // (PIECES - 1))
    pieces = [f" {' '.join(words[k : k + PIECE_WORDS])} " for k in range(0, count - PIECE_WORDS + 1, step)]
    start, end, found = -1, 0, 0
    for piece in pieces:
        at = whole.find(piece, max(0, end - 1))
        if at >= 0:
            start, end, found = at if start < 0 else start, at + len(piece), found + 1
    return (start, end) if 2 * found >= len(pieces) else None


def _chain(found: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    best: list[int] = []
    previous: list[int] = []
    for a, (_, at, end) in enumerate(found):
        weight, p = max(((best[c], c) for c in range(max(0, a - LOOK_BACK), a) if found[c][1] < at), default=(0, -1))
        best.append(weight + end - at)
        previous.append(p)
    chain: list[tuple[int, int, int]] = []
    a = max(range(len(best)), key=best.__getitem__) if best else -1
    while a >= 0:
        chain.append(found[a])
        a = previous[a]
    return chain[::-1]

"""How much of a page is read: so many tags, attributes, blocks and characters. What lies behind is not looked at, and a
flag says so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cleaners.blocks import PageBlock

MAX_TAGS = 30_000
"""Signs that open a tag. What lies behind the last one is not parsed: each costs up to 40 µs until the page is done.
The development corpora's pages have at most 9,770."""

MAX_TAG = 1000
"""Characters: a longer tag is looked at for the number of its attributes."""

MAX_PAIRS = 100_000_000
"""Pairs of words of long tags, what they quote left out; the words are nearly the attributes. libxml2 compares each
attribute of a tag with all before it: 50,000 take it 3 s, so many pairs .1 s. The development corpora's tags have at
most 73, but a script that compares numbers looks like a tag with some thousand."""

MAX_BLOCKS = 11_000
"""Blocks: each costs some 150 µs. The development corpora's pages have at most 1,477."""
MAX_TEXT = 2_500_000
MAX_BLOCK_TEXT = 100_000
"""Characters of all blocks, and of one: some 250 ns each. The development corpora's pages have at most 79,661, and
22,723 in a block."""
MAX_DEPTH = 256
"""Elements around a block. The development corpora's pages are at most 56 deep."""


def within_bounds(page: str) -> tuple[str, list[str]]:
    """Return what of a page is parsed, and a flag for each bound that it passes: `too-many-tags`,
    `too-many-attributes`."""
    flags = []
    pieces = page.split("<", MAX_TAGS + 1)
    if len(pieces) > MAX_TAGS + 1:
        flags.append("too-many-tags")
        del pieces[MAX_TAGS:]
        page = "<".join(pieces)
    crowded = {i: words for i, piece in enumerate(pieces) if len(piece) > MAX_TAG and (words := _words(piece))}
    if sum(words * words for words in crowded.values()) > MAX_PAIRS:
        flags.append("too-many-attributes")
        for i in crowded:
            name = pieces[i].split(None, 1)[0]
            pieces[i] = f"{name}>{pieces[i][_end(pieces[i]) + 1 :]}"
        page = "<".join(pieces)
    return page, flags


def bounded(blocks: Iterable[PageBlock]) -> Iterator[PageBlock]:
    """Yield the blocks that are read, the last of them and overlong ones cut."""
    left = MAX_TEXT
    for _, block in zip(range(MAX_BLOCKS), blocks, strict=False):
        block.text = block.text[: min(left, MAX_BLOCK_TEXT)]
        left -= len(block.text)
        yield block
        if not left:
            break


def flags_of(blocks: Sequence[PageBlock]) -> list[str]:
    """Return a flag for each bound that the blocks of a page have come to."""
    sizes = [len(block.text) for block in blocks]
    over = {
        "too-many-blocks": len(blocks) == MAX_BLOCKS,
        "too-much-text": sum(sizes) == MAX_TEXT or MAX_BLOCK_TEXT in sizes,
        "too-deep": any(block.frame.step.depth > MAX_DEPTH for block in blocks),
    }
    return [flag for flag, holds in over.items() if holds]


def _words(piece: str) -> int:
    """Return how many words a long tag has that are not quoted; 0 where the piece is no tag, or a short one."""
    if not piece[0].isalpha():
        return 0
    end = piece.find(">")
    if 0 <= end < MAX_TAG and piece.count('"', 0, end) % 2 == piece.count("'", 0, end) % 2 == 0:
        return 0
    tag = piece[: _end(piece)].replace("/", " ")
    return len("  ".join("  ".join(tag.split('"')[::2]).split("'")[::2]).split())


def _end(piece: str) -> int:
    """Return where a tag ends: at the first sign that closes it and is not quoted; else at the end of the piece."""
    at = 0
    while (end := piece.find(">", at)) >= 0:
        quotes = [(place, sign) for sign in "\"'" if (place := piece.find(sign, at, end)) >= 0]
        if not quotes:
            return end
        place, sign = min(quotes)
        closing = piece.find(sign, place + 1)
        if closing < 0:
            return end
        at = closing + 1
    return len(piece)

"""Which blocks of a page are its article."""

from __future__ import annotations

from collections.abc import Sequence

from cleaners.align import align
from cleaners.blocks import PageBlock
from cleaners.lines import is_prose

ARTICLE = ""
NOT_MAIN_TEXT = "extract/trafilatura"
LINK_LIST = "extract/link-list"

MAX_LINKED = 0.5
"""Share of characters inside links above which a page without a single sentence is a list of links."""


def decide(blocks: Sequence[PageBlock], main: str) -> list[str]:
    """Return for each block ARTICLE, or the id of what takes it: its DOM rule, NOT_MAIN_TEXT or LINK_LIST.

    `main` is the main text of the page without what the DOM rules take: a block is article when it stands in it. A
    page whose main text is all links and no prose, such as a section page, has no article.
    """
    free = [i for i, block in enumerate(blocks) if block.rule is None]
    inside = align([blocks[i].text for i in free], main)
    rest = LINK_LIST if _is_link_list([blocks[i] for i, taken in zip(free, inside, strict=True) if taken]) else ARTICLE
    decisions = [block.rule or NOT_MAIN_TEXT for block in blocks]
    for i, taken in zip(free, inside, strict=True):
        if taken:
            decisions[i] = rest
    return decisions


def _is_link_list(chosen: Sequence[PageBlock]) -> bool:
    size = sum(len(block.text) for block in chosen)
    linked = sum(block.linked for block in chosen)
    prose = any(is_prose(block.text) and block.linked < MAX_LINKED * len(block.text) for block in chosen)
    return linked > MAX_LINKED * size and not prose

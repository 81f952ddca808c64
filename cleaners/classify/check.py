"""Hold what the block model keeps against cheap opinions: trafilatura's choice, and all sentences of the page."""

from __future__ import annotations

from collections.abc import Sequence

from cleaners.classify.kinds import PageKind
from cleaners.html.blocks import PageBlock
from cleaners.rules.context import is_prose

CONTAINER = "fallback:container"
"""The flag of a page where trafilatura's choice is kept beside the model's."""
PROSE = "fallback:prose"
"""The flag of a page where all sentences are kept, since nothing else was."""

LEAST_SHARE = 0.9
LEAST_DECLARED = 0.5
LEAST_PRODUCT = 0.25
"""Share of the characters of trafilatura's choice below which that is kept too: on any page, on one that says that it
is an article, and on one of a product, where trafilatura often chooses the reviews. On the pages of `wcxb-dev-other`
the first gained .005 of word F1 against .5, and the last .003 on those of products; with .65 instead of the second,
`fundus-dev` lost .006."""
SENTENCE = 12
"""Characters of the shortest sentence that is kept where a page has nothing else."""
MAX_LINKED = 0.5
"""Share of characters inside links above which a page without a sentence is a list of links, and a table a menu."""


def checked(
    blocks: Sequence[PageBlock], kept: Sequence[bool], chosen: Sequence[bool], kind: PageKind, *, is_declared: bool
) -> tuple[Sequence[bool], str]:
    """Return which blocks are kept in the end, and a flag where these are not the blocks that the model kept.
    `chosen`: the blocks of trafilatura's choice."""
    least = LEAST_DECLARED if is_declared else LEAST_PRODUCT if kind == "product" else LEAST_SHARE
    own, other = size_of(blocks, kept), size_of(blocks, chosen)
    if own and own >= least * other:
        return kept, ""
    if other:
        return [first or second for first, second in zip(kept, chosen, strict=True)], CONTAINER
    if is_linked(blocks):
        return kept, ""
    sentences = [is_prose(block.text, SENTENCE) and 2 * block.linked < len(block.text) for block in blocks]
    return (sentences, PROSE) if any(sentences) else (kept, "")


def is_linked(blocks: Sequence[PageBlock]) -> bool:
    """Tell whether most of the text of some blocks is inside links."""
    return sum(block.linked for block in blocks) > MAX_LINKED * sum(len(block.text) for block in blocks)


def size_of(blocks: Sequence[PageBlock], which: Sequence[bool]) -> int:
    """Return the number of characters in some of the blocks."""
    return sum(len(block.text) for block, is_in in zip(blocks, which, strict=True) if is_in)

"""Pair the terms of a page's lists of terms with their definitions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cleaners.html.blocks import MAX_CLIMB, Frame, PageBlock


def defined(blocks: Sequence[PageBlock]) -> Iterator[tuple[list[int], int]]:
    """Yield the numbers of the terms that stand above a definition in the same list, and that of its first block.

    A definition without its term says of nothing what it is. Of 56 terms on the development corpora that the model or
    a line rule took from a definition that stayed, 30 are in the gold texts, and 22 are names of functions and types.
    """
    terms: list[int] = []
    last: Frame | None = None
    for i, block in enumerate(blocks):
        part = next((frame for frame in block.frame.up(MAX_CLIMB) if frame.tag in ("dd", "dl", "dt")), None)
        around = None if part is None else next((frame for frame in part.up(MAX_CLIMB) if frame.tag == "dl"), None)
        if around is None or around is not last:
            terms, last = [], around
        if part is None or around is None or part is around:
            continue
        if part.tag == "dt":
            terms.append(i)
        elif terms:
            yield terms, i
            terms = []

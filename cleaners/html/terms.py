"""Pair the terms of a page's lists of terms with their definitions, and titles of steps with their texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from lxml.html import HtmlElement

from cleaners.html.blocks import MAX_CLIMB, Frame, PageBlock

MAX_STEP = 8
"""Blocks of a step: a number, a title and some paragraphs. Larger items are parts of the page."""
FEWEST_STEPS = 2
FEWEST_WORDS = 8
"""Words of the text of a step; what is shorter is a title, or the name on a card."""


def defined(blocks: Sequence[PageBlock]) -> Iterator[tuple[list[int], int]]:
    """Yield the numbers of the terms that stand above a definition in the same list, and that of its first block.

    A definition without its term says of nothing what it is. Of 56 terms on the development corpora that the model or
    a line rule took from a definition that stayed, 30 are in the gold texts, and 22 are names of functions and types.
    """
    if not any(frame.tag == "dd" for frame in _around(blocks)):
        return
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


def titled(blocks: Sequence[PageBlock]) -> Iterator[tuple[int, int]]:
    """Yield the numbers of the titles of steps, each with that of the text below it: elements that are a list's
    item by their role, or a step by their type, and that all have a title, then a text, at the same place, and no link.
    Cards and comments have links: on the 132 pages of the development corpora with such elements no text changes."""
    items: dict[int, tuple[Frame, list[int]]] = {}
    for i, block in enumerate(blocks):
        frame = next((frame for frame in block.frame.up(MAX_CLIMB) if is_step(frame.tag, frame.element)), None)
        if frame is not None:
            items.setdefault(id(frame), (frame, []))[1].append(i)
    lists: dict[int, list[list[int]]] = {}
    for frame, own in items.values():
        lists.setdefault(id(frame.parent), []).append(own)
    for steps in lists.values():
        texts = {next((n for n, i in enumerate(own) if _is_text(blocks[i])), 0) for own in steps}
        at = min(texts)
        if len(steps) < FEWEST_STEPS or len(texts) > 1 or at == 0 or max(map(len, steps)) > MAX_STEP:
            continue
        if not any(blocks[i].linked for own in steps for i in own):
            yield from ((own[at - 1], own[at]) for own in steps if not blocks[own[at - 1]].text.isdecimal())


def _around(blocks: Sequence[PageBlock]) -> Iterator[Frame]:
    """Yield each element around some blocks once: few pages have what is looked for here."""
    seen: set[int] = set()
    for block in blocks:
        frame: Frame | None = block.frame
        while frame is not None and id(frame) not in seen:
            seen.add(id(frame))
            yield frame
            frame = frame.parent


def is_step(tag: str, attributes: HtmlElement | Mapping[str, str]) -> bool:
    """Tell whether an element may be a step, by its tag and attributes."""
    is_item = tag != "li" and attributes.get("role") == "listitem"
    return is_item or (attributes.get("itemtype") or "").endswith("/HowToStep")


def _is_text(block: PageBlock) -> bool:
    return len(block.text.split()) >= FEWEST_WORDS and block.text[-1:] in ".!?:"

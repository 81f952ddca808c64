"""Which blocks of a page are its article."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from cleaners.article import Stage
from cleaners.blocks import MAX_CLIMB, PageBlock
from cleaners.headlines import is_prose
from cleaners.menus import MENU
from cleaners.model import BlockModel
from cleaners.view import View

NOT_ARTICLE = "block/model"
LINK_LIST = "block/link-list"
WALL = "block/wall"

MAX_LINKED = 0.5
"""Share of characters inside links above which a page without a single sentence is a list of links, and
a table a menu."""

ALL_LINKED = 0.9
"""Share of characters inside links from which an item is nothing but a link."""

UNSURE = 0.25
"""Tables that are not mostly links, and code, are kept from this score on: debris seldom is one, and half a table is
worse than none."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a block: article where `rule` is empty, else what takes it."""

    rule: str = ""
    stage: Stage = "blocks"
    why: str = ""


def decide(page: Sequence[PageBlock], view: View | None, model: BlockModel) -> list[Decision]:
    """Return a decision for each block of a page. `view` is that of its free blocks; None where there is none.

    What a DOM rule takes is taken. Of the rest the model keeps what scores high enough. A page whose article is all
    links and no prose, such as a section page, has none.
    """
    decisions = [_taken(block) for block in page]
    if view is None:
        return decisions
    scores = model.look(view.rows, view.sizes, view.likes, view.parents)
    values, unsure = _together(view.blocks, scores.values)
    lenient = min(model.threshold, UNSURE)
    low = [value < (lenient if n in unsure else model.threshold) for n, value in enumerate(values)]
    kept = [i for i, is_low in zip(view.free, low, strict=True) if not is_low]
    if _is_link_list([page[i] for i in kept]):
        for i in kept:
            decisions[i] = Decision(LINK_LIST)
    refused = [n for n, is_low in enumerate(low) if is_low]
    for n, why in zip(refused, scores.facts(refused, [values[n] for n in refused]), strict=True):
        decisions[view.free[n]] = Decision(NOT_ARTICLE, why=why)
    return decisions


def _taken(block: PageBlock) -> Decision:
    if block.rule:
        return Decision(block.rule, "dom")
    return Decision(MENU, why=block.menu) if block.menu else Decision()


def _together(blocks: Sequence[PageBlock], scores: Sequence[float]) -> tuple[list[float], set[int]]:
    """Let the rows of a table, and the items of a list of nothing but links, stand or fall together: by the mean; and
    code with the text around it. Return the scores, and which blocks are kept where the model is unsure."""
    groups: dict[int, list[int]] = {}
    prose = [i for i, block in enumerate(blocks) if block.kind != "code"]
    unsure: set[int] = set()
    together = list(scores)
    for i, block in enumerate(blocks):
        links = block.kind == "list item" and block.linked >= ALL_LINKED * len(block.text)
        if (links or block.kind == "table") and block.frame.parent:
            groups.setdefault(_group(block), []).append(i)
        if block.kind == "code":
            unsure.add(i)
            at = bisect_left(prose, i)
            before = scores[prose[at - 1]] if at else 0.0
            behind = scores[prose[at]] if at < len(prose) else 0.0
            together[i] = max(scores[i], min(before, behind))
    for items in groups.values():
        mean = sum(scores[i] for i in items) / len(items)
        for i in items:
            together[i] = mean
        if blocks[items[0]].kind == "table" and not _is_linked([blocks[i] for i in items]):
            unsure.update(items)
    return together, unsure


def _group(block: PageBlock) -> int:
    """Return what a row or an item belongs to: its table, over head and body, or its list."""
    frame = block.frame.parent
    for _ in range(MAX_CLIMB):
        if block.kind != "table" or frame is None or frame.tag == "table" or frame.parent is None:
            break
        frame = frame.parent
    return id(frame)


def _is_linked(blocks: Sequence[PageBlock]) -> bool:
    return sum(block.linked for block in blocks) > MAX_LINKED * sum(len(block.text) for block in blocks)


def _is_link_list(chosen: Sequence[PageBlock]) -> bool:
    return _is_linked(chosen) and not any(is_prose(block.text) and not _is_linked([block]) for block in chosen)

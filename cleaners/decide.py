"""Which blocks of a page are its article."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lxml.html import HtmlElement

from cleaners.align import align_normal, normal
from cleaners.article import Stage
from cleaners.blocks import PageBlock
from cleaners.headlines import is_prose
from cleaners.metadata import Metadata
from cleaners.metadata.linked_data import texts
from cleaners.model import BlockModel, PageFacts, weigh

NOT_ARTICLE = "block/model"
LINK_LIST = "block/link-list"
WALL = "block/wall"

MAX_LINKED = 0.5
"""Share of characters inside links above which a page without a single sentence is a list of links."""

ALL_LINKED = 0.9
"""Share of characters inside links from which an item is nothing but a link."""

UNSURE = 0.25
"""Tables and code are kept from this score on: debris seldom is one, and half a table is worse than none."""

_DESCRIPTIONS = ("og:description", "description", "twitter:description")


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a block: article where `rule` is empty, else what takes it."""

    rule: str = ""
    stage: Stage = "blocks"
    why: str = ""


class View:
    """The blocks of a page that no DOM rule takes, as the model sees them."""

    def __init__(self, page: Sequence[PageBlock], free: Sequence[int], main: str, facts: PageFacts) -> None:
        """`page`: all blocks; `free`: which of them no rule takes, at least one; `main` is that of `decide`."""
        self.blocks = blocks = [page[i] for i in free]
        normals = [normal(block.text) for block in blocks]
        chosen = align_normal(normals, normal(main))
        marked = [_beside(page, i) for i in free]
        self.rows = weigh(blocks, [text.split() for text in normals], chosen, marked, facts)
        self.sizes = [len(block.text) for block in blocks]
        self.likes = [_likes(block) for block in blocks]
        self.parents = [id(block.frame.parent or block.frame) for block in blocks]


def decide(blocks: Sequence[PageBlock], main: str, facts: PageFacts, model: BlockModel) -> list[Decision]:
    """Return a decision for each block.

    What a DOM rule takes is taken. Of the rest the model keeps what scores high enough; that a block stands in `main`,
    the text that trafilatura finds, is part of its evidence. A page whose article is all links and no prose, such as a
    section page, has none.
    """
    free = [i for i, block in enumerate(blocks) if block.rule is None]
    decisions = [Decision(block.rule, "dom") if block.rule else Decision() for block in blocks]
    if not free:
        return decisions
    view = View(blocks, free, main, facts)
    scores = model.look(view.rows, view.sizes, view.likes, view.parents)
    values = _together(view.blocks, scores.values)
    low = [value < _threshold(block, model) for block, value in zip(view.blocks, values, strict=True)]
    kept = [i for i, is_low in zip(free, low, strict=True) if not is_low]
    if _is_link_list([blocks[i] for i in kept]):
        for i in kept:
            decisions[i] = Decision(LINK_LIST)
    refused = [n for n, is_low in enumerate(low) if is_low]
    for n, why in zip(refused, scores.facts(refused, [values[n] for n in refused]), strict=True):
        decisions[free[n]] = Decision(NOT_ARTICLE, why=why)
    return decisions


def page_facts(root: HtmlElement, metadata: Metadata) -> PageFacts:
    """Return what the page says of itself as a whole."""
    said: dict[str, str] = {}
    for meta in root.iter("meta"):
        name = (meta.get("property") or meta.get("name") or "").lower()
        if name in _DESCRIPTIONS and (content := meta.get("content")):
            said.setdefault(name, content)
    found = [said[name] for name in _DESCRIPTIONS if name in said] + texts(metadata.node.get("description"))
    kind = str(metadata.node.get("@type"))
    descriptions = tuple(dict.fromkeys(found))
    return PageFacts(metadata.title or "", descriptions, "News" in kind or "Reportage" in kind, "Blog" in kind)


def _beside(blocks: Sequence[PageBlock], i: int) -> tuple[bool, bool]:
    """Tell whether what stands right before and behind is taken by a DOM rule."""
    return i > 0 and blocks[i - 1].rule is not None, i + 1 < len(blocks) and blocks[i + 1].rule is not None


def _likes(block: PageBlock) -> tuple[str, ...]:
    """Return what blocks of the same making have in common: tag and class of the element and the one around it."""
    frame, parent = block.frame, block.frame.parent
    own = (frame.tag, frame.element.get("class") or "")
    return own if parent is None else (*own, parent.tag, parent.element.get("class") or "")


def _together(blocks: Sequence[PageBlock], scores: Sequence[float]) -> list[float]:
    """Let the rows of a table, and the items of a list of nothing but links, stand or fall together: by the mean."""
    groups: dict[int, list[int]] = {}
    for i, block in enumerate(blocks):
        links = block.kind == "list item" and block.linked >= ALL_LINKED * len(block.text)
        if (links or block.kind == "table") and block.frame.parent:
            groups.setdefault(_group(block), []).append(i)
    together = list(scores)
    for items in groups.values():
        mean = sum(scores[i] for i in items) / len(items)
        for i in items:
            together[i] = mean
    return together


def _group(block: PageBlock) -> int:
    """Return what a row or an item belongs to: its table, over head and body, or its list."""
    frame = block.frame.parent
    while block.kind == "table" and frame and frame.tag != "table" and frame.parent:
        frame = frame.parent
    return id(frame)


def _threshold(block: PageBlock, model: BlockModel) -> float:
    return min(model.threshold, UNSURE) if block.kind in ("table", "code") else model.threshold


def _is_link_list(chosen: Sequence[PageBlock]) -> bool:
    size = sum(len(block.text) for block in chosen)
    linked = sum(block.linked for block in chosen)
    prose = any(is_prose(block.text) and block.linked < MAX_LINKED * len(block.text) for block in chosen)
    return linked > MAX_LINKED * size and not prose

"""The elements around a page's blocks, each with what lies below it: where the prose is, and what comes in series."""

from __future__ import annotations

from collections.abc import Container, Sequence

from lxml.html import HtmlElement

from cleaners.blocks import Frame, PageBlock
from cleaners.model.cues import cue_bits, is_hidden
from cleaners.model.features import TAGS

LONG = 60
"""Characters: a paragraph this long that is not mostly links counts as prose."""
CONTAINER = 0.85
"""The article's container is the element around the one that holds this share of the page's prose. Of .70, .85 and .95,
with and without the element around it, trafilatura's answer was best with this one on news (.950 where it saw the whole
page .935, by characters of 160 pages) and lost least on the other corpus (.899 for .915)."""
MIN_PROSE = 500
"""Characters: a page with less prose has no container."""

_TAG_BITS = {tag: 1 << i for i, tag in enumerate(TAGS)}
_LEAVES = frozenset(("p", "tr", "td", "tbody", "br", "h1", "h2", "h3", "h4"))
"""Elements that many of one kind are in every story."""


class Node:
    """A frame with what lies below it."""

    __slots__ = (
        "blocks", "chosen", "depth", "every", "frame", "half", "hidden", "most", "number", "own", "parent", "prose",
        "series", "share", "tag", "tags",
    )  # fmt: skip

    def __init__(self, frame: Frame, parent: Node | None, number: int) -> None:
        self.frame, self.parent, self.number = frame, parent, number
        self.own, self.tag = cue_bits(frame.element), _TAG_BITS.get(frame.tag, 0)
        self.every: int = self.own | (parent.every if parent else 0)
        self.tags: int = self.tag | (parent.tags if parent else 0)
        self.depth: int = parent.depth + 1 if parent else 0
        self.hidden: bool = bool(parent and parent.hidden) or is_hidden(frame.element)
        self.blocks = self.prose = self.chosen = self.half = self.most = 0
        self.series = 1
        self.share = 0.0


class Outline:
    """The frames around blocks, the outer ones first."""

    def __init__(self, blocks: Sequence[PageBlock]) -> None:
        self.nodes: dict[int, Node] = {}
        self.sizes = [len(block.text) for block in blocks]
        self.prose = [is_paragraph(block) for block in blocks]
        self.own = [self._node(block.frame) for block in blocks]
        for node, size, prose in zip(self.own, self.sizes, self.prose, strict=True):
            node.blocks += 1
            node.prose += size * prose
        order = list(self.nodes.values())
        for node in reversed(order):
            if node.parent is not None:
                node.parent.blocks += node.blocks
                node.parent.prose += node.prose
        self.all_prose = order[0].prose if order else 0
        series = self._series(order)
        for node in order:
            above = node.parent
            node.share = node.prose / (self.all_prose or 1)
            node.half = node.depth if node.share > 0.5 else above.half if above else 0
            node.most = node.depth if node.share > 0.8 else above.most if above else 0
            node.series = max(series[node.number], above.series if above else 1)

    def container(self) -> HtmlElement | None:
        """Return the element that holds the article, by where most of the prose is; None where that says nothing."""
        if self.all_prose < MIN_PROSE:
            return None
        deepest = max((n for n in self.nodes.values() if n.share >= CONTAINER), key=lambda node: node.depth)
        if deepest.parent is None:
            return None
        around = deepest.parent if deepest.parent.parent is not None else deepest
        return around.frame.element

    def choose(self, chosen: Sequence[bool]) -> None:
        """Count for each node the blocks below it that are `chosen`."""
        for node, is_chosen in zip(self.own, chosen, strict=True):
            node.chosen += is_chosen
        for node in reversed(self.nodes.values()):
            if node.parent is not None:
                node.parent.chosen += node.chosen

    def _node(self, frame: Frame) -> Node:
        """Return what is known of a frame."""
        nodes = self.nodes
        for one in unknown_above(frame, nodes):
            nodes[id(one)] = Node(one, nodes[id(one.parent)] if one.parent is not None else None, len(nodes))
        return nodes[id(frame)]

    def _series(self, order: Sequence[Node]) -> list[int]:
        """Return for each node how many elements of its making stand beside it: comments, cards and the next stories
        are written like a story; that they are one of many alike tells them from it."""
        numbers: dict[tuple[int, str, str], int] = {}
        makings = []
        for node in order:
            making = (node.parent.number if node.parent else -1, node.frame.tag, node.frame.element.get("class") or "")
            numbers[making] = numbers.get(making, 0) + 1
            makings.append(making)
        return [1 if making[1] in _LEAVES else numbers[making] for making in makings]


def unknown_above(frame: Frame, known: Container[int]) -> list[Frame]:
    """Return a frame and those around it whose ids are not `known`, the outer ones first; deep trees are no problem:
    nothing here recurses."""
    missing: list[Frame] = []
    step: Frame | None = frame
    while step is not None and id(step) not in known:
        missing.append(step)
        step = step.parent
    return missing[::-1]


def is_paragraph(block: PageBlock) -> bool:
    """Tell whether a block is long and hardly linked enough to be a paragraph of prose."""
    size = len(block.text)
    return size > LONG and 2 * block.linked < size and (block.frame.tag == "p" or block.kind in ("paragraph", "quote"))

"""The elements around a page's blocks: where the prose is, which are menus, and what their names say."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import TypeVar

from lxml.html import HtmlElement

from cleaners.html.blocks import Frame, PageBlock
from cleaners.html.nodes import having
from cleaners.html.terms import is_step
from cleaners.rules.context import reading_length

TAGS = (
    "p", "div", "h1", "h2", "h3", "h4", "li", "ul", "ol", "blockquote", "td", "tr", "table", "pre", "figure",
    "figcaption", "section", "article", "aside", "form", "footer", "header", "nav", "main", "dd", "dt", "span",
)  # fmt: skip
CUES = (
    "article", "body", "content", "story", "text", "post", "entry", "main", "comment", "share", "social", "relat",
    "recommend", "newsletter", "subscri", "promo", "advert", "sponsor", "footer", "header", "nav", "menu", "sidebar",
    "widget", "caption", "byline", "author", "meta", "date", "tag", "title", "headline", "lead", "summary",
    "standfirst", "teaser", "popular", "trending", "cookie", "modal", "paywall", "form", "gallery", "image", "media",
    "video", "credit", "bio", "more", "list", "card", "embed", "quote", "faq", "disclaimer", "copyright", "hidden",
    "intro", "deck", "dek", "subtitle", "excerpt", "toc", "info", "note", "button", "tool", "source", "link", "label",
    "description", "box", "aside", "topic", "donat", "live",
)  # fmt: skip
"""Parts of words in class names and the like, which are English nearly everywhere."""

LONG = 60
"""Characters from which a paragraph that is not mostly links counts as prose."""
CONTAINER = 0.85
"""The article's container is the element around the one that holds this share of the page's prose. Of .70, .85 and .95,
with and without the element around it, this one gave trafilatura's best answer on news (.950; with the whole page .935,
by characters of 160 pages) and cost least on the other corpus (.899; with the whole page .915)."""
MIN_PROSE = 500
"""Characters of prose below which a page has no container."""

CARDS = 3
"""Siblings of the same tag and class from which each of them counts as a box of its own, such as a teaser's card."""

_ATTRIBUTES = ("class", "id", "itemprop", "role", "data-component", "data-testid")
_MAX_NAMES = 500
"""Characters of an element's names that are read: bounds the cost of a hostile class list."""

_CUE_BITS = [(cue, 1 << i) for i, cue in enumerate(CUES)]
_TAG_BITS = {tag: 1 << i for i, tag in enumerate(TAGS)}
_LEAVES = frozenset(("p", "tr", "td", "tbody", "br", "h1", "h2", "h3", "h4"))
"""Elements of which every story has many in a row."""


def cue_bits(attributes: Mapping[str, str]) -> int:
    """Return the cues in an element's names as bits, the first of CUES the lowest."""
    names = " ".join([value for name in _ATTRIBUTES if (value := attributes.get(name))])
    return _bits(names[:_MAX_NAMES]) if names else 0


# the names on a page are mostly those of the pages before it
@lru_cache(maxsize=16384)
def _bits(names: str) -> int:
    low = names.lower()
    return sum([bit for cue, bit in _CUE_BITS if cue in low])


def is_hidden(element: HtmlElement | Mapping[str, str]) -> bool:
    """Tell whether an element is marked as not shown, by itself or its attributes."""
    style = element.get("style") or ""
    return (
        element.get("hidden") is not None
        or element.get("aria-hidden") == "true"
        or ("display" in style and "display:none" in style.replace(" ", ""))
    )


_UNFOLDING = ("h2", "h3", "h4", "h5", "h6", "dt", "summary")
_EXPANDING = ("aria-expanded",)


def unfold(root: HtmlElement) -> None:
    """Show what is folded below a heading: an answer that a click on its question shows is text. Hidden elements right
    behind one that unfolds them are no longer marked as hidden."""
    for element in [*root.iter(*_UNFOLDING), *having(root, _EXPANDING)]:
        below = element.getnext()
        if below is None and (around := element.getparent()) is not None and len(around) == 1:
            below = around.getnext()
        if below is not None and is_hidden(below) and _has_prose(below):
            for name in ("hidden", "aria-hidden", "style"):
                below.attrib.pop(name, None)


def _has_prose(element: HtmlElement) -> bool:
    """Tell whether an element has a sentence's length of text, most of it outside links: a submenu has not."""
    size = len(" ".join("".join(element.itertext()).split()))
    linked = sum(len("".join(link.itertext())) for link in element.iter("a"))
    return size > LONG and 2 * linked < size


class Node:
    """An element around blocks, with counts of what is inside it."""

    __slots__ = (
        "blocks", "box", "chosen", "css", "depth", "every", "frame", "half", "hidden", "is_step", "linked", "most",
        "number", "own", "parent", "prose", "series", "share", "size", "tag", "tags",
    )  # fmt: skip

    def __init__(self, frame: Frame, parent: Node | None, number: int) -> None:
        self.frame, self.parent, self.number = frame, parent, number
        # in one go, since each question to an element costs as much as all of its attributes
        attributes: dict[str, str] = dict(frame.element.items())
        self.own = cue_bits(attributes) if attributes else 0
        self.css: str = attributes.get("class", "")
        may_be_step = "role" in attributes or "itemtype" in attributes
        self.is_step: bool = may_be_step and is_step(frame.tag, attributes)
        self.tag = _TAG_BITS.get(frame.tag, 0)
        self.every: int = self.own | (parent.every if parent is not None else 0)
        self.tags: int = self.tag | (parent.tags if parent is not None else 0)
        self.depth: int = parent.depth + 1 if parent is not None else 0
        self.hidden: bool = (parent is not None and parent.hidden) or (bool(attributes) and is_hidden(attributes))
        self.blocks = self.prose = self.size = self.linked = self.chosen = self.half = self.most = 0
        self.series = 1
        self.share = 0.0
        self.box: Node | None = None
        """The innermost element around it that is one of at least CARDS of a kind, else the outermost; None where that
        is itself."""


class Outline:
    """The elements around blocks, the outer ones first."""

    def __init__(self, blocks: Sequence[PageBlock]) -> None:
        self.nodes: dict[int, Node] = {}
        self.has_steps = False
        """Whether one of them may be a step."""
        self.sizes = [reading_length(block.text) for block in blocks]
        self.prose = [is_paragraph(block) for block in blocks]
        self.own = [self._node(block.frame) for block in blocks]
        self.all_prose = 0
        self._count(blocks)

    def _count(self, blocks: Sequence[PageBlock]) -> None:
        """Count what is inside each node, and draw the conclusions."""
        for i, block in enumerate(blocks):
            node = self.own[i]
            node.blocks += 1
            if self.prose[i]:
                node.prose += self.sizes[i]
            node.size += len(block.text)
            node.linked += block.linked
        order = list(self.nodes.values())
        for node in reversed(order):
            above = node.parent
            if above is not None:
                above.blocks += node.blocks
                above.prose += node.prose
                above.size += node.size
                above.linked += node.linked
        self.all_prose = order[0].prose if order else 0
        series = self._series(order)
        for node in order:
            above, alike = node.parent, series[node.number]
            node.share = node.prose / (self.all_prose or 1)
            node.half = node.depth if node.share > 0.5 else above.half if above is not None else 0
            node.most = node.depth if node.share > 0.8 else above.most if above is not None else 0
            node.series = max(alike, above.series if above is not None else 1)
            if above is not None and alike < CARDS:
                node.box = above if above.box is None else above.box

    def container(self) -> HtmlElement | None:
        """Return the element that holds the article, by where most of the prose is; None for a page with little
        prose."""
        if self.all_prose < MIN_PROSE:
            return None
        deepest = max((n for n in self.nodes.values() if n.share >= CONTAINER), key=lambda node: node.depth)
        if deepest.parent is None:
            return None
        around = deepest.parent if deepest.parent.parent is not None else deepest
        return around.frame.element

    def levels_to(self, headline: int) -> list[int]:
        """Return for each block how many elements up from its own the first one is that holds the `headline` (a block's
        number) too."""
        node: Node | None = self.own[headline]
        around: set[int] = set()
        while node is not None:
            around.add(node.number)
            node = node.parent
        levels: list[int] = []
        for node in self.nodes.values():
            above = node.parent
            levels.append(0 if above is None or node.number in around else 1 + levels[above.number])
        return [levels[node.number] for node in self.own]

    def choose(self, chosen: Sequence[bool]) -> None:
        """Count for each node the `chosen` blocks inside it."""
        for node, is_chosen in zip(self.own, chosen, strict=True):
            node.chosen += is_chosen
        for node in reversed(self.nodes.values()):
            if node.parent is not None:
                node.parent.chosen += node.chosen

    def kin(self) -> list[tuple[str, ...]]:
        """Return for each block what blocks of the same template share: tag and class of their element and of the one
        around it."""
        names: list[tuple[str, ...]] = []
        for node in self.own:
            above = node.parent
            own = (node.frame.tag, node.css)
            names.append(own if above is None else (*own, above.frame.tag, above.css))
        return names

    def parents(self) -> list[int]:
        """Return for each block the number of the element around its own."""
        return [node.number if node.parent is None else node.parent.number for node in self.own]

    def _node(self, frame: Frame) -> Node:
        """Return the node of a frame; make it where it has none, after those of the frames around it."""
        nodes = self.nodes
        for one in unknown_above(frame, nodes):
            above = one.parent
            node = Node(one, nodes[id(above)] if above is not None else None, len(nodes))
            nodes[id(one)] = node
            self.has_steps = self.has_steps or node.is_step
        return nodes[id(frame)]

    def _series(self, order: Sequence[Node]) -> list[int]:
        """Return for each node how many sibling elements share its tag and class. Comments, cards and teasers read like
        a story, but are one of many of their kind."""
        numbers: dict[tuple[int, str, str], int] = {}
        kinds = []
        for node in order:
            kind = (node.parent.number if node.parent is not None else -1, node.frame.tag, node.css)
            numbers[kind] = numbers.get(kind, 0) + 1
            kinds.append(kind)
        return [1 if kind[1] in _LEAVES else numbers[kind] for kind in kinds]


def unknown_above(frame: Frame, known: Mapping[int, object]) -> list[Frame]:
    """Return a frame and the frames around it whose ids are not `known`, the outer ones first. Nothing recurses, so
    deep trees are no problem."""
    missing: list[Frame] = []
    step: Frame | None = frame
    while step is not None and id(step) not in known:
        missing.append(step)
        step = step.parent
    return missing[::-1]


T = TypeVar("T")


def inherited(frame: Frame, known: dict[int, T], outside: T, inside: Callable[[T, Frame], T]) -> T:
    """Return what holds in a frame: what `inside` makes of what holds around it and of the frame; around the outermost
    one, `outside` holds. `known` caches the answers by the frames' ids."""
    missing = unknown_above(frame, known)
    around = missing[0].parent if missing else frame
    found = outside if around is None else known[id(around)]
    for one in missing:
        known[id(one)] = found = inside(found, one)
    return found


def is_paragraph(block: PageBlock) -> bool:
    """Tell whether a block is a paragraph of prose: long, and not mostly links."""
    size = len(block.text)
    return (
        2 * block.linked < size
        and (block.frame.tag == "p" or block.kind in ("paragraph", "quote"))
        # no text reads as shorter than it is
        and (size > LONG or reading_length(block.text) > LONG)
    )


MENU = "block/menu"
LINKED = 0.75
FEWEST = 4
"""An element outside the article's container that holds no paragraph is a menu from this share of characters inside
links and this number of blocks on. On the development corpora these are 53 % of the news pages' blocks that no DOM rule
takes, none of them gold, and 21 % of the other pages', 15 of them gold (.004 % of its characters). With half the
characters linked, or inside the container too, ten to a hundred times as much gold was lost."""


class _Counts:
    """Counts of what is inside an element."""

    __slots__ = ("blocks", "characters", "depth", "is_inside", "linked", "menu", "parent", "prose")

    def __init__(self, parent: _Counts | None) -> None:
        self.parent = parent
        self.depth: int = parent.depth + 1 if parent is not None else 0
        self.blocks = self.characters = self.linked = self.prose = 0
        self.is_inside = False
        """Whether it is the article's container or inside it."""
        self.menu: str = ""
        """Why it is a menu or a part of one."""

    def is_list(self) -> bool:
        return self.prose == 0 and self.blocks >= FEWEST and self.linked >= LINKED * self.characters

    def __str__(self) -> str:
        share = self.linked / self.characters
        return f"one of {self.blocks} blocks in an element without a paragraph, {share:.0%} of it links"


def find_menus(blocks: Sequence[PageBlock]) -> dict[int, str]:
    """Return the numbers of the blocks that are parts of menus, each with the reason; DOM rules' blocks are not
    counted."""
    frames: dict[int, _Counts] = {}
    own = _count(blocks, frames)
    order = list(frames.values())
    if not order or order[0].prose < MIN_PROSE:
        return {}
    container = order[0]
    for below in order:
        if below.depth > container.depth and below.prose >= CONTAINER * order[0].prose:
            container = below
    container.is_inside = True
    for below in order:
        above = below.parent
        if above is not None and above.is_inside:
            below.is_inside = True
        elif above is not None and above.menu:
            below.menu = above.menu
        elif below.is_list():
            below.menu = str(below)
    return {i: below.menu for i, below in own if below.menu}


def _count(blocks: Sequence[PageBlock], frames: dict[int, _Counts]) -> list[tuple[int, _Counts]]:
    """Count what is inside each element; return the blocks' numbers, each with the element that it is in."""
    own: list[tuple[int, _Counts]] = []
    for i, block in enumerate(blocks):
        frame, size = block.frame, len(block.text)
        if frame.mark is not None:
            continue
        below = frames.get(id(frame)) or _below(frame, frames)
        own.append((i, below))
        below.blocks += 1
        below.characters += size
        below.linked += block.linked
        if is_paragraph(block):
            below.prose += size
    for below in reversed(frames.values()):
        above = below.parent
        if above is not None:
            above.blocks += below.blocks
            above.characters += below.characters
            above.linked += below.linked
            above.prose += below.prose
    return own


def _below(frame: Frame, frames: dict[int, _Counts]) -> _Counts:
    for one in unknown_above(frame, frames):
        frames[id(one)] = _Counts(frames[id(one.parent)] if one.parent is not None else None)
    return frames[id(frame)]

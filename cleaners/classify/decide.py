"""Which blocks of a page stand in a given text, aligned in order."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from lxml import etree
from lxml.html import HtmlElement

from cleaners.classify.features import PageFacts, weigh
from cleaners.classify.outline import MENU, Outline, find_menus
from cleaners.classify.trees import BlockModel
from cleaners.html.blocks import EMPTY_TAGS, MAX_CLIMB, MAX_DEPTH, PageBlock, read_blocks
from cleaners.html.tree import body_of
from cleaners.metadata import Metadata
from cleaners.metadata.linked_data import texts
from cleaners.rules.context import is_prose, normal
from cleaners.rules.dom import drop, mark
from cleaners.rules.model import DomRule

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


def main_text(root: HtmlElement, container: HtmlElement | None, url: str | None) -> str:
    """Return what trafilatura takes for the main text, without comments; empty when it finds none. The tree is used up.

    It sees the `container` alone, where there is one: on news it takes a third of the time and finds more.
    Without its metadata, which costs it a third of its time and which `cleaners.metadata` reads in one pass. Fast,
    that is without its comparison with two other extractors: what it finds is one fact among others here. Never with
    `deduplicate`: that is state of the whole process, and the fourth copy of a page would come out empty.
    """
    import trafilatura

    if container is not None:
        root = root.makeelement("html")
        root.append(root.makeelement("body"))
        root[0].append(container)
    try:
        document = trafilatura.bare_extraction(root, url=url, include_comments=False, with_metadata=False, fast=True)
    except RecursionError:
        # it walks down by recursion; a page nested so deeply is no article that it could find
        return ""
    text = getattr(document, "text", None)
    return text if isinstance(text, str) else ""


MAX_SHOWN = 5000
MAX_SHOWN_TEXT = 1_000_000
"""Blocks, and characters of them all, of pages that trafilatura is shown: its time grows faster than they do (a page
nested 2,000 deep takes it 4 s, so MAX_DEPTH holds too). The development corpora's pages have at most 1,477 and
79,661."""
MAX_DESCRIPTIONS = 10
"""Descriptions that blocks are compared with; the development corpora's pages have at most 4."""

_DESCRIPTIONS = ("og:description", "description", "twitter:description")


class View:
    """The free blocks of a page, as the model sees them."""

    def __init__(
        self,
        page: Sequence[PageBlock],
        free: Sequence[int],
        main_of: Callable[[HtmlElement | None], str],
        facts: PageFacts,
    ) -> None:
        """`page`: all blocks; `free`: which of them no rule takes, at least one. `main_of` returns the text that
        trafilatura finds in the element that holds the article, or in the whole page for None: that a block stands
        there is part of the evidence."""
        self.free = free
        self.blocks = blocks = [page[i] for i in free]
        outline = Outline(blocks)
        normals = [normal(block.text) for block in blocks]
        chosen = align_normal(normals, normal(main_of(outline.container())))
        marked = [_beside(page, i) for i in free]
        self.rows = weigh(blocks, outline, [text.split() for text in normals], chosen, marked, facts)
        self.sizes = outline.sizes
        self.likes = [_likes(block) for block in blocks]
        self.parents = [id(block.frame.parent or block.frame) for block in blocks]


def view_page(
    root: HtmlElement, url: str | None, metadata: Metadata, rules: Sequence[DomRule]
) -> tuple[list[PageBlock], View | None, list[str]]:
    """Return all blocks of a page, the view of those that no rule takes and that are no menu, if there are any, and the
    rules that were refused. The tree is used up."""
    facts = _page_facts(root, metadata)
    # once, in C, before the walks over all elements: on news pages every seventh is one of these
    etree.strip_elements(root, *EMPTY_TAGS, with_tail=False)
    marks, refused = mark(root, rules)
    blocks = read_blocks(body_of(root), marks)
    drop(marks)
    for i, why in find_menus(blocks).items():
        blocks[i].menu = why
    free = [i for i, block in enumerate(blocks) if block.rule is None and not block.menu]
    if not free:
        return blocks, None, refused

    def main_of(container: HtmlElement | None) -> str:
        return main_text(root, container, url) if _is_small(blocks) else ""

    return blocks, View(blocks, free, main_of, facts), refused


def _is_small(blocks: Sequence[PageBlock]) -> bool:
    return (
        len(blocks) <= MAX_SHOWN
        and sum(len(block.text) for block in blocks) <= MAX_SHOWN_TEXT
        and max(block.frame.step.depth for block in blocks) <= MAX_DEPTH
    )


def _page_facts(root: HtmlElement, metadata: Metadata) -> PageFacts:
    """Return what the page says of itself as a whole."""
    said: dict[str, str] = {}
    for meta in root.iter("meta"):
        name = (meta.get("property") or meta.get("name") or "").lower()
        if name in _DESCRIPTIONS and (content := meta.get("content")):
            said.setdefault(name, content)
    found = [said[name] for name in _DESCRIPTIONS if name in said] + texts(metadata.node.get("description"))
    kind = str(metadata.node.get("@type"))
    descriptions = tuple(dict.fromkeys(found))[:MAX_DESCRIPTIONS]
    return PageFacts(metadata.title or "", descriptions, "News" in kind or "Reportage" in kind, "Blog" in kind)


def _beside(blocks: Sequence[PageBlock], i: int) -> tuple[bool, bool]:
    """Tell whether what stands right before and behind is taken by a DOM rule, or part of a menu."""
    before, behind = blocks[i - 1 : i], blocks[i + 1 : i + 2]
    return any(b.rule or b.menu for b in before), any(b.rule or b.menu for b in behind)


def _likes(block: PageBlock) -> tuple[str, ...]:
    """Return what blocks of the same making have in common: tag and class of the element and the one around it."""
    frame, parent = block.frame, block.frame.parent
    own = (frame.tag, frame.element.get("class") or "")
    return own if parent is None else (*own, parent.tag, parent.element.get("class") or "")


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
        return Decision(block.rule)
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

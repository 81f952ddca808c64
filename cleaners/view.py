"""A page as the block model sees it: its blocks that no DOM rule takes, with the evidence about each."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lxml import etree
from lxml.html import HtmlElement

from cleaners.align import align_normal, normal
from cleaners.blocks import EMPTY_TAGS, PageBlock, read_blocks
from cleaners.bounds import MAX_DEPTH
from cleaners.dom import drop, mark
from cleaners.extract import main_text
from cleaners.menus import find_menus
from cleaners.metadata import Metadata
from cleaners.metadata.linked_data import texts
from cleaners.model import Outline, PageFacts, weigh
from cleaners.ruleset import DomRule
from cleaners.tree import body_of

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

"""What speaks for and against each block of a page: a row of numbers, in the order of `features.NAMES`."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from cleaners.align import normal
from cleaners.blocks import Frame, PageBlock
from cleaners.model.cues import CUES, cue_bits, is_hidden
from cleaners.model.features import KINDS, TAGS

Matrix = NDArray[np.float32]

LONG = 60
"""Characters: a paragraph this long that is not mostly links counts as prose."""
FIRST_PROSE = 120
"""Characters of the first paragraph that the story itself begins with; what lies between headline and it may be a
standfirst."""
REPEAT_WORDS = 6
"""So many words at a block's beginning that stand elsewhere on the page too make it a pull quote or a second copy."""
HEAD = 200
"""Characters of a block whose wording is looked at: bounds the cost, and what marks debris stands at its beginning."""
MAX_WORDS = 400
"""Words of a block in which others' beginnings are looked for."""

_TAG_BITS = {tag: 1 << i for i, tag in enumerate(TAGS)}
_END = re.compile(r"[.!?…。！？।؟][\"'”’»«)\]]*$")
_STOP = re.compile(r"[.!?。！？।]")
_TIME = re.compile(r"\d{1,2}[:.h]\d\d|\b(?:19|20)\d\d\b")
_PHRASES = re.compile(
    r"newsletter|subscri|sign up|follow us|related|read more|advertis|cookie|comment|photo|getty|reuters|copyright|©"
    r"|all rights|share|click here|e-?mail|facebook|twitter|abonn|mehr|foto|quelle|published|updated|posted|^by |tags?:"
    r"|source|contributed|reporter|register|log ?in|sign in|download|affiliate|whatsapp"
)
_DIGIT = re.compile(r"\d")
_CAPITAL = re.compile("[A-ZÀ-ÖØ-ÞΑ-ΩА-ЯЁ]")


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What is known of the page as a whole."""

    title: str = ""
    descriptions: tuple[str, ...] = ()
    """What its metadata says the article is about."""
    is_news: bool = False
    is_blog: bool = False


class _Node:
    """A frame with what lies below it."""

    __slots__ = (
        "blocks",
        "chosen",
        "depth",
        "every",
        "half",
        "hidden",
        "most",
        "own",
        "parent",
        "prose",
        "share",
        "tag",
        "tags",
    )

    def __init__(self, frame: Frame, parent: _Node | None) -> None:
        self.parent = parent
        self.own, self.tag = cue_bits(frame.element), _TAG_BITS.get(frame.tag, 0)
        self.every: int = self.own | (parent.every if parent else 0)
        self.tags: int = self.tag | (parent.tags if parent else 0)
        self.depth: int = parent.depth + 1 if parent else 0
        self.hidden: bool = is_hidden(frame.element) or bool(parent and parent.hidden)
        self.blocks = self.prose = self.chosen = self.half = self.most = 0
        self.share = 0.0


def weigh(
    blocks: Sequence[PageBlock],
    words: Sequence[list[str]],
    chosen: Sequence[bool],
    marked: Sequence[tuple[bool, bool]],
    page: PageFacts,
) -> Matrix:
    """Return a row for each block. `words`: its words in lower case; `chosen`: whether trafilatura takes it; `marked`:
    whether what stands right before and right behind it on the page is taken by a DOM rule.
    """
    return _Weigher(blocks, words, chosen, marked, page).matrix()


class _Weigher:
    def __init__(
        self,
        blocks: Sequence[PageBlock],
        words: Sequence[list[str]],
        chosen: Sequence[bool],
        marked: Sequence[tuple[bool, bool]],
        page: PageFacts,
    ) -> None:
        self.blocks, self.words, self.chosen, self.marked, self.page = blocks, words, chosen, marked, page
        self.count = len(blocks)
        self.sizes = [len(block.text) for block in blocks]
        self.logs = [math.log1p(size) for size in self.sizes]
        self.links = [block.linked / (size + 1) for block, size in zip(blocks, self.sizes, strict=True)]
        self.prose = [
            size > LONG and 2 * block.linked < size and (block.frame.tag == "p" or block.kind in ("paragraph", "quote"))
            for block, size in zip(blocks, self.sizes, strict=True)
        ]
        self.total = max(1, sum(self.prose))
        self.all_prose = sum(size for size, prose in zip(self.sizes, self.prose, strict=True) if prose) or 1
        self.nodes: dict[int, _Node] = {}
        self.own = [self.node(block.frame) for block in blocks]
        self.sum_up()
        self.copies = Counter(map(tuple, words))
        self.again = self.repeated()
        self.title = normal(page.title).split()
        self.headlines = [
            i for i, block in enumerate(blocks) if block.frame.tag == "h1" or (self.title and words[i] == self.title)
        ]
        self.descriptions = [set(normal(text).split()) for text in page.descriptions if text]
        long = (i for i in range(self.count) if self.prose[i] and self.sizes[i] > FIRST_PROSE)
        self.first_prose = next(long, self.count)

    def node(self, frame: Frame) -> _Node:
        """Return what is known of a frame, the outer ones first; deep trees are no problem: nothing here recurses."""
        missing: list[Frame] = []
        step: Frame | None = frame
        while step is not None and id(step) not in self.nodes:
            missing.append(step)
            step = step.parent
        for one in reversed(missing):
            self.nodes[id(one)] = _Node(one, self.nodes[id(one.parent)] if one.parent is not None else None)
        return self.nodes[id(frame)]

    def sum_up(self) -> None:
        for i, node in enumerate(self.own):
            node.blocks += 1
            node.prose += self.sizes[i] * self.prose[i]
            node.chosen += self.chosen[i]
        for node in reversed(self.nodes.values()):
            if node.parent is not None:
                node.parent.blocks += node.blocks
                node.parent.prose += node.prose
                node.parent.chosen += node.chosen
        for node in self.nodes.values():
            node.share = node.prose / self.all_prose
            above = node.parent
            node.half = node.depth if node.share > 0.5 else above.half if above else 0
            node.most = node.depth if node.share > 0.8 else above.most if above else 0

    def repeated(self) -> list[bool]:
        """Tell for each block whether its first words stand in another one that is at least as long."""
        heads = {tuple(words[:REPEAT_WORDS]) for words in self.words if len(words) >= REPEAT_WORDS}
        first = {head[0] for head in heads}
        places: dict[tuple[str, ...], list[int]] = {}
        for i, words in enumerate(self.words):
            for k, word in enumerate(words[: MAX_WORDS - REPEAT_WORDS]):
                if word in first and (head := tuple(words[k : k + REPEAT_WORDS])) in heads:
                    places.setdefault(head, []).append(i)
        return [
            len(words) >= REPEAT_WORDS
            and any(k != i and self.sizes[k] >= self.sizes[i] for k in places.get(tuple(words[:REPEAT_WORDS]), ())[:50])
            for i, words in enumerate(self.words)
        ]

    def matrix(self) -> Matrix:
        seen = 0
        largest = max(self.sizes, default=1)
        numbers = []
        for i in range(self.count):
            seen += self.prose[i]
            numbers.append([*self.surroundings(i, seen), *self.wording(i, largest)])
        flags = [self.markup(i) for i in range(self.count)]
        return np.hstack([np.array(numbers, dtype=np.float32), np.array(flags, dtype=np.float32)])

    def surroundings(self, i: int, seen: int) -> list[float]:
        node = self.own[i]
        parent = node.parent or node
        ups = []
        step: _Node | None = node
        for _ in range(4):
            ups.append(step.share if step else 0.0)
            step = step.parent if step else None
        depth, count = node.depth + 1, self.count
        before, behind = i > 0, i + 1 < count
        return [
            self.chosen[i], before and self.chosen[i - 1], behind and self.chosen[i + 1],
            parent.chosen / parent.blocks, parent.blocks,
            *ups, node.half, depth - node.half, node.most, depth - node.most,
            self.logs[i], len(self.words[i]), self.links[i], bool(_END.search(self.blocks[i].text[-4:])),
            i / count, seen / self.total, self.total, math.log1p(self.all_prose), count, depth,
            self.logs[i - 1] if before else 0.0, self.links[i - 1] if before else 0.0,
            self.logs[i + 1] if behind else 0.0, self.links[i + 1] if behind else 0.0,
            self.logs[i - 2] if i > 1 else 0.0, self.logs[i + 2] if i + 2 < count else 0.0,
            *self.marked[i], node.hidden, self.blocks[i].after_picture,
            before and self.blocks[i - 1].kind == "heading", behind and self.blocks[i + 1].kind == "heading",
        ]  # fmt: skip

    def wording(self, i: int, largest: int) -> list[float]:
        text, words, size = self.blocks[i].text, self.words[i], self.sizes[i]
        head = text[:HEAD]
        unique = set(words)
        same, covers = self.description(unique)
        headline = max((h for h in self.headlines if h <= i), default=-1)
        between = 0 <= headline < i <= self.first_prose
        first = between and len(words) >= 5 and all(len(self.words[k]) < 5 for k in range(headline + 1, i))
        return [
            len(_DIGIT.findall(head)) / (len(head) + 1), len(_CAPITAL.findall(head)) / (len(head) + 1),
            len(_PHRASES.findall(head.lower())), len(unique.intersection(self.title)) / (len(self.title) + 1),
            bool(self.title) and words == self.title, same, covers, self.again[i], self.copies[tuple(words)],
            len(words) / (len(_STOP.findall(text)) + 1), text[:1].islower(), text[:1] in "\"'“„«‘", text.endswith(":"),
            text.endswith("?"), i - headline if headline >= 0 else -1, headline >= 0, between, first, size / largest,
            size < LONG and bool(_TIME.search(text)), self.page.is_news, self.page.is_blog,
            100 * text.count(",") / (size + 1),
        ]  # fmt: skip

    def description(self, words: set[str]) -> tuple[float, float]:
        if len(words) < 4:
            return 0.0, 0.0
        both = [(len(words & said), said) for said in self.descriptions if said]
        same = max((shared / len(words | said) for shared, said in both), default=0.0)
        return same, max((shared / len(said) for shared, said in both), default=0.0)

    def markup(self, i: int) -> list[int]:
        node = self.own[i]
        names = node.own | (node.parent.own if node.parent else 0)
        kind = self.blocks[i].kind
        return [
            *[kind == one for one in KINDS],
            *_spread(node.tag, len(TAGS)), *_spread(node.tags, len(TAGS)),
            *_spread(names, len(CUES)), *_spread(node.every, len(CUES)),
        ]  # fmt: skip


@lru_cache(maxsize=65536)
def _spread(bits: int, count: int) -> tuple[int, ...]:
    """Return bits as a tuple of 0 and 1, the lowest first."""
    return tuple([bits >> i & 1 for i in range(count)])

"""The features of a block: the numbers that the block model reads, and their names, which removals cite."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cleaners.classify.outline import CUES, TAGS, Outline
from cleaners.html.blocks import PageBlock
from cleaners.rules.context import normal

KINDS = ("heading", "list item", "quote", "table", "code")

CHOICE_NAMES = (
    "in trafilatura's choice", "block before in trafilatura's choice", "block behind in trafilatura's choice",
    "share of siblings in trafilatura's choice",
)  # fmt: skip
"""The first features of a row: 0 where trafilatura was not asked."""
_NUMBERS = (
    *CHOICE_NAMES, "siblings",
    "share of prose 1 up", "share of prose 2 up", "share of prose 3 up", "share of prose 4 up",
    "depth of half the prose", "levels below half the prose", "depth of most prose", "levels below most prose",
    "length", "share of links", "ends like a sentence", "place in page", "place in prose", "prose so far", "paragraphs",
    "prose of page", "blocks", "depth", "number in series",
    "length before", "links before", "length behind", "links behind", "length 2 before", "length 2 behind",
    "taken by a rule before", "taken by a rule behind", "hidden from readers", "after a picture",
    "heading before", "heading behind", "words",
    "digits", "capitals", "stock phrases", "words of the headline", "is the headline", "words of the description",
    "covers the description", "said again elsewhere", "copies", "words a sentence", "begins in lower case",
    "begins with a quotation mark", "ends with a colon", "ends with a question mark", "distance from the headline",
    "behind the headline", "between headline and story", "first behind the headline", "length among blocks",
    "a time or date", "page is news", "page is a blog post", "commas",
    "bold", "italic", "links 1 up", "links 2 up", "links in its box", "blocks in its box", "prose in its box",
    "levels up to the headline", "blocks since a heading", "stock phrases of the heading", "links of the heading",
)  # fmt: skip
OWN_NAMES = (
    *_NUMBERS, *(f"is {kind}" for kind in KINDS), *(f"<{tag}>" for tag in TAGS), *(f"in <{tag}>" for tag in TAGS),
    *(f"named {cue}" for cue in CUES), *(f"inside {cue}" for cue in CUES),
)  # fmt: skip


HEAD = 200
"""Characters of a block whose wording is read: bounds the cost, and what marks debris is at the beginning."""
SHORT = 60
"""Characters: in a line shorter than this a time or date is most of it."""

_END = re.compile(r"[.!?…。！？।؟][\"'”’»«)\]]*$")
_STOPS = ".!?。！？।"
_TIME = re.compile(r"\d{1,2}[:.h]\d\d|\b(?:19|20)\d\d\b")
_PHRASES = (
    "newsletter", "subscri", "sign up", "follow us", "related", "read more", "advertis", "cookie", "comment", "photo",
    "getty", "reuters", "copyright", "©", "all rights", "share", "click here", "email", "e-mail", "facebook", "twitter",
    "abonn", "mehr", "foto", "quelle", "published", "updated", "posted", "tag:", "tags:", "source", "contributed",
    "reporter", "register", "login", "log in", "sign in", "download", "affiliate", "whatsapp",
)  # fmt: skip
_FIRST_PHRASE = "by "
_DIGIT = re.compile(r"\d")
_CAPITAL = re.compile("[A-ZÀ-ÖØ-ÞΑ-ΩА-ЯЁ]")


class Wording(NamedTuple):
    """What the wording of a text shows; shares are of its characters."""

    ends: bool
    digits: float
    capitals: float
    phrases: int
    stops: int
    in_lower_case: bool
    quotes: bool
    colon: bool
    question: bool
    dated: bool
    commas: float


def wording(text: str) -> Wording:
    """Return the numbers for a text. Those of short texts are cached: the same lines are on all pages of a site."""
    return _cached(text) if len(text) <= HEAD else _read(text)


def _read(text: str) -> Wording:
    head, size = text[:HEAD], len(text)
    low = head.lower()
    return Wording(
        bool(_END.search(text[-4:])),
        len(_DIGIT.findall(head)) / (len(head) + 1),
        len(_CAPITAL.findall(head)) / (len(head) + 1),
        sum(map(low.count, _PHRASES)) + low.startswith(_FIRST_PHRASE),
        sum(map(text.count, _STOPS)),
        text[:1].islower(),
        text[:1] in "\"'“„«‘",
        text.endswith(":"),
        text.endswith("?"),
        size < SHORT and bool(_TIME.search(text)),
        100 * text.count(",") / (size + 1),
    )


_cached = lru_cache(maxsize=16384)(_read)


Matrix = NDArray[np.float32]
Column = NDArray[np.float64]

FIRST_PROSE = 120
"""Characters from which a paragraph is the first of the story; what lies between the headline and it may be a
standfirst."""
REPEAT_WORDS = 6
"""First words of a block that, found elsewhere on the page, make it a pull quote or a second copy."""
MAX_COPIES = 50
"""Places of such words that are looked at."""
MAX_WORDS = 400
"""Words of a block in which the beginnings of others are searched for."""
FEW_WORDS = 5
"""Words: a standfirst has at least as many, a label above it fewer."""
LEVELS_UP = 4


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What the metadata says about the page as a whole."""

    title: str = ""
    descriptions: tuple[str, ...] = ()
    """Descriptions of the article."""
    is_news: bool = False
    is_blog: bool = False
    is_declared: bool = False
    """Whether it says that it is an article or a blog post."""


def weigh(
    blocks: Sequence[PageBlock],
    outline: Outline,
    words: Sequence[list[str]],
    marked: Sequence[tuple[bool, bool]],
    page: PageFacts,
) -> Matrix:
    """Return a row of OWN_NAMES for each block, those of CHOICE_NAMES 0; there must be one block.

    `words`: each block's words in lower case; `marked`: whether the blocks right before and right after it are removed
    by rules.
    """
    kinds = [block.kind for block in blocks]
    wordings = [wording(block.text) for block in blocks]
    title = normal(page.title).split()
    columns = [*_place(blocks, outline, wordings), *zip(*marked, strict=True), *_around(blocks, outline)]
    columns += _words(blocks, outline, words, wordings, page, title)
    columns += _units(blocks, outline, words, wordings, title)
    columns += [[kind == one for kind in kinds] for one in KINDS]
    numbers = np.array(columns, dtype=np.float32).T
    nodes = outline.own
    names = [node.own | (node.parent.own if node.parent else 0) for node in nodes]
    flags = [
        _spread([node.tag for node in nodes], len(TAGS)),
        _spread([node.tags for node in nodes], len(TAGS)),
        _spread(names, len(CUES)),
        _spread([node.every for node in nodes], len(CUES)),
    ]
    return np.hstack([numbers, *flags])


def choice(outline: Outline, chosen: Sequence[bool]) -> Matrix:
    """Return a row of CHOICE_NAMES for each block. `chosen`: whether it is part of trafilatura's choice."""
    outline.choose(chosen)
    parents = [node.parent or node for node in outline.own]
    inside = np.array(chosen, float)
    share = np.array([node.chosen / node.blocks for node in parents])
    return np.column_stack([inside, _shift(inside, 1), _shift(inside, -1), share]).astype(np.float32)


def _place(blocks: Sequence[PageBlock], outline: Outline, wordings: Sequence[Wording]) -> list[Column]:
    """Return columns for the position of a block among the others and in the elements around it."""
    nodes, count = outline.own, len(blocks)
    parents = [node.parent or node for node in nodes]
    siblings = np.array([node.blocks for node in parents], float)
    depth, half, most = np.array([(node.depth + 1, node.half, node.most) for node in nodes], float).T
    sizes = np.array(outline.sizes, float)
    lengths = np.array([len(block.text) + 1 for block in blocks], float)
    logs, links = np.log1p(sizes), np.array([block.linked for block in blocks], float) / lengths
    prose = np.array(outline.prose, float)
    total = max(1.0, prose.sum())
    all_prose = float((sizes * prose).sum()) or 1.0
    every = np.ones(count)
    not_asked = np.zeros(count)
    return [
        *[not_asked] * len(CHOICE_NAMES), siblings, *_shares_up(outline), half, depth - half, most, depth - most, logs,
        links, np.array([w.ends for w in wordings], float),
        np.arange(count) / count, prose.cumsum() / total, (sizes * prose).cumsum() / all_prose,
        every * total, every * np.log1p(all_prose), every * count, depth,
        np.log1p(np.array([node.series for node in nodes], float)),
        _shift(logs, 1), _shift(links, 1), _shift(logs, -1), _shift(links, -1), _shift(logs, 2), _shift(logs, -2),
    ]  # fmt: skip


def _shift(column: Column, by: int) -> Column:
    """Return the column moved: each block has the value `by` blocks before it, after it where negative; 0 past the
    edges."""
    moved = np.zeros_like(column)
    if by > 0:
        moved[by:] = column[:-by]
    else:
        moved[:by] = column[-by:]
    return moved


def _shares_up(outline: Outline) -> list[Column]:
    """Return the share of the page's prose in the element around each block, in the one around that, and so on."""
    order = list(outline.nodes.values())
    last = len(order)
    parent = np.array([node.parent.number if node.parent else last for node in order] + [last])
    share = np.array([node.share for node in order] + [0.0])
    at = np.array([node.number for node in outline.own])
    columns = []
    for _ in range(LEVELS_UP):
        columns.append(share[at])
        at = parent[at]
    return columns


def _around(blocks: Sequence[PageBlock], outline: Outline) -> list[Column]:
    heading = np.array([block.kind == "heading" for block in blocks], float)
    hidden = np.array([node.hidden for node in outline.own], float)
    pictures = np.array([block.after_picture for block in blocks], float)
    return [hidden, pictures, _shift(heading, 1), _shift(heading, -1)]


def _words(
    blocks: Sequence[PageBlock],
    outline: Outline,
    words: Sequence[list[str]],
    wordings: Sequence[Wording],
    page: PageFacts,
    title: list[str],
) -> list[Sequence[float] | Column]:
    """Return columns for the words of a block: by themselves, beside the headline and beside other blocks."""
    sets = [set(own) for own in words]
    titles = set(title)
    is_title = [bool(title) and own == title for own in words]
    copies = Counter(map(tuple, words))
    same, covers = _description(sets, page.descriptions)
    largest = max(outline.sizes)
    count = len(blocks)
    return [
        [len(own) for own in words],
        [w.digits for w in wordings], [w.capitals for w in wordings], [w.phrases for w in wordings],
        [len(own & titles) / (len(title) + 1) for own in sets], is_title, same, covers, _again(words, outline.sizes),
        [copies[tuple(own)] for own in words],
        [len(own) / (w.stops + 1) for own, w in zip(words, wordings, strict=True)],
        [w.in_lower_case for w in wordings], [w.quotes for w in wordings],
        [w.colon for w in wordings], [w.question for w in wordings],
        *_headline(blocks, outline, words, is_title), [size / largest for size in outline.sizes],
        [w.dated for w in wordings], [page.is_news] * count, [page.is_blog] * count, [w.commas for w in wordings],
    ]  # fmt: skip


def _units(
    blocks: Sequence[PageBlock],
    outline: Outline,
    words: Sequence[list[str]],
    wordings: Sequence[Wording],
    title: list[str],
) -> list[Sequence[float] | Column]:
    """Return columns for the unit that a block is part of: its emphasis, the elements around it, the box, such as a
    teaser's card, the headline's element, and the heading above it."""
    lengths = np.array([len(block.text) + 1 for block in blocks], float)
    parents = [node.parent or node for node in outline.own]
    boxes = [node.box or node for node in outline.own]
    headline = next((i for i, block in enumerate(blocks) if block.frame.tag == "h1" or words[i] == title != []), -1)
    since: list[float] = []
    phrases: list[float] = []
    linked: list[float] = []
    last, phrases_above, linked_above = -1, 0, 0.0
    for i, block in enumerate(blocks):
        since.append(min(i - last, FAR))
        phrases.append(phrases_above)
        linked.append(linked_above)
        if block.kind == "heading":
            last, phrases_above, linked_above = i, wordings[i].phrases, block.linked / len(block.text)
    return [
        np.array([block.bold for block in blocks], float) / lengths,
        np.array([block.italic for block in blocks], float) / lengths,
        [node.linked / node.size for node in parents],
        [up.linked / up.size for up in (node.parent or node for node in parents)],
        [box.linked / box.size for box in boxes], [box.blocks for box in boxes],
        [box.prose / box.size for box in boxes],
        outline.levels_to(headline) if headline >= 0 else [-1] * len(blocks), since, phrases, linked,
    ]  # fmt: skip


def _headline(
    blocks: Sequence[PageBlock], outline: Outline, words: Sequence[list[str]], is_title: Sequence[bool]
) -> tuple[list[float], ...]:
    """Return columns for a block's position after the headline: how far; whether; whether before the story begins; and
    whether it is the first with some words there."""
    sizes, prose, count = outline.sizes, outline.prose, len(blocks)
    first_prose = next((i for i in range(count) if prose[i] and sizes[i] > FIRST_PROSE), count)
    rows = []
    headline, wordy = -1, False
    for i, block in enumerate(blocks):
        if block.frame.tag == "h1" or is_title[i]:
            headline, wordy = i, False
        between = 0 <= headline < i <= first_prose
        rows.append((
            i - headline if headline >= 0 else -1, headline >= 0, between,
            between and len(words[i]) >= FEW_WORDS and not wordy,
        ))  # fmt: skip
        wordy = wordy or (i > headline and len(words[i]) >= FEW_WORDS)
    return tuple([float(number) for number in column] for column in zip(*rows, strict=True))


def _description(sets: Sequence[set[str]], descriptions: Sequence[str]) -> tuple[list[float], list[float]]:
    """Return how similar each block is to a description of the article, and how much of it the block covers."""
    described = {frozenset(normal(text).split()) for text in descriptions}
    same, covers = [0.0] * len(sets), [0.0] * len(sets)
    for description in described:
        for i, words in enumerate(sets):
            if len(words) >= 4 and (shared := len(words & description)):
                same[i] = max(same[i], shared / (len(words) + len(description) - shared))
                covers[i] = max(covers[i], shared / len(description))
    return same, covers


def _again(words: Sequence[list[str]], sizes: Sequence[int]) -> list[bool]:
    """Tell for each block whether its first words are part of another one that is at least as long."""
    heads = {tuple(own[:REPEAT_WORDS]) for own in words if len(own) >= REPEAT_WORDS}
    first = {head[0] for head in heads}
    places: dict[tuple[str, ...], list[int]] = {}
    for i, own in enumerate(words):
        for k in [k for k, word in enumerate(own[: MAX_WORDS - REPEAT_WORDS]) if word in first]:
            if (head := tuple(own[k : k + REPEAT_WORDS])) in heads:
                places.setdefault(head, []).append(i)
    repeated = {head: those[:MAX_COPIES] for head, those in places.items() if len(those) > 1}
    return [
        bool(repeated) and any(k != i and sizes[k] >= size for k in repeated.get(tuple(own[:REPEAT_WORDS]), ()))
        for i, (own, size) in enumerate(zip(words, sizes, strict=True))
    ]


def _spread(bits: Sequence[int], count: int) -> Matrix:
    """Return numbers as rows of their lowest `count` bits, the lowest first."""
    width = (count + 7) // 8
    packed = np.frombuffer(b"".join([number.to_bytes(width, "little") for number in bits]), np.uint8)
    return np.unpackbits(packed.reshape(-1, width), axis=1, count=count, bitorder="little").astype(np.float32)


NEIGHBOUR_NAMES = (
    "own score", "score 3 before", "score 2 before", "score before", "score behind", "score 2 behind",
    "score 3 behind", "text before it", "blocks since text", "blocks until text", "score of its like",
    "number of its like", "worst of its like", "best of its like", "score of siblings", "number of siblings",
    "score around", "blocks of text", "text of page",
)  # fmt: skip

SURE = 0.6
"""From this score on a block counts as text for its neighbours."""
FAR = 30
"""Blocks: larger distances count as this one."""
REACH = 3.0
"""Blocks over which a neighbour's influence on `score around` fades to 1/e."""
FADED = 60
"""Blocks beyond which no influence is left: exp(-20)."""

_EDGE = -9.0


def surroundings(
    scores: Sequence[float] | Column, sizes: Sequence[int], kin: Sequence[Hashable], parents: Sequence[Hashable]
) -> Matrix:
    """Return a row for each block, in the order of NEIGHBOUR_NAMES. `kin`: equal for blocks in elements of the
    same names."""
    values, lengths = np.array(scores, float), np.array(sizes, float)
    odds = np.log((values + 1e-4) / (1 - values + 1e-4))
    weights = np.log1p(lengths)
    sure = values >= SURE
    text = lengths * sure
    near = np.concatenate([[_EDGE] * 3, odds, [_EDGE] * 3])
    count = len(values)
    like, parent = _numbers(kin), _numbers(parents)
    alike, siblings = np.bincount(like), np.bincount(parent)
    least, most = np.full(len(alike), np.inf), np.full(len(alike), -np.inf)
    np.minimum.at(least, like, odds)
    np.maximum.at(most, like, odds)
    weight = np.bincount(parent, weights)
    heavy = np.where(weight > 0, weight, 1.0)
    columns = [
        odds, *(near[k : k + count] for k in (0, 1, 2, 4, 5, 6)), text.cumsum() / max(text.sum(), 1.0),
        _distances(sure), _distances(sure[::-1])[::-1],
        (np.bincount(like, odds) / np.maximum(alike, 1))[like], alike[like], least[like], most[like],
        (np.bincount(parent, odds * weights) / heavy)[parent], siblings[parent], _smooth(values, weights),
        np.full(count, sure.sum()), np.full(count, np.log1p(text.sum())),
    ]  # fmt: skip
    return np.column_stack(columns).astype(np.float32)


def _numbers(keys: Sequence[Hashable]) -> NDArray[np.int64]:
    known: dict[Hashable, int] = {}
    return np.array([known.setdefault(key, len(known)) for key in keys], np.int64)


def _distances(sure: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return how many blocks back the last sure one is."""
    places = np.arange(len(sure))
    last = np.maximum.accumulate(np.where(sure, places, -FAR)) if len(sure) else places
    return np.minimum(places - last, FAR)


def _smooth(scores: Column, weights: Column) -> Column:
    """Return the weighted mean of the scores around each block; the influence fades in both directions."""
    if not len(scores):
        return scores
    reach = min(len(scores) - 1, FADED)
    kernel = np.exp(-np.abs(np.arange(-reach, reach + 1)) / REACH)
    total = np.convolve(weights, kernel)[reach : reach + len(weights)]
    around = np.convolve(scores * weights, kernel)[reach : reach + len(weights)]
    return np.asarray(around / np.where(total > 0, total, 1.0))

"""The features of a block: the numbers that the block model reads, and their names, which removals cite."""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from inspect import isfunction

import numpy as np
from numpy.typing import NDArray

from cleaners.classify.outline import CUES, TAGS, Node, Outline
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
    "getty", "reuters", "copyright", "all rights", "share", "click here", "email", "e-mail", "facebook", "twitter",
    "abonn", "mehr", "foto", "quelle", "published", "updated", "posted", "tag:", "tags:", "source", "contributed",
    "reporter", "register", "login", "log in", "sign in", "download", "affiliate", "whatsapp",
)  # fmt: skip
_FIRST_PHRASE = "by "
_RIGHTS = "©"
_DIGIT = re.compile(r"\d")
_CAPITAL = re.compile("[A-ZÀ-ÖØ-ÞΑ-ΩА-ЯЁ]")


Wording = tuple[bool, float, float, int, int, bool, bool, bool, bool, bool, float]
"""What the wording of a text shows: whether it ends like a sentence; its share of digits and of capitals; its stock
phrases and full stops; whether it begins in lower case, and with a quotation mark; whether it ends with a colon, and
with a question mark; whether it is short with a time or date; and commas in 100 characters."""


def wording(text: str) -> Wording:
    """Return the numbers for a text. Those of short texts are cached: the same lines are on all pages of a site."""
    return _cached(text) if len(text) <= HEAD else _read(text)


def _read(text: str) -> Wording:
    head, size = text[:HEAD], len(text)
    low = head.lower()
    digits, capitals, phrases = _count_by_sign(head, low) if IS_COMPILED else _count(head, low)
    return (
        _END.search(text[-4:]) is not None,
        digits / (len(head) + 1),
        capitals / (len(head) + 1),
        phrases + low.count(_RIGHTS) + low.startswith(_FIRST_PHRASE),
        sum(map(text.count, _STOPS)),
        text[:1].islower(),
        text[:1] in "\"'“„«‘",
        text.endswith(":"),
        text.endswith("?"),
        size < SHORT and _TIME.search(text) is not None,
        100 * text.count(",") / (size + 1),
    )


def _count(head: str, low: str) -> tuple[int, int, int]:
    """Return the digits and capitals of a text's head, and the stock phrases in it, by its lower case."""
    return len(_DIGIT.findall(head)), len(_CAPITAL.findall(head)), sum(map(low.count, _PHRASES))


def _count_by_sign(head: str, low: str) -> tuple[int, int, int]:
    """Do what `_count` does, sign by sign: in compiled code a tenth of the time, in plain Python several times as
    much."""
    digits = capitals = phrases = 0
    for sign in head:
        if sign <= "9":
            digits += sign >= "0"
        elif sign <= "Z":
            capitals += sign >= "A"
        elif sign >= "À":
            if sign <= "Þ" or "Α" <= sign <= "Ω" or "А" <= sign <= "Я" or sign == "Ё":
                capitals += sign != "×"
            else:
                digits += sign.isdecimal()
    last, ends = " ", dict[str, int]()
    for place, sign in enumerate(low):
        pair = (ord(last) * 32 + ord(sign)) & _PAIRS
        if _BEGINS[pair]:
            for phrase in _BEGINNING[pair]:
                # a phrase does not begin inside itself
                if low.startswith(phrase, place - 1) and ends.get(phrase, 0) < place:
                    phrases += 1
                    ends[phrase] = place - 1 + len(phrase)
        last = sign
    return digits, capitals, phrases


_PAIRS = 1023
"""The bits of the number of two signs that follow each other; different ones may share a number."""
_BEGINNING: dict[int, list[str]] = {}
for _phrase in _PHRASES:
    _BEGINNING.setdefault((ord(_phrase[0]) * 32 + ord(_phrase[1])) & _PAIRS, []).append(_phrase)
_BEGINS = bytes(pair in _BEGINNING for pair in range(_PAIRS + 1))

IS_COMPILED = not isfunction(_count_by_sign)
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


_WIDE = len(_NUMBERS) + len(KINDS)
"""Numbers of a block that are no flags of the elements around it."""
_PLACE = _NUMBERS.index("siblings")
_ENDS = _NUMBERS.index("ends like a sentence")
_MARKED = _NUMBERS.index("taken by a rule before")
_WORDS = _NUMBERS.index("words")
_HEADLINE = _NUMBERS.index("distance from the headline")
_LENGTH = _NUMBERS.index("length among blocks")
_UNIT = _NUMBERS.index("bold")
_KIND_PLACES = {kind: len(_NUMBERS) + n for n, kind in enumerate(KINDS)}


def weigh(
    blocks: Sequence[PageBlock],
    outline: Outline,
    normals: Sequence[str],
    marked: Sequence[tuple[bool, bool]],
    page: PageFacts,
) -> Matrix:
    """Return a row of OWN_NAMES for each block, those of CHOICE_NAMES 0; there must be one block.

    `normals`: each block's text as `normal` gives it; `marked`: whether the blocks right before and right after it are
    removed by rules.
    """
    words = [text.split() for text in normals]
    wordings = [wording(block.text) for block in blocks]
    title = normal(page.title).split()
    is_title = [own == title != [] for own in words]
    is_headline = [is_same or block.frame.tag == "h1" for is_same, block in zip(is_title, blocks, strict=True)]
    sheet = _sheet(len(blocks) * _WIDE)
    _place(sheet, blocks, outline, marked)
    _word(sheet, outline, words, normals, wordings, page, title, is_title)
    _place_by_headline(sheet, outline, words, is_headline)
    _unit(sheet, blocks, outline, wordings, is_headline)
    rows = np.empty((len(blocks), len(OWN_NAMES)), np.float32)
    rows[:, :_WIDE] = _matrix(sheet, _WIDE)
    rows[:, _WIDE:] = _flags(outline.own)
    return rows


Sheet = NDArray[np.float32] | list[float]
"""Rows of numbers, one behind the other, to be filled: an array in compiled code; in plain Python a list, since that
takes a number in a tenth of the time."""


def _sheet(count: int) -> Sheet:
    return np.zeros(count, np.float32) if IS_COMPILED else [0.0] * count


def _matrix(sheet: Sheet, width: int) -> Matrix:
    # numpy reads an array of floats several times as fast as a list of them
    numbers = array("f", sheet) if isinstance(sheet, list) else sheet
    return np.asarray(numbers, np.float32).reshape(-1, width)


def choice(outline: Outline, chosen: Sequence[bool]) -> Matrix:
    """Return a row of CHOICE_NAMES for each block. `chosen`: whether it is part of trafilatura's choice."""
    outline.choose(chosen)
    parents = [node.parent or node for node in outline.own]
    inside = [0, *chosen, 0]
    share = [node.chosen / node.blocks for node in parents]
    return np.array([chosen, inside[:-2], inside[2:], share], np.float32).T


def _place(sheet: Sheet, blocks: Sequence[PageBlock], outline: Outline, marked: Sequence[tuple[bool, bool]]) -> None:
    """Write the position of each block among the others and in the elements around it, and what is beside it."""
    count, sizes, prose = len(blocks), outline.sizes, outline.prose
    logs = np.log1p(np.array(sizes, float)).tolist()
    series = np.log1p(np.array([node.series for node in outline.own], float)).tolist()
    links = [block.linked / (len(block.text) + 1) for block in blocks]
    headings = [block.kind == "heading" for block in blocks]
    all_paragraphs = max(1, sum(prose))
    all_prose = sum([size for size, is_prose in zip(sizes, prose, strict=True) if is_prose]) or 1
    all_prose_log = float(np.log1p(float(all_prose)))
    paragraphs = so_far = 0
    for i, block in enumerate(blocks):
        node = outline.own[i]
        around = node.parent if node.parent is not None else node
        depth = node.depth + 1
        paragraphs += prose[i]
        so_far += sizes[i] if prose[i] else 0
        at = i * _WIDE + _PLACE
        sheet[at] = around.blocks
        up: Node | None = node
        for k in range(LEVELS_UP):
            if up is not None:
                sheet[at + 1 + k] = up.share
                up = up.parent
        at += 1 + LEVELS_UP
        sheet[at], sheet[at + 1] = node.half, depth - node.half
        sheet[at + 2], sheet[at + 3] = node.most, depth - node.most
        sheet[at + 4], sheet[at + 5] = logs[i], links[i]
        at += 7
        sheet[at], sheet[at + 1], sheet[at + 2] = i / count, paragraphs / all_paragraphs, so_far / all_prose
        sheet[at + 3], sheet[at + 4], sheet[at + 5] = all_paragraphs, all_prose_log, count
        sheet[at + 6], sheet[at + 7] = depth, series[i]
        at = i * _WIDE + _MARKED
        if i >= 1:
            sheet[at - 6], sheet[at - 5], sheet[at + 4] = logs[i - 1], links[i - 1], headings[i - 1]
        if i < count - 1:
            sheet[at - 4], sheet[at - 3], sheet[at + 5] = logs[i + 1], links[i + 1], headings[i + 1]
        if i >= 2:
            sheet[at - 2] = logs[i - 2]
        if i < count - 2:
            sheet[at - 1] = logs[i + 2]
        sheet[at], sheet[at + 1] = marked[i]
        sheet[at + 2], sheet[at + 3] = node.hidden, block.after_picture


def _word(
    sheet: Sheet,
    outline: Outline,
    words: Sequence[list[str]],
    normals: Sequence[str],
    wordings: Sequence[Wording],
    page: PageFacts,
    title: list[str],
    is_title: Sequence[bool],
) -> None:
    """Write what the words of each block show: by themselves, beside the headline and beside other blocks."""
    sizes, copies, largest = outline.sizes, Counter(normals), max(outline.sizes)
    same, covers = _description(words, page.descriptions)
    again = _again(words, sizes)
    title_words, in_title = len(title), set(title)
    for i, own in enumerate(words):
        count = len(own)
        ends, digits, capitals, phrases, stops, is_lower, quotes, colon, question, dated, commas = wordings[i]
        sheet[i * _WIDE + _ENDS] = ends
        at = i * _WIDE + _WORDS
        sheet[at], sheet[at + 1], sheet[at + 2], sheet[at + 3] = count, digits, capitals, phrases
        sheet[at + 4] = len(in_title.intersection(own)) / (title_words + 1) if title_words else 0
        sheet[at + 5], sheet[at + 6], sheet[at + 7] = is_title[i], same[i], covers[i]
        sheet[at + 8], sheet[at + 9], sheet[at + 10] = again[i], copies[normals[i]], count / (stops + 1)
        sheet[at + 11], sheet[at + 12], sheet[at + 13], sheet[at + 14] = is_lower, quotes, colon, question
        at = i * _WIDE + _LENGTH
        sheet[at], sheet[at + 1] = sizes[i] / largest, dated
        sheet[at + 2], sheet[at + 3], sheet[at + 4] = page.is_news, page.is_blog, commas


def _place_by_headline(sheet: Sheet, outline: Outline, words: Sequence[list[str]], is_headline: Sequence[bool]) -> None:
    """Write each block's position after the headline: how far; whether; whether before the story begins; and whether
    it is the first with some words there."""
    sizes, prose, count = outline.sizes, outline.prose, len(words)
    first_prose = count
    for i in range(count):
        if prose[i] and sizes[i] > FIRST_PROSE:
            first_prose = i
            break
    headline, is_past_words = -1, False
    for i in range(count):
        is_wordy = len(words[i]) >= FEW_WORDS
        if is_headline[i]:
            headline, is_past_words = i, False
        is_between = 0 <= headline < i <= first_prose
        at = i * _WIDE + _HEADLINE
        sheet[at], sheet[at + 1] = i - headline if headline >= 0 else -1, headline >= 0
        sheet[at + 2], sheet[at + 3] = is_between, is_between and is_wordy and not is_past_words
        is_past_words = is_past_words or (i > headline and is_wordy)


def _unit(
    sheet: Sheet,
    blocks: Sequence[PageBlock],
    outline: Outline,
    wordings: Sequence[Wording],
    is_headline: Sequence[bool],
) -> None:
    """Write what the unit shows that each block is part of: its emphasis, the elements around it, the box, such as a
    teaser's card, the headline's element, and the heading above it; and the block's kind."""
    levels = outline.levels_to(is_headline.index(True)) if True in is_headline else [-1] * len(blocks)
    last, phrases_above, linked_above = -1, 0, 0.0
    for i, block in enumerate(blocks):
        node, size, kind = outline.own[i], len(block.text), block.kind
        around = node.parent if node.parent is not None else node
        above = around.parent if around.parent is not None else around
        box = node.box if node.box is not None else node
        at = i * _WIDE + _UNIT
        sheet[at], sheet[at + 1] = block.bold / (size + 1), block.italic / (size + 1)
        sheet[at + 2], sheet[at + 3] = around.linked / around.size, above.linked / above.size
        sheet[at + 4], sheet[at + 5], sheet[at + 6] = box.linked / box.size, box.blocks, box.prose / box.size
        sheet[at + 7], sheet[at + 8] = levels[i], min(i - last, FAR)
        sheet[at + 9], sheet[at + 10] = phrases_above, linked_above
        if kind == "heading":
            last, phrases_above, linked_above = i, wordings[i][3], block.linked / size
        place = _KIND_PLACES.get(kind, 0)
        if place:
            sheet[i * _WIDE + place] = 1


def _flags(nodes: Sequence[Node]) -> NDArray[np.uint8]:
    """Return for the element of each block its tag, the tags around it, its cues with those of the one around it, and
    all cues around it: a column for each, in the order of OWN_NAMES."""
    count = len(OWN_NAMES) - _WIDE
    width = (count + 7) // 8
    packed = []
    for node in nodes:
        names = node.own | node.parent.own if node.parent is not None else node.own
        bits = node.tag | node.tags << len(TAGS) | (names | node.every << len(CUES)) << 2 * len(TAGS)
        packed.append(bits.to_bytes(width, "little"))
    rows = np.frombuffer(b"".join(packed), np.uint8).reshape(-1, width)
    return np.unpackbits(rows, axis=1, count=count, bitorder="little")


def _description(words: Sequence[list[str]], descriptions: Sequence[str]) -> tuple[list[float], list[float]]:
    """Return how similar each block is to a description of the article, and how much of it the block covers."""
    same, covers = [0.0] * len(words), [0.0] * len(words)
    described = {frozenset(normal(text).split()) for text in descriptions}
    sets = [set(those) for those in words] if described else []
    for description in described:
        size = len(description)
        for i, own in enumerate(sets):
            if len(own) >= 4 and (shared := len(own & description)):
                same[i] = max(same[i], shared / (len(own) + size - shared))
                covers[i] = max(covers[i], shared / size)
    return same, covers


def _again(words: Sequence[list[str]], sizes: Sequence[int]) -> list[bool]:
    """Tell for each block whether its first words are part of another one that is at least as long."""
    heads: set[tuple[str, ...]] = set()
    second: dict[str, set[str]] = {}
    for own in words:
        if len(own) >= REPEAT_WORDS:
            heads.add(tuple(own[:REPEAT_WORDS]))
            second.setdefault(own[0], set()).add(own[1])
    places: dict[tuple[str, ...], list[int]] = {}
    for i, own in enumerate(words):
        some = own[: min(len(own) - REPEAT_WORDS + 1, MAX_WORDS - REPEAT_WORDS)] if len(own) >= REPEAT_WORDS else []
        for k in [k for k, word in enumerate(some) if word in second]:
            if own[k + 1] in second[own[k]] and (head := tuple(own[k : k + REPEAT_WORDS])) in heads:
                places.setdefault(head, []).append(i)
    repeated = {head: those[:MAX_COPIES] for head, those in places.items() if len(those) > 1}
    again = [False] * len(words)
    for i, own in enumerate(words) if repeated else ():
        for k in repeated.get(tuple(own[:REPEAT_WORDS]), ()):
            if k != i and sizes[k] >= sizes[i]:
                again[i] = True
    return again


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
    count = len(values)
    near = np.full(count + 6, _EDGE)
    near[3:-3] = odds
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
        sure.sum(), np.log1p(text.sum()),
    ]  # fmt: skip
    rows = np.empty((count, len(columns)), np.float32)
    for k, column in enumerate(columns):
        rows[:, k] = column
    return rows


def _numbers(keys: Sequence[Hashable]) -> NDArray[np.int64]:
    known: dict[Hashable, int] = {}
    return np.array([known.setdefault(key, len(known)) for key in keys], np.int64)


def _distances(sure: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return how many blocks back the last sure one is."""
    places = np.arange(len(sure))
    last = np.maximum.accumulate(np.where(sure, places, -FAR)) if len(sure) else places
    return np.minimum(places - last, FAR)


@cache
def _kernel(reach: int) -> Column:
    """Return how much the blocks up to `reach` before and behind one count; there are FADED of these."""
    return np.asarray(np.exp(-np.abs(np.arange(-reach, reach + 1)) / REACH))


def _smooth(scores: Column, weights: Column) -> Column:
    """Return the weighted mean of the scores around each block; the influence fades in both directions."""
    if not len(scores):
        return scores
    reach = min(len(scores) - 1, FADED)
    kernel = _kernel(reach)
    total = np.convolve(weights, kernel)[reach : reach + len(weights)]
    around = np.convolve(scores * weights, kernel)[reach : reach + len(weights)]
    return np.asarray(around / np.where(total > 0, total, 1.0))

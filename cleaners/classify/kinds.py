"""Tell what kind of page a page is: an article, a forum thread, a page of a shop and so on.

Facts are what the page declares (JSON-LD, microdata, og:type, the program that made it), its address, and what its
blocks show. Small decision trees weigh them; `python -m benchmarks.train` trains them. The words that count as a
declaration are in `data/kinds.toml`.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Literal
from urllib.parse import urlsplit

import numpy as np
from lxml.html import HtmlElement

from cleaners.classify.features import Matrix
from cleaners.classify.outline import is_paragraph, unknown_above
from cleaners.classify.trees import Trees
from cleaners.html.blocks import Frame, PageBlock
from cleaners.metadata import Metadata

PageKind = Literal[
    "article", "blog", "documentation", "reference", "forum", "product", "service", "listing", "section", "other",
    "unknown",
]  # fmt: skip
TRAINED = ("article", "documentation", "forum", "product", "service", "collection", "listing")
"""The kinds that the trees tell apart; a collection of products is a listing."""

WORDS, DATA = "kinds.toml", "kinds.json"
ARTICLE_FIRST = 2.0
"""The score of an article counts so many times: a product taken for an article costs less than the reverse. Of the
corpora's 1,203 articles 1.0 % are told to be of another trained kind (with 1.6: 1.3 %; none of them is news), and .864
of all pages are told right (with 1.6: .872; with 1: .889)."""
SURE = 0.4
"""Share of all scores below which the best kind is not told: .3 % of the articles and 2.2 % of all pages. With .45 it
would be 4.3 %."""
MIN_HEADLINES = 8
HEADLINE_WORDS = 5
"""A listing with so many linked lines of so many words, or a home page, that shows at most MAX_PRICES is a section."""
MAX_PRICES = 2
CITED = 3
"""Facts that the evidence names at most."""
WEAK = 0.05
"""Share of what speaks for a kind below which a fact is not named."""

MAX_TEXT = 20_000
"""Characters of the text in which words are counted: bounds the cost."""
SHORT = 60
"""Characters: in a shorter line a price, a date or a question is most of it."""
ALL_LINKED = 0.9
FEWEST_ALIKE = 3
"""Elements of one parent and of the same tag and class that count as a series of boxes."""

_COUNTED = ("code", "time", "input", "button")
_LEAVES = frozenset(("p", "tr", "td", "tbody", "li"))
_CURRENCY = "$€£¥₹"
_PRICE = re.compile(rf"[{_CURRENCY}]\s?\d|\d\s?[{_CURRENCY}]")
_TIME = re.compile(r"\d{1,2}[:.h]\d\d|\b(?:19|20)\d\d\b")
_WORD = re.compile(r"[^\W\d_]+")
_ENDING = re.compile(r"\.\w{1,5}$")
_DAY = re.compile(r"/(?:19|20)\d\d[/-]\d\d?")
_RATED = (" i ", " we ", " you ", " our ", "said")
_SAID = ("shipping", "add to ", "get started", "contact us", "sort by", "repl")
"""Words whose number is a fact: by length of the text, and by themselves."""

_PHRASES = {
    "author": "an author is named",
    "date": "a date of publication",
    "date in address": "a date in the address",
    "home page": "the address of a home page",
    "words of title": "a title of {0:.0f} words",
    "words of address": "{n} word{s} at the end of the address",
    "digits of address": "{n} digit{s} at the end of the address",
    "code": "{n} piece{s} of code",
    "time": "{n} marked time{s}",
    "input": "{n} field{s} of forms",
    "button": "{n} button{s}",
    "boxes of articles": "{n} article element{s}",
    "characters": "{n} character{s} of text",
    "blocks": "{n} block{s}",
    "prose": "{n} character{s} of prose",
    "paragraphs": "{n} paragraph{s} of prose",
    "longest": "a longest paragraph of {0:.0f} characters",
    "mean": "paragraphs of {0:.0f} characters on average",
    "linked": "{0:.0%} of the text inside links",
    "links": "{links:.0f} of {blocks:.0f} blocks are links",
    "links share": "{links:.0f} of {blocks:.0f} blocks are links",
    "prose share": "{0:.0%} of the text is prose",
    "prose unlinked": "{0:.0%} of the text outside links is prose",
    "headlines": "{n} linked line{s} as long as a headline",
    "prices": "{n} price{s}",
    "dates": "{n} time{s} and years in short lines",
    "dates share": "{dates:.0f} times and years beside {blocks:.0f} blocks",
    "questions": "{n} question{s} in short lines",
    "pictures": "pictures before {0:.0%} of the blocks",
    "level 2": "{n} heading{s} of level 2",
    "level 3": "{n} heading{s} of level 3",
    "heading": "{0:.0%} of the blocks are headings",
    "list item": "{0:.0%} of the blocks are list items",
    "table": "{0:.0%} of the blocks are rows of tables",
    "quote": "{0:.0%} of the blocks are quotes",
    "alike": "{n} boxes of the same make",
    "alike share": "{alike:.0f} boxes of the same make have {0:.0%} of the text",
    "alike linked": "{alike:.0f} boxes of the same make, {0:.0%} linked",
    "alike prose": "{alike:.0f} boxes of the same make, {0:.0%} prose",
    "alike mean": "{alike:.0f} boxes of the same make, of {0:.0f} characters on average",
    "prose alike": "prose in {n} boxes of the same make",
    "prose alike share": "{prose alike:.0f} boxes of the same make have {0:.0%} of the prose",
    **{word: f'"{word.strip()}" {{0:.1f}} times in 1,000 characters' for word in _RATED},
    **{word: f'"{word.strip()}" {{n}} time{{s}}' for word in _SAID},
}
"""How a fact is said, by its name; what is declared is quoted."""
_TELLING_IF_NONE = (
    "prices", "headlines", "links", "links share", "linked", "prose", "prose share", "prose unlinked", "paragraphs",
    "dates", "alike", "alike share", "prose alike", "prose alike share",
)  # fmt: skip
"""Facts whose absence is evidence as well."""


@dataclass(frozen=True, slots=True)
class KindVerdict:
    """The kind of a page, where it was read, and what speaks for it."""

    kind: PageKind = "unknown"
    source: str = ""
    """`json-ld`, `microdata`, `opengraph`, `meta`, `url` or `page`, by the fact that counted most."""
    evidence: tuple[str, ...] = ()
    """The facts that counted most, in words."""


@dataclass(slots=True)
class KindFacts:
    """What is known about a page: a number for each fact; for what is declared also its source and words."""

    numbers: dict[str, float] = field(default_factory=dict)
    declared: dict[str, tuple[str, str]] = field(default_factory=dict)

    def claim(self, place: str, said: dict[str, str], source: str, sentence: str) -> None:
        """Add a fact for each group of words of `place` in kinds.toml: whether one of its words is said. `said`: words
        in lower case, each with the form in which it is quoted."""
        for group, words in known_words()[place].items():
            found = said.keys() & words
            name = f"{place} {group}"
            self.numbers[name] = max(self.numbers.get(name, 0.0), float(bool(found)))
            if found and name not in self.declared:
                self.declared[name] = source, sentence.format(said[min(found)])

    def tell(self, name: str) -> str:
        """Say a fact in words; empty where it is none."""
        value = self.numbers[name]
        if name in self.declared:
            return self.declared[name][1]
        if name not in _PHRASES or (not value and name not in _TELLING_IF_NONE):
            return ""
        if not value and "alike" in name:
            return f"no {'prose in ' * name.startswith('prose')}boxes of the same make"
        count = f"{value:.0f}" if value else "no"
        return _PHRASES[name].format(value, n=count, s="" if value == 1 else "s", **self.numbers)

    def source(self, name: str) -> str:
        """Return where a fact was read."""
        if name in self.declared:
            return self.declared[name][0]
        return "url" if name.endswith(("address", "home page")) else "page"


@cache
def known_words() -> dict[str, dict[str, frozenset[str]]]:
    """Return the words of kinds.toml, by place and group."""
    data = tomllib.loads((files("cleaners.classify") / "data" / WORDS).read_text("utf-8"))
    return {place: {group: frozenset(words) for group, words in groups.items()} for place, groups in data.items()}


def kind_facts(root: HtmlElement, blocks: Sequence[PageBlock], metadata: Metadata, url: str | None) -> KindFacts:
    """Return the facts of a page. `blocks`: all of them, those that rules remove included; there must be one."""
    facts = KindFacts()
    _declared(facts, root, metadata)
    _address(facts, url or "")
    numbers = facts.numbers
    counts = Counter([element.tag for element in root.iter(*_COUNTED)])
    numbers |= {tag: counts[tag] for tag in _COUNTED}
    sums = _Sums(blocks)
    numbers |= _wording(blocks) | _shares(blocks, sums) | _series(sums)
    return facts


def _declared(facts: KindFacts, root: HtmlElement, metadata: Metadata) -> None:
    types = {name.lower().rpartition("/")[2]: name for name in metadata.types}
    facts.claim("types", types, "json-ld", "declared: JSON-LD {}")
    items = {str(name).strip("/ ").rpartition("/")[2] for name in set(root.xpath("//@itemtype"))}
    facts.claim("types", {name.lower(): name for name in items}, "microdata", "declared: microdata {}")
    kind = metadata.og_type.strip()
    facts.claim("opengraph", {kind.lower().rpartition(":")[2]: kind}, "opengraph", "declared: og:type {}")
    made = {words[0].lower(): words[0] for name in metadata.generators if (words := name.split())}
    facts.claim("software", made, "meta", "made by {}")
    body = root.find("body")
    names = f"{root.get('class') or ''} {'' if body is None else body.get('class') or ''}"[:MAX_TEXT]
    facts.claim("body", {name.lower(): name for name in names.split()}, "page", "the page's class is {}")
    facts.numbers |= {
        "author": bool(metadata.authors), "date": metadata.date is not None,
        "words of title": len((metadata.title or "").split()),
    }  # fmt: skip


def _address(facts: KindFacts, url: str) -> None:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        parts, host = urlsplit(""), ""
    path = [part for part in parts.path.split("/") if part]
    words = {_ENDING.sub("", part.lower()): part for part in path}
    facts.claim("path", words, "url", "/{} in the address")
    facts.claim("host", {label: label for label in host.split(".")[:-1]}, "url", '"{}" in the host\'s name')
    last = path[-1] if path else ""
    facts.numbers |= {
        "has address": bool(host), "home page": bool(host) and not path and not parts.query,
        "words of address": len(_WORD.findall(last)), "digits of address": sum(map(str.isdigit, last)),
        "date in address": bool(_DAY.search(parts.path)),
    }  # fmt: skip


class _Sum:
    """An element around blocks, with sums of what is inside it."""

    __slots__ = ("characters", "key", "linked", "parent", "prose")

    def __init__(self, frame: Frame, parent: _Sum | None) -> None:
        self.parent = parent
        self.key = (id(parent), frame.tag, frame.element.get("class") or "")
        self.characters = self.linked = self.prose = 0


class _Sums:
    """Sums over the blocks of a page, and over those inside each element."""

    def __init__(self, blocks: Sequence[PageBlock]) -> None:
        self.frames: dict[int, _Sum] = {}
        self.paragraphs: list[int] = []
        self.characters = self.linked = self.links = self.headlines = 0
        for block in blocks:
            size, prose = len(block.text), is_paragraph(block)
            for frame in unknown_above(block.frame, self.frames):
                above = self.frames[id(frame.parent)] if frame.parent is not None else None
                self.frames[id(frame)] = _Sum(frame, above)
            own = self.frames[id(block.frame)]
            own.characters += size
            own.linked += block.linked
            self.characters += size
            self.linked += block.linked
            if prose:
                own.prose += size
                self.paragraphs.append(size)
            elif block.linked >= ALL_LINKED * size:
                self.links += 1
                self.headlines += block.text.count(" ") >= HEADLINE_WORDS - 1
        self.prose = sum(self.paragraphs)
        for one in reversed(self.frames.values()):
            if (above := one.parent) is not None:
                above.characters += one.characters
                above.linked += one.linked
                above.prose += one.prose

    def series(self) -> Iterator[list[_Sum]]:
        """Yield elements that share parent, tag and class."""
        alike: dict[tuple[int, str, str], list[_Sum]] = {}
        for one in self.frames.values():
            if one.key[1] not in _LEAVES:
                alike.setdefault(one.key, []).append(one)
        yield from (boxes for boxes in alike.values() if len(boxes) >= FEWEST_ALIKE)


def _wording(blocks: Sequence[PageBlock]) -> dict[str, float]:
    short = "\n".join([block.text for block in blocks if len(block.text) < SHORT])[:MAX_TEXT]
    text = "\n".join([block.text for block in blocks])[:MAX_TEXT].lower()
    priced = any(sign in short for sign in _CURRENCY)
    dates = len(_TIME.findall(short))
    return {
        "prices": len(_PRICE.findall(short)) if priced else 0,
        "dates": dates, "dates share": dates / len(blocks), "questions": short.count("?\n"),
        **{word: 1000 * text.count(word) / (len(text) + 200) for word in _RATED},
        **{word: text.count(word) for word in _SAID},
    }  # fmt: skip


def _shares(blocks: Sequence[PageBlock], sums: _Sums) -> dict[str, float]:
    count, characters, prose = len(blocks), sums.characters, sums.prose
    kinds = Counter([block.kind for block in blocks])
    levels = Counter([block.level for block in blocks if block.kind == "heading"])
    paragraphs = len(sums.paragraphs)
    return {
        "blocks": count, "characters": characters, "prose": prose, "paragraphs": paragraphs,
        "longest": max(sums.paragraphs, default=0), "mean": prose / max(paragraphs, 1),
        "linked": sums.linked / characters, "links": sums.links, "links share": sums.links / count,
        "headlines": sums.headlines, "prose share": prose / characters,
        "prose unlinked": prose / max(characters - sums.linked, 1),
        "pictures": sum([block.after_picture for block in blocks]) / count,
        "heading": kinds["heading"] / count, "list item": kinds["list item"] / count,
        "table": kinds["table"] / count, "quote": kinds["quote"] / count,
        "level 2": levels[2], "level 3": levels[3],
    }  # fmt: skip


def _series(sums: _Sums) -> dict[str, float]:
    alike: list[_Sum] = []
    telling: list[_Sum] = []
    size = prose = 0
    for boxes in sums.series():
        own, told = sum([box.characters for box in boxes]), sum([box.prose for box in boxes])
        if own > size:
            alike, size = boxes, own
        if told > prose:
            telling, prose = boxes, told
    return {
        "boxes of articles": sum([one.key[1] == "article" for one in sums.frames.values()]),
        "alike": len(alike), "alike share": size / sums.characters, "alike mean": size / max(len(alike), 1),
        "alike linked": sum([box.linked for box in alike]) / max(size, 1),
        "alike prose": sum([box.prose for box in alike]) / max(size, 1),
        "prose alike": len(telling), "prose alike share": prose / max(sums.prose, 1),
    }  # fmt: skip


class KindModel:
    """Trees that score a page for each of TRAINED, one set after the other."""

    def __init__(self, names: Sequence[str], trees: Sequence[object]) -> None:
        """Store the trees; those of one kind stand together. `names`: the facts that they read."""
        self.names, self.trees = tuple(names), Trees(trees)
        self.each = len(trees) // len(TRAINED)

    def row(self, facts: KindFacts) -> Matrix:
        """Return a page's facts as the trees read them."""
        return np.array([[facts.numbers[name] for name in self.names]], np.float32)

    def scores(self, facts: KindFacts) -> dict[str, float]:
        """Return the score of each kind that was trained; all are 1 together."""
        leaves = self.trees.leaves(self.row(facts))[0]
        sums = self.trees.value[np.arange(self.trees.count), leaves].reshape(len(TRAINED), self.each).sum(axis=1)
        powers = np.exp(sums - sums.max())
        return dict(zip(TRAINED, (powers / powers.sum()).tolist(), strict=True))

    def credits(self, facts: KindFacts, kind: str) -> list[tuple[str, float]]:
        """Return the facts that speak for a kind, with how much they do, the strongest first."""
        leaves = self.trees.leaves(self.row(facts))[0]
        first = TRAINED.index(kind) * self.each
        own = slice(first, first + self.each)
        trees = np.arange(self.trees.count)[own]
        path, change = self.trees.path[trees, leaves[own]], self.trees.change[trees, leaves[own]]
        moved = np.bincount(path.ravel(), change.ravel(), minlength=len(self.names))
        order = np.argsort(-moved)
        return [(self.names[i], float(moved[i])) for i in order if moved[i] > 0]


@cache
def packaged_kinds() -> KindModel:
    """Return the packaged model, read once in a process."""
    stored = json.loads((files("cleaners.classify") / "data" / DATA).read_bytes())
    return KindModel(stored["names"], stored["trees"])


def tell_kind(
    root: HtmlElement,
    blocks: Sequence[PageBlock],
    metadata: Metadata,
    url: str | None,
    model: KindModel | None = None,
) -> KindVerdict:
    """Tell the kind of a page by its tree, all its blocks, its metadata and its address."""
    if not blocks:
        return KindVerdict()
    model = model or packaged_kinds()
    facts = kind_facts(root, blocks, metadata, url)
    best, sure = best_kind(model.scores(facts))
    if not sure:
        return KindVerdict("other", "page", ("no kind fits well",))
    cited = [(name, said) for name in _strongest(model, facts, best) if (said := facts.tell(name))][:CITED]
    kind, deciding = finer_kind(best, facts)
    if deciding:
        cited = [(name, facts.tell(name)) for name in deciding] + [one for one in cited if one[0] not in deciding]
    source = facts.source(cited[0][0]) if cited else "page"
    return KindVerdict(kind, source, tuple(said for _, said in cited[:CITED]))


def _strongest(model: KindModel, facts: KindFacts, kind: str) -> Iterator[str]:
    credits = model.credits(facts, kind)
    least = WEAK * sum(credit for _, credit in credits)
    return (name for name, credit in credits if credit >= least)


def best_kind(scores: dict[str, float]) -> tuple[str, bool]:
    """Return the kind that fits best, and whether it fits well."""
    raised = scores | {"article": ARTICLE_FIRST * scores["article"]}
    best = max(raised, key=raised.__getitem__)
    # a page that is one of two kinds of listing is surely one
    score = raised["collection"] + raised["listing"] if best in ("collection", "listing") else raised[best]
    return best, score >= SURE * sum(raised.values())


def finer_kind(best: str, facts: KindFacts) -> tuple[PageKind, list[str]]:
    """Return the kind within the one that was trained, and the facts that make it so."""
    numbers = facts.numbers

    def given(*names: str) -> list[str]:
        return [name for name in names if numbers[name]]

    if best in ("article", "documentation", "listing"):
        if found := given("software reference", "body reference", "types reference"):
            return "reference", found
        if (found := given("host reference", "path reference")) and not given("author", "date"):
            return "reference", found
    if best == "article":
        if found := given("types news"):
            return "article", found
        found = given("types blog", "opengraph blog", "software blog", "host blog", "path blog")
        return ("blog", found) if found else ("article", given("types article", "opengraph article"))
    if best == "documentation":
        return "documentation", given("software documentation")
    if best == "forum":
        return "forum", given("types forum", "software forum")
    if best == "product":
        return "product", given("types product", "opengraph product")
    if best == "service":
        return "service", []
    is_shop = best == "collection" or numbers["prices"] > MAX_PRICES
    if not is_shop and (numbers["home page"] or numbers["headlines"] >= MIN_HEADLINES):
        return "section", given("home page", "headlines")
    return "listing", given("types listing", "opengraph listing")

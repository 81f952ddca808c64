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
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import numpy as np
from lxml.html import HtmlElement

from cleaners.classify.outline import is_paragraph, unknown_above
from cleaners.classify.trees import Leaves, Trees
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
corpora's 1,203 articles .9 % are told to be of another trained kind (with 1.6: 1.1 %, with 1: 2.1 %), and of all 1,899
pages 86.7 % are told right (87.6 %, 88.4 %); means of three seeds."""
SURE = 0.34
"""Share of all scores below which no kind is told: 1.1 % of all pages, hardly an article. With .4: 2.8 %, and fewer
pages told right."""
MIN_HEADLINES = 5
HEADLINE_WORDS = 5
"""A listing with so many linked lines of so many words, or a home page, that shows at most MAX_PRICES is a section."""
MAX_PRICES = 2
CITED = 3
"""Facts that the evidence names at most."""
WEAK = 0.05
"""Share of what speaks for a kind below which a fact is not named."""

MAX_TEXT = 10_000
"""Characters of the text in which words are counted: bounds the cost."""
SHORT = 60
"""Characters: in a shorter line a price, a date or a question is most of it."""
ALL_LINKED = 0.9
FEWEST_ALIKE = 3
"""Elements of one parent and of the same tag and class that count as a series of boxes."""

MAX_QUOTED = 100
"""Characters of a declaration that are quoted."""

_COUNTED = ("code", "time", "input", "button")
_TYPED = ("html", "body", "main", "article", "section", "div")
"""Elements whose microdata type is read."""
_BOXES = frozenset(("div", "li", "article", "section"))
"""Elements that may be a box even where text stands in them directly; of others it is the element around them."""
_LEAVES = frozenset(("p", "td", "tbody"))
_CURRENCY = "$€£¥₹"
_NUMBER = re.compile(r"\d[\d:.h]{2,}")
_TIME = re.compile(r"\d{1,2}[:.h]\d\d|(?:19|20)\d\d\b")
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
    "headlines share": "{headlines:.0f} of {blocks:.0f} blocks are linked lines as long as a headline",
    "linked headings": "{n} heading{s} that are links",
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
    "teasers": "{n} boxes with a linked headline",
    "teasers share": "{teasers:.0f} boxes with a linked headline have {0:.0%} of the prose",
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
    "prices", "headlines", "headlines share", "linked headings", "links", "links share", "linked", "prose",
    "prose share", "prose unlinked", "paragraphs", "dates", "teasers", "alike", "alike share", "prose alike",
    "prose alike share",
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
        none, groups = known_words()[place]
        self.numbers = none | self.numbers
        for word in said.keys() & groups.keys():
            sentence_of_word = sentence.format(said[word][:MAX_QUOTED])
            for name in groups[word]:
                self.numbers[name] = 1
                told = self.declared.get(name)
                # of several words the first in the alphabet, so that the order of a set does not matter
                if told is None or (told[0] == source and sentence_of_word < told[1]):
                    self.declared[name] = source, sentence_of_word

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
def known_words() -> dict[str, tuple[dict[str, float], dict[str, list[str]]]]:
    """Return for each place of kinds.toml its facts, none of them given, and the facts that each word is for."""
    data = tomllib.loads((Path(__file__).parent / "data" / WORDS).read_text("utf-8"))
    known = {}
    for place, groups in data.items():
        words: dict[str, list[str]] = {}
        for group in groups:
            for word in groups[group]:
                words.setdefault(word, []).append(f"{place} {group}")
        known[place] = ({f"{place} {group}": 0.0 for group in groups}, words)
    return known


def kind_facts(root: HtmlElement, blocks: Sequence[PageBlock], metadata: Metadata, url: str | None) -> KindFacts:
    """Return the facts of a page. `blocks`: all of them, those that rules remove included; there must be one."""
    facts = declared_facts(root, metadata, url)
    numbers = facts.numbers
    counts = Counter([str(element.tag) for element in root.iter(*_COUNTED)])
    numbers |= {tag: counts[tag] for tag in _COUNTED}
    sums = _Sums(blocks)
    numbers |= _wording(blocks) | _shares(blocks, sums) | _series(sums)
    return facts


def declared_facts(root: HtmlElement, metadata: Metadata, url: str | None) -> KindFacts:
    """Return the facts of a page but for those of its blocks and the numbers of its elements."""
    facts = KindFacts()
    _declared(facts, root, metadata)
    _address(facts, url or "")
    return facts


def _declared(facts: KindFacts, root: HtmlElement, metadata: Metadata) -> None:
    types = {name.lower().rpartition("/")[2]: name for name in metadata.types}
    facts.claim("types", types, "json-ld", "declared: JSON-LD {}")
    stated = {name.strip("/ ").rpartition("/")[2] for tag, name in metadata.items if name and tag in _TYPED}
    facts.claim("types", {name.lower(): name for name in stated}, "microdata", "declared: microdata {}")
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


class _Sums:
    """Sums over the blocks of a page, and over those inside each element that may be a box."""

    def __init__(self, blocks: Sequence[PageBlock]) -> None:
        self.frames: list[Frame] = []
        self.above: list[int] = []
        """The number of the element around each one; -1 for the outermost."""
        self.sizes: list[int] = []
        self.linked_sizes: list[int] = []
        self.prose_sizes: list[int] = []
        self.titled: list[int] = []
        """The linked headlines in each one."""
        self.numbers: dict[int, int] = {}
        self.paragraphs: list[int] = []
        self.links = self.headlines = self.titles = 0
        self.add(blocks)
        self.characters, self.linked, self.prose = sum(self.sizes), sum(self.linked_sizes), sum(self.paragraphs)
        self.add_up()

    def add(self, blocks: Sequence[PageBlock]) -> None:
        """Add blocks to the elements that they stand in."""
        for block in blocks:
            text, linked, frame = block.text, block.linked, block.frame
            size = len(text)
            if frame.tag not in _BOXES and frame.parent is not None:
                frame = frame.parent
            own = self.number(frame)
            self.sizes[own] += size
            if linked:
                self.linked_sizes[own] += linked
            if linked >= ALL_LINKED * size:
                self.links += 1
                is_long, is_title = text.count(" ") >= HEADLINE_WORDS - 1, block.kind == "heading"
                self.headlines += is_long
                self.titles += is_title
                self.titled[own] += is_long or is_title
            elif is_paragraph(block):
                self.prose_sizes[own] += size
                self.paragraphs.append(size)

    def number(self, frame: Frame) -> int:
        """Return the number of an element; if it has none, number those around it first."""
        known = self.numbers.get(id(frame))
        if known is not None:
            return known
        own = -1
        for one in unknown_above(frame, self.numbers):
            self.above.append(self.numbers[id(one.parent)] if one.parent is not None else -1)
            own = self.numbers[id(one)] = len(self.frames)
            self.frames.append(one)
            self.sizes.append(0)
            self.linked_sizes.append(0)
            self.prose_sizes.append(0)
            self.titled.append(0)
        return own

    def add_up(self) -> None:
        """Add what is inside each element to the one around it."""
        for number in range(len(self.above) - 1, 0, -1):
            above = self.above[number]
            if above >= 0:
                self.sizes[above] += self.sizes[number]
                self.linked_sizes[above] += self.linked_sizes[number]
                self.prose_sizes[above] += self.prose_sizes[number]
                self.titled[above] += self.titled[number]

    def series(self) -> Iterator[list[int]]:
        """Yield the numbers of elements that share parent, tag and class."""
        alike: dict[tuple[int, str, str | None], list[int]] = {}
        inside = Counter(self.above)
        for number, (frame, above) in enumerate(zip(self.frames, self.above, strict=True)):
            # the class is read last, since reading it is what costs
            if inside[above] >= FEWEST_ALIKE and frame.tag not in _LEAVES:
                alike.setdefault((above, frame.tag, frame.element.get("class")), []).append(number)
        yield from (boxes for boxes in alike.values() if len(boxes) >= FEWEST_ALIKE)


def _wording(blocks: Sequence[PageBlock]) -> dict[str, float]:
    short = "\n".join([block.text for block in blocks if len(block.text) < SHORT])[:MAX_TEXT]
    text = "\n".join([block.text for block in blocks])[:MAX_TEXT].lower()
    # two steps, since a search for either form would try both at each character
    dates = sum([_TIME.match(number) is not None for number in _NUMBER.findall(short)])
    return {
        "prices": sum([short.count(sign) for sign in _CURRENCY]),
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
        "headlines": sums.headlines, "headlines share": sums.headlines / count, "linked headings": sums.titles,
        "prose share": prose / characters,
        "prose unlinked": min(1.0, prose / max(characters - sums.linked, 1)),
        "pictures": sum([block.after_picture for block in blocks]) / count,
        "heading": kinds["heading"] / count, "list item": kinds["list item"] / count,
        "table": kinds["table"] / count, "quote": kinds["quote"] / count,
        "level 2": levels[2], "level 3": levels[3],
    }  # fmt: skip


def _series(sums: _Sums) -> dict[str, float]:
    alike: list[int] = []
    telling: list[int] = []
    size = prose = teasers = teased = 0
    for boxes in sums.series():
        own, told = sum([sums.sizes[box] for box in boxes]), sum([sums.prose_sizes[box] for box in boxes])
        if own > size:
            alike, size = boxes, own
        if told > prose:
            telling, prose = boxes, told
        titled = sum([sums.titled[box] > 0 for box in boxes])
        if titled >= FEWEST_ALIKE and 2 * titled > len(boxes):
            teasers, teased = max(teasers, titled), max(teased, told)
    return {
        "teasers": teasers, "teasers share": teased / max(sums.prose, 1),
        "boxes of articles": sum([frame.tag == "article" for frame in sums.frames]),
        "alike": len(alike), "alike share": size / sums.characters, "alike mean": size / max(len(alike), 1),
        "alike linked": sum([sums.linked_sizes[box] for box in alike]) / max(size, 1),
        "alike prose": sum([sums.prose_sizes[box] for box in alike]) / max(size, 1),
        "prose alike": len(telling), "prose alike share": prose / max(sums.prose, 1),
    }  # fmt: skip


class KindModel:
    """Trees that score a page for each of TRAINED, one set after the other."""

    def __init__(self, names: Sequence[str], trees: Sequence[object]) -> None:
        """Store the trees; those of one kind stand together. `names`: the facts that they read."""
        self.names, self.trees = tuple(names), Trees(trees)
        self.each = len(trees) // len(TRAINED)

    def leaves(self, facts: KindFacts) -> Leaves:
        """Return for each tree the leaf that a page ends at."""
        row = np.array([[facts.numbers[name] for name in self.names]], np.float32)
        leaves: Leaves = self.trees.leaves(row)[0]
        return leaves

    def scores(self, leaves: Leaves) -> dict[str, float]:
        """Return the score of each kind that was trained; all are 1 together."""
        sums = self.trees.value[np.arange(self.trees.count), leaves].reshape(len(TRAINED), self.each).sum(axis=1)
        powers = np.exp(sums - sums.max())
        return dict(zip(TRAINED, (powers / powers.sum()).tolist(), strict=True))

    def credits(self, leaves: Leaves, kind: str) -> list[tuple[str, float]]:
        """Return the facts that speak for a kind, with how much they do, the strongest first."""
        first = TRAINED.index(kind) * self.each
        trees = np.arange(first, first + self.each)
        path, change = (array[trees, leaves[trees]] for array in self.trees.paths)
        moved = np.bincount(path.ravel(), change.ravel(), minlength=len(self.names))
        order = np.argsort(-moved, kind="stable")[: (moved > 0).sum()]
        return [(self.names[i], float(moved[i])) for i in order]


@cache
def packaged_kinds() -> KindModel:
    """Return the packaged model, read once in a process."""
    stored = json.loads((Path(__file__).parent / "data" / DATA).read_bytes())
    return KindModel(stored["names"], stored["trees"])


def tell_kind(
    root: HtmlElement,
    blocks: Sequence[PageBlock],
    metadata: Metadata,
    url: str | None,
    model: KindModel | None = None,
    *,
    is_declared: bool = False,
) -> KindVerdict:
    """Tell the kind of a page by its tree, all its blocks, its metadata and its address. A page that is declared to be
    one article is asked no more than what kind of article."""
    if not blocks:
        return KindVerdict()
    if is_declared:
        facts = declared_facts(root, metadata, url)
        best = next((kind for kind in ("documentation", "forum") if facts.numbers[f"software {kind}"]), "article")
        kind, deciding = finer_kind(best, facts)
        return KindVerdict(kind, facts.source(deciding[0]) if deciding else "page", tuple(map(facts.tell, deciding)))
    model = model or packaged_kinds()
    facts = kind_facts(root, blocks, metadata, url)
    leaves = model.leaves(facts)
    best, sure = best_kind(model.scores(leaves))
    if not sure:
        return KindVerdict("other", "page", ("no kind fits well",))
    cited = [(name, said) for name in _strongest(model.credits(leaves, best)) if (said := facts.tell(name))][:CITED]
    kind, deciding = finer_kind(best, facts)
    if deciding:
        cited = [(name, facts.tell(name)) for name in deciding] + [one for one in cited if one[0] not in deciding]
    source = facts.source(cited[0][0]) if cited else "page"
    return KindVerdict(kind, source, tuple(said for _, said in cited[:CITED]))


def _strongest(credits: Sequence[tuple[str, float]]) -> Iterator[str]:
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

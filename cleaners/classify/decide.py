"""Decide which blocks of a page are its article: collect the model's input, trafilatura's choice included, and read the
scores."""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import pairwise
from typing import Any

import numpy as np
from lxml import etree
from lxml.html import HtmlElement

from cleaners.classify.check import SENTENCE, checked, is_linked, size_of
from cleaners.classify.confidence import DecisionFacts, doubt_of, measure
from cleaners.classify.features import CHOICE_NAMES, OWN_NAMES, PageFacts, choice, weigh
from cleaners.classify.index_pages import whole_posts
from cleaners.classify.kinds import KindVerdict, PageKind, tell_kind
from cleaners.classify.outline import LONG, MENU, Outline, find_menus, unfold
from cleaners.classify.trees import BlockModel, ModelName, Models, Reasons, Scores
from cleaners.html.blocks import MAX_CLIMB, MAX_DEPTH, Inset, PageBlock, Unread, read_page
from cleaners.html.formulas import write_formulas
from cleaners.html.posts import write_posts
from cleaners.html.terms import defined, titled
from cleaners.html.tree import body_of
from cleaners.html.unread import EMPTY_TAGS, take_out_empty
from cleaners.metadata import Metadata
from cleaners.metadata.linked_data import texts, type_of
from cleaners.rules.choice import USUAL, CleanOptions, Favor
from cleaners.rules.context import PROSE, is_prose, normal, reading_length
from cleaners.rules.dom import drop, mark
from cleaners.rules.model import DomRule, LineRule, PagesOf

NOT_ARTICLE = "block/model"
LINK_LIST = "block/link-list"
WALL = "block/wall"
ELSEWHERE = "block/elsewhere"

OF_LINKS: tuple[PageKind, ...] = ("listing", "product", "service", "documentation", "reference", "forum")
"""Kinds of pages whose text may be links. On the 113 pages of collections of `wcxb-dev-other` this gained .06 of word
F1; with section pages it would have gained .09 on the 94 listings too, but a page of headlines is no text to read."""

SHORT_TEXT = 1000
LEAST_SHARED = 0.5
"""A declared article with fewer characters than SHORT_TEXT gets the other model's answer where the first has less than
this share of it: it knows few short pages, and took the teasers beside a story of two sentences for the story. On the
15 declared articles of the development corpora that are as short, word F1 was .80 with the first model and .79 with the
other."""

LISTS: tuple[PageKind, ...] = ("listing", "section")
"""Kinds of pages where what looks like a menu may be the list that the page is about: 22,000 of the 36,000 characters
of gold that menus took on the four development corpora were on such pages."""

ONE_TEXT: tuple[PageKind, ...] = ("article", "blog", "other", "unknown")
"""Kinds of pages that are index pages where they show several whole posts. The text of a listing is its entries."""

ALL_LINKED = 0.9
"""Share of characters inside links from which a list item counts as nothing but a link."""

UNSURE = 0.2
"""Score from which code, tables that are not mostly links, and standfirsts that a news page's markup names are kept.
Debris seldom has code or a table, and half a table is worse than none; of the eight such standfirsts of the development
corpora with a score from .1 to the threshold, six are gold."""
_STANDFIRST = [
    OWN_NAMES.index(f"named {cue}")
    for cue in ("standfirst", "deck", "dek", "lead", "summary", "excerpt", "intro", "subtitle")
]
_BEFORE_STORY = [
    OWN_NAMES.index(name) for name in ("page is news", "between headline and story", "ends like a sentence")
]

PRECISE = 0.7
GENEROUS = 0.1
"""Scores from which blocks stay where precision is favoured, and where recall is; to the latter trafilatura's choice is
added. The first gains .011 to .017 of word precision on the three corpora of articles for .015 to .023 of recall, at
.9 it is .027 to .033 for .046 to .073; the second gains .005 to .013 of recall for .020 to .024 of precision, and finds
.90 of the words on pages of other kinds instead of .83 (`python -m benchmarks.favor --sweep`)."""

MAX_SHOWN = 5000
MAX_SHOWN_TEXT = 1_000_000
"""Blocks of a page, and characters of all of them, past which trafilatura is not asked: its time grows faster than they
do (4 s for a page nested 2,000 deep, so MAX_DEPTH holds too). The development corpora's pages have at most 1,477 and
79,661."""
MAX_DESCRIPTIONS = 10
"""Descriptions that blocks are compared with; the development corpora's pages have at most 4."""

LEAST_TEXT = 1500
"""Characters of a text below which trafilatura is asked in any case. In so short a text a line is much of it: of our
own golden pages, all as short, five declared articles lost a standfirst, a heading or a table without it. On the
development corpora it changes word F1 by .0001 (by -.0003 on `wcxb-dev-other`), and asks about 2 % more of articles,
5 % more of the other pages."""
ENOUGH_TEXT = 4000
"""Characters of the text of another page from which trafilatura is not asked, whatever the doubt. On the 70 pages of
the development corpora whose scores are in doubt of so long a text, asking it loses .009 of word F1, and takes nearly
half of the time that it takes for all that are in doubt. From 2,500 on, one text of 2,753 would be lost."""
ALONE_DECLARED: tuple[tuple[ModelName, float], ...] = (("article alone", 0.025), ("page alone", 0.05))
ALONE_UNDECLARED: tuple[tuple[ModelName, float], ...] = (("page alone", 0.15),)
"""The models that are asked first about a declared article, and about another page, each with the share of the text
that may be wrong, by its scores, up to which its answer is taken. Where none is, trafilatura is asked.

Cross-validated, F1 over the words of the blocks of declared articles of `fundus-dev`, `andy-news`, `wcxb-dev` and
`wcxb-dev-other` is .9754, .9358, .9626 and .7744 where trafilatura is always asked; .9752, .9352, .9626 and .7755 so,
which asks it on 20, 17, 14 and 80 % of them; .9750, .9356, .9629 and .7744 without the second model (43, 44, 36 and
93 %); .9719, .9347, .9629 and .7789 with .06 for the second; and .9569, .9285, .9625 and .7469 with the first alone.

Word F1 over the other pages of `andy-news`, `wcxb-dev` and `wcxb-dev-other` is .8952, .9439 and .7613 where it is
always asked (26, 302 and 622 pages); .8905, .9420 and .7618 so, which asks it on none, 3 and 20 % of them, and on
another 2 and 6 % for LEAST_TEXT. Over all pages of a corpus that is .0004 and .0007 less, and .0004 more. With .18 and
more, single texts are lost: .002 on two corpora."""

MOST_LISTED = 3
"""Pieces that a rule with `pages` removes from a page that does not say that it is such a page. On the development
corpora's undeclared articles 2 % of the characters of lines that lead to other articles are gold where there are at
most three, and 67 % where there are more."""

_ARTICLE = re.compile(r"(article|blogposting|reportage|report)$", re.IGNORECASE)
"""How the name of a schema.org type ends that makes a page an article."""

ANCHOR_WORDS = 6
"""A block of at least so many words is searched for by itself; a shorter one only between its neighbours, since menu
words ("World", "Share") occur anywhere in a text."""

MAX_PLACES = 4
"""Places that are tried for each of several equal blocks where the text has fewer of them than the page."""

ANCHOR_LENGTH = 36
"""The same in letters, for scripts that put no space between words."""

LOOK_BACK = 60
"""Anchors that are compared with each one to find the best chain: bounds the cost on pages with thousands of blocks."""

MOST_WORK = 200_000_000
"""Characters that are searched for the blocks of one page (about .2 s); blocks beyond that count as missing. The
development corpora's pages have at most 79,661 characters."""

PIECE_WORDS = 6
PIECES = 8
"""A long block that is not in the text as a whole is searched for in so many pieces of so many words, since extractors
drop links and asides from paragraphs; half of the pieces, in order, are enough."""


_Judged = tuple[Scores, list[float], list[bool]]
"""A model's scores, the blocks' scores in view of each other, and whether each is high enough."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a block: it is article where `rule` is empty, else that rule removes it."""

    rule: str = ""
    why: Any = ""
    """The reason, or what works it out when it is first read."""


def decide(
    split: SplitPage, models: Models, options: CleanOptions = USUAL
) -> tuple[list[Decision], DecisionFacts | None, str]:
    """Return a decision for each block of a page; the facts that tell how far to trust them all, None where rules
    remove every block or decide alone; and a flag where the model's answer was added to.

    A DOM rule's or menu's blocks are removed; of the rest the model keeps those that score high enough, and what it
    keeps is held against trafilatura's choice. A page whose text would be links without prose, such as a section page,
    has none, unless links are what a page of its kind is read for.
    """
    page, given = split.blocks, split.given
    if options.only_rules:
        return [Decision(block.rule or "") for block in page], None, ""
    decisions = _by_rules(page)
    if given is None:
        return decisions, None, ""
    kind = "article" if given.is_declared else split.kind.kind
    scores, values, high = _judged(given, models, options.favor)
    # where trafilatura was not asked, it counts as of the same opinion
    chosen_there = high if given.chosen is None else given.chosen
    usual, flag = checked(given.blocks, high, chosen_there, kind, is_declared=given.is_declared)
    kept = _favoured(options.favor, usual, values, chosen_there)
    chosen, judged = (
        [i for i, is_kept in zip(given.free, those, strict=True) if is_kept]
        for those in (kept, usual if options.favor == "recall" else kept)
    )
    if kind not in OF_LINKS and _is_link_list([page[i] for i in judged], PROSE if kind == "section" else SENTENCE):
        flag = ""
        for i in chosen:
            decisions[i] = Decision(LINK_LIST)
    refused = [n for n, is_kept in enumerate(kept) if not is_kept]
    reasons = Reasons(scores, refused, [values[n] for n in refused])
    for k, n in enumerate(refused):
        decisions[given.free[n]] = Decision(NOT_ARTICLE, why=partial(reasons.of, k))
    for i, end in pairwise([*split.posts, len(page)]):
        if decisions[i].rule == NOT_ARTICLE and not all(one.rule for one in decisions[i + 1 : end]):
            # a headline stays with its post
            decisions[i] = Decision()
    stays = [not decisions[i].rule for i in given.free]
    facts = measure(
        given.sizes, values, stays, given.chosen, split.kind.kind, is_declared=given.is_declared, is_fallback=bool(flag)
    )
    return decisions, facts, flag


def _judged(given: ModelInput, models: Models, favor: Favor) -> _Judged:
    """Return what `_scored` does of the first model that is sure of the page's text. trafilatura is asked where none is
    that does not know its choice, and where recall is favoured."""
    if favor != "recall":
        for name, most in ALONE_DECLARED if given.is_declared else ALONE_UNDECLARED:
            judged = _scored(given, models(name))
            size = size_of(given.blocks, judged[2])
            if size < LEAST_TEXT:
                break
            is_enough = not given.is_declared and size >= ENOUGH_TEXT
            if is_enough or doubt_of(given.sizes, *judged[1:]) <= most:
                return judged
    given.ask()
    own = _scored(given, models("article" if given.is_declared else "page"))
    if given.is_declared and size_of(given.blocks, own[2]) < SHORT_TEXT:
        others = _scored(given, models("page"))
        both = [one and other for one, other in zip(own[2], others[2], strict=True)]
        if size_of(given.blocks, both) < LEAST_SHARED * size_of(given.blocks, others[2]):
            return others
    return own


def _favoured(favor: Favor, usual: Sequence[bool], values: Sequence[float], chosen: Sequence[bool]) -> Sequence[bool]:
    """Return which blocks stay where precision or recall is favoured: fewer than usual, or more. A page that has a text
    keeps one. `chosen`: the blocks of trafilatura's choice."""
    if favor == "precision":
        fewer = [is_kept and value >= PRECISE for is_kept, value in zip(usual, values, strict=True)]
        return fewer if any(fewer) else usual
    if favor == "recall":
        return [
            is_kept or value >= GENEROUS or is_chosen
            for is_kept, value, is_chosen in zip(usual, values, chosen, strict=True)
        ]
    return usual


def _scored(given: ModelInput, model: BlockModel) -> _Judged:
    """Return a model's scores, the blocks' scores in view of each other, and whether each is high enough."""
    scores = model.score(given.rows, given.sizes, given.kin, given.parents)
    values, threshold = given.bonds.share(scores.values), model.threshold
    high = [value >= threshold for value in values]
    lenient = min(threshold, UNSURE)
    for n in given.bonds.unsure | given.standfirsts:
        high[n] = values[n] >= lenient
    return scores, values, high


def _by_rules(page: Sequence[PageBlock]) -> list[Decision]:
    """Return what rules and menus decide about each block; blocks that have the same reason share their decision."""
    known: dict[tuple[str | None, str], Decision] = {}
    decisions = []
    for block in page:
        reason = rule, menu = block.rule, block.menu
        decision = known.get(reason)
        if decision is None:
            decision = Decision(rule) if rule else Decision(MENU, why=menu) if menu else Decision()
            known[reason] = decision
        decisions.append(decision)
    return decisions


class _Bonds:
    """What holds blocks of a page together, whatever they score: the rows of a table and the items of a list of links
    share their mean, equal paragraphs beside each other have the best of their scores, code follows the text around it,
    a term its definition, and a step's title its text."""

    def __init__(self, blocks: Sequence[PageBlock], *, has_steps: bool) -> None:
        groups: dict[int, list[int]] = {}
        self.code: list[int] = []
        self.prose: list[int] = []
        for i, block in enumerate(blocks):
            kind = block.kind
            (self.code if kind == "code" else self.prose).append(i)
            is_part = kind == "table" or (kind == "list item" and block.linked >= ALL_LINKED * len(block.text))
            if is_part and block.frame.parent is not None:
                groups.setdefault(_group(block), []).append(i)
        self.groups = list(groups.values())
        self.equal = list(_equal(blocks))
        self.terms = list(defined(blocks))
        self.titles = list(titled(blocks)) if has_steps else []
        self.unsure = set(self.code)
        """The blocks that are kept where the model is unsure."""
        for items in self.groups:
            if blocks[items[0]].kind == "table" and not is_linked([blocks[i] for i in items]):
                self.unsure.update(items)

    def share(self, scores: Sequence[float]) -> list[float]:
        """Return the blocks' scores in view of each other."""
        together, prose = list(scores), self.prose
        for i in self.code:
            at = bisect_left(prose, i)
            before = scores[prose[at - 1]] if at else 0.0
            behind = scores[prose[at]] if at < len(prose) else 0.0
            together[i] = max(scores[i], min(before, behind))
        for copies in self.equal:
            best = max([scores[i] for i in copies])
            for i in copies:
                together[i] = best
        for terms, meaning in self.terms:
            for i in terms:
                together[i] = max(scores[i], scores[meaning])
        for title, text in self.titles:
            together[title] = max(scores[title], scores[text])
        for items in self.groups:
            mean = sum([scores[i] for i in items]) / len(items)
            for i in items:
                together[i] = mean
        return together


def _equal(blocks: Sequence[PageBlock]) -> Iterator[list[int]]:
    """Yield the numbers of equal paragraphs of prose inside one element: extractors keep only the first of them."""
    equal: dict[tuple[int, str], list[int]] = {}
    for i, block in enumerate(blocks):
        if block.kind == "paragraph" and len(block.text) >= LONG and block.frame.parent:
            equal.setdefault((id(block.frame.parent), block.text), []).append(i)
    return (copies for copies in equal.values() if len(copies) > 1)


def _group(block: PageBlock) -> int:
    """Return the id of the frame that a row or an item belongs to: its whole table, or its list."""
    frame = block.frame.parent
    for _ in range(MAX_CLIMB):
        if block.kind != "table" or frame is None or frame.tag == "table" or frame.parent is None:
            break
        frame = frame.parent
    return id(frame)


def _is_link_list(chosen: Sequence[PageBlock], sentence: int) -> bool:
    """Tell whether blocks are mostly links, and none of the others is a sentence of that many characters."""
    return is_linked(chosen) and not any(is_prose(b.text, sentence) and not is_linked([b]) for b in chosen)


class ModelInput:
    """What the block model is given about a page: a row of features for each block that no rule removes."""

    def __init__(
        self,
        page: Sequence[PageBlock],
        free: Sequence[int],
        main_of: Callable[[HtmlElement | None], str],
        facts: PageFacts,
    ) -> None:
        """Build the rows. `page`: all blocks; `free`: the numbers of those that no rule removes, at least one.
        `main_of` returns the text that trafilatura chooses in the element that holds the article, or in the whole page
        for None; it is called where somebody asks."""
        self.free = free
        self.is_declared = facts.is_declared
        self.blocks = blocks = [page[i] for i in free]
        self._outline = outline = Outline(blocks)
        self._normals = normals = [normal(block.text) for block in blocks]
        self._main_of = main_of
        self.chosen: list[bool] | None = None
        """Which blocks are part of trafilatura's choice; None where it was not asked."""
        taken = [False, *[True] * len(page), False]
        for i in free:
            taken[i + 1] = False
        marked = [(taken[i], taken[i + 2]) for i in free]
        self.rows = weigh(blocks, outline, normals, marked, facts)
        self.sizes = outline.sizes
        self.kin, self.parents = outline.kin(), outline.parents()

    @cached_property
    def bonds(self) -> _Bonds:
        """What holds its blocks together."""
        return _Bonds(self.blocks, has_steps=self._outline.has_steps)

    @cached_property
    def standfirsts(self) -> set[int]:
        """The blocks that a news page's markup names as standfirsts, before the story begins."""
        before = np.flatnonzero((self.rows[:, _BEFORE_STORY] > 0).all(axis=1))
        return set(before[(self.rows[before][:, _STANDFIRST] > 0).any(axis=1)].tolist())

    def ask(self) -> None:
        """Ask trafilatura which blocks it chooses, and add that to the rows. The page's tree is used up."""
        if self.chosen is None:
            text = self._main_of(self._outline.container())
            self.chosen = align_normal(self._normals, normal(text))
            self.rows[:, : len(CHOICE_NAMES)] = choice(self._outline, self.chosen)


@dataclass(frozen=True, slots=True)
class SplitPage:
    """A page as blocks."""

    blocks: list[PageBlock]
    """All of them."""
    unread: list[Unread]
    """What a person sees beside the blocks, in page order."""
    given: ModelInput | None
    """The model's input for those that no rule removes and that are in no menu, if there are any."""
    kind: KindVerdict
    refused: list[str]
    """The ids of the rules that were refused."""
    said: frozenset[PagesOf]
    """What the page says of itself that rules ask for."""
    insets: Sequence[Inset] = ()
    """The pictures and messages between the blocks."""
    posts: Sequence[int] = ()
    """The numbers of the headlines of whole posts; a page with several shows no article."""

    @property
    def is_index(self) -> bool:
        """Whether it shows several whole posts."""
        return bool(self.posts)


def split_page(
    root: HtmlElement, url: str | None, metadata: Metadata, rules: Sequence[DomRule], *, only_rules: bool = False
) -> SplitPage:
    """Split a page into blocks, tell its kind, and collect the model's input, but not where only rules decide. The tree
    is used up."""
    facts = _page_facts(metadata)
    write_formulas(root)
    unfold(root)
    write_posts(root)
    # once, in C, before the walks over all elements: on news pages every seventh element is one of these
    places = take_out_empty(root)
    marks, refused, doubted = mark(root, rules)
    insets: list[Inset] = []
    blocks, unread = read_page(body_of(root), marks, places, insets)
    kind = tell_kind(root, blocks, metadata, url, is_declared=facts.is_declared)
    posts: Sequence[int] = ()
    if not facts.is_declared and not only_rules and kind.kind in ONE_TEXT:
        posts = whole_posts(blocks, url, metadata.canonical_url)
    if posts:
        kind = KindVerdict(
            "listing", "page", (f"{len(posts)} whole posts, each with a headline that leads to its own page",)
        )
    said = _said(facts)
    stay = released(Counter(marks.values()), rules, kind, said)
    if kind.kind not in ONE_TEXT:
        stay, refused = stay.union(doubted), sorted([*refused, *doubted])
    if stay:
        for block in blocks:
            if block.rule in stay:
                block.frame.mark = None
        for words in unread:
            if words.rule in stay:
                words.mark = None
        marks = {element: rule for element, rule in marks.items() if rule not in stay}
    # a video counts as a picture, with its words or without
    drop(element for element in marks if element.tag != "video")
    if places:
        etree.strip_elements(root, *EMPTY_TAGS, with_tail=False)
    if only_rules:
        return SplitPage(blocks, unread, None, kind, refused, said, insets, posts)
    if facts.is_declared or kind.kind not in LISTS:
        for i, why in find_menus(blocks).items():
            blocks[i].menu = why
    free = [i for i, block in enumerate(blocks) if block.rule is None and not block.menu]
    if not free:
        return SplitPage(blocks, unread, None, kind, refused, said, insets, posts)

    def main_of(container: HtmlElement | None) -> str:
        return main_text(root, container, url) if _is_small(blocks) else ""

    return SplitPage(blocks, unread, ModelInput(blocks, free, main_of, facts), kind, refused, said, insets, posts)


def _said(facts: PageFacts) -> frozenset[PagesOf]:
    said: list[PagesOf] = ["article"] if facts.is_declared else []
    return frozenset([*said, "news"] if facts.is_declared and facts.is_news else said)


def released(
    fired: Mapping[str, int], rules: Iterable[DomRule | LineRule], kind: KindVerdict, said: frozenset[PagesOf]
) -> frozenset[str]:
    """Return the rules with `pages` that do not apply to this page. `fired`: how much each rule would remove."""
    is_article = kind.kind in ("article", "blog", "unknown")
    return frozenset(
        rule.id
        for rule in rules
        if rule.pages
        and fired.get(rule.id, 0) > (math.inf if is_article and rule.pages in said else MOST_LISTED * is_article)
    )


def _is_small(blocks: Sequence[PageBlock]) -> bool:
    return (
        len(blocks) <= MAX_SHOWN
        and sum(len(block.text) for block in blocks) <= MAX_SHOWN_TEXT
        and max(block.frame.step.depth for block in blocks) <= MAX_DEPTH
    )


def _page_facts(metadata: Metadata) -> PageFacts:
    """Return what the metadata says about the page as a whole."""
    stated = [*metadata.descriptions, *texts(metadata.node.get("description"))]
    kind = str(metadata.node.get("@type"))
    declared = (
        bool(_ARTICLE.search(type_of(metadata.node)))
        # blog software calls every page an article; but only articles have a date of publication
        or (metadata.is_dated and bool(_ARTICLE.search(metadata.og_type)))
        # a page with several items is a list of articles
        or sum([bool(_ARTICLE.search(name.strip())) for _, name in metadata.items]) == 1
    )
    descriptions = tuple(dict.fromkeys(stated))[:MAX_DESCRIPTIONS]
    is_news = "News" in kind or "Reportage" in kind
    return PageFacts(metadata.title or "", descriptions, is_news, "Blog" in kind, declared)


def main_text(root: HtmlElement, container: HtmlElement | None, url: str | None) -> str:
    """Return the text that trafilatura chooses, without comments; empty where it finds none. The tree is used up.

    It is shown the `container` alone, where there is one: on news this takes a third of the time and finds more.
    `with_metadata` is off: it takes a third of trafilatura's time, and `cleaners.metadata` reads the metadata in one
    pass. `fast` skips its comparison with two other extractors: its choice is one fact among others here. Never pass
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
        # it walks the tree by recursion; in a page nested so deeply it would find no article
        return ""
    text = getattr(document, "text", None)
    return text if isinstance(text, str) else ""


def align(blocks: Sequence[str], text: str) -> list[bool]:
    """Tell for each block whether it is part of `text`: the longest chain of long blocks in order, and the short ones
    between them.

    >>> align(["World", "The harbour was closed on Monday.", "Share"], "The harbour was closed on Monday.")
    [False, True, False]
    """
    return align_normal([normal(block) for block in blocks], normal(text))


def align_normal(normals: Sequence[str], whole: str) -> list[bool]:
    """Do what `align` does, with texts in the form that `normal` gives."""
    chain = _chain([(i, *span) for i, span in _spans(normals, whole)])
    inside = [False] * len(normals)
    for i, _, _ in chain:
        inside[i] = True
    edges = [(-1, 0, 1), *chain, (len(normals), len(whole) - 1, len(whole))]
    left = MOST_WORK
    for (i, _, end), (j, start, _) in pairwise(edges):
        window, at = whole[end - 1 : start + 1], 0
        for k in range(i + 1, j):
            left -= len(window) - at
            if left > 0 and len(normals[k]) > 2 and (start_of_block := window.find(normals[k], at)) >= 0:
                inside[k], at = True, start_of_block + len(normals[k]) - 1
    return inside


def _spans(normals: Sequence[str], whole: str) -> Iterator[tuple[int, tuple[int, int]]]:
    """Yield the number of each long block with a place where it is in the text. Of equal blocks, each is paired with
    the places that it may have when all copies are in order."""
    left = MOST_WORK
    copies = Counter(normals)
    places: dict[str, list[tuple[int, int]]] = {}
    passed: Counter[str] = Counter()
    reached = 0
    for i, block in enumerate(normals):
        if left <= 0:
            break
        if block.count(" ") <= ANCHOR_WORDS and reading_length(block) < ANCHOR_LENGTH:
            continue
        if copies[block] == 1:
            # blocks mostly follow each other: searching from the last one on is not quadratic on a long page
            span = _find(whole, block, reached)
            left -= span[1] - reached if span and span[0] >= reached else len(whole)
            if span:
                reached = span[1] - 1
                yield i, span
            continue
        if block not in places:
            places[block] = list(_places(whole, block, copies[block]))
            left -= len(whole)
        first, missing = passed[block], copies[block] - len(places[block])
        passed[block] += 1
        for span in places[block][max(0, first - missing) : first + 1][-MAX_PLACES:]:
            yield i, span


def _places(whole: str, block: str, most: int) -> Iterator[tuple[int, int]]:
    """Yield up to `most` places of a block in the text, in order."""
    span = _find(whole, block)
    while span and most:
        yield span
        most -= 1
        at = whole.find(block, span[1] - 1)
        span = (at, at + len(block)) if at >= 0 else None


def _find(whole: str, block: str, start: int = 0) -> tuple[int, int] | None:
    """Return where a long block is in the text, as a whole or in pieces: at `start` or behind it, else before it."""
    count = block.count(" ") - 1
    at = whole.find(block, start)
    if at < 0 and start:
        at = whole.find(block)
    if at >= 0:
        return at, at + len(block)
    if count < 2 * PIECE_WORDS:
        return None
    words = block.split()
    step = max(PIECE_WORDS, (count - PIECE_WORDS) // (PIECES - 1))
    pieces = [f" {' '.join(words[k : k + PIECE_WORDS])} " for k in range(0, count - PIECE_WORDS + 1, step)]
    start, end, present = -1, 0, 0
    for piece in pieces:
        at = whole.find(piece, max(0, end - 1))
        if at >= 0:
            start, end, present = at if start < 0 else start, at + len(piece), present + 1
    return (start, end) if 2 * present >= len(pieces) else None


def _chain(anchors: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    best: list[int] = []
    previous: list[int] = []
    for a, (i, at, end) in enumerate(anchors):
        weight, p = max(
            ((best[c], c) for c in range(max(0, a - LOOK_BACK), a) if anchors[c][1] < at and anchors[c][0] < i),
            default=(0, -1),
        )
        best.append(weight + end - at)
        previous.append(p)
    chain: list[tuple[int, int, int]] = []
    a = max(range(len(best)), key=best.__getitem__) if best else -1
    while a >= 0:
        chain.append(anchors[a])
        a = previous[a]
    return chain[::-1]

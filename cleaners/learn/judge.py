"""Judge how likely a line that comes back is debris: collect facts and add up their weights."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from cleaners.learn.host_lines import MOST, OWN, HostLines
from cleaners.learn.line_hashes import SOME_WORDS, size_of
from cleaners.learn.occurrences import Occurrence
from cleaners.learn.repeats import MIN_PAGES, Repeat
from cleaners.rules.context import ends

LIKELY = 0.7
"""Lines with at least this probability are proposed."""
BIAS = -1.8
"""The score of a line without any fact: repetition alone is right in 36 % of cases."""

A_PAGE = 1.5
"""A line that comes more often than this on its pages, on average, belongs to the article: the speakers of an
interview, the times of a live report."""
REMOVED = 0.5
"""Rules that removed a line on other pages count when those pages are at least this share of the pages where the line
was kept: the block model, too, removes the same article line wrongly on some pages."""


class Fact(Enum):
    """A fact for or against a line being debris: the sentence that people read, and what it adds to the score.

    The weights were set by hand from the planted hosts (benchmarks/planted) and those hosts of the development corpora
    that have several pages, and rounded: a proposal depends on the sum, hardly on any one. With them none of 110
    proposals on the planted hosts at 10 pages is wrong, and 92 % of the debris lines are found; without those against
    headings, lists and rare notes 41 % were wrong. On 292 hosts made of the corpora's gold texts, with six debris lines
    planted in each, none is wrong.
    """

    ON_NEARLY_EVERY_PAGE = ("on nearly every page", 2.6)
    ON_MOST_PAGES = ("on more than half of the pages", 2.2)
    ON_HALF_OF_PAGES = ("on about half of the pages", 1.7)
    ON_MANY_PAGES = ("on many pages", 1.4)
    ON_SOME_PAGES = ("on one page of five to one of three", -1.5)
    ON_FEW_PAGES = ("on few pages", -2.2)
    ON_TWO_PAGES = ("on two pages only", -1.8)
    ON_THREE_PAGES = ("on three pages only", -0.5)
    ON_FIVE_PAGES = ("on five pages or more", 0.4)
    ON_TEN_PAGES = ("on ten pages or more", 0.4)
    LONG = ("six words or more", 1.0)
    VERY_SHORT = ("one or two words", -1.0)
    STEADY_FROM_END = ("always equally far from the end", 0.9)
    STEADY_FROM_BEGINNING = ("always equally far from the beginning", 0.4)
    HEADING = ("a heading", -1.0)
    HEADS_TEXT = ("followed by other text each time, as a heading is", -2.5)
    NO_FULL_STOP = ("in the midst of the text, without a full stop", -1.0)
    QUESTION = ("a question in the midst of the text", -3.0)
    SEVERAL_TIMES_A_PAGE = ("several times on a page", -1.5)
    ONE_OF_MANY = ("among things of one kind that change from page to page", -2.0)
    NUMBERED = ("a label or a word or two with a number", -2.0)
    FIGURE = ("a figure that changes from page to page, among short lines", -6.0)
    BESIDE_FIGURES = ("beside figures that change from page to page", -3.0)
    NO_LETTER = ("without a letter", -6.0)
    NO_ELEMENT = ("nothing is known of its element", -0.5)
    LIST_ITEM = ("an item of a list", -2.5)
    TABLE_ROW = ("a row of a table", -6.0)
    QUOTED = ("in quotation marks", -2.5)
    REFERENCE = ("written as a reference: a name with its initials first", -3.0)
    TEMPLATE = ("the same but for one place", -0.3)
    LABEL_BEFORE = ("a label with something behind it", 0.7)
    OTHER_HEADLINE_IN_IT = ("the same but for the headline of another page", 2.0)
    STANDS_APART = ("in an element that holds none of the articles' own text", 1.2)
    AMONG_OWN_LINES = ("among lines of the articles' own text", -0.5)
    OUTSIDE_ARTICLE = ("outside the element that holds the article", 1.0)
    SAME_LINK = ("a link to the same place every time", 3.0)
    LINK = ("a link", 1.0)
    SAME_LINK_IN_IT = ("a link in it to the same place every time", 0.7)
    SAME_SITE_LINK_IN_IT = ("a link in it to the same page of the site, no article, every time", 2.0)
    NAMES_SITE = ("it names the site", 0.7)
    OVER_DEBRIS = ("over a line that is debris", 2.5)
    UNDER_DEBRIS_HEADING = ("under a heading that is debris", 1.5)
    REMOVED_ELSEWHERE = ("rules took it on other pages", 1.5)
    OFFER = ("words of an offer or a notice", 0.8)
    OTHER_HEADLINE = ("the headline of another page", 2.0)

    def __init__(self, sentence: str, weight: float) -> None:
        self.sentence, self.weight = sentence, weight

    def __str__(self) -> str:
        return f"{self.sentence} ({self.weight:+.1f})"


SHARES = (
    (0.64, 0.0, Fact.ON_NEARLY_EVERY_PAGE),
    (0.38, 0.0, Fact.ON_MOST_PAGES),
    (0.31, 0.0, Fact.ON_HALF_OF_PAGES),
    (0.26, 0.38, Fact.ON_MANY_PAGES),
    (0.12, 0.0, Fact.ON_SOME_PAGES),
)
"""The least lower bound of the share of pages, the least measured share, and the fact that holds from both on. The rows
mean: 8 of 10 pages, 6 of 10 or 23 of 50, 5 of 10 or 19 of 50, 4 of 10, 3 of 10 or 9 of 50. Of the planted hosts'
editors' notes that stand on three pages of ten, some are seen on 37 % of 40."""

_NUMBERED = re.compile(r"[^\W\d][^:：]{0,25}[:：]\s*\W?\d")
"""`Serves: 4`, `Time: 90 minutes`: what an article says of its subject."""
_REFERENCE = re.compile(r"[^\W\d_][\w'’-]+, (?:[^\W\d_]\.[ -]?)+")
"""`Oake, H. Sand that walks. 2019.`"""
_QUESTION_MARKS = ("?", "？", "؟")
_QUOTES = frozenset('"“”„‟«»‹›「」『』')
CUES = re.compile(
    r"newsletter|subscri|sign[ -]?up|follow us|read more|©|copyright|all rights|cookie|advert|\b(our|us|your?)\b"
    r"|click|tap here|download|\bapps?\b|e-?mail|whatsapp|facebook|telegram|donat|support us|share|comment|related"
    r"|abonn|anmeld|unser|mehr zum|lesen sie|jetzt|teilen|nos |notre|votre|vos |inscri|lire aussi|suivez"
    r"|nuestr|suscr|síguenos|lea también|compart|nostr|iscriv|leggi anche|seguici|nosso|nossa|assine|leia também"
    r"|onze|lees ook|schrijf je|nasz|zapisz|czytaj także|подпис|читайте также|наш"
    r"|登録|フォロー|订阅|关注|구독|اشترك|تابع",
    re.IGNORECASE,
)
"""Words of an offer or a notice."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How likely a line is debris, and why."""

    probability: float
    facts: tuple[str, ...]
    """The facts that hold, each with its weight; the greatest weight first."""


def judge(
    repeat: Repeat,
    occurrences: Sequence[Occurrence],
    host_lines: HostLines,
    *,
    words: int | None = None,
    also: Iterable[Fact] = (),
) -> Verdict:
    """Return how likely a line is debris.

    For lines of one template, `words` is how many words are the same in all. `also` are further facts that hold.
    """
    of_text = _facts_of_text(repeat, occurrences[0].text, words)
    of_occurrences = _facts_of_occurrences(repeat, occurrences, host_lines, words)
    facts = dict.fromkeys([*_facts_of_repeat(repeat, words), *of_text, *of_occurrences, *also])
    score = BIAS + sum(fact.weight for fact in facts)
    order = sorted(facts, key=lambda fact: (-abs(fact.weight), fact.sentence))
    return Verdict(1 / (1 + math.exp(-score)), tuple(map(str, order)))


def _facts_of_repeat(repeat: Repeat, words: int | None) -> Iterator[Fact]:
    shares = (fact for least, measured, fact in SHARES if repeat.surely >= least and repeat.lasting >= measured)
    yield next(shares, Fact.ON_FEW_PAGES)
    if len(repeat.pages) == 2:
        yield Fact.ON_TWO_PAGES
    if len(repeat.pages) == 3:
        yield Fact.ON_THREE_PAGES
    if len(repeat.pages) >= 5:
        yield Fact.ON_FIVE_PAGES
    # an author's habit, too, may be on many pages, but not on so large a share
    if len(repeat.pages) >= 10 and repeat.surely >= SHARES[1][0]:
        yield Fact.ON_TEN_PAGES
    if repeat.times > A_PAGE * len(repeat.pages):
        yield Fact.SEVERAL_TIMES_A_PAGE
    if words is not None:
        yield Fact.TEMPLATE
    if words >= SOME_WORDS if words is not None else size_of(repeat.line) >= 2:
        yield Fact.LONG
    elif words is None and size_of(repeat.line) == 0:
        yield Fact.VERY_SHORT
    if repeat.steady >= 0.8 and repeat.position != "body":
        yield Fact.STEADY_FROM_END if repeat.position == "tail" else Fact.STEADY_FROM_BEGINNING
    if repeat.removed_on >= max(2, REMOVED * len(repeat.pages)):
        yield Fact.REMOVED_ELSEWHERE
    if repeat.headline:
        yield Fact.OTHER_HEADLINE


def _facts_of_text(repeat: Repeat, text: str, words: int | None) -> Iterator[Fact]:
    if not any(map(str.isalpha, text)):
        yield Fact.NO_LETTER
    short = words is None and size_of(repeat.line) == 0 and any(map(str.isdigit, text))
    if short or _NUMBERED.match(text):
        yield Fact.NUMBERED
    if text.rstrip('"”’»')[-1:] in _QUESTION_MARKS and repeat.position == "body":
        yield Fact.QUESTION
    if CUES.search(text):
        yield Fact.OFFER
    if text[:1] in _QUOTES and text.rstrip(" .,")[-1:] in _QUOTES:
        yield Fact.QUOTED
    if _REFERENCE.match(text):
        yield Fact.REFERENCE


def _facts_of_occurrences(
    repeat: Repeat, occurrences: Sequence[Occurrence], host_lines: HostLines, words: int | None
) -> Iterator[Fact]:
    first = occurrences[0]
    several = len(repeat.pages) >= MIN_PAGES  # what two pages have in common may be chance
    if host_lines.shared_apart(occurrences):
        yield Fact.STANDS_APART
    elif sum(map(host_lines.own_share, occurrences)) >= OWN * len(occurrences):
        yield Fact.AMONG_OWN_LINES
    if not first.linked and host_lines.is_one_of_many(first):
        yield Fact.ONE_OF_MANY
    if host_lines.is_figure(occurrences):
        yield Fact.FIGURE
    elif host_lines.is_beside_figures(occurrences):
        yield Fact.BESIDE_FIGURES
    if not first.chain:
        yield Fact.NO_ELEMENT
    elif _most(not occurrence.inside for occurrence in occurrences):
        yield Fact.OUTSIDE_ARTICLE
    kind = Counter(occurrence.kind for occurrence in occurrences).most_common(1)[0][0]
    if kind == "heading":
        yield Fact.HEADING
    elif kind == "list item" and not first.linked:
        yield Fact.LIST_ITEM
    elif kind == "table" and " | " in first.text:
        yield Fact.TABLE_ROW
    short = words is None and size_of(repeat.line) < 2
    if _is_heading(repeat, occurrences, host_lines, short=short):
        yield Fact.HEADS_TEXT
    elif repeat.position == "body" and words is None and not ends(first.text) and not first.linked:
        yield Fact.NO_FULL_STOP
    if _most(occurrence.linked for occurrence in occurrences):
        yield Fact.SAME_LINK if _same_target(occurrences) else Fact.LINK
    elif several and (target := _same_target(occurrences)) is not None:
        # a page elsewhere, or an article of the archive, may be a source
        yield Fact.SAME_SITE_LINK_IN_IT if host_lines.is_own_page(target) else Fact.SAME_LINK_IN_IT
    if several and _most(occurrence.named for occurrence in occurrences):
        yield Fact.NAMES_SITE


def _is_heading(repeat: Repeat, occurrences: Sequence[Occurrence], host_lines: HostLines, *, short: bool) -> bool:
    """Tell whether a line looks like a heading, and stands over the article's text as headings do."""
    first = occurrences[0]
    if first.kind != "heading":
        is_sentence = ends(first.text) and not first.text.endswith((":", "："))
        if not short or is_sentence or len({occurrence.text for occurrence in occurrences}) > 1:
            return False
        if _most(occurrence.linked for occurrence in occurrences) and _same_target(occurrences):
            return False
    return host_lines.head_own(occurrences) if first.chain else repeat.opens >= 0.5


def _same_target(occurrences: Sequence[Occurrence]) -> str | None:
    """Return the one address that most links of the lines go to, or None."""
    targets = Counter(occurrence.targets for occurrence in occurrences if any(occurrence.targets))
    most, times = targets.most_common(1)[0] if targets else ((), 0)
    return next(filter(None, most), None) if times >= MOST * len(occurrences) else None


def _most(properties: Iterable[bool]) -> bool:
    values = list(properties)
    return sum(values) >= MOST * len(values)


def judge_lines(
    repeats: Iterable[Repeat], host_lines: HostLines, in_templates: set[int]
) -> list[tuple[Repeat, Verdict, Sequence[Occurrence]]]:
    """Return the repeated lines that are likely debris, except those `in_templates`.

    Lines that are not likely enough by themselves, such as a box's heading, are judged again by the debris next to
    them, and come last.
    """
    candidates = [
        (repeat, occurrences)
        for repeat in repeats
        if not repeat.is_sentence
        and repeat.line not in in_templates
        and (occurrences := host_lines.by_line.get(repeat.line))
    ]
    likely: list[tuple[Repeat, Verdict, Sequence[Occurrence]]] = []
    unlikely = []
    for repeat, occurrences in candidates:
        verdict = judge(repeat, occurrences, host_lines)
        if verdict.probability >= LIKELY:
            likely.append((repeat, verdict, occurrences))
        else:
            unlikely.append((repeat, occurrences))
    debris = in_templates | {repeat.line for repeat, _, _ in likely}
    for repeat, occurrences in unlikely:
        if also := list(_facts_of_neighbours(repeat, occurrences, host_lines, debris)):
            verdict = judge(repeat, occurrences, host_lines, also=also)
            likely += [(repeat, verdict, occurrences)] if verdict.probability >= LIKELY else []
    return likely


def _facts_of_neighbours(
    repeat: Repeat, occurrences: Sequence[Occurrence], host_lines: HostLines, debris: set[int]
) -> Iterator[Fact]:
    if repeat.position != "tail" and not host_lines.shared_apart(occurrences):
        return  # an article's heading may stand over an offer, and an article's text under one
    first = occurrences[0]
    heads = _most(host_lines.heads_debris(occurrence, debris) for occurrence in occurrences)
    if heads and not ends(first.text) and first.kind == "heading":
        yield Fact.OVER_DEBRIS
    if _most(host_lines.is_headed_by(occurrence, debris) for occurrence in occurrences):
        yield Fact.UNDER_DEBRIS_HEADING

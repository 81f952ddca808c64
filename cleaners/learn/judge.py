"""How likely a line that comes back is debris: a few named facts, weighed and added up."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from cleaners.learn.fingerprints import SOME_WORDS, size_of
from cleaners.learn.host_lines import MOST, OWN, Company
from cleaners.learn.occurrences import Sight
from cleaners.learn.repeats import MIN_PAGES, Repeat
from cleaners.rules.context import ends

LIKELY = 0.7
"""A line is proposed from this probability on."""
BIAS = -1.8
"""What speaks against a line of which nothing else is known: repetition alone is right in 36 % of cases."""

A_PAGE = 1.5
"""Times on a page, on average, from which a line is of the article's making: the speakers of an interview, the times
of a live report."""
TAKEN = 0.5
"""Pages where rules took a line, for each where they left it, from which they are believed: the block model takes the
same article line wrongly on some pages, too."""

SHARES = (
    (0.64, 0.0, "on nearly every page"),
    (0.38, 0.0, "on more than half of the pages"),
    (0.31, 0.0, "on about half of the pages"),
    (0.26, 0.38, "on many pages"),
    (0.12, 0.0, "on one page of five to one of three"),
)
"""What is surely the share of the pages, what is seen of it, and what it is called: 8 of 10 pages, 6 of 10 or 23 of 50,
5 of 10 or 19 of 50, 4 of 10, 3 of 10 or 9 of 50. Of the planted hosts' notes of the editors that stand on three pages
of ten, some are seen on 37 % of 40."""

WEIGHTS = {
    "on nearly every page": 2.6,
    "on more than half of the pages": 2.2,
    "on about half of the pages": 1.7,
    "on many pages": 1.4,
    "on one page of five to one of three": -1.5,
    "on few pages": -2.2,
    "on two pages only": -1.8,
    "on three pages only": -0.5,
    "on five pages or more": 0.4,
    "on ten pages or more": 0.4,
    "six words or more": 1.0,
    "one or two words": -1.0,
    "always equally far from the end": 0.9,
    "always equally far from the beginning": 0.4,
    "a heading": -1.0,
    "followed by other text each time, as a heading is": -2.5,
    "in the midst of the text, without a full stop": -1.0,
    "a question in the midst of the text": -3.0,
    "several times on a page": -1.5,
    "among things of one kind that change from page to page": -2.0,
    "a label or a word or two with a number": -2.0,
    "a figure that changes from page to page, among short lines": -6.0,
    "beside figures that change from page to page": -3.0,
    "without a letter": -6.0,
    "nothing is known of its element": -0.5,
    "an item of a list": -2.5,
    "a row of a table": -6.0,
    "in quotation marks": -2.5,
    "the same but for one place": -0.3,
    "a label with something behind it": 0.7,
    "the same but for the headline of another page": 2.0,
    "in an element that holds none of the articles' own text": 1.2,
    "among lines of the articles' own text": -0.5,
    "outside the element that holds the article": 1.0,
    "a link to the same place every time": 3.0,
    "a link": 1.0,
    "a link in it to the same place every time": 0.7,
    "a link in it to the same page of the site, no article, every time": 2.0,
    "it names the site": 0.7,
    "over a line that is debris": 2.5,
    "under a heading that is debris": 1.5,
    "rules took it on other pages": 1.5,
    "words of an offer or a notice": 0.8,
    "the headline of another page": 2.0,
}
"""The facts and what each adds. Set by hand from the planted hosts (benchmarks/planted) and those hosts of the
development corpora that have several pages, and rounded: a proposal depends on the sum, hardly on any one. With them
none of 110 proposals on the planted hosts at 10 pages is wrong, and 92 % of the debris lines are found; without those
against headings, lists and rare notes 41 % were wrong. 292 hosts made of the corpora's gold texts, six debris lines
planted in each, yield no wrong one."""

PART_LINKS = {
    False: "a link in it to the same place every time",
    True: "a link in it to the same page of the site, no article, every time",
}
"""What is outside may be a source."""

_NUMBERED = re.compile(r"[^\W\d][^:：]{0,25}[:：]\s*\W?\d")
"""`Serves: 4`, `Time: 90 minutes`: what an article says of its subject."""
_ASKS = ("?", "？", "؟")
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


@dataclass(frozen=True, slots=True)
class Verdict:
    """How likely a line is debris, and what decided."""

    probability: float
    facts: tuple[str, ...]
    """Those that hold, the weightiest first, each with its weight."""


def judge(
    repeat: Repeat,
    sights: Sequence[Sight],
    company: Company,
    *,
    words: int | None = None,
    also: Iterable[str] = (),
) -> Verdict:
    """Weigh what is known about a line. `words`: of lines that are the same but for one place, how many words are the
    same; `also`: facts that hold besides."""
    seen = _of_sights(repeat, sights, company, words)
    holding = dict.fromkeys([*_of_repeat(repeat, words), *_of_text(repeat, sights[0].text, words), *seen, *also])
    score = BIAS + sum(WEIGHTS[fact] for fact in holding)
    order = sorted(holding, key=lambda fact: (-abs(WEIGHTS[fact]), fact))
    return Verdict(1 / (1 + math.exp(-score)), tuple(f"{fact} ({WEIGHTS[fact]:+.1f})" for fact in order))


def _of_repeat(repeat: Repeat, words: int | None) -> Iterator[str]:
    named = (fact for least, seen, fact in SHARES if repeat.surely >= least and repeat.lasting >= seen)
    yield next(named, "on few pages")
    if len(repeat.pages) == 2:
        yield "on two pages only"
    if len(repeat.pages) == 3:
        yield "on three pages only"
    if len(repeat.pages) >= 5:
        yield "on five pages or more"
    # of what half of the pages lack, authors have the habit on many pages, too
    if len(repeat.pages) >= 10 and repeat.surely >= SHARES[1][0]:
        yield "on ten pages or more"
    if repeat.times > A_PAGE * len(repeat.pages):
        yield "several times on a page"
    if words is not None:
        yield "the same but for one place"
    if words >= SOME_WORDS if words is not None else size_of(repeat.fingerprint) >= 2:
        yield "six words or more"
    elif words is None and size_of(repeat.fingerprint) == 0:
        yield "one or two words"
    if repeat.steady >= 0.8 and repeat.position != "body":
        tail = repeat.position == "tail"
        yield "always equally far from the end" if tail else "always equally far from the beginning"
    if repeat.taken >= max(2, TAKEN * len(repeat.pages)):
        yield "rules took it on other pages"
    if repeat.headline:
        yield "the headline of another page"


def _of_text(repeat: Repeat, text: str, words: int | None) -> Iterator[str]:
    if not any(map(str.isalpha, text)):
        yield "without a letter"
    short = words is None and size_of(repeat.fingerprint) == 0 and any(map(str.isdigit, text))
    if short or _NUMBERED.match(text):
        yield "a label or a word or two with a number"
    if text.rstrip('"”’»')[-1:] in _ASKS and repeat.position == "body":
        yield "a question in the midst of the text"
    if CUES.search(text):
        yield "words of an offer or a notice"
    if text[:1] in _QUOTES and text.rstrip(" .,")[-1:] in _QUOTES:
        yield "in quotation marks"


def _of_sights(repeat: Repeat, sights: Sequence[Sight], company: Company, words: int | None) -> Iterator[str]:
    first = sights[0]
    several = len(repeat.pages) >= MIN_PAGES  # what two pages have in common may be chance
    if company.shared_apart(sights):
        yield "in an element that holds none of the articles' own text"
    elif sum(map(company.own_share, sights)) >= OWN * len(sights):
        yield "among lines of the articles' own text"
    if not first.linked and company.is_one_of_many(first):
        yield "among things of one kind that change from page to page"
    if company.is_figure(sights):
        yield "a figure that changes from page to page, among short lines"
    elif company.is_beside_figures(sights):
        yield "beside figures that change from page to page"
    if not first.chain:
        yield "nothing is known of its element"
    elif _most(not sight.inside for sight in sights):
        yield "outside the element that holds the article"
    kind = Counter(sight.kind for sight in sights).most_common(1)[0][0]
    if kind == "heading":
        yield "a heading"
    elif kind == "list item" and not first.linked:
        yield "an item of a list"
    elif kind == "table" and " | " in first.text:
        yield "a row of a table"
    short = words is None and size_of(repeat.fingerprint) < 2
    if _is_heading(repeat, sights, company, short=short):
        yield "followed by other text each time, as a heading is"
    elif repeat.position == "body" and words is None and not ends(first.text) and not first.linked:
        yield "in the midst of the text, without a full stop"
    if _most(sight.linked for sight in sights):
        yield "a link to the same place every time" if _same_target(sights) else "a link"
    elif several and (target := _same_target(sights)) is not None:
        yield PART_LINKS[company.is_own_page(target)]
    if several and _most(sight.named for sight in sights):
        yield "it names the site"


def _is_heading(repeat: Repeat, sights: Sequence[Sight], company: Company, *, short: bool) -> bool:
    """Tell whether a line looks like a heading, and stands over the article's text as headings do."""
    marked = sights[0].kind == "heading"
    if not marked and _most(sight.linked for sight in sights) and _same_target(sights):
        return False
    if not marked and (not short or _is_sentence(sights[0].text) or len({sight.text for sight in sights}) > 1):
        return False
    if not sights[0].chain:
        return repeat.opens >= 0.5
    return company.head_own(sights)


def _same_target(sights: Sequence[Sight]) -> str | None:
    """Return the one place where links of the lines go, or None."""
    targets = Counter(sight.targets for sight in sights if any(sight.targets))
    most, times = targets.most_common(1)[0] if targets else ((), 0)
    return next(filter(None, most), None) if times >= MOST * len(sights) else None


def _is_sentence(text: str) -> bool:
    """Tell whether a short line ends as a sentence does."""
    return ends(text) and not text.endswith((":", "："))


def _most(facts: Iterator[bool]) -> bool:
    found = list(facts)
    return sum(found) >= MOST * len(found)


def debris_lines(
    repeats: Iterable[Repeat], company: Company, moulded: set[int]
) -> list[tuple[Repeat, Verdict, Sequence[Sight]]]:
    """Return the lines that are likely debris, those last that only their neighbours tell."""
    seen = [
        (repeat, found)
        for repeat in repeats
        if not repeat.part and repeat.fingerprint not in moulded and (found := company.by_line.get(repeat.fingerprint))
    ]
    judged = [(repeat, judge(repeat, found, company), found) for repeat, found in seen]
    lines: list[tuple[Repeat, Verdict, Sequence[Sight]]] = [one for one in judged if one[1].probability >= LIKELY]
    debris = moulded | {repeat.fingerprint for repeat, _, _ in lines}
    for repeat, verdict, found in judged:
        if verdict.probability < LIKELY and (also := list(_of_neighbours(repeat, found, company, debris))):
            again = judge(repeat, found, company, also=also)
            lines += [(repeat, again, found)] if again.probability >= LIKELY else []
    return lines


def _of_neighbours(repeat: Repeat, found: Sequence[Sight], company: Company, debris: set[int]) -> Iterator[str]:
    if repeat.position != "tail" and not company.shared_apart(found):
        return  # an article's heading, under which an offer stands, or its text, over which one does
    heads = sum(company.heads_debris(sight, debris) for sight in found) >= MOST * len(found)
    if heads and not ends(found[0].text) and found[0].kind == "heading":
        yield "over a line that is debris"
    if sum(company.is_headed_by(sight, debris) for sight in found) >= MOST * len(found):
        yield "under a heading that is debris"

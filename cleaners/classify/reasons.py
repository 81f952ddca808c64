"""Say in words why the block model refused a block: a phrase for each feature that counted against it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from cleaners.classify.features import NEIGHBOUR_NAMES, OWN_NAMES

MOST = 3
"""Phrases of a reason."""
MOST_CUES = 3
"""Parts of names that one phrase cites."""
MANY = 20
"""From this number on blocks are "many": features may be capped, and a reader does not count them."""
FALLBACK = "its place, links and words are not those of an article"
"""The reason of a block where no feature that counted against it says anything by itself."""


class Phrase(NamedTuple):
    """What one feature says. Of phrases about the same `topic` one is told, but what `named` cites is gathered."""

    topic: str
    words: str


class Like(NamedTuple):
    """How many other blocks there are of a block's kind, and beside it in its element."""

    kin: int = 0
    siblings: int = 0


NONE = Phrase("", "")
"""What a feature says whose value would speak for a block: nothing."""

PAGE = "page"
"""The topic of what holds for all blocks of a page: told only where nothing else is."""
NAMED, NOT_NAMED = "named", "not named"
AROUND = "the blocks around it are no article either"
BEGIN, END = "before the article's text begins", "behind the end of the article's text"
MAIN = "main"
"""The topic of trafilatura's choice: told last, as it is told of most blocks."""

_TOGETHER = (
    (("begin", "before"), BEGIN),
    (("end", "behind"), END),
    (("around", "before", "behind"), AROUND),
    (("short before", "short behind"), "between short blocks"),
    (("links before", "links behind"), "between links"),
    (("rule before", "rule behind"), "between pieces that rules removed"),
)
"""What topics say together."""

Tell = Callable[[float, Like], Phrase]


def _when(topic: str, words: str, holds: Callable[[float], bool] = bool) -> Tell:
    """Return what says `words` where a value holds."""
    phrase = Phrase(topic, words)
    return lambda value, like: phrase if holds(value) else NONE


def _is_none(value: float) -> bool:
    return not value


def _is_low(odds: float) -> bool:
    """Tell whether odds say that a block is no article."""
    return odds < 0


def _says(topic: str, words: Callable[[float], str]) -> Tell:
    return lambda value, like: Phrase(topic, told) if (told := words(value)) else NONE


def _count(number: float, things: str) -> str:
    return f"many {things}" if number >= MANY else f"{number:.0f} {things}"


def _characters(value: float) -> str:
    return f"short ({number:.0f} characters)" if (number := math.expm1(value)) < 100 else ""


def _word_count(number: float) -> str:
    if number < 1:
        return "without a word"
    if number < 1.5:
        return "a single word"
    return f"short ({number:.0f} words)" if number < 20 else f"it has {_hundreds(number)} words"


def _hundreds(number: float) -> str:
    return f"{number:.0f}" if number < 100 else "more than a hundred"


def _links(share: float) -> str:
    if share >= 0.8:
        return "nearly all a link"
    if share >= 0.5:
        return "mostly links"
    return "a good part of it is links" if share >= 0.1 else ""


def _place(share: float) -> str:
    if share < 0.2:
        return "near the top of the page"
    return "near the end of the page" if share > 0.8 else ""


def _order(share: float) -> str:
    if share < 0.02:
        return "before the first paragraph of the page"
    if share > 0.98:
        return "behind the last paragraph of the page"
    return "behind most paragraphs of the page" if share > 0.6 else ""


def _text_before(share: float, like: Like) -> Phrase:
    if share < 0.02:
        return Phrase("begin", BEGIN)
    return Phrase("end", END) if share > 0.98 else NONE


def _below_headline(distance: float) -> str:
    if distance < 0:
        return "no headline stands before it"
    if distance < 1:
        return "the headline itself"
    return "far below the headline" if distance >= MANY else "close below the headline"


def _sentence(words: float) -> str:
    if words < 8:
        return "few words a sentence"
    return "many words without a full stop" if words > 40 else ""


def _kin(which: str) -> Tell:
    """Return what says how the blocks like one fare; one without its like says nothing."""

    def tell(odds: float, like: Like) -> Phrase:
        if not like.kin or odds >= 0:
            return NONE
        if like.kin == 1:
            return Phrase("kin", "like another block of the page that reads like no article")
        return Phrase("kin", f"like {_count(like.kin, 'other blocks')} of the page, {which} like no article")

    return tell


def _kin_count(number: float, like: Like) -> Phrase:
    return Phrase("kin", f"like {_count(like.kin, 'other blocks')} of the page") if like.kin > 1 else NONE


def _siblings(odds: float, like: Like) -> Phrase:
    if not like.siblings or odds >= 0:
        return NONE
    if like.siblings == 1:
        return Phrase("around", "beside another block that reads like no article either")
    return Phrase("around", f"beside {_count(like.siblings, 'other blocks')} that read like no article either")


def _in_one(number: float) -> str:
    return f"one of {_count(number, 'blocks')} in one element" if number > 1 else "alone in its element"


def _series(value: float) -> str:
    number = round(math.expm1(value))
    return f"in one of {_count(number, 'elements')} of one kind, such as cards" if number > 1 else ""


def _page_size(things: str, many: float) -> Tell:
    return _says(PAGE, lambda value: f"the page has {'many' if value >= many else 'few'} {things}")


def _yes(page: str) -> Tell:
    return _says(PAGE, lambda value: f"the page {'says' if value else 'does not say'} that it is {page}")


def _share_up(level: int) -> Tell:
    around = "the element around it" if level == 1 else "the larger element around it"
    return _says("share", lambda share: f"little of the page's prose is in {around}" if share < 0.5 else "")


def _short_beside(side: str) -> Tell:
    words = f"the block {side} it is short"
    return _when(f"short {side}", words, lambda value: 0 < value < math.log1p(60))


def _links_beside(side: str) -> Tell:
    return _when(f"links {side}", f"the block {side} it is links", lambda share: share >= 0.5)


def _near(side: str, place: str) -> Tell:
    return _when(side, f"no text of the article {place} it", _is_low)


def _apart(levels: float) -> str:
    if levels < 0:
        return "the page has no headline"
    return "outside the element that the headline is in" if levels > 1 else ""


def _behind_heading(blocks: float) -> str:
    if blocks <= 1:
        return "right below a heading"
    return "far below the last heading" if blocks >= MANY else ""


_links_around = _when("links around", "the element around it is mostly links", lambda share: share >= 0.5)
_OUTSIDE = _when("levels", "no inner element around it holds most of the page's prose", lambda depth: depth <= 2)
_DEEP = _says(
    "levels", lambda levels: f"nested {levels:.0f} levels below what holds most of the prose" if levels > 1 else ""
)
_DESCRIBED = _when("description", "it repeats the page's description")

_TELL: dict[str, Tell] = {
    "in trafilatura's choice": _when(MAIN, "not in the main text that trafilatura finds", _is_none),
    "block before in trafilatura's choice": _when("before", "the block before it is not in the main text", _is_none),
    "block behind in trafilatura's choice": _when("behind", "the block behind it is not in the main text", _is_none),
    "share of siblings in trafilatura's choice": _when(
        "around", "few of the blocks beside it are in the main text", lambda share: share < 0.5
    ),
    "siblings": _says("siblings", _in_one),
    **{f"share of prose {level} up": _share_up(level) for level in (1, 2, 3, 4)},
    "depth of half the prose": _OUTSIDE,
    "levels below half the prose": _DEEP,
    "depth of most prose": _OUTSIDE,
    "levels below most prose": _DEEP,
    "length": _says("size", _characters),
    "share of links": _says("links", _links),
    "ends like a sentence": _when("sentence", "it does not end like a sentence", _is_none),
    "place in page": _says("place", _place),
    "place in prose": _says("place", _order),
    "prose so far": _says("place", _order),
    "paragraphs": _page_size("paragraphs", 30),
    "prose of page": _says(
        PAGE, lambda value: f"the page has {'much' if value >= math.log1p(8000) else 'little'} prose"
    ),
    "blocks": _page_size("blocks", 100),
    "depth": _when("levels", "nested deep in the page", lambda depth: depth >= 12),
    "number in series": _says("series", _series),
    "length before": _short_beside("before"),
    "links before": _links_beside("before"),
    "length behind": _short_beside("behind"),
    "links behind": _links_beside("behind"),
    "length 2 before": _short_beside("before"),
    "length 2 behind": _short_beside("behind"),
    "taken by a rule before": _when("rule before", "right behind what a rule removed"),
    "taken by a rule behind": _when("rule behind", "right before what a rule removed"),
    "hidden from readers": _when("hidden", "hidden from readers"),
    "after a picture": _when("picture", "right behind a picture"),
    "heading before": _when("heading before", "right below a heading"),
    "heading behind": _when("heading behind", "right above a heading"),
    "words": _says("size", _word_count),
    "digits": _when("digits", "many digits", lambda share: share >= 0.05),
    "capitals": _when("capitals", "many capital letters", lambda share: share >= 0.05),
    "stock phrases": _when("phrases", "it has words that debris often has, such as 'sign up', 'share' or 'photo'"),
    "words of the headline": _when("headline", "it has words of the headline"),
    "is the headline": _when("headline", "it repeats the headline"),
    "words of the description": _DESCRIBED,
    "covers the description": _DESCRIBED,
    "said again elsewhere": _when("again", "its first words are said again elsewhere on the page"),
    "copies": _says("again", lambda number: f"it stands {number:.0f} times on the page" if number > 1 else ""),
    "words a sentence": _says("sentence", _sentence),
    "begins in lower case": _when("begins", "it begins in lower case"),
    "begins with a quotation mark": _when("begins", "it begins with a quotation mark"),
    "ends with a colon": _when("sentence", "it ends with a colon"),
    "ends with a question mark": _when("sentence", "it ends with a question mark"),
    "distance from the headline": _says("headline", _below_headline),
    "behind the headline": _when("headline", "no headline stands before it", _is_none),
    "between headline and story": _when("headline", "it stands between the headline and the story"),
    "first behind the headline": _when("headline", "it stands right below the headline"),
    "length among blocks": _when("size", "short beside the longest block of the page", lambda share: share < 0.3),
    "a time or date": _when("digits", "a short line with a time or date"),
    "page is news": _yes("news"),
    "page is a blog post": _yes("a blog post"),
    "commas": _says(
        "commas", lambda share: "it has no comma" if not share else "it has many commas" if share > 3 else ""
    ),
    "bold": _when("emphasis", "most of it is in bold type", lambda share: share >= 0.5),
    "italic": _when("emphasis", "most of it is in italic type", lambda share: share >= 0.5),
    "links 1 up": _links_around,
    "links 2 up": _links_around,
    "links in its box": _links_around,
    "blocks in its box": _says("box", lambda number: f"in a box of {_count(number, 'blocks')}" if number > 1 else ""),
    "prose in its box": _when("box", "little of the text in the box around it is prose", lambda share: share < 0.3),
    "levels up to the headline": _says("headline", _apart),
    "blocks since a heading": _says("heading", _behind_heading),
    "stock phrases of the heading": _when("heading", "below a heading with words that debris often has"),
    "links of the heading": _when("heading", "below a heading that is a link", lambda share: share >= 0.5),
    "own score": _when("own", "by itself it does not read like an article", _is_low),
    "score 3 before": _near("before", "three blocks before"),
    "score 2 before": _near("before", "two blocks before"),
    "score before": _near("before", "right before"),
    "score behind": _near("behind", "right behind"),
    "score 2 behind": _near("behind", "two blocks behind"),
    "score 3 behind": _near("behind", "three blocks behind"),
    "text before it": _text_before,
    "blocks since text": _when("before", "no text of the article for some blocks before it", lambda far: far > 2),
    "blocks until text": _when("behind", "no text of the article for some blocks behind it", lambda far: far > 2),
    "score of its like": _kin("most of which read"),
    "number of its like": _kin_count,
    "worst of its like": _kin("some of which read"),
    "best of its like": _kin("all of which read"),
    "score of siblings": _siblings,
    "number of siblings": _says("siblings", _in_one),
    "score around": _when("around", AROUND, lambda score: score < 0.3),
    "blocks of text": _page_size("blocks of text", MANY),
    "text of page": _page_size("words of article", math.log1p(6000)),
}

_KINDS = {
    "is heading": "a heading", "is list item": "a list item", "is quote": "a quotation", "is table": "a table's row",
    "is code": "code",
}  # fmt: skip
_ELEMENTS = {
    "p": "a paragraph", "div": "in a plain box (div), not in a paragraph", "h1": "a main heading", "h2": "a heading",
    "h3": "a heading", "h4": "a heading", "li": "a list item", "ul": "a list", "ol": "a numbered list",
    "blockquote": "a quotation", "td": "a table's cell", "tr": "a table's row", "table": "a table",
    "pre": "preformatted text", "figure": "a figure", "figcaption": "a figure's caption", "section": "a section",
    "article": "an article element", "aside": "an aside", "form": "a form", "footer": "a footer", "header": "a header",
    "nav": "a navigation", "main": "the main element", "dd": "a definition", "dt": "a term that is defined",
    "span": "in a plain span, not in a paragraph",
}  # fmt: skip


def _tell(name: str) -> Tell:
    """Return what tells a feature. Raises KeyError for one without a phrase."""
    if name in _KINDS:
        return _when("kind", _KINDS[name])
    if name.startswith("<"):
        words = _ELEMENTS[name.strip("<>")]
        return _when("kind", words) if name != "<p>" else _when("kind", "no paragraph element", _is_none)
    if name.startswith("in <"):
        tag = name[4:-1]
        if tag in ("article", "main", "p"):
            return _when(
                "in none", f"in no {_ELEMENTS[tag].split(' ', 1)[1].removesuffix(' element')} element", _is_none
            )
        return _when(f"in {tag}", f"in {_ELEMENTS[tag].removeprefix('in ').removesuffix(', not in a paragraph')}")
    if name.startswith(("named ", "inside ")):
        cue = name.split(" ", 1)[1]
        named, not_named = Phrase(NAMED, cue), Phrase(NOT_NAMED, cue)
        return lambda value, like: named if value else not_named
    return _TELL[name]


_NAMES = (*OWN_NAMES, *NEIGHBOUR_NAMES)
_TELLS = [_tell(name) for name in _NAMES]
KIN, SIBLINGS = _NAMES.index("number of its like"), _NAMES.index("number of siblings")
"""The features that count what `Like` is about, the block itself too."""


def reason(features: Sequence[int], values: Sequence[float], like: Like) -> str:
    """Return why a block was refused, in words: what `features`, given by their numbers, say of it. The one that
    counted most against it comes first.

    >>> reason([_NAMES.index("<div>"), _NAMES.index("inside share")], [1, 1], Like())
    "in a plain box (div), not in a paragraph; in an element with 'share' in its name"
    """
    told: dict[str, str] = {}
    cues: dict[str, list[str]] = {}
    for feature, value in zip(features, values, strict=True):
        topic, words = _TELLS[feature](value, like)
        if topic in (NAMED, NOT_NAMED):
            cues.setdefault(topic, []).append(words)
        if words:
            told.setdefault(topic, words)
    for topic, own in cues.items():
        told[topic] = _named(topic, own, told)
    for topics, words in _TOGETHER:
        own = [topic for topic in told if topic in topics]
        if len(own) > 1:
            told[own[0]] = words
            for topic in own[1:]:
                del told[topic]
    page = told.pop(PAGE, FALLBACK)
    main = told.pop(MAIN, "")
    phrases = [words for words in told.values() if words][: MOST - bool(main)]
    return "; ".join([*phrases, main] if main else phrases) or page


def _named(topic: str, cues: Sequence[str], told: dict[str, str]) -> str:
    """Say which cues the names of elements have, but for those that are tags already told of; or have not."""
    named = [f"'{cue}'" for cue in dict.fromkeys(cues) if f"in {cue}" not in told][:MOST_CUES]
    if not named:
        return ""
    if topic == NOT_NAMED:
        return f"in no element with {' or '.join(named)} in its name"
    return (
        f"in an element with {named[0]} in its name"
        if len(named) == 1
        else f"in elements with {_list(named)} in their names"
    )


def _list(parts: Sequence[str]) -> str:
    return f"{', '.join(parts[:-1])} and {parts[-1]}"

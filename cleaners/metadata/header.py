"""Find the headline, and rank the elements around it that may be bylines or dates."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator
from functools import cached_property, lru_cache
from itertools import islice
from operator import itemgetter
from typing import NamedTuple

from lxml import etree
from lxml.html import HtmlElement

from cleaners.html.nodes import Signs

MAX_HEADINGS = 30
"""Headings of each level that are read: the only page of the development corpora with more has its headline among the
first."""
MAX_ELEMENTS = 20_000
"""Elements that are checked for a mark. The pages of the development corpora have up to 4,975 elements."""
NEAR = 150
"""Elements after the headline within which a byline is expected. Dates right on wcxb-dev with 80 .845, 150 .848, 300
.842; authors .806, .803, .805."""
BEFORE = 60
"""Elements before the headline within which a byline is expected; 10 and 120 gave the same figures."""
CLOSE = 10
"""Elements before the headline within which a byline or date may be unmarked. As close after the headline, an unmarked
one counts like a marked one: one more date is right on wcxb-dev (564 of 659)."""
UNMARKED = 60
"""Elements after the headline beyond which an unmarked byline or date ranks below one before the headline, since it may
belong to another article: one more date is right on wcxb-dev. No other value was tried."""
MAX_CHARACTERS = 1000
"""Characters that are read of an element that may hold a byline."""
MAX_HEADING = 5000
"""Characters that are read of a heading; the longest real one of the development corpora has 200."""
MAX_RUNS = 2000
"""Texts that are read of an element: a byline or heading has few, but an unclosed one holds the whole page."""
MAX_MARKED = 1500
"""Elements with a mark that are ranked."""
MAX_CLIMB = 60
"""Elements around a marked one that are checked. The development corpora's pages are at most 56 elements deep."""
MAX_MARKS = 1000
"""Characters that are read of an element's class, id and the like, and of the text before it."""
ELSEWHERE = 2
"""Rank of elements neither shortly before nor after the headline."""
FAR = 4 * ELSEWHERE
"""The first rank of elements elsewhere."""
EVERY = Signs("*")
UNSEEN = frozenset(("script", "style", "noscript", "template", "svg"))
"""Elements whose text is not shown."""
UNMARKED_RANK = 3
"""The strength of an element without a mark, and its rank behind the headline."""
ANYWHERE = 1
"""A mark of this strength or a better one counts on the whole page, a weaker one only near the headline."""

# the patterns of boxes are for marks in lower case
_OTHER_ARTICLES = re.compile(
    r"related|recommend|teaser|popular|trending|more-from"
    r"|(?<!social[-_])(?<!share[-_])(?<!has[-_])(?<!no[-_])comment(?!ar(?:y|ies)|s?[-_]?(?:count|link|open|closed|number|icon|button|toggle))",
)
_OTHER_VOICES = re.compile(
    r"testimonial|(?:customer|user|client|product|people)s?[-_]?(?:quote|review|stor|voice|say|opinion)|\breviews\b|jdgm|review-?list"
    r"|quote-?(?:box|card|author|item)",
)
"""Marks of boxes in which customers speak: nobody there is the author."""
_ASIDE = re.compile(
    r"newsletter|promo(?!ted)|\bnav|__nav\b|caption|credit"
    r"|display-card|\bcard-?_?_?(?:content|details|list|item|body)|(?<![\w-])(?:blog|list|dyn|w-dyn|feature)-item\b|post-block\b"
    r"|wp-block-post\b|carousel|\bmodal\b|\btable__|\bfilter-|bvseo|ratings?-?and-?reviews",
)
_OTHER_PLACES = re.compile(r"sidebar|footer|menu|avatar|social|share")
_OWN_FOOTER = re.compile(r"article|entry|post|story|by-?_?line|author")
_OWN_BOX = re.compile(r"by-?_?line|author|autor|auteur|publish|date|meta\b")
_INLINE = frozenset(
    ("a", "abbr", "b", "cite", "em", "font", "i", "mark", "q", "s", "small", "strong", "sub", "sup", "u")
)
_OTHER_TAGS = frozenset(("nav", "footer", "figure", "form"))


class Marks:
    """The elements of a page that have a mark, ranked by it and by their place about the headline.

    Ranks 0 to 3 are after the headline, 4 to 7 before it, 8 and 9 elsewhere; what is elsewhere is looked for only when
    it is asked for. `around`: the headline and the elements that hold it.
    """

    def __init__(
        self,
        root: HtmlElement,
        headline: HtmlElement | None,
        strength: Callable[[HtmlElement], int | None],
        *,
        near: Signs = EVERY,
        far: Signs = EVERY,
    ) -> None:
        """`strength` returns an element's strength, 0 (best) to 3, or None for one without a mark. `near`: what each
        element with a mark has at least; `far`: the same of those with a mark that counts on the whole page."""
        self.root = root
        self.headline = headline
        self.strength = strength
        self.near = near
        self.far = far
        self.around = frozenset(() if headline is None else (headline, *headline.iterancestors()))

    def ranked(self, *, anywhere: bool = False) -> Iterator[tuple[int, int, HtmlElement]]:
        """Yield (rank, position, element), the best first.

        Elements in a box apart from the headline, such as a list of other articles, are skipped. `anywhere` skips only
        those of other articles and other people, and takes unmarked elements of a page without a headline.
        """
        for entry in self._near:
            rank, _, element = entry
            if self.headline is None and rank == UNMARKED_RANK and not anywhere:
                return
            if not _is_apart(element, self.around, rank % 4 == 0, False, anywhere):
                yield entry
        for entry in self._far:
            if not _is_apart(entry[2], self.around, entry[0] == FAR, True, anywhere):
                yield entry

    @cached_property
    def _near(self) -> list[tuple[int, int, HtmlElement]]:
        if self.headline is None:
            return sorted(self._marked(self.near.find(self.root), UNMARKED_RANK), key=_BY_RANK)
        found = self._marked(self.near.find(self.root, self.headline, (-BEFORE, NEAR)), UNMARKED_RANK)
        return sorted([entry for entry in map(_in_place, found) if entry is not None], key=_BY_RANK)

    @cached_property
    def _far(self) -> list[tuple[int, int, HtmlElement]]:
        if self.headline is None:
            return []
        rest = [entry for entry in self.far.find(self.root, self.headline) if not -BEFORE <= entry[0] <= NEAR]
        # what is near is not counted
        found = [
            (FAR + mark, order if order < 0 else order - BEFORE - NEAR - 1, element)
            for mark, order, element in self._marked(rest, ANYWHERE)
        ]
        return sorted(found, key=_BY_RANK)

    def _marked(self, elements: Iterable[tuple[int, HtmlElement]], weakest: int) -> list[tuple[int, int, HtmlElement]]:
        """Return (strength, place, element) of the elements with a mark that is no weaker."""
        found: list[tuple[int, int, HtmlElement]] = []
        strength = self.strength
        for order, element in islice(elements, MAX_ELEMENTS):
            if element.tag not in UNSEEN and (mark := strength(element)) is not None and mark <= weakest:
                found.append((mark, order, element))
                if len(found) == MAX_MARKED:
                    break
        return found


_BY_RANK = itemgetter(0, 1)


def _in_place(found: tuple[int, int, HtmlElement]) -> tuple[int, int, HtmlElement] | None:
    """Return the rank in the place of the strength of an element near the headline; None for one that is too weak."""
    mark, distance, element = found
    first = -CLOSE if mark <= ANYWHERE else 0
    place = int(distance < first)
    if mark == UNMARKED_RANK and place == 0:
        place, mark = int(distance > UNMARKED), 2 if 0 < distance <= CLOSE else UNMARKED_RANK
    if place == 1 and mark > 2 and distance < -CLOSE:
        return None
    return place * 4 + mark, distance, element


class _Kind(NamedTuple):
    """What the class of a box says of what is in it."""

    others: bool
    """It is of other articles or other people."""
    own_footer: bool
    aside: bool
    """It is beside the text, wherever it stands."""
    other_place: bool
    """It is beside the text where it is far from the headline."""


@lru_cache(4096)
def _kind_of(marks: str) -> _Kind:
    marks = marks.lower()
    own = bool(_OWN_BOX.search(marks))
    return _Kind(
        bool(_OTHER_ARTICLES.search(marks) or _OTHER_VOICES.search(marks)),
        bool(_OWN_FOOTER.search(marks)),
        not own and bool(_ASIDE.search(marks)),
        not own and bool(_OTHER_PLACES.search(marks)),
    )


def _is_apart(element: HtmlElement, around: Container[HtmlElement], sure: bool, far: bool, anywhere: bool) -> bool:
    node = element.getparent() if sure else element
    for _ in range(MAX_CLIMB):
        if node is None or node in around:
            break
        kind = _kind_of((node.get("class") or "")[:MAX_MARKS])
        if kind.others:
            return True
        if not anywhere:
            if node.tag in _OTHER_TAGS and not (node.tag == "footer" and kind.own_footer):
                return True
            if kind.aside or (far and (kind.other_place or node.tag == "aside")):
                return True
        node = node.getparent()
    return False


def headline_of(root: HtmlElement, title: str | None) -> HtmlElement | None:
    """Return the first heading that contains the title, or else the first h1."""
    headings = list(islice(root.iter("h1"), MAX_HEADINGS))
    wanted = squeeze(title or "")
    others = islice(root.iter("h2", "h3", "h4", "h5", "h6"), MAX_HEADINGS)
    for heading in (*headings, *others):
        if wanted and wanted in squeeze(visible_text(heading)):
            return heading
    return headings[0] if headings else None


def visible_text(element: HtmlElement) -> str:
    """Return the element's text, with a space where a line breaks."""
    texts: list[str] = []
    left = MAX_HEADING
    for text, inline in _runs(element):
        texts.append(text[:left] if inline else f" {text[:left]} ")
        left -= len(text)
        if left <= 0:
            break
    return " ".join("".join(texts).split())


def pieces(element: HtmlElement) -> list[str]:
    """Return the first texts of an element, one for each element inside it. A repeated text, such as one for screen
    readers, is returned once."""
    texts: list[str] = []
    left = MAX_CHARACTERS
    for run, _ in _runs(element):
        text = " ".join(run[: 2 * MAX_CHARACTERS].split())
        left -= len(text)
        if left < 0:
            break
        if text and (text not in texts or not text[0].isalpha()):
            texts.append(text)
    return texts


def _runs(element: HtmlElement) -> Iterator[tuple[str, bool]]:
    """Yield each text of an element, and whether it continues the line."""
    if not len(element) and isinstance(element.tag, str) and element.tag not in UNSEEN:
        # most headings and bylines are no more than a text
        yield element.text or "", True
        return
    walk = etree.iterwalk(element, events=("start", "end"))
    for event, node in islice(walk, MAX_RUNS):
        unseen = not isinstance(node.tag, str) or node.tag in UNSEEN
        inline = node.tag in _INLINE
        if event == "start":
            if unseen:
                walk.skip_subtree()
            else:
                if not inline and node is not element:
                    yield "", False
                yield node.text or "", True
        elif node is not element:
            if not inline:
                yield "", False
            yield node.tail or "", True


@lru_cache(1024)
def squeeze(text: str) -> str:
    """Return the letters and digits of a text in lower case, to compare names that are spelled differently."""
    return "".join(filter(str.isalnum, text.lower()))

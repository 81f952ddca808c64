"""Find the headline, and rank the elements around it that may be bylines or dates."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import islice

from lxml import etree
from lxml.html import HtmlElement

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
UNSEEN = frozenset(("script", "style", "noscript", "template", "svg"))
"""Elements whose text is not shown."""
ANYWHERE = 1
"""A mark of this strength or a better one counts on the whole page, a weaker one only near the headline."""

_OTHER_ARTICLES = re.compile(
    r"related|recommend|teaser|popular|trending|more-from"
    r"|(?<!social[-_])(?<!share[-_])(?<!has[-_])(?<!no[-_])comment(?!ar(?:y|ies)|s?[-_]?(?:count|link|open|closed|number|icon|button|toggle))",
    re.IGNORECASE,
)
_OTHER_VOICES = re.compile(
    r"testimonial|(?:customer|user|client|product|people)s?[-_]?(?:quote|review|stor|voice|say|opinion)|\breviews\b|jdgm|review-?list"
    r"|quote-?(?:box|card|author|item)",
    re.IGNORECASE,
)
"""Marks of boxes in which customers speak: nobody there is the author."""
_ASIDE = re.compile(
    r"newsletter|promo(?!ted)|\bnav|__nav\b|caption|credit"
    r"|display-card|\bcard-?_?_?(?:content|details|list|item|body)|(?<![\w-])(?:blog|list|dyn|w-dyn|feature)-item\b|post-block\b"
    r"|wp-block-post\b|carousel|\bmodal\b|\btable__|\bfilter-|bvseo|ratings?-?and-?reviews",
    re.IGNORECASE,
)
_OTHER_PLACES = re.compile(r"sidebar|footer|menu|avatar|social|share", re.IGNORECASE)
_OWN_FOOTER = re.compile(r"article|entry|post|story|by-?_?line|author", re.IGNORECASE)
_OWN_BOX = re.compile(r"by-?_?line|author|autor|auteur|publish|date|meta\b", re.IGNORECASE)
_INLINE = frozenset(
    ("a", "abbr", "b", "cite", "em", "font", "i", "mark", "q", "s", "small", "strong", "sub", "sup", "u")
)
_OTHER_TAGS = frozenset(("nav", "footer", "figure", "form"))


def marked(
    root: HtmlElement,
    headline: HtmlElement | None,
    strength: Callable[[HtmlElement], int | None],
    *,
    anywhere: bool = False,
) -> list[tuple[int, int, HtmlElement]]:
    """Return (rank, position, element) of the elements that have a mark, the best first.

    `strength` returns an element's strength, 0 (best) to 3, or None for one without a mark. Ranks 0 to 3 are after the
    headline, 4 to 7 before it, 8 and 9 elsewhere. Elements in a box apart from the headline, such as a list of other
    articles, are skipped. `anywhere` skips only those of other articles and other people, and takes unmarked elements
    of a page without a headline.
    """
    candidates: list[tuple[int, int, HtmlElement]] = []
    here = 0
    for order, element in enumerate(root.iter("*")):
        if order > MAX_ELEMENTS or len(candidates) == MAX_MARKED:
            break
        if element is headline:
            here = order
        if element.tag not in UNSEEN and (mark := strength(element)) is not None:
            candidates.append((mark, order, element))
    around = set() if headline is None else {headline, *headline.iterancestors()}
    ranked = []
    for mark, order, element in candidates:
        distance = order - here
        if headline is None:
            near = 0 if mark < 3 or anywhere else ELSEWHERE
        else:
            first = -CLOSE if mark <= ANYWHERE else 0
            near = 0 if first <= distance <= NEAR else 1 if -BEFORE <= distance < 0 else ELSEWHERE
        if mark == 3 and near == 0 and headline is not None:
            near, mark = int(distance > UNMARKED), 2 if 0 < distance <= CLOSE else 3
        if (near == ELSEWHERE and mark > ANYWHERE) or (near == 1 and mark > 2 and distance < -CLOSE):
            continue
        if not _is_apart(element, around, mark == 0, near == ELSEWHERE, anywhere):
            ranked.append((near * 4 + mark, order, element))
    return sorted(ranked, key=lambda entry: entry[:2])


def _is_apart(element: HtmlElement, around: set[HtmlElement], sure: bool, far: bool, anywhere: bool) -> bool:
    node = element.getparent() if sure else element
    for _ in range(MAX_CLIMB):
        if node is None or node in around:
            break
        marks = (node.get("class") or "")[:MAX_MARKS]
        if anywhere:
            if _OTHER_ARTICLES.search(marks) or _OTHER_VOICES.search(marks):
                return True
            node = node.getparent()
            continue
        if node.tag in _OTHER_TAGS and not (node.tag == "footer" and _OWN_FOOTER.search(marks)):
            return True
        if (far and node.tag == "aside") or _OTHER_ARTICLES.search(marks) or _OTHER_VOICES.search(marks):
            return True
        if not _OWN_BOX.search(marks) and (_ASIDE.search(marks) or (far and _OTHER_PLACES.search(marks))):
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


def squeeze(text: str) -> str:
    """Return the letters and digits of a text in lower case, to compare names that are spelled differently."""
    return "".join(c for c in text.lower() if c.isalnum())

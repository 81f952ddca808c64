"""Find the words of elements that are no text of the page but show words to a person: fields, graphics, players."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import unescape

from lxml import etree
from lxml.html import HtmlElement

from cleaners.html.nodes import texts

SILENT_TAGS = frozenset((
    "audio", "canvas", "embed", "head", "iframe", "math", "noembed", "noframes", "object", "script", "style", "svg",
    "template", "textarea", "video",
))  # fmt: skip
"""Elements whose content is not text of the page."""
EMPTY_TAGS = tuple(sorted(SILENT_TAGS - {"head", "video"}))
"""Elements whose presence means nothing either. A video counts as a picture, and the head is outside the body."""
UNREAD_TAGS = SILENT_TAGS | {"input", "optgroup", "option"}
"""Elements that may show words which are no text of the page."""
_PROGRAMS = ("script", "style")
_NEVER_SHOWN = (*_PROGRAMS, "template")
_SHOWN = tuple(sorted({*EMPTY_TAGS} - {*_NEVER_SHOWN}))
SHADOW_ROOT = "shadow-root"
"""The name given to a `template` that a browser shows in its place, as the inside of the element around it."""
WAS = "was"
"""The attribute with the name that a renamed element has in the page."""
_MEANWHILE = "shown"
"""The name of an element with words while those without words are taken out, all at once and in C."""
_UNSEEN = ("desc", "metadata", "script", "style", "template", "title")
"""Elements inside silent ones that no person sees: a title shows at most when a mouse rests on it."""
_WITHOUT_WORDS = ("checkbox", "color", "file", "hidden", "image", "password", "radio", "range")
"""Types of `input` that do not show their value as words."""
_TAG = re.compile(r"<[^<>]*>")
UNNAMED = "block/no-text"
"""The rule of words in an element that no DOM rule names."""

Places = dict[HtmlElement, tuple[int, bool]]
"""Of elements whose siblings were taken out: their number among siblings of their name, and whether they are alone."""


def take_out_empty(root: HtmlElement) -> Places:
    """Take out the elements whose content is no text, but leave those that show words to a person."""
    for template in [*root.iter("template")]:
        if (template.get("shadowrootmode") or "").lower() in ("open", "closed"):
            template.tag = SHADOW_ROOT
            template.set(WAS, "template")
    etree.strip_elements(root, *_NEVER_SHOWN, with_tail=False)
    for embed in [*root.iter("embed")]:
        # it has no end tag, but libxml2 reads all that follows as its content
        embed.drop_tag()
    shown = _outermost_shown(root)
    places = _places(shown)
    inside = [inner for element in shown for inner in element.iter(*_SHOWN)]
    names = [str(element.tag) for element in inside]
    for element in inside:
        element.tag = _MEANWHILE
    etree.strip_elements(root, *_SHOWN, with_tail=False)
    for element, name in zip(inside, names, strict=True):
        element.tag = name
    return places


def _outermost_shown(root: HtmlElement) -> list[HtmlElement]:
    """Return the elements that show words, but not those inside another of them."""
    shown: list[HtmlElement] = []
    inside: set[HtmlElement] = set()
    for element in root.iter(*_SHOWN):
        if element in inside:
            continue
        if shown_words(element):
            inside.update(element.iter(*_SHOWN))
            shown.append(element)
    return shown


def _places(elements: Sequence[HtmlElement]) -> Places:
    places: Places = {}
    last: dict[tuple[HtmlElement | None, str], HtmlElement] = {}
    for element in elements:
        family = (element.getparent(), str(element.tag))
        before = last.get(family)
        # counted from the one before, since counting from the first each time takes quadratic time
        number = 1 if before is None else places[before][0]
        for sibling in element.itersiblings(family[1], preceding=True):
            number += 1
            if sibling is before:
                break
        is_alone = number == 1 and next(element.itersiblings(family[1]), None) is None
        places[element], last[family] = (number, is_alone), element
    return places


def shown_words(element: HtmlElement) -> str:
    """Return the words that an element of UNREAD_TAGS shows a person, with single spaces; empty if it shows none."""
    tag = element.tag
    if tag == "input":
        if (element.get("type") or "").strip().lower() in _WITHOUT_WORDS:
            return ""
        return " ".join((element.get("value") or element.get("placeholder") or "").split())
    if tag in ("optgroup", "option"):
        return " ".join((element.get("label") or "").split())
    if tag in ("head", *_NEVER_SHOWN):
        return ""
    if tag in ("iframe", "noembed", "noframes"):
        return without_tags(element.get("srcdoc") or "".join(element.itertext()))
    if tag == "textarea":
        return " ".join(("".join(element.itertext()) or element.get("placeholder") or "").split())
    return " ".join(" ".join(texts(element, _UNSEEN)).split())


def without_tags(markup: str) -> str:
    """Return the words of markup that is not parsed, with single spaces: without tags, scripts and styles."""
    for name in _PROGRAMS:
        markup = "".join(_outside(markup, name))
    return " ".join(unescape(_TAG.sub(" ", markup)).split())


def _outside(markup: str, name: str) -> Iterator[str]:
    """Yield the pieces of markup outside the elements of a name. Takes linear time whatever is left open."""
    low, at = markup.lower(), 0
    if len(low) != len(markup):  # a letter whose small form is longer
        low = markup
    while (start := low.find(f"<{name}", at)) >= 0:
        end = low.find(f"</{name}", start)
        yield markup[at:start]
        if end < 0:
            return
        at = end
    yield markup[at:]

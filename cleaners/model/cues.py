"""What the names that a site gives its elements say about them: words in class, id, itemprop and role."""

from __future__ import annotations

from functools import lru_cache

from lxml.html import HtmlElement

CUES = (
    "article", "body", "content", "story", "text", "post", "entry", "main", "comment", "share", "social", "relat",
    "recommend", "newsletter", "subscri", "promo", "advert", "sponsor", "footer", "header", "nav", "menu", "sidebar",
    "widget", "caption", "byline", "author", "meta", "date", "tag", "title", "headline", "lead", "summary",
    "standfirst", "teaser", "popular", "trending", "cookie", "modal", "paywall", "form", "gallery", "image", "media",
    "video", "credit", "bio", "more", "list", "card", "embed", "quote", "faq", "disclaimer", "copyright", "hidden",
    "intro", "deck", "dek", "subtitle", "excerpt", "toc", "info", "note", "button", "tool", "source", "link", "label",
    "description", "box", "aside", "topic", "donat", "live",
)  # fmt: skip
"""Parts of words, in English, since that is what class names are written in nearly everywhere."""

_ATTRIBUTES = ("class", "id", "itemprop", "role", "data-component", "data-testid")
_MAX_NAMES = 500
"""Characters of an element's names that are looked at: bounds the cost of a hostile class list."""


def cue_bits(element: HtmlElement) -> int:
    """Return the cues of an element as bits, the first of CUES the lowest."""
    names = " ".join([value for name in _ATTRIBUTES if (value := element.get(name))])
    return _bits(names[:_MAX_NAMES]) if names else 0


@lru_cache(maxsize=65536)
def _bits(names: str) -> int:
    bits = 0
    for word in names.split():
        bits |= _word_bits(word)
    return bits


# most names are new combinations of known words
@lru_cache(maxsize=65536)
def _word_bits(word: str) -> int:
    low = word.lower()
    return sum(1 << i for i, cue in enumerate(CUES) if cue in low)


def is_hidden(element: HtmlElement) -> bool:
    """Tell whether an element says that it is not shown."""
    style = element.get("style") or ""
    return (
        element.get("hidden") is not None
        or element.get("aria-hidden") == "true"
        or ("display" in style and "display:none" in style.replace(" ", ""))
    )

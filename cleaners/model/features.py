"""What the numbers are called that the block model looks at; a removal names those that decided."""

from __future__ import annotations

from cleaners.model.cues import CUES

TAGS = (
    "p", "div", "h1", "h2", "h3", "h4", "li", "ul", "ol", "blockquote", "td", "tr", "table", "pre", "figure",
    "figcaption", "section", "article", "aside", "form", "footer", "header", "nav", "main", "dd", "dt", "span",
)  # fmt: skip
KINDS = ("heading", "list item", "quote", "table", "code")

_NUMBERS = (
    "in trafilatura's choice", "block before in trafilatura's choice", "block behind in trafilatura's choice",
    "share of siblings in trafilatura's choice", "siblings",
    "share of prose 1 up", "share of prose 2 up", "share of prose 3 up", "share of prose 4 up",
    "depth of half the prose", "levels below half the prose", "depth of most prose", "levels below most prose",
    "length", "share of links", "ends like a sentence", "place in page", "place in prose", "prose so far", "paragraphs",
    "prose of page", "blocks", "depth", "number in series",
    "length before", "links before", "length behind", "links behind", "length 2 before", "length 2 behind",
    "taken by a rule before", "taken by a rule behind", "hidden from readers", "after a picture",
    "heading before", "heading behind", "words",
    "digits", "capitals", "stock phrases", "words of the headline", "is the headline", "words of the description",
    "covers the description", "said again elsewhere", "copies", "words a sentence", "begins in lower case",
    "begins with a quotation mark", "ends with a colon", "ends with a question mark", "distance from the headline",
    "behind the headline", "between headline and story", "first behind the headline", "length among blocks",
    "a time or date", "page is news", "page is a blog post", "commas",
)  # fmt: skip
NAMES = (
    *_NUMBERS, *(f"is {kind}" for kind in KINDS), *(f"<{tag}>" for tag in TAGS), *(f"in <{tag}>" for tag in TAGS),
    *(f"named {cue}" for cue in CUES), *(f"inside {cue}" for cue in CUES),
)  # fmt: skip

"""Tell which elements hold code, and in which language it is."""

from __future__ import annotations

from functools import lru_cache
from itertools import islice

from lxml.html import HtmlElement

_PREFORMATTED = "pre"
MAY_HOLD_CODE = frozenset(("code", "div", "ol", "pre", "table", "td"))
_CONTAINERS = frozenset((
    "CodeMirror-code", "ace_text-layer", "cm-content", "crayon-pre", "dp-highlighter", "enlighter",
    "js-file-line-container", "lines-code", "react-code-lines", "view-lines",
))  # fmt: skip
"""Classes that editors and highlighters give to the element around lines of code where that is no `pre`."""
_LINES_IN_CODE = ("div", "ol", "p", "pre", "table", "ul")
_UNSEEN = str.maketrans({"\r": None, "\u200b": None, "\ufeff": None, "\xa0": " "})
"""What editors put into code for the browser's sake, and what a person who copies it does not mean: signs without
width in empty lines, and spaces that do not break."""


def holds_code(element: HtmlElement, tag: str) -> bool:
    """Tell whether an element of a tag in MAY_HOLD_CODE is a block of code: a `pre`, an editor, a table with a line in
    each row, a `code` whose lines are elements. Where exactly one `pre` is in it, that is the block; where an editor is
    in a `pre`, the editor is."""
    if tag == _PREFORMATTED:
        return not (len(element) and element[0].tag == "div") or not any(
            _names_code(own, "div") for inner in element.iter("div") if (own := inner.get("class"))
        )
    classes = element.get("class")
    if not (classes and _names_code(classes, tag)) and not (
        tag == "code" and len(element) and element[0].tag in _LINES_IN_CODE
    ):
        return False
    return len([*islice(element.iter(_PREFORMATTED), 2)]) != 1


# the same few hundred values are on every page of a site
@lru_cache(maxsize=8192)
def _names_code(classes: str, tag: str) -> bool:
    words = set(classes.split())
    if tag == "code":
        return {"hl", "block"} <= words
    return not words.isdisjoint(_CONTAINERS) or (tag == "td" and "code" in words)


def as_code(text: str) -> str:
    """Return a piece of code without the signs that only help the browser."""
    return text.translate(_UNSEEN)


def trimmed(raw: str) -> tuple[str, int]:
    """Return code without the empty lines at its beginning and end, and how many characters were cut at its beginning.

    >>> trimmed("\\n\\n  if storm:\\n    close()\\n  ")
    ('  if storm:\\n    close()', 2)
    """
    cut = raw.rfind("\n", 0, len(raw) - len(raw.lstrip())) + 1
    return raw[cut:].rstrip(), cut

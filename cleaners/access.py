"""Judge whether a page shows the whole article, by structured signals first."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

import numpy as np
from numpy.typing import NDArray

from cleaners.article import Access
from cleaners.metadata.linked_data import Node, texts

SHORT = 0.6
"""A text with less than this share of the words that the page's data promises is a teaser."""

WALLS: dict[str, Access] = {
    "access/blocked": "blocked",
    "access/paywall": "paywall",
    "access/registration": "registration",
    "access/consent": "consent",
    "lines/paywall": "paywall",
    "lines/registration": "registration",
    "lines/cookies": "consent",
    "dom/paywall": "paywall",
    "dom/registration-form": "registration",
    "dom/consent": "consent",
}
"""The wall that a removal by each rule points to, the clearest first."""
KNOWN = 0x10000
"""Characters that are looked up in a table; texts have hardly any others."""
_WORD = re.compile(r"\w+")


def judge(text: str, node: Node, rules_fired: Iterable[str]) -> tuple[Access, tuple[str, ...]]:
    """Return the verdict and its evidence as `access:` flags.

    Structured signals are `isAccessibleForFree`, and `articleBody` or `wordCount` compared with the words of the text.
    A wall's phrases are weak evidence and decide only where there is no text.
    """
    promised = _promised_words(node)
    # without a promise it only matters whether there is a word
    words = _count(text) if promised else int(_WORD.search(text) is not None)
    free = node.get("isAccessibleForFree")
    claims = {str(claim).lower() for claim in (free if isinstance(free, list) else [free])}
    short = promised > 0 and words < SHORT * promised
    if "false" in claims and (short or not words):
        return "paywall", ("access:isAccessibleForFree=false", f"access:words={words}/{promised}")
    if short:
        return "teaser", (f"access:words={words}/{promised}",)
    if not words:
        fired = set(rules_fired)
        wall = next((rule for rule in WALLS if rule in fired), None)
        return (WALLS[wall], (f"access:{wall}",)) if wall else ("unknown", ())
    if promised or "true" in claims:
        return "full", (f"access:words={words}/{promised}" if promised else "access:isAccessibleForFree=true",)
    return "unknown", ()


def _promised_words(node: Node) -> int:
    if body := " ".join(texts(node.get("articleBody"))):
        return _count(body)
    count = re.fullmatch(r"(\d{1,7})(?:\.0)?", str(node.get("wordCount")))
    return int(count[1]) if count else 0


def _count(text: str) -> int:
    """Return the number of words: for each character the table says whether it is of one, and a word is where that
    begins. On the texts of fundus-dev it takes an eighth of what the pattern takes."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    rare = codes >= KNOWN
    of_word = _of_words()[codes * ~rare]
    of_word[rare] = [chr(code).isalnum() for code in codes[rare]]
    return int(np.count_nonzero(of_word[1:] > of_word[:-1])) + int(of_word[:1].sum())


@cache
def _of_words() -> NDArray[np.bool_]:
    """Return for each of the KNOWN characters whether it is of a word."""
    known = np.zeros(KNOWN, np.bool_)
    for match in _WORD.finditer("".join(map(chr, range(KNOWN)))):
        known[match.start() : match.end()] = True
    return known

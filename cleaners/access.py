"""Judge whether a page shows the whole article, by structured signals first."""

from __future__ import annotations

import re
from collections.abc import Iterable

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
"""The wall that each rule's removal points to, the clearest first."""
_WORD = re.compile(r"\w+")


def judge(text: str, node: Node, rules_fired: Iterable[str]) -> tuple[Access, tuple[str, ...]]:
    """Return the verdict and its evidence, one `access:` flag each.

    Structured signals are `isAccessibleForFree`, and `articleBody` or `wordCount` compared with the words of the text.
    A wall's phrases on the page are weak evidence: they decide only where there is no text.
    """
    words = len(_WORD.findall(text))
    promised = _promised(node)
    free = {value.lower() for value in _values(node.get("isAccessibleForFree"))}
    short = promised > 0 and words < SHORT * promised
    if "false" in free and (short or not words):
        return "paywall", ("access:isAccessibleForFree=false", f"access:words={words}/{promised}")
    if short:
        return "teaser", (f"access:words={words}/{promised}",)
    if not words:
        fired = set(rules_fired)
        wall = next((rule for rule in WALLS if rule in fired), None)
        return (WALLS[wall], (f"access:{wall}",)) if wall else ("unknown", ())
    if promised or "true" in free:
        return "full", (f"access:words={words}/{promised}" if promised else "access:isAccessibleForFree=true",)
    return "unknown", ()


def _promised(node: Node) -> int:
    body = " ".join(texts(node.get("articleBody")))
    if body:
        return len(_WORD.findall(body))
    count = re.fullmatch(r"(\d{1,7})(?:\.0)?", str(node.get("wordCount")))
    return int(count[1]) if count else 0


def _values(value: object) -> list[str]:
    return [str(v) for v in (value if isinstance(value, list) else [value]) if v is not None]

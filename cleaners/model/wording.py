"""What the text of a block says about it, taken by itself."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

HEAD = 200
"""Characters of a block whose wording is looked at: bounds the cost, and what marks debris stands at its beginning."""
SHORT = 60
"""Characters: in a line shorter than this a time or date is most of it."""

_END = re.compile(r"[.!?…。！？।؟][\"'”’»«)\]]*$")
_STOP = re.compile(r"[.!?。！？।]")
_TIME = re.compile(r"\d{1,2}[:.h]\d\d|\b(?:19|20)\d\d\b")
_PHRASES = re.compile(
    r"newsletter|subscri|sign up|follow us|related|read more|advertis|cookie|comment|photo|getty|reuters|copyright|©"
    r"|all rights|share|click here|e-?mail|facebook|twitter|abonn|mehr|foto|quelle|published|updated|posted|^by |tags?:"
    r"|source|contributed|reporter|register|log ?in|sign in|download|affiliate|whatsapp"
)
_DIGIT = re.compile(r"\d")
_CAPITAL = re.compile("[A-ZÀ-ÖØ-ÞΑ-ΩА-ЯЁ]")


class Wording(NamedTuple):
    """Numbers for a text; shares are of its characters."""

    ends: bool
    digits: float
    capitals: float
    phrases: int
    stops: int
    in_lower_case: bool
    quotes: bool
    colon: bool
    question: bool
    dated: bool
    commas: float


def wording(text: str) -> Wording:
    """Return the numbers for a text; those of short ones are kept: the same lines stand on all pages of a site."""
    return _kept(text) if len(text) <= HEAD else _read(text)


def _read(text: str) -> Wording:
    head, size = text[:HEAD], len(text)
    return Wording(
        bool(_END.search(text[-4:])),
        len(_DIGIT.findall(head)) / (len(head) + 1),
        len(_CAPITAL.findall(head)) / (len(head) + 1),
        len(_PHRASES.findall(head.lower())),
        len(_STOP.findall(text)),
        text[:1].islower(),
        text[:1] in "\"'“„«‘",
        text.endswith(":"),
        text.endswith("?"),
        size < SHORT and bool(_TIME.search(text)),
        100 * text.count(",") / (size + 1),
    )


_kept = lru_cache(maxsize=16384)(_read)

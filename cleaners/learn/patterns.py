"""Make patterns, cues and names of rules from the texts of debris."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from unicodedata import combining, normalize

from cleaners.learn.line_hashes import line_hash
from cleaners.rules.model import MAX_LINE

NAME_WORDS = 5
NAME_LENGTH = 48
"""The most words and characters of a rule's name."""
MAX_SPELLINGS = 3
"""How many spellings of one line a pattern has, the most frequent ones."""

_SPECIAL = re.compile(r"[.^$*+?{}\[\]\\|()]")
_TOKEN = re.compile(r"\d+(?:[.,:]\d+)*|\s+|['’‘]|.", re.DOTALL)
_SIGNS = ("'", "’", "‘")
_APOSTROPHES = f"[{''.join(_SIGNS)}]"
_ODD_SPACES = re.compile(r"\s\s|[^\S ]")
_CUE = re.compile(r"[^\W\d_]{3,}")


def pattern_of(texts: Sequence[str]) -> str:
    r"""Return a pattern for spellings of one line, the most frequent first.

    It is literal except for digits, apostrophes, and spaces if a spelling has others than single blanks, as ready-made
    text may.

    >>> pattern_of(["More (3) of today's stories"])
    'More \\(\\d+\\) of today.s stories'
    >>> pattern_of(["More stories", "More  stories"])
    'More\\s+stories'
    """
    loose = any(map(_is_loose, texts))
    spellings = list(dict.fromkeys(literal(text.strip(), loose=loose) for text in texts))
    folded = list({spelling.casefold(): spelling for spelling in reversed(spellings)}.values())[::-1]
    chosen = folded[:MAX_SPELLINGS]
    pattern = chosen[0] if len(chosen) == 1 else f"(?:{'|'.join(chosen)})"
    return pattern if len(folded) == len(spellings) else f"(?i){pattern}"


def literal(text: str, *, loose: bool = False) -> str:
    """Return a pattern for exactly this text; a `loose` one accepts any spaces for a blank."""
    loose = loose or _is_loose(text)
    tokens = _TOKEN.findall(text)
    return "".join(
        # where a digit or a space is beside it, a dot would match that too, and a row of them takes for ever
        _APOSTROPHES if token in _SIGNS and any(map(_repeats, near)) else _literal(token, loose=loose)
        for token, *near in zip(tokens, ["", *tokens], [*tokens[1:], ""], strict=False)
    )


def _is_loose(text: str) -> bool:
    return _ODD_SPACES.search(text) is not None


def _repeats(token: str) -> bool:
    """Tell whether the pattern for a token repeats, or may match what the token beside it does."""
    return token[:1].isdecimal() or token[:1].isspace() or token in _SIGNS


def _literal(token: str, *, loose: bool) -> str:
    if token[0].isdecimal():  # others, such as ² and ①, \d does not match
        return r"\d+(?:[.,:]\d+)*" if len(token) > 1 and not token.isdecimal() else r"\d+"
    if token.isspace():
        return r"\s+" if loose else " "
    return "." if token in _SIGNS else _SPECIAL.sub(r"\\\g<0>", token)


def cues_of(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the longest word that all the texts have, or nothing if there is no such word."""
    words = set.intersection(*(set(_CUE.findall(text.lower())) for text in texts))
    return (max(words, key=lambda word: (len(word), word)),) if words else ()


def longest_of(texts: Iterable[str]) -> int | None:
    """Return the length of the longest line that the rule must read, or None if the usual length is enough."""
    longest = max(map(len, texts))
    return None if longest <= MAX_LINE - 10 else -(-(longest + 20) // 50) * 50


def name_of(text: str, taken: Collection[str]) -> str:
    """Name a rule by the first words of its text, or by a number if the text is not in Latin letters.

    >>> name_of("Überblick: das war der Tag", ())
    'uberblick-das-war-der-tag'
    """
    plain = "".join(char for char in normalize("NFKD", text.replace("ß", "ss")) if not combining(char))
    letters = [char for char in plain if char.isalpha()]
    words = re.findall(r"[a-z]+", re.sub(r"['’‘]", "", plain).lower())
    number = f"{line_hash(text):016x}"[:8]
    latin = sum(char.isascii() for char in letters) >= 0.8 * len(letters)
    name = "-".join(words[:NAME_WORDS])[:NAME_LENGTH].strip("-") if latin and words else f"line-{number}"
    return name if name not in taken else f"{name}-{number}"

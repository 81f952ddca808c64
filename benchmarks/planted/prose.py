"""Invented sentences: forms with slots, filled by chance from a language's lists."""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

SLOT = re.compile(r"\{(\w+)\}")
NUMBERS, YEARS = (11, 980), (1871, 2024)


@cache
def lexicon(language: str) -> dict[str, list[str]]:
    """Return a language's lists of words and forms."""
    source = files("benchmarks.planted") / "prose" / f"{language}.toml"
    return tomllib.loads(source.read_text("utf-8"))


class Prose:
    """Sentences of one language, the same for the same seed."""

    def __init__(self, language: str, seed: str) -> None:
        """Begin at a seed."""
        self.chance = random.Random(seed)
        self._lists = lexicon(language)
        self._joint = "" if language == "ja" else " "

    def fill(self, form: str, given: Mapping[str, str] | None = None) -> str:
        """Return the form with its slots filled: from `given`, else by chance."""
        return SLOT.sub(lambda slot: self._slot(slot[1], given or {}), form)

    def word(self, name: str) -> str:
        """Return an entry of a list, its slots filled."""
        return self.fill(self.chance.choice(self._lists[name]))

    def sentence(self) -> str:
        """Return a sentence."""
        return _raised(self.word("forms"))

    def title(self) -> str:
        """Return a headline."""
        return _raised(self.word("titles"))

    def paragraph(self, sentences: int | None = None) -> str:
        """Return so many sentences, two to four where it is not said."""
        count = sentences or self.chance.randint(2, 4)
        return self._joint.join(self.sentence() for _ in range(count))

    def _slot(self, name: str, given: Mapping[str, str]) -> str:
        if name in given:
            return given[name]
        if name in ("n", "year"):
            return str(self.chance.randint(*(NUMBERS if name == "n" else YEARS)))
        return self.word(name)


def _raised(text: str) -> str:
    return text[:1].upper() + text[1:]

"""What a line by itself is, where a rule can say it: names for what the block model refuses."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from cleaners.align import normal
from cleaners.needles import Needles
from cleaners.ruleset import LineRule

KEPT = 16384
"""Lines whose names are kept: the same menus stand on all pages of a site. At most MAX_LINE characters each, some 5 MB
in all. Every other page of a news site is named from here alone."""


class Namer:
    """Names lines by the rules that need to know nothing of a line's neighbours. Made once for a set of rules."""

    def __init__(self, rules: Sequence[LineRule]) -> None:
        """`rules` in file order: the first that fits has the line; one for lines that repeat the title goes before."""
        alone = [rule for rule in rules if rule.whole and rule.place == "anywhere" and not rule.beside and not rule.run]
        self._titles = [rule for rule in alone if rule.shape == "repeats-title"]
        self._rules = [rule for rule in alone if rule.shape is None and not rule.text_mode and rule.opens != "rest"]
        self._always = [number for number, rule in enumerate(self._rules) if not rule.cues]
        self._by_cue: dict[str, list[int]] = {}
        for number, rule in enumerate(self._rules):
            for cue in rule.cues:
                self._by_cue.setdefault(cue, []).append(number)
        self._cues = Needles(self._by_cue)
        self._found = lru_cache(maxsize=KEPT)(self._find)

    def name(self, text: str, language: str | None, title: str) -> str:
        """Return the id of the rule that takes a line wherever it stands; empty where none does."""
        if self._titles and title and normal(text) == title:
            return self._titles[0].id
        return self._found(text, language)

    def _find(self, text: str, language: str | None) -> str:
        numbers = set(self._always).union(*(self._by_cue[cue] for cue in self._cues.within(text.lower())))
        for number in sorted(numbers):
            rule = self._rules[number]
            if (
                len(text) <= rule.max
                and (not rule.langs or language is None or language in rule.langs)
                and rule.pattern.fullmatch(text)
            ):
                return rule.id
        return ""


@lru_cache(maxsize=64)
def namer(rules: tuple[LineRule, ...]) -> Namer:
    """Return the namer for a set of rules."""
    return Namer(rules)

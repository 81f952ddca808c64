"""What a line by itself is, where a rule can say it: names for what the block model refuses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from cleaners.align import normal
from cleaners.lines import has_cue
from cleaners.ruleset import LineRule

KEPT = 16384
"""Lines whose names are kept: the same menus stand on all pages of a site. At most MAX_LINE characters each, some 5 MB
in all. Every other page of a news site is named from here alone."""
START = 3
"""Characters of a cue by which rules are found: most lines share three in a row with the cues of two or three rules, so
most rules need not be asked. On the development corpora a line's name costs a third of what asking all costs."""


class Namer:
    """Names lines by the rules that need to know nothing of a line's neighbours. Made once for a set of rules."""

    def __init__(self, rules: Sequence[LineRule]) -> None:
        """`rules` in file order: the first that fits has the line; one for lines that repeat the title goes before."""
        alone = [rule for rule in rules if rule.whole and rule.place == "anywhere" and not rule.beside and not rule.run]
        self._titles = [rule for rule in alone if rule.shape == "repeats-title"]
        self._rules = [rule for rule in alone if rule.shape is None and not rule.text_mode and rule.opens != "rest"]
        self._always = [number for number, rule in enumerate(self._rules) if not rule.cues]
        self._by_start: dict[str, set[int]] = {}
        for number, rule in enumerate(self._rules):
            for cue in rule.cues:
                self._by_start.setdefault(cue[:START], set()).add(number)
                if len(cue) < START:
                    self._always.append(number)
        self._found = lru_cache(maxsize=KEPT)(self._find)

    def name(self, text: str, language: str | None, title: str) -> str:
        """Return the id of the rule that takes a line wherever it stands; empty where none does."""
        if self._titles and title and normal(text) == title:
            return self._titles[0].id
        return self._found(text, language)

    def _find(self, text: str, language: str | None) -> str:
        lower = text.lower()
        for rule in self._candidates(lower):
            if (
                len(text) <= rule.max
                and (not rule.langs or language is None or language in rule.langs)
                and (not rule.cues or has_cue(lower, rule.cues))
                and rule.pattern.fullmatch(text)
            ):
                return rule.id
        return ""

    def _candidates(self, lower: str) -> Iterator[LineRule]:
        """Yield, in file order, the rules without cues and those of whose cues the text may have one."""
        starts = {lower[i : i + START] for i in range(len(lower))} & self._by_start.keys()
        numbers = set(self._always).union(*(self._by_start[start] for start in starts))
        return (self._rules[number] for number in sorted(numbers))


@lru_cache(maxsize=64)
def namer(rules: tuple[LineRule, ...]) -> Namer:
    """Return the namer for a set of rules."""
    return Namer(rules)

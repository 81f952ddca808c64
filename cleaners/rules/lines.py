"""Apply line rules to a page's blocks or to ready-made text: find the lines, and parts of lines, that are debris."""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from types import MappingProxyType

from cleaners.rules.context import LineContext, normal
from cleaners.rules.model import AT_START, LinePosition, LineRule

_WORD = re.compile(r"\w")
_ANYWHERE: frozenset[LinePosition] = frozenset(("anywhere",))
_NONE: Mapping[str, Sequence[int]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Cut:
    """A part of a line, from `start` to `end`, that a rule removes."""

    rule: str
    start: int
    end: int


def cut_lines(lines: LineContext, rules: Sequence[LineRule], language: str | None = None) -> list[list[Cut]]:
    """Return the cuts of each line, in order. The first rule in file order that matches a line removes it.

    Rules with `beside` are tried again as long as they remove another line.
    """
    candidates, parts = _candidates(lines, tuple(rules), language)
    for i, own in enumerate(candidates):
        if i not in lines.removed:
            _remove(lines, i, [rule for rule in own if not rule.beside and not rule.run])
    for rule in dict.fromkeys(rule for own in candidates for rule in own if rule.run):
        _remove_runs(lines, rule, candidates)
    beside = {i: near for i, own in enumerate(candidates) if (near := [rule for rule in own if rule.beside])}
    while sum(_remove(lines, i, near) for i, near in beside.items() if i not in lines.removed):
        pass
    return [
        [Cut(lines.removed[i], 0, len(text))] if i in lines.removed else list(_fragments(lines, i, parts[i]))
        for i, text in enumerate(lines.texts)
    ]


def _candidates(
    lines: LineContext, rules: tuple[LineRule, ...], language: str | None
) -> tuple[list[list[LineRule]], list[list[LineRule]]]:
    """Return for each line the rules for its language, position, length and cues: those for whole lines, and those for
    parts of lines."""
    active = tuple(rule for rule in rules if rule.applies_in(language) and (lines.text_mode or not rule.text_mode))
    index = _line_index(active)
    candidates, parts = [], []
    for i, text in enumerate(lines.texts):
        fit = index.tried(text, lines.lower[i], lines.positions(i))
        candidates.append([rule for rule in fit if rule.whole])
        parts.append([rule for rule in fit if not rule.whole])
    return candidates, parts


class LineIndex:
    """Finds by position, length and cues which of many rules are tried on a line: of some 40 patterns, one or two."""

    def __init__(self, rules: Sequence[LineRule]) -> None:
        self._rules = rules
        self._always = frozenset(n for n, rule in enumerate(rules) if not rule.cues)
        self._starts: dict[str, dict[str, list[int]]] = {}
        inside: list[tuple[float, str, int]] = []
        for n, rule in enumerate(rules):
            for cue in rule.cues:
                if cue.startswith(AT_START):
                    start = cue.removeprefix(AT_START)
                    self._starts.setdefault(start[:2], {}).setdefault(start, []).append(n)
                else:
                    inside.append((_longest(rule), cue, n))
        inside.sort()
        self._inside = [(cue, n) for _, cue, n in inside]
        self._longest = [longest for longest, _, _ in inside]
        self._sizes = sorted({_longest(rule) for rule in rules})
        # one for each pair of a size and the positions of a line: some hundred at most
        self._fitting: dict[tuple[int, frozenset[LinePosition]], frozenset[int]] = {}

    def tried(self, text: str, lower: str, positions: frozenset[LinePosition]) -> list[LineRule]:
        """Return the rules that are tried on a line, in order; none on an empty line. `lower`: the line in lower
        case."""
        if not text:
            return []
        found = set(self._always)
        # a cue is not searched for in a line that is too long for its rule
        first = bisect_left(self._longest, len(text))
        found.update([n for cue, n in self._inside[first:] if cue in lower])
        if word := _WORD.search(lower):
            at = word.start()
            for key in (lower[at : at + 1], lower[at : at + 2]):
                for start, numbers in self._starts.get(key, _NONE).items():
                    if lower.startswith(start, at):
                        found.update(numbers)
        return [self._rules[n] for n in sorted(found & self._fit(len(text), positions))]

    def _fit(self, size: int, positions: frozenset[LinePosition]) -> frozenset[int]:
        key = (bisect_left(self._sizes, size), positions)
        if key not in self._fitting:
            self._fitting[key] = frozenset(
                [n for n, rule in enumerate(self._rules) if size <= _longest(rule) and rule.place in positions]
            )
        return self._fitting[key]


def _longest(rule: LineRule) -> float:
    """Return the length of the longest line that a rule is tried on."""
    return rule.max if rule.whole else math.inf


_line_index = lru_cache(maxsize=64)(LineIndex)


def _remove(lines: LineContext, i: int, rules: Sequence[LineRule]) -> bool:
    for rule in rules:
        if _fits(lines, i, rule):
            lines.removed[i] = rule.id
            if rule.opens:
                lines.removed |= dict.fromkeys(lines.followers(i, rule.opens), rule.id)
            return True
    return False


def _remove_runs(lines: LineContext, rule: LineRule, candidates: Sequence[Sequence[LineRule]]) -> None:
    for fits, group in groupby(
        range(len(lines.texts)),
        key=lambda i: i not in lines.removed and rule in candidates[i] and _fits(lines, i, rule),
    ):
        run = list(group)
        if fits and len(run) >= rule.run:
            lines.removed |= dict.fromkeys(run, rule.id)


def _fits(lines: LineContext, i: int, rule: LineRule) -> bool:
    # the cheapest question first
    return (
        (not rule.beside or lines.beside(i, rule.beside))
        and (rule.pattern.fullmatch(lines.texts[i]) is not None if rule.packaged else rule.matches(lines.texts[i]))
        and (rule.opens != "rest" or lines.may_close(i))
        and (rule.shape is None or lines.has_shape(i, rule.shape))
    )


def _fragments(lines: LineContext, i: int, rules: Sequence[LineRule]) -> Iterator[Cut]:
    text = lines.texts[i]
    cuts = [Cut(rule.id, start, end) for rule in rules for start, end in rule.spans(text) if end - start <= rule.max]
    end = 0
    for cut in sorted(cuts, key=lambda cut: (cut.start, -cut.end)):
        if cut.start >= end:
            yield cut
            end = cut.end


REMEMBERED = 16384
"""Lines that are cached with their rule, at most MAX_LINE characters each and some 5 MB in all: the same menus are on
all pages of a site. On every other page of a news site no pattern is tried."""


class Namer:
    """Names the rule that matches a line by itself, for lines that the block model refused. Built once for a set of
    rules."""

    def __init__(self, rules: tuple[LineRule, ...]) -> None:
        # the rules that do not depend on a line's neighbours
        alone = [rule for rule in rules if rule.whole and rule.place == "anywhere" and not rule.beside and not rule.run]
        self._titles = [rule for rule in alone if rule.shape == "repeats-title"]
        self._index = LineIndex(
            [
                rule
                for rule in alone
                if rule.shape in (None, "inside-section") and not rule.text_mode and rule.opens != "rest"
            ]
        )
        self._remembered = lru_cache(maxsize=REMEMBERED)(self._find)

    def name(self, text: str, language: str | None, title: str) -> str:
        """Return the id of the first rule in file order that removes a line wherever it is, but that for repeated
        titles comes first; empty if there is none."""
        # the normal text has a space at each end, and is no longer otherwise
        if self._titles and title and len(text.lower()) + 2 >= len(title) and normal(text) == title:
            return self._titles[0].id
        return self._remembered(text, language)

    def _find(self, text: str, language: str | None) -> str:
        for rule in self._index.tried(text, text.lower(), _ANYWHERE):
            if rule.applies_in(language) and rule.matches(text):
                return rule.id
        return ""


namer = lru_cache(maxsize=64)(Namer)

"""Apply line rules to a page's blocks or to ready-made text: find the lines, and parts of lines, that are debris."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from cleaners.rules.context import LineContext, normal
from cleaners.rules.dom import SubstringIndex
from cleaners.rules.model import LinePosition, LineRule


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
    active = [rule for rule in rules if rule.applies_in(language) and (lines.text_mode or not rule.text_mode)]
    candidates = _candidates(lines, [rule for rule in active if rule.whole])
    for i, own in enumerate(candidates):
        if i not in lines.removed:
            _remove(lines, i, [rule for rule in own if not rule.beside and not rule.run])
    for rule in active:
        if rule.run:
            _remove_runs(lines, rule, candidates)
    beside = {i: near for i, own in enumerate(candidates) if (near := [rule for rule in own if rule.beside])}
    while sum(_remove(lines, i, near) for i, near in beside.items() if i not in lines.removed):
        pass
    parts = [rule for rule in active if not rule.whole]
    return [
        [Cut(lines.removed[i], 0, len(text))] if i in lines.removed else list(_fragments(lines, i, parts))
        for i, text in enumerate(lines.texts)
    ]


def _candidates(lines: LineContext, rules: Sequence[LineRule]) -> list[list[LineRule]]:
    """Return for each line the rules for its position and length; each such pair is looked up once."""
    sizes = sorted({rule.max for rule in rules})
    known: dict[tuple[int, frozenset[LinePosition]], list[LineRule]] = {}
    candidates = []
    for i, text in enumerate(lines.texts):
        key = (bisect_left(sizes, len(text)) if text else len(sizes), lines.positions(i))
        if key not in known:
            fitting = frozenset(sizes[key[0] :])
            known[key] = [rule for rule in rules if rule.max in fitting and rule.place in key[1]]
        candidates.append(known[key])
    return candidates


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
    return (
        (not rule.cues or has_cue(lines.lower[i], rule.cues))
        and (rule.pattern.fullmatch(lines.texts[i]) is not None if rule.packaged else rule.matches(lines.texts[i]))
        and (not rule.beside or lines.beside(i, rule.beside))
        and (rule.opens != "rest" or lines.may_close(i))
        and (rule.shape is None or lines.has_shape(i, rule.shape))
    )


def has_cue(text: str, cues: Sequence[str]) -> bool:
    """Tell whether a text in lower case contains one of the cues."""
    for cue in cues:  # noqa: SIM110 - asked for each line and rule: a generator costs twice as much
        if cue in text:
            return True
    return False


def _fragments(lines: LineContext, i: int, rules: Sequence[LineRule]) -> Iterator[Cut]:
    text = lines.texts[i]
    cuts = [
        Cut(rule.id, start, end)
        for rule in rules
        if (not rule.cues or has_cue(lines.lower[i], rule.cues))
        and (rule.place == "anywhere" or rule.place in lines.positions(i))
        for start, end in rule.spans(text)
        if end - start <= rule.max
    ]
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
        self._rules = [rule for rule in alone if rule.shape is None and not rule.text_mode and rule.opens != "rest"]
        self._always = [number for number, rule in enumerate(self._rules) if not rule.cues]
        self._by_cue: dict[str, list[int]] = {}
        for number, rule in enumerate(self._rules):
            for cue in rule.cues:
                self._by_cue.setdefault(cue, []).append(number)
        self._cues = SubstringIndex(self._by_cue)
        self._remembered = lru_cache(maxsize=REMEMBERED)(self._find)

    def name(self, text: str, language: str | None, title: str) -> str:
        """Return the id of the first rule in file order that removes a line wherever it is, but that for repeated
        titles comes first; empty if there is none."""
        if self._titles and title and normal(text) == title:
            return self._titles[0].id
        return self._remembered(text, language)

    def _find(self, text: str, language: str | None) -> str:
        numbers = set(self._always).union(*(self._by_cue[cue] for cue in self._cues.within(text.lower())))
        for number in sorted(numbers):
            rule = self._rules[number]
            if len(text) <= rule.max and rule.applies_in(language) and rule.matches(text):
                return rule.id
        return ""


namer = lru_cache(maxsize=64)(Namer)

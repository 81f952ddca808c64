"""Compare two stored texts line by line: what only one has, where a line was shortened, and what cleaning did."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from archive.recleaning.changes import RuleChange, folded, removals_of, rule_changes, rule_of, same_ends, twins
from archive.warc.records import TextRecord

Sign = Literal[" ", "-", "+"]
MAX_DEPTH = 30
"""How often a gap between lines that both texts have once is looked at again; deeper ones count as replaced."""
MAX_WORD = 30
"""The most characters by which a mark grows to whole words: scripts without blanks have no words to go by."""
MAX_EXPLAINED = 2_000
"""The most lines that differ with their rules and marks: each is looked for in all removals."""
NOT_COMPARED = frozenset({"removals", "text_sha256", "url"})


@dataclass(frozen=True, slots=True)
class ComparedLine:
    """A line of one text (`-` the first, `+` the second), or of both."""

    sign: Sign
    parts: tuple[tuple[str, bool], ...]
    """Its text in parts, each with whether it is new to the line that was shortened or lengthened."""
    rule: str = ""
    """The rule that removes it in the other text; empty where none is known."""

    @property
    def text(self) -> str:
        """The whole line."""
        return "".join(part for part, _ in self.parts)


@dataclass(frozen=True, slots=True)
class Difference:
    """The difference between two texts, from the first to the second."""

    lines: tuple[ComparedLine, ...]
    """All lines of both in order, without empty ones."""
    fields: Mapping[str, tuple[Any, Any]]
    """The fields of the metadata that differ, with both values; None where a text has none."""
    rules: Mapping[str, RuleChange]
    """What each rule removed of one only."""


def difference(before: TextRecord, after: TextRecord) -> Difference:
    """Return the difference between two texts, of two captures or of two cleanings of one."""
    old, new = removals_of(before), removals_of(after)
    pairs = list(aligned(_lines(before), _lines(after)))
    removing: dict[Sign, list[tuple[str, str]]] = {"-": folded(new), "+": folded(old), " ": []}
    has_few = sum(sign != " " for sign, _ in pairs) <= MAX_EXPLAINED
    marked = _marked(pairs) if has_few else {}
    lines = (
        ComparedLine(sign, marked.get(number, ((line, False),)), rule_of(line, removing[sign]) if has_few else "")
        for number, (sign, line) in enumerate(pairs)
    )
    known = {name: None for one in (before, after) for name in one.metadata if name not in NOT_COMPARED}
    both = {name: (before.metadata.get(name), after.metadata.get(name)) for name in known}
    return Difference(
        tuple(lines), {name: pair for name, pair in both.items() if pair[0] != pair[1]}, rule_changes(old, new)
    )


def _lines(text: TextRecord) -> list[str]:
    return [line for line in text.text.splitlines() if line.strip()]


def near_changes(signs: Sequence[str], context: int) -> set[int]:
    """Return the places of the lines that only one text has, and of up to *context* lines before and behind each.

    >>> sorted(near_changes(["-", " ", " ", " ", "+"], 1))
    [0, 1, 3, 4]
    """
    changed = [place for place, sign in enumerate(signs) if sign != " "]
    return {near for place in changed for near in range(max(0, place - context), min(len(signs), place + context + 1))}


def aligned(old: Sequence[str], new: Sequence[str], depth: int = 0) -> Iterator[tuple[Sign, str]]:
    """Yield the lines of two texts in order, each with a sign: ` ` in both, `-` only in the old, `+` only in the new.

    Lines that both have once hold the texts together (patience diff), so that no text takes long.

    >>> list(aligned(["a", "b", "c"], ["a", "c", "d"]))
    [(' ', 'a'), ('-', 'b'), (' ', 'c'), ('+', 'd')]
    """
    head = next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    yield from ((" ", line) for line in old[:head])
    old, new = old[head:], new[head:]
    least = min(len(old), len(new))
    tail = next((n for n in range(least) if old[-1 - n] != new[-1 - n]), least)
    same = old[len(old) - tail :]
    old, new = old[: len(old) - tail], new[: len(new) - tail]
    anchors = _anchors(old, new) if depth < MAX_DEPTH else []
    if anchors:
        last = (0, 0)
        for place in [*anchors, (len(old), len(new))]:
            yield from aligned(old[last[0] : place[0]], new[last[1] : place[1]], depth + 1)
            if place[0] < len(old):
                yield " ", old[place[0]]
            last = place[0] + 1, place[1] + 1
    else:
        yield from (("-", line) for line in old)
        yield from (("+", line) for line in new)
    yield from ((" ", line) for line in same)


def _anchors(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Return the places of lines that both texts have exactly once: the longest run in the order of both."""
    counts, others = Counter(old), Counter(new)
    places = {line: place for place, line in enumerate(new) if others[line] == 1}
    once = [(place, places[line]) for place, line in enumerate(old) if counts[line] == 1 and line in places]
    ends: list[int] = []  # of the best run of each length: its last place in the new text
    chains: list[tuple[tuple[int, int], int]] = []
    at: list[int] = []
    for pair in once:
        length = bisect_left(ends, pair[1])
        chains.append((pair, at[length - 1] if length else -1))
        ends[length : length + 1], at[length : length + 1] = [pair[1]], [len(chains) - 1]
    found, link = [], at[-1] if at else -1
    while link >= 0:
        pair, link = chains[link]
        found.append(pair)
    return found[::-1]


def _marked(pairs: Sequence[tuple[Sign, str]]) -> dict[int, tuple[tuple[str, bool], ...]]:
    """Return the parts of each line that is the shortened or lengthened form of one of the other text."""
    gone = [number for number, (sign, _) in enumerate(pairs) if sign == "-"]
    come = [number for number, (sign, _) in enumerate(pairs) if sign == "+"]
    marked = {}
    for one, other in twins([pairs[number][1] for number in gone], [pairs[number][1] for number in come]):
        lines = pairs[gone[one]][1], pairs[come[other]][1]
        head, tail = same_ends(*lines)
        head, tail = _whole_word(lines, head), _whole_word((lines[0][::-1], lines[1][::-1]), tail)
        for number, line in zip((gone[one], come[other]), lines, strict=True):
            parts = (line[:head], False), (line[head : len(line) - tail], True), (line[len(line) - tail :], False)
            marked[number] = tuple(part for part in parts if part[0])
    return marked


def _whole_word(lines: tuple[str, str], same: int) -> int:
    """Return where the word begins in which two lines begin to differ."""
    start = same
    while start and same - start < MAX_WORD and lines[0][start - 1].isalnum():
        start -= 1
    in_word = any(len(line) > same and line[same].isalnum() for line in lines)
    return start if in_word and (not start or not lines[0][start - 1].isalnum()) else same

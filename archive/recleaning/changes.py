"""Compare two cleanings of a page: what its text gained and lost, and which rules caused it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from archive.files.utf8 import encodable
from archive.warc.records import TextRecord
from cleaners import Article

Kind = Literal["unchanged", "changed", "gained", "lost", "empty"]
SHOWN_LINES = 6
"""The most lines shown of a page."""
SHOWN_CHARACTERS = 200
SAME_ENDS = 12
"""Characters that two lines must share at the beginning or end to count as one line that was shortened."""
METADATA = ("title", "authors", "date", "modified", "site", "language", "access")


@dataclass(frozen=True, slots=True)
class Line:
    """A line that only one of the two texts has."""

    sign: Literal["-", "+"]
    text: str
    rule: str
    """The rule that removes it now (`-`), or removed it earlier (`+`); empty where no removal has it."""


@dataclass(slots=True)
class RuleChange:
    """The removals that one rule makes now and did not make before, and the reverse."""

    more: int = 0
    more_characters: int = 0
    fewer: int = 0
    fewer_characters: int = 0

    def add(self, other: RuleChange) -> None:
        """Add the change of another page."""
        self.more += other.more
        self.more_characters += other.more_characters
        self.fewer += other.fewer
        self.fewer_characters += other.fewer_characters


@dataclass(frozen=True, slots=True)
class Change:
    """The difference that cleaning again made to one page."""

    kind: Kind
    """`gained`: there was no text before; `lost`: there is none now; `empty`: neither."""
    gained: int = 0
    """Characters that are in the new text only."""
    lost: int = 0
    rules: Mapping[str, RuleChange] = field(default_factory=dict)
    metadata: tuple[str, ...] = ()
    """The fields that differ."""
    lines: tuple[Line, ...] = ()
    """The first lines that differ."""


def compare(before: TextRecord | None, after: Article) -> Change:
    """Return the difference between the earlier text of a page and its new cleaning.

    >>> compare(None, Article("It rained.")).kind
    'gained'
    """
    text = encodable(after.text)
    if before is None:
        return Change("gained", gained=len(text)) if text else Change("empty")
    old = removals_of(before)
    new = [(removal.rule, removal.text) for removal in after.removals]
    gone, come = _different(before.text, text)
    lost, gained = _characters(gone, come)
    lines = [Line("-", _short(line), rule_of(line, folded(new))) for line in gone[:SHOWN_LINES]]
    lines += [Line("+", _short(line), rule_of(line, folded(old))) for line in come[:SHOWN_LINES]]
    if before.text == text:
        kind: Kind = "unchanged" if text else "empty"
    else:
        kind = "gained" if not before.text else "changed" if text else "lost"
    now = after.as_dict()
    fields = tuple(name for name in METADATA if now[name] != before.metadata.get(name))
    return Change(kind, gained, lost, rule_changes(old, new), fields, tuple(lines[:SHOWN_LINES]))


def _dicts(value: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - JSON from a file: anything
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _different(before: str, after: str) -> tuple[list[str], list[str]]:
    """Return the lines that only the earlier text has, and those that only the new one has, in order."""
    old, new = ([line for line in text.splitlines() if line.strip()] for text in (before, after))
    return _without(old, new), _without(new, old)


def _without(lines: Sequence[str], others: Iterable[str]) -> list[str]:
    left = Counter(others)
    rest = []
    for line in lines:
        if left[line]:
            left[line] -= 1
        else:
            rest.append(line)
    return rest


def _characters(gone: Sequence[str], come: Sequence[str]) -> tuple[int, int]:
    """Return the characters lost and gained; of a line that was only shortened or lengthened, the part that differs."""
    lost, gained = sum(map(len, gone)), sum(map(len, come))
    for one, other in twins(gone, come):
        same = sum(same_ends(gone[one], come[other]))
        lost, gained = lost - same, gained - same
    return lost, gained


def twins(gone: Sequence[str], come: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield the places of two lines that are one line, shortened or lengthened: they begin or end alike."""
    ends: dict[str, list[int]] = {}
    for place, line in enumerate(come):
        ends.setdefault(line[:SAME_ENDS], []).append(place)
        ends.setdefault(line[-SAME_ENDS:], []).append(place)
    used: set[int] = set()
    for place, line in enumerate(gone):
        near = [*ends.get(line[:SAME_ENDS], ()), *ends.get(line[-SAME_ENDS:], ())]
        if (twin := next((other for other in near if other not in used), None)) is not None:
            used.add(twin)
            yield place, twin


def same_ends(one: str, other: str) -> tuple[int, int]:
    """Return how many characters two lines share at their beginning and, after that, at their end."""
    head = _head(one, other)
    return head, _head(one[head:][::-1], other[head:][::-1])


def _head(one: str, other: str) -> int:
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def removals_of(text: TextRecord) -> list[tuple[str, str]]:
    """Return rule and words of each removal of a stored text."""
    return [(str(one.get("rule")), str(one.get("text"))) for one in _dicts(text.metadata.get("removals"))]


def rule_changes(old: Sequence[tuple[str, str]], new: Sequence[tuple[str, str]]) -> dict[str, RuleChange]:
    """Return what each rule removed of one text and not of the other, from the removals of both."""
    before, after = Counter(old), Counter(new)
    changes: dict[str, RuleChange] = {}
    for (rule, text), count in (after - before).items():
        changes.setdefault(rule, RuleChange()).add(RuleChange(more=count, more_characters=count * len(text)))
    for (rule, text), count in (before - after).items():
        changes.setdefault(rule, RuleChange()).add(RuleChange(fewer=count, fewer_characters=count * len(text)))
    return changes


def folded(removals: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return rules and words of removals, with single blanks."""
    return [(rule, " ".join(text.split())) for rule, text in removals]


def rule_of(line: str, removals: Iterable[tuple[str, str]]) -> str:
    """Return the rule whose removal, `folded`, holds a line, or a part of it where no removal holds all of it."""
    plain = " ".join(line.split())
    part = ""
    for rule, removed in removals:
        if plain in removed:
            return rule
        if not part and removed and removed in plain:
            part = rule
    return part


def _short(line: str) -> str:
    return line if len(line) <= SHOWN_CHARACTERS else line[: SHOWN_CHARACTERS - 1] + "…"

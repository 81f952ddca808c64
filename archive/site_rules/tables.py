"""One rule as the text of its `[[rule]]` table: written for people and for git, and kept as people left it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

from cleaners import DomRule, Evidence, read_rule
from cleaners.learn.types import Proposal, Verb

VERBS = ("line", "fragment", "drop")
HEADER = re.compile(r"[ \t]*\[\[[ \t]*rule[ \t]*\]\]")
_EVIDENCE = re.compile(r"[ \t]*\[[ \t]*rule[ \t]*\.")
_HISTORY = re.compile(r"[ \t]*(version|accepted)[ \t]*=")
_DECIMALS = 4
"""Of shares and probabilities: more would only make differences between two runs' files."""


@dataclass(frozen=True)
class RuleTable:
    """A rule's table, with the comments directly above it."""

    text: str

    @cached_property
    def data(self) -> Mapping[str, Any]:
        """What the table says. Raises ValueError where it is not one whole table."""
        rules = tomllib.loads(self.text).get("rule")
        if not isinstance(rules, list) or len(rules) != 1:
            raise ValueError("not one [[rule]] table")
        rule: Mapping[str, Any] = rules[0]
        return rule

    @property
    def id(self) -> str:
        """The rule's id in its file."""
        return str(self.data.get("id", ""))

    @property
    def pattern(self) -> tuple[str, object] | None:
        """The rule's verb and what it looks for; two rules with the same do the same."""
        return next(((verb, self.data[verb]) for verb in VERBS if verb in self.data), None)

    @property
    def version(self) -> int:
        """How often the pattern of this id was accepted: 1 where the table says nothing."""
        said = self.data.get("version", 1)
        return said if isinstance(said, int) else 1

    def proposal(self, file: Path) -> Proposal | None:
        """Return the rule as it was proposed; None for one without evidence, which a person wrote.

        Raises RuleError, naming *file*, where it is not understood.
        """
        if "evidence" not in self.data:
            return None
        rule = read_rule(file, f"{file.parent.name}/{file.stem}", 1, dict(self.data))
        assert rule.evidence is not None, "read_rule reads what there is"
        verb: Verb = "drop" if isinstance(rule, DomRule) else "line" if rule.whole else "fragment"
        return Proposal(
            id=self.id,
            verb=verb,
            pattern=rule.drop if isinstance(rule, DomRule) else rule.regex,
            why=rule.why,
            example=rule.example,
            keeps=rule.keeps,
            evidence=rule.evidence,
            max=self.data.get("max"),
            cues=() if isinstance(rule, DomRule) else rule.cues,
        )

    def accepted(self, version: int, day: str) -> RuleTable:
        """Return the table with a version and the day on which a person accepted it."""
        return self._with(f"version = {version}", f'accepted = "{day}"')

    def renamed(self, id: str) -> RuleTable:
        """Return the table under another id."""
        if id == self.id:
            return self
        return RuleTable(re.sub(r"(?m)^[ \t]*id[ \t]*=.*$", f'id = "{id}"', self.text, count=1))

    def noted(self, note: str) -> RuleTable:
        """Return the table with a comment above it."""
        return RuleTable(f"# {note}\n{self.text}")

    def under(self, comments: str) -> RuleTable:
        """Return the table with the comments that stood above another one instead of its own."""
        return RuleTable(comments + self.text[len(self.comments) :])

    @property
    def comments(self) -> str:
        """The comments above the table."""
        found = re.search(rf"(?m)^{HEADER.pattern}", self.text)
        return self.text[: found.start()] if found else ""

    def _with(self, *added: str) -> RuleTable:
        lines = [line for line in self.text.rstrip().split("\n") if not _HISTORY.match(line)]
        place = next((number for number, line in enumerate(lines) if _EVIDENCE.match(line)), len(lines))
        while not lines[place - 1].strip():
            place -= 1
        return RuleTable("\n".join([*lines[:place], *added, *lines[place:]]) + "\n")


def table_of(proposal: Proposal) -> RuleTable:
    """Return a proposal as a table; the same one is always the same text."""
    return RuleTable("\n".join(_lines(proposal)) + "\n")


def _lines(proposal: Proposal) -> Iterator[str]:
    yield "[[rule]]"
    yield f'id = "{proposal.id}"'
    yield f"why = {_quoted(proposal.why)}"
    if isinstance(proposal.pattern, str):
        yield f"{proposal.verb} = {_literal(proposal.pattern)}"
    else:
        yield f"{proposal.verb} = [{', '.join(map(_literal, proposal.pattern))}]"
    if proposal.max is not None:
        yield f"max = {proposal.max}"
    if proposal.cues:
        yield f"cues = [{', '.join(map(_quoted, proposal.cues))}]"
    yield f"example = {_quoted(proposal.example)}"
    yield f"keeps = {_quoted(proposal.keeps)}"
    yield ""
    yield "[rule.evidence]"
    for field in fields(Evidence):
        value = getattr(proposal.evidence, field.name)
        if isinstance(value, tuple):
            yield from _list(field.name, value)
        elif isinstance(value, str):
            yield f"{field.name} = {_quoted(value)}"
        else:
            yield f"{field.name} = {_number(value)}"
        if field.name == "of":
            yield f"share = {_number(proposal.evidence.share)}"


def _list(name: str, values: tuple[str, ...]) -> Iterator[str]:
    if not values:
        yield f"{name} = []"
        return
    yield f"{name} = ["
    yield from (f"  {_quoted(value)}," for value in values)
    yield "]"


def _number(value: float) -> str:
    return str(value if isinstance(value, int) else round(value, _DECIMALS))


def _literal(value: str) -> str:
    """Return a pattern in quotes in which a backslash is a backslash, where that can be."""
    if not value.isprintable() or "'''" in value or value.endswith("'"):
        return _quoted(value)
    return f"'''{value}'''" if "'" in value else f"'{value}'"


def _quoted(value: str) -> str:
    """Return a text in quotes; what cannot be seen is escaped, so that a person sees that it is there."""
    if value.isprintable() and "'" not in value and ('"' in value or "\\" in value):
        return f"'{value}'"
    return '"' + "".join(map(_escaped, value)) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if character.isprintable():
        return character
    code = ord(character)
    if 0xD800 <= code <= 0xDFFF:
        # half a pair: no file can hold it
        return "\\ufffd"
    return {"\n": "\\n", "\t": "\\t"}.get(character) or (f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}")

"""What a learned rule rests on: the pages it was seen on, when, where on them, and what it would take."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, SupportsIndex

from cleaners.rules.sites import rule_hosts


@dataclass(frozen=True, slots=True)
class Evidence:
    """The evidence of one learned rule, as it stands in the rule's file."""

    pages: int
    """Different pages of the host on which it came back; near-duplicates count once."""
    of: int
    """Pages of the host that were looked at, near-duplicates counted once."""
    first_seen: str
    """Day of the first capture that has it, ISO 8601; empty where no day is known."""
    last_seen: str
    urls: tuple[str, ...]
    """Sample pages, three where there are as many."""
    removes: tuple[str, ...]
    """Texts that the rule would take, most frequent first."""
    characters: int
    """Characters that it would take from the kept text of the pages looked at."""
    position: str
    """`head`, `body` or `tail` of the text, where most of it stands."""
    places: tuple[str, ...]
    """Paths of the elements it stands in, without numbers and below the body, such as `main/article/div/p`, most
    frequent first; none for ready-made text."""
    facts: tuple[str, ...]
    """What decided, in words."""
    probability: float
    """How likely it is debris, 0 to 1, as `cleaners.learn` judges it."""

    @property
    def share(self) -> float:
        """Share of the pages looked at that have it, 0 to 1."""
        return self.pages / self.of if self.of else 0.0


Place = Literal["anywhere", "first", "start", "head", "body", "tail", "end"]
Shape = Literal[
    "agency-caption",
    "foreign-script",
    "headline",
    "label",
    "names-address",
    "opening-headline",
    "repeats-line",
    "repeats-title",
    "stranger-list",
]
Opens = Literal["list", "rest"]

MAX_LINE = 200
"""Characters: a line rule looks at longer lines only when it says so. 99 % of the debris lines of the development
corpora are shorter."""


class RuleError(ValueError):
    """A rule file cannot be used: one line that names the file, the rule and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class DomRule:
    """Drops elements before the text is read."""

    id: str
    why: str
    example: str
    keeps: str
    drop: tuple[str, ...]
    """CSS selectors."""
    unless: tuple[str, ...] = ()
    """Never an element that is, or contains, one of these."""
    trust: bool = False
    """Site rules: not bound by the guard on the share of the page's paragraphs."""
    version: int = 1
    """Of a learned rule: raised when its pattern changes under the same id."""
    accepted: str = ""
    """Day on which somebody accepted it, ISO 8601; empty where nobody had to."""
    evidence: Evidence | None = None


@dataclass(frozen=True)
class LineRule:
    """Drops a whole line (`line`) or the part of a line that a pattern matches (`fragment`)."""

    id: str
    why: str
    example: str
    keeps: str
    regex: str
    whole: bool
    place: Place = "anywhere"
    langs: frozenset[str] = frozenset()
    max: int = MAX_LINE
    cues: tuple[str, ...] = ()
    """Only lines that have one of these, in lower case, are tried: costly patterns say what they need."""
    beside: frozenset[str] = frozenset()
    """Only next to a line that one of these rules has taken."""
    shape: Shape | None = None
    """A property of the line among its neighbours that a pattern cannot express; `cleaners.rules.context` tests it."""
    opens: Opens | None = None
    """The line heads a section that goes with it: the list below it, or the rest of the text."""
    text_mode: bool = False
    """Only in ready-made text: on a page the block model, which sees more, has decided."""
    run: int = 0
    """Only where at least so many lines in a row fit."""
    version: int = 1
    accepted: str = ""
    evidence: Evidence | None = None

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The compiled pattern. Raises RuleError where it is none."""
        # when first asked for: of the packaged patterns a page needs some 40 of 69, and all of them cost 43 ms
        try:
            pattern = re.compile(self.regex)
        except re.error as error:
            raise RuleError(f"rule {self.id}: bad pattern: {error}") from None
        if not self.whole and pattern.match(""):
            raise RuleError(f"rule {self.id}: the pattern matches the empty string")
        return pattern

    def __hash__(self) -> int:
        # sets of rules are looked up for each page: the id is enough to tell rules apart
        return hash(self.id)


@dataclass(frozen=True)
class RuleSet:
    """The rules in force. `for_url` adds the site's own."""

    dom: tuple[DomRule, ...] = ()
    lines: tuple[LineRule, ...] = ()
    sites: Mapping[str, SiteRules] = field(default_factory=dict)
    version: str = ""

    def for_url(self, url: str | None) -> RuleSet:
        """Return the rules for a page: the generic ones, and those of the most specific host with a site file, the
        page's own or a parent of it. Where that says `inherit`, the next parent's stand before them, and so on."""
        found: SiteRules | None = None
        for name in rule_hosts(url) if url and self.sites else ():
            if site := self.sites.get(name):
                found = site.with_more(found) if found else site
                if not found.inherit:
                    break
        if found is None:
            return self
        return RuleSet(
            tuple(r for r in self.dom + found.dom if r.id not in found.skip),
            tuple(r for r in self.lines + found.lines if r.id not in found.skip),
            {},
            self.version,
        )

    def __reduce_ex__(self, protocol: SupportsIndex) -> str | tuple[Any, ...]:
        """Send another process the packaged rules by name: it loads them itself."""
        from cleaners.rules.load import load_rules

        return (load_rules, ()) if self is load_rules() else super().__reduce_ex__(protocol)

    def __iter__(self) -> Iterator[DomRule | LineRule]:
        yield from self.dom
        yield from self.lines
        for site in self.sites.values():
            yield from site.dom
            yield from site.lines


@dataclass(frozen=True, slots=True)
class SiteRules:
    """One site's own rules, and the generic ones that it switches off."""

    dom: tuple[DomRule, ...] = ()
    lines: tuple[LineRule, ...] = ()
    skip: frozenset[str] = frozenset()
    inherit: bool = False
    """Whether the rules of the next parent host hold as well."""

    def with_more(self, other: SiteRules) -> SiteRules:
        """Return these rules and after them those of *other*, which inherit where both do."""
        return SiteRules(
            self.dom + other.dom, self.lines + other.lines, self.skip | other.skip, self.inherit and other.inherit
        )

"""What a rule is, what a learned one rests on, and which rules hold for a page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, SupportsIndex

from cleaners.rules.sites import rule_hosts


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a learned rule rests on, as its file states it."""

    pages: int
    """Pages of the host that have its text; near-duplicates count once."""
    of: int
    """Pages of the host that were examined; near-duplicates count once."""
    first_seen: str
    """Day of the first capture that has it, ISO 8601; empty where no day is known."""
    last_seen: str
    urls: tuple[str, ...]
    """Sample pages, three where there are as many."""
    removes: tuple[str, ...]
    """Texts that the rule would remove, most frequent first."""
    characters: int
    """Characters that it would remove from the cleaned text of the examined pages."""
    position: str
    """`head`, `body` or `tail` of the text, where most of it stands."""
    places: tuple[str, ...]
    """Paths of the elements that hold it, below the body and without numbers, such as `main/article/div/p`, most
    frequent first; empty for ready-made text."""
    facts: tuple[str, ...]
    """The facts that decided, in words."""
    probability: float
    """How likely its text is debris, 0 to 1, as `cleaners.learn` judges it."""

    @property
    def share(self) -> float:
        """Share of the examined pages that have its text, 0 to 1."""
        return self.pages / self.of if self.of else 0.0


LinePosition = Literal["anywhere", "first", "start", "head", "body", "tail", "end"]
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
"""Characters: a line rule applies to longer lines only when its `max` says so. 99 % of the debris lines of the
development corpora are shorter."""


class RuleError(ValueError):
    """A rule file cannot be used; the message names file and rule and says what is wrong, in one line."""


@dataclass(frozen=True, slots=True)
class DomRule:
    """Removes elements before the page is split into blocks."""

    id: str
    why: str
    example: str
    keeps: str
    drop: tuple[str, ...]
    """CSS selectors."""
    unless: tuple[str, ...] = ()
    """Selectors: an element that is or contains one of these stays."""
    trust: bool = False
    """Not bound by the guard on the share of the page's paragraph text (site rules)."""
    version: int = 1
    """Raised when the pattern of a learned rule changes under the same id."""
    accepted: str = ""
    """Day on which a person accepted it, ISO 8601; empty for rules that need no acceptance."""
    evidence: Evidence | None = None


@dataclass(frozen=True)
class LineRule:
    """Removes a whole line (`line`), or the part of a line that a pattern matches (`fragment`)."""

    id: str
    why: str
    example: str
    keeps: str
    regex: str
    whole: bool
    place: LinePosition = "anywhere"
    langs: frozenset[str] = frozenset()
    max: int = MAX_LINE
    cues: tuple[str, ...] = ()
    """Only lines that contain one of these, in lower case, are tried: saves the time of costly patterns."""
    beside: frozenset[str] = frozenset()
    """Applies only next to a line that one of these rules has removed."""
    shape: Shape | None = None
    """A property of the line among its neighbours that a pattern cannot express; `cleaners.rules.context` tests it."""
    opens: Opens | None = None
    """The line heads a section that is removed with it: the list below it, or the rest of the text."""
    text_mode: bool = False
    """Applies only to ready-made text: on a page the block model, which knows more, has decided."""
    run: int = 0
    """Applies only where at least this many lines in a row match."""
    version: int = 1
    accepted: str = ""
    evidence: Evidence | None = None

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Return the compiled pattern, compiled on first use. Raises RuleError for a bad one."""
        # a page needs some 40 of the 69 packaged patterns; compiling all of them costs 43 ms
        try:
            pattern = re.compile(self.regex)
        except re.error as error:
            raise RuleError(f"rule {self.id}: bad pattern: {error}") from None
        if not self.whole and pattern.match(""):
            raise RuleError(f"rule {self.id}: the pattern matches the empty string")
        return pattern

    def __hash__(self) -> int:
        # tuples of rules are cache keys for every page: hashing the id alone is fast and tells rules apart
        return hash(self.id)


@dataclass(frozen=True)
class RuleSet:
    """The rules in force: the generic ones, and those of single sites, which `for_url` adds."""

    dom: tuple[DomRule, ...] = ()
    lines: tuple[LineRule, ...] = ()
    sites: Mapping[str, SiteRules] = field(default_factory=dict)
    version: str = ""

    def for_url(self, url: str | None) -> RuleSet:
        """Return the rules for a page: the generic ones and those of its host.

        The site file of the most specific host holds: the page's own host, or a parent of it. Where that file says
        `inherit`, the rules of the next parent with a site file come before its own, and so on.
        """
        own: SiteRules | None = None
        for name in rule_hosts(url) if url and self.sites else ():
            if site := self.sites.get(name):
                own = site.with_more(own) if own else site
                if not own.inherit:
                    break
        if own is None:
            return self
        return RuleSet(
            tuple(r for r in self.dom + own.dom if r.id not in own.skip),
            tuple(r for r in self.lines + own.lines if r.id not in own.skip),
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
    """The rules of one site, and the generic rules that it switches off."""

    dom: tuple[DomRule, ...] = ()
    lines: tuple[LineRule, ...] = ()
    skip: frozenset[str] = frozenset()
    inherit: bool = False
    """Whether the rules of the next parent host hold too."""

    def with_more(self, other: SiteRules) -> SiteRules:
        """Return these rules followed by those of *other*; the result inherits where both do."""
        return SiteRules(
            self.dom + other.dom, self.lines + other.lines, self.skip | other.skip, self.inherit and other.inherit
        )

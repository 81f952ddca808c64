"""Define rules, the evidence of learned rules, and the set of rules that applies to a page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, SupportsIndex

from cleaners.rules.choice import USUAL, CleanOptions
from cleaners.rules.patterns import Pattern, SlowPatternError, bounded
from cleaners.rules.sites import rule_hosts


@dataclass(frozen=True, slots=True)
class Evidence:
    """The evidence for a learned rule, as its file states it. Near-duplicate pages count once."""

    pages: int
    """Pages of the host that have the rule's text."""
    of: int
    """Pages of the host that were examined."""
    first_seen: str
    """Day of the first capture that has the text, ISO 8601; empty if no day is known."""
    last_seen: str
    urls: tuple[str, ...]
    """Up to three sample pages."""
    removes: tuple[str, ...]
    """Texts that the rule would remove, most frequent first."""
    characters: int
    """Characters that the rule would remove from the cleaned text of the examined pages."""
    position: str
    """`head`, `body` or `tail`: the part of the page's text where most of it is."""
    places: tuple[str, ...]
    """Paths of the elements with the text, below the body and without numbers, such as `main/article/div/p`, most
    frequent first; empty for ready-made text."""
    facts: tuple[str, ...]
    """The facts that decided, in words."""
    probability: float
    """The probability that the text is debris, 0 to 1, by `cleaners.learn`."""

    @property
    def share(self) -> float:
        """Share of the examined pages that have the text, 0 to 1."""
        return self.pages / self.of if self.of else 0.0


LinePosition = Literal["anywhere", "first", "start", "head", "body", "tail", "end"]
Shape = Literal["agency-caption", "foreign-script", "headline", "inside-section", "label", "names-address",
                "opening-headline", "repeats-line", "repeats-title", "stranger-list"]  # fmt: skip
Opens = Literal["list", "rest"]
PagesOf = Literal["", "article", "news"]
"""What a page says of itself. A rule with `pages` removes what an article has once or twice, such as the byline. On a
page that does not say so it removes no more than a few pieces, and on a page of another kind, such as a forum thread,
none: there they are part of what is listed."""

AT_START = "^"
"""The sign before a cue that the words of a line begin with, after signs such as bullets."""

MAX_LINE = 200
"""Characters: a line rule applies to longer lines only when its `max` says so. 99 % of the debris lines of the
development corpora are shorter."""


class RuleError(ValueError):
    """A rule file cannot be used; the message names the file, the rule and the mistake in one line."""


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
    pages: PagesOf = ""
    trust: bool = False
    """Whether it may remove any share of the page's paragraph text, as site rules may."""
    readers: bool = False
    """Whether it removes what readers wrote. Below an article that may be most of the page; in a thread it is the
    text."""
    version: int = 1
    """Raised when the pattern of a learned rule changes under the same id."""
    accepted: str = ""
    """Day on which a person accepted it, ISO 8601; empty if it needs no acceptance."""
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
    """The pattern is tried only on lines that contain one of these in lower case, or whose words begin with one that is
    written behind `^`: it saves the time of the patterns."""
    beside: frozenset[str] = frozenset()
    """Applies only next to a line that one of these rules has removed."""
    shape: Shape | None = None
    """A property of the line among its neighbours that a pattern cannot express; `cleaners.rules.context` tests it."""
    opens: Opens | None = None
    """The section that the line heads and that is removed with it: the list below it, or the rest of the text."""
    text_mode: bool = False
    """Applies only to ready-made text; on a page the block model decides, which knows more."""
    pages: PagesOf = ""
    """Asked on pages only, not in ready-made text."""
    run: int = 0
    """Applies only if at least this many lines in a row match."""
    version: int = 1
    accepted: str = ""
    evidence: Evidence | None = None
    packaged: bool = True
    """Whether it came with the package: the pattern of any other rule is stopped when it takes too long."""

    @cached_property
    def pattern(self) -> Pattern:
        """The compiled pattern. Raises RuleError for a bad one."""
        # compiled on first use: a page needs some 40 of the 69 packaged patterns, and compiling all costs 43 ms
        try:
            pattern: Pattern = re.compile(self.regex) if self.packaged else bounded(self.regex)
        except (re.error, SlowPatternError) as error:
            raise RuleError(f"rule {self.id}: bad pattern: {error}") from None
        if not self.whole and re.match(self.regex, ""):
            raise RuleError(f"rule {self.id}: the pattern matches the empty string")
        return pattern

    def matches(self, text: str) -> bool:
        """Tell whether the pattern matches a whole line. Raises RuleError where it takes too long."""
        try:
            return self.pattern.fullmatch(text) is not None
        except SlowPatternError as error:
            raise RuleError(f"rule {self.id}: {error}") from None

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return where the pattern matches in a line. Raises RuleError where it takes too long."""
        try:
            return [match.span() for match in self.pattern.finditer(text)]
        except SlowPatternError as error:
            raise RuleError(f"rule {self.id}: {error}") from None

    def applies_in(self, language: str | None) -> bool:
        """Tell whether the rule applies in a language; every rule applies where the language is unknown."""
        return not self.langs or language is None or language in self.langs

    def __hash__(self) -> int:
        # tuples of rules are cache keys for every page: hashing the id alone is fast and tells rules apart
        return hash(self.id)


BLOCK_RULES = {
    "block/back-link": "the link of a note back to its mark, such as an arrow",
    "block/menu": "a block of links and labels without a paragraph",
    "block/copied-note": "a note beside the text that is among the notes too",
    "block/link-list": "part of a page that is a list of links, with no sentence between them",
    "block/model": "a block that the model does not take for a part of the article, by its position, links and words",
    "lines/model": "a line of ready-made text that is none of the article's, by its shape, place and neighbours",
    "block/elsewhere": "the few words that a page shows whose article stands in its data",
    "block/wall": "text around a wall that hides the article",
    "block/no-text": "words in a field, graphic or player that no other rule names",
    "bounds/blocks": "behind the last block that is read of a page",
    "bounds/text": "behind the last character that is read of a page, or of a block",
    "bounds/tags": "behind the last tag that is read of a page",
}
"""The reasons of the rules that are code, not data."""


@dataclass(frozen=True)
class RuleSet:
    """The rules in force: the generic ones, and those of sites, which `for_url` adds."""

    dom: tuple[DomRule, ...] = ()
    lines: tuple[LineRule, ...] = ()
    sites: Mapping[str, SiteRules] = field(default_factory=dict)
    version: str = ""
    options: CleanOptions = USUAL
    """How pages are cleaned with them; part of the version."""

    def with_options(self, options: CleanOptions | None) -> RuleSet:
        """Return the rules with options, where they have none yet. Raises ValueError if they have others."""
        if options in (None, self.options):
            return self
        if self.options != USUAL:
            raise ValueError(f"these rules have options already: {self.options.label}")
        return replace(self, options=options, version=options.version_of(self.version))

    def for_url(self, url: str | None) -> RuleSet:
        """Return the rules for a page: the generic ones and those of its host.

        The site file of the page's host applies, or else that of its nearest parent host. If the file says `inherit`,
        the rules of the next parent with a site file come before its own, and so on.
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
            self.options,
        )

    def reasons(self) -> dict[str, str]:
        """Return the reason of each rule by its id, the block rules too."""
        return {rule.id: rule.why for rule in self} | BLOCK_RULES

    def __reduce_ex__(self, protocol: SupportsIndex) -> str | tuple[Any, ...]:
        """Send another process the packaged rules by name, with their options: it loads them itself."""
        from cleaners.rules.load import load_in_force, load_rules

        packaged = load_rules()
        if self.dom is packaged.dom and self.lines is packaged.lines and not self.sites:
            return (load_in_force, (None, (), self.options))
        return super().__reduce_ex__(protocol)

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
    """Whether the rules of the next parent host apply too."""

    def with_more(self, other: SiteRules) -> SiteRules:
        """Return these rules followed by those of *other*; the result inherits where both do."""
        return SiteRules(
            self.dom + other.dom, self.lines + other.lines, self.skip | other.skip, self.inherit and other.inherit
        )

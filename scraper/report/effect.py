"""Add up what proposed rules would change on the stored pages of their hosts, and say it in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archive.site_rules import PageEffect, RuleEffect


@dataclass(slots=True)
class HostEffect:
    """What the proposed rules would change on one host's pages."""

    pages: int = 0
    changed: int = 0
    text_characters: int = 0
    """The length of all its texts today."""
    removed: int = 0
    """Characters that the proposed rules remove."""
    from_text: int = 0
    """How many of these are in the texts today."""
    taken_anyway: int = 0
    """How many of these other rules remove today."""
    besides: int = 0
    """Characters that the texts lose beside those that the rules remove; negative if the texts gain some."""
    rules: dict[str, RuleEffect] = field(default_factory=dict)

    def add(self, page: PageEffect) -> None:
        """Count one page."""
        self.pages += 1
        self.changed += page.changed
        self.text_characters += page.text
        self.besides += page.besides
        for rule, effect in page.rules.items():
            self.removed += effect.characters
            self.from_text += effect.from_text
            self.taken_anyway += effect.characters - effect.from_text
            self.rules.setdefault(rule, type(effect)()).add(effect)


@dataclass(slots=True)
class Effect:
    """What proposed rules would change in a collection, or in several."""

    hosts: dict[str, HostEffect]
    skipped: int = 0
    """Pages of hosts without proposed rules."""
    failed: int = 0

    @property
    def pages(self) -> int:
        """How many pages were cleaned with the proposed rules."""
        return sum(host.pages for host in self.hosts.values())

    def add(self, page: PageEffect) -> None:
        """Count one page."""
        if page.problem:
            self.failed += 1
        elif page.host:
            self.hosts[page.host].add(page)
        else:
            self.skipped += 1


def host_lines(host: str, effect: HostEffect) -> Iterator[str]:
    """Yield in words what the proposed rules would change on a host's pages: first what changes there in all."""
    share = f" ({effect.from_text / effect.text_characters:.1%})" if effect.text_characters else ""
    yield (
        f"{host}: {effect.changed:,} of {effect.pages:,} pages change; {effect.removed:,} characters removed: "
        f"{effect.from_text:,} from the text{share}, {effect.taken_anyway:,} that other rules take anyway"
    )
    if effect.besides:
        way = "shorter" if effect.besides > 0 else "longer"
        yield f"the texts are {abs(effect.besides):,} more characters {way}, beside what the rules remove"


def rule_lines(effect: HostEffect) -> Iterator[tuple[str, str]]:
    """Yield each proposed rule, with what it would remove in words; those that take most of the text first."""
    for rule, part in sorted(effect.rules.items(), key=lambda item: (-item[1].from_text, item[0])):
        yield (
            rule,
            f"{part.pages:,} pages, {part.characters:,} characters: {part.from_text:,} from the text, "
            f"{part.characters - part.from_text:,} anyway",
        )

"""`pressclip archive reclean --dry-run --proposed`: what the proposed rules would remove, by host and by rule."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, NoReturn

import click

from scraper.cli.terminal.output import Progress, print_json, print_text, say

if TYPE_CHECKING:
    from archive.site_rules import PageEffect, RuleEffect
    from cleaners import CleanOptions

SOME_FAILED, NOTHING = 1, 3


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
class Report:
    """The effect of the proposed rules on a collection."""

    collection: str
    rules_version: str
    """The version of the rules in force."""
    hosts: dict[str, HostEffect]
    skipped: int = 0
    """Pages of hosts without proposed rules."""
    failed: int = 0


def show_effect(
    collection: str,
    data: Path,
    hosts: Sequence[str],
    rule_paths: Sequence[Path],
    choice: CleanOptions | None,
    jobs: int,
    as_json: bool,
) -> NoReturn:
    """Print what a data root's proposed rules would change, and exit."""
    from archive.site_rules import hosts_with_rules, proposed_effects, rule_file
    from cleaners import load_in_force

    there = hosts_with_rules(data, "proposed")
    if missing := next((host for host in hosts if host not in there), None):
        raise click.UsageError(f"--host {missing}: there are no proposed rules for it in {data}.")
    if not there:
        learn = f"`pressclip rules learn --data {quote(str(data))}`"
        raise click.UsageError(f"{data}: no proposed rules: run {learn} first.")
    named = list(hosts) or there
    rules = load_in_force(data, rule_paths, choice)
    proposed = load_in_force(data, [*rule_paths, *(rule_file(data, "proposed", host) for host in named)], choice)
    report = Report(collection, rules.version, {host: HostEffect() for host in named})
    with Progress("cleaning with proposed rules") as progress:
        for page in proposed_effects(data, collection, hosts=named, rules=rules, proposed=proposed, jobs=jobs):
            progress.advance(page.url)
            if page.problem:
                report.failed += 1
                say(f"{page.url}: {page.problem}")
            elif page.host:
                report.hosts[page.host].add(page)
            else:
                report.skipped += 1
    if as_json:
        print_json(asdict(report), indent=2)
    else:
        print_text("\n".join(_lines(report, data)))
    pages = sum(host.pages for host in report.hosts.values())
    raise SystemExit(SOME_FAILED if report.failed else 0 if pages else NOTHING)


def _lines(report: Report, data: Path) -> Iterator[str]:
    skipped = f"; {report.skipped:,} pages of other hosts skipped" if report.skipped else ""
    failed = f"; {report.failed:,} failed" if report.failed else ""
    hosts = f"{len(report.hosts)} host{'s' if len(report.hosts) > 1 else ''}"
    yield f"{report.collection}: proposed rules of {hosts}{skipped}{failed}; rules {report.rules_version}"
    for host, effect in report.hosts.items():
        share = f" ({effect.from_text / effect.text_characters:.1%})" if effect.text_characters else ""
        yield (
            f"{host}: {effect.changed:,} of {effect.pages:,} pages change; {effect.removed:,} characters removed: "
            f"{effect.from_text:,} from the text{share}, {effect.taken_anyway:,} that other rules take anyway"
        )
        if effect.besides:
            way = "shorter" if effect.besides > 0 else "longer"
            yield f"  the texts are {abs(effect.besides):,} more characters {way}, beside what the rules remove"
        width = max(map(len, effect.rules), default=0)
        for rule, part in sorted(effect.rules.items(), key=lambda item: (-item[1].from_text, item[0])):
            yield (
                f"  {rule:{width}}  {part.pages:,} pages, {part.characters:,} characters: {part.from_text:,} from the "
                f"text, {part.characters - part.from_text:,} anyway"
            )
    yield f"nothing is written: --dry-run; to judge the rules: pressclip rules review --data {quote(str(data))}"

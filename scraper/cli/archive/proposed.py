"""`pressclip archive reclean --dry-run --proposed`: what the proposed rules would remove, by host and by rule."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, NoReturn

import click

from scraper.cli.terminal.output import Progress, print_json, print_text, say
from scraper.report.effect import Effect, HostEffect, host_lines, rule_lines

if TYPE_CHECKING:
    from cleaners import CleanOptions

SOME_FAILED, NOTHING = 1, 3


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
    report = Effect({host: HostEffect() for host in named})
    with Progress("cleaning with proposed rules") as progress:
        for page in proposed_effects(data, collection, hosts=named, rules=rules, proposed=proposed, jobs=jobs):
            progress.advance(page.url)
            report.add(page)
            if page.problem:
                say(f"{page.url}: {page.problem}")
    if as_json:
        print_json({"collection": collection, "rules_version": rules.version} | asdict(report), indent=2)
    else:
        print_text("\n".join(_lines(report, data, f"{collection}: proposed rules of", f"rules {rules.version}")))
    raise SystemExit(SOME_FAILED if report.failed else 0 if report.pages else NOTHING)


def _lines(report: Effect, data: Path, head: str, tail: str) -> Iterator[str]:
    skipped = f"; {report.skipped:,} pages of other hosts skipped" if report.skipped else ""
    failed = f"; {report.failed:,} failed" if report.failed else ""
    yield f"{head} {len(report.hosts)} host{'s' if len(report.hosts) > 1 else ''}{skipped}{failed}; {tail}"
    for host, effect in report.hosts.items():
        first, *more = host_lines(host, effect)
        yield first
        yield from (f"  {line}" for line in more)
        width = max(map(len, effect.rules), default=0)
        yield from (f"  {rule:{width}}  {said}" for rule, said in rule_lines(effect))
    yield f"nothing is written: --dry-run; to judge the rules: pressclip rules review --data {quote(str(data))}"

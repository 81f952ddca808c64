"""`pressclip rules`: list the rules, and check that each one works."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scraper.cli.rules.learn import learn
from scraper.cli.rules.review import retire, review
from scraper.cli.terminal.options import data_option, json_option, require_data
from scraper.cli.terminal.output import print_json, print_text, say

if TYPE_CHECKING:
    from cleaners import DomRule, LineRule, RuleSet


@click.group()
def rules() -> None:
    """List and check the rules, learn new ones from the archive, and review them."""


@rules.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@data_option
def check(paths: tuple[Path, ...], data: Path) -> None:
    """Check that each rule removes its own example and leaves what it must keep.

    Checks the packaged rules, those of the data root and those of PATHS.
    """
    from cleaners import prove

    in_force, proposed = _loaded(data, paths)
    problems = list(prove(proposed or in_force))
    for problem in problems:
        say(problem)
    if problems:
        raise SystemExit(1)
    count = len(list(in_force))
    more = f" and {len(list(proposed)) - count} proposed" if proposed else ""
    print_text(f"{count} rules, version {in_force.version}{more}: each removes its example and nothing it must keep")


@rules.command("list")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@data_option
@json_option
def list_rules(paths: tuple[Path, ...], data: Path, as_json: bool) -> None:
    """List the rules in the order in which they are applied, with the reason for each.

    Rules of the data root are listed with what they were learned from; proposed ones are marked as not in force.
    """
    in_force, proposed = _loaded(data, paths)
    listed = list(proposed or in_force)
    width = max(len(rule.id) for rule in listed)
    for rule in listed:
        if as_json:
            print_json(_fields(rule))
        else:
            print_text(f"{rule.id:{width}}  {rule.why}{_about(rule)}")


def _loaded(data: Path, paths: tuple[Path, ...]) -> tuple[RuleSet, RuleSet | None]:
    """Return the rules in force, and the same with the proposed ones if there are any.

    The default data root may be missing; then only the packaged rules are in force.
    """
    if click.get_current_context().get_parameter_source("data") is not click.core.ParameterSource.DEFAULT:
        require_data(data)
    from cleaners import load_in_force, rule_folders

    proposed = rule_folders(data, "proposed")
    return load_in_force(data, paths), load_in_force(data, [*paths, *proposed]) if proposed else None


def _fields(rule: DomRule | LineRule) -> dict[str, Any]:
    fields: dict[str, Any] = {name: getattr(rule, name) for name in ("id", "why", "example", "keeps")}
    if rule.accepted or rule.evidence or _is_proposed(rule):
        fields |= {"proposed": _is_proposed(rule), "version": rule.version, "accepted": rule.accepted or None}
    if rule.evidence:
        fields["evidence"] = asdict(rule.evidence) | {"share": round(rule.evidence.share, 4)}
    return fields


def _about(rule: DomRule | LineRule) -> str:
    """Return in brackets whether a learned rule is in force, and what it was learned from."""
    parts = ["proposed, not in force"] if _is_proposed(rule) else []
    parts += [f"accepted {rule.accepted}"] if rule.accepted else []
    if rule.evidence:
        parts += [f"version {rule.version}"] if not _is_proposed(rule) else []
        parts += [f"on {rule.evidence.pages} of {rule.evidence.of} pages, {rule.evidence.share:.0%}"]
    return f"  ({', '.join(parts)})" if parts else ""


def _is_proposed(rule: DomRule | LineRule) -> bool:
    return rule.id.startswith("proposed/")


for command in (review, retire, learn):
    rules.add_command(command)

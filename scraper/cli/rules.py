"""`pressclip rules`: what the rules are, and whether they do what they say."""

from __future__ import annotations

import json
from pathlib import Path

import click

from scraper.cli.options import json_option
from scraper.cli.output import say
from scraper.cli.rules_learn import learn
from scraper.cli.rules_review import retire, review


@click.group()
def rules() -> None:
    """Look at the rules."""


@rules.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
def check(paths: tuple[Path, ...]) -> None:
    """Check the packaged rules and those of PATHS: each takes its own example and leaves what it must keep."""
    from cleaners import load_rules, prove

    loaded = load_rules(*paths)
    problems = list(prove(loaded))
    for problem in problems:
        say(problem)
    if problems:
        raise SystemExit(1)
    click.echo(
        f"{len(list(loaded))} rules, version {loaded.version}: each takes its example and leaves what it must keep"
    )


@rules.command("list")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@json_option
def list_rules(paths: tuple[Path, ...], as_json: bool) -> None:
    """List the rules in the order in which they are asked, with what each is for."""
    from cleaners import load_rules

    found = list(load_rules(*paths))
    width = max(len(rule.id) for rule in found)
    for rule in found:
        fields = {name: getattr(rule, name) for name in ("id", "why", "example", "keeps")}
        click.echo(json.dumps(fields, ensure_ascii=False) if as_json else f"{rule.id:{width}}  {rule.why}")


rules.add_command(review)
rules.add_command(retire)
rules.add_command(learn)

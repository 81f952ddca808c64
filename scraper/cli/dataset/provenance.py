"""`pressclip dataset check`, `diff`, `recipe` and `rebuild`: whether a dataset is whole, and what made it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scraper.cli.dataset.build import dataset_module
from scraper.cli.dataset.rules import rule_files
from scraper.cli.terminal.options import data_option, json_option, rules_option
from scraper.cli.terminal.output import Progress, print_json, print_text, say

if TYPE_CHECKING:
    from archive.dataset.provenance.diff import Difference, RuleDifference

FOUND = 1
_folder = click.Path(path_type=Path, file_okay=False)


@click.command()
@click.argument("folder", type=_folder, metavar="DIR")
@click.argument("inputs", nargs=-1, type=click.Path(path_type=Path), metavar="[INPUT...]")
@data_option
@rules_option
def check(folder: Path, inputs: tuple[Path, ...], data: Path, rule_paths: tuple[Path, ...]) -> None:
    """Tell whether the dataset in DIR is whole and as it was built: every file, its hash, and the rows' own hash.

    With the INPUTs that it was built from, every row is made again from its place in them as well. One line for each
    finding; exit code 1 where there is one, 2 where there is no manifest.json: such a build did not end.
    """
    dataset_module()
    from archive.dataset.provenance import manifest, proofs

    said, found = manifest.read(folder), 0
    version = said["rules_version"]
    options = proofs.options_of(said, rule_files(inputs, data, rule_paths, version) if inputs else ())
    if inputs and options.rules.version != version:
        say(f"{folder}: built with the rules {version}, and here are {options.rules.version}: rows may differ for it; "
            "give what it was built with, by --rules or --data")  # fmt: skip
    for finding in chain(manifest.check(folder), proofs.prove(folder, inputs, options) if inputs else ()):
        found += 1
        print_text(str(finding))
    proved = ", all rows compared with their sources" if inputs else ""
    say(f"{folder}: {len(said['files'])} files{proved}, dataset {said['dataset_sha256']}, {found} findings")
    if found:
        raise SystemExit(FOUND)


@click.command()
@click.argument("a", type=_folder, metavar="A")
@click.argument("b", type=_folder, metavar="B")
@click.option("--samples", type=click.IntRange(1, 100), default=3, show_default=True, help="Rows to show of each kind.")
@json_option
def diff(a: Path, b: Path, samples: int, as_json: bool) -> None:
    """Say what differs between the datasets A and B, and which rule took or gave back which text.

    Exit code as of diff(1): 0 the same rows, 1 other ones, 2 trouble.
    """
    dataset_module()
    from archive.dataset.provenance.diff import diff as compare

    found = compare(a, b, samples=samples)
    if as_json:
        print_json(found.as_dict(), indent=1)
    else:
        print_text("\n".join(_lines(found)))
    if not found.is_empty:
        raise SystemExit(FOUND)


@click.command()
@click.argument("folder", type=_folder, metavar="DIR")
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), metavar="FILE")
def recipe(folder: Path, out: Path) -> None:
    """Write what DIR's dataset is made of, without any text: places, hashes, removals by rule, splits.

    FILE ends with .jsonl.gz, .jsonl or .parquet. Whoever holds the same sources gets the dataset back with `rebuild`.
    """
    dataset_module()
    from archive.dataset.provenance import recipe as recipes

    head = recipes.write(folder, out)
    rows = ", ".join(f"{name} {count:,}" for name, count in head["rows"].items())
    print_text(f"{out}: {out.stat().st_size:,} bytes; {rows}; dataset {head['dataset_sha256']}")


@click.command()
@click.argument("recipe", type=click.Path(path_type=Path, dir_okay=False))
@click.argument("inputs", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="INPUT...")
@click.option("--out", required=True, type=_folder, metavar="DIR", help="The dataset's folder.")
@click.option("--jobs", type=click.IntRange(1, 256), default=1, show_default=True, help="Processes that clean.")
@click.option("--other-versions", is_flag=True, help="Go on with other rules or libraries; say how many rows differ.")
@data_option
@rules_option
def rebuild(
    recipe: Path,
    inputs: tuple[Path, ...],
    out: Path,
    jobs: int,
    other_versions: bool,
    data: Path,
    rule_paths: tuple[Path, ...],
) -> None:
    """Build the dataset of RECIPE from its sources, the INPUTs, and prove it by the recipe's hash.

    Exit code 1 where rows got another text, which only happens with --other-versions.
    """
    dataset_module()
    from archive.dataset.provenance.recipe import read_head
    from archive.dataset.rebuild import rebuild as build_again

    paths = rule_files(inputs, data, rule_paths, read_head(recipe)["rules_version"])
    with Progress("rebuilding") as progress:
        done = build_again(
            recipe, inputs, out, rule_paths=paths, jobs=jobs, other_versions=other_versions, seen=progress.advance
        )
    differ = f"; {done.differing:,} got another text (the first: {done.first})" if done.differing else ""
    proof = "is that of the recipe" if done.is_proved else "is not the recipe's"
    print_text(f"{out}: {done.rows:,} rows{differ}; dataset {done.dataset_sha256} {proof}")
    if not done.is_proved:
        raise SystemExit(FOUND)


def _lines(found: Difference) -> Iterator[str]:
    for name, (before, after) in found.versions.items():
        yield f"{name}: {_short(before)} -> {_short(after)}"
    yield f"{found.same:,} rows the same, {found.changed:,} with another text"
    yield f"{found.added:,} added{_counts(found.added_from)}, {found.removed:,} removed{_counts(found.removed_to)}"
    if found.moved:
        yield "moved between splits: " + ", ".join(f"{way} {count:,}" for way, count in found.moved.items())
    if found.metadata:
        yield "other columns: " + ", ".join(f"{name} {count:,}" for name, count in found.metadata.items())
    for rule in found.rules:
        yield from _rule_lines(rule)
    for kind, rows in found.samples.items():
        for row in rows:
            yield f"{kind}: {row['id'][:12]} {row['url'] or ''}".rstrip()


def _rule_lines(rule: RuleDifference) -> Iterator[str]:
    yield (
        f"{rule.rule}: takes {rule.more_lines:,} lines ({rule.more_characters:,} characters) more, gives back "
        f"{rule.fewer_lines:,} ({rule.fewer_characters:,}), in {rule.rows:,} rows"
    )
    for sample in rule.samples:
        words = " ".join(sample["text"].split())
        yield f'  {sample["sign"]} "{words}"  {sample["id"][:12]} {sample["url"] or ""}'.rstrip()


def _counts(reasons: dict[str, int]) -> str:
    return f" ({', '.join(f'{count:,} {why}' for why, count in reasons.items())})" if reasons else ""


def _short(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

"""`pressclip dataset check`, `diff`, `recipe` and `rebuild`: prove, compare and rebuild datasets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scraper.cli.dataset.inputs import Place, dataset_module, folder_argument, rule_files
from scraper.cli.terminal.options import (
    FOLDER,
    cleaning_jobs_option,
    data_option,
    json_option,
    rules_option,
    signed_by_option,
)
from scraper.cli.terminal.output import Progress, print_json, print_text, say
from scraper.cli.terminal.outputs import check_output, force_option

if TYPE_CHECKING:
    from archive.dataset import Difference, RuleDifference

DIFFERENT = 1


@click.command()
@click.argument("place", type=Place(), metavar="DIR")
@click.argument("inputs", nargs=-1, type=click.Path(path_type=Path), metavar="[INPUT...]")
@signed_by_option
@data_option
@rules_option
def check(
    place: Path | str, inputs: tuple[Path, ...], signed_by: frozenset[str], data: Path, rule_paths: tuple[Path, ...]
) -> None:
    """Check that the dataset in DIR is complete and unchanged: every file, its hash, and the hash of the rows.

    With the INPUTs that it was built from, every row is also made again from its source. Prints one line per finding;
    exit code 1 if there is one, 2 if there is no manifest.json: such a build did not end. Tells who signed the
    manifest. A dataset at a URL is copied for that.
    """
    from archive import Finding

    dataset = dataset_module()
    findings = 0
    with dataset.on_disk(str(place)) as folder:
        manifest = dataset.read_manifest(folder)
        version = manifest["rules_version"]
        options = dataset.options_of(manifest, rule_files(inputs, data, rule_paths, version) if inputs else ())
        if inputs and options.rules.version != version:
            say(f"{place}: built with the rules {version}, but these are {options.rules.version}: rows may differ for "
                "it; give the rules it was built with, by --rules or --data")  # fmt: skip
        for finding in chain(dataset.check_manifest(folder), dataset.prove(folder, inputs, options) if inputs else ()):
            findings += 1
            print_text(str(finding))
        signed = dataset.check_signature(folder, signed_by)
        if signed.problem:
            findings += 1
            print_text(str(Finding("manifest.json", None, None, signed.problem)))
    proved = ", all rows compared with their sources" if inputs else ""
    say(
        f"{place}: {len(manifest['files'])} files{proved}, dataset {manifest['dataset_sha256']}, {signed}, "
        f"{findings} findings"
    )
    if findings:
        raise SystemExit(DIFFERENT)


@click.command()
@click.argument("a", type=FOLDER, metavar="A")
@click.argument("b", type=FOLDER, metavar="B")
@click.option("--samples", type=click.IntRange(1, 100), default=3, show_default=True, help="Rows to show of each kind.")
@json_option
def diff(a: Path, b: Path, samples: int, as_json: bool) -> None:
    """Compare the datasets A and B: which rows differ, and which rule took out or gave back which text.

    Exit code as of diff(1): 0 the same rows, 1 different rows, 2 trouble.
    """
    difference = dataset_module().diff(a, b, samples=samples)
    if as_json:
        print_json(asdict(difference), indent=1)
    else:
        print_text("\n".join(_lines(difference)))
    if not difference.is_empty:
        raise SystemExit(DIFFERENT)


@click.command()
@folder_argument
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), metavar="FILE")
@force_option
def recipe(folder: Path, out: Path, force: bool) -> None:
    """Write what the dataset in DIR was made from, without any text: places, hashes, removals by rule, splits.

    FILE gets JSON lines, packed with gzip where its name ends with .gz, or Parquet where it ends with .parquet.
    Whoever has the same sources gets the dataset back with `rebuild`.
    """
    check_output(out, "--out", force=force)
    head = dataset_module().write_recipe(folder, out)
    rows = ", ".join(f"{name} {count:,}" for name, count in head["rows"].items())
    print_text(f"{out}: {out.stat().st_size:,} bytes; {rows}; dataset {head['dataset_sha256']}")


@click.command()
@click.argument("recipe", type=click.Path(path_type=Path, dir_okay=False))
@click.argument("inputs", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="INPUT...")
@click.option("--out", required=True, type=FOLDER, metavar="DIR", help="The dataset's folder.")
@click.option("--force", is_flag=True, help="Delete another dataset in this folder and start anew.")
@cleaning_jobs_option
@click.option("--other-versions", is_flag=True, help="Accept other rules or libraries; print how many rows differ.")
@data_option
@rules_option
def rebuild(
    recipe: Path,
    inputs: tuple[Path, ...],
    out: Path,
    force: bool,
    data: Path,
    rule_paths: tuple[Path, ...],
    **how: Any,  # noqa: ANN401 - jobs, other_versions
) -> None:
    """Build the dataset of RECIPE from its sources, the INPUTs, and prove it by the recipe's hash.

    Exit code 1 if rows got another text, which only happens with --other-versions.
    """
    dataset = dataset_module()
    paths = rule_files(inputs, data, rule_paths, dataset.read_recipe_head(recipe)["rules_version"])
    with Progress("rebuilding", saves=True) as progress:
        rebuilt = dataset.rebuild(
            recipe,
            inputs,
            out,
            rule_paths=paths,
            over="force" if force else "refuse",
            on_progress=progress.advance,
            **how,
        )
    differ = f"; {rebuilt.differing:,} got another text (the first: {rebuilt.first})" if rebuilt.differing else ""
    proof = "is that of the recipe" if rebuilt.is_proved else "is not the recipe's"
    print_text(f"{out}: {rebuilt.rows:,} rows{differ}; dataset {rebuilt.dataset_sha256} {proof}")
    if not rebuilt.is_proved:
        raise SystemExit(DIFFERENT)


def _lines(difference: Difference) -> Iterator[str]:
    for name, (before, after) in difference.versions.items():
        yield f"{name}: {_as_text(before)} -> {_as_text(after)}"
    yield f"{difference.same:,} rows the same, {difference.changed:,} with another text"
    added, removed = _counts(difference.added_from), _counts(difference.removed_to)
    yield f"{difference.added:,} added{added}, {difference.removed:,} removed{removed}"
    if difference.moved:
        yield "moved between splits: " + ", ".join(f"{way} {count:,}" for way, count in difference.moved.items())
    if difference.metadata:
        yield "other columns: " + ", ".join(f"{name} {count:,}" for name, count in difference.metadata.items())
    for rule in difference.rules:
        yield from _rule_lines(rule)
    for kind, rows in difference.samples.items():
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
    return f" ({', '.join(f'{count:,} {reason}' for reason, count in reasons.items())})" if reasons else ""


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

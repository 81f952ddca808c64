"""`pressclip dataset check`, `diff`, `recipe` and `rebuild`: whether a dataset is whole, and what made it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scraper.cli.options import json_option
from scraper.cli.output import harmless, say

if TYPE_CHECKING:
    from archive.dataset.diff import Difference, RuleDifference

FOUND = 1
_folder = click.Path(path_type=Path, file_okay=False)


@click.command()
@click.argument("folder", type=_folder, metavar="DIR")
def check(folder: Path) -> None:
    """Tell whether the dataset in DIR is whole and as it was built: every file, its hash, and the rows' own hash.

    One line for each file that is missing, different or extra; exit code 1 where something was found, 2 where there is
    no manifest.json: such a build did not end.
    """
    from archive.dataset import manifest

    said, found = manifest.read(folder), 0
    for finding in manifest.check(folder):
        found += 1
        click.echo(harmless(str(finding)))
    say(f"{folder}: {len(said['files'])} files, dataset {said['dataset_sha256']}, {found} findings")
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
    from archive.dataset.diff import diff as compare

    found = compare(a, b, samples=samples)
    text = json.dumps(found.as_dict(), ensure_ascii=False, indent=1) if as_json else "\n".join(_lines(found))
    click.echo(harmless(text))
    if not found.is_empty:
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

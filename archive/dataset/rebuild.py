"""Rebuild a dataset from its recipe and its sources, and prove by hashes that the rows are the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

from archive.dataset.build import build_rows, finish
from archive.dataset.dedup.groups import GROUPING
from archive.dataset.dedup.ranking import SHARD
from archive.dataset.dedup.verdicts import VERDICTS, bounds_of
from archive.dataset.inputs.shards import Shard
from archive.dataset.inputs.sources import shards
from archive.dataset.plan import freeze, taken
from archive.dataset.provenance import manifest, recipe
from archive.dataset.provenance.proofs import options_of
from archive.dataset.table.condition import check_condition
from archive.dataset.table.database import build_database, copy_table, dataset_database, parquet_sql
from archive.dataset.table.options import Options
from archive.dataset.table.schema import DECIDED
from archive.dataset.table.steps import Task, undivided
from archive.dataset.table.view import view_of
from archive.files.errors import ArchiveError

VERSIONS = ("rules_version", "extractor_version")
"""The options that determine a text, besides its source."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """The result of a rebuild."""

    rows: int
    """The number of rows of the recipe that have a text."""
    differing: int
    """The number of those that got another text, or none."""
    first: str
    """Id and URL of the first of these; empty if there is none."""
    dataset_sha256: str
    is_proved: bool
    """Whether the hash is the recipe's: then ids, texts and splits are the original ones."""


def rebuild(
    path: Path,
    inputs: Sequence[Path],
    out: Path,
    *,
    rule_paths: tuple[str, ...] = (),
    jobs: int = 1,
    other_versions: bool = False,
    over: Literal["refuse", "force"] = "refuse",
    on_progress: Callable[[str], None] = lambda name: None,
) -> Rebuilt:
    """Build the dataset of a recipe in `out` from the same sources, wherever they are.

    `over`: what to do with another dataset in `out`. Raises ArchiveError where a source is missing or differs, where
    rules or libraries have other versions (unless `other_versions`: then the result tells how many rows differ), and
    where a row gets another text nevertheless.
    """
    head = recipe.read_head(path)
    options = options_of(head, rule_paths, jobs)
    check_condition(options.where)
    view_of(options.columns)
    recipe.check_rows(path, [name for name, _ in bounds_of(options.splits)])
    if not other_versions:
        _check_versions(path, head, options)
    frozen = _same_shards(path, head, shards(inputs, options))
    with taken(out):
        freeze(frozen, out, options, over)
        build_rows(frozen, out, options, on_progress=on_progress)
        rows, differing, first = _compare_texts(path, out)
        if differing and not other_versions:
            raise ArchiveError(
                f"{out}: {differing} of {rows} rows got another text than in the recipe (the first: {first}): give "
                "--other-versions to build nevertheless, and compare with `pressclip dataset diff`"
            )
        finish(frozen, out, options, decide=(GROUPING, undivided("recipe", partial(_decide, path), VERDICTS)))
        sha256 = manifest.read(out)["dataset_sha256"]
    return Rebuilt(rows, differing, first, sha256, sha256 == head["dataset_sha256"])


def _check_versions(path: Path, head: dict[str, Any], options: Options) -> None:
    installed = options.of_rows()
    for name in VERSIONS:
        if (original := head["options"].get(name)) != installed[name]:
            raise ArchiveError(
                f"{path}: made with {name.replace('_', ' ')} {original}, here is {installed[name]}: install "
                f"{head['software']} with the same libraries and rules (--rules, or --data for those of a data root), "
                "or give --other-versions to see how many rows differ"
            )


def _same_shards(path: Path, head: dict[str, Any], given: Sequence[Shard]) -> list[Shard]:
    """Return the shards of the recipe in its order, each with the offsets of the captures that have rows."""
    by_content = {(shard.name, shard.first, shard.sha256): shard for shard in given}
    by_name = {(shard.name, shard.first): shard for shard in given}
    with dataset_database(path) as connection:
        query = f"""SELECT warc_file, list(warc_offset ORDER BY warc_offset) FROM {recipe.rows(path)}
                    WHERE warc_file IS NOT NULL AND text_sha256 IS NOT NULL GROUP BY warc_file"""
        offsets = {file: tuple(places) for file, places in connection.execute(query).fetchall()}
    same = []
    for number, entry in enumerate(head["inputs"]):
        if (shard := by_content.get((entry["name"], entry["first"], entry["sha256"]))) is None:
            original = f"{entry['size']:,} bytes with sha256 {entry['sha256']}"
            if other := by_name.get((entry["name"], entry["first"])):
                raise ArchiveError(f"{other.path}: differs from the source of the recipe, which has {original}: get it")
            raise ArchiveError(f"{entry['name']}: not among the inputs: give the source of the recipe, {original}")
        of_articles = offsets.get(shard.name, ()) if shard.kind == "warc" else None
        same.append(replace(shard, number=number, offsets=of_articles))
    return same


def _compare_texts(path: Path, out: Path) -> tuple[int, int, str]:
    """Return the number of the recipe's rows with a text, how many of them got another one, and the first of these."""
    with build_database(out / "work", path) as connection:
        differs = "built.text_sha256 IS DISTINCT FROM original.text_sha256"
        query = f"""SELECT count(*), count(*) FILTER ({differs}),
            min(original.id || ' ' || coalesce(original.url, '')) FILTER ({differs})
            FROM {recipe.rows(path)} AS original LEFT JOIN {_built(out)} AS built ON original.id = built.id
            WHERE original.text_sha256 IS NOT NULL AND original.reason IS DISTINCT FROM 'no_text'"""
        ((rows, differing, first),) = connection.execute(query).fetchall()
    return rows, differing, first or ""


def _decide(path: Path, task: Task) -> None:
    """Write the verdicts of the recipe, instead of comparing the rows again."""
    query = f"""SELECT shard, place, id, reason, {", ".join(DECIDED)}
        FROM {recipe.rows(path)} JOIN (SELECT id, {SHARD} FROM {_built(task.out)}) USING (id) ORDER BY shard, place"""
    with build_database(task.work, path) as connection:
        copy_table(connection, query, task.path(VERDICTS))


def _built(out: Path) -> str:
    return parquet_sql(out / "work" / "rows", "*.parquet", numbered=True)

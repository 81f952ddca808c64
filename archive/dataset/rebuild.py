"""A dataset again from its recipe and the sources: whoever holds the WARC files gets the same rows, and the proof."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from archive.dataset.build import build_rows, finish
from archive.dataset.inputs.shards import Shard
from archive.dataset.inputs.sources import shards
from archive.dataset.plan import freeze
from archive.dataset.provenance import manifest, recipe
from archive.dataset.provenance.proofs import options_of
from archive.dataset.table.database import build_database, dataset_database, quoted
from archive.dataset.table.options import Options
from archive.dataset.table.schema import DECIDED
from archive.files.errors import ArchiveError
from archive.files.whole import whole_file

VERSIONS = ("rules_version", "extractor_version")
"""Options that decide a text besides the source."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What came of a recipe."""

    rows: int
    """Rows of the recipe that have a text."""
    differing: int
    """Those that got another text, or none."""
    first: str
    """Id and URL of the first of them; empty where there is none."""
    dataset_sha256: str
    is_proved: bool
    """The hash is the recipe's: ids, texts and splits are those of the dataset that the recipe was made of."""


def rebuild(
    path: Path,
    inputs: Sequence[Path],
    out: Path,
    *,
    rule_paths: tuple[str, ...] = (),
    jobs: int = 1,
    other_versions: bool = False,
    on_progress: Callable[[str], None] = lambda name: None,
) -> Rebuilt:
    """Build the dataset of a recipe in `out`, from the same sources wherever they lie.

    Raises ArchiveError where a source is missing or another one, where rules or libraries have other versions (unless
    `other_versions`: then the answer says how many rows differ), and where a row gets another text all the same.
    """
    head = recipe.read_head(path)
    options = options_of(head, rule_paths, jobs)
    if not other_versions:
        _compare_versions(path, head, options)
    frozen = _same_shards(path, head, shards(inputs, options))
    freeze(frozen, out, options)
    build_rows(frozen, out, options, on_progress=on_progress)
    rows, differing, first = _compare_texts(path, out)
    if differing and not other_versions:
        raise ArchiveError(
            f"{out}: {differing} of {rows} rows got another text than the recipe says (the first: {first}): say "
            "--other-versions to build all the same, and `pressclip dataset diff` tells what differs"
        )
    finish(frozen, out, options, decide=partial(_decide, path))
    sha256 = manifest.read(out)["dataset_sha256"]
    return Rebuilt(rows, differing, first, sha256, sha256 == head["dataset_sha256"])


def _compare_versions(path: Path, head: dict[str, Any], options: Options) -> None:
    here = options.of_rows()
    for name in VERSIONS:
        if (there := head["options"].get(name)) != here[name]:
            what = name.replace("_", " ")
            raise ArchiveError(
                f"{path}: made with {what} {there}, here is {here[name]}: install {head['software']} with the same "
                "libraries and rules (--rules, or --data for those of a data root), or say --other-versions to see how "
                "many rows differ"
            )


def _same_shards(path: Path, head: dict[str, Any], found: Sequence[Shard]) -> list[Shard]:
    """Return the recipe's shards in its order, each with the captures that it has rows of."""
    by_content = {(shard.name, shard.first, shard.sha256): shard for shard in found}
    by_name = {(shard.name, shard.first): shard for shard in found}
    with dataset_database(path) as connection:
        query = f"""SELECT warc_file, list(warc_offset ORDER BY warc_offset) FROM {recipe.rows(path)}
                    WHERE warc_file IS NOT NULL AND text_sha256 IS NOT NULL GROUP BY warc_file"""
        offsets = {file: tuple(places) for file, places in connection.execute(query).fetchall()}
    same = []
    for number, said in enumerate(head["inputs"]):
        shard = by_content.get((said["name"], said["first"], said["sha256"]))
        if shard is None:
            other = by_name.get((said["name"], said["first"]))
            wanted = f"{said['size']:,} bytes with sha256 {said['sha256']}"
            raise ArchiveError(
                f"{other.path}: not what the recipe was made of, which has {wanted}: get that one"
                if other
                else f"{said['name']}: not among the inputs: give the one that the recipe was made of, {wanted}"
            )
        same.append(
            replace(shard, number=number, offsets=offsets.get(shard.name, ()) if shard.kind == "warc" else None)
        )
    return same


def _compare_texts(path: Path, out: Path) -> tuple[int, int, str]:
    """Return how many rows with a text the recipe has, how many of them got another one, and the first of these."""
    with build_database(out / "work") as connection:
        query = f"""SELECT count(*), count(*) FILTER (found.text_sha256 IS DISTINCT FROM said.text_sha256),
            min(said.id || ' ' || coalesce(said.url, '')) FILTER (found.text_sha256 IS DISTINCT FROM said.text_sha256)
            FROM {recipe.rows(path)} AS said LEFT JOIN {_built(out)} AS found ON said.id = found.id
            WHERE said.text_sha256 IS NOT NULL AND said.reason IS DISTINCT FROM 'no_text'"""
        ((rows, differing, first),) = connection.execute(query).fetchall()
    return rows, differing, first or ""


def _decide(path: Path, out: Path, options: Options) -> None:
    """Write the verdicts of the recipe, in the place of those that a build comes to by itself."""
    query = f"""SELECT said.id, said.reason, {", ".join(f"said.{name}" for name in DECIDED)}
        FROM {recipe.rows(path)} AS said SEMI JOIN {_built(out)} AS found ON said.id = found.id ORDER BY said.id"""
    with build_database(out / "work") as connection, whole_file(out / "work" / "verdicts.parquet") as half:
        connection.execute(f"COPY ({query}) TO {quoted(half)} (FORMAT parquet, COMPRESSION zstd)")


def _built(out: Path) -> str:
    return f"read_parquet({quoted(out / 'work' / 'rows' / '*.parquet')})"

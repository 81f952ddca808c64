"""The build: inputs into shards, shards into rows, rows into a dataset; what is finished is not done again."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from archive.dataset.card import card, croissant
from archive.dataset.dedup.verdicts import decide
from archive.dataset.inputs.shards import Shard
from archive.dataset.inputs.sources import shards
from archive.dataset.plan import Over, clear, freeze, read_plan
from archive.dataset.provenance import manifest
from archive.dataset.rows import ShardDone, build_shard
from archive.dataset.table.files import OUTPUTS
from archive.dataset.table.options import Options
from archive.dataset.write import check_condition, view_of, write_outputs
from archive.files.errors import ArchiveError
from cleaners import work_many


@dataclass(frozen=True, slots=True)
class Built:
    """A finished dataset."""

    out: Path
    shards: int
    splits: dict[str, int]
    dropped: dict[str, int] = field(default_factory=dict)
    reused: int = 0
    """Shards taken over from another build."""


def build(
    inputs: Sequence[Path | str],
    out: Path,
    options: Options,
    *,
    over: Over = "refuse",
    seen: Callable[[str], None] = lambda name: None,
) -> Built:
    """Build a dataset in `out`, or go on with one that was stopped; `seen` gets the name of each shard that is done.

    `over`: what becomes of another build there. Raises ArchiveError for everything that a user can mend.
    """
    frozen, reused = plan(inputs, out, options, over)
    build_rows(frozen, out, options, seen=seen)
    return replace(finish(frozen, out, options), reused=reused)


def plan(inputs: Sequence[Path | str], out: Path, options: Options, over: Over = "refuse") -> tuple[list[Shard], int]:
    """Check options and inputs and freeze the list of shards in `out`/work/shards.json.

    Returns the shards, and how many of them another build had made already.
    """
    check_condition(options.where)
    view_of(options.columns)
    found = shards(inputs, options)
    return found, freeze(found, out, options, over)


def build_rows(
    frozen: Sequence[Shard], out: Path, options: Options, *, seen: Callable[[str], None] = lambda name: None
) -> None:
    """Build every shard that is not built yet: stage 1."""
    for done in _all_shards(frozen, out, options):
        if done.error:
            raise ArchiveError(done.error)
        seen(done.shard.name)


def finish(
    frozen: Sequence[Shard], out: Path, options: Options, *, decide: Callable[[Path, Options], None] = decide
) -> Built:
    """Make the dataset of shards that are all built: stages 2 and 3. `decide` writes the verdicts."""
    clear(out, OUTPUTS)
    decide(out, options)
    counts = write_outputs(out, options)
    _describe(out, options)
    if not options.keep_work:
        shutil.rmtree(out / "work", ignore_errors=True)
    return Built(out, len(frozen), counts.splits, counts.dropped)


def _describe(out: Path, options: Options) -> None:
    """Write what tells of the dataset, the manifest last."""
    found = card.write(out, options=options.of_build(), rules=options.rules)
    croissant.write(out, found=found)
    manifest.write(out, read_plan(out))


def _all_shards(frozen: Sequence[Shard], out: Path, options: Options) -> Iterator[ShardDone]:
    """Build the shards: side by side, or where they are fewer than processes one after the other with all processes."""
    if options.jobs > 1 and len(frozen) < options.jobs:
        yield from (build_shard(shard, out, options, jobs=options.jobs) for shard in frozen)
        return
    task, lost = partial(_shard, out=out, options=options), partial(_again, out=out, options=options)
    yield from work_many(task, frozen, lost=lost, jobs=options.jobs, chunk=1)


def _shard(shard: Shard, out: Path, options: Options) -> ShardDone:
    """Build a shard in whichever process; an error travels as text."""
    try:
        return build_shard(shard, out, options)
    except ArchiveError as error:
        return ShardDone(shard, error=str(error))


def _again(shard: Shard, reason: str, out: Path, options: Options) -> ShardDone:
    """Build a shard of which a page took the process down: each page where it can harm only itself."""
    return build_shard(shard, out, options, jobs=2)

"""Build a dataset: plan the shards, build the rows of each, decide about duplicates and splits, write the files.

A build that was stopped goes on where it was.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from pathlib import Path

from archive.dataset import write
from archive.dataset.card import card, croissant
from archive.dataset.dedup import verdicts
from archive.dataset.inputs.shards import Shard
from archive.dataset.inputs.sources import Tell, shards, stop
from archive.dataset.plan import Over, clear, freeze, read_plan, taken
from archive.dataset.provenance import manifest
from archive.dataset.rows import ShardDone, build_shard
from archive.dataset.table import steps
from archive.dataset.table.condition import check_condition
from archive.dataset.table.files import MANIFEST, OUTPUTS, WORK
from archive.dataset.table.options import Options
from archive.dataset.table.view import view_of
from archive.files.errors import ArchiveError
from cleaners import LostError, RuleSet, work_many


@dataclass(frozen=True, slots=True)
class Built:
    """A finished dataset: its folder, and the numbers of its shards and rows."""

    out: Path
    shards: int
    splits: dict[str, int]
    dropped: dict[str, int] = field(default_factory=dict)
    reused: int = 0
    """Shards that an earlier build had made."""


def build(
    inputs: Sequence[Path | str],
    out: Path,
    options: Options,
    *,
    over: Over = "refuse",
    on_progress: Callable[[str], None] = lambda name: None,
    on_unreadable: Tell = stop,
) -> Built:
    """Build a dataset in `out`, or continue a build that was stopped.

    `over`: what to do with another build in `out`. `on_progress` gets the name of each finished shard.
    `on_unreadable` gets the error for each file and folder that the system refuses to read, and the rest is built;
    unless told, that error is raised. Raises ArchiveError for every problem that the user can fix.
    """
    with taken(out):
        frozen, reused = plan_build(inputs, out, options, over, on_unreadable)
        build_rows(frozen, out, options, on_progress=on_progress)
        return replace(finish(frozen, out, options), reused=reused)


def plan_build(
    inputs: Sequence[Path | str], out: Path, options: Options, over: Over = "refuse", on_unreadable: Tell = stop
) -> tuple[list[Shard], int]:
    """Check the options and inputs, and freeze the list of shards in `out`/work/shards.json.

    Returns the shards, and how many of them an earlier build had made.
    """
    check_condition(options.where)
    view_of(options.columns)
    planned = shards(inputs, options, on_unreadable)
    return planned, freeze(planned, out, options, over)


def build_rows(
    frozen: Sequence[Shard], out: Path, options: Options, *, on_progress: Callable[[str], None] = lambda name: None
) -> None:
    """Stage 1: build every shard that is not built yet."""
    for done in _all_shards(frozen, out, options):
        if done.error:
            raise ArchiveError(done.error)
        on_progress(done.shard.name)


def finish(
    frozen: Sequence[Shard], out: Path, options: Options, *, decide: Sequence[steps.Step] = verdicts.STEPS
) -> Built:
    """Stages 2 and 3: make the dataset from the shards, which are all built. `decide` are the steps of stage 2.

    Where an earlier call was stopped, what it finished is used.
    """
    if (out / MANIFEST).exists() or not (out / WORK / steps.STEPS).exists():
        clear(out, (f"{WORK}/{steps.STEPS}", *OUTPUTS))
    task = steps.Task(out, options)
    steps.run(task, (*decide, *write.STEPS, COMPLETE), options.jobs)
    return _ended(frozen, task)


def finish_share(frozen: Sequence[Shard], out: Path, options: Options, share: steps.Share) -> Built | None:
    """Make one machine's share of stages 2 and 3, in a folder that all machines see; return when the dataset is
    complete.

    Only machine 1 returns what was built, and removes what the machines shared. None too where the dataset was complete
    before.
    """
    if (out / MANIFEST).exists():
        return None
    # files of an earlier dataset would count as made; the other machines wait for the first file of machine 1
    if share.machine == 1 and not (out / WORK / steps.STEPS).exists():
        clear(out, OUTPUTS)
    task = steps.Task(out, options)
    try:
        steps.run(task, (*verdicts.STEPS, *write.STEPS, COMPLETE), options.jobs, share)
    except (ArchiveError, OSError):
        # once the dataset is complete, machine 1 removes what another one may be looking at
        if share.machine == 1 or not (out / MANIFEST).exists():
            raise
    return _ended(frozen, task) if share.machine == 1 else None


def _complete(task: steps.Task, unit: str) -> None:
    """Write what describes the dataset; last the manifest: a dataset with one is complete."""
    statistics = card.write(task.out, options=task.options.of_build(), rules=task.options.rules)
    croissant.write(task.out, statistics)
    manifest.write(task.out, read_plan(task.out))


def _manifest(task: steps.Task, unit: str) -> Path:
    return task.out / MANIFEST


COMPLETE = steps.Step("manifest", steps.one, _complete, _manifest)


def _ended(frozen: Sequence[Shard], task: steps.Task) -> Built:
    order = write.read_order(task)
    if not task.options.keep_work:
        shutil.rmtree(task.work, ignore_errors=True)
    return Built(task.out, len(frozen), dict(order.splits), dict(order.dropped))


def describe(
    folder: Path,
    rules: RuleSet,
    *,
    title: str = card.TITLE,
    license: str = card.OTHER,
    url: str | None = None,
    published: date | None = None,
) -> None:
    """Write the card, the charts, croissant.json and the manifest of a finished dataset again.

    `rules` give the reasons of removals; `license` is an identifier as dataset hubs use it; `url` is where the dataset
    can be downloaded, and `published` the day since when.
    """
    before = manifest.read(folder)
    statistics = card.write(folder, title=title, license=license, options=before["options"], rules=rules)
    croissant.write(folder, statistics, title=title, license=license, url=url, published=published)
    manifest.write(folder, {"options": before["options"], "shards": before["inputs"]})


def _all_shards(frozen: Sequence[Shard], out: Path, options: Options) -> Iterator[ShardDone]:
    """Build the shards in parallel; where there are fewer shards than processes, one by one with all processes."""
    if options.jobs > 1 and len(frozen) < options.jobs:
        yield from (build_shard(shard, out, options, jobs=options.jobs) for shard in frozen)
        return
    try_shard, retry = partial(_try, out=out, options=options), partial(_retry, out=out, options=options)
    yield from work_many(try_shard, frozen, lost=retry, jobs=options.jobs, chunk=1)


def _try(shard: Shard, out: Path, options: Options) -> ShardDone:
    """Build a shard in a worker process. An error travels back as text."""
    try:
        return build_shard(shard, out, options)
    except ArchiveError as error:
        return ShardDone(shard, error=str(error))


def _retry(shard: Shard, loss: LostError, out: Path, options: Options) -> ShardDone:
    """Build a shard of which a page crashed the process, with each page in a process where it harms only itself."""
    return build_shard(shard, out, options, jobs=2)

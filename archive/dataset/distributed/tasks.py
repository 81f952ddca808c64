"""Build a dataset in tasks: task k of n builds the shards k, k+n, k+2n, …; then one process finishes the dataset.

Tasks may run on any machine. They share only the dataset's folder, on a disk that all of them see or at a URL. A shard
whose files are there is done.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any, Literal

from archive.dataset.build import Built, finish, finish_share, plan_build
from archive.dataset.inputs import remote
from archive.dataset.inputs.remote import here
from archive.dataset.inputs.shards import Shard
from archive.dataset.inputs.sources import Tell, stop
from archive.dataset.plan import Over, frozen_shards, read_plan, taken, taken_together
from archive.dataset.provenance import manifest
from archive.dataset.rows import ShardDone, build_shard, paths_of
from archive.dataset.table.files import MANIFEST, OUTPUTS, PARTS, PLAN, SIGNATURE, WORK
from archive.dataset.table.options import Options, cleaning_of, json_sha256
from archive.dataset.table.steps import Share
from archive.files.errors import ArchiveError
from archive.files.keys import SigningKey
from archive.files.whole import sha256_of
from cleaners import LostError, Pool

FROZEN = f"{WORK}/{PLAN}"
_FAILURE = WORK + "/failures/{0.stem}.txt"
"""The file with the reason why a shard failed."""
_MISREAD = re.compile(r"""[\s%\\'"$`&|;<>()*?\[\]{}]""")
"""What sbatch or the shell of a job reads otherwise: datatrove writes paths into its scripts as they are."""


@dataclass(frozen=True, slots=True)
class Engine:
    """How tasks are run."""

    executor: Literal["local", "slurm", "ray"] = "local"
    tasks: int = 1
    workers: int = 1
    """Tasks at a time: on this machine, or on the cluster."""
    machine: int = 1
    """The number of this machine, from 1; `local` only: each machine runs its part of the tasks."""
    machines: int = 1
    partition: str = ""
    time: str = "24:00:00"
    sbatch: tuple[tuple[str, str], ...] = ()
    """Further options of sbatch, such as an account."""

    @property
    def own(self) -> range:
        """The tasks of this machine. All machines get the same number, as far as possible.

        >>> [list(Engine(tasks=5, machine=number, machines=3).own) for number in (1, 2, 3)]
        [[0], [1, 2], [3, 4]]
        """
        return range(self.tasks * (self.machine - 1) // self.machines, self.tasks * self.machine // self.machines)

    def check(self, out: str) -> None:
        """Raise ArchiveError where the jobs would not find the dataset's folder or URL."""
        place = out if remote.is_url(out) else str(Path(out).absolute())
        if self.executor == "slurm" and (sign := _MISREAD.search(place)):
            raise ArchiveError(
                f"{place}: has {sign[0]!r}, which the scripts of Slurm's jobs cannot hold: give an --out without it"
            )


@dataclass(frozen=True)
class Stage:
    """A planned build, as each task gets it."""

    out: str
    """The dataset's folder, or its URL."""
    shards: tuple[Shard, ...]
    """With the paths of the machine that planned. On a machine with other paths, plan there."""
    options: Options

    @classmethod
    def planned(
        cls,
        inputs: Sequence[Path | str],
        out: str,
        options: Options,
        over: Over = "refuse",
        on_unreadable: Tell = stop,
    ) -> Stage:
        """Freeze the list of shards in the dataset's folder, or compare it with the existing one.

        `on_unreadable` as in `build`. Raises ArchiveError where the inputs or options differ.
        """
        if remote.is_url(out) and over == "update":
            raise ArchiveError(f"{out}: --update works for a dataset on disk only: give --force, or another --out")
        if remote.is_url(out) and over == "force":
            remote.remove(out, PARTS)
        with on_disk(out, [FROZEN, MANIFEST]) as folder:
            shards, _ = plan_build(inputs, folder, options, over, on_unreadable)
            if remote.is_url(out):
                remote.publish(folder / FROZEN, remote.join(out, FROZEN))
        return cls(out, tuple(shards), options)

    def run(self, rank: int = 0, tasks: int = 1, *, jobs: int = 1) -> Iterator[ShardDone]:
        """Build the shards of one task in `jobs` processes; yield the outcome of each.

        A shard that fails leaves a file in work/failures and the others go on; in the end, ArchiveError is raised.
        """
        self._check_list()
        own, failures = self.shards[rank::tasks], []
        # never in this process: if a page crashed it, datatrove's pool would wait for it forever
        with Pool(self._try, jobs) as pool:
            for done in pool.map(own, lost=self._retry, chunk=1):
                if done.error:
                    failures.append(done.error)
                yield done
        if failures:
            raise ArchiveError(f"task {rank}: {len(failures)} of {len(own)} shards failed: {failures[0]}")

    def finish(self) -> Built:
        """Make the dataset from the shards, which must all be built: duplicates, splits, files, manifest."""
        self._check_list()
        self.check()
        with on_disk(self.out, [WORK]) as folder:
            with taken(folder):
                built = finish(self.shards, folder, self.options)
            if remote.is_url(self.out):
                self._publish(folder)
        return built

    def finish_share(self, share: Share) -> Built | None:
        """Do one machine's share of `finish`, beside the other machines, and return when the dataset is complete; what
        was built, on machine 1. For a dataset on a disk that all of them see."""
        self._check_list()
        self.check()
        folder = Path(self.out)
        with taken_together(folder, share.machine, share.machines):
            return finish_share(self.shards, folder, self.options, share)

    def _try(self, shard: Shard, jobs: int = 1) -> ShardDone:
        try:
            return ShardDone(shard) if self._has(shard) else self._build(shard, jobs)
        except ArchiveError as error:
            self._write_failure(shard, str(error))
            return ShardDone(shard, error=str(error))

    def _retry(self, shard: Shard, loss: LostError) -> ShardDone:
        """Build a shard of which a page crashed the process, with each page in a process where it harms only itself."""
        return self._try(shard, jobs=2)

    def _build(self, shard: Shard, jobs: int) -> ShardDone:
        with here(shard) as local_shard:
            _check_input(local_shard)
            if not remote.is_url(self.out):
                return replace(build_shard(local_shard, Path(self.out), self.options, jobs=jobs), shard=shard)
            with TemporaryDirectory(prefix="pressclip-") as folder:
                done = build_shard(local_shard, Path(folder), self.options, jobs=jobs)
                # the rows last: a shard with rows is complete
                for part in reversed(_parts_of(shard)):
                    remote.publish(Path(folder) / part, remote.join(self.out, part))
                return replace(done, shard=shard)

    def _has(self, shard: Shard) -> bool:
        return remote.exists(remote.join(self.out, _parts_of(shard)[0]))

    def _check_list(self) -> None:
        """Check that the frozen list is unchanged: otherwise rows would get the verdicts of others."""
        with on_disk(self.out, [FROZEN]) as folder:
            if _unplaced(frozen_shards(folder)) != _unplaced(self.shards):
                raise ArchiveError(
                    f"{self.out}: {FROZEN} was planned anew: run the same command again on every machine"
                )

    def check(self, ranks: Iterable[int] = (0,), tasks: int = 1) -> None:
        """Raise ArchiveError, with the reason of the first one, where shards of these tasks are missing."""
        of_tasks = [shard for rank in ranks for shard in self.shards[rank::tasks]]
        missing = [shard for shard in of_tasks if not self._has(shard)]
        if missing:
            raise ArchiveError(
                f"{self.out}: {len(missing)} of {len(of_tasks)} shards are missing, the first {missing[0].name} "
                f"({self._failure(missing[0])}): fix it and run the same command again"
            )

    def _write_failure(self, shard: Shard, problem: str) -> None:
        with TemporaryDirectory(prefix="pressclip-") as folder:
            path = Path(folder) / "failure.txt"
            path.write_text(problem, "utf-8")
            remote.publish(path, remote.join(self.out, _FAILURE.format(shard)))

    def _failure(self, shard: Shard) -> str:
        name = _FAILURE.format(shard)
        with on_disk(self.out, [name]) as folder:
            path = folder / name
            return path.read_text("utf-8") if path.exists() else "not begun, or its task was ended"

    def _publish(self, folder: Path) -> None:
        files = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
        names = [name for name in files if not name.startswith("work/")]
        # the manifest last: a dataset with a manifest is complete
        for name in sorted(names, key=lambda name: (name == MANIFEST, name)):
            remote.publish(folder / name, remote.join(self.out, name))
        if not self.options.keep_work:
            remote.remove(self.out, ("work",))


def load_datatrove() -> ModuleType:
    """Import the module that runs tasks under datatrove. Raises ImportError without the extra `scale`."""
    return import_module("archive.dataset.distributed.datatrove")


def run_tasks(stage: Stage, engine: Engine) -> None:
    """Run stage 1 under datatrove. On Slurm, only submit it, with a last job that finishes the dataset."""
    engine.check(stage.out)
    load_datatrove().run(stage, engine)


def planned_in(out: str, options: Options) -> Stage:
    """Return the build that was planned in a dataset's folder. `options` gives what the plan does not hold.

    Raises ArchiveError where there is none, or where it was planned with other rules.
    """
    shards, planned = plan_in(out)
    options = replace(
        options,
        splits=tuple((name, share) for name, share in planned["splits"]),
        columns=tuple(planned["columns"]),
        cleaning=cleaning_of(planned["rules_version"]),
        **{name: planned[name] for name in ("where", "form", "rows_a_file", "text_column")},
    )
    if other := [name for name, value in options.of_build().items() if planned.get(name) != value]:
        raise ArchiveError(
            f"{out}: planned with another {other[0].replace('_', ' ')} ({planned.get(other[0])}): "
            "give the same --rules and --data, and the same version of pressclip on every machine"
        )
    return Stage(out, tuple(shards), options)


def plan_in(out: str) -> tuple[list[Shard], dict[str, Any]]:
    """Return the shards of the build that was planned in a dataset's folder, and its options as the plan has them.

    Raises ArchiveError where there is none.
    """
    with on_disk(out, [FROZEN]) as folder:
        return frozen_shards(folder), dict(read_plan(folder)["options"])


def _parts_of(shard: Shard) -> list[str]:
    """Return the file names of a shard, its rows first."""
    return [path.as_posix() for path in paths_of(shard, Path())]


def _check_input(shard: Shard) -> None:
    """Raise ArchiveError for a file that was replaced since the build was planned."""
    path = Path(shard.path)
    sha256 = json_sha256([(file, sha256_of(path / file)) for file in shard.files]) if shard.files else sha256_of(path)
    if sha256 != shard.sha256:
        raise ArchiveError(f"{shard.name}: has changed since the build was planned: restore the file, or start anew")


def _unplaced(shards: Sequence[Shard]) -> list[Shard]:
    return [replace(shard, path="") for shard in shards]


def sign_dataset(out: str, key: SigningKey, created: datetime) -> None:
    """Sign the manifest of a finished dataset, in a folder or at a URL. Raises ArchiveError where there is none."""
    with on_disk(out, [MANIFEST]) as folder:
        manifest.sign(folder, key, created)
        if remote.is_url(out):
            remote.publish(folder / SIGNATURE, remote.join(out, SIGNATURE))


@contextmanager
def on_disk(out: str, names: Sequence[str] = OUTPUTS) -> Iterator[Path]:
    """Give a dataset's folder; for a URL, a temporary folder with copies of these files and folders if they exist.

    An ArchiveError about the temporary folder names the URL instead.
    """
    if not remote.is_url(out):
        yield Path(out)
        return
    with TemporaryDirectory(prefix="pressclip-") as temporary:
        base = remote.normal(out)
        for name in names:
            if remote.exists(remote.join(base, name)):
                for url, _ in remote.listed(remote.join(base, name)):
                    remote.fetch(url, Path(temporary) / url.removeprefix(base + "/"))
        try:
            yield Path(temporary)
        except ArchiveError as error:
            remote.placed(error, Path(temporary), out)
            raise

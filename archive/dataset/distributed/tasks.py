"""A build in tasks: each takes every so-manieth shard of the frozen list, on whatever machine; then one finishes it.

The dataset's folder, on a disk that all of them see or at a URL, is all that tasks share. What is there is done.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from archive.dataset.build import Built, finish, plan
from archive.dataset.inputs import remote
from archive.dataset.inputs.remote import here
from archive.dataset.inputs.shards import Shard
from archive.dataset.plan import Over, frozen_shards, read_plan
from archive.dataset.rows import ShardDone, build_shard, paths_of
from archive.dataset.table.files import MANIFEST, PARTS, PLAN, WORK
from archive.dataset.table.options import Options, fingerprint
from archive.files.errors import ArchiveError
from archive.files.whole import sha256_of
from cleaners import Pool

FROZEN = f"{WORK}/{PLAN}"


def failure_of(shard: Shard) -> str:
    """Name the file that says why a shard failed."""
    return f"{WORK}/failures/{shard.stem}.txt"


@dataclass(frozen=True)
class Stage:
    """A planned build: what each task is given."""

    out: str
    """A folder, or its URL."""
    shards: tuple[Shard, ...]
    """With the paths of the machine that planned: a task runs where they are the same, or plans by itself."""
    options: Options

    @classmethod
    def planned(cls, inputs: Sequence[Path | str], out: str, options: Options, over: Over = "refuse") -> Stage:
        """Freeze the list of shards in the dataset's folder, or compare it with the one that is there.

        Raises ArchiveError where inputs or options are others.
        """
        if remote.is_url(out) and over == "update":
            raise ArchiveError(f"{out}: --update is for a dataset on disk: give --force, or another --out")
        if remote.is_url(out) and over == "force":
            remote.remove(out, PARTS)
        with _local(out, [FROZEN, MANIFEST]) as folder:
            shards, _ = plan(inputs, folder, options, over)
            if remote.is_url(out):
                remote.publish(folder / FROZEN, remote.join(out, FROZEN))
        return cls(out, tuple(shards), options)

    def run(self, rank: int = 0, tasks: int = 1, *, jobs: int = 1) -> Iterator[ShardDone]:
        """Build the shards of one task in so many processes; yield what became of each.

        One that fails leaves a line in work/failures and the others go on; in the end ArchiveError is raised for it.
        """
        self._check_list()
        own, failures = self.shards[rank::tasks], []
        # never in this process: where a page ends it, datatrove's pools would wait for it for ever
        with Pool(self._try, jobs) as pool:
            for done in pool.map(own, lost=self._again, chunk=1):
                if done.error:
                    failures.append(done.error)
                yield done
        if failures:
            raise ArchiveError(f"task {rank}: {len(failures)} of {len(own)} shards failed: {failures[0]}")

    def finish(self) -> Built:
        """Make the dataset of the shards, which must all be there: duplicates, shared text, splits, files, manifest."""
        self._check_list()
        self.check()
        with _local(self.out, [WORK]) as folder:
            built = finish(self.shards, folder, self.options)
            if remote.is_url(self.out):
                self._publish(folder)
        return built

    def _try(self, shard: Shard, jobs: int = 1) -> ShardDone:
        try:
            return self._build(shard, jobs)
        except ArchiveError as error:
            self._tell(shard, str(error))
            return ShardDone(shard, error=str(error))

    def _again(self, shard: Shard, reason: str) -> ShardDone:
        """Build a shard of which a page took the process down: each page where it can harm only itself."""
        return self._try(shard, jobs=2)

    def _build(self, shard: Shard, jobs: int) -> ShardDone:
        if self._has(shard):
            return ShardDone(shard)
        with here(shard) as found:
            _check_input(found)
            if not remote.is_url(self.out):
                return replace(build_shard(found, Path(self.out), self.options, jobs=jobs), shard=shard)
            with TemporaryDirectory(prefix="pressclip-") as folder:
                done = build_shard(found, Path(folder), self.options, jobs=jobs)
                # the rows last: where they are, all of the shard is
                for part in reversed(_parts_of(shard)):
                    remote.publish(Path(folder) / part, remote.join(self.out, part))
                return replace(done, shard=shard)

    def _has(self, shard: Shard) -> bool:
        return remote.exists(remote.join(self.out, _parts_of(shard)[0]))

    def _check_list(self) -> None:
        """A list that changed under a build would give each row another's verdict."""
        with _local(self.out, [FROZEN]) as folder:
            if _unplaced(frozen_shards(folder)) != _unplaced(self.shards):
                raise ArchiveError(
                    f"{self.out}: {FROZEN} was planned anew: give the same command again on every machine"
                )

    def check(self, ranks: Iterable[int] = (0,), tasks: int = 1) -> None:
        """Raise ArchiveError, with the first one's reason, where shards of these tasks are missing."""
        wanted = sum(len(self.shards[rank::tasks]) for rank in ranks)
        missing = [shard for rank in ranks for shard in self.shards[rank::tasks] if not self._has(shard)]
        if missing:
            shard = missing[0]
            raise ArchiveError(
                f"{self.out}: {len(missing)} of {wanted} shards are missing, the first {shard.name} "
                f"({self._told(shard)}): mend it and give the same command again"
            )

    def _tell(self, shard: Shard, problem: str) -> None:
        with TemporaryDirectory(prefix="pressclip-") as folder:
            told = Path(folder) / "failure.txt"
            told.write_text(problem, "utf-8")
            remote.publish(told, remote.join(self.out, failure_of(shard)))

    def _told(self, shard: Shard) -> str:
        with _local(self.out, [failure_of(shard)]) as folder:
            told = folder / failure_of(shard)
            return told.read_text("utf-8") if told.exists() else "not begun, or its task was ended"

    def _publish(self, folder: Path) -> None:
        files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
        # the manifest last: where it is, all of the dataset is
        for name in sorted((name for name in files if not name.startswith("work/")), key=lambda name: name == MANIFEST):
            remote.publish(folder / name, remote.join(self.out, name))
        if not self.options.keep_work:
            remote.remove(self.out, ("work",))


def planned_in(out: str, options: Options) -> Stage:
    """Return the build that was planned in a dataset's folder; `options` are those that the plan does not hold.

    Raises ArchiveError where there is none, or where it was planned with other rules.
    """
    shards, said = plan_in(out)
    options = replace(
        options,
        splits=tuple((name, share) for name, share in said["splits"]),
        columns=tuple(said["columns"]),
        **{name: said[name] for name in ("where", "form", "rows_a_file", "text_column")},
    )
    if other := [name for name, value in options.of_build().items() if said.get(name) != value]:
        raise ArchiveError(
            f"{out}: planned with another {other[0].replace('_', ' ')} ({said.get(other[0])}): "
            "give the same --rules and --data, and the same version of pressclip on every machine"
        )
    return Stage(out, tuple(shards), options)


def plan_in(out: str) -> tuple[list[Shard], dict[str, Any]]:
    """Return the shards of the build that was planned in a dataset's folder, and its options as they are written down.

    Raises ArchiveError where there is none.
    """
    with _local(out, [FROZEN]) as folder:
        return frozen_shards(folder), dict(read_plan(folder)["options"])


def _parts_of(shard: Shard) -> list[str]:
    """Name the files of a shard, its rows first."""
    return [path.as_posix() for path in paths_of(shard, Path())]


def _check_input(shard: Shard) -> None:
    """What was planned is what is cleaned: a file that was replaced since then is refused."""
    folder = Path(shard.path)
    if shard.files:
        found = fingerprint([(file, sha256_of(folder / file)) for file in shard.files])
    else:
        found = sha256_of(folder)
    if found != shard.sha256:
        raise ArchiveError(f"{shard.name}: has changed since the build was planned: bring the file back, or begin anew")


def _unplaced(shards: Sequence[Shard]) -> list[Shard]:
    return [replace(shard, path="") for shard in shards]


@contextmanager
def _local(out: str, names: Sequence[str]) -> Iterator[Path]:
    """Give a dataset's folder; of one at a URL a copy of these files and folders, where they are there."""
    if not remote.is_url(out):
        yield Path(out)
        return
    with TemporaryDirectory(prefix="pressclip-") as temporary:
        base = remote.normal(out)
        for name in names:
            if remote.exists(remote.join(base, name)):
                for found, _ in remote.listed(remote.join(base, name)):
                    remote.fetch(found, Path(temporary) / found.removeprefix(base + "/"))
        yield Path(temporary)

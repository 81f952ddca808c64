"""Stage 1 of a build under datatrove: its executors run our tasks on this machine, on a Slurm cluster or with Ray.

Of datatrove only the executors are used. What is done is told by the files of the shards, never by datatrove's marks:
those are by number of a task, and say nothing once the number of tasks is another.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from subprocess import CalledProcessError
from typing import Any, Literal

from datatrove.executor import (  # type: ignore[import-untyped]
    LocalPipelineExecutor,
    RayPipelineExecutor,
    SlurmPipelineExecutor,
)
from datatrove.pipeline.base import PipelineStep  # type: ignore[import-untyped]
from datatrove.utils.stats import PipelineStats  # type: ignore[import-untyped]
from loguru import logger

from archive.dataset.distributed.tasks import Stage
from archive.dataset.inputs import remote
from archive.dataset.table.files import WORK
from archive.files.errors import ArchiveError

Executor = Literal["local", "slurm", "ray"]
EXECUTORS: tuple[Executor, ...] = ("local", "slurm", "ray")
MEMORY_GB = 2
"""Asked for a task: two processes, of which the one that cleans holds 136 MB (docs/performance.md), more for a while on
a large page."""
FINISH_GB = 4
"""Asked for the last stage: duckdb's limit and its own process (archive/dataset/table/database.py), with room."""


@dataclass(frozen=True, slots=True)
class Engine:
    """How tasks are run."""

    executor: Executor = "local"
    tasks: int = 1
    workers: int = 1
    """Tasks at a time: on this machine, on the cluster."""
    machine: int = 1
    """This one's number, from 1; `local` only: each machine takes its part of the tasks."""
    machines: int = 1
    partition: str = ""
    time: str = "24:00:00"
    sbatch: tuple[tuple[str, str], ...] = ()
    """More of sbatch's options, such as an account."""

    @property
    def own(self) -> range:
        """The tasks of this machine, as equal in number as can be.

        >>> [list(Engine(tasks=5, machine=number, machines=3).own) for number in (1, 2, 3)]
        [[0], [1, 2], [3, 4]]
        """
        return range(
            self.tasks * (self.machine - 1) // self.machines,
            self.tasks * self.machine // self.machines,
        )


class Shards(PipelineStep):  # type: ignore[misc]
    """Our step: cleans the shards of a task. Raises, so that no task with a failed shard counts as done."""

    type = "pressclip"
    name = "shards"

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self.stage = stage

    def run(self, data: Iterable[Any] | None = None, rank: int = 0, world_size: int = 1) -> Iterable[Any]:
        """Run a task; nothing is handed to a next step, since rows are written with their shard."""
        for done in self.stage.run(rank, world_size):
            self.stat_update("rows", value=done.rows, unit="shard")
            self.stat_update("dropped", value=done.dropped, unit="shard")
            logger.info(
                "shard {} ({}): {}",
                done.shard.number,
                done.shard.name,
                done.error or f"{done.rows} rows, {done.dropped} dropped",
            )
        return data or ()


class Finish(PipelineStep):  # type: ignore[misc]
    """The last task, on one machine: duplicates, shared text, splits, and the dataset's files."""

    type = "pressclip"
    name = "finish"

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self.stage = stage

    def run(self, data: Iterable[Any] | None = None, rank: int = 0, world_size: int = 1) -> Iterable[Any]:
        """Finish the dataset."""
        self.stage.finish()
        return data or ()


class _Local(LocalPipelineExecutor):  # type: ignore[misc]
    """datatrove's, but a failed task ends no other: what failed is in work/failures, and the stage is not finished."""

    def _run_for_rank(self, rank: int, local_rank: int = 0, node_rank: int = -1) -> PipelineStats:
        # what datatrove says of its own goes nowhere, what a shard became into the task's log alone (not the terminal,
        # where local rank 0 tells everything)
        logger.disable("datatrove")
        try:
            return super()._run_for_rank(rank, local_rank + 1, node_rank)
        except ArchiveError:
            return PipelineStats()


def run(stage: Stage, engine: Engine) -> None:
    """Run stage 1 under datatrove; on Slurm the job has only begun then, and finishes the dataset itself."""
    logs = remote.join(stage.out, WORK, "logs")
    logger.disable("datatrove")
    try:
        if engine.executor == "slurm":
            # beside the dataset: the last job writes there still when it has removed what it worked with
            _submit(_slurm(stage, engine, stage.out.rstrip("/") + ".logs"))
            return
        if engine.executor == "ray":
            _run_on_ray(stage, engine, logs)
        elif own := engine.own:
            _run_here(stage, engine, own, logs)
    finally:
        logger.enable("datatrove")
    stage.check(engine.own, engine.tasks)


def _run_here(stage: Stage, engine: Engine, own: range, logs: str) -> None:
    _Local(
        [Shards(stage)],
        tasks=engine.tasks,
        workers=max(1, min(engine.workers, len(own))),
        logging_dir=logs,
        skip_completed=False,
        local_tasks=len(own),
        local_rank_offset=own.start,
    ).run()


def _run_on_ray(stage: Stage, engine: Engine, logs: str) -> None:
    try:
        import ray  # type: ignore[import-not-found]
    except ImportError as error:
        raise ArchiveError("--executor ray: Ray is not installed: pip install 'ray[default]'") from error
    if not ray.is_initialized():
        # the cluster that RAY_ADDRESS or a running head names, else one of this machine alone
        ray.init(log_to_driver=False, include_dashboard=False, logging_level="ERROR")
    # no executor of Ray's raises for a task that failed: the files say what is missing
    RayPipelineExecutor(
        [Shards(stage)],
        tasks=engine.tasks,
        workers=engine.workers,
        logging_dir=logs,
        skip_completed=False,
        mem_per_cpu_gb=MEMORY_GB,
    ).run()


def _submit(jobs: SlurmPipelineExecutor) -> None:
    try:
        jobs.run()
    except FileNotFoundError as error:
        raise ArchiveError(
            f"--executor slurm: {error.filename} is not there: run this where jobs are submitted"
        ) from error
    except CalledProcessError as error:
        raise ArchiveError(
            f"sbatch: ended with {error.returncode}, see above: mend what it says, and try again"
        ) from error


def _slurm(stage: Stage, engine: Engine, logs: str) -> SlurmPipelineExecutor:
    """Return the last job, which launches the tasks' job first and waits for it."""
    common = {
        "time": engine.time,
        "partition": engine.partition,
        # datatrove asks for the quality of service "normal", which a cluster need not have
        "qos": None,
        # the same Python on the nodes as here, whatever made its environment
        "env_command": f'export PATH={shlex.quote(str(Path(sys.executable).parent))}:"$PATH"',
        "sbatch_args": dict(engine.sbatch),
        "skip_completed": False,
    }
    tasks = SlurmPipelineExecutor(
        [Shards(stage)],
        tasks=engine.tasks,
        workers=engine.workers,
        job_name="pressclip-shards",
        logging_dir=remote.join(logs, "shards"),
        mem_per_cpu_gb=MEMORY_GB,
        **common,
    )
    return SlurmPipelineExecutor(
        [Finish(stage)],
        tasks=1,
        job_name="pressclip-finish",
        logging_dir=remote.join(logs, "finish"),
        mem_per_cpu_gb=FINISH_GB,
        depends=tasks,
        **common,
    )

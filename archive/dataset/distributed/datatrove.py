"""Run stage 1 of a build with datatrove's executors: on this machine, on a Slurm cluster or with Ray.

The files of the shards show what is done, never datatrove's completion marks: those are per task, and mean nothing once
the number of tasks changes.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable
from pathlib import Path
from subprocess import CalledProcessError
from typing import Any

from datatrove.executor import (  # type: ignore[import-untyped]
    LocalPipelineExecutor,
    RayPipelineExecutor,
    SlurmPipelineExecutor,
)
from datatrove.pipeline.base import PipelineStep  # type: ignore[import-untyped]
from datatrove.utils.stats import PipelineStats  # type: ignore[import-untyped]
from loguru import logger

from archive.dataset.distributed.tasks import Engine, Stage
from archive.dataset.inputs import remote
from archive.dataset.table.files import WORK
from archive.files.errors import ArchiveError

MEMORY_GB = 2
"""Requested per task, for two processes. The one that cleans holds 136 MB (docs/performance.md), and for a while more
on a large page."""
FINISH_GB = 4
"""Requested for the last stage: more than duckdb's limit (archive/dataset/table/database.py) and its process need."""


class _Step(PipelineStep):  # type: ignore[misc]
    type = "pressclip"

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self.stage = stage


class Shards(_Step):
    """A pipeline step that builds the shards of a task. It raises for a failed shard, so the task is not done."""

    name = "shards"

    def run(self, data: Iterable[Any] | None = None, rank: int = 0, world_size: int = 1) -> Iterable[Any]:
        """Run a task. Rows are written with their shard, so no later step gets any."""
        for done in self.stage.run(rank, world_size):
            self.stat_update("rows", value=done.rows, unit="shard")
            self.stat_update("dropped", value=done.dropped, unit="shard")
            outcome = done.error or f"{done.rows} rows, {done.dropped} dropped"
            logger.info("shard {} ({!r}): {!r}", done.shard.number, done.shard.name, outcome)
        return data or ()


class Finish(_Step):
    """A pipeline step that finishes the dataset on one machine: duplicates, shared text, splits, and files."""

    name = "finish"

    def run(self, data: Iterable[Any] | None = None, rank: int = 0, world_size: int = 1) -> Iterable[Any]:
        """Finish the dataset."""
        self.stage.finish()
        return data or ()


class _Local(LocalPipelineExecutor):  # type: ignore[misc]
    """datatrove's executor, but a failed task stops no other. Its failures are in work/failures."""

    def _run_for_rank(self, rank: int, local_rank: int = 0, node_rank: int = -1) -> PipelineStats:
        # datatrove's own messages are dropped; the outcome of a shard goes to the task's log only, not to the terminal,
        # where local rank 0 would print everything
        logger.disable("datatrove")
        try:
            return super()._run_for_rank(rank, local_rank + 1, node_rank)
        except ArchiveError:
            return PipelineStats()


def run(stage: Stage, engine: Engine) -> None:
    """Run stage 1 under datatrove. On Slurm, only submit it, with a last job that finishes the dataset."""
    logs = remote.join(stage.out, WORK, "logs")
    logger.disable("datatrove")
    try:
        if engine.executor == "slurm":
            # beside the dataset: the last job still writes logs after it has removed the work folder
            _submit(stage, engine, stage.out.rstrip("/") + ".logs")
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
        local_tasks=len(own),
        local_rank_offset=own.start,
        logging_dir=logs,
        skip_completed=False,
    ).run()


def _run_on_ray(stage: Stage, engine: Engine, logs: str) -> None:
    try:
        import ray  # type: ignore[import-not-found]
    except ImportError as error:
        raise ArchiveError("--executor ray: Ray is not installed: pip install 'ray[default]'") from error
    if not ray.is_initialized():
        # the cluster that RAY_ADDRESS or a running head names, otherwise one on this machine alone
        ray.init(log_to_driver=False, include_dashboard=False, logging_level="ERROR")
    # Ray's executor does not raise for a failed task: the files tell what is missing
    RayPipelineExecutor(
        [Shards(stage)],
        tasks=engine.tasks,
        workers=engine.workers,
        logging_dir=logs,
        skip_completed=False,
        mem_per_cpu_gb=MEMORY_GB,
    ).run()


def _submit(stage: Stage, engine: Engine, logs: str) -> None:
    try:
        _slurm(stage, engine, logs).run()
    except FileNotFoundError as error:
        problem = f"--executor slurm: {error.filename} not found: run this on a machine that can submit jobs"
        raise ArchiveError(problem) from error
    except CalledProcessError as error:
        problem = f"sbatch: failed with exit code {error.returncode}: fix the problem shown above, and try again"
        raise ArchiveError(problem) from error


def _slurm(stage: Stage, engine: Engine, logs: str) -> SlurmPipelineExecutor:
    """Return the last job, which first launches the job of the tasks and waits for it."""
    common = {
        "time": engine.time,
        "partition": engine.partition,
        # datatrove requests the quality of service "normal", which not every cluster has
        "qos": None,
        # the same Python on the nodes as here, however its environment was made
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

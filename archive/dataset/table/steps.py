"""Run the last stages of a build as steps: each is some units of work that need one another's files no more than those
of earlier steps. So any process may make any unit, and the files tell what is done.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from archive.dataset.table.files import WORK
from archive.dataset.table.options import Options
from archive.files.errors import ArchiveError
from cleaners import LostError, Pool

STEPS = "steps"
"""The folder in `work` with the files of the steps."""


@dataclass(frozen=True)
class Task:
    """What every unit of every step is given: a build whose shards are all built."""

    out: Path
    options: Options

    @property
    def work(self) -> Path:
        """The folder of the build's intermediate files."""
        return self.out / WORK

    def path(self, *names: str) -> Path:
        """Return the path of a file that steps share."""
        return self.work.joinpath(STEPS, *names)


@dataclass(frozen=True)
class Step:
    """Units that can be made at the same time, each a whole file. All earlier steps come before any of them."""

    name: str
    units: Callable[[Task], Sequence[str]]
    """The names of its units, which depend on the files of earlier steps alone, so they are the same everywhere."""
    make: Callable[[Task, str], None]
    """Make the file of a unit."""
    file: Callable[[Task, str], Path]
    """The file of a unit. Where it is, the unit is done."""

    def missing(self, task: Task) -> list[str]:
        """Return the units that are still to be made."""
        return [unit for unit in self.units(task) if not self.file(task, unit).exists()]


def one(task: Task) -> Sequence[str]:
    """Return the only unit of a step that is not divided."""
    return ["all"]


def undivided(name: str, make: Callable[[Task], None], file: str) -> Step:
    """Return a step of one unit, for what needs all rows at once and little of each. `file`: written last."""
    return Step(name, one, partial(_alone, make), partial(_named, file))


def divided(name: str, units: Callable[[Task], Sequence[str]], make: Callable[[Task, str], None], ending: str) -> Step:
    """Return a step whose units leave files in a folder of the step's name."""
    return Step(name, units, make, partial(_in_folder, name, ending))


def run(task: Task, steps: Sequence[Step], jobs: int = 1) -> None:
    """Make what is missing of all steps, in so many processes. Raises ArchiveError where a unit cannot be made."""
    with Pool(partial(_make, task), jobs) as pool:
        for step in steps:
            items = [(step, unit) for unit in step.missing(task)]
            # one unit by itself, and all of them without other processes, need no other process
            if jobs == 1 or len(items) < 2:
                problems = [_make(task, item) for item in items]
            else:
                problems = list(pool.map(items, lost=_lost, chunk=1))
            if problem := next(filter(None, problems), ""):
                raise ArchiveError(problem)


def _make(task: Task, item: tuple[Step, str]) -> str:
    """Make a unit; return why it cannot be made. An error travels between processes as text."""
    step, unit = item
    try:
        step.make(task, unit)
    except ArchiveError as error:
        return str(error)
    return ""


def _lost(item: tuple[Step, str], loss: LostError) -> str:
    step, unit = item
    return f"step {step.name}, unit {unit}: {loss}: give it more memory or fewer --jobs, and run the same command again"


def _alone(make: Callable[[Task], None], task: Task, unit: str) -> None:
    make(task)


def _named(file: str, task: Task, unit: str) -> Path:
    return task.path(file)


def _in_folder(name: str, ending: str, task: Task, unit: str) -> Path:
    return task.path(name, unit + ending)

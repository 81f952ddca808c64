"""Run the last stages of a build as steps: each is some units of work that need one another's files no more than those
of earlier steps. So any process may make any unit, and the files tell what is done.
"""

from __future__ import annotations

import time
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
SHORTEST, LONGEST = 0.05, 10.0
"""Seconds between two looks at the files of other machines: a tenth of the time waited so far, between these two. So a
small dataset does not wait for its machines to look, and a large one does not wear out the server of the disk."""
TOLD = 30.0
"""Seconds after which a machine says what it waits for."""
PATIENCE = 86_400.0
"""Seconds without a new file of a step, after which a machine waits no longer. The dearest step of one unit, the choice
of keepers, takes some hours of 1,000 M rows by the arithmetic of docs/scale.md."""


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


def _ignore(line: str) -> None:
    pass


@dataclass(frozen=True)
class Share:
    """Which units of each step one of several machines makes, and how it waits for the others."""

    machine: int = 1
    """Its number, from 1."""
    machines: int = 1
    tell: Callable[[str], None] = _ignore
    """Gets what the machine waits for."""
    pause: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    def of(self, units: Sequence[str]) -> Sequence[str]:
        """Return the units of this machine. What is not divided is machine 1's.

        >>> Share(2, 3).of(["a", "b", "c", "d", "e"])
        ['b', 'e']
        """
        return units[self.machine - 1 :: self.machines]


ALONE = Share()
"""One machine makes all."""


def one(task: Task) -> Sequence[str]:
    """Return the only unit of a step that is not divided."""
    return ["all"]


def undivided(name: str, make: Callable[[Task], None], file: str) -> Step:
    """Return a step of one unit, for what needs all rows at once and little of each. `file`: written last."""
    return Step(name, one, partial(_alone, make), partial(_named, file))


def divided(name: str, units: Callable[[Task], Sequence[str]], make: Callable[[Task, str], None], ending: str) -> Step:
    """Return a step whose units leave files in a folder of the step's name."""
    return Step(name, units, make, partial(_in_folder, name, ending))


def run(task: Task, steps: Sequence[Step], jobs: int = 1, share: Share = ALONE) -> None:
    """Make what is missing of all steps, in so many processes; of several machines, make the units of this one, and
    wait for those of the others before the next step.

    Of several machines, the last step must be undivided: where its file is, nothing is left to do. Raises ArchiveError
    where a unit cannot be made, and where another machine leaves one out.
    """
    with Pool(partial(_make, task), jobs) as pool:
        for step in steps:
            if share.machines > 1 and not steps[-1].missing(task):
                return
            missing = {*step.missing(task)}
            items = [(step, unit) for unit in share.of(step.units(task)) if unit in missing]
            # one unit by itself, and all of them without other processes, need no other process
            if jobs == 1 or len(items) < 2:
                problems = [_make(task, item) for item in items]
            else:
                problems = list(pool.map(items, lost=_lost, chunk=1))
            if problem := next(filter(None, problems), ""):
                raise ArchiveError(problem)
            if share.machines > 1:
                _wait(task, step, steps[-1], share)


def _wait(task: Task, step: Step, last: Step, share: Share) -> None:
    """Wait until all units of a step are made, or the file of the last step is there."""
    units = step.units(task)
    began = changed = share.clock()
    missing, is_told = [*units], False
    while True:
        before, missing = len(missing), [unit for unit in missing if not step.file(task, unit).exists()]
        if not missing or not last.missing(task):
            return
        now = share.clock()
        changed = now if len(missing) < before else changed
        maker = units.index(missing[0]) % share.machines + 1
        awaited = f"unit {missing[0]} of step {step.name}, which machine {maker} of {share.machines} makes"
        if now - changed > PATIENCE:
            raise ArchiveError(
                f"{task.out}: no new file for {PATIENCE / 3600:.0f} hours while waiting for {awaited}: run the same "
                "command again there and here, or on one machine alone without --machine, which makes all that is "
                "missing"
            )
        if now - began > TOLD and not is_told:
            share.tell(f"{task.out}: waiting for {awaited}")
            is_told = True
        share.pause(min(max((now - began) / 10, SHORTEST), LONGEST))


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

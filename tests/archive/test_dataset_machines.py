"""Several machines finish one dataset in a folder that all of them see. A machine is a process here."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Sequence
from itertools import count
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

pytest.importorskip("pyarrow", reason="the extra `datasets` is not installed")

from archive import ArchiveError
from archive.dataset import Options, Share, Stage, planned_in
from archive.dataset.build import finish, finish_share
from archive.dataset.plan import taken, taken_together
from archive.dataset.table import steps
from archive.files import whole
from tests.support.dataset_inputs import contents
from tests.support.dataset_plants import plant, use_small_bounds

pytestmark = pytest.mark.slow

OPTIONS = Options(splits=(("train", 0.7), ("test", 0.3)), where="n_words > 10", rows_a_file=40)
SECONDS = 120


@pytest.fixture(scope="module")
def made_alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What one process makes."""
    out = tmp_path_factory.mktemp("alone")
    finish(plant(out, OPTIONS, shards=6), out, OPTIONS)
    return contents(out)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A dataset whose shards are all built."""
    plant(tmp_path / "out", OPTIONS, shards=6)
    return tmp_path / "out"


def stage_in(out: Path) -> Stage:
    return planned_in(str(out), Options())


def work_as(out: Path, machine: int, killed_at: int) -> None:
    """Make a machine's share, of units so small that each step has several; killed before it names a file."""
    with pytest.MonkeyPatch.context() as patch:
        use_small_bounds(patch)
        named, put_in_place = count(1), whole.put_in_place

        def deadly(new: Path, path: Path) -> None:
            if next(named) == killed_at:
                os.kill(os.getpid(), signal.SIGKILL)
            put_in_place(new, path)

        patch.setattr(whole, "put_in_place", deadly)
        stage_in(out).finish_share(Share(machine, 2))


def started(out: Path, machine: int, killed_at: int = 0) -> BaseProcess:
    process = multiprocessing.get_context("spawn").Process(target=work_as, args=(out, machine, killed_at))
    process.start()
    return process


def ended(process: BaseProcess) -> int | None:
    process.join(SECONDS)
    code = process.exitcode
    process.kill()
    return code


def test_two_machines_give_the_bytes_of_one_process(out: Path, made_alone: dict[str, str]) -> None:
    assert list(map(ended, [started(out, 2), started(out, 1)])) == [0, 0]
    assert contents(out) == made_alone
    assert not (out / "work").exists()


@pytest.mark.parametrize(("machine", "killed_at"), [(2, 4), (1, 9)])
def test_a_machine_that_was_killed_goes_on_with_the_same_command(
    out: Path, made_alone: dict[str, str], machine: int, killed_at: int
) -> None:
    other, killed = started(out, 3 - machine), started(out, machine, killed_at)
    assert ended(killed) == -signal.SIGKILL
    assert other.is_alive()
    assert list(map(ended, [started(out, machine), other])) == [0, 0]
    assert contents(out) == made_alone


def test_what_a_dead_machine_left_out_is_named_and_made_by_one_alone(
    out: Path, made_alone: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    use_small_bounds(monkeypatch)
    told: list[str] = []
    paused: list[float] = []
    hours = count(0, 10 * 3600)
    share = Share(1, 2, tell=told.append, pause=paused.append, clock=lambda: next(hours))
    missing = "unit 00001 of step passed, which machine 2 of 2 makes"
    with pytest.raises(ArchiveError, match=rf"no new file for 24 hours while waiting for {missing}: run the same"):
        stage_in(out).finish_share(share)
    assert told == [f"{out}: waiting for {missing}"]
    assert set(paused) == {steps.LONGEST}
    stage_in(out).finish()
    assert contents(out) == made_alone


def test_a_machine_without_units_ends_when_the_others_have_ended(out: Path, made_alone: dict[str, str]) -> None:
    def complete(seconds: float) -> None:
        finish(stage_in(out).shards, out, OPTIONS)

    # below the lock, which would refuse the other one in this process
    assert finish_share(stage_in(out).shards, out, OPTIONS, Share(2, 2, pause=complete)) is None
    assert contents(out) == made_alone
    assert not (out / "work").exists()


@pytest.mark.parametrize("machine", [1, 2])
def test_files_that_are_gone_are_no_failure_once_the_dataset_is_complete(
    out: Path, monkeypatch: pytest.MonkeyPatch, machine: int
) -> None:
    stage, run = stage_in(out), steps.run

    def outrun(task: steps.Task, some: Sequence[steps.Step], jobs: int, share: Share) -> None:
        if machine == 2:
            run(task, some, jobs)
        raise FileNotFoundError("groups.json")

    monkeypatch.setattr(steps, "run", outrun)
    if machine == 2:
        assert stage.finish_share(Share(2, 2)) is None
    else:
        with pytest.raises(FileNotFoundError):
            stage.finish_share(Share(1, 2))


def test_a_machine_that_begins_when_the_dataset_is_complete_changes_nothing(out: Path) -> None:
    kept = Options(keep_work=True)
    planned_in(str(out), kept).finish()
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()}
    for machine in (1, 2):
        assert planned_in(str(out), kept).finish_share(Share(machine, 2)) is None
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()} == before


def test_the_machines_of_one_finish_let_each_other_in_and_nothing_else(out: Path) -> None:
    with taken_together(out, 1, 2), taken_together(out, 2, 2):
        with pytest.raises(ArchiveError, match="another machine has this number"), taken_together(out, 2, 2):
            pass
        with pytest.raises(ArchiveError, match="machine 1 of 2 is at work"), taken_together(out, 3, 3):
            pass
        with pytest.raises(ArchiveError, match="another build is writing here"), taken(out):
            pass
    with taken(out), pytest.raises(ArchiveError, match="another build is writing here"), taken_together(out, 1, 2):
        pass
    with taken_together(out, 3, 3):
        pass

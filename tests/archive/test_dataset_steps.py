"""The last stages of a build in steps: whoever makes which unit in which order, the bytes are the same."""

from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path

import pytest

pytest.importorskip("pyarrow", reason="the extra `datasets` is not installed")

import pyarrow as pa
import pyarrow.parquet as pq

from archive.dataset import Options, write
from archive.dataset.build import finish
from archive.dataset.dedup import verdicts
from archive.dataset.dedup.duplicates import DUPLICATES
from archive.dataset.dedup.ranking import NUMBERED
from archive.dataset.dedup.shared_text import MEASURED
from archive.dataset.provenance import manifest
from archive.dataset.table import database
from archive.dataset.table.steps import Task
from tests.support.dataset_inputs import contents
from tests.support.dataset_plants import plant, use_small_bounds

SPLITS = (("train", 0.7), ("test", 0.3))
STEPS = (*verdicts.STEPS, *write.STEPS)
# of the build that compared all rows in one process and one database, before there were steps
GOLDEN = {1: "634214ba22e0453d", 2: "e61792ccd7d467b3"}
DIVIDED = {"bands", "buckets", "shingles", "prints", "pairs", "shared", "records", "measured", "slices", "files"}
WANTED = {1: "", 2: "n_words > 60"}


def options_of(seed: int, **more: object) -> Options:
    return Options(splits=SPLITS, where=WANTED[seed], rows_a_file=40, **more)  # type: ignore[arg-type]


def made_by(tasks: int, task: Task, chance: random.Random) -> dict[str, int]:
    """Make all steps as so many tasks do: each its share of the units, in any order."""
    counts = {}
    for step in STEPS:
        units = step.units(task)
        counts[step.name] = len(units)
        for rank in chance.sample(range(tasks), tasks):
            for unit in units[rank::tasks]:
                step.make(task, unit)
        assert not step.missing(task)
    return counts


@pytest.mark.slow
@pytest.mark.parametrize(("tasks", "seed", "shards"), [(1, 1, 3), (2, 2, 9), (3, 1, 5), (4, 2, 12)])
def test_any_number_of_tasks_gives_the_bytes_of_one_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tasks: int, seed: int, shards: int
) -> None:
    options = options_of(seed)
    frozen = plant(tmp_path / "one", options, seed=seed, shards=shards)
    finish(frozen, tmp_path / "one", options)
    use_small_bounds(monkeypatch)
    out = tmp_path / "tasks"
    plant(out, options, seed=seed, shards=shards)
    counts = made_by(tasks, Task(out, options), random.Random(tasks))
    assert {name for name, units in counts.items() if units > 1} >= DIVIDED
    finish(frozen, out, options)
    assert contents(out) == contents(tmp_path / "one")


@pytest.mark.slow
@pytest.mark.parametrize("seed", GOLDEN)
def test_the_verdicts_are_those_of_the_build_before_there_were_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    use_small_bounds(monkeypatch)
    options = options_of(seed, keep_work=True)
    finish(plant(tmp_path, options, seed=seed, shards=4), tmp_path, options)
    rows = pq.read_table(Task(tmp_path, options).path(verdicts.VERDICTS)).drop_columns(["shard", "place"])
    told = json.dumps(rows.sort_by("id").to_pylist(), sort_keys=True) + manifest.read(tmp_path)["dataset_sha256"]
    assert hashlib.sha256(told.encode()).hexdigest()[:16] == GOLDEN[seed]


@pytest.mark.slow
@pytest.mark.parametrize("stopped", ["ranks", "buckets", "shingles", "duplicates", "measured", "slices", "files"])
def test_a_build_that_was_stopped_in_a_step_goes_on_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stopped: str
) -> None:
    use_small_bounds(monkeypatch)
    options = options_of(1)
    frozen = plant(tmp_path / "whole", options, shards=6)
    finish(frozen, tmp_path / "whole", options)
    out = tmp_path / "stopped"
    plant(out, options, shards=6)
    task = Task(out, options)
    for step in STEPS:
        units = step.units(task)
        done = units[: len(units) // 2] if step.name == stopped else units
        for unit in done:
            step.make(task, unit)
        if step.name == stopped:
            break
    before = {path: path.stat().st_ino for path in task.path().rglob("*") if path.is_file()}
    kept = options_of(1, keep_work=True)
    finish(frozen, out, kept)
    assert before.items() <= {path: path.stat().st_ino for path in task.path().rglob("*") if path.is_file()}.items()
    assert contents(out) == contents(tmp_path / "whole")


@pytest.mark.slow
def test_several_processes_give_the_bytes_of_one(tmp_path: Path) -> None:
    for jobs in (1, 2):
        options = options_of(1, jobs=jobs)
        out = tmp_path / str(jobs)
        finish(plant(out, options, shards=3), out, options)
    assert contents(tmp_path / "1") == contents(tmp_path / "2")


def test_verdicts_are_written_where_the_ids_of_all_rows_do_not_fit_in_memory_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # 60 MB is enough, most of it to write the file; joined with all ids once for each name of a row, 80 MB is not
    monkeypatch.setattr(database, "MEMORY", "70MB")
    rows, every = 100_000, 20
    task = Task(tmp_path, Options())
    task.path("measured").mkdir(parents=True)
    ids = [hashlib.sha256(str(n).encode()).hexdigest() for n in range(rows)]
    places = pa.array(range(rows), pa.int32())
    numbered = {"id": ids, "shard": pa.repeat(pa.scalar(0, pa.int32()), rows), "place": places}
    pq.write_table(pa.table(numbered), task.path(NUMBERED))
    dropped = [
        {"n": n, "reason": "exact_duplicate", "keeper": n - 1, "similarity": 1.0, "revision_of": None}
        for n in range(1, rows, every)
    ]
    types = {"n": pa.int32(), "reason": pa.string(), "keeper": pa.int32(), "similarity": pa.float32()}
    schema = pa.schema([*types.items(), ("revision_of", pa.int32())])
    pq.write_table(pa.Table.from_pylist(dropped, schema), task.path(DUPLICATES))
    pq.write_table(MEASURED.empty_table(), task.path("measured", "00000.parquet"))
    (step,) = (step for step in verdicts.STEPS if step.name == "verdicts")
    step.make(task, "all")
    found = pq.read_table(task.path(verdicts.VERDICTS))
    assert found.column("id").to_pylist() == ids
    assert found.column("reason").null_count == rows - len(dropped)
    assert found.column("duplicate_of").drop_null().to_pylist() == ids[::every]

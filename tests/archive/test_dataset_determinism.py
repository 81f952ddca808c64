"""Equal inputs give equal bytes, whatever happens on the way; what is half-written never looks whole."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from archive import ArchiveError, Capture, Collection
from archive.dataset import Options, build
from archive.dataset.provenance import manifest
from tests.support.dataset_inputs import contents, text, write_corpus, write_pages, write_warc

pytestmark = pytest.mark.slow

SPLITS = (("train", 0.6), ("test", 0.4))
OPTIONS = Options(splits=SPLITS)
DEADLY = """
import os, signal, sys
from pathlib import Path
from archive.dataset import Options, build

out, name, cut, *inputs = sys.argv[1:]
rename = Path.replace

def deadly(half, path):
    if Path(path).relative_to(out).as_posix().startswith(name):
        if cut == "cut":
            os.truncate(half, half.stat().st_size // 2)
        if cut == "after":
            rename(half, path)
        os.kill(os.getpid(), signal.SIGKILL)
    return rename(half, path)

Path.replace = deadly
build([Path(path) for path in inputs], Path(out), Options(splits=(("train", 0.6), ("test", 0.4))))
"""
"""A build that is killed when a file gets its name: before, while it is half-written (`cut`), or right after."""
MOMENTS = (
    ("work/shards.json", "cut"),  # stage 1
    ("work/keys/00001", "after"),
    ("work/rows/00002", "cut"),
    ("work/steps/buckets", "cut"),  # stage 2
    ("work/steps/verdicts", "after"),
    ("work/steps/slices", "cut"),  # stage 3
    ("data/train", "before"),
    ("manifest.json", "cut"),
)


@pytest.fixture
def inputs(tmp_path: Path, open_collection: Callable[..., Collection], capture: Capture) -> list[Path]:
    """Four shards of three kinds, with rows that are dropped and rows that are twice there."""
    folder = tmp_path / "inputs"
    pages = write_pages(folder / "pages", range(3))
    one = write_corpus(folder / "one.jsonl.gz", range(10, 16), empty="", same=text(10))
    two = write_corpus(folder / "two.jsonl", range(20, 26), same=text(10), near=text(10) + "\nA word more.")
    return [pages, one, two, write_warc(open_collection, capture, range(30, 33))]


@pytest.fixture
def built(inputs: list[Path], tmp_path: Path) -> dict[str, str]:
    """Return what an undisturbed build makes of the inputs."""
    build(inputs, tmp_path / "undisturbed", OPTIONS)
    return contents(tmp_path / "undisturbed")


def test_a_second_build_elsewhere_gives_the_same_bytes(
    inputs: list[Path], built: dict[str, str], tmp_path: Path
) -> None:
    build(inputs, tmp_path / "else/where", OPTIONS)
    assert contents(tmp_path / "else/where") == built
    assert {name.partition("-")[0] for name in built} >= {"data/train", "data/test", "dropped/dropped", "manifest.json"}


def test_inputs_in_another_order_give_the_same_bytes(inputs: list[Path], built: dict[str, str], tmp_path: Path) -> None:
    build(inputs[::-1], tmp_path / "a", OPTIONS)
    build([*inputs[2:], *inputs[:2]], tmp_path / "b", OPTIONS)
    assert contents(tmp_path / "a") == contents(tmp_path / "b") == built


@pytest.mark.long
def test_several_processes_give_the_same_bytes(inputs: list[Path], built: dict[str, str], tmp_path: Path) -> None:
    build(inputs, tmp_path / "a", Options(splits=SPLITS, jobs=2))
    assert contents(tmp_path / "a") == built


def test_inputs_under_another_path_give_the_same_bytes(
    inputs: list[Path], built: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "inputs").rename(tmp_path / "moved")
    there = [tmp_path / "moved" / path.name if path.parent.name == "inputs" else path for path in inputs]
    build(there, tmp_path / "a", OPTIONS)
    assert contents(tmp_path / "a") == built


@pytest.mark.long
def test_a_build_that_is_killed_in_every_stage_goes_on_to_the_same_bytes(
    inputs: list[Path], built: dict[str, str], tmp_path: Path
) -> None:
    out = tmp_path / "killed"
    for name, moment in MOMENTS:
        command = [sys.executable, "-c", DEADLY, out, name, moment, *inputs]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        assert done.returncode == -signal.SIGKILL, (name, done.stderr)
        with pytest.raises(ArchiveError, match="no complete dataset"):
            list(manifest.check(out))
    finished = {path: path.stat().st_mtime_ns for path in (out / "work/rows").iterdir() if path.suffix == ".parquet"}
    assert len(finished) == len(inputs)
    build(inputs, out, Options(splits=SPLITS, keep_work=True))
    assert {path: path.stat().st_mtime_ns for path in finished} == finished, "finished shards were built again"
    assert list(out.rglob("*.half")) == []
    assert contents(out) == built


@pytest.mark.long
def test_a_command_that_is_killed_with_its_processes_goes_on(
    inputs: list[Path], built: dict[str, str], tmp_path: Path
) -> None:
    out = tmp_path / "killed"
    command = [sys.executable, "-m", "scraper", "dataset", "build", *inputs, "--out", out, "--jobs", "2"]
    command += ["--split", "train=0.6,test=0.4"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True) as process:
        while not list(out.glob("work/rows/*.parquet")):
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.02)
        os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert not (out / "manifest.json").exists()
    assert subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode == 0
    assert contents(out) == built


def test_no_row_is_lost_or_doubled(inputs: list[Path], built: dict[str, str], tmp_path: Path) -> None:
    out = tmp_path / "undisturbed"
    rows = [row for part in ("data", "dropped") for row in pq.read_table(out / part).to_pylist()]
    assert len({row["id"] for row in rows}) == len(rows) == 3 + 8 + 8 + 3
    said = json.loads((out / "manifest.json").read_text("utf-8"))
    assert sum(said["rows"].values()) == len(rows)

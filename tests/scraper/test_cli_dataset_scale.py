"""`pressclip dataset build --engine datatrove` and `finish`: what is refused before anything is read."""

from __future__ import annotations

from pathlib import Path
from subprocess import PIPE

import click
import pytest

pytest.importorskip("pyarrow", reason="the extra `datasets` is not installed")

from archive import ArchiveError
from archive.dataset import Options
from scraper.cli.dataset.build import build
from scraper.cli.dataset.engine import engine_options, read_machine
from scraper.cli.dataset.inputs import Place
from tests.support.dataset_plants import plant
from tests.support.shell import begin, press


@click.command()
@engine_options
def command(engine: dict[str, object] | None) -> None:
    """Print what engine was asked for."""
    click.echo(repr(engine))


def asked(*args: str) -> object:
    return command.main([*args], standalone_mode=False)


def test_without_an_engine_there_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    asked()
    assert capsys.readouterr().out == "None\n"


def test_all_tasks_run_at_a_time_where_nothing_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    asked("--engine", "datatrove", "--tasks", "5", "--machine", "2/3")
    printed = capsys.readouterr().out
    assert "'workers': 5" in printed
    assert "'machine': 2, 'machines': 3" in printed


@pytest.mark.parametrize("option", [("--tasks", "2"), ("--executor", "ray"), ("--slurm-partition", "day")])
def test_an_option_of_engines_without_one_is_refused(option: tuple[str, str]) -> None:
    with pytest.raises(click.UsageError, match=f"{option[0]} is for --engine datatrove"):
        asked(*option)


def test_slurm_without_a_partition_is_refused() -> None:
    with pytest.raises(click.UsageError, match="--slurm-partition"):
        asked("--engine", "datatrove", "--executor", "slurm")


def test_a_folder_that_slurm_cannot_be_given_is_refused_before_the_inputs_are_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("datatrove", reason="the extra `scale` is not installed")
    slurm = ["--engine", "datatrove", "--executor", "slurm", "--slurm-partition", "day"]
    with pytest.raises(ArchiveError, match=f"^{tmp_path}/my news: has ' ', .*: give an --out without it$"):
        build.main(["nothing.warc", "--out", f"{tmp_path}/my news", *slurm], standalone_mode=False)
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("executor", ["slurm", "ray"])
def test_machines_by_hand_are_for_the_local_executor(executor: str) -> None:
    with pytest.raises(click.UsageError, match="--machine is for --executor local"):
        asked("--engine", "datatrove", "--executor", executor, "--slurm-partition", "day", "--machine", "1/2")


@pytest.mark.parametrize("value", ["0/3", "4/3", "2", "a/b"])
def test_a_machine_that_is_none_of_them_is_refused(value: str) -> None:
    with pytest.raises(click.BadParameter, match="such as 2/3"):
        read_machine(click.Context(command), command.params[0], value)


def test_a_dataset_at_a_url_is_finished_by_one_machine(tmp_path: Path) -> None:
    done = press("dataset", "finish", "s3://corpora/news", "--machine", "1/2", cwd=tmp_path)
    assert done.code == 2
    assert "--machine is for a folder that all machines see" in done.err


@pytest.mark.slow
def test_machine_1_tells_what_all_have_built(tmp_path: Path) -> None:
    plant(tmp_path / "out", Options(), rows=30)
    commands = [("dataset", "finish", "out", "--machine", f"{number}/2") for number in (1, 2)]
    running = [begin(*command, cwd=tmp_path, stdout=PIPE, stderr=PIPE) for command in commands]
    (out, said), (nothing, told) = (process.communicate(timeout=120) for process in running)
    assert [process.returncode for process in running] == [0, 0]
    assert (said, nothing) == (b"", b"")
    assert out.startswith(b"out: ")
    assert told == b"pressclip: out: is finished; machine 1 tells what is in it\n"
    again = press(*commands[1], cwd=tmp_path)
    assert (again.code, again.out, again.err) == (0, "", "pressclip: out: is finished\n")


def test_an_option_for_sbatch_is_a_pair() -> None:
    with pytest.raises(click.BadParameter, match="NAME=VALUE"):
        asked("--engine", "datatrove", "--executor", "slurm", "--slurm-option", "account")


def test_a_url_stays_text_and_a_path_becomes_one() -> None:
    convert = Place().convert
    assert convert("s3://corpora/news", None, None) == "s3://corpora/news"
    assert convert("corpora/news", None, None) == Path("corpora/news")

"""What macOS lacks is not needed: played on Linux by taking it away. Windows is refused in one line."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from archive.files import whole
from cleaners import cores
from scraper.cli import main
from tests.support.shell import COMMAND, environment

LIKE_MACOS = Path(__file__).parent / "support" / "like_macos"
NOT_ON_WINDOWS = ("fcntl", "grp", "pwd", "resource", "termios")


def on_macos(*args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run `pressclip` where only macOS's names exist."""
    env = environment() | {"PYTHONPATH": str(LIKE_MACOS)}
    return subprocess.run([*COMMAND, *args], cwd=cwd, env=env, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_crawl_archive_and_dataset_work_without_what_macos_lacks(tmp_path: Path) -> None:
    demo = on_macos("demo", "--data", "data", cwd=tmp_path)
    assert (demo.returncode, demo.stderr) == (0, "")
    assert "texts equal to the true text: 35 of 35" in demo.stdout
    for args in (
        ("archive", "verify"),
        ("archive", "reclean", "--collection", "demo", "--jobs", "2"),
        ("dataset", "build", "--collection", "demo", "--jobs", "2", "--out", "rows"),
        ("status",),
    ):
        done = on_macos(*args, "--data", "data", cwd=tmp_path)
        assert (done.returncode, "Traceback" in done.stderr) == (0, False), (args, done.stderr)


def test_a_crawl_on_macos_has_processes_of_its_own_by_default(tmp_path: Path) -> None:
    code = "import os; from scraper.cli.terminal.options import default_jobs as d; print(d(), os.cpu_count())"
    env = environment() | {"PYTHONPATH": str(LIKE_MACOS)}
    jobs, count = map(int, subprocess.check_output([sys.executable, "-c", code], env=env, text=True).split())
    assert jobs == max(1, count - 1)


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="only Linux tells the cores of a process")
def test_cores_are_those_that_the_process_may_use() -> None:
    assert cores() == len(os.sched_getaffinity(0))


def test_a_file_is_synced_fully_where_the_system_can(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(fcntl, "F_FULLFSYNC", 51, raising=False)
    monkeypatch.setattr(fcntl, "fcntl", lambda fd, command: asked.append(command))
    monkeypatch.setattr(os, "fsync", lambda fd: asked.append("fsync"))
    whole.write_whole(tmp_path / "a.txt", "words")
    assert asked == [51, 51]  # the file and its folder


@pytest.mark.parametrize("number", [errno.ENOTSUP, errno.EINVAL])
def test_a_file_system_without_a_full_sync_gets_a_plain_one(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def refuse(fd: int, command: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "F_FULLFSYNC", 51, raising=False)
    monkeypatch.setattr(fcntl, "fcntl", refuse)
    monkeypatch.setattr(os, "fsync", lambda fd: asked.append("fsync"))
    whole.write_whole(tmp_path / "a.txt", "words")
    assert asked == ["fsync", "fsync"]


def test_a_full_sync_that_fails_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(fd: int, command: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(fcntl, "F_FULLFSYNC", 51, raising=False)
    monkeypatch.setattr(fcntl, "fcntl", fail)
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        whole.sync(0)


def test_another_system_is_refused_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("pressclip: win32 is not supported")


def test_the_refusal_needs_no_module_that_windows_lacks() -> None:
    code = f"import sys; sys.modules |= dict.fromkeys({NOT_ON_WINDOWS}); import scraper.cli"
    subprocess.run([sys.executable, "-c", code], env=environment(), check=True)

"""What a command says at its end is so: hints can be typed, and only what is saved is called saved."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import archive
from scraper.cli.demo import own_command
from tests.support.loopback import Site, answer
from tests.support.shell import PAGE, environment, press


@pytest.mark.slow
def test_a_crawl_that_refuses_an_address_names_the_option_that_permits_it(tmp_path: Path) -> None:
    with Site() as site:
        site.routes = {"/lamp": answer(PAGE)}
        done = press("crawl", f"{site.base}/lamp", "--data", "data", "--delay", "0", cwd=tmp_path)
    assert done.code == 4
    assert "  blocked_address: --allow-private permits addresses that are not public\n" in done.out


@pytest.mark.parametrize(("stored", "said"), [([], ""), (["https://a.example/"], "; finished work is saved")])
def test_an_interrupt_says_that_work_is_saved_only_where_some_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stored: list[str], said: str
) -> None:
    def interrupted(*args: object, on_progress: Callable[[str], None], **options: object) -> None:
        for url in stored:
            on_progress(url)
        raise KeyboardInterrupt

    monkeypatch.setattr(archive, "import_warc", interrupted)
    (tmp_path / "a.warc").write_bytes(b"WARC/1.0\r\n")
    done = press("archive", "import", "a.warc", "--data", "data", cwd=tmp_path)
    assert (done.code, done.err.strip()) == (130, f"pressclip: interrupted{said}")


@pytest.mark.parametrize("on_path", [True, False])
def test_the_hint_of_the_demo_starts_this_command_whatever_the_path_is(
    monkeypatch: pytest.MonkeyPatch, on_path: bool
) -> None:
    beside = Path(sys.executable).parent
    path = f"{beside}{os.pathsep}{os.defpath}" if on_path else os.defpath
    monkeypatch.setenv("PATH", path)
    typed = own_command()
    assert (typed == "pressclip") is on_path
    line = f"{typed} archive search --help"
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, env=environment(), cwd=beside.anchor)
    assert (done.returncode, done.stderr) == (0, "")
    assert shlex.split(typed)

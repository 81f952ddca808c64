"""What README.md shows first is what happens in a checkout; tests/test_examples.py runs all of it from the wheel."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from doctest import ELLIPSIS, OutputChecker
from pathlib import Path

import pytest

from tests.support.examples import blocks_of, steps

ROOT = Path(__file__).parent.parent
FIXTURES = ("docs", "seeds")

SESSIONS = [text for _, kind, text in blocks_of(ROOT / "README.md") if kind == "console"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with what the examples read, and `pressclip` on the path."""
    for name in FIXTURES:
        shutil.copytree(ROOT / name, tmp_path / name)
    command = tmp_path / "bin" / "pressclip"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m scraper "$@"\n')
    command.chmod(0o755)
    return tmp_path


def test_there_are_examples() -> None:
    assert SESSIONS


@pytest.mark.parametrize("session", SESSIONS)
def test_a_console_block_prints_what_the_readme_shows(folder: Path, session: str) -> None:
    path = {"PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    env = {name: value for name, value in os.environ.items() if not name.startswith("PRESSCLIP_")} | path
    out, err = subprocess.PIPE, subprocess.STDOUT
    for command, shown in steps(session):
        done = subprocess.run(command, shell=True, cwd=folder, env=env, stdout=out, stderr=err, text=True, check=False)
        assert OutputChecker().check_output(shown or "", done.stdout, ELLIPSIS), f"$ {command}\n{done.stdout}"

"""What README.md shows is what happens: each ```console block is run, and each other command is understood."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from doctest import ELLIPSIS, OutputChecker
from pathlib import Path

import pytest

from tests.support.command_lines import understand

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
FIXTURES = ("docs", "seeds")

BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.M | re.S)
SESSIONS = [text for kind, text in BLOCKS if kind == "console"]
LINES = [line for kind, text in BLOCKS if kind == "sh" for line in text.splitlines() if line.startswith("pressclip")]


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


def steps(session: str) -> list[tuple[str, str]]:
    """Return each command of a session with what is printed below it."""
    first, *rest = re.split(r"^\$ ", session, flags=re.M)
    assert first == "", "a console block begins with a command"
    return [(head, printed) for head, _, printed in (step.partition("\n") for step in rest)]


def test_there_are_examples() -> None:
    assert SESSIONS
    assert LINES


@pytest.mark.parametrize("session", SESSIONS)
def test_a_console_block_prints_what_the_readme_shows(folder: Path, session: str) -> None:
    path = {"PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    env = {name: value for name, value in os.environ.items() if not name.startswith("PRESSCLIP_")} | path
    out, err = subprocess.PIPE, subprocess.STDOUT
    for command, shown in steps(session):
        done = subprocess.run(command, shell=True, cwd=folder, env=env, stdout=out, stderr=err, text=True, check=False)
        assert OutputChecker().check_output(shown, done.stdout, ELLIPSIS), f"$ {command}\n{done.stdout}"


@pytest.mark.parametrize("line", LINES)
def test_a_command_of_the_readme_is_understood(line: str) -> None:
    understand(line)

"""What the pages in docs/ show can be typed: commands are understood, units and examples can be read."""

from __future__ import annotations

import re
import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path

import click
import pytest

from scraper.cli.main import commands
from tests.support.command_lines import understand

DOCS = Path(__file__).parent.parent / "docs"
NAMES = ("commands", "schedule", "datasets", "scale", "rules")
PAGES = [*(DOCS / f"{name}.md" for name in NAMES), *sorted((DOCS / "recipes").glob("*.md"))]
BLOCKS = [
    (page.name, kind, text)
    for page in PAGES
    for kind, text in re.findall(r"^```(\w*)\n(.*?)^```$", page.read_text("utf-8"), re.M | re.S)
]
COMMANDS = [
    "pressclip " + re.split(r" \|| >(?!=)", shown)[0]
    for _, kind, text in BLOCKS
    for shown in re.findall(r"(?:^|bin/)pressclip (?!crawls)(.+)$", text, re.M)
    if kind in ("sh", "ini", "cron")
]
UNITS = [text for _, kind, text in BLOCKS if kind == "ini"]


def options_of(name: str) -> set[str]:
    command = commands.get_command(click.Context(commands), name)
    assert command is not None
    return {option for parameter in command.params for option in parameter.opts}


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_of_the_docs_is_understood(line: str) -> None:
    if "--due" in line and "--due" not in options_of("crawl"):
        pytest.skip("this crawl has no --due")
    understand(line)


def test_there_are_commands_and_units() -> None:
    assert len(COMMANDS) >= 8
    assert len(UNITS) == 3


@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_is_as_systemd_wants_it(unit: str, tmp_path: Path) -> None:
    first, body = unit.split("\n", 1)
    name = first.removeprefix("# ").split(",")[0]
    read = ConfigParser(interpolation=None)
    read.optionxform = str  # type: ignore[assignment, method-assign]
    read.read_string(body)
    assert "Unit" in read
    analyze = shutil.which("systemd-analyze")
    if analyze is None or "Service" not in read:
        return
    here = re.sub(r"/opt/pressclip/bin/pressclip", "/bin/true", body)
    (tmp_path / name).write_text(here)
    done = subprocess.run([analyze, "verify", tmp_path / name], capture_output=True, text=True, check=False)
    ours = [line for line in done.stderr.splitlines() if name in line and "Failed to" not in line]
    assert ours == []


@pytest.mark.parametrize("text", [text for _, kind, text in BLOCKS if kind == "python"])
def test_an_example_in_python_can_be_compiled(text: str) -> None:
    compile(text, "example", "exec")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_line_of_a_page_leads_to_a_page_that_is_not_there(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []

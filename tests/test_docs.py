"""What the pages in docs/ show can be used: units, cron lines and examples can be read, and links lead somewhere.

The commands that they show are run by tests/test_examples.py.
"""

from __future__ import annotations

import importlib
import re
import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import click
import pytest

from cleaners import load_rules
from scraper.cli.main import commands
from tests.support.command_lines import understand
from tests.support.import_graph import PUBLIC

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
NAMES = ("commands", "schedule", "datasets", "scale", "rules")
PAGES = [*(DOCS / f"{name}.md" for name in NAMES), *sorted((DOCS / "recipes").glob("*.md"))]
LINKING = sorted(
    {*DOCS.rglob("*.md"), *ROOT.glob("*.md"), *(ROOT / "benchmarks").rglob("*.md"), ROOT / "seeds/README.md"}
)
BLOCKS = [
    (page.name, kind, text)
    for page in PAGES
    for kind, text in re.findall(r"^```(\w*)\n(.*?)^```$", page.read_text("utf-8"), re.M | re.S)
]
COMMANDS = [
    "pressclip " + re.split(r" \|| >(?!=)", shown)[0]
    for _, kind, text in BLOCKS
    for shown in re.findall(r"(?:^|bin/)pressclip (?!crawls)(.+)$", text, re.M)
    if kind in ("ini", "cron")
]
API = (DOCS / "api.md").read_text("utf-8")
MAPS = ("architecture", "glossary", "performance", "politeness", "security")
PLACES = [
    (path, name)
    for page in MAPS
    for path, names in re.findall(
        r"`((?:cleaners|archive|scraper|tests|benchmarks|seeds|docs)/[\w./-]*)`(?:(?: \(|: )(`\w+`(?:, `\w+`)*)\))?",
        (DOCS / f"{page}.md").read_text("utf-8"),
    )
    for name in (re.findall(r"\w+", names) or [""])
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
    assert len(COMMANDS) >= 4
    assert len(UNITS) == 4


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


@pytest.mark.slow
def test_the_examples_of_the_api_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(DOCS, tmp_path / "docs")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "example"}
    for number, text in enumerate(re.findall(r"^```python\n(.*?)^```$", API, re.M | re.S), 1):
        exec(compile(text, f"docs/api.md, example {number}", "exec"), names)


@pytest.mark.parametrize("door", sorted(PUBLIC))
def test_the_api_page_has_each_name_of_a_door(door: str) -> None:
    _, _, section = API.partition(f"\n## {door}\n")
    text = re.split(r"^## ", section, flags=re.M)[0]
    assert [name for name in importlib.import_module(door).__all__ if not re.search(rf"\b{name}\b", text)] == []


@pytest.mark.parametrize(("path", "name"), sorted(set(PLACES)))
def test_a_place_that_a_page_names_exists(path: str, name: str) -> None:
    assert (ROOT / path).exists()
    if name:
        text = (ROOT / path).read_text("utf-8")
        defined = re.search(rf"^ *(?:async )?(?:def|class) {name}\b|^{name}\b.*[:=]", text, re.M)
        assert defined is not None, f"{path} does not define {name}"


def test_each_limit_has_its_place_and_a_test_that_holds_it() -> None:
    _, _, table = (DOCS / "security.md").read_text("utf-8").partition("| --- |")
    rows = [re.split(r" *\| *", line)[1:-1] for line in table.splitlines()[1:] if line.startswith("| ")]
    assert len(rows) > 20
    for limit, _, _, where, test in rows:
        assert re.match(r"`(?:cleaners|archive|scraper)/[\w/]+\.py` \(`\w+`", where), limit
        assert re.match(r"`tests/[\w/]+\.py` \(`test_\w+`\)$", test), limit


def anchors_of(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.M)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", LINKING, ids=lambda page: str(page.relative_to(ROOT)))
def test_each_link_of_a_page_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)", page.read_text("utf-8"))
    targets = [(page.parent / path if path else page, anchor) for path, anchor in links]
    assert [path for path, _ in targets if not path.exists()] == []
    assert [(path, anchor) for path, anchor in targets if anchor and anchor not in anchors_of(path)] == []


def test_a_decision_has_a_number_of_its_own_and_measurements_belong_to_one() -> None:
    numbers = re.findall(r"^### ([A-Z]\d+)\. ", (ROOT / "DECISIONS.md").read_text("utf-8"), re.M)
    assert len(numbers) == len(set(numbers))
    measured = re.findall(r"^## (.+?)\. ", (ROOT / "benchmarks/results/experiments.md").read_text("utf-8"), re.M)
    assert {number for heading in measured for number in heading.split(", ")} <= set(numbers)


def test_each_page_is_in_the_navigation_of_the_site() -> None:
    text = (ROOT / "mkdocs.yml").read_text("utf-8")
    assert [path.name for path in DOCS.rglob("*.md") if f": {path.relative_to(ROOT)}\n" not in text] == []


def all_options(command: click.Command) -> set[str]:
    own = {option for parameter in command.params for option in parameter.opts}
    if not isinstance(command, click.Group):
        return own
    context = click.Context(command)
    children = [command.get_command(context, name) for name in command.list_commands(context)]
    return own.union(*(all_options(child) for child in children if child))


def test_the_map_of_debris_has_each_rule_and_no_other() -> None:
    page = (DOCS / "debris.md").read_text("utf-8")
    named = re.compile(r"`((?:access|block|bounds|dom|lines)/[a-z-]+)`")
    rules = load_rules().reasons().keys()
    assert rules - {*named.findall(page.partition("\n## ")[0])} == set()
    assert {*named.findall(page)} - rules == set()


def test_each_option_that_other_programs_users_are_told_exists() -> None:
    rows = re.findall(r"^\| .+? \| (.+) \|$", (DOCS / "coming-from.md").read_text("utf-8"), re.M)
    told = {option for cell in rows for option in re.findall(r"--[a-z-]+[a-z]", cell)}
    assert len(told) > 20
    assert told - all_options(commands) == set()

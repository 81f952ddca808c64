"""The help of each command has examples that can be typed, the exit codes it uses, and the variables it reads."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import pytest

from scraper.cli.main import COMMANDS, commands
from scraper.cli.manual import EXITS, MANUALS, VARIABLES, variables_of
from tests.support.command_lines import understand

WIDEST = 100
"""The most columns of a line of the manual: those of an ordinary terminal window, which click does not wrap."""


def below(command: click.Command, words: str) -> Iterator[tuple[str, click.Command]]:
    yield words, command
    if isinstance(command, click.Group):
        for name, one in command.commands.items():
            yield from below(one, f"{words} {name}".strip())


@cache
def all_commands() -> dict[str, click.Command]:
    context = click.Context(commands)
    loaded = {name: commands.get_command(context, name) for name in COMMANDS}
    return {"": commands} | {
        words: found for name, command in loaded.items() if command for words, found in below(command, name)
    }


WORDS = sorted(all_commands())
LEAVES = [words for words in WORDS if not isinstance(all_commands()[words], click.Group)]


def help_of(words: str) -> str:
    command = all_commands()[words]
    return command.get_help(click.Context(command, info_name=f"pressclip {words}".strip()))


def raised_codes(callback: Any) -> set[int]:  # noqa: ANN401 - a function of any kind
    """Return the exit codes that a command's function raises, itself or through functions of its module."""
    callback = inspect.unwrap(callback)
    module: ModuleType = sys.modules[callback.__module__]
    tree = ast.parse(Path(str(module.__file__)).read_text("utf-8"))
    functions = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    reached, new = set[str](), {callback.__name__}
    while new:
        reached |= new
        names = {node.id for one in new for node in ast.walk(functions[one]) if isinstance(node, ast.Name)}
        new = (names & functions.keys()) - reached
    raises = [node for one in reached for node in ast.walk(functions[one]) if isinstance(node, ast.Raise)]
    exits = [
        node.exc for node in raises if isinstance(node.exc, ast.Call) and ast.unparse(node.exc.func) == "SystemExit"
    ]
    codes = set[int]()
    for node in (inner for call in exits for arg in call.args for inner in ast.walk(arg)):
        value = getattr(module, node.id, None) if isinstance(node, ast.Name) else None
        value = node.value if isinstance(node, ast.Constant) else value
        codes |= {value} if isinstance(value, int) else set(value.values()) if isinstance(value, dict) else set()
    return codes


def test_each_manual_is_of_a_command() -> None:
    assert sorted(MANUALS) == WORDS


@pytest.mark.parametrize("words", WORDS)
def test_the_help_has_examples_exit_codes_and_variables(words: str) -> None:
    shown = help_of(words)
    heads = ["Examples:", "Exit codes:", "Environment variables:"]
    assert [line.strip() for line in shown.splitlines() if line.strip() in heads] == heads
    end = shown.partition("Examples:")[2]
    assert [line for line in end.splitlines() if len(line) > WIDEST] == []
    for variable in variables_of(all_commands()[words]):
        assert variable in end
    for code in EXITS.keys() | MANUALS[words].exits.keys():
        assert re.search(rf"^ +{code} +\w", end, re.M)


@pytest.mark.parametrize("line", [line for manual in MANUALS.values() for line in manual.examples])
def test_an_example_of_the_help_is_understood(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "corpus.jsonl.zst").touch()
    understand(line)


@pytest.mark.parametrize("words", WORDS)
def test_the_examples_are_of_their_command(words: str) -> None:
    assert MANUALS[words].examples
    assert all(f"{line} ".startswith(f"pressclip {words}".strip() + " ") for line in MANUALS[words].examples)


@pytest.mark.parametrize("words", LEAVES)
def test_each_exit_code_that_a_command_raises_is_in_its_help(words: str) -> None:
    raised = raised_codes(all_commands()[words].callback)
    assert raised <= EXITS.keys() | MANUALS[words].exits.keys()


def test_exit_codes_are_found_in_the_commands() -> None:
    assert raised_codes(all_commands()["clean"].callback) == {0, 1, 3, 4, 130}


def test_each_variable_that_an_option_reads_is_explained() -> None:
    read = {name for command in all_commands().values() for name in variables_of(command)}
    own = {name for manual in MANUALS.values() for name in manual.variables}
    assert read | own == VARIABLES.keys()

"""Each option and command that a message, a help text or a page of the docs advises exists on the command that prints
it.

A message of a command's own module is printed by the commands that reach the function it stands in. For the other
modules, `PRINTED_BY` says which commands print their messages.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import click
import pytest

from tests.scraper.test_cli_help import LEAVES, WORDS, all_commands
from tests.support.import_graph import ROOT, modules, relative, tree_of

BUILDING = ("dataset build", "dataset rebuild")
BOUNDED = ("archive export", "archive list", "archive search")
CHOOSING = ("archive import", "archive reclean", "clean", "crawl", "dataset build")
PRINTED_BY = {
    "archive/catalog/catalog.py": (*BOUNDED, "archive pack", "archive show", "rules learn", "status", "why"),
    "archive/catalog/sealed.py": ("archive rebuild", "archive reclean", "archive recover", "archive verify"),
    "archive/dataset/dedup/ranking.py": ("dataset build",),
    "archive/dataset/dedup/verdicts.py": ("dataset build",),
    "archive/dataset/distributed/datatrove.py": ("dataset build",),
    "archive/dataset/distributed/tasks.py::Engine": ("dataset build",),
    "archive/dataset/distributed/tasks.py::Stage": ("dataset build",),
    "archive/dataset/distributed/tasks.py": ("dataset build", "dataset finish"),
    "archive/dataset/plan.py": BUILDING,
    "archive/dataset/provenance/recipe.py": ("dataset recipe",),
    "archive/dataset/rebuild.py": ("dataset rebuild",),
    "archive/dataset/table/condition.py": ("dataset build",),
    "archive/dataset/table/steps.py": ("dataset build", "dataset finish"),
    "archive/dataset/table/view.py": ("dataset build",),
    "archive/dataset/write.py": ("dataset build",),
    "archive/exchange/pack.py": ("archive pack",),
    "archive/exchange/replay.py": ("archive replay",),
    "archive/readers/rows.py": ("clean", "dataset build", "rules learn"),
    "cleaners/pool.py": (*CHOOSING, "dataset rebuild"),
    "scraper/cli/addresses.py": ("clean", "crawl"),
    "scraper/cli/archive/bounds.py": BOUNDED,
    "scraper/cli/archive/export.py": ("archive export",),
    "scraper/cli/archive/proposed.py": ("archive reclean",),
    "scraper/cli/dataset/engine.py": ("dataset build",),
    "scraper/cli/main.py": tuple(filter(None, WORDS)),
    "scraper/cli/sources.py": ("clean",),
    "scraper/report/wording.py": ("crawl",),
    "scraper/cli/targets.py": ("clean",),
    "scraper/cli/terminal/options.py::require_data": ("rules learn", "rules retire", "rules review"),
    "scraper/cli/terminal/options.py": CHOOSING,
    "scraper/cli/terminal/outputs.py": ("archive pack", "dataset recipe", "dataset summary", "discover"),
    "scraper/crawl/options.py": ("crawl",),
}
"""The commands that a module's advice is for, where it names none itself: those that print it, and `crawl` where
`status` tells how a crawl ended. After `::`, a function or class of the module."""
OF_ANOTHER = {
    ("scraper/cli/demo.py", "--allow-private"): "discover",
    ("scraper/cli/rules/review.py", "--collection"): "archive reclean",
}
"""Options of a command line that is put together from several texts."""
NOT_OURS = {("archive/files/extras.py", "--editable")}
"""An option of pip."""
OF_A_BROWSER = "scraper/rendering/browser.py"
"""Its options are those that Chromium is started with."""
DOCS = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "seeds").glob("*.md")))

OPTION = re.compile(r"(?<![\w(-])--[a-z][a-z-]*[a-z](?![\w-])")
GROUPS = {words.split()[0] for words in WORDS if words}
QUOTED = re.compile(rf"`([^`]+)`|(pressclip (?:{'|'.join(sorted(GROUPS))})\b[^`'\"\n]*)")
FOREIGN = re.compile(r"\b(?:pipx|uv tool|pip) install\b.*")
"""Commands of other programs."""


@dataclass(frozen=True, slots=True)
class Advice:
    """An option that a text names."""

    option: str
    command: str = ""
    """The command that the text itself says it is of."""


def named_in(line: str) -> str | None:
    """Return the command of a line as it is typed, without `pressclip`; None where it is of no command.

    Raises AssertionError for `pressclip` with a word that is none.
    """
    words = line.split()
    ours = words[:1] == ["pressclip"]
    words = words[1:] if ours else words
    if not words or words[0] not in GROUPS:
        assert not ours or not words or not re.fullmatch(r"[a-z]+", words[0]), f"no such command: {line}"
        return None
    deeper = " ".join(words[:2])
    if isinstance(all_commands()[words[0]], click.Group) and len(words) > 1 and re.fullmatch(r"[a-z]+", words[1]):
        assert deeper in WORDS, f"no such command: {line}"
        return deeper
    return words[0]


def advices(text: str) -> Iterator[Advice]:
    """Yield the options that a text names, with the command where it says that."""
    text = FOREIGN.sub("", text)
    for quoted in QUOTED.finditer(text):
        # the words after a semicolon are no longer the command's
        line = (quoted[1] or re.split(r"[;:,(] ?", quoted[2])[0]).strip()
        if re.match(r"pressclip |[a-z]+( |$)", line) and (command := named_in(line)):
            yield from (Advice(option, command) for option in OPTION.findall(line))
            text = text.replace(line, " ")
    yield from (Advice(option) for option in OPTION.findall(text))


@cache
def options_of(words: str) -> frozenset[str]:
    parameters = all_commands()[words].params
    return frozenset({o for one in parameters for o in (*one.opts, *one.secondary_opts)} | {"--help"})


def texts_of(tree: ast.AST) -> Iterator[tuple[ast.expr, str]]:
    """Yield the texts in the code, without docstrings and declarations of options; `X` for what is put in."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.JoinedStr):
            parts = (part.value if isinstance(part, ast.Constant) else "X" for part in node.values)
            yield node, "".join(map(str, parts))
            yield from (text for part in node.values for text in texts_of(part))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node, node.value
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            pass  # a docstring
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("option"):
            pass  # its help is compared on the command
        elif isinstance(node, ast.List):
            pass  # the command line of another program
        else:
            yield from texts_of(node)


def printing(path: Path) -> dict[str, set[str]]:
    """Return the commands of a module that reach each of its functions."""
    functions = {node.name: node for node in tree_of(path).body if isinstance(node, ast.FunctionDef)}
    reached: dict[str, set[str]] = {name: set() for name in functions}
    for words in LEAVES:
        callback = inspect.unwrap(all_commands()[words].callback or print)
        if inspect.getsourcefile(callback) != str(path):
            continue
        seen, new = set[str](), {callback.__name__}
        while new:
            seen |= new
            names = {node.id for one in new for node in ast.walk(functions[one]) if isinstance(node, ast.Name)}
            new = (names & functions.keys()) - seen
        for name in seen:
            reached[name].add(words)
    return reached


def advised() -> Iterator[tuple[str, str, str]]:
    """Yield place, option and command of each advice in the code; the command is empty where nobody says which."""
    for path in modules().values():
        place = relative(path)
        if place == "scraper/cli/manual.py":
            continue  # tests/scraper/test_cli_help.py types its examples
        commands_of = printing(path) if place.startswith("scraper/cli/") else {}
        for part in tree_of(path).body:
            for node, text in texts_of(part if not isinstance(part, ast.Expr) else ast.Module([part], [])):
                if ":root {" in text:
                    continue  # a style sheet
                where = f"{place}:{node.lineno}"
                name = getattr(part, "name", "")
                commands = commands_of.get(name) or PRINTED_BY.get(f"{place}::{name}") or PRINTED_BY.get(place, ())
                for advice in advices(text):
                    if (place, advice.option) in NOT_OURS or place == OF_A_BROWSER:
                        continue
                    named = advice.command or OF_ANOTHER.get((place, advice.option))
                    for command in [named] if named else sorted(commands) or [""]:
                        yield where, advice.option, command


def test_each_option_that_a_message_advises_is_of_the_command_that_prints_it() -> None:
    told = list(advised())
    assert len(told) > 80
    unknown = [f"{where}: {option}: name the command, or add the module to PRINTED_BY" for where, option, command
               in told if not command]  # fmt: skip
    missing = [f"{where}: `{command}` has no {option}" for where, option, command in told
               if command and option not in options_of(command)]  # fmt: skip
    assert unknown + missing == []


@pytest.mark.parametrize("words", LEAVES)
def test_each_option_that_a_help_text_names_exists(words: str) -> None:
    command = all_commands()[words]
    texts = [command.help or "", *(one.help or "" for one in command.params if isinstance(one, click.Option))]
    missing = {
        (advice.command or words, advice.option)
        for text in texts
        for advice in advices(text)
        if advice.option not in options_of(advice.command or words)
    }
    assert missing == set()


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_each_option_that_a_page_gives_with_its_command_exists(page: Path) -> None:
    told = {
        advice
        for line in re.findall(
            r"`((?:pressclip )?[^`\n]+)`", re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.M | re.S)
        )
        for advice in advices(f"`{line}`")
        if advice.command
    }
    assert {advice for advice in told if advice.option not in options_of(advice.command)} == set()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("run `dataset build --update`, or --force", [("--update", "dataset build"), ("--force", "")]),
        ("look with pressclip rules review --list; --json", [("--list", "rules review"), ("--json", "")]),
        ("pipx install --force '.[datasets]'", []),
    ],
)
def test_advice_is_found_in_a_text(text: str, found: list[tuple[str, str]]) -> None:
    assert [(advice.option, advice.command) for advice in advices(text)] == found


def test_a_command_that_does_not_exist_is_found() -> None:
    with pytest.raises(AssertionError, match="no such command"):
        list(advices("run `pressclip archive mend`"))

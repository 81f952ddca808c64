"""The tabulator completes what a command takes, in the functions of the shell itself, and never prints an error."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest
from click.shell_completion import BashComplete

from archive import Capture, Collection
from cleaners import Article
from scraper.cli.main import commands

HOSTS = ("a.example", "b-c.example:8080", "b.example", "www.quay.example")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two collections with three pages of each host."""
    folder = tmp_path_factory.mktemp("typed") / "data"
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html"
    for name in ("news", "single"):
        with Collection(folder, name, software="pressclip/0", rules_version="0") as collection:
            for number in range(12):
                url = f"{'https' if number % 2 else 'http'}://{HOSTS[number % 4]}/{name}/{number}"
                fetched = datetime(2026, 11, 1, tzinfo=UTC)
                stored = collection.store(Capture(url, fetched, 200, head, url.encode(), b"GET / HTTP/1.1"))
                collection.store_text(stored, Article("It rained."))
    return folder


def offered(line: str) -> list[tuple[str, str]]:
    """Return what is offered for the last word of a line, each with its type."""
    *words, last = line.split(" ")[1:]
    found = BashComplete(commands, {}, "pressclip", "_PRESSCLIP_COMPLETE").get_completions(words, last)
    return [(item.type, item.value) for item in found]


@pytest.mark.parametrize(
    "line",
    [
        "clean pa", "clean page.html pa", "clean --rules pa", "clean --output pa", "crawl see", "rules check my",
        "rules learn --corpus c", "archive import other", "archive pack --out n", "dataset build pa",
        "dataset recipe dataset --out r", "dataset rebuild r", "discover a.example --out s", "status --html s",
    ],
)  # fmt: skip
def test_a_file_is_completed_by_the_shell(line: str) -> None:
    assert offered(f"pressclip {line}") == [("file", line.split(" ")[-1])]


@pytest.mark.parametrize("line", ["archive list --data d", "archive export --out d", "dataset stats d"])
def test_a_folder_is_completed_by_the_shell(line: str) -> None:
    assert offered(f"pressclip {line}") == [("dir", "d")]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("archive list --site ", ["a.example", "b-c.example:8080", "b.example", "quay.example"]),
        ("archive search storm --site b", ["b-c.example:8080", "b.example"]),
        ("archive reclean --host q", ["quay.example"]),
        ("rules learn --host z", []),
        ("archive verify --collection ", ["news", "single"]),
        ("archive pack --collection s", ["single"]),
        ("crawl seeds.toml --collection n", ["news"]),
        ("dataset build --collection n", ["news"]),
        ("clean page.html --archive s", ["single"]),
        ("archive list --format ", ["table", "jsonl", "csv"]),
        ("archive li", ["list"]),
        ("archive list --lan", ["--language"]),
    ],
)
def test_collections_hosts_and_choices_are_offered(
    data: Path, monkeypatch: pytest.MonkeyPatch, line: str, found: list[str]
) -> None:
    monkeypatch.setenv("PRESSCLIP_DATA", str(data))
    assert [value for _, value in offered(f"pressclip {line}")] == found


def test_the_data_root_of_the_line_is_looked_into(data: Path) -> None:
    assert [value for _, value in offered(f"pressclip archive list --data {data} --site a")] == ["a.example"]


@pytest.mark.parametrize("state", ["none", "no catalog", "damaged"])
def test_a_data_root_that_cannot_be_read_offers_nothing(tmp_path: Path, state: str) -> None:
    folder = tmp_path / "data"
    if state != "none":
        folder.mkdir()
    if state == "damaged":
        (folder / "catalog.sqlite").write_text("not a database " * 100)
    for line in ("archive list --site ", "archive pack --collection "):
        assert offered(f"pressclip archive list --data {folder} --site ") == [], line


def test_every_option_that_takes_a_host_or_collection_completes_it() -> None:
    context = click.Context(commands)

    def without(command: click.Command, words: str) -> list[str]:
        if isinstance(command, click.Group):
            names = command.list_commands(context)
            return [one for name in names for one in without(command.get_command(context, name), f"{words} {name}")]  # type: ignore[arg-type]
        wanted = {"--site", "--host", "--collection", "--archive"}
        options = [option for option in command.params if wanted & set(option.opts)]
        return [f"{words} {option.opts[0]}" for option in options if option._custom_shell_complete is None]

    assert without(commands, "pressclip") == []


SCRIPTS = {
    "bash": """{line}
COMP_WORDS=({words} {last}) COMP_CWORD={number}
_pressclip_completion pressclip
printf '%s\\n' "${{COMPREPLY[@]}}"
""",
    # outside its line editor, zsh has no compadd: what it would be told is printed
    "zsh": """compdef() {{ }}
compadd() {{ print -l -- ${{(P)5}} }}
_describe() {{ print -l -- ${{(P)3}} }}
{line}
words=({words} {last}) CURRENT={number}+1
_pressclip_completion
""",
    "fish": """{line}
complete -C '{words} {last}'
""",
}


@pytest.mark.slow
@pytest.mark.parametrize("shell", SCRIPTS)
def test_a_shell_completes_with_the_line_of_the_docs(data: Path, tmp_path: Path, shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell}")
    (tmp_path / "pressclip").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m scraper "$@"\n')
    (tmp_path / "pressclip").chmod(0o755)
    docs = (Path(__file__).parents[2] / "docs/commands.md").read_text("utf-8")
    (line,) = [line for line in docs.splitlines() if f"{shell}_source" in line]
    script = SCRIPTS[shell].format(line=line, words="pressclip archive list --site", last="b", number=4)
    environment = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}", "PRESSCLIP_DATA": str(data)}
    environment |= {"PYTHONPATH": str(Path(__file__).parents[2]), "HOME": str(tmp_path)}
    done = subprocess.run([shell, "-c", script], env=environment, capture_output=True, text=True, cwd=tmp_path)
    assert (sorted(done.stdout.split()), done.stderr) == (["b-c.example:8080", "b.example"], "")

"""Settings in a file: the command line wins, then the environment, then the file; what is wrong is one line."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import click
import pytest

from scraper.cli.main import commands
from scraper.cli.terminal import settings
from scraper.cli.terminal.settings import KEYS, NAME
from scraper.cli.terminal.settings_file import Settings
from tests.support.shell import PAGE, press

ROOT = Path(__file__).parent.parent.parent


def leaves(group: click.Command, words: str = "") -> Iterator[tuple[str, click.Command]]:
    if not isinstance(group, click.Group):
        yield words, group
        return
    ctx = click.Context(group)
    for name in group.list_commands(ctx):
        below = group.get_command(ctx, name)
        assert below is not None
        yield from leaves(below, f"{words} {name}".strip())


def shown(cwd: Path, *args: str) -> dict[str, Any]:
    done = press("config", "--json", *args, cwd=cwd)
    assert (done.code, done.err) == (0, "")
    found: dict[str, Any] = json.loads(done.out)
    return found


def test_each_key_is_an_option_of_each_of_its_commands() -> None:
    by_words = dict(leaves(commands))
    for name, key in KEYS.items():
        for words in key.commands:
            if (words, name) == ("config", "data"):
                continue
            option = next(param for param in by_words[words].params if param.name == key.parameter)
            assert option.opts == [f"--{name}"], (name, words)


def test_data_holds_for_every_command_with_a_data_root() -> None:
    with_data = {
        words
        for words, command in leaves(commands)
        if any(param.name == "data" and param.envvar for param in command.params)
    }
    assert set(KEYS["data"].commands) == with_data


def test_the_schema_has_each_key_and_the_formats_of_clean() -> None:
    assert {name.replace("_", "-") for name in Settings.__struct_fields__} == set(KEYS)
    clean = dict(leaves(commands))["clean"]
    option = next(param for param in clean.params if param.name == "form")
    assert isinstance(option.type, click.Choice)
    assert get_args(get_args(get_type_hints(Settings)["format"])[0]) == tuple(option.type.choices)


def test_the_page_of_the_documentation_lists_each_key_with_its_commands() -> None:
    rows = (ROOT / "docs" / "settings.md").read_text("utf-8").splitlines()
    for name, key in KEYS.items():
        (row,) = (row for row in rows if row.startswith(f"| `{name}` | `--{name}` |"))
        assert name == "data" or all(f"`{words}`" in row for words in key.commands)


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / NAME).write_text('contact = "file@example.org"\ndata = "store"\ndelay = 5\n')
    found = shown(tmp_path)["settings"]
    assert found["contact"] == {"value": "file@example.org", "from": NAME}
    assert found["data"] == {"value": "store", "from": NAME}
    assert found["delay"] == {"value": 5.0, "from": NAME}
    assert found["collection"] == {"value": "news", "from": "default"}
    assert shown(tmp_path, "--data", "given")["settings"]["data"] == {"value": "given", "from": "--data"}
    # `press` takes the project's variables away, so the command itself is asked
    monkeypatch.setenv("PRESSCLIP_CONTACT", "environment@example.org")
    monkeypatch.chdir(tmp_path)
    with commands.make_context("pressclip", ["config"]) as ctx:
        settings.hold(ctx)
        crawl = commands.get_command(ctx, "crawl")
        assert crawl is not None
        for args, contact in (([], "environment@example.org"), (["--contact", "line@example.org"], "line@example.org")):
            with crawl.make_context("crawl", ["seeds.toml", *args], parent=ctx) as own:
                assert own.params["contact"] == contact
                assert own.params["delay"] == 5.0
                assert own.params["data"] == Path("store")


def test_a_setting_is_an_option_of_the_commands(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(PAGE)
    (tmp_path / NAME).write_text('format = "json"\nkeep = ["headline"]\n')
    as_json = press("clean", "page.html", cwd=tmp_path)
    assert "Last lamp is lit again" in json.loads(as_json.out)["text"]
    assert press("clean", "page.html", "--format", "text", cwd=tmp_path).out.startswith("Last lamp is lit again\n")


def test_the_file_beside_the_data_root_says_what_the_working_folders_does_not(tmp_path: Path) -> None:
    project, here = tmp_path / "project", tmp_path / "here"
    project.mkdir()
    here.mkdir()
    (project / "pyproject.toml").write_text(
        '[tool.pressclip]\ndata = "else"\njobs = 7\ndelay = 9\nrules = ["a.toml"]\n'
    )
    (here / NAME).write_text("delay = 4\n")
    data = str(project / "data")
    found = shown(here, "--data", data)
    assert found["files"] == [NAME, str(project / "pyproject.toml")]
    values = {key: setting["value"] for key, setting in found["settings"].items()}
    assert (values["data"], values["jobs"], values["delay"]) == (data, 7, 4.0)
    assert values["rules"] == [str(project / "a.toml")]
    (here / "page.html").write_text(PAGE)
    done = press("clean", "page.html", "--data", data, cwd=here)
    assert (done.code, str(project / "a.toml") in done.line) == (2, True)  # the rules beside the data root count


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("dely = 3", "dely: no such key: did you mean delay?"),
        ("allow-private = true", "allow-private: no such key"),
        ('delay = "3"', "delay: Expected `float | null`, got `str`"),
        ("delay = -1", "delay: Expected `float` >= 0"),
        ("jobs = 0", "jobs: Expected `int` >= 1"),
        ('rules = "a.toml"', "rules: Expected `array | null`, got `str`"),
        ('format = "pdf"', "format: Invalid enum value 'pdf'"),
        ("delay = ", "not TOML: "),
        ("a = " + "[" * 100_000, "not TOML: "),
        ("x" * 300_000, "larger than 256 KB"),
    ],
)
def test_a_wrong_file_is_one_line_with_the_file_and_the_key(content: str, words: str, tmp_path: Path) -> None:
    (tmp_path / NAME).write_text(content)
    done = press("status", cwd=tmp_path)
    assert done.code == 2
    assert done.line.startswith(f"pressclip: {NAME}: {words}")


def test_a_pyproject_of_others_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("not = = toml")
    assert shown(tmp_path)["files"] == []
    (tmp_path / "pyproject.toml").write_text("[tool]\npressclip = 3  # tool.pressclip")
    assert "tool.pressclip: not a table" in press("config", cwd=tmp_path).line


def test_a_file_that_a_stranger_may_have_written_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / NAME
    path.write_text("delay = 0\n")
    path.chmod(path.stat().st_mode | stat.S_IWOTH)
    assert "everybody may write it" in press("config", cwd=tmp_path).line
    path.chmod(0o600)
    if os.geteuid() == 0:
        os.chown(path, 4711, -1)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: 4711)
    assert "belongs to another user" in press("config", cwd=tmp_path).line


def test_nothing_is_read_from_a_folder_above(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text("delay = 0\n")
    (tmp_path / "below").mkdir()
    assert shown(tmp_path / "below")["files"] == []

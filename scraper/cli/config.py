"""`pressclip config`: show which settings hold here, and where each comes from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from scraper.cli.terminal.options import data_option, json_option
from scraper.cli.terminal.output import print_json, print_text
from scraper.cli.terminal.settings import KEYS, NAME, PYPROJECT, TABLE, Found, files_for


@click.command()
@data_option
@json_option
@click.pass_context
def config(ctx: click.Context, data: Path, as_json: bool) -> None:
    """Show the settings that hold in this folder, and where each comes from.

    The command line wins, then the environment, then pressclip.toml or [tool.pressclip] of pyproject.toml in the
    working folder, then the same beside the data root.
    """
    found = files_for(data)
    settings = {key: _setting(ctx, key, found) for key in KEYS}
    if as_json:
        shown = {key: {"value": value, "from": origin} for key, (value, origin) in settings.items()}
        print_json({"files": [str(file.path) for file in found], "settings": shown}, indent=2)
        return
    print_text("\n".join(_lines(settings, found)))


def _setting(ctx: click.Context, key: str, found: list[Found]) -> tuple[Any, str]:
    """Return the value of a key in the first command that has it, and where it comes from."""
    source: ParameterSource | None
    if key == "data":
        value, source = ctx.params["data"], ctx.get_parameter_source("data")
        option: click.Parameter = next(param for param in ctx.command.params if param.name == "data")
    else:
        command, option = _option(ctx, key)
        # the file is asked below: click would not say which
        value, source = option.consume_value(click.Context(command), {})
    if source == ParameterSource.COMMANDLINE:
        return value, option.opts[0]
    if source == ParameterSource.ENVIRONMENT:
        return value, str(option.envvar)
    for file in found:
        # the file beside a data root does not name another one
        if key in file.values and (key != "data" or source == ParameterSource.DEFAULT_MAP):
            return file.values[key], str(file.path)
    return (value if isinstance(value, (int, float, str, Path)) else None), "default"


def _option(ctx: click.Context, key: str) -> tuple[click.Command, click.Parameter]:
    command: click.Command = ctx.find_root().command
    for word in KEYS[key].commands[0].split():
        assert isinstance(command, click.Group)
        below = command.get_command(ctx, word)
        assert below is not None
        command = below
    return command, next(param for param in command.params if param.name == KEYS[key].parameter)


def _lines(settings: dict[str, tuple[Any, str]], found: list[Found]) -> Iterator[str]:
    words = {key: _words(value) for key, (value, _) in settings.items()}
    widths = max(map(len, words)), max(map(len, words.values()))
    for key, (_, origin) in settings.items():
        yield f"{key:{widths[0]}}  {words[key]:{widths[1]}}  {origin}"
    if not found:
        yield f"no settings file: neither {NAME} nor [{TABLE}] of {PYPROJECT} is here or beside the data root"


def _words(value: object) -> str:
    if value is None:
        return "-"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)

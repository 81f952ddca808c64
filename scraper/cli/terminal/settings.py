"""Read `pressclip.toml`, or `[tool.pressclip]` of `pyproject.toml`: options that hold for a project.

The command line wins, then the environment, then the file. A file counts only where it cannot be a stranger's.
"""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import click

NAME = "pressclip.toml"
PYPROJECT, TABLE = "pyproject.toml", "tool.pressclip"
MAX_BYTES = 256 * 2**10
"""Most bytes of a settings file: a pyproject.toml of a large project has a tenth of it."""


class SettingsError(RuntimeError):
    """A settings file is wrong; the message names the file and the key."""


@dataclass(frozen=True, slots=True)
class Key:
    """Where a key of the file holds."""

    parameter: str
    """What click calls the option."""
    commands: tuple[str, ...]
    """The commands whose option it is, by their words after `pressclip`; the first shows its value in `config`."""


_FETCHING = ("crawl", "clean", "discover")
_CLEANING = ("crawl", "clean", "archive import", "archive reclean", "dataset build")
_WITH_DATA = (
    "config", "crawl", "clean", "serve", "status", "why",
    *(f"archive {name}" for name in (
        "export", "front", "import", "list", "pack", "rebuild", "reclean", "recover", "replay", "rights", "search",
        "show", "verify",
    )),
    *(f"dataset {name}" for name in ("build", "card", "check", "finish", "rebuild")),
    *(f"rules {name}" for name in ("check", "learn", "list", "retire", "review")),
)  # fmt: skip
KEYS = {
    "data": Key("data", _WITH_DATA),
    "collection": Key("collection", ("crawl", "archive import", "archive reclean")),
    "contact": Key("contact", _FETCHING),
    "delay": Key("delay", _FETCHING),
    "jobs": Key("jobs", (*_CLEANING, "dataset rebuild")),
    "rules": Key("rule_paths", _CLEANING),
    "keep": Key("keep", _CLEANING),
    "format": Key("form", ("clean",)),
    "max-sources": Key("max_sources", ("crawl",)),
    "max-time": Key("max_time", ("crawl",)),
    "tdmrep": Key("tdmrep", ("crawl",)),
    "sign-key": Key("sign_key", ("crawl",)),
    "sign-agent": Key("sign_agent", ("crawl",)),
}
"""The keys of a settings file. What widens a crawl's reach, such as --allow-private, or may hold a password, such as
--frontier, is none of them."""


@dataclass(frozen=True, slots=True)
class Found:
    """A settings file and what it says."""

    path: Path
    values: Mapping[str, Any]
    """By key, as the option takes them; paths are seen from the file's folder."""


def hold(ctx: click.Context) -> None:
    """Make the working folder's settings the defaults of all commands. Raises SettingsError."""
    ctx.default_map = {}
    for key, value in (read(Path()) or Found(Path(), {})).values.items():
        for words in KEYS[key].commands:
            place = ctx.default_map
            for word in words.split():
                place = place.setdefault(word, {})
            place[KEYS[key].parameter] = value


def beside(ctx: click.Context, data: Path) -> Path:
    """Add the settings beside the data root to the defaults of a command, below those of the working folder."""
    if found := _beside(data):
        words = " ".join(ctx.command_path.split()[1:])
        more = {
            KEYS[key].parameter: value
            for key, value in found.values.items()
            if key != "data" and words in KEYS[key].commands
        }
        ctx.default_map = {**more, **(ctx.default_map or {})}
    return data


def files_for(data: Path) -> list[Found]:
    """Return the settings files that hold for a data root; the first wins."""
    return [found for found in (read(Path()), _beside(data)) if found]


def _beside(data: Path) -> Found | None:
    folder = Path(os.path.normpath(data)).parent
    return None if folder.resolve() == Path.cwd() else read(folder)


@cache
def _parsed(path: Path, stamp: tuple[int, int]) -> dict[str, Any] | None:
    """Return the settings of a file as they are written, None where it has none."""
    del stamp  # only a file that did not change is the same
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from None
    if len(data) > MAX_BYTES:
        raise SettingsError(f"{path}: larger than {MAX_BYTES >> 10} KB: it is no settings file; move it away")
    shared = path.name == PYPROJECT
    if shared and TABLE.encode() not in data:
        return None
    try:
        content = tomllib.loads(data.decode())
    except (ValueError, RecursionError) as error:
        raise SettingsError(f"{path}: not TOML: {error}") from None
    if not shared:
        return content
    table = content.get("tool", {}).get("pressclip")
    if table is not None and not isinstance(table, dict):
        raise SettingsError(f"{path}: {TABLE}: not a table: begin it with [{TABLE}]")
    return table


def read(folder: Path) -> Found | None:
    """Return the settings of a folder, None where it has none: those of pressclip.toml, or of pyproject.toml."""
    for path in (folder / NAME, folder / PYPROJECT):
        try:
            link, target = path.lstat(), path.stat()
        except OSError:
            continue
        if not stat.S_ISREG(target.st_mode):
            continue
        if (table := _parsed(path, (target.st_mtime_ns, target.st_ino))) is None:
            continue
        for status in (link, target):
            if status.st_uid not in (os.geteuid(), 0):
                raise SettingsError(f"{path}: belongs to another user, who could change what you run: move it away")
        if target.st_mode & stat.S_IWOTH:
            raise SettingsError(f"{path}: everybody may write it: chmod o-w it first")
        return Found(path, _checked(path, table))
    return None


def _checked(path: Path, table: dict[str, Any]) -> dict[str, Any]:
    for key in table:
        if key not in KEYS:
            from difflib import get_close_matches

            near = get_close_matches(key, KEYS, n=1, cutoff=0.0)[0]
            raise SettingsError(f"{path}: {key}: no such key: did you mean {near}? docs/settings.md lists all")
    # imported here: most runs have no settings file
    import msgspec

    from scraper.cli.terminal.settings_file import Settings

    try:
        settings = msgspec.convert(table, Settings)
    except msgspec.ValidationError as error:
        problem, _, place = str(error).partition(" - at `$.")
        raise SettingsError(f"{path}: {place.rstrip('`')}: {problem}") from None
    values: dict[str, Any] = msgspec.to_builtins(settings)
    values |= {key: _from(path, values[key]) for key in ("data", "sign-key") if key in values}
    values |= {"rules": tuple(_from(path, rule) for rule in values["rules"])} if "rules" in values else {}
    # click takes the names as the command line writes them
    values |= {"keep": ",".join(values["keep"])} if "keep" in values else {}
    return values


def _from(path: Path, name: str) -> str:
    return str(path.parent / Path(name).expanduser())

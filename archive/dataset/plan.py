"""The frozen plan of a build: which shards, in which order, by which options; written first and compared ever after."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from archive.dataset.options import Options
from archive.dataset.shards import Shard
from archive.dataset.tables import whole
from archive.errors import ArchiveError, cannot_read, cannot_write

PARTS = ("work", "data", "dropped", "README.md", "croissant.json", "manifest.json")
"""What a dataset's folder has."""


def freeze(shards: Sequence[Shard], out: Path, options: Options, *, anew: bool = False) -> list[Shard]:
    """Write the plan, or compare it with the one that is there; return its shards.

    Raises ArchiveError where the folder is no dataset's, or was begun with other inputs or options (unless `anew`).
    """
    planned = {"options": options.of_build(), "shards": [shard.as_dict() for shard in shards]}
    path = out / "work" / "shards.json"
    _refuse_foreign(out)
    if anew:
        _clear(out)
    before = read_plan(out)
    if before is None and (out / "manifest.json").exists():
        raise ArchiveError(f"{out}: holds a finished dataset: give another --out, or --force to build it anew")
    if before is None:
        with whole(path) as half:
            half.write_text(json.dumps(planned, ensure_ascii=False, indent=1), "utf-8")
    elif changed := _difference(before, json.loads(json.dumps(planned))):
        raise ArchiveError(
            f"{out}: begun with other {changed}: give the same again, --force to begin anew, or another --out"
        )
    return list(shards)


def read_plan(out: Path) -> dict[str, Any] | None:
    """Return the frozen plan, None where there is none."""
    path = out / "work" / "shards.json"
    if not path.exists():
        return None
    try:
        plan = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise cannot_read(path, error) from error
    except ValueError as error:
        raise ArchiveError(f"{path}: damaged: build with --force") from error
    return dict(plan)


def frozen_shards(out: Path) -> list[Shard]:
    """Return the shards of the frozen plan."""
    plan = read_plan(out)
    if plan is None:
        raise ArchiveError(f"{out / 'work' / 'shards.json'}: not there: plan the build first")
    return [Shard.of(said) for said in plan["shards"]]


def _refuse_foreign(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise ArchiveError(f"{out}: not a folder: give another --out")
    strangers = sorted(path.name for path in out.iterdir() if path.name not in PARTS) if out.is_dir() else []
    if strangers and not any((out / name).exists() for name in ("work/shards.json", "manifest.json")):
        raise ArchiveError(f"{out}: holds other files ({strangers[0]}): give a new or an empty folder with --out")


def _clear(out: Path) -> None:
    try:
        for name in PARTS:
            path = out / name
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
    except OSError as error:
        raise cannot_write(out, error) from error


def _difference(before: dict[str, Any], now: dict[str, Any]) -> str:
    """Name the first thing that is not as it was; empty where all is."""
    for name, value in now["options"].items():
        if before["options"].get(name) != value:
            return f"{name.replace('_', ' ')} ({before['options'].get(name)!r}, now {value!r})"
    known = {(one["name"], one["first"], *one["files"]): one for one in before["shards"]}
    for one in now["shards"]:
        earlier = known.pop((one["name"], one["first"], *one["files"]), None)
        if earlier is None:
            return f"inputs ({one['name']} is new)"
        if earlier | {"path": ""} != one | {"path": ""}:
            return f"inputs ({one['name']} has changed)"
    return f"inputs ({next(iter(known.values()))['name']} is gone)" if known else ""

"""The frozen plan of a build: which shards, in which order, by which options; written first and compared ever after."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from archive.dataset.inputs.shards import Shard
from archive.dataset.table.files import FORMAT, MANIFEST, NEXT, OUTPUTS, PARTS, PLAN, WORK
from archive.dataset.table.options import Options, fingerprint
from archive.files.errors import ArchiveError, cannot_read, cannot_write
from archive.files.whole import HALF, whole_file

Over = Literal["refuse", "force", "update"]
"""What becomes of another build in the folder: an error, put away, or its shards used where they are the same."""


def freeze(shards: Sequence[Shard], out: Path, options: Options, over: Over = "refuse") -> int:
    """Write the plan, or compare it with the one that is there; return how many shards of another build are taken over.

    Raises ArchiveError where the folder is no dataset's, or was begun with other inputs or options and `over` says
    nothing about that.
    """
    planned = json.loads(json.dumps({"options": options.of_build(), "shards": [shard.as_dict() for shard in shards]}))
    _refuse_foreign(out)
    restore(out)
    if over == "force":
        clear(out, PARTS)
    before = _plan_in(out)
    changed = _difference(before, planned) if before else ""
    if before and changed and over == "update":
        clear(out, OUTPUTS)
        return take_over(before, planned, out)
    if changed:
        raise ArchiveError(
            f"{out}: begun with other {changed}: give the same again, --update to go on with these, --force to begin "
            "anew, or another --out"
        )
    if before is None:
        if over == "refuse" and _is_finished(out):
            raise ArchiveError(f"{out}: holds a finished dataset: give another --out, or --force to build it anew")
        clear(out, OUTPUTS)
        with whole_file(out / "work" / PLAN) as half:
            half.write_text(json.dumps(planned, ensure_ascii=False, indent=1), "utf-8")
    return 0


def read_plan(out: Path) -> dict[str, Any]:
    """Return the frozen plan. Raises ArchiveError where there is none."""
    plan = _plan_in(out)
    if plan is None:
        raise ArchiveError(f"{out / WORK / PLAN}: not there: plan the build first")
    return plan


def _plan_in(out: Path) -> dict[str, Any] | None:
    """Return the frozen plan, None where there is none."""
    path = out / WORK / PLAN
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
    return [Shard.of(said) for said in read_plan(out)["shards"]]


def _refuse_foreign(out: Path) -> None:
    """Raise for a folder that no build has begun: names such as `data` and README.md are everybody's."""
    if out.exists() and not out.is_dir():
        raise ArchiveError(f"{out}: not a folder: give another --out")
    if not out.exists() or any((out / part / PLAN).exists() for part in ("work", NEXT)) or _is_finished(out):
        return
    # a kill within the first write leaves a file without its name
    begun = {"work"} if not any(path.suffix != HALF for path in (out / "work").glob("*")) else set()
    if strangers := sorted(path.name for path in out.iterdir() if path.name not in begun):
        raise ArchiveError(f"{out}: holds other files ({strangers[0]}): give a new or an empty folder with --out")


def _is_finished(out: Path) -> bool:
    """Tell whether a manifest of ours is there."""
    path = out / MANIFEST
    try:
        return path.is_file() and f'"{FORMAT}"' in path.read_text("utf-8", "replace")[:200]
    except OSError as error:
        raise cannot_read(path, error) from error


def clear(out: Path, parts: Sequence[str]) -> None:
    """Remove parts of a dataset's folder."""
    try:
        for name in parts:
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


STAGE_1 = ("rows", "keys", "failed")


def take_over(before: dict[str, Any], planned: dict[str, Any], out: Path) -> int:
    """Put `work` in the order of a new plan, with the finished shards that it has in common with the one before.

    Returns how many those are. Killed meanwhile, the old work is as it was.
    """
    made = {key_of(said, before["options"]): Shard.of(said).stem for said in before["shards"]}
    taken, coming = 0, out / NEXT
    try:
        shutil.rmtree(coming, ignore_errors=True)
        for part in STAGE_1:
            (coming / part).mkdir(parents=True)
        for said in planned["shards"]:
            old = made.get(key_of(said, planned["options"]))
            if old and (out / "work" / "rows" / f"{old}.parquet").exists():
                taken += 1
                for part in STAGE_1:
                    name = f"{Shard.of(said).stem}.parquet"
                    os.link(out / "work" / part / f"{old}.parquet", coming / part / name)
        (coming / PLAN).write_text(json.dumps(planned, ensure_ascii=False, indent=1), "utf-8")
        shutil.rmtree(out / "work")
        coming.rename(out / "work")
    except OSError as error:
        raise cannot_write(coming, error) from error
    return taken


def restore(out: Path) -> None:
    """Finish what a kill left between the old work and the new."""
    coming = out / NEXT
    if coming.exists():
        if (out / "work" / PLAN).exists():
            shutil.rmtree(coming, ignore_errors=True)
        else:
            shutil.rmtree(out / "work", ignore_errors=True)
            coming.rename(out / "work")


def key_of(said: dict[str, Any], options: dict[str, Any]) -> str:
    """Return what a shard's rows hang on: its source and the options of rows, not its number or place."""
    of_rows = {name: options[name] for name in ("schema_version", "extractor_version", "rules_version", "text_column")}
    return fingerprint([{**said, "number": 0, "path": ""}, of_rows])

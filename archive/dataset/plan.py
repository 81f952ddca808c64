"""Freeze the plan of a build, its options and shards, and compare it on every start.

A build with other inputs or another filter (`--update`) takes over the finished shards that are the same.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

from archive.dataset.inputs.shards import Shard
from archive.dataset.provenance.described import Plan
from archive.dataset.table.files import FORMAT, MANIFEST, NEXT, OUTPUTS, PARTS, PLAN, WORK
from archive.dataset.table.options import Options, has_blocks, json_sha256
from archive.files.errors import ArchiveError, cannot_read, cannot_write
from archive.files.lock import in_turn, joined, sole
from archive.files.schema import check, parse_json
from archive.files.whole import HALF, make_folder, write_whole

Over = Literal["refuse", "force", "update"]
"""What to do with another build in the folder: raise an error, delete it, or use its shards where they are the same."""
_BUSY = "another build is writing here: let it end, or give another --out"
_MACHINES = "machines"
"""The folder in `work` with one for each machine that finishes the dataset with others, locked while it works."""
STAGE_1 = ("rows", "keys", "failed")
"""The folders in `work` with a file for each shard."""


def freeze(shards: Sequence[Shard], out: Path, options: Options, over: Over = "refuse") -> int:
    """Write the plan, or compare it with the existing one. Returns how many shards of another build are taken over.

    Raises ArchiveError where the folder holds anything but a dataset, or where `over` is "refuse" and the build in the
    folder has other inputs or options.
    """
    planned = json.loads(json.dumps({"options": options.of_build(), "shards": list(map(asdict, shards))}))
    _refuse_foreign(out)
    _finish_takeover(out)
    if over == "force":
        clear(out, PARTS)
    before = _plan_in(out)
    changed = _difference(before, planned) if before else ""
    if before and changed and over == "update":
        clear(out, OUTPUTS)
        return _take_over(before, planned, out)
    if changed:
        raise ArchiveError(
            f"{out}: was begun with different {changed}: give the same ones again, --force to start anew, or another "
            "--out; `dataset build --update` continues with these"
        )
    if before is None:
        if over == "refuse" and is_finished(out):
            raise ArchiveError(f"{out}: holds a finished dataset: give another --out, or --force to build it anew")
        clear(out, OUTPUTS)
        write_whole(out / WORK / PLAN, json.dumps(planned, ensure_ascii=False, indent=1))
    return 0


@contextmanager
def taken(out: Path) -> Iterator[None]:
    """Keep every other build out of a dataset's folder. Raises ArchiveError where one is at work."""
    if out.exists() and not out.is_dir():
        yield  # `freeze` refuses it
        return
    is_new = not out.exists()
    try:
        make_folder(out)
    except OSError as error:
        raise cannot_write(out, error) from error
    try:
        with sole(out, _BUSY):
            yield
    finally:
        if is_new:
            with suppress(OSError):
                out.rmdir()  # if nothing was written


@contextmanager
def taken_together(out: Path, machine: int, machines: int) -> Iterator[None]:
    """Let the machines that finish a dataset together into its folder, each number once, and keep every build out.

    Raises ArchiveError where a build, the same number or a machine of another number of machines is at work, as far as
    the disk tells one machine of the locks of another.
    """
    folder, of_all = out / WORK / _MACHINES, f"-of-{machines}"
    with joined(out, _BUSY), ExitStack() as held:
        with in_turn(folder):
            others = [other for other in sorted(folder.iterdir()) if not other.name.endswith(of_all)]
            if working := list(filter(_is_at_work, others)):
                told = working[0].name.replace("-", " ")
                raise ArchiveError(f"{out}: machine {told} is at work: give each machine the same number of machines")
            own = folder / f"{machine}{of_all}"
            try:
                make_folder(own)
            except OSError as error:
                raise cannot_write(own, error) from error
            held.enter_context(sole(own, "another machine has this number: give each one of its own"))
        yield


def _is_at_work(folder: Path) -> bool:
    try:
        with sole(folder, ""):
            return False
    except ArchiveError:
        return True


def read_plan(out: Path) -> dict[str, Any]:
    """Return the frozen plan. Raises ArchiveError where there is none."""
    plan = _plan_in(out)
    if plan is None:
        raise ArchiveError(f"{out / WORK / PLAN}: is missing: plan the build first")
    return plan


def frozen_shards(out: Path) -> list[Shard]:
    """Return the shards of the frozen plan."""
    return [Shard.of(entry) for entry in read_plan(out)["shards"]]


def clear(out: Path, parts: Sequence[str]) -> None:
    """Remove files and folders of a dataset."""
    try:
        for name in parts:
            path = out / name
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
    except OSError as error:
        raise cannot_write(out, error) from error


def _plan_in(out: Path) -> dict[str, Any] | None:
    """Return the frozen plan, None where there is none."""
    path = out / WORK / PLAN
    try:
        plan: dict[str, Any] = parse_json(path.read_bytes(), path, "build anew with `pressclip dataset build --force`")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise cannot_read(path, error) from error
    check(plan, Plan, path, "build anew with `pressclip dataset build --force`")
    return plan


def _refuse_foreign(out: Path) -> None:
    """Raise ArchiveError for a folder that no build has begun: it may hold the user's own files."""
    if out.exists() and not out.is_dir():
        raise ArchiveError(f"{out}: not a folder: give another --out")
    if not out.exists() or any((out / part / PLAN).exists() for part in (WORK, NEXT)) or is_finished(out):
        return
    # a build that is killed while it writes the plan leaves an unfinished file
    begun = {WORK} if all(path.suffix == HALF for path in (out / WORK).glob("*")) else set()
    if foreign := sorted(path.name for path in out.iterdir() if path.name not in begun):
        raise ArchiveError(f"{out}: holds other files ({foreign[0]}): give a new or an empty folder with --out")


def is_finished(out: Path) -> bool:
    """Tell whether the folder has a manifest of ours."""
    path = out / MANIFEST
    try:
        return path.is_file() and f'"{FORMAT}"' in path.read_text("utf-8", "replace")[:200]
    except OSError as error:
        raise cannot_read(path, error) from error


def _difference(before: dict[str, Any], now: dict[str, Any]) -> str:
    """Name the first difference between two plans; empty where they are equal."""
    for name, value in now["options"].items():
        if before["options"].get(name) != value:
            return f"{name.replace('_', ' ')} ({before['options'].get(name)!r}, now {value!r})"
    known = {(entry["name"], entry["first"], *entry["files"]): entry for entry in before["shards"]}
    for entry in now["shards"]:
        if (earlier := known.pop((entry["name"], entry["first"], *entry["files"]), None)) is None:
            return f"inputs ({entry['name']} is new)"
        if earlier | {"path": ""} != entry | {"path": ""}:
            return f"inputs ({entry['name']} has changed)"
    return f"inputs ({next(iter(known.values()))['name']} is gone)" if known else ""


def _take_over(before: dict[str, Any], planned: dict[str, Any], out: Path) -> int:
    """Replace `work` by one for a new plan, with the finished shards that both plans have in common.

    Returns how many those are. If the process is killed meanwhile, the old work folder is unchanged.
    """
    built = {_takeover_key(entry, before["options"]): Shard.of(entry).stem for entry in before["shards"]}
    reused, coming = 0, out / NEXT
    try:
        shutil.rmtree(coming, ignore_errors=True)
        for part in STAGE_1:
            (coming / part).mkdir(parents=True)
        for entry in planned["shards"]:
            old = built.get(_takeover_key(entry, planned["options"]))
            if old and (out / WORK / "rows" / f"{old}.parquet").exists():
                reused += 1
                for part in STAGE_1:
                    name = f"{Shard.of(entry).stem}.parquet"
                    os.link(out / WORK / part / f"{old}.parquet", coming / part / name)
        write_whole(coming / PLAN, json.dumps(planned, ensure_ascii=False, indent=1))
        shutil.rmtree(out / WORK)
        coming.rename(out / WORK)
    except OSError as error:
        raise cannot_write(coming, error) from error
    return reused


def _finish_takeover(out: Path) -> None:
    """Complete or undo a takeover that was killed."""
    coming, work = out / NEXT, out / WORK
    if coming.exists() and (work / PLAN).exists():
        shutil.rmtree(coming, ignore_errors=True)
    elif coming.exists():
        shutil.rmtree(work, ignore_errors=True)
        coming.rename(work)


def _takeover_key(entry: dict[str, Any], options: dict[str, Any]) -> str:
    """Hash what determines the rows of a shard: its source and the options of rows, but not its number or place."""
    of_rows = {name: options[name] for name in ("schema_version", "extractor_version", "rules_version", "text_column")}
    blocks = has_blocks(options["columns"], options["where"])
    return json_sha256([{**entry, "number": 0, "path": ""}, of_rows, blocks])

"""`manifest.json`: what a dataset was made from, and every file with its hash. Written last: without it, nothing is
whole. No clock and no path of a machine is in it, so that the same inputs give the same bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq  # type: ignore[import-untyped]

from archive.dataset.table.database import PARTS, dataset_database, dataset_sha256, row_files, rows_sql
from archive.dataset.table.files import FORMAT, MANIFEST, NEXT, WORK
from archive.dataset.table.schema import SCHEMA_VERSION
from archive.files.errors import ArchiveError, cannot_read
from archive.files.whole import HALF, sha256_of, whole_file
from archive.maintain.findings import Finding
from cleaners import VERSION

INPUT = ("name", "kind", "size", "sha256", "first", "rows")
"""What is told of a shard: not where it lies on this machine."""


def write(folder: Path, plan: Mapping[str, Any]) -> dict[str, Any]:
    """Write the manifest of a dataset whose other files are all in place, and return it.

    `plan`: the frozen plan of the build: `options` that decide what is in the dataset, and `shards`.
    """
    said: dict[str, Any] = {
        "format": FORMAT,
        "schema_version": SCHEMA_VERSION,
        "software": f"pressclip/{VERSION}",
        "rules_version": plan["options"]["rules_version"],
        "options": plan["options"],
        "inputs": [{name: shard[name] for name in INPUT if name in shard} for shard in plan["shards"]],
        "rows": _rows_by_split(folder),
        "dataset_sha256": dataset_sha256(folder),
        "files": [_entry(folder, path) for path in _files(folder)],
    }
    with whole_file(folder / MANIFEST) as half:
        half.write_text(json.dumps(said, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return said


def read(folder: Path) -> dict[str, Any]:
    """Return what the manifest says. Raises ArchiveError where there is none, or none of ours."""
    path = folder / MANIFEST
    if not path.exists():
        raise ArchiveError(f"{folder}: no whole dataset ({MANIFEST} is missing): run the same build again")
    try:
        said = json.loads(path.read_bytes())
    except OSError as error:
        raise cannot_read(path, error) from error
    except ValueError as error:
        raise ArchiveError(f"{path}: not JSON ({error}): build the dataset again") from error
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        raise ArchiveError(f"{path}: no manifest of a pressclip dataset: give the folder of one")
    if said.get("schema_version") != SCHEMA_VERSION:
        raise ArchiveError(
            f"{path}: schema version {said.get('schema_version')}, this program reads {SCHEMA_VERSION}: use the "
            f"version that built it ({said.get('software')})"
        )
    return said


def check(folder: Path) -> Iterator[Finding]:
    """Yield what is not as the manifest says: files that are missing, different or extra, and the dataset's hash.

    Raises ArchiveError where there is no manifest: the dataset is not whole.
    """
    said = read(folder)
    listed = {entry["path"]: entry for entry in said["files"]}
    there = {path.relative_to(folder).as_posix(): path for path in _files(folder)}
    for name in sorted(listed.keys() | there.keys()):
        if name not in there:
            yield Finding(name, None, None, "is missing: restore it, or build the dataset again")
        elif name not in listed:
            yield Finding(name, None, None, "is no file of this dataset: move it away")
        elif there[name].stat().st_size != listed[name]["bytes"] or sha256_of(there[name]) != listed[name]["sha256"]:
            yield Finding(name, None, None, "is not as it was built: restore it, or build the dataset again")
    if not any(path.startswith("data/") and path not in there for path in listed):
        try:
            found = dataset_sha256(folder)
        except ArchiveError as error:
            yield Finding("data", None, None, f"its rows cannot be read ({error})")
        else:
            if found != said["dataset_sha256"]:
                yield Finding("data", None, None, "its rows are not those of the manifest: build the dataset again")


def _files(folder: Path) -> list[Path]:
    """Return all files but the manifest, by name."""
    paths = (path for path in folder.rglob("*") if not path.is_dir())
    own = {folder / MANIFEST, folder / (MANIFEST + HALF)}
    return sorted(path for path in paths if path not in own and path.relative_to(folder).parts[0] not in (WORK, NEXT))


def _entry(folder: Path, path: Path) -> dict[str, Any]:
    entry: dict[str, Any] = {"path": path.relative_to(folder).as_posix(), "bytes": path.stat().st_size}
    if path.suffix == ".parquet":
        entry["rows"] = pq.read_metadata(path).num_rows
    return entry | {"sha256": sha256_of(path)}


def _rows_by_split(folder: Path) -> dict[str, int]:
    """Return the rows of each split, and of the dropped ones."""
    counts: dict[str, int] = {}
    with dataset_database(folder) as connection:
        for part in PARTS:
            if files := row_files(folder, part):
                query = f"SELECT in_split, count(*) FROM {rows_sql(files)} GROUP BY in_split ORDER BY in_split"
                counts |= dict(connection.execute(query).fetchall())
    return counts

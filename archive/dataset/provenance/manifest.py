"""Write, read and check `manifest.json`, which lists the inputs of a dataset and every file with its hash.

It is written last: a dataset without it is incomplete. It holds no time and no path of a machine, so equal inputs give
equal bytes.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq  # type: ignore[import-untyped]

from archive.dataset.provenance.described import Manifest
from archive.dataset.table.database import PARTS, dataset_database, dataset_sha256, row_files, rows_sql
from archive.dataset.table.files import FORMAT, MANIFEST, NEXT, SIGNATURE, WORK
from archive.dataset.table.schema import SCHEMA_VERSION
from archive.files import signatures
from archive.files.errors import ArchiveError, cannot_read
from archive.files.keys import SigningKey
from archive.files.schema import check as check_schema
from archive.files.schema import parse_json
from archive.files.whole import HALF, sha256_of, write_whole
from archive.maintain.findings import Finding
from cleaners import VERSION

INPUT = ("name", "kind", "size", "sha256", "first", "rows")
"""The fields of a shard in the manifest. Its path on this machine is not among them."""

_AGAIN = "build the dataset again, or get it again"


def write(folder: Path, plan: Mapping[str, Any]) -> None:
    """Write the manifest of a dataset whose other files are all in place. The signature of an older one goes.

    `plan`: the frozen plan of the build: `options` that decide what is in the dataset, and `shards`.
    """
    manifest: dict[str, Any] = {
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
    (folder / SIGNATURE).unlink(missing_ok=True)
    write_whole(folder / MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1) + "\n")


def sign(folder: Path, key: SigningKey, created: datetime) -> None:
    """Sign the manifest, and with it all that it lists. Raises ArchiveError where there is none."""
    read(folder)
    signature = signatures.sign((folder / MANIFEST).read_bytes(), key, created)
    write_whole(folder / SIGNATURE, json.dumps(signature, indent=1) + "\n")


def check_signature(folder: Path, wanted: Collection[str] = ()) -> signatures.Signed:
    """Check who signed the manifest; *wanted*: the ids of the keys of which one must have."""
    path = folder / SIGNATURE
    try:
        with path.open("rb") as file:
            data = file.read(signatures.MAX_SIGNATURE)
    except FileNotFoundError:
        return signatures.check_signature(b"", None, wanted)
    except OSError as error:
        raise cannot_read(path, error) from error
    try:
        signature = parse_json(data, SIGNATURE, _AGAIN)
    except ArchiveError as error:
        return signatures.Signed(problem=str(error))
    # `null` is a file without a signature, and no dataset without one
    return signatures.check_signature((folder / MANIFEST).read_bytes(), signature or {}, wanted)


def read(folder: Path) -> dict[str, Any]:
    """Return the manifest of a dataset. Raises ArchiveError where there is none that we wrote."""
    path = folder / MANIFEST
    if not path.exists():
        raise ArchiveError(f"{folder}: no complete dataset ({MANIFEST} is missing): run the same build again")
    try:
        manifest = parse_json(path.read_bytes(), path, _AGAIN)
    except OSError as error:
        raise cannot_read(path, error) from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise ArchiveError(f"{path}: not the manifest of a pressclip dataset: give the folder of one")
    if manifest.get("schema_version") != SCHEMA_VERSION:
        raise ArchiveError(
            f"{path}: schema version {manifest.get('schema_version')}, this program reads {SCHEMA_VERSION}: use the "
            f"version that built it ({manifest.get('software')})"
        )
    check_schema(manifest, Manifest, path, _AGAIN)
    checked: dict[str, Any] = manifest
    return checked


def check(folder: Path) -> Iterator[Finding]:
    """Yield each difference from the manifest: files that are missing, changed or extra, and another dataset hash.

    Raises ArchiveError where there is no manifest.
    """
    manifest = read(folder)
    listed = {entry["path"]: entry for entry in manifest["files"]}
    present = {path.relative_to(folder).as_posix(): path for path in _files(folder)}
    for name in sorted(listed.keys() | present.keys()):
        path, entry = present.get(name), listed.get(name)
        if path is None:
            yield Finding(name, None, None, "is missing: restore it, or build the dataset again")
        elif entry is None:
            yield Finding(name, None, None, "is not a file of this dataset: move it away")
        elif path.stat().st_size != entry["bytes"] or sha256_of(path) != entry["sha256"]:
            yield Finding(name, None, None, "has changed since the build: restore it, or build the dataset again")
    if not any(name.startswith("data/") and name not in present for name in listed):
        try:
            sha256 = dataset_sha256(folder)
        except ArchiveError as error:
            yield Finding("data", None, None, f"its rows cannot be read ({error})")
        else:
            if sha256 != manifest["dataset_sha256"]:
                yield Finding("data", None, None, "its rows differ from those of the manifest: build the dataset again")


def _files(folder: Path) -> list[Path]:
    """Return all files except the manifest and its signature, sorted by name."""
    paths = (path for path in folder.rglob("*") if not path.is_dir())
    own = {folder / (name + end) for name in (MANIFEST, SIGNATURE) for end in ("", HALF)}
    return sorted(path for path in paths if path not in own and path.relative_to(folder).parts[0] not in (WORK, NEXT))


def _entry(folder: Path, path: Path) -> dict[str, Any]:
    entry: dict[str, Any] = {"path": path.relative_to(folder).as_posix(), "bytes": path.stat().st_size}
    if path.suffix == ".parquet":
        entry["rows"] = pq.read_metadata(path).num_rows
    return entry | {"sha256": sha256_of(path)}


def _rows_by_split(folder: Path) -> dict[str, int]:
    """Return the number of rows of each split, and of dropped rows."""
    counts: dict[str, int] = {}
    with dataset_database(folder) as connection:
        for files in filter(None, (row_files(folder, part) for part in PARTS)):
            query = f"SELECT in_split, count(*) FROM {rows_sql(files)} GROUP BY in_split ORDER BY in_split"
            counts |= dict(connection.execute(query).fetchall())
    return counts

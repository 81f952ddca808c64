"""manifest.json: the hash of every file of a dataset, written last."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from archive.dataset.tables import whole


def write(out: Path) -> None:
    """Write manifest.json."""
    files = {}
    for path in sorted(path for path in out.rglob("*") if path.is_file() and "work" not in path.relative_to(out).parts):
        files[path.relative_to(out).as_posix()] = {"sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    with whole(out / "manifest.json") as half:
        half.write_text(json.dumps({"files": files}, indent=1), "utf-8")

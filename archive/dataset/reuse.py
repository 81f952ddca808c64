"""A second build over other inputs or with another filter: shards that are the same are not cleaned again."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

from archive.dataset.inputs.shards import Shard
from archive.dataset.options import fingerprint
from archive.files.errors import cannot_write

STAGE_1 = ("rows", "keys", "failed")
NEXT = "work.next"
PLAN = "shards.json"
"""The frozen list of shards, in `work`."""


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

"""Small datasets as Parquet or JSON lines, for what reads finished ones."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from archive.dataset.provenance import manifest
from archive.dataset.table.schema import DROPPED_SCHEMA, NAMES, SCHEMA

Rows = Sequence[Mapping[str, Any]]


def taken(*texts: str, rule: str = "lines/advertisement") -> list[dict[str, Any]]:
    """Return removals of a rule."""
    return [{"rule": rule, "stage": "lines", "text": text, "where": "line 1"} for text in texts]


def make(folder: Path, *, form: str = "parquet", rules: str = "1", **splits: Rows) -> Path:
    """Write a dataset: a file for each split, `dropped` too, and the manifest."""
    for split, given in splits.items():
        rows = [dict.fromkeys(NAMES) | {"url": f"https://a.example/{row['id']}", "split": split} | row for row in given]
        part = folder / ("dropped" if split == "dropped" else "data")
        part.mkdir(parents=True, exist_ok=True)
        path = part / f"{split}-00000-of-00001.{form}"
        if form == "parquet":
            pq.write_table(pa.Table.from_pylist(rows, DROPPED_SCHEMA if split == "dropped" else SCHEMA), path)
        else:
            data = "".join(json.dumps(row) + "\n" for row in rows).encode()
            packed = {"zst": zstandard.compress, "gz": gzip.compress}.get(form.rpartition(".")[2], bytes)(data)
            path.write_bytes(packed)
    shards = [{"name": "a.warc.gz", "size": 1, "sha256": "0" * 64, "path": "/x"}]
    manifest.write(folder, {"options": {"rules_version": rules}, "shards": shards})
    return folder

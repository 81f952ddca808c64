"""Name the files of a dataset, and write rows as Parquet or JSON lines. Equal rows give equal bytes."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
from zstandard import ZstdCompressor

from archive.dataset.table.blocks import without_nulls
from archive.dataset.table.options import Form
from archive.dataset.table.schema import BLOCKS
from archive.files.whole import whole_file
from cleaners import json_text

FORMAT = "pressclip dataset"
"""What a manifest of ours calls itself."""
MANIFEST = "manifest.json"
"""Lists the inputs of a dataset and every file with its hash: the sign that the dataset is complete."""
SIGNATURE = MANIFEST + ".sig"
"""Says who vouches for the manifest, where somebody does."""
OUTPUTS = (MANIFEST, SIGNATURE, "croissant.json", "README.md", "charts", "data", "dropped")
"""The entries of a finished dataset's folder. The manifest is removed first."""
WORK = "work"
"""The folder of a build in progress; `--keep-work` leaves it there, and it is no part of the dataset."""
NEXT = "work.next"
"""The work folder of an update, until it takes the place of the old one."""
PLAN = "shards.json"
"""The frozen list of shards, in the work folder."""
PARTS = (*OUTPUTS, WORK, NEXT)
"""Everything that a dataset's folder may hold."""

LEVEL = 3
"""The compression level: zstd's default."""
GROUP = 1000
"""Rows per row group: at 5 KB per row with its removals, a writer holds about 5 MB in memory."""

GROUP_CHARACTERS = 1 << 20
"""Characters of text after which rows of a shard are written: those of some 250 rows of news. With blocks, a row is
larger in Python's memory: a build of 120 pages with 5,000 cells each takes 590 MB, and took 680 MB with four times as
many characters (2026-11-29)."""
AT_ONCE = 64
"""Rows that are Python's while JSON lines are written."""


def grouped(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Yield the rows in lists that fit in memory."""
    group: list[dict[str, Any]] = []
    characters = 0
    for row in rows:
        group.append(row)
        characters += len(row["text"] or "")
        if len(group) >= GROUP or characters >= GROUP_CHARACTERS:
            yield group
            group, characters = [], 0
    if group:
        yield group


@contextmanager
def table_writer(path: Path, schema: pa.Schema) -> Iterator[pq.ParquetWriter]:
    """Open a Parquet writer. The file appears when it is complete."""
    compression = {"compression": "zstd", "compression_level": LEVEL}
    with whole_file(path) as half, pq.ParquetWriter(half, schema, **compression) as writer:
        yield writer


def table_rows(rows: list[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    """Return rows as a table. Keys that are no columns are left out."""
    return pa.Table.from_pylist(rows, schema=schema)


@contextmanager
def form_writer(path: Path, schema: pa.Schema, form: Form) -> Iterator[Callable[[pa.Table], None]]:
    """Give a function that writes tables to a file. The file appears when it is complete."""
    if form == "parquet":
        with table_writer(path, schema) as writer:
            yield writer.write_table
        return
    with whole_file(path) as half, half.open("wb") as raw, _compressed(raw, form) as file:

        def write(table: pa.Table) -> None:
            for batch in table.to_batches(max_chunksize=AT_ONCE):
                for row in batch.to_pylist():
                    if row.get(BLOCKS):
                        row[BLOCKS] = without_nulls(row[BLOCKS])
                    file.write(json_text(row, default=datetime.isoformat).encode() + b"\n")

        yield write


@contextmanager
def _compressed(raw: BinaryIO, form: Form) -> Iterator[BinaryIO]:
    if form == "jsonl.gz":
        # no name and no time in the header, so that two builds are equal
        with gzip.GzipFile("", "wb", 6, raw, mtime=0) as compressed:
            yield cast(BinaryIO, compressed)
    elif form == "jsonl.zst":
        with ZstdCompressor(LEVEL).stream_writer(raw, closefd=False) as compressed:
            yield cast(BinaryIO, compressed)
    else:
        yield raw

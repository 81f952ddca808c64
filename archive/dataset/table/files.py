"""Parquet as builds write it: the same rows give the same bytes, and a file that is there is whole."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
from zstandard import ZstdCompressor

from archive.dataset.table.options import Form
from archive.files.whole import whole_file

FORMAT = "pressclip dataset"
"""What a manifest of ours calls itself."""
MANIFEST = "manifest.json"
"""Lists what a dataset was made from, and every file with its hash: the sign that the dataset is complete."""
OUTPUTS = (MANIFEST, "croissant.json", "README.md", "charts", "data", "dropped")
"""What a finished dataset has; the manifest is removed first."""
WORK = "work"
"""The folder of a build in progress; `--keep-work` leaves it there, and it is no part of the dataset."""
NEXT = "work.next"
"""The work folder of an update, until it takes the place of the old one."""
PLAN = "shards.json"
"""The frozen list of shards, in the work folder."""
PARTS = (*OUTPUTS, WORK, NEXT)
"""Everything that a dataset's folder may hold."""

LEVEL = 3
"""zstd's own default."""
GROUP = 1000
"""Rows a row group: at 5 KB a row with its removals, what one writer holds in memory is some 5 MB."""


@contextmanager
def table_writer(path: Path, schema: pa.Schema) -> Iterator[pq.ParquetWriter]:
    """Give a Parquet writer for a file that is there when it is whole."""
    with (
        whole_file(path) as half,
        pq.ParquetWriter(half, schema, compression="zstd", compression_level=LEVEL) as writer,
    ):
        yield writer


def table_rows(rows: list[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    """Return rows as a table; a key that is no column is left out."""
    return pa.Table.from_pylist(rows, schema=schema)


@contextmanager
def form_writer(path: Path, schema: pa.Schema, form: Form) -> Iterator[Callable[[pa.Table], None]]:
    """Give what writes tables to a file that is there when it is whole."""
    if form == "parquet":
        with table_writer(path, schema) as writer:
            yield writer.write_table
        return
    with whole_file(path) as half, half.open("wb") as raw, _packed(raw, form) as file:

        def write(table: pa.Table) -> None:
            for row in table.to_pylist():
                file.write(json.dumps(row, ensure_ascii=False, default=_plain).encode() + b"\n")

        yield write


@contextmanager
def _packed(raw: BinaryIO, form: Form) -> Iterator[BinaryIO]:
    if form == "jsonl.gz":
        # neither name nor time: two builds are to be equal
        with gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed:
            yield cast(BinaryIO, packed)
    elif form == "jsonl.zst":
        with ZstdCompressor(LEVEL).stream_writer(raw, closefd=False) as packed:
            yield cast(BinaryIO, packed)
    else:
        yield raw


def _plain(value: object) -> str:
    assert isinstance(value, datetime)
    return value.isoformat()

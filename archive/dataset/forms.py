"""The forms of data files: Parquet, and JSON lines plain or packed; equal rows give equal bytes."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, cast

import pyarrow as pa  # type: ignore[import-untyped]
from zstandard import ZstdCompressor

from archive.dataset.options import Form
from archive.dataset.tables import LEVEL, table_writer, whole


@contextmanager
def form_writer(path: Path, schema: pa.Schema, form: Form) -> Iterator[Callable[[pa.Table], None]]:
    """Give what writes tables to a file that is there when it is whole."""
    if form == "parquet":
        with table_writer(path, schema) as writer:
            yield writer.write_table
        return
    with whole(path) as half, half.open("wb") as raw, _packed(raw, form) as file:

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

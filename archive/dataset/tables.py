"""Parquet as builds write it: the same rows give the same bytes, and a file that is there is whole."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from archive.files.errors import cannot_write

LEVEL = 3
"""zstd's own default."""
GROUP = 1000
"""Rows a row group: at 5 KB a row with its removals, what one writer holds in memory is some 5 MB."""
HALF = ".half"
"""The end of a name while a file is written."""


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Give a path to write to; the file gets its name when it is whole and on the disk, or never."""
    half = path.with_name(path.name + HALF)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield half
        with half.open("rb") as file:
            os.fsync(file.fileno())
        half.replace(path)
    except BaseException as error:
        with suppress(OSError):
            half.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise cannot_write(path, error) from error
        raise


@contextmanager
def table_writer(path: Path, schema: pa.Schema) -> Iterator[pq.ParquetWriter]:
    """Give a Parquet writer for a file that is there when it is whole."""
    with whole(path) as half, pq.ParquetWriter(half, schema, compression="zstd", compression_level=LEVEL) as writer:
        yield writer


def table_rows(rows: list[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    """Return rows as a table; a key that is no column is left out."""
    return pa.Table.from_pylist(rows, schema=schema)

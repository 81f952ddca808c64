"""Ready-made text corpora as JSON lines and Parquet, with one text per row."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

import pyarrow.parquet as pq  # type: ignore[import-untyped]
from zstandard import ZstdDecompressor, ZstdError

from archive.dataset.inputs.shards import Input, Missing, Origin, Shard
from archive.files.errors import ArchiveError
from archive.readers.rows import FETCHED, MAX_LINE
from cleaners import Page

PUBLISHED = ("published", "date_published", "publish_date", "published_at")
TITLE = ("title",)


def read_corpus(shard: Shard, text_column: str) -> Iterator[Input]:
    """Yield the texts of a shard. A row without a text is listed with its reason."""
    rows = _parquet_rows(shard, text_column) if shard.kind == "parquet" else _json_rows(shard)
    for number, row in enumerate(rows, shard.first):
        if isinstance(row, Missing):
            yield Origin(shard.name, number), row
        else:
            yield _input(shard.name, number, row, text_column)


def row_starts(path: Path, every: int) -> tuple[list[int], int]:
    """Return the position of each `every`-th row of a JSON lines file, uncompressed, and the number of rows."""
    starts, rows, at = [], 0, 0
    with uncompressed(path) as file:
        while line := file.readline(MAX_LINE):
            if rows % every == 0:
                starts.append(at)
            rows, at = rows + 1, at + len(line)
            if len(line) == MAX_LINE:
                raise ArchiveError(
                    f"{path}: line {rows} is longer than {MAX_LINE >> 20} MB: give one JSON object a line"
                )
    return starts, rows


def parquet_rows(path: Path, text_column: str) -> int:
    """Return the number of rows of a Parquet file. Raises ArchiveError where it has no texts."""
    try:
        with pq.ParquetFile(path) as file:
            if text_column not in file.schema_arrow.names:
                known = ", ".join(file.schema_arrow.names)
                raise ArchiveError(f"{path}: no column '{text_column}': name one of {known} with --text-column")
            return int(file.metadata.num_rows)
    except (OSError, ValueError) as error:
        raise ArchiveError(f"{path}: cannot be read as Parquet ({error}): get the file again") from error


@contextmanager
def uncompressed(path: Path) -> Iterator[BinaryIO]:
    """Open a file that may be compressed. Raises ArchiveError where the compressed data is damaged."""
    try:
        with path.open("rb") as raw:
            match path.suffix.lower():
                case ".gz":
                    yield cast(BinaryIO, gzip.GzipFile(fileobj=raw))
                case ".zst":
                    yield io.BufferedReader(ZstdDecompressor().stream_reader(raw, read_across_frames=True))
                case _:
                    yield raw
    except (OSError, EOFError, zlib.error, ZstdError) as error:
        raise ArchiveError(f"{path}: cannot be read to its end ({error}): get the file again") from error


def _json_rows(shard: Shard) -> Iterator[dict[str, Any] | Missing]:
    with uncompressed(Path(shard.path)) as file:
        _skip(file, shard.at)
        for _ in range(shard.rows):
            try:
                row = json.loads(file.readline())
            except (ValueError, RecursionError):
                yield Missing.failed("not JSON")
            else:
                yield row if isinstance(row, dict) else Missing.failed("no JSON object")


def _skip(file: BinaryIO, at: int) -> None:
    # compressed files cannot seek
    while at and (data := file.read(min(at, 1 << 20))):
        at -= len(data)


def _parquet_rows(shard: Shard, text_column: str) -> Iterator[dict[str, Any]]:
    path = Path(shard.path)
    try:
        with pq.ParquetFile(path) as file:
            wanted = {text_column, "url", *FETCHED, *PUBLISHED, *TITLE}
            names = [name for name in file.schema_arrow.names if name in wanted]
            at, end = 0, shard.first + shard.rows
            for group in range(file.num_row_groups):
                size = file.metadata.row_group(group).num_rows
                if at < end and at + size > shard.first:
                    table = file.read_row_group(group, columns=names, use_threads=False)
                    first, last = max(shard.first - at, 0), min(end - at, size)
                    yield from table.slice(first, last - first).to_pylist()
                at += size
    except (OSError, ValueError) as error:
        raise ArchiveError(f"{path}: cannot be read as Parquet ({error}): get the file again") from error


def _input(name: str, number: int, row: dict[str, Any], text_column: str) -> Input:
    text = row.get(text_column)
    if not isinstance(text, str):
        return Origin(name, number), Missing.failed(f"no text in '{text_column}'")
    try:
        text.encode()
    except UnicodeEncodeError:
        return Origin(name, number), Missing.failed("half a surrogate pair in the text")
    origin = Origin(
        name,
        number,
        url=_first(row, ("url",)),
        fetched=_timestamp(_first(row, FETCHED)),
        published=_first(row, PUBLISHED),
        title=_first(row, TITLE),
    )
    return origin, Page(text, origin.url, is_text=True)


def _first(row: dict[str, Any], names: tuple[str, ...]) -> str | None:
    for name in names:
        value = row.get(name)
        if isinstance(value, (date, datetime)):
            return value.isoformat()
        if isinstance(value, str) and value:
            return value
    return None


def _timestamp(value: str | None) -> datetime | None:
    try:
        timestamp = datetime.fromisoformat((value or "").strip())
    except ValueError:
        return None
    return (timestamp if timestamp.tzinfo else timestamp.replace(tzinfo=UTC)).astimezone(UTC)

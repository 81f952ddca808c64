"""Text corpora that somebody else made: JSON lines and Parquet, a row a text."""

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

from archive.dataset.inputs.shards import Item, Shard
from archive.files.errors import ArchiveError
from archive.readers.rows import FETCHED, MAX_LINE

PUBLISHED = ("published", "date_published", "publish_date", "published_at")
TITLE = ("title",)


def read_corpus(shard: Shard, text_column: str) -> Iterator[Item]:
    """Yield the texts of a shard; a row without one is an item with a problem."""
    rows = _parquet_rows(shard, text_column) if shard.kind == "parquet" else _json_rows(shard)
    for number, row in enumerate(rows, shard.first):
        if isinstance(row, str):
            yield Item(shard.name, number, is_text=True, problem=row)
        else:
            yield _item(shard.name, number, row, text_column)


def row_starts(path: Path, every: int) -> tuple[list[int], int]:
    """Return where every so many-th row of a JSON lines file begins, in unpacked bytes, and how many rows there are."""
    starts, rows, at = [], 0, 0
    with unpacked(path) as file:
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
    """Return how many rows a Parquet file has; ArchiveError where it has no texts."""
    try:
        with pq.ParquetFile(path) as file:
            if text_column not in file.schema_arrow.names:
                known = ", ".join(file.schema_arrow.names)
                raise ArchiveError(f"{path}: no column '{text_column}': name one of {known} with --text-column")
            return int(file.metadata.num_rows)
    except (OSError, ValueError) as error:
        raise ArchiveError(f"{path}: cannot be read as Parquet ({error}): get the file again") from error


@contextmanager
def unpacked(path: Path) -> Iterator[BinaryIO]:
    """Open a file that may be packed; ArchiveError where its packing is damaged."""
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


def _json_rows(shard: Shard) -> Iterator[dict[str, Any] | str]:
    with unpacked(Path(shard.path)) as file:
        _skip(file, shard.at)
        for _ in range(shard.rows):
            try:
                row = json.loads(file.readline())
            except (ValueError, RecursionError):
                yield "not JSON"
            else:
                yield row if isinstance(row, dict) else "no JSON object"


def _skip(file: BinaryIO, at: int) -> None:
    # not all of these can seek
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


def _item(name: str, number: int, row: dict[str, Any], text_column: str) -> Item:
    text = row.get(text_column)
    if not isinstance(text, str):
        return Item(name, number, is_text=True, problem=f"no text in '{text_column}'")
    try:
        text.encode()
    except UnicodeEncodeError:
        return Item(name, number, is_text=True, problem="half a surrogate pair in the text")
    return Item(
        name,
        number,
        text,
        is_text=True,
        url=_first(row, ("url",)),
        fetched=_moment(_first(row, FETCHED)),
        published=_first(row, PUBLISHED),
        title=_first(row, TITLE),
    )


def _first(row: dict[str, Any], names: tuple[str, ...]) -> str | None:
    for name in names:
        value = row.get(name)
        if isinstance(value, (date, datetime)):
            return value.isoformat()
        if isinstance(value, str) and value:
            return value
    return None


def _moment(said: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat((said or "").strip())
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)

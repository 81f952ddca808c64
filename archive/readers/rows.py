"""Read the rows of text corpora: JSON lines, plain or compressed, and Parquet."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

from archive.files.errors import ArchiveError
from archive.files.extras import how_to_install
from archive.files.moments import in_utc
from archive.readers.files import MAX_TEXT, kind_of, unpacked

FETCHED = ("fetched", "timestamp", "date", "crawl_date")
"""Columns with the time of the crawl: C4 calls it timestamp, FineWeb date."""
PUBLISHED = ("published", "date_published", "publish_date", "published_at")
TITLE = ("title",)
NAME_IT = "name the column of its texts with --text-column"
"""What to do where a file lacks the column of texts, but to give another file."""
PEEKED = 100
"""Rows of JSON lines at the beginning of a file of which one at least must have the column that is asked for. A column
that one row in twenty has is missed in one file of 170."""
_STEP = 1 << 20
_MAX_BLANK = 1000
_BLANK = "".join(filter(str.isspace, map(chr, range(0x3001)))) + "\u200b\ufeff\0\x1a"
_DAY = len("2026-11-28")


@dataclass(frozen=True, slots=True)
class Row:
    """One row, or why it cannot be read."""

    number: int
    """Counted from 0; in JSON lines, the number of the line."""
    values: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""

    def text(self, *names: str) -> str:
        """Return the first column that holds a text, or a time in ISO 8601; empty where none does."""
        for name in names:
            value = self.values.get(name)
            if isinstance(value, (date, datetime)):
                return value.isoformat()
            if isinstance(value, str) and value:
                return value
        return ""

    @property
    def fetched(self) -> datetime | None:
        """The time of the crawl, aware; None where no column has one."""
        moments = (_moment(self.text(name)) for name in FETCHED)
        return next((moment for moment in moments if moment), None)


def read_column(path: Path, column: str, *more: str, instead: str = NAME_IT) -> Iterator[Row]:
    """Yield the rows of a file that has a column, each with it and those of `more` that there are.

    Raises ArchiveError as `read_rows` does, and where the file lacks the column: JSON lines where none of the first
    rows has it. The error names the columns there are, and says what to do `instead`.
    """
    rows = read_rows(path, columns=(column, *more))
    if kind_of(path) != "parquet":
        return _having(path, column, rows, instead)
    parquet_count(path, column, instead)
    return rows


def _having(path: Path, column: str, rows: Iterator[Row], instead: str) -> Iterator[Row]:
    """Yield the rows of JSON lines once one of them has the column."""
    waiting: list[Row] = []
    known: dict[str, None] = {}
    for row in rows:
        waiting.append(row)
        known |= dict.fromkeys(row.values)
        if column in known:
            break
        if len(waiting) == PEEKED:
            raise _no_column(path, column, known, instead)
    if known and column not in known:
        raise _no_column(path, column, known, instead)
    yield from chain(waiting, rows)


def _no_column(path: Path, column: str, known: Iterable[str], instead: str) -> ArchiveError:
    return ArchiveError(f"{path}: no column '{column}', only {', '.join(known)}: give another file, or {instead}")


def read_rows(
    path: Path, *, columns: Sequence[str] | None = None, first: int = 0, count: int | None = None, start: int = 0
) -> Iterator[Row]:
    """Yield the rows of a .jsonl(.gz, .zst) or .parquet file from row `first` on, at most `count`.

    Of a Parquet file only `columns` are read; `start` is where row `first` of JSON lines begins, in unpacked bytes
    (`row_starts`). Blank lines are passed over; a line that is no JSON object, or longer than MAX_TEXT, is a row with
    a problem. Raises ArchiveError where the file cannot be read.
    """
    if kind_of(path) == "parquet":
        yield from _parquet_rows(path, columns, first, count)
        return
    with unpacked(path) as file:
        while start and (data := file.read(min(start, _STEP))):  # not all of these files can seek
            start -= len(data)
        for number, line in enumerate(_lines(file), first):
            if count is not None and number >= first + count:
                return
            if row := _json_row(number, line):
                yield row


def row_starts(path: Path, every: int) -> tuple[list[int], int]:
    """Return where each `every`-th line of a JSON lines file begins, in unpacked bytes, and how many lines there are.

    Raises ArchiveError where the file cannot be read, or a line is longer than MAX_TEXT.
    """
    starts, count, position = [], 0, 0
    with unpacked(path) as file:
        for line in _lines(file):
            if line is None:
                raise ArchiveError(f"{path}: line {count + 1} is {_TOO_LONG}: give one JSON object a line")
            if count % every == 0:
                starts.append(position)
            count, position = count + 1, position + len(line)
    return starts, count


def parquet_count(path: Path, column: str, instead: str = NAME_IT) -> int:
    """Return how many rows a Parquet file has. Raises ArchiveError where it lacks a column."""
    pq = _parquet(path)
    try:
        with pq.ParquetFile(path) as file:
            if column not in file.schema_arrow.names:
                raise _no_column(path, column, file.schema_arrow.names, instead)
            return int(file.metadata.num_rows)
    except (OSError, ValueError) as error:
        raise _no_parquet(path, error) from error


_TOO_LONG = f"longer than {MAX_TEXT >> 20} MB"


def _lines(file: BinaryIO) -> Iterator[bytes | None]:
    """Yield the lines of a file; None for one that is longer than MAX_TEXT."""
    while line := file.readline(MAX_TEXT):
        if len(line) < MAX_TEXT or line.endswith(b"\n"):
            yield line
            continue
        while (rest := file.readline(_STEP)) and not rest.endswith(b"\n"):
            pass
        yield None


def _json_row(number: int, line: bytes | None) -> Row | None:
    if line is None:
        return Row(number, problem=f"a line {_TOO_LONG}")
    # blank to people, not only to bytes: no-break spaces, and the marks that editors and spreadsheets leave
    if line.isspace() or (len(line) <= _MAX_BLANK and not line.decode("utf-8", "replace").strip(_BLANK)):
        return None
    try:
        values = json.loads(line)
    except (ValueError, RecursionError):
        return Row(number, problem="not JSON")
    return Row(number, values) if isinstance(values, dict) else Row(number, problem="no JSON object")


def _parquet_rows(path: Path, columns: Sequence[str] | None, first: int, count: int | None) -> Iterator[Row]:
    pq = _parquet(path)
    try:
        with pq.ParquetFile(path) as file:
            names = [name for name in file.schema_arrow.names if columns is None or name in columns]
            at, end = 0, file.metadata.num_rows if count is None else first + count
            for group in range(file.num_row_groups):
                size = file.metadata.row_group(group).num_rows
                if at < end and at + size > first:
                    table = file.read_row_group(group, columns=names, use_threads=False)
                    begin, stop = max(first - at, 0), min(end - at, size)
                    for number, values in enumerate(table.slice(begin, stop - begin).to_pylist(), at + begin):
                        yield Row(number, values)
                at += size
    except (OSError, ValueError) as error:
        raise _no_parquet(path, error) from error


def _parquet(path: Path) -> Any:  # noqa: ANN401 - an untyped module
    try:
        import pyarrow.parquet as pq  # type: ignore[import-untyped]  # an extra's package
    except ImportError as error:
        raise ArchiveError(f"{path}: needs pyarrow: {how_to_install('datasets')}") from error
    return pq


def _no_parquet(path: Path, error: Exception) -> ArchiveError:
    return ArchiveError(f"{path}: cannot be read as Parquet ({error}): get the file again")


def _moment(text: str) -> datetime | None:
    for part in (text.strip(), text.strip()[:_DAY]):
        try:
            moment = datetime.fromisoformat(part)
        except ValueError:
            continue
        return in_utc(moment)
    return None

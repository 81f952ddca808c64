"""One shard into rows and keys: what every engine runs, in whatever process on whatever machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from archive.dataset.decisions.keys import KEYS, keys_of
from archive.dataset.inputs.shards import Item, Shard
from archive.dataset.inputs.sources import read
from archive.dataset.options import Options
from archive.dataset.rows import place_of, row_of
from archive.dataset.schema import DROPPED_SCHEMA, NAMES, SCHEMA
from archive.dataset.tables import GROUP, table_rows, table_writer
from archive.files.errors import ArchiveError
from cleaners import Page, clean, clean_page, work_many

MAX_FAILED, MIN_FAILED = 0.2, 10
"""A shard fails when more than this share of its items does, and at least so many: of 919 development pages none fails,
so a fifth is no fault of pages. The least lets a single bad file of a small folder pass."""
_BROKEN = frozenset({"failed:ImportError", "failed:ModuleNotFoundError"})


@dataclass(frozen=True, slots=True)
class ShardDone:
    """What became of a shard."""

    shard: Shard
    rows: int = 0
    dropped: int = 0
    """Without a text, no article, or failed."""
    failed: int = 0
    error: str = ""
    """Why the shard as a whole failed."""


def paths_of(shard: Shard, out: Path) -> tuple[Path, Path, Path]:
    """Return where a shard's rows, keys and dropped rows go; the rows are there when all are."""
    work = out / "work"
    return tuple(work / part / f"{shard.stem}.parquet" for part in ("rows", "keys", "failed"))  # type: ignore[return-value]


def build_shard(shard: Shard, out: Path, options: Options, *, jobs: int = 1) -> ShardDone:
    """Read, clean and write one shard below `out`/work; one that is there already is left as it is.

    `jobs`: processes for its pages; with more than one, a page that takes its process down costs itself alone.
    Raises ArchiveError, with the shard's name, where too much of it fails.
    """
    rows_path, keys_path, failed_path = paths_of(shard, out)
    if rows_path.exists():
        return ShardDone(shard)
    work = _Counts(shard)
    with (
        table_writer(rows_path, SCHEMA) as rows,
        table_writer(failed_path, DROPPED_SCHEMA) as failed,
        table_writer(keys_path, KEYS) as keys,
    ):
        for kept, dropped in _groups(shard, options, jobs):
            work.count(kept, dropped)
            rows.write_table(table_rows(kept, SCHEMA))
            keys.write_table(table_rows([keys_of(row) for row in kept], KEYS))
            failed.write_table(table_rows(dropped, DROPPED_SCHEMA))
        work.check()
    return ShardDone(shard, work.rows, work.dropped, work.failed)


@dataclass(slots=True)
class _Counts:
    shard: Shard
    rows: int = 0
    dropped: int = 0
    failed: int = 0
    first: str = ""

    def count(self, kept: list[dict[str, Any]], dropped: list[dict[str, Any]]) -> None:
        reasons = [row["reason"] for row in dropped if row["reason"].startswith("failed")]
        self.first = self.first or next(iter(reasons), "")
        self.rows, self.dropped = self.rows + len(kept), self.dropped + len(dropped)
        self.failed += len(reasons)

    def check(self) -> None:
        total = self.rows + self.dropped
        if self.failed >= MIN_FAILED and self.failed > MAX_FAILED * total:
            raise ArchiveError(
                f"{self.shard.path}: {self.failed} of {total} items failed (the first: {self.first}): "
                "get the input again, or leave it out"
            )


def _groups(shard: Shard, options: Options, jobs: int) -> Iterator[tuple[list[dict[str, Any]], list[dict[str, Any]]]]:
    """Yield rows and dropped rows, so many at a time."""
    kept: list[dict[str, Any]] = []
    dropped: list[dict[str, Any]] = []
    task = partial(_row, options=options)
    for row in work_many(task, read(shard, options), crashed=_crashed, jobs=jobs, size=_size):
        (dropped if row["reason"] else kept).append(row)
        if len(kept) + len(dropped) == GROUP:
            yield kept, dropped
            kept, dropped = [], []
    yield kept, dropped


def _row(item: Item, options: Options) -> dict[str, Any]:
    """Clean an item; raises nothing but what is wrong with this installation."""
    if item.problem:
        return _dropped(item, f"{item.reason}: {item.problem}" if item.reason == "failed" else item.reason)
    article = clean_page(Page(item.data, item.url, item.charset), options.rules, item.is_text)
    if failure := next((flag for flag in article.flags if flag.startswith("failed:")), None):
        if failure in _BROKEN:
            _tell_broken(item)
        return _dropped(item, f"failed: cleaning ended with {failure.removeprefix('failed:')}")
    row = row_of(item, article)
    return row | {"reason": None if row["text"].strip() else "no_text"}


def _tell_broken(item: Item) -> None:
    """Raise for a package that is not there: every page would fail, and none of them for its own sake."""
    try:
        clean(item.data, url=item.url)
    except ImportError as error:
        raise ArchiveError(
            f"cleaning cannot start: {error}: install pressclip again (pip install -U pip first)"
        ) from error


def _crashed(item: Item) -> dict[str, Any]:
    return _dropped(item, "failed: cleaning ended its process")


def _dropped(item: Item, reason: str) -> dict[str, Any]:
    return dict.fromkeys(NAMES) | place_of(item) | {"reason": reason}


def _size(item: Item) -> int:
    return len(item.data)

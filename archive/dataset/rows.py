"""From an item and its article to a row of the schema; all but what only the whole dataset decides."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from archive.dataset.dedup.keys import KEYS, keys_of
from archive.dataset.inputs.shards import Item, Shard
from archive.dataset.inputs.sources import read
from archive.dataset.table.files import GROUP, table_rows, table_writer
from archive.dataset.table.options import Options, extractor_version
from archive.dataset.table.schema import DROPPED_SCHEMA, NAMES, SCHEMA
from archive.dataset.table.signals import language_of, pii_of, signals_of
from archive.files.errors import ArchiveError
from archive.warc.optouts import OptOuts
from cleaners import Article, Page, Removal, clean, clean_page, work_many

EXTRACTORS = {False: "cleaners.clean", True: "cleaners.clean_text"}
"""What made the text: of pages, and of texts that somebody else extracted."""


def row_of(item: Item, article: Article) -> dict[str, Any]:
    """Return the row of a cleaned item; what the verdicts fill is None."""
    text = plain(article.text) or ""
    language, score = language_of(text)
    published, precision = _published(article.date if article.date is not None else _read(item.published))
    return dict.fromkeys(NAMES) | {
        **place_of(item),
        "url": plain(_url(item, article)),
        "host": host_of(_url(item, article)),
        "title": plain(article.title or item.title),
        "authors": [plain(name) for name in article.authors],
        "published": published,
        "published_precision": precision,
        "language": language,
        "language_score": score,
        "declared_language": plain(article.language),
        "text": text,
        "removed": [_removed(removal) for removal in article.removals],
        "access": None if item.is_text else article.access,
        "flags": [plain(flag) for flag in article.flags],
        "n_chars": len(text),
        "n_words": len(text.split()),
        "n_bytes": len(text.encode()),
        "text_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "extractor": EXTRACTORS[item.is_text],
        "extractor_version": extractor_version(),
        "rules_version": article.rules_version,
        "signals": signals_of(text),
        "pii": pii_of(text),
    }


def place_of(item: Item) -> dict[str, Any]:
    """Return the columns that say where an item is from: a row that failed has these alone."""
    return {
        "id": id_of(item),
        "url": plain(item.url),
        "host": host_of(item.url),
        "fetched": item.fetched,
        "warc_file": item.warc_file,
        "warc_offset": item.warc_offset,
        "warc_length": item.warc_length,
        "warc_digest": item.warc_digest,
        "warc_record_id": item.warc_record_id,
        "source_file": None if item.warc_file else item.source_file,
        "source_row": None if item.warc_file else item.source_row,
        "opt_out": opt_out_of(item.opt_outs, item.fetched),
    }


def id_of(item: Item) -> str:
    """Return the row's id: of the WARC record, or of the place in the input, so that it is the same in every build."""
    name = item.warc_record_id or f"{item.source_file}:{item.source_row}"
    return hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()


def host_of(url: str | None) -> str | None:
    """Return a URL's host, None where it has none."""
    try:
        return plain(urlsplit(url or "").hostname)
    except ValueError:
        return None


def plain(text: str | None) -> str | None:
    """Return text as UTF-8 can hold it: half a surrogate pair is replaced."""
    return None if text is None else text.encode("utf-8", "replace").decode()


def _url(item: Item, article: Article) -> str | None:
    """A page from a folder says its own address, if it does; its file's is the last resort."""
    if item.warc_file or item.is_text:
        return item.url
    return article.canonical_url or item.url


def _published(said: datetime | date | None) -> tuple[datetime | None, str | None]:
    if said is None:
        return None, None
    if isinstance(said, datetime):
        return (said if said.tzinfo else said.replace(tzinfo=UTC)).astimezone(UTC), "time"
    return datetime(said.year, said.month, said.day, tzinfo=UTC), "day"


def _read(said: str | None) -> datetime | date | None:
    """Read a corpus's own date; None where it is none."""
    for kind in (date, datetime):
        try:
            return kind.fromisoformat((said or "").strip())
        except ValueError:
            continue
    return None


def _removed(removal: Removal) -> dict[str, Any]:
    return {
        "rule": removal.rule,
        "stage": removal.stage,
        "text": plain(removal.text),
        "where": plain(removal.where),
        "start": removal.start,
        "end": removal.end,
    }


def opt_out_of(said: OptOuts | None, seen_at: datetime | None) -> list[dict[str, Any]] | None:
    """Return a line for each thing said; empty where nothing was, None where nobody looked.

    >>> opt_out_of(OptOuts(robots=("GPTBot",), header=("noai",)), None)
    [{'signal': 'robots', 'value': 'GPTBot', 'seen_at': None}, {'signal': 'x-robots-tag', 'value': 'noai', \
'seen_at': None}]
    """
    if said is None:
        return None
    return [{"signal": signal, "value": value, "seen_at": seen_at} for signal, value in _signals(said)]


def _signals(said: OptOuts) -> Iterator[tuple[str, str]]:
    """Yield a value at a time, so that a query asks for an agent or a word without taking a list apart."""
    for signal, values in (
        ("robots", said.robots or ()),  # agents that robots.txt kept from the page
        ("x-robots-tag", said.header),
        ("meta-robots", said.meta),
        ("tdm-reservation", said.tdm),  # with its place: `header: 1`; a 0 is an explicit yes
        ("tdm-policy", filter(None, [said.tdm_policy])),
    ):
        # what a site writes may hold half a surrogate pair, which Parquet cannot
        yield from ((signal, value.encode("utf-8", "replace").decode()) for value in values)


MAX_FAILED, MIN_FAILED = 0.2, 10
"""A shard fails when more than this share of its items does, and at least so many: of 919 development pages none fails,
so a fifth is no fault of pages. The least lets a single bad file of a small folder pass."""
_BROKEN = frozenset({"ImportError", "ModuleNotFoundError"})


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
    for row in work_many(task, read(shard, options), lost=_lost, jobs=jobs, size=_size):
        (dropped if row["reason"] else kept).append(row)
        if len(kept) + len(dropped) == GROUP:
            yield kept, dropped
            kept, dropped = [], []
    yield kept, dropped


def _row(item: Item, options: Options) -> dict[str, Any]:
    """Clean an item; raises nothing but what is wrong with this installation."""
    if item.problem:
        return _dropped(item, f"{item.reason}: {item.problem}" if item.reason == "failed" else item.reason)
    article = clean_page(Page(item.data, item.url, item.charset, item.is_text), options.rules)
    if article.failure:
        if article.failure in _BROKEN:
            _tell_broken(item)
        return _dropped(item, f"failed: cleaning ended with {article.failure}")
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


def _lost(item: Item, reason: str) -> dict[str, Any]:
    return _dropped(item, "failed: cleaning ended its process")


def _dropped(item: Item, reason: str) -> dict[str, Any]:
    return dict.fromkeys(NAMES) | place_of(item) | {"reason": reason}


def _size(item: Item) -> int:
    return len(item.data)

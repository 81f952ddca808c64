"""Stage 1: build the rows of a shard, each from a page, its origin and its article.

The columns that depend on the whole dataset stay empty.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from archive.dataset.dedup.keys import KEYS, keys_of
from archive.dataset.inputs.shards import Input, Missing, Origin, Shard
from archive.dataset.inputs.sources import read
from archive.dataset.table.blocks import blocks_of
from archive.dataset.table.files import grouped, table_rows, table_writer
from archive.dataset.table.options import Options, extractor_version
from archive.dataset.table.schema import BLOCKS, NAMES, schema_with
from archive.dataset.table.signals import pii_of, signals_of
from archive.files.errors import ArchiveError
from archive.files.moments import in_utc
from archive.files.utf8 import encodable
from archive.rights.optouts import OptOuts
from cleaners import (
    PAGE_SECONDS,
    Article,
    LostError,
    Page,
    Removal,
    clean,
    clean_page,
    guess_language,
    host_of,
    work_many,
)  # fmt: skip

EXTRACTORS = {False: "cleaners.clean", True: "cleaners.clean_text"}
"""What made the text: of pages, and of ready-made texts."""
MAX_FAILED, MIN_FAILED = 0.2, 10
"""A shard fails when more than this share of its pages fails, and at least this many. Of 919 development pages none
fails, so a fifth is not the fault of pages. The minimum lets a single bad file of a small folder pass."""
_NOT_INSTALLED = frozenset({"ImportError", "ModuleNotFoundError"})

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ShardDone:
    """The outcome of a shard."""

    shard: Shard
    rows: int = 0
    dropped: int = 0
    """Pages without a text, that are no article, or that failed."""
    failed: int = 0
    error: str = ""
    """The reason why the shard as a whole failed."""


def build_shard(shard: Shard, out: Path, options: Options, *, jobs: int = 1) -> ShardDone:
    """Read, clean and write one shard below `out`/work, unless its rows are there already.

    `jobs`: processes for its pages. With more than one, a page that crashes its process costs only itself. Raises
    ArchiveError, with the shard's path, where too many of its pages fail.
    """
    rows_path, keys_path, failed_path = paths_of(shard, out)
    if rows_path.exists():
        return ShardDone(shard)
    done, first = ShardDone(shard), ""
    # what is damaged in a WARC file is a finding, however much it is: the rest is whole
    counting = "failed: cleaning" if shard.kind == "warc" else "failed"
    schema, dropped_schema = (schema_with(blocks=options.has_blocks, reason=reason) for reason in (False, True))
    # the rows file is opened first and so gets its name last: where it is, the others are
    with (
        table_writer(rows_path, schema) as rows,
        table_writer(failed_path, dropped_schema) as failed,
        table_writer(keys_path, KEYS) as keys,
    ):
        task = partial(_row, options=options)
        built = work_many(task, read(shard, options), lost=_lost, jobs=jobs, size=_size, seconds=PAGE_SECONDS)
        for group in grouped(built):
            kept = [row for row in group if not row["reason"]]
            dropped = [row for row in group if row["reason"]]
            failures = [row["reason"] for row in dropped if row["reason"].startswith(counting)]
            first = first or next(iter(failures), "")
            done = ShardDone(shard, done.rows + len(kept), done.dropped + len(dropped), done.failed + len(failures))
            rows.write_table(table_rows(kept, schema))
            keys.write_table(table_rows([keys_of(row) for row in kept], KEYS))
            failed.write_table(table_rows(dropped, dropped_schema))
        total = done.rows + done.dropped
        if done.failed >= MIN_FAILED and done.failed > MAX_FAILED * total:
            raise ArchiveError(
                f"{shard.path}: {done.failed} of {total} items failed (the first: {first}): "
                "get the input again, or leave it out"
            )
    return done


def paths_of(shard: Shard, out: Path) -> tuple[Path, Path, Path]:
    """Return the files of a shard's rows, keys and dropped rows. Where the rows are, all three are."""
    rows, keys, failed = (out / "work" / part / f"{shard.stem}.parquet" for part in ("rows", "keys", "failed"))
    return rows, keys, failed


def row_of(origin: Origin, page: Page, article: Article) -> Row:
    """Return the row of a cleaned page. The columns that the verdicts fill are None."""
    text = plain(article.text) or ""
    language, score = guess_language(text)
    published, precision = _published(article.date if article.date is not None else _date(origin.published))
    # a page from a folder declares its own address, if it does; its file's name is the last resort
    own = origin.is_warc or page.is_text
    url = origin.url if own else article.canonical_url or origin.url
    return origin_columns(origin) | {
        "url": plain(url),
        "host": plain(host_of(url) or None),
        "title": plain(article.title or origin.title),
        "authors": [plain(name) for name in article.authors],
        "published": published,
        "published_precision": precision,
        "language": language,
        "language_score": score,
        "declared_language": plain(article.language),
        "text": text,
        "removed": [_removed(removal) for removal in article.removals],
        "access": None if page.is_text else article.access,
        "kind": None if page.is_text else article.kind,
        "confidence": article.confidence,
        "flags": [plain(flag) for flag in article.flags],
        "n_chars": len(text),
        "n_words": len(text.split()),
        "n_bytes": len(text.encode()),
        "text_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "extractor": EXTRACTORS[page.is_text],
        "extractor_version": extractor_version(),
        "rules_version": article.rules_version,
        "signals": signals_of(text),
        "pii": pii_of(text),
    }


def origin_columns(origin: Origin) -> Row:
    """Return a row with only the columns that say where a page is from: a dropped row has no others."""
    return dict.fromkeys(NAMES) | {
        "id": _id_of(origin),
        "url": plain(origin.url),
        "host": plain(host_of(origin.url) or None),
        "fetched": origin.fetched,
        "warc_file": origin.file if origin.is_warc else None,
        "warc_offset": origin.row if origin.is_warc else None,
        "warc_length": origin.warc_length,
        "warc_digest": origin.warc_digest,
        "warc_record_id": origin.warc_record_id,
        "source_file": None if origin.is_warc else origin.file,
        "source_row": None if origin.is_warc else origin.row,
        "opt_out": opt_out_of(origin.opt_outs, origin.fetched),
        **use_columns(origin.opt_outs),
    }


def opt_out_of(opt_outs: OptOuts | None, seen_at: datetime | None) -> list[Row]:
    """Return the column `opt_out`: what the site states about using its page for AI, data mining and indexes.

    It is empty where the site states nothing or nothing is known: a condition such as `len(opt_out) = 0` drops no row
    for a null.

    >>> opt_out_of(OptOuts(robots=("GPTBot",), header=("noai",)), None)
    [{'signal': 'robots', 'value': 'GPTBot', 'seen_at': None}, {'signal': 'x-robots-tag', 'value': 'noai', \
'seen_at': None}]
    """
    stated = () if opt_outs is None else opt_outs.signals()
    # a site may write lone surrogates, which Parquet cannot hold
    return [
        {"signal": signal.kind, "value": plain(signal.value) or "", "seen_at": _moment(signal.seen) or seen_at}
        for signal in stated
    ]


def use_columns(opt_outs: OptOuts | None) -> Row:
    """Return the columns that say what the statements mean: for AI, for search, and which licences are named.

    >>> use_columns(OptOuts(content_signal=("robots: search=yes, ai-train=no",)))["ai_train"]
    'refused'
    """
    stated = opt_outs or OptOuts()
    uses = stated.uses()
    return {
        "ai_train": uses.ai_train,
        "ai_input": uses.ai_input,
        "search": uses.search,
        "contradictory_uses": list(uses.contradictory),
        "licenses": [plain(value.partition(": ")[2]) for value in (*stated.licences, *stated.rsl)],
    }


def plain(text: str | None) -> str | None:
    """Return text that UTF-8 can encode: lone surrogates are replaced."""
    return None if text is None else encodable(text)


def _row(given: Input, options: Options) -> Row:
    """Return the row of an origin, with the reason if it is dropped. Raises only for a broken installation."""
    origin, page = given
    if isinstance(page, Missing):
        return _dropped(origin, page.reason)
    article = clean_page(page, options.rules)
    if article.failure:
        if article.failure in _NOT_INSTALLED:
            _check_installed(page)
        return _dropped(origin, f"failed: cleaning ended with {article.failure}")
    row = row_of(origin, page, article)
    if options.has_blocks:
        row[BLOCKS] = None if page.is_text else blocks_of(article)
    return row | {"reason": None if row["text"].strip() else "no_text"}


def _check_installed(page: Page) -> None:
    """Raise ArchiveError for a missing package, because of which every page would fail."""
    try:
        clean(page.html, url=page.url)
    except ImportError as error:
        problem = f"cleaning cannot start: {error}: install pressclip again (pip install -U pip first)"
        raise ArchiveError(problem) from error


def _lost(given: Input, loss: LostError) -> Row:
    return _dropped(given[0], f"failed: cleaning: {loss}")


def _dropped(origin: Origin, reason: str) -> Row:
    return origin_columns(origin) | {"reason": reason}


def _size(given: Input) -> int:
    return len(given[1].html) if isinstance(given[1], Page) else 0


def _id_of(origin: Origin) -> str:
    """Return the row's id: a hash of the WARC record's id or of the place in the input, equal in every build."""
    name = origin.warc_record_id or f"{origin.file}:{origin.row}"
    return hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()


def _published(value: datetime | date | None) -> tuple[datetime | None, str | None]:
    moment = None if value is None else in_utc(value)
    return moment, None if moment is None else "time" if isinstance(value, datetime) else "day"


def _date(value: str | None) -> datetime | date | None:
    """Read the date that a corpus gives; None where it cannot be read."""
    for kind in (date, datetime):
        try:
            return kind.fromisoformat((value or "").strip())
        except ValueError:
            continue
    return None


def _moment(value: str | None) -> datetime | None:
    found = _date(value)
    return in_utc(found) if isinstance(found, datetime) else None


def _removed(removal: Removal) -> Row:
    return {
        "rule": removal.rule,
        "stage": removal.stage,
        "text": plain(removal.text),
        "where": plain(removal.where),
        "start": removal.start,
        "end": removal.end,
    }

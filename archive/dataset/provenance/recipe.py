"""Write and read recipes: a dataset without its text, with the places and hashes from which it is built again."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from archive.dataset.provenance import manifest
from archive.dataset.provenance.described import RecipeHead
from archive.dataset.table.database import BATCH, PARTS, dataset_database, row_files, rows_sql, scan_sql
from archive.dataset.table.files import table_writer
from archive.dataset.table.schema import COLUMNS, SCHEMA_VERSION
from archive.dataset.table.view import view_of
from archive.files.errors import ArchiveError, cannot_read, cannot_write
from archive.files.lock import lock
from archive.files.schema import check
from archive.files.whole import HALF, make_folder, whole_file
from cleaners import json_text

FORMAT = "pressclip recipe"
PARQUET, GZIP = ".parquet", ".gz"
"""The ends of names that choose a form; every other name is one of JSON lines."""
OTHERWISE_PACKED = (".zst", ".bz2", ".xz", ".zip")
"""Ends of names that promise a packing in which no recipe is written."""
HEAD = ("schema_version", "software", "rules_version", "options", "inputs", "rows", "dataset_sha256")
"""The fields of the manifest that the recipe repeats."""
_HEAD_KEY = "pressclip.recipe"
MAX_HEAD = 64 << 20
"""Bytes of a head that are read: at 250 bytes a shard, 250,000 shards."""
_AGAIN = "get the recipe again"

REMOVED = pa.struct(
    [("rule", pa.string()), ("stage", pa.string()), ("where", pa.string()), ("start", pa.int64()),
     ("end", pa.int64()), ("n_chars", pa.int32())]
)  # fmt: skip
_NAMES = (
    "id", "url", "warc_file", "warc_offset", "warc_length", "warc_digest", "warc_record_id", "source_file",
    "source_row", "extractor", "extractor_version", "rules_version", "removed", "text_sha256", "duplicate_of",
    "similarity", "cluster_id", "revision_of", "story_id", "shared_with", "split",
)  # fmt: skip
_REMOVED = """[{'rule': r.rule, 'stage': r.stage, 'where': r."where", 'start': r.start, 'end': r."end",
    'n_chars': length(r.text)} FOR r IN removed] AS removed"""
_TYPES = {**dict(COLUMNS), "removed": pa.list_(REMOVED), "reason": pa.string()}
SCHEMA = pa.schema([(name, _TYPES[name]) for name in (*_NAMES, "reason")])
"""The columns of a recipe: no title, no text, and of each removal only the rule, the place and the length."""


def write(folder: Path, out: Path) -> dict[str, Any]:
    """Write the recipe of a dataset, its dropped rows included, and return its head.

    Raises ArchiveError where the dataset is incomplete, or lacks columns.
    """
    built = manifest.read(folder)
    head = {"format": FORMAT} | {name: built[name] for name in HEAD}
    view = view_of(tuple(built["options"].get("columns", ())))
    if lacking := next((name for name in _NAMES if view.get(name) != name), None):
        raise ArchiveError(
            f"{folder}: lacks the column {lacking}, which a recipe needs: build it with this one too (--columns)"
        )
    if out.suffix.lower() in OTHERWISE_PACKED:
        raise ArchiveError(
            f"{out}: a recipe is not packed as {out.suffix}: let its name end with .jsonl.gz or .parquet"
        )
    with _held(out), dataset_database(folder) as connection:
        batches = connection.query(_query(folder)).to_arrow_reader(BATCH)
        if out.suffix == PARQUET:
            schema = SCHEMA.with_metadata({_HEAD_KEY: json.dumps(head)})
            with table_writer(out, schema) as writer:
                for batch in batches:
                    writer.write_table(pa.Table.from_batches([batch]).cast(SCHEMA).cast(schema))
        else:
            _write_lines(out, head, batches)
    return head


@contextmanager
def _held(out: Path) -> Iterator[None]:
    """Keep every other process from writing a file. Raises ArchiveError where one is at work."""
    half = out.with_name(out.name + HALF)
    try:
        make_folder(out.parent)
        with half.open("ab") as file:
            if not lock(file.fileno()):
                raise ArchiveError(f"{out}: another process is writing it: let it end, or give another --out")
            try:
                yield
            except BaseException:
                half.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise cannot_write(out, error) from error


def read_head(recipe: Path) -> dict[str, Any]:
    """Return the head of a recipe, which describes the whole dataset. Raises ArchiveError for any other file."""
    try:
        if recipe.suffix == PARQUET:
            head = json.loads((pq.read_schema(recipe).metadata or {}).get(_HEAD_KEY.encode(), b"null"))
        else:
            with (gzip.open if recipe.suffix == GZIP else open)(recipe, "rb") as file:
                line = file.readline(MAX_HEAD)
                head = json.loads(line)["recipe"]
    except OSError as error:
        raise cannot_read(recipe, error) from error
    except (ValueError, KeyError, TypeError, EOFError, RecursionError, zlib.error, pa.ArrowException):
        head = None
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        raise ArchiveError(f"{recipe}: not a recipe: give a file that `pressclip dataset recipe` wrote")
    if (version := head.get("schema_version")) != SCHEMA_VERSION:
        raise ArchiveError(
            f"{recipe}: schema version {version}, this program has {SCHEMA_VERSION}: rebuild it with "
            f"{head.get('software')}"
        )
    check(head, RecipeHead, recipe, _AGAIN)
    return head


def check_rows(recipe: Path, splits: Sequence[str]) -> None:
    """Raise ArchiveError where the rows of a recipe cannot be read, or where one of them is none of a dataset.

    *splits*: the splits in its head. A split is part of the names of files, an id is what rows are joined by.
    """
    with dataset_database(recipe) as connection:
        query = f"SELECT count(*), count(DISTINCT id), count(COLUMNS(*)) FROM {rows(recipe)}"  # reads every column
        count, different, *_ = connection.execute(query).fetchall()[0]
        where = """NOT list_contains(?, coalesce(split, '')) AND (split IS NOT NULL OR reason IS NULL)
            OR NOT regexp_full_match(id, '[0-9a-f]{64}')"""
        query = f"SELECT id, split FROM {rows(recipe)} WHERE {where} LIMIT 1"
        wrong = connection.execute(query, [list(splits)]).fetchall()
    if count != different:
        raise ArchiveError(f"{recipe}: {count - different:,} of {count:,} rows have the id of another: {_AGAIN}")
    if wrong:
        row, split = wrong[0]
        raise ArchiveError(f"{recipe}: the row {row!r} has the split {split!r}, which the head does not name, or an id "
                           f"that is none: {_AGAIN}")  # fmt: skip


def rows(recipe: Path) -> str:
    """Return the SQL that reads the rows of a recipe."""
    # duckdb would guess the packing from any name, and a recipe may be called as one likes
    options = "" if recipe.suffix == PARQUET else f", compression = '{'gzip' if recipe.suffix == GZIP else 'none'}'"
    return f"(SELECT * FROM {scan_sql([recipe], SCHEMA, options)} WHERE id IS NOT NULL)"


def _query(folder: Path) -> str:
    """Return the SQL for the recipe's rows: the kept rows by split and id, then the dropped rows by id."""
    parts = []
    for part in PARTS:
        if not (files := row_files(folder, part)):
            continue
        columns = ", ".join(_REMOVED if name == "removed" else f'"{name}"' for name in _NAMES)
        reason = "reason" if part == "dropped" else "NULL::VARCHAR AS reason"
        parts.append(f"SELECT {columns}, {reason} FROM {rows_sql(files)}")
    return " UNION ALL ".join(parts) + " ORDER BY reason IS NOT NULL, split, id"


def _write_lines(out: Path, head: dict[str, Any], batches: Iterable[pa.RecordBatch]) -> None:
    """Write the head as the first line, then the rows. The gzip header has no time: equal rows give equal bytes."""
    with whole_file(out) as half, half.open("wb") as raw:
        file = gzip.GzipFile("", "wb", 6, raw, 0) if out.suffix == GZIP else raw
        file.write(json_text({"recipe": head}).encode() + b"\n")
        for row in chain.from_iterable(batch.to_pylist() for batch in batches):
            file.write(json_text(row).encode() + b"\n")
        if file is not raw:
            file.close()

"""A dataset without its text: where each row lies, what was taken out of it, and the hashes that prove a rebuild."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from archive.dataset.provenance import manifest
from archive.dataset.table.database import BATCH, PARTS, dataset_database, row_files, rows_sql, scan_sql
from archive.dataset.table.files import table_writer
from archive.dataset.table.schema import COLUMNS, SCHEMA_VERSION
from archive.files.errors import ArchiveError, cannot_read
from archive.files.whole import whole_file

FORMAT = "pressclip recipe"
ENDS = (".jsonl.gz", ".jsonl", ".parquet")
HEAD = ("schema_version", "software", "rules_version", "options", "inputs", "rows", "dataset_sha256")
"""What the recipe says of the whole dataset, as its manifest does."""
_HEAD_KEY = "pressclip.recipe"

TAKEN = pa.struct(
    [("rule", pa.string()), ("stage", pa.string()), ("where", pa.string()), ("start", pa.int64()),
     ("end", pa.int64()), ("n_chars", pa.int32())]
)  # fmt: skip
_NAMES = (
    "id", "url", "warc_file", "warc_offset", "warc_length", "warc_digest", "warc_record_id", "source_file",
    "source_row", "extractor", "extractor_version", "rules_version", "removed", "text_sha256", "duplicate_of",
    "similarity", "cluster_id", "revision_of", "story_id", "shared_with", "split",
)  # fmt: skip
SCHEMA = pa.schema(
    [(name, {"removed": pa.list_(TAKEN)}.get(name, dict(COLUMNS)[name])) for name in _NAMES] + [("reason", pa.string())]
)
"""A recipe's row: no title, no text, and of what was taken out only the rule, the place and the length."""


def write(folder: Path, out: Path) -> dict[str, Any]:
    """Write the recipe of a dataset, its dropped rows included, and return its head.

    Raises ArchiveError where the dataset is not whole, or has not all columns.
    """
    said = manifest.read(folder)
    head = {"format": FORMAT} | {name: said[name] for name in HEAD}
    if said["options"].get("columns"):
        raise ArchiveError(f"{folder}: has not all columns, which a recipe needs: build it without --columns")
    if not out.name.endswith(ENDS):
        raise ArchiveError(f"{out}: the name of a recipe ends with one of {', '.join(ENDS)}")
    with dataset_database(folder) as connection:
        batches = connection.sql(_query(folder)).to_arrow_reader(BATCH)
        if out.suffix == ".parquet":
            schema = SCHEMA.with_metadata({_HEAD_KEY: json.dumps(head)})
            with table_writer(out, schema) as writer:
                for batch in batches:
                    writer.write_table(pa.Table.from_batches([batch]).cast(SCHEMA).cast(schema))
        else:
            _write_lines(out, head, batches)
    return head


def read_head(recipe: Path) -> dict[str, Any]:
    """Return what a recipe says of the whole dataset. Raises ArchiveError where the file is no recipe of ours."""
    try:
        if recipe.suffix == ".parquet":
            head = json.loads((pq.read_schema(recipe).metadata or {}).get(_HEAD_KEY.encode(), b"null"))
        else:
            with (gzip.open if recipe.suffix == ".gz" else open)(recipe, "rb") as file:
                head = json.loads(file.readline())["recipe"]
    except OSError as error:
        raise cannot_read(recipe, error) from error
    except (ValueError, KeyError, TypeError, EOFError, pa.ArrowException):
        head = None
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        raise ArchiveError(f"{recipe}: no recipe: give a file that `pressclip dataset recipe` wrote")
    if head["schema_version"] != SCHEMA_VERSION:
        raise ArchiveError(
            f"{recipe}: schema version {head['schema_version']}, this program has {SCHEMA_VERSION}: rebuild it with "
            f"{head['software']}"
        )
    return head


def rows(recipe: Path) -> str:
    """Return the SQL for a recipe's rows."""
    return f"(SELECT * FROM {scan_sql([recipe], SCHEMA)} WHERE id IS NOT NULL)"


def _query(folder: Path) -> str:
    """Return the SQL for the recipe's rows: the kept ones by split and id, then the dropped ones by id."""
    parts = []
    for part in PARTS:
        if not (files := row_files(folder, part)):
            continue
        taken = (
            "{'rule': t.rule, 'stage': t.stage, 'where': t.\"where\", 'start': t.start, 'end': t.\"end\", 'n_chars': "
        )
        removed = f"[{taken}length(t.text)}} FOR t IN removed] AS removed"
        columns = ", ".join(removed if name == "removed" else f'"{name}"' for name in _NAMES)
        reason = "reason" if part == "dropped" else "NULL::VARCHAR AS reason"
        parts.append(f"SELECT {columns}, {reason} FROM {rows_sql(files)}")
    return " UNION ALL ".join(parts) + " ORDER BY reason IS NOT NULL, split, id"


def _write_lines(out: Path, head: dict[str, Any], batches: Iterable[pa.RecordBatch]) -> None:
    """Write the head as the first line, then the rows; a gzip header without a time, for the same bytes each time."""
    with whole_file(out) as half, half.open("wb") as raw:
        file = gzip.GzipFile("", "wb", 6, raw, 0) if out.suffix == ".gz" else raw
        file.write(json.dumps({"recipe": head}, ensure_ascii=False).encode() + b"\n")
        for batch in batches:
            for row in batch.to_pylist():
                file.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
        if file is not raw:
            file.close()

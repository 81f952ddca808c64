"""The columns of a dataset row, version 1. Every row has all of them."""

from __future__ import annotations

import pyarrow as pa  # type: ignore[import-untyped]

from archive.dataset.table.signals import PII, SIGNALS

SCHEMA_VERSION = "1"

TIMESTAMP = pa.timestamp("us", "UTC")
REMOVED = pa.struct(
    [
        ("rule", pa.string()),
        ("stage", pa.string()),
        ("text", pa.string()),
        ("where", pa.string()),
        # text corpora only: positions in the input, from which the input can be restored byte for byte
        ("start", pa.int64()),
        ("end", pa.int64()),
    ]
)
SHARED = pa.struct(
    [
        ("id", pa.string()),
        ("fingerprints", pa.int32()),
        ("share", pa.float32()),
        ("words", pa.int32()),
        ("quoted_words", pa.int32()),
    ]
)
OPT_OUT = pa.struct([("signal", pa.string()), ("value", pa.string()), ("seen_at", TIMESTAMP)])

COLUMNS: tuple[tuple[str, pa.DataType], ...] = (
    ("id", pa.string()),  # sha256 (hex) of the WARC record's id, or of "source_file:source_row"
    ("url", pa.string()),
    ("host", pa.string()),
    ("fetched", TIMESTAMP),
    ("title", pa.string()),
    ("authors", pa.list_(pa.string())),
    ("published", TIMESTAMP),
    ("published_precision", pa.string()),  # "time" or "day"
    ("language", pa.string()),  # of the text, by its first 1,000 characters
    ("language_score", pa.float32()),
    ("declared_language", pa.string()),  # as the page declares it
    ("text", pa.string()),
    ("removed", pa.list_(REMOVED)),
    ("access", pa.string()),
    ("flags", pa.list_(pa.string())),
    ("n_chars", pa.int32()),
    ("n_words", pa.int32()),
    ("n_bytes", pa.int32()),
    ("text_sha256", pa.string()),
    ("warc_file", pa.string()),
    ("warc_offset", pa.int64()),
    ("warc_length", pa.int64()),
    ("warc_digest", pa.string()),
    ("warc_record_id", pa.string()),
    ("source_file", pa.string()),
    ("source_row", pa.int64()),
    ("extractor", pa.string()),
    ("extractor_version", pa.string()),
    ("rules_version", pa.string()),
    ("duplicate_of", pa.string()),
    ("similarity", pa.float32()),
    ("cluster_id", pa.string()),
    ("revision_of", pa.string()),
    ("story_id", pa.string()),
    ("shared_with", pa.list_(SHARED)),
    ("signals", pa.struct(list(SIGNALS))),
    ("pii", pa.struct(list(PII))),
    ("opt_out", pa.list_(OPT_OUT)),
    ("split", pa.string()),
)

NAMES: tuple[str, ...] = tuple(name for name, _ in COLUMNS)
DECIDED: tuple[str, ...] = (
    "duplicate_of",
    "similarity",
    "cluster_id",
    "revision_of",
    "story_id",
    "shared_with",
    "split",
)
"""Columns that depend on the whole dataset: null in stage 1, filled from the verdicts in stage 3."""

_METADATA = {"pressclip.schema_version": SCHEMA_VERSION}
SCHEMA = pa.schema(list(COLUMNS), metadata=_METADATA)
"""The schema of data/*.parquet and work/rows/*.parquet."""
DROPPED_SCHEMA = pa.schema([*COLUMNS, ("reason", pa.string())], metadata=_METADATA)
"""The schema of dropped/*.parquet: the same columns, and the reason why the row was dropped."""

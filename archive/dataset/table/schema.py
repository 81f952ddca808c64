"""Define the columns of a dataset row, version 2. Every row has all of them."""

from __future__ import annotations

import pyarrow as pa  # type: ignore[import-untyped]

from archive.dataset.table.signals import PII, SIGNALS

SCHEMA_VERSION = "2"

TIMESTAMP = pa.timestamp("us", "UTC")
TEXT, INT, LONG, SHARE = pa.string(), pa.int32(), pa.int64(), pa.float32()
# start and end: text corpora only, positions in the input, from which the input can be restored byte for byte
REMOVED = pa.struct([("rule", TEXT), ("stage", TEXT), ("text", TEXT), ("where", TEXT), ("start", LONG), ("end", LONG)])
SHARED = pa.struct([("id", TEXT), ("fingerprints", INT), ("share", SHARE), ("words", INT), ("quoted_words", INT)])
OPT_OUT = pa.struct([("signal", TEXT), ("value", TEXT), ("seen_at", TIMESTAMP)])

COLUMNS: tuple[tuple[str, pa.DataType], ...] = (
    ("id", TEXT),  # sha256 (hex) of the WARC record's id, or of "source_file:source_row"
    ("url", TEXT),
    ("host", TEXT),
    ("fetched", TIMESTAMP),
    ("title", TEXT),
    ("authors", pa.list_(TEXT)),
    ("published", TIMESTAMP),
    ("published_precision", TEXT),  # "time" or "day"
    ("language", TEXT),  # of the text, by its first 1,000 characters
    ("language_score", SHARE),
    ("declared_language", TEXT),  # as the page declares it
    ("text", TEXT),
    ("removed", pa.list_(REMOVED)),
    ("access", TEXT),
    ("kind", TEXT),
    ("confidence", pa.float64()),  # a condition such as `confidence >= 0.7` compares hundredths
    ("flags", pa.list_(TEXT)),
    ("n_chars", INT),
    ("n_words", INT),
    ("n_bytes", INT),
    ("text_sha256", TEXT),
    ("warc_file", TEXT),
    ("warc_offset", LONG),
    ("warc_length", LONG),
    ("warc_digest", TEXT),
    ("warc_record_id", TEXT),
    ("source_file", TEXT),
    ("source_row", LONG),
    ("extractor", TEXT),
    ("extractor_version", TEXT),
    ("rules_version", TEXT),
    ("duplicate_of", TEXT),
    ("similarity", SHARE),
    ("cluster_id", TEXT),
    ("revision_of", TEXT),
    ("story_id", TEXT),
    ("shared_with", pa.list_(SHARED)),
    ("signals", pa.struct(list(SIGNALS))),
    ("pii", pa.struct(list(PII))),
    ("opt_out", pa.list_(OPT_OUT)),
    ("split", TEXT),
)

NAMES: tuple[str, ...] = tuple(name for name, _ in COLUMNS)
DECIDED = ("duplicate_of", "similarity", "cluster_id", "revision_of", "story_id", "shared_with", "split")
"""Columns that depend on the whole dataset: null in stage 1, filled from the verdicts in stage 3."""

_METADATA = {"pressclip.schema_version": SCHEMA_VERSION}
SCHEMA = pa.schema(list(COLUMNS), metadata=_METADATA)
"""The schema of data/*.parquet and work/rows/*.parquet."""
DROPPED_SCHEMA = pa.schema([*COLUMNS, ("reason", TEXT)], metadata=_METADATA)
"""The schema of dropped/*.parquet: the same columns, and the reason why the row was dropped."""

"""Define the columns of a dataset row, version 2: those that every row has, and `blocks`, which is there on request."""

from __future__ import annotations

import pyarrow as pa  # type: ignore[import-untyped]

from archive.dataset.table.signals import PII, SIGNALS

SCHEMA_VERSION = "3"

TIMESTAMP = pa.timestamp("us", "UTC")
TEXT, INT, LONG, SHARE = pa.string(), pa.int32(), pa.int64(), pa.float32()
# start and end: text corpora only, positions in the input, from which the input can be restored byte for byte
REMOVED = pa.struct([("rule", TEXT), ("stage", TEXT), ("text", TEXT), ("where", TEXT), ("start", LONG), ("end", LONG)])
SHARED = pa.struct([("id", TEXT), ("fingerprints", INT), ("share", SHARE), ("words", INT), ("quoted_words", INT)])
SPAN = pa.struct([("start", INT), ("end", INT), ("kind", TEXT), ("value", TEXT)])
CELL = pa.struct(
    [("text", TEXT), ("spans", pa.list_(SPAN)), ("is_header", pa.bool_()), ("columns", INT), ("rows", INT)]
)
# the fields of docs/article.schema.json; one that says nothing, and is left out there, is null
BLOCK = pa.struct(
    [("kind", TEXT), ("text", TEXT), ("level", LONG), ("spans", pa.list_(SPAN)), ("cells", pa.list_(CELL)),
     ("table", INT), ("depth", INT), ("continues", pa.bool_()), ("language", TEXT), ("label", TEXT),
     ("quoted", INT), ("address", TEXT), ("marker", TEXT), ("src", TEXT), ("alt", TEXT), ("caption", TEXT)]
)  # fmt: skip
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
    ("ai_train", TEXT),
    ("ai_input", TEXT),
    ("search", TEXT),
    ("contradictory_uses", pa.list_(TEXT)),
    ("licenses", pa.list_(TEXT)),
    ("split", TEXT),
)

NAMES: tuple[str, ...] = tuple(name for name, _ in COLUMNS)
DECIDED = ("duplicate_of", "similarity", "cluster_id", "revision_of", "story_id", "shared_with", "split")
"""Columns that depend on the whole dataset: null in stage 1, filled from the verdicts in stage 3."""

BLOCKS = "blocks"
"""The column of the text's structure, the last one, which only those datasets have that ask for it."""

_METADATA = {"pressclip.schema_version": SCHEMA_VERSION}
SCHEMA = pa.schema(list(COLUMNS), metadata=_METADATA)
"""The schema of data/*.parquet and work/rows/*.parquet."""
DROPPED_SCHEMA = pa.schema([*COLUMNS, ("reason", TEXT)], metadata=_METADATA)
"""The schema of dropped/*.parquet: the same columns, and the reason why the row was dropped."""
_OPTIONAL = pa.field(BLOCKS, pa.list_(BLOCK))
WIDE_SCHEMA = pa.schema([*COLUMNS, _OPTIONAL, ("reason", TEXT)], metadata=_METADATA)
"""Every column that a row can have."""


def schema_with(*, blocks: bool, reason: bool = False) -> pa.Schema:
    """Return the schema of rows with or without `blocks`, or of dropped rows, which have a `reason`."""
    schema = DROPPED_SCHEMA if reason else SCHEMA
    return schema.insert(len(COLUMNS), _OPTIONAL) if blocks else schema

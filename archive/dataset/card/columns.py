"""Describe what each column means and where it is from, for the card, Croissant and docs/dataset-columns.md."""

from __future__ import annotations

import json
import tomllib
from importlib.resources import files
from io import TextIOWrapper
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

_COLUMNS: dict[str, dict[str, str]] = tomllib.loads((files("archive.dataset.card") / "columns.toml").read_text("utf-8"))
MEANINGS = {name: column["meaning"] for name, column in _COLUMNS.items()}
"""Each column and each field of a column, in the schema's order, then the columns of views."""
SOURCES = {name: column["source"] for name, column in _COLUMNS.items() if "source" in column}
"""Where the value of a column comes from."""


def type_of(kind: pa.DataType) -> str:
    """Return the name of a type for readers.

    >>> type_of(pa.list_(pa.string())), type_of(pa.int32()), type_of(pa.timestamp("us", "UTC"))
    ('list of text', 'integer', 'timestamp')
    """
    if pa.types.is_list(kind):
        return f"list of {type_of(kind.value_type)}"
    if pa.types.is_struct(kind):
        return "fields"
    if pa.types.is_timestamp(kind):
        return "timestamp"
    names = {pa.string(): "text", pa.bool_(): "yes or no"}
    return names.get(kind, "integer" if pa.types.is_integer(kind) else "number")


def schema_of(path: Path, full: pa.Schema) -> pa.Schema:
    """Return the columns of a row file. JSON lines have only names; their types are those of *full*."""
    if path.suffix == ".parquet":
        return pq.read_schema(path)
    with pa.input_stream(path, compression="detect") as stream, TextIOWrapper(stream, "utf-8") as file:
        names = json.loads(file.readline() or "{}")
    fields = [full.field(name) if name in full.names else pa.field(name, pa.string()) for name in names]
    return pa.schema(fields) if fields else full


def rows_of(schema: pa.Schema) -> list[tuple[str, str, str, str]]:
    """Return name, type, meaning and source of every column, each followed by its fields."""
    rows = []
    for field in schema:
        kind = field.type.value_type if pa.types.is_list(field.type) else field.type
        parts = kind if pa.types.is_struct(kind) else ()
        for name, type_ in [(field.name, field.type), *((f"{field.name}.{part.name}", part.type) for part in parts)]:
            rows.append((name, type_of(type_), MEANINGS.get(name, ""), SOURCES.get(field.name, "")))
    return rows

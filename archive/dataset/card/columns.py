"""Describe what each column means and where it is from, for the card, Croissant and docs/dataset-columns.md."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from io import TextIOWrapper
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from archive.dataset.table.schema import WIDE_SCHEMA

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
    """Return the columns of a row file, those of *full* for JSON lines without a row. JSON lines have only names."""
    if path.suffix == ".parquet":
        return pq.read_schema(path)
    with pa.input_stream(path, compression="detect") as stream, TextIOWrapper(stream, "utf-8") as file:
        names = json.loads(file.readline() or "{}")
    known = WIDE_SCHEMA
    fields = [known.field(name) if name in known.names else pa.field(name, pa.string()) for name in names]
    return pa.schema(fields) if fields else full


def rows_of(schema: pa.Schema) -> list[tuple[str, str, str, str]]:
    """Return name, type, meaning and source of every column, each followed by its fields."""
    return [
        (name, type_of(kind), MEANINGS.get(name, ""), SOURCES.get(name.partition(".")[0], ""))
        for field in schema
        for name, kind in _named(field)
    ]


def _named(field: pa.Field, above: str = "") -> Iterator[tuple[str, pa.DataType]]:
    """Yield a field and those below it, by their paths."""
    name = above + field.name
    yield name, field.type
    kind = field.type.value_type if pa.types.is_list(field.type) else field.type
    for part in kind if pa.types.is_struct(kind) else ():
        yield from _named(part, f"{name}.")

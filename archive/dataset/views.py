"""Which columns the data files have, and under which names."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa  # type: ignore[import-untyped]

from archive.dataset.schema import NAMES
from archive.files.errors import ArchiveError

LIKE_FINEWEB = "like-fineweb"
_FINEWEB = {
    "text": "text",
    "id": "id",
    "url": "url",
    "date": "fetched",
    "file_path": "file_path",
    "language": "language",
    "language_score": "language_score",
    "n_words": "n_words",
}
"""FineWeb's names over ours. Its token_count is of a tokenizer that has to be downloaded: n_words stands for it."""


@dataclass(frozen=True, slots=True)
class View:
    """Names of columns over the schema's columns; empty: the schema as it is."""

    columns: tuple[tuple[str, str], ...] = ()

    def table_of(self, table: pa.Table) -> pa.Table:
        """Return a table's columns by this view."""
        if not self.columns:
            return table
        return pa.table([_column(table, source) for _, source in self.columns], schema=self.schema_of(table.schema))

    def schema_of(self, schema: pa.Schema) -> pa.Schema:
        """Return the schema of what `table_of` gives."""
        if not self.columns:
            return schema
        fields = [
            (name, pa.string() if source == "file_path" else schema.field(source).type) for name, source in self.columns
        ]
        return pa.schema(fields, metadata=schema.metadata)


FULL = View()


def view_of(columns: tuple[str, ...]) -> View:
    """Return the view that `--columns` asks for; ArchiveError for a name that is no column."""
    if columns == (LIKE_FINEWEB,):
        return View(tuple(_FINEWEB.items()))
    if unknown := next((name for name in columns if name not in NAMES), None):
        raise ArchiveError(f"--columns: no column '{unknown}': give {LIKE_FINEWEB}, or some of {', '.join(NAMES)}")
    return View(tuple((name, name) for name in columns))


def _column(table: pa.Table, source: str) -> pa.ChunkedArray:
    if source != "file_path":
        return table.column(source)
    files = zip(table.column("warc_file").to_pylist(), table.column("source_file").to_pylist(), strict=True)
    return pa.chunked_array([pa.array([warc or file for warc, file in files], pa.string())])

"""Choose the columns of a dataset's row files, as `--columns` names them."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from archive.dataset.table.schema import BLOCKS, NAMES, WIDE_SCHEMA
from archive.files.errors import ArchiveError

View = Mapping[str, str]
"""The columns of a row file: the name there, and ours."""

LIKE_FINEWEB = "like-fineweb"
_FINEWEB = {
    "text": "text", "id": "id", "url": "url", "date": "fetched", "file_path": "file_path", "language": "language",
    "language_score": "language_score", "n_words": "n_words",
}  # fmt: skip
"""FineWeb's column names and ours. FineWeb has a token_count, whose tokenizer must be downloaded; we give n_words."""
_ALL = (*NAMES, BLOCKS)


def view_of(columns: tuple[str, ...]) -> View:
    """Return the view that `--columns` names: all but `blocks` for none; these; or all with `+` and without `-` some.

    Raises ArchiveError for an unknown column, and for names of which only some have a sign.

    >>> list(view_of(("url", "blocks"))), list(view_of(("+blocks", "-removed")))[-2:]
    (['url', 'blocks'], ['split', 'blocks'])
    """
    if columns == (LIKE_FINEWEB,):
        return _FINEWEB
    signed = [name for name in columns if name.startswith(("+", "-"))]
    if signed and len(signed) < len(columns):
        plain = next(name for name in columns if name not in signed)
        raise ArchiveError(
            f"--columns: '{plain}' has no sign and '{signed[0]}' has one: give each name + or -, or none"
        )
    names = [name[1:] if signed else name for name in columns]
    if (unknown := next((name for name in names if name not in _ALL), None)) is not None:
        raise ArchiveError(f"--columns: no column '{unknown}': give {LIKE_FINEWEB}, or some of {', '.join(_ALL)}")
    if signed:
        added = [name[1:] for name in columns if name.startswith("+")]
        names = [name for name in (*NAMES, *added) if f"-{name}" not in columns]
        if not names:
            raise ArchiveError("--columns: leaves no column: leave fewer out")
    return {name: name for name in names or NAMES}


def schema_of_view(view: View, schema: pa.Schema) -> pa.Schema:
    """Return the schema of a row file with these columns of *schema*."""
    kinds = {name: pa.string() if ours == "file_path" else WIDE_SCHEMA.field(ours).type for name, ours in view.items()}
    return pa.schema(kinds, metadata=schema.metadata)


def viewed(table: pa.Table, view: View) -> pa.Table:
    """Return the columns of a view, under the names there."""
    return pa.table([_column(table, ours) for ours in view.values()], schema=schema_of_view(view, table.schema))


def _column(table: pa.Table, name: str) -> pa.ChunkedArray:
    if name == "file_path":
        return pc.coalesce(table.column("warc_file"), table.column("source_file"))
    return table.column(name)

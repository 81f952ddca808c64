"""Read pages and texts out of files, folders, JSON lines and Parquet, and decide which responses are pages."""

from archive.readers.files import (
    ENDINGS,
    MAX_PAGE,
    MAX_TEXT,
    Kind,
    files_in,
    kind_of,
    read_file,
    require_path,
    too_large,
)
from archive.readers.rows import Row, read_column, read_rows

__all__ = [
    "ENDINGS", "MAX_PAGE", "MAX_TEXT", "Kind", "Row", "files_in", "kind_of", "read_column", "read_file", "read_rows",
    "require_path", "too_large",
]  # fmt: skip

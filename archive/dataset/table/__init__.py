"""What a dataset is on disk: its columns, its files, and duckdb to read them."""

from archive.dataset.table.options import Options
from archive.dataset.table.schema import COLUMNS, SCHEMA, SCHEMA_VERSION

__all__ = ["COLUMNS", "SCHEMA", "SCHEMA_VERSION", "Options"]

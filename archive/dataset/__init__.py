"""Datasets: articles of collections, WARC files, folders and text corpora as rows that lead back to their source.

Needs the extra `datasets`; `import archive` does not.
"""

from archive.dataset.schema import COLUMNS, SCHEMA, SCHEMA_VERSION

__all__ = ["COLUMNS", "SCHEMA", "SCHEMA_VERSION"]

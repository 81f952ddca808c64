"""Datasets: articles of collections, WARC files, folders and text corpora as rows that lead back to their source.

Needs the extra `datasets`; `import archive` does not.
"""

from archive.dataset.build import Built, build
from archive.dataset.inputs.shards import Shard
from archive.dataset.rows import build_shard
from archive.dataset.table.options import Options
from archive.dataset.table.schema import COLUMNS, SCHEMA, SCHEMA_VERSION

__all__ = ["COLUMNS", "SCHEMA", "SCHEMA_VERSION", "Built", "Options", "Shard", "build", "build_shard"]

"""Datasets: articles of collections, WARC files, folders and text corpora as rows that lead back to their source.

Needs the extra `datasets`; `import archive` does not.
"""

from archive.dataset.build import Built, build
from archive.dataset.inputs.shards import Shard
from archive.dataset.options import Options
from archive.dataset.schema import COLUMNS, SCHEMA, SCHEMA_VERSION
from archive.dataset.shard import build_shard

__all__ = ["COLUMNS", "SCHEMA", "SCHEMA_VERSION", "Built", "Options", "Shard", "build", "build_shard"]

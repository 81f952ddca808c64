"""Datasets: articles of collections, WARC files, folders and text corpora as rows that lead back to their source.

Needs the extra `datasets`; `import archive` does not. Building in tasks under datatrove needs the extra `scale`.
"""

from archive.dataset.build import Built, build, describe
from archive.dataset.card import Statistics, read_statistics
from archive.dataset.distributed import Engine, Stage, load_datatrove, plan_in, planned_in, run_tasks
from archive.dataset.inputs import Shard
from archive.dataset.plan import Over
from archive.dataset.provenance import (
    Difference,
    RuleDifference,
    check_manifest,
    diff,
    options_of,
    prove,
    read_manifest,
    read_recipe_head,
    write_recipe,
)
from archive.dataset.rebuild import Rebuilt, rebuild
from archive.dataset.rows import build_shard
from archive.dataset.table import COLUMNS, SCHEMA, SCHEMA_VERSION, Options

__all__ = [
    "COLUMNS",
    "SCHEMA",
    "SCHEMA_VERSION",
    "Built",
    "Difference",
    "Engine",
    "Options",
    "Over",
    "Rebuilt",
    "RuleDifference",
    "Shard",
    "Stage",
    "Statistics",
    "build",
    "build_shard",
    "check_manifest",
    "describe",
    "diff",
    "load_datatrove",
    "options_of",
    "plan_in",
    "planned_in",
    "prove",
    "read_manifest",
    "read_recipe_head",
    "read_statistics",
    "rebuild",
    "run_tasks",
    "write_recipe",
]

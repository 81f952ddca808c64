"""Datasets: articles of collections, WARC files, folders and text corpora as rows that lead back to their source.

Needs the extra `datasets`; `import archive` does not. Building in tasks under datatrove needs the extra `scale`.
"""

from archive.dataset.build import Built, build, describe
from archive.dataset.card.statistics import Statistics, read_statistics
from archive.dataset.card.training_summary import (
    TO_COMPLETE,
    Fetcher,
    TrainingSummary,
    read_training_summary,
    training_summary,
)
from archive.dataset.distributed.tasks import (
    Engine,
    Stage,
    load_datatrove,
    on_disk,
    plan_in,
    planned_in,
    run_tasks,
    sign_dataset,
)
from archive.dataset.inputs.remote import is_url
from archive.dataset.inputs.shards import Shard
from archive.dataset.plan import Over, is_finished
from archive.dataset.provenance.diff import Difference, RuleDifference, diff
from archive.dataset.provenance.manifest import check as check_manifest
from archive.dataset.provenance.manifest import check_signature
from archive.dataset.provenance.manifest import read as read_manifest
from archive.dataset.provenance.proofs import options_of, prove
from archive.dataset.provenance.recipe import read_head as read_recipe_head
from archive.dataset.provenance.recipe import write as write_recipe
from archive.dataset.rebuild import Rebuilt, rebuild
from archive.dataset.rows import ShardDone, build_shard
from archive.dataset.table.options import Options
from archive.dataset.table.schema import COLUMNS, SCHEMA, SCHEMA_VERSION
from archive.dataset.table.steps import Share

__all__ = [
    "COLUMNS",
    "SCHEMA",
    "SCHEMA_VERSION",
    "TO_COMPLETE",
    "Built",
    "Difference",
    "Engine",
    "Fetcher",
    "Options",
    "Over",
    "Rebuilt",
    "RuleDifference",
    "Shard",
    "ShardDone",
    "Share",
    "Stage",
    "Statistics",
    "TrainingSummary",
    "build",
    "build_shard",
    "check_manifest",
    "check_signature",
    "describe",
    "diff",
    "is_finished",
    "is_url",
    "load_datatrove",
    "on_disk",
    "options_of",
    "plan_in",
    "planned_in",
    "prove",
    "read_manifest",
    "read_recipe_head",
    "read_statistics",
    "read_training_summary",
    "rebuild",
    "run_tasks",
    "sign_dataset",
    "training_summary",
    "write_recipe",
]

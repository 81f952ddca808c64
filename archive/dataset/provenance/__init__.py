"""What proves a dataset: its manifest, its recipe, the way from a row to its source, and the difference of two."""

from archive.dataset.provenance.diff import Difference, RuleDifference, diff
from archive.dataset.provenance.manifest import check as check_manifest
from archive.dataset.provenance.manifest import read as read_manifest
from archive.dataset.provenance.proofs import options_of, prove
from archive.dataset.provenance.recipe import read_head as read_recipe_head
from archive.dataset.provenance.recipe import write as write_recipe

__all__ = [
    "Difference",
    "RuleDifference",
    "check_manifest",
    "diff",
    "options_of",
    "prove",
    "read_manifest",
    "read_recipe_head",
    "write_recipe",
]

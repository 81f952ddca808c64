"""The block model: evidence about each block of a page, and small trees that weigh it."""

from cleaners.model.evidence import Matrix, PageFacts, weigh
from cleaners.model.neighbours import surroundings
from cleaners.model.outline import Outline
from cleaners.model.trees import NAMES, BlockModel, model_bytes, packaged_model, read_model

__all__ = [
    "NAMES",
    "BlockModel",
    "Matrix",
    "Outline",
    "PageFacts",
    "model_bytes",
    "packaged_model",
    "read_model",
    "surroundings",
    "weigh",
]

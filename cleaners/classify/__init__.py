"""The block model: evidence about each block of a page, and small trees that weigh it."""

from cleaners.classify.features import Matrix, PageFacts, surroundings, weigh
from cleaners.classify.outline import Outline
from cleaners.classify.trees import NAMES, BlockModel, model_bytes, packaged_model, read_model

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

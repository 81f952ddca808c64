"""Which blocks of a page are its article: features of each block, and small decision trees that weigh them."""

from cleaners.classify.confidence import (
    DOUBTFUL_BELOW,
    LOW_CONFIDENCE,
    RIGHT,
    Calibration,
    DecisionFacts,
    packaged_calibration,
    read_calibration,
)
from cleaners.classify.features import Matrix, PageFacts, surroundings, weigh
from cleaners.classify.index_pages import INDEX_PAGE
from cleaners.classify.kinds import PageKind
from cleaners.classify.outline import Outline
from cleaners.classify.trees import (
    EARLY,
    NAMES,
    BlockModel,
    Floats,
    ModelName,
    Models,
    Trees,
    model_bytes,
    packaged_model,
    read_model,
)

__all__ = [
    "DOUBTFUL_BELOW",
    "EARLY",
    "INDEX_PAGE",
    "LOW_CONFIDENCE",
    "NAMES",
    "RIGHT",
    "BlockModel",
    "Calibration",
    "DecisionFacts",
    "Floats",
    "Matrix",
    "ModelName",
    "Models",
    "Outline",
    "PageFacts",
    "PageKind",
    "Trees",
    "model_bytes",
    "packaged_calibration",
    "packaged_model",
    "read_calibration",
    "read_model",
    "surroundings",
    "weigh",
]

"""Find debris lines in ready-made text by what a line is among its neighbours."""

from cleaners.line_model.model import LineModel, LineScores, Reasons, line_model
from cleaners.line_model.passages import debris
from cleaners.line_model.roughness import Roughness, roughness

__all__ = ["LineModel", "LineScores", "Reasons", "Roughness", "debris", "line_model", "roughness"]

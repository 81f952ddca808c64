"""The dataset's front page: its card, figures, charts and croissant.json."""

from archive.dataset.card.statistics import Statistics, read_statistics

__all__ = ["Statistics", "read_statistics"]

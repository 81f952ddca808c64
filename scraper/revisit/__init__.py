"""Which URLs are requested again and when, and whether what came back is new."""

from scraper.revisit.schedule import LOOKS, bounds
from scraper.revisit.visits import Revisits

__all__ = ["LOOKS", "Revisits", "bounds"]

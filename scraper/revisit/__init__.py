"""Decide which URLs are requested again and when, and whether what came back is new."""

from scraper.revisit.revisits import LOOKS, Revisits, bounds, bounds_of

__all__ = ["LOOKS", "Revisits", "bounds", "bounds_of"]

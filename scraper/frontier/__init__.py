"""The frontier: every URL of the crawl, its state, and how it ended."""

from scraper.frontier.enqueue import MAX_ATTEMPTS
from scraper.frontier.frontier import CHUNK, LEASE, Frontier
from scraper.frontier.tables import Found, FrontierError, Hold, Kind, Row, Visit

__all__ = ["CHUNK", "LEASE", "MAX_ATTEMPTS", "Found", "Frontier", "FrontierError", "Hold", "Kind", "Row", "Visit"]

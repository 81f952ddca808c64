"""Keep every URL of the crawl, its state and its final status in a database."""

from scraper.frontier.database import FRONTIER
from scraper.frontier.enqueue import EARLY, MAX_ATTEMPTS, sources_of
from scraper.frontier.frontier import CHUNK, LEASE, Frontier
from scraper.frontier.leases import RENEWALS
from scraper.frontier.tables import FoundUrl, FrontierError, Kind, Row, Visit

__all__ = [
    "CHUNK",
    "EARLY",
    "FRONTIER",
    "LEASE",
    "MAX_ATTEMPTS",
    "RENEWALS",
    "FoundUrl",
    "Frontier",
    "FrontierError",
    "Kind",
    "Row",
    "Visit",
    "sources_of",
]

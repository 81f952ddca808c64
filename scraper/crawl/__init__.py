"""Run one crawl from start to end."""

from scraper.crawl.options import Cleaner, CrawlError, CrawlOptions, Event
from scraper.crawl.run import CrawlReport, Fetched, fetch_urls, run_crawl

__all__ = ["Cleaner", "CrawlError", "CrawlOptions", "CrawlReport", "Event", "Fetched", "fetch_urls", "run_crawl"]

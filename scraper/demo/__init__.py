"""Four invented news sites, served on loopback: the demo crawls them, and tests compare texts with their true texts."""

from scraper.demo.edition import DemoArticle, SeedTable, publish
from scraper.demo.server import RunningSite, serve
from scraper.demo.site import Site, Trap, sites

__all__ = ["DemoArticle", "RunningSite", "SeedTable", "Site", "Trap", "publish", "serve", "sites"]

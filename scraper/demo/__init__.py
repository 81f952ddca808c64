"""Serve four invented news sites on loopback, for the demo and for tests that compare texts with the true texts."""

from scraper.demo.edition import DemoArticle, SeedTable, publish
from scraper.demo.server import RunningSite, serve
from scraper.demo.site import Site, Trap, sites

__all__ = ["DemoArticle", "RunningSite", "SeedTable", "Site", "Trap", "publish", "serve", "sites"]

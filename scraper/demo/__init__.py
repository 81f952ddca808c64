"""Four invented news sites on the loopback interface: what the demo crawls and the tests measure against."""

from scraper.demo.edition import DemoArticle, SeedTable, publish
from scraper.demo.server import RunningSite, serve
from scraper.demo.site import Site, Trap, sites

__all__ = ["DemoArticle", "RunningSite", "SeedTable", "Site", "Trap", "publish", "serve", "sites"]

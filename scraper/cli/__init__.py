"""The command line."""

from scraper.cli.main import main

__all__ = ["main"]

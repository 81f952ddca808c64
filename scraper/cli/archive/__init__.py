"""`pressclip archive`: look into the archive, maintain it, exchange it, and clean its pages again."""

from scraper.cli.archive.group import archive

__all__ = ["archive"]

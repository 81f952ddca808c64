"""`pressclip archive`: search and show pages, check, repair and exchange the archive, and clean its pages again."""

from scraper.cli.archive.group import archive

__all__ = ["archive"]

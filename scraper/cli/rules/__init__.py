"""`pressclip rules`: list and check the rules, learn new ones from the archive, review and retire them."""

from scraper.cli.rules.commands import rules

__all__ = ["rules"]

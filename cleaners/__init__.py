"""Bytes and a URL in, an Article out: text without debris, and a reason for everything that was removed. Pure: no
network, no clock."""

from cleaners.article import Article, Block, Removal
from cleaners.clean import clean
from cleaners.formats import render
from cleaners.many import Page, clean_many, clean_page, work_many
from cleaners.proof import prove
from cleaners.rulefile import holds_rules, load_rules
from cleaners.ruleset import RuleError, RuleSet
from cleaners.textmode import clean_text, restore

__all__ = [
    "Article",
    "Block",
    "Page",
    "Removal",
    "RuleError",
    "RuleSet",
    "clean",
    "clean_many",
    "clean_page",
    "clean_text",
    "holds_rules",
    "load_rules",
    "prove",
    "render",
    "restore",
    "work_many",
]

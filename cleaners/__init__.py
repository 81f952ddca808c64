"""Bytes and a URL in, an Article out: text without debris, and a reason for everything that was removed. Pure: no
network, no clock."""

from cleaners.article import Article, Block, Removal
from cleaners.clean import clean
from cleaners.many import Page, clean_many, clean_page, work_many
from cleaners.output import render
from cleaners.rules import (
    VERSION,
    DomRule,
    Evidence,
    LineRule,
    RuleError,
    RuleSet,
    SiteRules,
    holds_rules,
    host_key,
    load_rules,
    prove,
    read_rule,
    site_names,
)
from cleaners.text_mode import clean_text, restore

__all__ = [
    "VERSION",
    "Article",
    "Block",
    "DomRule",
    "Evidence",
    "LineRule",
    "Page",
    "Removal",
    "RuleError",
    "RuleSet",
    "SiteRules",
    "clean",
    "clean_many",
    "clean_page",
    "clean_text",
    "holds_rules",
    "host_key",
    "load_rules",
    "prove",
    "read_rule",
    "render",
    "restore",
    "site_names",
    "work_many",
]

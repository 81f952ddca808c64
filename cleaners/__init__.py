"""Turn a page's bytes into an Article: text without debris, and a reason for everything that was removed. Nothing here
uses the network or the clock."""

# first: it keeps modules that are compiled from an older source from being used
from cleaners.compiled import compiled_modules  # isort: split

from cleaners.article import Article, Block, Cell, Page, Removal, read_blocks
from cleaners.classify import DOUBTFUL_BELOW, INDEX_PAGE, LOW_CONFIDENCE
from cleaners.clean import NEEDS_JAVASCRIPT, PAGE_SECONDS, clean, clean_many, clean_page, lost_article
from cleaners.html.decode import Decoded, decode
from cleaners.html.inline import Span
from cleaners.metadata import guess_language, read_json
from cleaners.output.formats import render
from cleaners.output.json_text import json_text
from cleaners.pool import LostError, Pool, PoolError, cores, work_many
from cleaners.rules.choice import CleanOptions, Family, families, read_keep
from cleaners.rules.load import (
    VERSION,
    RuleFile,
    load_in_force,
    load_rules,
    prove,
    read_rule,
    read_rule_files,
    rule_folders,
)
from cleaners.rules.model import DomRule, Evidence, LineRule, RuleError, RuleSet, SiteRules
from cleaners.rules.patterns import BoundedPattern, SlowPatternError, bounded
from cleaners.rules.sites import belongs_to, host_key, host_of, rule_hosts
from cleaners.stand_ins import LOGIN, NOT_FOUND_PAGE
from cleaners.text_mode import clean_text, restore

__all__ = [
    "DOUBTFUL_BELOW",
    "INDEX_PAGE",
    "LOGIN",
    "LOW_CONFIDENCE",
    "NEEDS_JAVASCRIPT",
    "NOT_FOUND_PAGE",
    "PAGE_SECONDS",
    "VERSION",
    "Article",
    "Block",
    "BoundedPattern",
    "Cell",
    "CleanOptions",
    "Decoded",
    "DomRule",
    "Evidence",
    "Family",
    "LineRule",
    "LostError",
    "Page",
    "Pool",
    "PoolError",
    "Removal",
    "RuleError",
    "RuleFile",
    "RuleSet",
    "SiteRules",
    "SlowPatternError",
    "Span",
    "belongs_to",
    "bounded",
    "clean",
    "clean_many",
    "clean_page",
    "clean_text",
    "compiled_modules",
    "cores",
    "decode",
    "families",
    "guess_language",
    "host_key",
    "host_of",
    "json_text",
    "load_in_force",
    "load_rules",
    "lost_article",
    "prove",
    "read_blocks",
    "read_json",
    "read_keep",
    "read_rule",
    "read_rule_files",
    "render",
    "restore",
    "rule_folders",
    "rule_hosts",
    "work_many",
]

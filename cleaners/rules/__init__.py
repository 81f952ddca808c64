"""What a rule is, reading rule files, and applying rules to elements and lines."""

from cleaners.rules.load import VERSION, holds_rules, load_rules, prove, read_rule
from cleaners.rules.model import (
    DomRule,
    Evidence,
    LineRule,
    RuleError,
    RuleSet,
    SiteRules,
    host_key,
    site_names,
)

__all__ = [
    "VERSION",
    "DomRule",
    "Evidence",
    "LineRule",
    "RuleError",
    "RuleSet",
    "SiteRules",
    "holds_rules",
    "host_key",
    "load_rules",
    "prove",
    "read_rule",
    "site_names",
]

"""What a rule is, reading rule files, and applying rules to elements and lines."""

from cleaners.rules.load import VERSION, load_in_force, load_rules, prove, read_rule, rule_folders
from cleaners.rules.model import (
    DomRule,
    Evidence,
    LineRule,
    RuleError,
    RuleSet,
    SiteRules,
)
from cleaners.rules.sites import belongs_to, host_key, host_of, rule_hosts

__all__ = [
    "VERSION",
    "DomRule",
    "Evidence",
    "LineRule",
    "RuleError",
    "RuleSet",
    "SiteRules",
    "belongs_to",
    "host_key",
    "host_of",
    "load_in_force",
    "load_rules",
    "prove",
    "read_rule",
    "rule_folders",
    "rule_hosts",
]

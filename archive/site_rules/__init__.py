"""Rules that the archive teaches: proposed from what comes back on a host's pages, judged by a person, in force."""

from archive.site_rules.effect import PageEffect, RuleEffect, proposed_effects
from archive.site_rules.health import RuleHealth, health
from archive.site_rules.in_force import rule_paths, rule_paths_of
from archive.site_rules.learn import Learned, learn, learn_corpus
from archive.site_rules.store import Counts, Firing, Statistics, Updated

__all__ = [
    "Counts",
    "Firing",
    "Learned",
    "PageEffect",
    "RuleEffect",
    "RuleHealth",
    "Statistics",
    "Updated",
    "health",
    "learn",
    "learn_corpus",
    "proposed_effects",
    "rule_paths",
    "rule_paths_of",
]

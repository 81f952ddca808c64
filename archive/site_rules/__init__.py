"""Learn rules from the archive, keep them in rule files, and measure what they do."""

from archive.site_rules.effect import PageEffect, RuleEffect, proposed_effects
from archive.site_rules.files import (
    Snapshot,
    State,
    accept,
    accepted_rules_of,
    certainty,
    host_name,
    hosts_with_rules,
    read_proposals,
    reject,
    retire,
    rule_file,
    write_proposed,
)
from archive.site_rules.health import RuleHealth, health
from archive.site_rules.learn import Learned, learn, learn_corpus
from archive.site_rules.store import CORPORA, Corpora, Counts, Firing, Statistics, Updated

__all__ = [
    "CORPORA", "Corpora", "Counts", "Firing", "Learned", "PageEffect", "RuleEffect", "RuleHealth", "Snapshot",
    "State", "Statistics", "Updated", "accept", "accepted_rules_of", "certainty", "health", "host_name",
    "hosts_with_rules", "learn", "learn_corpus", "proposed_effects", "read_proposals", "reject", "retire",
    "rule_file", "write_proposed",
]  # fmt: skip

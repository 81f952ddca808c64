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
from archive.site_rules.learn import LEARNED, Learned, LearnedTexts, learn, learn_corpus, learn_texts
from archive.site_rules.store import CORPORA, Corpora, CorpusText, Counts, Firing, Statistics, Updated, corpus_texts

__all__ = [
    "CORPORA", "LEARNED", "Corpora", "CorpusText", "Counts", "Firing", "Learned", "LearnedTexts", "PageEffect",
    "RuleEffect", "RuleHealth", "Snapshot", "State", "Statistics", "Updated", "accept", "accepted_rules_of",
    "certainty", "corpus_texts", "health", "host_name", "hosts_with_rules", "learn", "learn_corpus", "learn_texts",
    "proposed_effects", "read_proposals", "reject", "retire", "rule_file", "write_proposed",
]  # fmt: skip

"""Learn rules from the archive, keep them in rule files, and measure what they do."""

from archive.site_rules.effect import PageEffect, RuleEffect, proposed_effects
from archive.site_rules.files import (
    Snapshot,
    State,
    accept,
    accepted_rules_of,
    add_proposed,
    certainty,
    count_rules,
    host_name,
    hosts_with_rules,
    read_proposals,
    reject,
    retire,
    rule_file,
    rules_host,
    skip,
    withdraw,
    write_proposed,
)
from archive.site_rules.health import RuleHealth, health
from archive.site_rules.judgements import JUDGEMENTS, Judgement, Verdict, add_judgement, read_judgements
from archive.site_rules.learn import LEARNED, Learned, LearnedTexts, learn, learn_corpus, learn_mark, learn_texts
from archive.site_rules.marks import InForce, Suggestion, put_in_force, rules_after, suggest, take_back
from archive.site_rules.review import Answer, ChangedError, Decision, Review, proposal_digest, proposals_of, waiting
from archive.site_rules.store import CORPORA, Corpora, CorpusText, Counts, Firing, Statistics, Updated, corpus_texts

__all__ = [
    "CORPORA", "JUDGEMENTS", "LEARNED", "Answer", "ChangedError", "Corpora", "CorpusText", "Counts", "Decision",
    "Firing", "InForce", "Judgement", "Learned", "LearnedTexts", "PageEffect", "Review", "RuleEffect",
    "RuleHealth", "Snapshot", "State", "Statistics", "Suggestion", "Updated", "Verdict", "accept",
    "accepted_rules_of", "add_judgement", "add_proposed", "certainty", "corpus_texts", "count_rules", "health",
    "host_name", "hosts_with_rules", "learn", "learn_corpus", "learn_mark", "learn_texts", "proposal_digest",
    "proposals_of", "proposed_effects", "put_in_force", "read_judgements", "read_proposals", "reject", "retire",
    "rule_file", "rules_after", "rules_host", "skip", "suggest", "take_back", "waiting", "withdraw",
    "write_proposed",
]  # fmt: skip

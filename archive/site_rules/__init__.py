"""Rules that the archive teaches: proposed from what comes back on a host's pages, judged by a person, in force."""

from archive.site_rules.in_force import proposed_paths, rule_paths, rule_paths_of

__all__ = ["proposed_paths", "rule_paths", "rule_paths_of"]

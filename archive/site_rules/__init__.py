"""Rules that the archive teaches: proposed from what comes back on a host's pages, judged by a person, in force."""

from archive.site_rules.in_force import rule_paths

__all__ = ["rule_paths"]

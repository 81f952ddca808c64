"""The rules in force: the packaged ones, those that somebody accepted for the data root, and those given by hand."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cleaners import RuleSet

ACCEPTED, PROPOSED = Path("rules", "sites"), Path("rules", "proposed")
"""Below a data root, as `archive.site_rules` says, which takes as long to import as a page to clean; a test compares
them."""


def load_in_force(data: Path | None, more: Iterable[Path] = ()) -> RuleSet:
    """Return the rules that hold for the data root *data*, and after them those of the files or folders *more*.

    Raises RuleError for a rule that is not understood, naming file and rule.
    """
    from cleaners import holds_rules, load_rules

    accepted = [data / ACCEPTED] if data and holds_rules(data / ACCEPTED) else []
    return load_rules(*accepted, *more)


def sent(rules: RuleSet) -> RuleSet | None:
    """Return what a process of its own must be sent: nothing where it can load the packaged rules by itself."""
    from cleaners import load_rules

    return None if rules is load_rules() else rules

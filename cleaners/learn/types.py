"""What is known of a host's pages, and what is made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cleaners.rules.model import Evidence

Verb = Literal["line", "fragment", "drop"]


@dataclass(frozen=True, slots=True)
class SeenPage:
    """One page's cleaned text as numbers, small enough that a host's pages fit in memory."""

    url: str
    fetched: str
    """Day of the capture, ISO 8601; empty where it is not known."""
    title: int
    """Fingerprint of the headline; 0 where there is none."""
    lines: tuple[int, ...]
    """Fingerprints of the lines that were kept, in order."""
    edges: frozenset[int]
    """Fingerprints of the first and the last sentence of lines that hold several: debris may be glued to a line."""
    taken: frozenset[int]
    """Fingerprints of lines that rules took from this page."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A rule that the archive teaches, ready for a person to judge."""

    id: str
    """Unlike its rule's full id without the host: `sign-up-for-our-daily`."""
    verb: Verb
    pattern: str | tuple[str, ...]
    """A regular expression for a line or fragment; CSS selectors for drop."""
    why: str
    example: str
    keeps: str
    evidence: Evidence
    max: int | None = None
    """The longest line looked at, where that is not the usual."""
    cues: tuple[str, ...] = ()

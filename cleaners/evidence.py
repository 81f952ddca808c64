"""What a learned rule rests on: the pages it was seen on, when, where on them, and what it would take."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Evidence:
    """The evidence of one learned rule, as it stands in the rule's file."""

    pages: int
    """Different pages of the host on which it came back; near-duplicates count once."""
    of: int
    """Pages of the host that were looked at, near-duplicates counted once."""
    first_seen: str
    """Day of the first capture that has it, ISO 8601; empty where no day is known."""
    last_seen: str
    urls: tuple[str, ...]
    """Sample pages, three where there are as many."""
    removes: tuple[str, ...]
    """Texts that the rule would take, most frequent first."""
    characters: int
    """Characters that it would take from the kept text of the pages looked at."""
    position: str
    """`head`, `body` or `tail` of the text, where most of it stands."""
    places: tuple[str, ...]
    """Paths of the elements it stands in, without numbers and below the body, such as `main/article/div/p`, most
    frequent first; none for ready-made text."""
    facts: tuple[str, ...]
    """What decided, in words."""
    probability: float
    """How likely it is debris, 0 to 1, as `cleaners.learn` judges it."""

    @property
    def share(self) -> float:
        """Share of the pages looked at that have it, 0 to 1."""
        return self.pages / self.of if self.of else 0.0

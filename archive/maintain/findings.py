"""Define the findings of a check: one line each, with its place."""

from __future__ import annotations

import re
from dataclasses import dataclass

_STEERING = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a data root."""

    file: str
    """Its path from the data root."""
    offset: int | None
    """Where in the file; None where it concerns the whole file."""
    url: str | None
    problem: str
    """What is wrong, and what to do."""

    def __str__(self) -> str:
        """Return one line for the user, without control characters.

        >>> print(Finding("collections/news/archive/a.warc.gz", 17, "https://a.example/", "cut off"))
        collections/news/archive/a.warc.gz: offset 17: https://a.example/: cut off
        """
        place = [] if self.offset is None else [f"offset {self.offset}"]
        return _STEERING.sub(" ", ": ".join([self.file, *place, *([self.url] if self.url else []), self.problem]))

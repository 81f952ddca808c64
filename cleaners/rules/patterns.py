"""Match patterns that we did not write under a time limit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

PATTERN_SECONDS = 1.0
"""The most processor time for a pattern on one line. What `rules learn` writes takes less than 0.1 ms on the longest
line that it reads; a nested repeat takes for ever. Only `regex` can be stopped: of the packaged patterns over 3,394
lines it takes 3.5 times as long as `re` (10.8 s and 3.1 s) and 4.6 times as long to compile, so these stay with
`re`."""


class SlowPatternError(ValueError):
    """A pattern takes too long on a line; the message says on which."""


class Pattern(Protocol):
    """What rules need of a compiled pattern."""

    def fullmatch(self, text: str, /) -> Any:  # noqa: ANN401 - a match of `re` or of `regex`
        """Return the match of the whole text, or None."""

    def finditer(self, text: str, /) -> Iterator[Any]:
        """Yield the matches in a text."""

    def search(self, text: str, /) -> Any:  # noqa: ANN401 - a match of `re` or of `regex`
        """Return the first match in a text, or None."""


@dataclass(frozen=True)
class BoundedPattern:
    """A pattern of somebody else. Its methods are those of `re.Pattern`, and raise SlowPatternError after
    PATTERN_SECONDS."""

    source: str

    @cached_property
    def _compiled(self) -> Any:  # noqa: ANN401 - `regex` has no types
        import regex  # type: ignore[import-untyped]

        return regex.compile(self.source, regex.VERSION0)

    def fullmatch(self, text: str) -> Any:  # noqa: ANN401 - a match of `regex`
        """Return the match of the whole text, or None."""
        return self._bounded(self._compiled.fullmatch, text)

    def search(self, text: str) -> Any:  # noqa: ANN401 - a match of `regex`
        """Return the first match in a text, or None."""
        return self._bounded(self._compiled.search, text)

    def finditer(self, text: str) -> Iterator[Any]:
        """Return the matches in a text."""
        return iter(self._bounded(lambda text, timeout: list(self._compiled.finditer(text, timeout=timeout)), text))

    def _bounded(self, match: Any, text: str) -> Any:  # noqa: ANN401 - a method of `regex`
        try:
            return match(text, timeout=PATTERN_SECONDS)
        except TimeoutError:
            raise SlowPatternError(
                f"the pattern takes longer than {PATTERN_SECONDS:g} s on {len(text)} characters: write it without a "
                "repeat inside a repeat, or take it out of force"
            ) from None


def bounded(source: str) -> BoundedPattern:
    """Return a pattern of somebody else. Raises SlowPatternError for one that must hang on some line, and re.error for
    a bad one."""
    re.compile(source)
    if found := _HANGS.search(source):
        raise SlowPatternError(f"'{found[0]}' repeats a repeat, which takes for ever on some lines: write it once")
    return BoundedPattern(source)


_ATOM = r"(?:\\[dDwWsS]|\[\^?\]?[^\]\\]*\]|(?<!\\)\.|(?<!\\)[A-Za-z0-9])"
_HANGS = re.compile(rf"({_ATOM}[+*])\1{{2}}|\((?:\?:)?{_ATOM}[+*]\)(?:[+*]|\{{\d+,\}})")
"""One repeat three times in a row, or alone inside another: no line needs either. Accepted rules may have the first:
`rules learn` wrote it for a row of digits such as ①."""

"""The commands that pages of the documentation show, in the order of a page, and what keeps one from being run.

A block of kind `sh` has commands, one of kind `console` commands with what they print. A comment above a block says why
it is not run, or which of its lines are not:

    <!-- not run: needs a person -->
    <!-- not run: needs PostgreSQL; lines with: --frontier -->
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

_BLOCK = re.compile(r"((?:^<!-- not run: .*? -->\n+)*)^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_MARK = re.compile(r"<!-- not run: (.*?)(?:; lines with: (.*?))? -->")


@dataclass(frozen=True, slots=True)
class Example:
    """A command as a page shows it."""

    page: str
    command: str
    shown: str | None = None
    """What it prints, of a block of kind `console`."""
    not_run: str | None = None
    """Why the tests do not run it."""


def blocks_of(page: Path) -> Iterator[tuple[str, str, str]]:
    """Yield the marks, the kind and the text of each block of a page."""
    yield from _BLOCK.findall(page.read_text("utf-8"))


def examples_of(page: Path) -> list[Example]:
    """Return the commands of a page in order."""
    return [
        Example(page.relative_to(ROOT).as_posix(), command, shown, _reason(marks, command))
        for marks, kind, text in blocks_of(page)
        for command, shown in (steps(text) if kind == "console" else _lines(text) if kind == "sh" else ())
    ]


def steps(session: str) -> list[tuple[str, str | None]]:
    """Return each command of a console block with what is printed below it."""
    first, *rest = re.split(r"^\$ ", session, flags=re.MULTILINE)
    assert first == "", "a console block begins with a command"
    return [(head, printed) for head, _, printed in (step.partition("\n") for step in rest)]


def _lines(text: str) -> list[tuple[str, str | None]]:
    joined = re.sub(r"\\\n\s*", "", text)
    return [(line, None) for line in joined.splitlines() if line.strip() and not line.startswith("#")]


def _reason(marks: str, command: str) -> str | None:
    for reason, text in _MARK.findall(marks):
        if not text or text in command:
            return str(reason)
    return None

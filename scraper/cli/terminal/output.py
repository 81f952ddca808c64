"""What commands print for a person: one line for each error, text that is safe for a terminal, and progress."""

from __future__ import annotations

import re
import sys
from types import TracebackType
from typing import TYPE_CHECKING, Self

import click

from scraper.outcomes import one_line

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

MAX_MESSAGE = 600
"""Characters of a message: room for two long paths and what to do."""
# Controls but for tab and line end, and the signs that turn the direction of what follows.
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def say(message: object) -> None:
    """Say one line on standard error."""
    click.echo(f"pressclip: {one_line(message, MAX_MESSAGE)}", err=True)


def harmless(text: str) -> str:
    """Return *text* as it may go to standard output: unchanged, but harmless where that is a terminal."""
    return _STEERING.sub(" ", text) if sys.stdout and sys.stdout.isatty() else text


class Progress:
    """A counter with a rate; silent where standard error is not a terminal. A context manager."""

    def __init__(self, what: str, total: int | None = None) -> None:
        """`total`: how many there will be, where that is known: then the time left is shown too."""
        self._what, self._total = what, total
        self._bar: Bar | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import (
                MofNCompleteColumn,
                SpinnerColumn,
                TextColumn,
                TimeElapsedColumn,
                TimeRemainingColumn,
            )
            from rich.progress import Progress as Bar

            columns = (
                SpinnerColumn(),
                TextColumn("{task.description}"),
                MofNCompleteColumn(),
                TextColumn("{task.fields[rate]}"),
                TimeElapsedColumn(),
                *([TextColumn("left"), TimeRemainingColumn()] if self._total else []),
                TextColumn("{task.fields[last]}"),
            )
            self._bar = Bar(*columns, console=Console(stderr=True), transient=True)
            self._bar.start()
            self._task = self._bar.add_task(self._what, total=self._total, last="", rate="")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.stop()

    def advance(self, last: str) -> None:
        """Count one more, and name it."""
        if self._bar and self._task is not None:
            from rich.markup import escape

            shown = "".join(c for c in last if c.isprintable())
            task = self._bar.tasks[self._task]
            rate = f"{(task.completed + 1) / task.elapsed:.1f}/s" if task.elapsed else ""
            self._bar.update(self._task, advance=1, last=escape(shown[-60:]), rate=rate)

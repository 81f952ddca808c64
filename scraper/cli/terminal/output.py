"""Print results, errors of one line each, and progress; all of it is safe for a terminal."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Self

import click

from scraper.printable import STEERING, one_line, printable

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

MAX_MESSAGE = 600
"""The most characters of a message: room for two long paths and what to do."""
MAX_LAST = 60
"""The most characters shown of the item that was finished last: its end, where URLs and paths differ."""


def say(message: object) -> None:
    """Print one line on standard error."""
    click.echo(f"pressclip: {one_line(message, MAX_MESSAGE)}", err=True)


def print_text(
    text: str, *, newline: bool = True, err: bool = False, is_json: bool = False, exact: bool = False
) -> None:
    """Print a result without steering characters. An *exact* one, such as a page's text, is the same in a file or pipe.

    JSON is exact, and on a terminal a steering character becomes its escape, so the JSON stays the same.
    """
    stream = sys.stderr if err else sys.stdout
    if not (exact or is_json) or (stream and stream.isatty()):
        text = STEERING.sub(lambda match: f"\\u{ord(match[0]):04x}", text) if is_json else printable(text)
    # color: without it, click takes escape sequences out of what goes to a file
    click.echo(text, nl=newline, err=err, color=True)


def print_json(value: object, indent: int | None = None) -> None:
    """Print a value as JSON: on one line, or over several where *indent* is given."""
    print_text(json.dumps(value, ensure_ascii=False, indent=indent, default=str), is_json=True)


class Progress:
    """A counter with a rate; silent where standard error is not a terminal. A context manager."""

    def __init__(self, what: str, total: int | None = None) -> None:
        """Count *what*; with a known *total* the time left is shown too."""
        self._what, self._total = what, total
        self._bar: Bar | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            from rich import progress
            from rich.console import Console

            columns: tuple[str | progress.ProgressColumn, ...] = (
                progress.SpinnerColumn(),
                "{task.description}",
                progress.MofNCompleteColumn(),
                "{task.fields[rate]}",
                progress.TimeElapsedColumn(),
                *(("left", progress.TimeRemainingColumn()) if self._total else ()),
                "{task.fields[last]}",
            )
            self._bar = progress.Progress(*columns, console=Console(stderr=True), transient=True)
            self._bar.start()
            self._task = self._bar.add_task(self._what, total=self._total, last="", rate="")
        return self

    def __exit__(self, *exc: object) -> None:
        if self._bar:
            self._bar.stop()

    def advance(self, last: str) -> None:
        """Count one more, and name it."""
        if self._bar and self._task is not None:
            from rich.markup import escape

            task = self._bar.tasks[self._task]
            rate = f"{(task.completed + 1) / task.elapsed:.1f}/s" if task.elapsed else ""
            self._bar.update(self._task, advance=1, last=escape(one_line(last, None)[-MAX_LAST:]), rate=rate)

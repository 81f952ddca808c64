"""Print results, errors of one line each, and progress; all of it is safe for a terminal."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

import click

from scraper.cli.terminal.display import Display
from scraper.printable import STEERING, one_line, printable

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.progress import Progress as Bar

MAX_MESSAGE = 600
"""The most characters of a message: room for two long paths and what to do."""
MAX_LAST = 60
"""The most characters shown of the item that was finished last: its end, where URLs and paths differ."""


@dataclass(slots=True)
class Work:
    """What a run of the command line did so far."""

    is_saved: bool = False
    """Whether an interrupt leaves something that the next run need not do again."""


def keep_work() -> None:
    """Note that what was done until now stays, whatever comes."""
    context = click.get_current_context(silent=True)
    if context and (work := context.find_object(Work)):
        work.is_saved = True


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
    from cleaners import json_text  # imported here, since importing takes longer than most commands

    print_text(json_text(value, indent=indent, default=str), is_json=True)


class Progress(Display):
    """A counter with a rate, drawn while the work takes long; silent where standard error is not a terminal."""

    def __init__(self, what: str, total: int | None = None, *, saves: bool = False) -> None:
        """Count *what*; with a known *total* the time left is shown too. *saves*: what is counted is stored already."""
        super().__init__(self._drawn)
        self._what, self._total, self._saves = what, total, saves
        self._began, self._done, self._last = monotonic(), 0, ""
        self._bar: Bar | None = None

    def advance(self, last: str) -> None:
        """Count one more, and name it."""
        self._done += 1
        self._last = last
        if self._saves:
            keep_work()

    def _drawn(self) -> RenderableType:
        from rich.markup import escape

        if self._bar is None:
            self._bar = self._new_bar()
        task = self._bar.tasks[0]
        rate = f"{self._done / (monotonic() - self._began):.1f}/s" if self._done else ""
        last = escape(one_line(self._last, None)[-MAX_LAST:])
        self._bar.update(task.id, completed=self._done, last=last, rate=rate)
        return self._bar.get_renderable()

    def _new_bar(self) -> Bar:
        from rich import progress

        columns: tuple[str | progress.ProgressColumn, ...] = (
            progress.SpinnerColumn(),
            "{task.description}",
            progress.MofNCompleteColumn(),
            "{task.fields[rate]}",
            progress.TimeElapsedColumn(),
            *(("left", progress.TimeRemainingColumn()) if self._total else ()),
            "{task.fields[last]}",
        )
        bar = progress.Progress(*columns, auto_refresh=False, get_time=monotonic)
        bar.add_task(self._what, total=self._total, last="", rate="")
        bar.tasks[0].start_time = self._began
        return bar

"""What a person reads: one line an error, and no character that could steer the terminal."""

from __future__ import annotations

import re
import sys

import click

from scraper.outcomes import one_line

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

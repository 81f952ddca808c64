"""Make text from outside safe for a terminal, a log line and a stored reason."""

from __future__ import annotations

import logging
import re
from copy import copy

STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u206f\ud800-\udfff]")
"""Controls other than tab and line end, line separators, lone surrogates, and the signs that change the direction of
text. The joiners that Persian, Hindi and emoji need are not among them."""


def printable(text: object, limit: int | None = None) -> str:
    """Return *text* with a space for each character that steers a terminal, cut to *limit* characters.

    >>> printable("a\\x1b[2Jb\\n")
    'a [2Jb\\n'
    """
    return _cut(STEERING.sub(" ", str(text)), limit)


def one_line(text: object, limit: int | None = 300) -> str:
    """Return *text* as one line of at most *limit* characters: printable, and with one space between words.

    >>> one_line("a\\x1b[2J\\n b", 6)
    'a [2J…'
    """
    return _cut(" ".join(printable(text).split()), limit)


class PrintableFormatter(logging.Formatter):
    """Formats log records as another formatter does: the message as one line, and nothing that steers a terminal."""

    def __init__(self, inner: logging.Formatter | None = None) -> None:
        """Wrap a formatter; without one, a record is its message."""
        super().__init__()
        self._inner = inner or logging.Formatter()

    def format(self, record: logging.LogRecord) -> str:
        """Return the text; a traceback keeps its lines."""
        shown = copy(record)
        shown.msg, shown.args = one_line(record.getMessage(), None), ()
        return printable(self._inner.format(shown))


def make_printable(handler: logging.Handler | None) -> None:
    """Let a handler of log records write nothing that steers a terminal."""
    if handler is not None and not isinstance(handler.formatter, PrintableFormatter):
        handler.setFormatter(PrintableFormatter(handler.formatter))


def _cut(text: str, limit: int | None) -> str:
    return text if limit is None or len(text) <= limit else text[: limit - 1] + "…"

"""Write pieces of Markdown, with text from outside (hosts, titles, rules) escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

SHOWN = 120
"""The most characters of a table cell."""
# an underscore inside a word has no meaning
_MARKUP = re.compile(r"[\\`*{}\[\]#|~]|(?<!\w)_|_(?!\w)")


class Markup(str):
    """Our own Markdown, which is not escaped."""

    __slots__ = ()


def escaped(value: object, limit: int = SHOWN) -> str:
    r"""Return a value as one line of text, escaped for Markdown and HTML.

    >>> escaped("a|b <script>\n_c_")
    'a\\|b &lt;script&gt; \\_c\\_'
    """
    words = " ".join(str(value).split())
    words = "".join(character for character in words if character.isprintable())
    words = words if len(words) <= limit else words[: limit - 1] + "…"
    words = words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _MARKUP.sub(r"\\\g<0>", words)


def cell(value: Any) -> str:  # noqa: ANN401 - any value of duckdb
    """Return a value as a table shows it.

    >>> cell(1234567), cell(0.12345), cell(None)
    ('1,234,567', '0.123', '–')
    """
    if value is None:
        return "–"
    if isinstance(value, Markup):
        return value
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.3f}".rstrip("0").rstrip(".") if abs(value) < 1000 else f"{value:,.0f}"
    return value.isoformat() if isinstance(value, date) else escaped(value)


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return a table with numbers aligned to the right; empty without rows.

    >>> print(table(["site", "rows"], [("harbour.example", 3)]))
    | site | rows |
    |---|--:|
    | harbour.example | 3 |
    <BLANKLINE>
    """
    rows = list(rows)
    if not rows:
        return ""
    is_number = [any(isinstance(value, (int, float)) for value in column) for column in zip(*rows, strict=True)]
    rule = "|".join("--:" if number else "---" for number in is_number)
    lines = [f"| {' | '.join(line)} |" for line in (head, *(map(cell, row) for row in rows))]
    return "\n".join([lines[0], f"|{rule}|", *lines[1:]]) + "\n"


def section(title: str, *parts: str) -> str:
    """Return a section of the parts that are not empty; empty without any."""
    filled = [part.strip("\n") for part in parts if part.strip()]
    return "\n\n".join([f"## {title}", *filled]) + "\n" if filled else ""


def figure(path: str, title: str) -> str:
    """Return an image."""
    return f"![{escaped(title)}]({path})\n"

"""Pieces of Markdown, in which words of strangers (hosts, titles, rules) stay words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

SHOWN = 120
"""Characters of a value in a table's cell."""
# an underscore inside a word means nothing
_MARKUP = re.compile(r"[\\`*{}\[\]#|~]|(?<!\w)_|_(?!\w)")


class Markup(str):
    """Markdown of our own: stays as it is."""

    __slots__ = ()


def escaped(value: object, limit: int = SHOWN) -> str:
    r"""Return text that neither Markdown nor HTML takes for more than that, on one line.

    >>> escaped("a|b <script>\n_c_")
    'a\\|b &lt;script&gt; \\_c\\_'
    """
    words = " ".join(str(value).split())
    words = "".join(character for character in words if character.isprintable())
    words = words if len(words) <= limit else words[: limit - 1] + "…"
    words = words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _MARKUP.sub(r"\\\g<0>", words)


def cell(value: Any) -> str:  # noqa: ANN401 - whatever duckdb gives
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
    """Return a table, all columns but the words' flush right; no rows, no table.

    >>> print(table(["site", "rows"], [("harbour.example", 3)]))
    | site | rows |
    |---|--:|
    | harbour.example | 3 |
    <BLANKLINE>
    """
    rows = list(rows)
    if not rows:
        return ""
    sides = [
        "--:" if any(isinstance(row[place], (int, float)) for row in rows) else "---" for place in range(len(head))
    ]
    lines = [head, *([cell(value) for value in row] for row in rows)]
    shown = [f"| {' | '.join(line)} |" for line in lines]
    return "\n".join([shown[0], f"|{'|'.join(sides)}|", *shown[1:]]) + "\n"


def section(title: str, *parts: str) -> str:
    """Return a section, of the parts that are not empty; without any there is none."""
    said = [part.strip("\n") for part in parts if part.strip()]
    return "\n\n".join([f"## {title}", *said]) + "\n" if said else ""


def figure(path: str, title: str) -> str:
    """Return a picture."""
    return f"![{escaped(title)}]({path})\n"

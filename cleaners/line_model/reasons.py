"""Say in words why the line model took a line: a phrase for what counted most against it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from cleaners.line_model.columns import FAR, NAMES

MOST = 3
"""Phrases of a reason."""
FALLBACK = "its place, shape and neighbours are not those of a line of the article"

Tell = Callable[[float], str]


def _size(value: float) -> str:
    number = math.expm1(value)
    return f"short ({number:.0f} characters)" if number < 80 else ""


def _words(number: float) -> str:
    return "a single word" if number == 1 else f"few words ({number:.0f})" if number < 8 else ""


def _when(words: str, holds: Callable[[float], bool]) -> Tell:
    return lambda value: words if holds(value) else ""


def _lines(number: float) -> str:
    return f"{FAR} lines or more" if abs(number) >= FAR else f"{abs(number):.0f} line{'s' * (abs(number) != 1)}"


def _region(value: float) -> str:
    return f"{_lines(value)} {'before' if value < 0 else 'behind'} the main text" if value else ""


def _copies(number: float) -> str:
    return f"{number:.0f} times in the text" if number > 1 else ""


def _run(words: str) -> Tell:
    return lambda value: f"one of {value:.0f} {words} in a row" if value > 1 else ""


_below: Callable[[float], Callable[[float], bool]] = lambda most: lambda value: 0 <= value < most  # noqa: E731
_no = _when("no end of a sentence", lambda value: not value)
_far = "far from the next paragraph"
_strange = "it shares few words with the text"
_around_short = "between short lines"
_around_removed = "beside lines that rules removed"
_around_capitals = "among words with capital letters"
_around_prose = "few paragraphs around it"
_worded = "worded like debris"
_begin, _end = "before the text begins", "behind the end of the text"

_TELLS: dict[str, Tell] = {
    "length": _size,
    "words": _words,
    "length beside a paragraph's": _when("short beside the paragraphs", _below(0.5)),
    "ends like a sentence": _no,
    "prose": _when("no paragraph", lambda value: not value),
    "last character": _no,
    "sentences": _when("no whole sentence", lambda value: not value),
    "bullet": _when("an item of a list", bool),
    "indentation": _when("indented", bool),
    "digits": _when("mostly digits", lambda value: value > 0.3),
    "capitals": _when("in capital letters", lambda value: value > 0.5),
    "capital words": _when("most words begin with a capital letter", lambda value: value > 0.5),
    "marks": _when("signs that part labels", bool),
    "dates and times": _when("a date or time", bool),
    "commas": _when("without a comma", lambda value: not value),
    "words known from prose": _when(_strange, _below(0.5)),
    "words known from the region": _when(_strange, _below(0.5)),
    "rare words": _when(_strange, lambda value: value > 0.5),
    "copies": _copies,
    "place in the text": _when(_end, lambda value: value > 0.9),
    "text before": _when(_begin, lambda value: value < math.log1p(200)),
    "text after": _when(_end, lambda value: value < math.log1p(200)),
    "lines before": _when("near the beginning", _below(10)),
    "lines after": _when("near the end", _below(10)),
    "paragraphs before": _when(_begin, lambda value: not value),
    "paragraphs after": _when(_end, lambda value: not value),
    "distance from the paragraph before": _when(_far, lambda value: value > 5),
    "distance from the paragraph after": _when(_far, lambda value: value > 5),
    "lines from the narrow region": _region,
    "lines from the wide region": _region,
    "lines since the narrow region began": _when("outside the main text", lambda value: value < 0),
    "lines since the wide region began": _when("outside the main text", lambda value: value < 0),
    "lines until the narrow region ends": _when("outside the main text", lambda value: value < 0),
    "lines until the wide region ends": _when("outside the main text", lambda value: value < 0),
    "run of without prose": _run("lines without a paragraph"),
    "run of bullets": _run("items"),
    "run of open lines": _run("lines without the end of a sentence"),
    "place in the run of without prose": _when("far from a paragraph", lambda value: value > 5),
    "wording": _when(_worded, lambda value: value > 0),
    "wording after": _when("what follows is worded like debris", lambda value: value > 0),
    "wording before": _when("what is before it is worded like debris", lambda value: value > 0),
}
_PREFIXES: dict[str, Tell] = {
    "length at": _when(_around_short, lambda value: 0 <= value < math.log1p(60)),
    "length within": _when(_around_short, lambda value: value < math.log1p(80)),
    "ends like a sentence at": _when(_around_short, lambda value: value == 0),
    "words known at": _when("the lines around it share few words with the text", _below(0.5)),
    "words known within": _when("the lines around it share few words with the text", lambda value: value < 0.5),
    "taken at": _when(_around_removed, lambda value: value > 0),
    "taken within": _when(_around_removed, bool),
    "bullet at": _when("beside items of a list", lambda value: value > 0),
    "indentation at": _when("beside indented lines", lambda value: value > 0),
    "share of prose within": _when(_around_prose, lambda value: value < 0.5),
    "capital words within": _when(_around_capitals, lambda value: value > 0.4),
    "wording at": _when("the lines around it are worded like debris", lambda value: value > 0),
    "wording within": _when("the lines around it are worded like debris", lambda value: value > 0),
}


def _tell_of(name: str) -> Tell:
    return _TELLS.get(name) or next(
        (tell for prefix, tell in _PREFIXES.items() if name.startswith(prefix)), lambda value: ""
    )


_BY_COLUMN = tuple(map(_tell_of, NAMES))


def reason(row: Sequence[float], moved: Any) -> str:  # noqa: ANN401 - an array of numbers
    """Return what counted most against a line, in words. `row`: its columns; `moved`: how much each moved the score."""
    told: dict[str, None] = {}
    for column in (-moved).argsort().tolist():
        if moved[column] <= 0 or len(told) == MOST:
            break
        if words := _BY_COLUMN[column](row[column]):
            told[words] = None
    return "; ".join(told) or FALLBACK

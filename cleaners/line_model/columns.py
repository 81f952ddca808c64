"""Say what each line of a text is, by itself and among its neighbours: a column of numbers for each question.

Nothing here walks over lines: a text of 300 lines costs little more than one of 30.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cleaners.line_model import characters as kind
from cleaners.line_model.characters import Characters, Flags, Floats, Ints, Words
from cleaners.rules.context import DENSE, PROSE

LONG_LINE = 1000
"""Characters of a line that are read, half of them at its end: what is between does not tell of what kind it is."""
LAST_SIGNS = '.?:!…»>→›"”“’」)'
"""Signs that the last character of a line is told apart by, in order; a digit and all else have their own numbers."""
LAST_DIGIT, LAST_OTHER = len(LAST_SIGNS), len(LAST_SIGNS) + 1
FIRST_SMALL, FIRST_CAPITAL, FIRST_DIGIT, FIRST_QUOTE, FIRST_OTHER = range(1, 6)
BEGINNING = 12
"""Characters at the beginning of a line that tell items of one list."""
_PATTERN, _DIGIT = re.compile(r"\d+|[^\W\d_]+"), re.compile(r"\d")
FAR = 40
MANY = 30
"""From this distance or number on, lines are far or many: a text of 300 paragraphs is as much one as a text of 60."""
BEYOND = -2
"""What is told of a neighbour where there is none."""
REGIONS = {"narrow": 120.0, "wide": 30.0}
"""What a line without prose costs, and a bullet twice, when the stretch of lines with the most prose is looked for, in
characters of prose: after two lines of 120 the next paragraph hardly belongs to the same text, after some of 30 it may.
As in line filters for web pages (Pasternack and Roth 2009, 'Extracting article text from the web with maximum
subsequence segmentation')."""
LONG_PROSE = 600
"""Characters that a line of prose gains at most: a single long one is no article."""
REACHES = (3, 8, 20)
"""Lines on each side in which neighbours are counted."""

Columns = dict[str, Any]
Matrix = NDArray[np.float32]


def columns(lines: Sequence[str], taken: Flags, wording: Floats) -> Columns:
    """Return the columns of a text's lines, by name. `lines` are not blank, and their indentation counts; `taken`:
    which of them rules remove; `wording`: what their wording says (wording.py)."""
    text = Characters(
        [line if len(line) <= LONG_LINE else line[: LONG_LINE // 2] + line[-LONG_LINE // 2 :] for line in lines]
    )
    texts = list(map(str.strip, lines))
    size = np.fromiter(map(len, texts), float, text.count)
    own = _own(text, size)
    weight = size * (1 + (DENSE - 1) * own["ideograms"])
    prose = own["ends like a sentence"] & (weight >= PROSE)
    words = text.words()
    own["prose"] = prose
    own["words known from prose"] = known = words.share(words.times(prose) > prose[words.owners])
    seen = words.times(~taken)
    own["words of other lines"] = words.share(seen > 1)
    own["rare words"] = words.share(1 / np.maximum(seen, 1))
    copies = Counter(texts)
    own["copies"] = np.fromiter(map(copies.__getitem__, texts), float, text.count)
    own["lines with digits alike"] = _alike(texts)
    live = prose & ~taken
    return {
        **own,
        **_place(weight, live, taken),
        **_regions(weight, live, own["bullet"], words),
        **_neighbours(own, weight, taken),
        **_around(own, weight, live, taken, known),
        **_runs(own, prose),
        **_wording(wording, size),
    }


def matrix(lines: Sequence[str], taken: Flags, wording: Floats) -> Matrix:
    """Return `columns` as a row for each line."""
    found = columns(lines, taken, wording)
    rows = np.empty((len(lines), len(found)), np.float32)
    for number, values in enumerate(found.values()):
        rows[:, number] = values
    return rows


def _own(text: Characters, size: Floats) -> Columns:
    """Return what a line is by itself, whatever its language."""
    first, last = text.first, text.last
    shown, digits = ~text.has(kind.SPACE), text.has(kind.DIGIT)
    opens = shown & np.concatenate(([True], ~shown[:-1]))
    closes = np.concatenate((~shown[1:], [True]))
    words = text.sums(opens)
    capital_words = text.sums(opens & text.has(kind.UPPER))
    letters = text.sums(text.has(kind.LETTER))
    read = (last - first + 1).astype(float)
    joined = np.zeros(len(shown), bool)
    joined[1:-1] = text.has(kind.JOINT)[1:-1] & digits[:-2] & digits[2:]
    first_kind = np.select(
        [
            text.are(kind.OPENING, first),
            text.are(kind.UPPER, first),
            text.are(kind.DIGIT, first),
            text.are(kind.LETTER, first),
        ],
        [FIRST_QUOTE, FIRST_CAPITAL, FIRST_DIGIT, FIRST_SMALL],
        FIRST_OTHER,
    )
    last_kind = np.full(text.count, LAST_OTHER)
    for number, sign in enumerate(LAST_SIGNS):
        last_kind[text.codes[last] == ord(sign)] = number
    last_kind[text.are(kind.DIGIT, last)] = LAST_DIGIT
    return {
        "length": np.log1p(size),
        "words": words,
        "ideograms": text.sums(text.has(kind.IDEOGRAM)) / read,
        "ends like a sentence": text.are(kind.END, text.closing()),
        "bullet": _bullets(text),
        "indentation": np.minimum(first - text.starts, 8),
        "digits": text.sums(digits) / read,
        "capitals": text.sums(text.has(kind.UPPER)) / (letters + 1),
        "capital words": capital_words / np.maximum(words, 1),
        "first character": first_kind,
        "last character": last_kind,
        "marks": text.sums(text.has(kind.MARK)),
        "dates and times": _years(text, digits) + text.sums(joined),
        "quotation marks": text.sums(text.has(kind.QUOTE)) > 0,
        "commas": text.sums(text.has(kind.COMMA)) / (words + 1),
        "sentences": text.sums(text.has(kind.STOP) & closes),
        "length of words": letters / np.maximum(words, 1),
    }


def _bullets(text: Characters) -> Flags:
    """Tell which lines begin like items of a list: a sign with a space behind it, or a number of one or two digits."""
    second, third = (np.minimum(text.first + step, text.ends) for step in (1, 2))
    sign = text.are(kind.BULLET, text.first) & text.are(kind.SPACE, second)
    one = np.isin(text.codes[second], (ord("."), ord(")")))
    two = text.are(kind.DIGIT, second) & np.isin(text.codes[third], (ord("."), ord(")")))
    return sign | (text.are(kind.DIGIT, text.first) & (one | two) & (text.last > third))


def _alike(texts: Sequence[str]) -> Floats:
    """Return for each line with a digit near its beginning how many lines begin with the same pattern of letters and
    digits: the items of a table or a chronicle, which menus hardly have."""
    begins = [_PATTERN.sub(_pattern, text[:BEGINNING]) if _DIGIT.search(text, 0, BEGINNING) else "" for text in texts]
    count = Counter(begins)
    return np.array([min(count[begin], MANY) if begin else 0.0 for begin in begins])


def _pattern(run: re.Match[str]) -> str:
    return "0" if run[0].isdigit() else "a"


def _years(text: Characters, digits: Flags) -> Ints:
    """Return for each line how many of its numbers are years."""
    first, last = text.runs(digits)
    first = first[last - first == 4]
    century = (text.codes[first] - ord("0")) * 10 + text.codes[first + 1] - ord("0")
    return np.bincount(text.owner[first[np.isin(century, (19, 20))]], minlength=text.count)


def _place(weight: Floats, live: Flags, taken: Flags) -> Columns:
    """Return where a line is, in lines, characters and paragraphs of prose that stay."""
    count = len(weight)
    index, places = np.arange(count), np.flatnonzero(live)
    kept = weight * ~taken
    before = np.cumsum(kept) - kept
    total = kept.sum()
    passed, sentences = np.cumsum(live), len(places)
    back = ahead = np.full(count, FAR)
    if sentences:
        earlier, later = np.searchsorted(places, index), np.searchsorted(places, index, "right")
        back = np.where(earlier > 0, index - places[np.maximum(earlier - 1, 0)], FAR)
        ahead = np.where(later < sentences, places[np.minimum(later, sentences - 1)] - index, FAR)
    told = weight[live]
    return {
        "place among lines": index / count,
        "place in the text": before / (total + 1),
        "text before": np.log1p(before),
        "text after": np.log1p(np.maximum(total - before - kept, 0)),
        "lines before": np.minimum(index, MANY),
        "lines after": np.minimum(index[::-1], MANY),
        "lines of the text": min(count, 300),
        "length of the text": np.log1p(total),
        "paragraphs before": np.minimum(passed - live, 20),
        "paragraphs after": np.minimum(sentences - passed, 20),
        "share of prose lines": sentences / count,
        "share of prose": told.sum() / (total + 1),
        "distance from the paragraph before": np.minimum(back, FAR),
        "distance from the paragraph after": np.minimum(ahead, FAR),
        "length beside a paragraph's": np.minimum(weight / (np.median(told) + 1 if sentences else 1), 20),
    }


def _regions(weight: Floats, live: Flags, bullet: Flags, words: Words) -> Columns:
    """Return where a line is beside the stretches of lines with the most prose, and whether it shares their words."""
    index, told = np.arange(len(weight)), weight * live
    found: Columns = {}
    for name, cost in REGIONS.items():
        sums = np.concatenate(([0.0], np.cumsum(np.where(live, np.minimum(weight, LONG_PROSE), -cost * (1 + bullet)))))
        end = int(np.argmax(sums - np.minimum.accumulate(sums)))
        begin = int(np.argmin(sums[: end + 1]))
        outside = np.where(index < begin, index - begin, np.where(index >= end, index - end + 1, 0))
        inside = outside == 0 if end > begin else np.zeros(len(weight), bool)
        found |= {
            f"lines from the {name} region": np.clip(outside, -FAR, FAR),
            f"share of the {name} region": (told * inside).sum() / (told.sum() + 1),
            f"lines since the {name} region began": np.minimum(np.where(inside, index - begin, -1), FAR),
            f"lines until the {name} region ends": np.minimum(np.where(inside, end - index, -1), FAR),
        }
    own = inside & live
    return found | {"words known from the region": words.share(words.times(own) > own[words.owners])}


def _neighbours(own: Columns, weight: Floats, taken: Flags) -> Columns:
    """Return what the nearest lines are."""
    pairs, ones = (-2, -1, 1, 2), (-1, 1)
    asked = {
        "length": (np.log1p(weight), pairs),
        "ends like a sentence": (own["ends like a sentence"], pairs),
        "words known from prose": (own["words known from prose"], pairs),
        "taken": (taken, pairs),
        "bullet": (own["bullet"], ones),
        "colon": (own["last character"] == LAST_SIGNS.index(":"), ones),
        "indentation": (own["indentation"], ones),
    }
    return {
        f"{name} at {step:+}": _shifted(values, step, BEYOND)
        for name, (values, steps) in asked.items()
        for step in steps
    }


def _around(own: Columns, weight: Floats, live: Flags, taken: Flags, known: Floats) -> Columns:
    """Return what the lines around a line are, taken together."""
    found: Columns = {}
    capital = own["capital words"] * own["words"]
    for reach in REACHES:
        lines, length = _window(np.ones(len(weight)), reach), _window(weight, reach)
        found |= {
            f"share of prose within {reach}": _window(weight * live, reach) / length,
            f"length within {reach}": np.log1p(length / lines),
            f"taken within {reach}": _window(taken, reach),
            f"words known within {reach}": _window(known, reach) / lines,
            f"capital words within {reach}": _window(capital, reach) / np.maximum(_window(own["words"], reach), 1),
        }
    so_far = np.cumsum(taken)
    return found | {
        "share taken": taken.mean(),
        "taken before": np.minimum(so_far, 10),
        "taken after": np.minimum(so_far[-1] - so_far, 10),
    }


def _runs(own: Columns, prose: Flags) -> Columns:
    """Return how long the run of like lines is that a line is in, and its place there."""
    found: Columns = {}
    for name, which in {
        "without prose": ~prose,
        "bullets": own["bullet"],
        "open lines": ~own["ends like a sentence"],
    }.items():
        edges = np.flatnonzero(np.concatenate(([True], which[1:] != which[:-1], [True])))
        sizes = np.diff(edges)
        places = np.arange(len(which)) - np.repeat(edges[:-1], sizes)
        found |= {
            f"run of {name}": np.minimum(np.where(which, np.repeat(sizes, sizes), 0), MANY),
            f"place in the run of {name}": np.minimum(np.where(which, places, -1), MANY),
        }
    return found


def _wording(wording: Floats, size: Floats) -> Columns:
    """Return how the line, its neighbours and the rest of the text are worded."""
    passed, told = np.cumsum(size), np.cumsum(wording * size)
    return {
        "wording": wording,
        **{f"wording at {step:+}": _shifted(wording, step, 0) for step in (-2, -1, 1, 2)},
        **{
            f"wording within {reach}": _window(wording, reach) / _window(np.ones(len(size)), reach)
            for reach in REACHES[:2]
        },
        "wording of the text": wording.mean(),
        "wording after": (told[-1] - told) / (passed[-1] - passed + 1),
        "wording before": (told - wording * size) / (passed - size + 1),
    }


def _shifted(values: Any, step: int, fill: float) -> Floats:  # noqa: ANN401 - an array of any type
    """Return what the line so many steps before or after has."""
    moved = np.full(len(values), fill, float)
    if step < 0:
        moved[-step:] = values[:step]
    else:
        moved[:-step] = values[step:]
    return moved


def _window(values: Any, reach: int) -> Floats:  # noqa: ANN401 - an array of any type
    """Return the sum over each line and so many lines before and after it."""
    sums = np.concatenate((np.zeros(reach + 1), np.cumsum(values)))
    sums = np.concatenate((sums, np.full(reach, sums[-1])))
    around: Floats = sums[2 * reach + 1 :] - sums[: -2 * reach - 1]
    return around


NAMES = tuple(columns(["A line."], np.zeros(1, bool), np.zeros(1)))
"""The columns' names, in order."""

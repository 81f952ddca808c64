"""Line rules: which lines of a text are debris, and which parts of lines. Used on a page's blocks and on ready-made
text."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from cleaners.align import normal
from cleaners.ruleset import LineRule, Place, Shape

PROSE = 80
"""Characters: a line this long that ends like a sentence is taken for the article's prose. Head and tail are what lies
before the first such line and after the last."""

HEADLINE_WORDS = range(4, 21)
HEADLINE_CHARACTERS = range(20, 131)
"""Of the titles of the development corpora, 96 % have 4 to 20 words and 20 to 130 characters."""

AGENCY_CAPTIONS = 3
"""So many lines of a text that end in the same capitalised name are captions; one is enough where the name heads the
text."""

_END = re.compile(r"[.!?…。！？।؟:;,][\"'”’»«)\]]*$")
_SUFFIX = re.compile(r"(?<=.{30}) [-–—] ((?:[A-ZÀ-ÞА-Я][^\W\d_]* ?){1,4})$")


@dataclass(frozen=True, slots=True)
class Cut:
    """A part of a line, from `start` to `end`, that a rule takes."""

    rule: str
    start: int
    end: int


@dataclass
class Lines:
    """Lines with what the rules ask about them."""

    texts: Sequence[str]
    title: str = ""
    site: str = ""
    headings: frozenset[int] = frozenset()
    """Which lines are headings on the page: never taken for headlines of other articles."""
    taken: dict[int, str] = field(default_factory=dict)
    """The whole lines taken so far, each with the rule's id."""

    def __post_init__(self) -> None:
        prose = [i for i, text in enumerate(self.texts) if is_prose(text)]
        self._first, self._last = (prose[0], prose[-1]) if prose else (len(self.texts), -1)
        suffixes = Counter(found[1] for text in self.texts if (found := _SUFFIX.search(text)))
        heads = {text[2:] for text in self.texts[:3] if text.startswith(("- ", "– ", "— "))}
        heads.add(self.site)
        agencies = {name for name, times in suffixes.items() if name in heads or times >= AGENCY_CAPTIONS}
        signed = {text for text in self.texts if (found := _SUFFIX.search(text)) and found[1] in agencies}
        self._captions = signed | {_SUFFIX.sub("", text) for text in signed}
        self._script = _script("".join(self.texts), at_least=0.5)

    def is_at(self, i: int, place: Place) -> bool:
        """Tell whether line `i` is there: `first`, or before (`head`), between (`body`) or after (`tail`) the prose."""
        match place:
            case "anywhere":
                return True
            case "first":
                return i == 0
            case "head":
                return i < self._first
            case "body":
                return self._first <= i <= self._last
            case "tail":
                return i > self._last >= 0

    def neighbours(self, i: int) -> Iterator[str]:
        """Yield the nearest lines before and after that are still there."""
        for step in (-1, 1):
            k = i + step
            while 0 <= k < len(self.texts) and k in self.taken:
                k += step
            if 0 <= k < len(self.texts):
                yield self.texts[k]

    def beside(self, i: int, rules: frozenset[str]) -> bool:
        """Tell whether the line before or after was taken by one of the rules, named without their file."""
        return any(self.taken.get(k, "").rpartition("/")[2] in rules for k in (i - 1, i + 1))

    def has_shape(self, i: int, shape: Shape) -> bool:
        """Tell whether line `i` is what the shape names."""
        text = self.texts[i]
        match shape:
            case "agency-caption":
                return text in self._captions
            case "foreign-script":
                script = _script(text)
                return bool(script and self._script and script != self._script)
            case "headline":
                return (
                    i not in self.headings
                    and _is_headline(text)
                    and all(is_prose(text, PROSE // 2) for text in self.neighbours(i))
                )
            case "label":
                return i not in self.headings and len(text.split()) <= 2 and not _END.search(text)
            case "repeats-title":
                return bool(self.title) and normal(text) == normal(self.title)


def cut_lines(lines: Lines, rules: Sequence[LineRule], language: str | None = None) -> list[list[Cut]]:
    """Return the cuts of each line, in order. The first rule in file order that fits has the line.

    Rules that look beside themselves are asked again as long as lines keep going.
    """
    active = [rule for rule in rules if not rule.langs or language is None or language in rule.langs]
    whole = [rule for rule in active if rule.whole]
    alone = [rule for rule in whole if not rule.beside]
    for i in range(len(lines.texts)):
        _take(lines, i, alone)
    near = [rule for rule in whole if rule.beside]
    while near and sum(_take(lines, i, near) for i in range(len(lines.texts)) if i not in lines.taken):
        pass
    parts = [rule for rule in active if not rule.whole]
    return [
        [Cut(lines.taken[i], 0, len(text))] if i in lines.taken else list(_fragments(lines, i, parts))
        for i, text in enumerate(lines.texts)
    ]


def _take(lines: Lines, i: int, rules: Sequence[LineRule]) -> bool:
    text = lines.texts[i]
    size = len(text)
    if not size:
        return False
    for rule in rules:
        if (
            size <= rule.max
            and rule.pattern.fullmatch(text)
            and lines.is_at(i, rule.place)
            and (not rule.beside or lines.beside(i, rule.beside))
            and (rule.shape is None or lines.has_shape(i, rule.shape))
        ):
            lines.taken[i] = rule.id
            return True
    return False


def _fragments(lines: Lines, i: int, rules: Sequence[LineRule]) -> Iterator[Cut]:
    text = lines.texts[i]
    found = [
        Cut(rule.id, match.start(), match.end())
        for rule in rules
        if lines.is_at(i, rule.place)
        for match in rule.pattern.finditer(text)
        if match.end() - match.start() <= rule.max
    ]
    end = 0
    for cut in sorted(found, key=lambda cut: (cut.start, -cut.end)):
        if cut.start >= end:
            yield cut
            end = cut.end


def is_prose(text: str, size: int = PROSE) -> bool:
    """Tell whether a line is long enough and ends like a sentence."""
    return len(text) >= size and bool(_END.search(text))


def _is_headline(text: str) -> bool:
    return (
        len(text) in HEADLINE_CHARACTERS
        and len(text.split()) in HEADLINE_WORDS
        and not _END.search(text)
        and not re.search(r"[.!?] ", text)
        and (text.lstrip("\"'“‘«„¿¡")[:1].isupper() or text[:1].isdigit())
    )


def _script(text: str, at_least: float = 0.9) -> str:
    """Return the script of most letters, such as `LATIN`; empty where there are too few, or none has that share of
    them."""
    letters = [c for c in text[:5000] if c.isalpha()]
    if len(letters) < 5:
        return ""
    scripts = Counter(unicodedata.name(c, "").partition(" ")[0] for c in letters[:1000])
    script, times = scripts.most_common(1)[0]
    return script if times >= at_least * min(len(letters), 1000) else ""

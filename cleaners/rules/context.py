"""Answer what line rules ask about a line: its position, its neighbours, whether it is prose or a headline."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate, groupby, islice
from urllib.parse import unquote, urlsplit

from cleaners.rules.model import LinePosition, Opens, Shape

PROSE = 80
"""Characters: a line this long that ends like a sentence counts as prose. The head of a text is before its first such
line, the tail after its last."""
HEADLINE_WORDS = range(4, 21)
HEADLINE_CHARACTERS = range(20, 131)
"""Of the titles of the development corpora, 96 % have 4 to 20 words and 20 to 130 characters."""
OPENING_CHARACTERS = range(45, 131)
"""A text's first line of this length without a full stop is the headline. On the development corpora 71 of 88 such
lines are no gold text (30 of 32 on news), of the shorter ones only 44 of 66, many of them headings of sections."""
STRANGER_CHARACTERS = 45
STRANGER_SHARE = 0.4
"""A list has headlines of other articles if its lines are at least that long on average, most have a headline's marks
(a topic with a colon, a quotation, a dash), and a smaller share of its longer words is elsewhere in the text. On the
development corpora 35 of 43 lines of such lists are no gold text, and all 23 on news; of six lists between paragraphs
that share more, none."""
ADDRESS_SHARE = 0.75
HEADLINE_SHARE = 0.25
"""A first line is the headline if it has the first share of the words of the page's address, and the address has the
second share of its words: 166 of 195 on the development corpora; the others are headlines that the gold text keeps."""
EVENT_SHARE = 0.5
"""From this share of lines with a year on, a list is one of events or sources: on the development corpora one of two
such lists, eight fairs with their days, is gold text."""
AGENCY_CAPTIONS = 3
"""This many lines that end in the same capitalised name are captions; one is enough if the name is at the top of the
text."""
HEADING = 120
"""Characters of the longest heading of a section."""
KICKER = 30
"""Characters of a label (a section, a place) that may be above the headline."""
EDGE_LINES = 8
"""Lines that count as the text's start, and as its end."""
REST_SHARE = 0.35
"""A section that reaches to the end of the text is removed only if it has at most this share of its characters: `About
the author` in the middle of a page is a heading like any other."""

_ADDRESS_WORD = re.compile(r"[^\W_]+")
_SENTENCE_END = re.compile(r"\w{4}[.!?][\"'”’»)]*\s?\w")
_LONG_WORD = re.compile(r"[^\W\d_]{5,}")
_HEADLINE_MARK = re.compile(r"\w: ?[„“\"A-ZÀ-Þ]|\w [–-] \w|\w\? \w|!|[“”\"]: ")
_LIST_END = re.compile(r"[.,;:][\"'”’»“)\]]*$")
_ENDS = frozenset(".!?…。！？।؟:;,")
_CLOSING = "\"'”’»«)]"
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_BULLET = re.compile(r"[-–—•*▪‣·] ")
_SUFFIX = re.compile(r"(?<=.{30}) [-–—] ([A-ZÀ-ÞА-Я][^\W\d_]*(?: [A-ZÀ-ÞА-Я][^\W\d_]*){0,3} ?)$")
_WORDS = re.compile(r"\w+")
_SIGNS_TO_SPACES = {ord(sign): sign if sign.isalnum() or sign == "_" else " " for sign in map(chr, range(128))}
DENSE = 2.5
"""Letters that a character of a script without an alphabet stands for. A judgement: translations into Japanese, Korean
and Chinese have some half to a quarter of the characters of an English text."""
_DENSE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")
_NO_WIDTH = re.compile("[\xad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")


def normal(text: str) -> str:
    """Return the words in lower case, with one space between them and at each end.

    >>> normal("Don’t panic!")
    ' don t panic '
    """
    low = text.lower()
    # two thirds of all lines are ASCII, where this takes a third of the time
    words = low.translate(_SIGNS_TO_SPACES).split() if low.isascii() else _WORDS.findall(_NO_WIDTH.sub("", low))
    return f" {' '.join(words)} "


def ends(text: str) -> bool:
    """Tell whether a line ends like a sentence or a part of one."""
    return text.removesuffix("\n").rstrip(_CLOSING)[-1:] in _ENDS


def reading_length(text: str) -> int:
    """Return the length of a text in letters of an alphabet: a character of Chinese, Japanese or Korean writing counts
    as DENSE of them.

    >>> reading_length("harbour"), reading_length("港は閉鎖")
    (7, 10)
    """
    return len(text) if text.isascii() else len(text) + int((DENSE - 1) * len(_DENSE.findall(text)))


def is_prose(text: str, size: int = PROSE) -> bool:
    """Tell whether a line is long enough and ends like a sentence."""
    return reading_length(text) >= size and ends(text)


def is_headline(text: str) -> bool:
    """Tell whether a line by itself looks like a headline."""
    return (
        len(text) in HEADLINE_CHARACTERS
        and len(text.split()) in HEADLINE_WORDS
        and not ends(text)
        and not re.search(r"[.!?] ", text)
        and (text.lstrip("\"'“‘«„¿¡")[:1].isupper() or text[:1].isdigit())
    )


def are_foreign_headlines(texts: Sequence[str], others: Sequence[str]) -> bool:
    """Tell whether the lines of a list are headlines of other articles than the one that `others` are from."""
    if (
        any(len(text) not in HEADLINE_CHARACTERS or _LIST_END.search(text) for text in texts)
        or sum(map(len, texts)) < STRANGER_CHARACTERS * len(texts)
        or 2 * sum(bool(_HEADLINE_MARK.search(text)) for text in texts) < len(texts)
        or sum(bool(_YEAR.search(text)) for text in texts) >= EVENT_SHARE * len(texts)
    ):
        return False
    words = set(_LONG_WORD.findall(" ".join(texts).lower()))
    known = words.intersection(_LONG_WORD.findall(" ".join(others).lower()))
    return len(known) < STRANGER_SHARE * len(words)


def address_words(url: str) -> frozenset[str]:
    """Return the words of that part of a URL's path that has the most, if these are three or more."""
    try:
        parts = unquote(urlsplit(url).path.lower()).split("/")
    except ValueError:
        return frozenset()
    words = max((frozenset(_ADDRESS_WORD.findall(part)) for part in parts), key=len)
    return words if len(words) >= 3 else frozenset()


def names_address(text: str, address: frozenset[str]) -> bool:
    """Tell whether a line has most of the words of an address, and few others."""
    words = set(_ADDRESS_WORD.findall(text.lower()))
    shared = len(words & address)
    return (
        not ends(text.rstrip("?!"))
        and shared >= ADDRESS_SHARE * max(len(address), 1)
        and shared >= HEADLINE_SHARE * len(words)
    )


@dataclass
class LineContext:
    """The lines of a text, and what the rules ask about each of them."""

    texts: Sequence[str]
    title: str = ""
    site: str = ""
    headings: frozenset[int] = frozenset()
    """Lines that are headings, list items or table rows on the page: they never count as headlines of other
    articles."""
    address: str = ""
    """The page's URL, if it is known."""
    text_mode: bool = False
    """Whether the lines are those of ready-made text, not of a page."""
    removed: dict[int, str] = field(default_factory=dict)
    """The whole lines removed so far, each with the rule's id."""

    def __post_init__(self) -> None:
        self.prose = prose = [i for i, text in enumerate(self.texts) if is_prose(text)]
        self._first, self._last = (prose[0], prose[-1]) if prose else (len(self.texts), -1)
        self._lead = prose[1] if len(prose) > 1 else len(self.texts)
        self._address = address_words(self.address)
        self._left = [0, *accumulate(len(text) for text in reversed(self.texts))][::-1]

    def positions(self, i: int) -> frozenset[LinePosition]:
        """Return the positions that line `i` has: `first`; among the first (`start`) or last (`end`) lines; before
        (`head`), between (`body`) or after (`tail`) the prose."""
        positions: set[LinePosition] = {"anywhere"}
        if i == 0:
            positions.add("first")
        if i < EDGE_LINES:
            positions.add("start")
        if i >= max(1, len(self.texts) - EDGE_LINES):
            positions.add("end")
        if i < self._first:
            positions.add("head")
        elif i <= self._last:
            positions.add("body")
        elif self._last >= 0:
            positions.add("tail")
        return frozenset(positions)

    def neighbours(self, i: int) -> Iterator[str]:
        """Yield the nearest lines before and after line `i` that are not removed."""
        for step in (-1, 1):
            k = i + step
            while 0 <= k < len(self.texts) and k in self.removed:
                k += step
            if 0 <= k < len(self.texts):
                yield self.texts[k]

    def beside(self, i: int, rules: frozenset[str]) -> bool:
        """Tell whether one of the rules has removed the line before or after. They are named without their file."""
        return any(self.removed.get(k, "").rpartition("/")[2] in rules for k in (i - 1, i + 1))

    def has_shape(self, i: int, shape: Shape) -> bool:
        """Tell whether line `i` has the property that a rule names as its `shape`."""
        text = self.texts[i]
        match shape:
            case "agency-caption":
                return text in self._captions
            case "foreign-script":
                script = _script(text)
                return bool(script and self._own_script and script != self._own_script)
            case "headline":
                return (
                    i not in self.headings
                    and is_headline(text)
                    and all(is_prose(text, PROSE // 2) for text in self.neighbours(i))
                )
            case "inside-section":
                return not (self.text_mode and self._ends_section(i))
            case "label":
                return i not in self.headings and len(text.split()) <= 2 and not ends(text)
            case "names-address":
                return names_address(text, self._address)
            case "opening-headline":
                return self._opens_text(i)
            case "stranger-list":
                return i in self._strangers
            case "repeats-line":
                return not ends(text) and any(normal(text) == normal(other) for other in self.texts[:i])
            case "repeats-title":
                # below the standfirst and the first paragraph, a heading that repeats the title is that of a section
                is_section = i in self.headings and i > self._lead
                return bool(self.title) and not is_section and self._is_title(i)

    def _is_title(self, i: int) -> bool:
        title, longest = self._title
        # a line without the title's longest word is not split into words, unless it has characters of no width
        return (longest in self.lower[i] or not self.texts[i].isprintable()) and normal(self.texts[i]) == title

    @cached_property
    def _title(self) -> tuple[str, str]:
        title = normal(self.title)
        return title, max(title.split(), key=len, default="")

    def may_close(self, i: int) -> bool:
        """Tell whether the text from line `i` on is short enough to be a section below the article, and does not begin
        with two paragraphs in a row."""
        # there the article goes on: of what such sections took on four kinds of texts, half was gold text
        below = self.texts[i + 1 : i + 3]
        goes_on = len(below) == 2 and all(is_prose(text) and not _BULLET.match(text) for text in below)
        return self._left[i] <= REST_SHARE * self._left[0] and not goes_on

    def followers(self, i: int, opens: Opens) -> range:
        """Return the lines of the section that line `i` opens: the list below it (`list`), or the rest of the text
        (`rest`)."""
        if opens == "rest":
            return range(i + 1, len(self.texts))
        end = i + 1
        while end < len(self.texts) and _BULLET.match(self.texts[end]):
            end += 1
        return range(i + 1, end)

    @cached_property
    def _captions(self) -> frozenset[str]:
        """The lines that a news agency signed, with its name and without."""
        suffixes = Counter(suffix[1] for text in self.texts if (suffix := _suffix(text)))
        heads = {text[2:] for text in self.texts[:3] if text.startswith(("- ", "– ", "— "))}
        heads.add(self.site)
        agencies = {name for name, times in suffixes.items() if name in heads or times >= AGENCY_CAPTIONS}
        signed = {text for text in self.texts if (suffix := _suffix(text)) and suffix[1] in agencies}
        return frozenset(signed | {_SUFFIX.sub("", text) for text in signed})

    @cached_property
    def _own_script(self) -> str:
        return _script("".join(self.texts), at_least=0.5)

    @cached_property
    def _is_wrapped(self) -> bool:
        """Whether lines end at the end of a column, not of a paragraph."""
        long = [text for text in self.texts if len(text) >= OPENING_CHARACTERS.start]
        return 2 * sum(ends(text) for text in long) < len(long)

    @cached_property
    def lower(self) -> Sequence[str]:
        """The lines in lower case."""
        return [text.lower() for text in self.texts]

    @cached_property
    def _strangers(self) -> frozenset[int]:
        """The lines of lists of headlines of other articles."""
        strangers: set[int] = set()
        for is_list, group in groupby(range(len(self.texts)), key=lambda i: bool(_BULLET.match(self.texts[i]))):
            run = list(group)
            if is_list and len(run) > 1 and run[0] > 0 and not self.texts[run[0] - 1].endswith(":"):
                others = (*self.texts[: run[0]], *self.texts[run[-1] + 1 :])
                if are_foreign_headlines([self.texts[k] for k in run], others):
                    strangers.update(run)
        return frozenset(strangers)

    def _ends_section(self, i: int) -> bool:
        """Tell whether a heading stands right below line `i`."""
        below = self.texts[i + 1] if i + 1 < len(self.texts) else ""
        return below[:1].isalnum() and not below[:1].islower() and len(below) <= HEADING and not ends(below)

    def _opens_text(self, i: int) -> bool:
        """Tell whether line `i` is the headline of a text whose title is unknown."""
        text = self.texts[i]
        if self.title or i > self._last or len(text) not in OPENING_CHARACTERS:
            return False
        if ends(text) or _SENTENCE_END.search(text) or self._is_wrapped:
            return False
        return all(
            "headline" not in self.removed[k]
            if k in self.removed
            else len(self.texts[k]) <= KICKER and not ends(self.texts[k])
            for k in range(i)
        )


def _suffix(text: str) -> re.Match[str] | None:
    # most lines have no dash, and checking for one first is ten times faster
    return _SUFFIX.search(text) if any(dash in text for dash in (" - ", " – ", " — ")) else None


def _script(text: str, at_least: float = 0.9) -> str:
    """Return the script of most letters, such as `LATIN`; empty if there are too few letters, or no script has
    `at_least` that share of them."""
    letters = [*islice((c for c in text[:5000] if c.isalpha()), 1000)]
    if len(letters) < 5:
        return ""
    scripts: Counter[str] = Counter()
    for letter, times in Counter(letters).items():
        scripts[unicodedata.name(letter, "").partition(" ")[0]] += times
    script, times = scripts.most_common(1)[0]
    return script if times >= at_least * len(letters) else ""

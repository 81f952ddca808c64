"""What tells a headline from a sentence, in one line of text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

PROSE = 80
"""Characters: a line this long that ends like a sentence is taken for the article's prose. Head and tail are what lies
before the first such line and after the last."""

HEADLINE_WORDS = range(4, 21)
HEADLINE_CHARACTERS = range(20, 131)
"""Of the titles of the development corpora, 96 % have 4 to 20 words and 20 to 130 characters."""

OPENING_CHARACTERS = range(45, 131)
"""A text's first line of this length, without a full stop, is the headline. Of such lines 71 of 88 are no gold text on
the development corpora (30 of 32 on news); of the shorter ones 44 of 66 only, many of them headings of sections."""

STRANGER_CHARACTERS = 45
STRANGER_SHARE = 0.4
"""A list is one of headlines of other articles where its lines are that long on average, most of them have a headline's
marks (a topic with a colon, a quotation, a dash), and fewer of its longer words stand elsewhere in the text. On the
development corpora 35 of 43 lines of such lists are no gold text, all 23 on news; of six lists between paragraphs that
share more, none."""

ADDRESS_SHARE = 0.75
HEADLINE_SHARE = 0.25
"""A first line is the headline when it has that share of the words of the page's address, and that share of its own
words stands there: 166 of 195 on the development corpora, the others are headlines that the gold text keeps."""

_ADDRESS_WORD = re.compile(r"[^\W_]+")
_SENTENCE_END = re.compile(r"\w{4}[.!?][\"'”’»)]*\s?\w")
_LONG_WORD = re.compile(r"[^\W\d_]{5,}")
_HEADLINE_MARK = re.compile(r"\w: ?[„“\"A-ZÀ-Þ]|\w [–-] \w|\w\? \w|!|[“”\"]: ")
_LIST_END = re.compile(r"[.,;:][\"'”’»“)\]]*$")
_END = re.compile(r"[.!?…。！？।؟:;,][\"'”’»«)\]]*$")


def ends(text: str) -> bool:
    """Tell whether a line ends like a sentence, or like the first part of one."""
    return bool(_END.search(text))


def is_prose(text: str, size: int = PROSE) -> bool:
    """Tell whether a line is long enough and ends like a sentence."""
    return len(text) >= size and ends(text)


def is_headline(text: str) -> bool:
    """Tell whether a line by itself looks like a headline."""
    return (
        len(text) in HEADLINE_CHARACTERS
        and len(text.split()) in HEADLINE_WORDS
        and not ends(text)
        and not re.search(r"[.!?] ", text)
        and (text.lstrip("\"'“‘«„¿¡")[:1].isupper() or text[:1].isdigit())
    )


def opens_text(text: str) -> bool:
    """Tell whether a first line is the text's headline, going by its length and its end alone."""
    return len(text) in OPENING_CHARACTERS and not ends(text) and not _SENTENCE_END.search(text)


def are_foreign_headlines(texts: Sequence[str], others: Sequence[str]) -> bool:
    """Tell whether the lines of a list are headlines of other articles than the one that the other lines are from."""
    if (
        any(len(text) not in HEADLINE_CHARACTERS or _LIST_END.search(text) for text in texts)
        or sum(map(len, texts)) < STRANGER_CHARACTERS * len(texts)
        or 2 * sum(bool(_HEADLINE_MARK.search(text)) for text in texts) < len(texts)
    ):
        return False
    words = set(_LONG_WORD.findall(" ".join(texts).lower()))
    known = words.intersection(_LONG_WORD.findall(" ".join(others).lower()))
    return len(known) < STRANGER_SHARE * len(words)


def address_words(url: str) -> frozenset[str]:
    """Return the words of the wordiest part of the address's path; none where they are too few to say anything."""
    try:
        parts = unquote(urlsplit(url).path.lower()).split("/")
    except ValueError:
        return frozenset()
    words = max((frozenset(_ADDRESS_WORD.findall(part)) for part in parts), key=len)
    return words if len(words) >= 3 else frozenset()


def names_address(text: str, address: frozenset[str]) -> bool:
    """Tell whether a line holds most of the words of an address, and these are a good part of it."""
    words = set(_ADDRESS_WORD.findall(text.lower()))
    shared = len(words & address)
    return (
        not ends(text.rstrip("?!"))
        and shared >= ADDRESS_SHARE * max(len(address), 1)
        and shared >= HEADLINE_SHARE * len(words)
    )

"""Lines that are the same but for a place that is filled anew on each page: a name, a day, the headline of another
page."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from cleaners.learn.company import Company
from cleaners.learn.patterns import literal
from cleaners.learn.repeats import Repeat
from cleaners.learn.sights import Sight
from cleaners.rules.context import ends

KEY_WORDS = 3
LINK_KEY_WORDS = 2
"""Words, at the beginning or the end, that lines must share to be compared; links, which nobody's prose is, fewer."""
TOGETHER = 0.9
"""Share of a group's pages that must agree on the next word for it to be part of what is the same."""
CONSTANT = 0.15
"""Share of the lines' characters that must be the same: agencies begin whole paragraphs with one place and name."""
MAX_SLOT = 120
"""Characters of what is filled in; headlines are shorter (96 % of the development corpora's have up to 130)."""
SENTENCE = 40
"""Characters from which what ends like a sentence is taken for one; headlines end so, too, but seldom, and within
quotation marks."""
A_PAGE = 1.3
"""Times on a page, at most on average: what comes more often is a list."""

TITLED = 0.5
"""Share of the lines behind whose first colon stands the headline of another page, from which fewer words must be the
same: nobody writes `Next in Housing:` over other pages' headlines but a template."""
MAX_LABEL = 40
"""Characters of what may differ before that colon."""

_COLON = re.compile(rf"[^:：]{{2,{MAX_LABEL}}}[:：]\s*(?=\S)")
_LABEL_ENDS = (":", "：", "“", "„", "«", "「")
_SENTENCE_END = re.compile(r"[.!?…。！？।؟][\"'”’»)]*(?:\s|$)")
_UNSPACED_END = re.compile(r"[。！？][」』]?(?=\S)")
"""Where no blanks part sentences, many end in the same few signs, which are then part of what is the same."""
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\d\u3040-\u30ff\u3400-\u9fff]+|\d+(?:[.,:]\d+)*|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Slot:
    """Lines of one mould."""

    repeat: Repeat
    sights: tuple[Sight, ...]
    pattern: str
    words: int
    """Words that are the same in all."""
    lines: frozenset[int]
    """Fingerprints of the lines."""
    facts: tuple[str, ...]
    """What its filling tells, as `judge` names it."""


def find_slots(company: Company, min_pages: int) -> list[Slot]:
    """Return the moulds of the kept lines that sights show, those on most pages first. No line is in two."""
    groups: dict[tuple[object, ...], list[tuple[Sight, list[str]]]] = defaultdict(list)
    for sight in company.every():
        words = _WORD.findall(sight.text.casefold())
        size = LINK_KEY_WORDS if sight.linked else KEY_WORDS
        size *= 2 if words and not words[0].isascii() and len(words[0]) == 1 else 1
        if len(words) > size and len(sight.text) <= 2 * MAX_SLOT:
            plain = ["0" if word[0].isdigit() else word for word in words]
            groups[sight.chain, "first", *plain[:size]].append((sight, plain))
            groups[sight.chain, "last", *plain[-size:]].append((sight, plain))
            if not sight.linked and _COLON.match(sight.text):
                groups[sight.chain, "label", *plain[: size - KEY_WORDS + LINK_KEY_WORDS]].append((sight, plain))
    found = [_mould(group, min_pages) for group in groups.values() if len(group) >= min_pages]
    found += [
        _titled(group, company, min_pages)
        for key, group in groups.items()
        if key[1] == "label" and len(group) >= min_pages
    ]
    moulds = sorted((mould for mould in found if mould), key=lambda mould: (-mould.pages, -mould.words, mould.pattern))
    slots: list[Slot] = []
    used: set[int] = set()
    for mould in moulds:
        lines = frozenset(sight.fingerprint for sight in mould.sights)
        if lines & used or _takes_own(mould.pattern, lines, company):
            continue
        if (repeat := company.as_one(mould.pattern, lines, min_pages)) is not None:
            used |= lines
            slots.append(Slot(repeat, mould.sights, mould.pattern, mould.words, lines, tuple(_facts(mould, company))))
    return slots


def _takes_own(pattern: str, lines: frozenset[int], company: Company) -> bool:
    """Tell whether a pattern takes more of the articles' own lines than those that it was made of."""
    fits = re.compile(pattern).fullmatch
    return any(
        fits(sight.text) and company.is_own(sight) for sight in company.every() if sight.fingerprint not in lines
    )


class _Mould(NamedTuple):
    pages: int
    pattern: str
    words: int
    sights: tuple[Sight, ...]
    head: str
    fillings: list[str]


def _facts(mould: _Mould, company: Company) -> Iterator[str]:
    if mould.head.rstrip()[-1:] in _LABEL_ENDS:
        yield "a label with something behind it"
    if sum(map(company.is_headline, mould.fillings)) >= 0.3 * len(mould.fillings):
        yield "the same but for the headline of another page"


def _mould(group: Sequence[tuple[Sight, list[str]]], min_pages: int) -> _Mould | None:
    if len({sight.fingerprint for sight, _ in group}) < 2 or len({sight.url for sight, _ in group}) < min_pages:
        return None  # most groups are one line, and leaving some out makes none larger
    group = _agreeing(_agreeing(group, 1), -1)
    pages = {sight.url for sight, _ in group}
    if len(pages) < min_pages or len({sight.fingerprint for sight, _ in group}) < 2 or len(group) > A_PAGE * len(pages):
        return None
    before = _common([words for _, words in group])
    after = _common([words[before:][::-1] for _, words in group])
    texts = [sight.text for sight, _ in group]
    head = Counter(_cut(text, before)[0] for text in texts).most_common(1)[0][0]
    tail = Counter(_cut(text, len(words) - after)[1] for text, (_, words) in zip(texts, group, strict=True))
    end = tail.most_common(1)[0][0]
    slot = max(len(text) - len(head) - len(end) for text in texts)
    if len(head) + len(end) < CONSTANT * sum(map(len, texts)) / len(texts) or slot > MAX_SLOT:
        return None
    fillings = [text[len(head) : len(text) - len(end)] for text in texts]
    glued = _SENTENCE_END.match(end) is not None and len(end) > 3
    if glued or _UNSPACED_END.search(end) or _closes(head) or sum(map(_is_sentence, fillings)) > 0.5 * len(fillings):
        return None
    pattern = f"{literal(head)}{_filling(slot)}{literal(end)}"
    return _Mould(len(pages), pattern, before + after, tuple(sight for sight, _ in group), head, fillings)


def _titled(group: Sequence[tuple[Sight, list[str]]], company: Company, min_pages: int) -> _Mould | None:
    """Return the mould of lines with the headline of another page behind a label that may differ, too."""
    pages = {sight.url for sight, _ in group}
    texts = [sight.text for sight, _ in group]
    parts = [(found[0], text[found.end() :]) for text in texts if (found := _COLON.match(text))]
    titles = sum(company.is_headline(title) for _, title in parts)
    if len(pages) < min_pages or len(group) > A_PAGE * len(pages) or titles < TITLED * len(group):
        return None
    words = _common([words for _, words in group])
    labels = [label for label, _ in parts]
    head = Counter(_cut(label, words)[0] for label in labels).most_common(1)[0][0]
    label = (
        literal(labels[0]) if len(set(map(literal, labels))) == 1 else rf"{literal(head)}[^:：]{{1,{MAX_LABEL}}}[:：] *"
    )
    longest = max(len(title) for _, title in parts)
    pattern = f"{label}{_filling(longest)}"
    if not all(re.fullmatch(pattern, text) for text in texts):
        return None
    sights = tuple(sight for sight, _ in group)
    return _Mould(len(pages), pattern, words, sights, labels[0], [title for _, title in parts])


def _filling(longest: int) -> str:
    """Return a pattern for what differs, with room for somewhat more than the longest that was seen."""
    return f".{{1,{-(-(longest + 10) // 20) * 20}}}"


def _closes(head: str) -> bool:
    return ends(head.rstrip()) and not head.rstrip().endswith((*_LABEL_ENDS, ","))


def _is_sentence(filling: str) -> bool:
    """Tell whether what differs is sentences of an article, to which something is glued."""
    return len(filling) >= SENTENCE and bool(_SENTENCE_END.search(filling))


def _agreeing(group: Sequence[tuple[Sight, list[str]]], step: int) -> Sequence[tuple[Sight, list[str]]]:
    """Leave out the few that go on otherwise while nearly all others still agree."""
    at = 0
    while True:
        nexts = Counter(words[::step][at] if at < len(words) else "" for _, words in group)
        word, times = nexts.most_common(1)[0] if nexts else ("", 0)
        if not word or times < TOGETHER * len(group):
            return group
        group = [(sight, words) for sight, words in group if at < len(words) and words[::step][at] == word]
        at += 1


def _common(rows: Iterable[Sequence[str]]) -> int:
    count = 0
    for column in zip(*rows, strict=False):
        if len(set(column)) > 1:
            break
        count += 1
    return count


def _cut(text: str, words: int) -> tuple[str, str]:
    """Return a text up to the end of so many words, and from there on."""
    ends = [0, *(found.end() for found in _WORD.finditer(text.casefold()))]
    at = ends[min(words, len(ends) - 1)]
    return text[:at], text[at:]

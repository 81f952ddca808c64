"""Lines that are the same but for a place that is filled anew on each page: a name, a day, the headline of another
page."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from cleaners.learn.fingerprints import SOME_WORDS, count_words, edges, fingerprint
from cleaners.learn.host_lines import Company
from cleaners.learn.judge import CUES
from cleaners.learn.occurrences import Sight
from cleaners.learn.patterns import literal
from cleaners.learn.repeats import Repeat
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


MIN_SHARE = 0.35
"""Share of the host's pages that must have it: authors repeat a sentence, too, but not on every third page."""
MANY = 12
MANY_SHARE = 0.24
"""Different paragraphs, and share of the pages, from which the same sentence at the same end of each is nobody's habit:
authors who end so many paragraphs alike are not known among the development corpora's hosts. Of a sentence with words
of an offer or a notice the share alone is enough."""
_BETWEEN = re.compile(r"(?<=[.!?…।؟])\s+|(?<=[。！？])(?!$)\s*")
_QUOTE = re.compile('["“”„‟«»「」『』]')
A_PAGE = 1.3
"""Times on a page, at most on average: what comes more often is of the article's making, as marks of references are."""
MIN_WORDS = 4
MANY_WORDS = 3
"""Words; shorter sentences are anybody's. Glued to MANY paragraphs, they may be shorter."""
ONE_END = 0.9
"""Share of its places where it is at the same end of the paragraph."""


@dataclass(frozen=True, slots=True)
class Part:
    """A sentence, or several, at one end of paragraphs that differ."""

    repeat: Repeat
    text: str
    sights: tuple[Sight, ...]
    last: bool

    @property
    def probability(self) -> float:
        """How likely it is debris: of the planted hosts' sentences that come back so often nearly all are."""
        return min(0.7 + 0.3 * self.repeat.lasting, 0.97)


def find_parts(repeats: Sequence[Repeat], company: Company) -> list[Part]:
    """Return what is glued to paragraphs on enough pages of the host. Of two that overlap, the longer."""
    wanted = {repeat.fingerprint: repeat for repeat in repeats if repeat.part}
    having: dict[int, list[tuple[Sight, bool, str]]] = {}
    for sight in company.every():
        if company.times[sight.fingerprint] > 1:
            continue
        for n, text in enumerate(edges(sight.text)):
            if (number := fingerprint(text)) in wanted:
                having.setdefault(number, []).append((sight, n == 1, text))
    parts = (_part(wanted[number], places) for number, places in having.items())
    found = [part for part in parts if part is not None and not _stands_elsewhere(part, company)]
    longest = sorted(found, key=lambda part: (-len(part.text), part.text))
    return [part for n, part in enumerate(longest) if not any(part.text in other.text for other in longest[:n])]


def _part(repeat: Repeat, places: Sequence[tuple[Sight, bool, str]]) -> Part | None:
    last = sum(at_end for _, at_end, _ in places) >= 0.5 * len(places)
    same = [(sight, text) for sight, at_end, text in places if at_end == last]
    pages = {sight.url for sight, _ in same}
    text = Counter(text for _, text in same).most_common(1)[0][0]
    many = len({sight.fingerprint for sight, _ in same}) >= MANY
    offers = CUES.search(text) is not None and count_words(text) >= SOME_WORDS
    least = MANY_SHARE if many or offers else MIN_SHARE
    if len(same) < ONE_END * len(places) or repeat.lasting < least or len(places) > A_PAGE * len(pages):
        return None
    text = _grown(text, [sight.text for sight, _ in same], last=last)
    few = (text.isascii() or many) and count_words(text) < (MANY_WORDS if many else MIN_WORDS)
    if few or _QUOTE.search(text[0] + text[-1]):
        return None
    return Part(repeat, text, tuple(sight for sight, _ in same), last)


def _stands_elsewhere(part: Part, company: Company) -> bool:
    """Tell whether a sentence stands within paragraphs, or at their other end, too, as an author's own may."""
    found = re.compile(literal(part.text)).finditer
    places = [
        match.end() == len(sight.text) if part.last else match.start() == 0
        for sight in company.every()
        for match in found(sight.text)
    ]
    return sum(places) < ONE_END * len(places)


def _grown(text: str, lines: Sequence[str], *, last: bool) -> str:
    """Add the sentences next to it that are the same everywhere, too."""
    ends = [line for line in lines if (line.endswith(text) if last else line.startswith(text))]
    while len(ends) >= ONE_END * len(lines):
        rest = {(line[: -len(text)] if last else line[len(text) :]).strip() for line in ends}
        next_ones = {(_last_sentence(one) if last else _first_sentence(one)) for one in rest}
        if len(next_ones) != 1 or not (more := next_ones.pop()) or more in rest:
            break
        pairs = (f"{more}{blank}{text}" if last else f"{text}{blank}{more}" for blank in (" ", ""))
        longer = next((pair for pair in pairs if all(pair in line for line in ends)), None)
        if longer is None:
            break
        text = longer
    return text


def _last_sentence(text: str) -> str:
    return _BETWEEN.split(text)[-1]


def _first_sentence(text: str) -> str:
    return _BETWEEN.split(text)[0]

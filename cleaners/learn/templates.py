"""Find debris that is not the same on every page: lines of one template, and sentences glued to paragraphs.

The lines of a template differ in one place, which is filled anew on each page: a name, a day, another page's headline.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from cleaners.learn.host_lines import HostLines
from cleaners.learn.judge import CUES, Fact
from cleaners.learn.line_hashes import SOME_WORDS, count_words, edges, line_hash
from cleaners.learn.occurrences import Occurrence
from cleaners.learn.patterns import literal
from cleaners.learn.repeats import Repeat
from cleaners.rules.context import ends

A_PAGE = 1.3
"""Times on a page, at most on average: what comes more often is a list, or a mark of the article's own, such as a
reference."""

KEY_WORDS = 3
LINK_KEY_WORDS = 2
"""Words, at the beginning or the end, that lines must share to be compared; links, which nobody's prose is, fewer."""
TOGETHER = 0.9
"""The next word belongs to the constant text when that share of a group's pages has it."""
CONSTANT = 0.15
"""Share of the lines' characters that must be constant: agencies begin whole paragraphs with one place and name."""
MAX_FILLING = 120
"""Characters of what is filled in; headlines are shorter (96 % of the development corpora's have up to 130)."""
SENTENCE = 40
"""Characters from which what ends like a sentence is taken for one; headlines end so, too, but seldom, and within
quotation marks."""

TITLED = 0.5
"""When the headline of another page stands behind the first colon of that share of the lines, fewer constant words are
enough: nobody writes `Next in Housing:` over other pages' headlines but a template."""
MAX_LABEL = 40
"""Characters of the label before that colon, which may differ."""

_COLON = re.compile(rf"[^:：]{{2,{MAX_LABEL}}}[:：]\s*(?=\S)")
_LABEL_ENDS = (":", "：", "“", "„", "«", "「")
_SENTENCE_END = re.compile(r"[.!?…。！？।؟][\"'”’»)]*(?:\s|$)")
_UNSPACED_END = re.compile(r"[。！？][」』]?(?=\S)")
"""Where no blanks part sentences, many end in the same few signs, which are then part of the constant text."""
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\d\u3040-\u30ff\u3400-\u9fff]+|\d+(?:[.,:]\d+)*|[^\w\s]")

Group = Sequence[tuple[Occurrence, list[str]]]
"""Lines that may be of one template, each with its words."""


@dataclass(frozen=True, slots=True)
class LineTemplate:
    """Lines that are the same but for one place."""

    repeat: Repeat
    occurrences: tuple[Occurrence, ...]
    pattern: str
    words: int
    """How many words are the same in all."""
    lines: frozenset[int]
    """Hashes of the lines."""
    facts: tuple[Fact, ...]
    """What its fillings tell."""


def find_line_templates(host_lines: HostLines, min_pages: int) -> list[LineTemplate]:
    """Return the templates of the host's lines, those on most pages first. No line belongs to two."""
    groups: dict[tuple[object, ...], list[tuple[Occurrence, list[str]]]] = defaultdict(list)
    for occurrence in host_lines.every():
        words = _WORD.findall(occurrence.text.casefold())
        size = LINK_KEY_WORDS if occurrence.linked else KEY_WORDS
        size *= 2 if words and not words[0].isascii() and len(words[0]) == 1 else 1
        if len(words) > size and len(occurrence.text) <= 2 * MAX_FILLING:
            plain = ["0" if word[0].isdigit() else word for word in words]
            member = occurrence, plain
            groups[occurrence.chain, "first", *plain[:size]].append(member)
            groups[occurrence.chain, "last", *plain[-size:]].append(member)
            if not occurrence.linked and _COLON.match(occurrence.text):
                groups[occurrence.chain, "label", *plain[: size - KEY_WORDS + LINK_KEY_WORDS]].append(member)
    candidates = [_candidate(group, min_pages) for group in groups.values() if len(group) >= min_pages]
    candidates += [
        _titled_candidate(group, host_lines, min_pages)
        for key, group in groups.items()
        if key[1] == "label" and len(group) >= min_pages
    ]
    templates: list[LineTemplate] = []
    used: set[int] = set()
    for candidate in sorted(filter(None, candidates), key=lambda one: (-one.pages, -one.words, one.pattern)):
        lines = frozenset(occurrence.line for occurrence in candidate.occurrences)
        if lines & used or _takes_own(candidate.pattern, lines, host_lines):
            continue
        if (repeat := host_lines.as_one(candidate.pattern, lines, min_pages)) is not None:
            used |= lines
            facts = tuple(_facts(candidate, host_lines))
            templates.append(
                LineTemplate(repeat, candidate.occurrences, candidate.pattern, candidate.words, lines, facts)
            )
    return templates


def _takes_own(pattern: str, lines: frozenset[int], host_lines: HostLines) -> bool:
    """Tell whether a pattern also takes articles' own lines that it was not made of."""
    fits = re.compile(pattern).fullmatch
    return any(fits(one.text) and host_lines.is_own(one) for one in host_lines.every() if one.line not in lines)


class _Candidate(NamedTuple):
    pages: int
    pattern: str
    words: int
    occurrences: tuple[Occurrence, ...]
    head: str
    fillings: list[str]


def _facts(candidate: _Candidate, host_lines: HostLines) -> Iterator[Fact]:
    if candidate.head.rstrip()[-1:] in _LABEL_ENDS:
        yield Fact.LABEL_BEFORE
    if sum(map(host_lines.is_headline, candidate.fillings)) >= 0.3 * len(candidate.fillings):
        yield Fact.OTHER_HEADLINE_IN_IT


def _pages_of(group: Group) -> set[str]:
    return {occurrence.url for occurrence, _ in group}


def _is_repeated(group: Group, min_pages: int) -> bool:
    """Tell whether a group holds several different lines, on enough pages."""
    return len({occurrence.line for occurrence, _ in group}) >= 2 and len(_pages_of(group)) >= min_pages


def _candidate(group: Group, min_pages: int) -> _Candidate | None:
    if not _is_repeated(group, min_pages):
        return None  # most groups are one line, and leaving some out makes none larger
    group = _agreeing(_agreeing(group, 1), -1)
    pages = _pages_of(group)
    if not _is_repeated(group, min_pages) or len(group) > A_PAGE * len(pages):
        return None
    before = _common([words for _, words in group])
    after = _common([words[before:][::-1] for _, words in group])
    texts = [occurrence.text for occurrence, _ in group]
    head = Counter(_cut(text, before)[0] for text in texts).most_common(1)[0][0]
    tails = Counter(_cut(text, len(words) - after)[1] for text, (_, words) in zip(texts, group, strict=True))
    tail = tails.most_common(1)[0][0]
    longest = max(len(text) - len(head) - len(tail) for text in texts)
    if len(head) + len(tail) < CONSTANT * sum(map(len, texts)) / len(texts) or longest > MAX_FILLING:
        return None
    fillings = [text[len(head) : len(text) - len(tail)] for text in texts]
    glued = _SENTENCE_END.match(tail) is not None and len(tail) > 3
    if glued or _UNSPACED_END.search(tail) or _closes(head) or sum(map(_is_sentence, fillings)) > 0.5 * len(fillings):
        return None
    pattern = f"{literal(head)}{_filling(longest)}{literal(tail)}"
    occurrences = tuple(occurrence for occurrence, _ in group)
    return _Candidate(len(pages), pattern, before + after, occurrences, head, fillings)


def _titled_candidate(group: Group, host_lines: HostLines, min_pages: int) -> _Candidate | None:
    """Return the template of lines with another page's headline behind a label, which may differ, too."""
    pages = _pages_of(group)
    texts = [occurrence.text for occurrence, _ in group]
    parts = [(colon[0], text[colon.end() :]) for text in texts if (colon := _COLON.match(text))]
    titles = sum(host_lines.is_headline(title) for _, title in parts)
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
    occurrences = tuple(occurrence for occurrence, _ in group)
    return _Candidate(len(pages), pattern, words, occurrences, labels[0], [title for _, title in parts])


def _filling(longest: int) -> str:
    """Return a pattern for what differs, with room for somewhat more than the longest filling."""
    return f".{{1,{-(-(longest + 10) // 20) * 20}}}"


def _closes(head: str) -> bool:
    return ends(head.rstrip()) and not head.rstrip().endswith((*_LABEL_ENDS, ","))


def _is_sentence(filling: str) -> bool:
    """Tell whether a filling is sentences of an article, to which something is glued."""
    return len(filling) >= SENTENCE and bool(_SENTENCE_END.search(filling))


def _agreeing(group: Group, step: int) -> Group:
    """Leave out the few lines that go on differently while nearly all others still agree."""
    at = 0
    while True:
        following = Counter(words[::step][at] if at < len(words) else "" for _, words in group)
        word, times = following.most_common(1)[0] if following else ("", 0)
        if not word or times < TOGETHER * len(group):
            return group
        group = [(occurrence, words) for occurrence, words in group if at < len(words) and words[::step][at] == word]
        at += 1


def _common(rows: Iterable[Sequence[str]]) -> int:
    """Count the words with which all rows begin."""
    count = 0
    for column in zip(*rows, strict=False):
        if len(set(column)) > 1:
            break
        count += 1
    return count


def _cut(text: str, words: int) -> tuple[str, str]:
    """Split a text behind so many words."""
    word_ends = [0, *(word.end() for word in _WORD.finditer(text.casefold()))]
    at = word_ends[min(words, len(word_ends) - 1)]
    return text[:at], text[at:]


MIN_SHARE = 0.35
"""Share of the host's pages that must have a glued sentence: authors repeat a sentence, too, but not on every third
page."""
MANY = 12
MANY_SHARE = 0.24
"""The same sentence at the same end of so many different paragraphs, on that share of the pages, is nobody's habit:
authors who end so many paragraphs alike are not known among the development corpora's hosts. Of a sentence with words
of an offer or a notice the share alone is enough."""
_BETWEEN = re.compile(r"(?<=[.!?…।؟])\s+|(?<=[。！？])(?!$)\s*")
_QUOTE = re.compile('["“”„‟«»「」『』]')
MIN_WORDS = 4
MANY_WORDS = 3
"""Words; shorter sentences are anybody's. Glued to MANY paragraphs, they may be shorter."""
ONE_END = 0.9
"""Share of its occurrences that must be at the same end of the paragraph."""


@dataclass(frozen=True, slots=True)
class GluedSentence:
    """A sentence of debris, or several, at one end of paragraphs that differ."""

    repeat: Repeat
    text: str
    occurrences: tuple[Occurrence, ...]
    """The paragraphs."""
    last: bool
    """It stands at their end, not at their beginning."""

    @property
    def probability(self) -> float:
        """How likely it is debris: of the planted hosts' sentences that come back so often nearly all are."""
        return min(0.7 + 0.3 * self.repeat.lasting, 0.97)


def find_glued_sentences(repeats: Sequence[Repeat], host_lines: HostLines) -> list[GluedSentence]:
    """Return what is glued to paragraphs on enough pages of the host. Of two that overlap, the longer."""
    wanted = {repeat.line: repeat for repeat in repeats if repeat.is_sentence}
    having: dict[int, list[tuple[Occurrence, bool, str]]] = {}
    for occurrence in host_lines.every():
        if host_lines.times[occurrence.line] > 1:
            continue
        for n, text in enumerate(edges(occurrence.text)):
            if (number := line_hash(text)) in wanted:
                having.setdefault(number, []).append((occurrence, n == 1, text))
    candidates = (_glued_sentence(wanted[number], paragraphs) for number, paragraphs in having.items())
    glued = [one for one in candidates if one is not None and not _stands_elsewhere(one, host_lines)]
    longest = sorted(glued, key=lambda one: (-len(one.text), one.text))
    return [one for n, one in enumerate(longest) if not any(one.text in other.text for other in longest[:n])]


def _glued_sentence(repeat: Repeat, paragraphs: Sequence[tuple[Occurrence, bool, str]]) -> GluedSentence | None:
    last = sum(at_end for _, at_end, _ in paragraphs) >= 0.5 * len(paragraphs)
    same = [(occurrence, text) for occurrence, at_end, text in paragraphs if at_end == last]
    pages = {occurrence.url for occurrence, _ in same}
    text = Counter(text for _, text in same).most_common(1)[0][0]
    many = len({occurrence.line for occurrence, _ in same}) >= MANY
    offers = CUES.search(text) is not None and count_words(text) >= SOME_WORDS
    least = MANY_SHARE if many or offers else MIN_SHARE
    if len(same) < ONE_END * len(paragraphs) or repeat.lasting < least or len(paragraphs) > A_PAGE * len(pages):
        return None
    text = _grown(text, [occurrence.text for occurrence, _ in same], last=last)
    few = (text.isascii() or many) and count_words(text) < (MANY_WORDS if many else MIN_WORDS)
    if few or _QUOTE.search(text[0] + text[-1]):
        return None
    return GluedSentence(repeat, text, tuple(occurrence for occurrence, _ in same), last)


def _stands_elsewhere(glued: GluedSentence, host_lines: HostLines) -> bool:
    """Tell whether a sentence stands within paragraphs, or at their other end, too, as an author's own may."""
    matches = re.compile(literal(glued.text)).finditer
    at_end = [
        match.end() == len(occurrence.text) if glued.last else match.start() == 0
        for occurrence in host_lines.every()
        for match in matches(occurrence.text)
    ]
    return sum(at_end) < ONE_END * len(at_end)


def _grown(text: str, lines: Sequence[str], *, last: bool) -> str:
    """Add the sentences next to it that are the same everywhere, too."""
    having = [line for line in lines if (line.endswith(text) if last else line.startswith(text))]
    while len(having) >= ONE_END * len(lines):
        rest = {(line[: -len(text)] if last else line[len(text) :]).strip() for line in having}
        next_ones = {(_last_sentence(one) if last else _first_sentence(one)) for one in rest}
        if len(next_ones) != 1 or not (more := next_ones.pop()) or more in rest:
            break
        pairs = (f"{more}{blank}{text}" if last else f"{text}{blank}{more}" for blank in (" ", ""))
        longer = next((pair for pair in pairs if all(pair in line for line in having)), None)
        if longer is None:
            break
        text = longer
    return text


def _last_sentence(text: str) -> str:
    return _BETWEEN.split(text)[-1]


def _first_sentence(text: str) -> str:
    return _BETWEEN.split(text)[0]

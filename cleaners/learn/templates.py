"""Find debris that differs from page to page: lines of one template, and sentences glued to paragraphs.

The lines of a template differ in one place, which each page fills anew: a name, a day, another page's headline.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, takewhile
from typing import NamedTuple

from cleaners.learn.host_lines import HostLines
from cleaners.learn.judge import CUES, Fact
from cleaners.learn.line_hashes import SOME_WORDS, count_words, edges, line_hash
from cleaners.learn.occurrences import Occurrence
from cleaners.learn.patterns import literal
from cleaners.learn.repeats import Repeat
from cleaners.rules.context import ends

A_PAGE = 1.3
"""The most times on a page, on average: what comes more often is a list, or part of the article, like a reference."""

KEY_WORDS = 3
LINK_KEY_WORDS = 2
"""Words that lines must share at the beginning or the end to be compared; links fewer, since no prose is a link."""
TOGETHER = 0.9
"""The next word belongs to the constant text when this share of a group has it."""
CONSTANT = 0.15
"""The least share of the lines' characters that is constant: agencies begin all paragraphs with one place and name."""
MAX_FILLING = 120
"""The most characters of a filling; headlines are shorter (96 % of the development corpora's have up to 130)."""
SENTENCE = 40
"""The least characters of a sentence: headlines end like sentences, too, but seldom, and within quotation marks."""

TITLED = 0.5
"""When this share of the lines has another page's headline behind the first colon, fewer constant words are enough:
only a template writes `Next in Housing:` before other pages' headlines."""
MAX_LABEL = 40
"""The most characters of the label before that colon, which may differ."""

_COLON = re.compile(rf"[^:：]{{2,{MAX_LABEL}}}[:：]\s*(?=\S)")
_LABEL_ENDS = (":", "：", "“", "„", "«", "「")
_SENTENCE_END = re.compile(r"[.!?…。！？।؟][\"'”’»)]*(?:\s|$)")
_UNSPACED_END = re.compile(r"[。！？][」』]?(?=\S)")
"""Without blanks between sentences, many end in the same few signs, which become part of the constant text."""
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\d\u3040-\u30ff\u3400-\u9fff]+|\d+(?:[.,:]\d+)*|[^\w\s]")

Group = Sequence[tuple[Occurrence, list[str]]]
"""Lines that may be of one template, each with its words."""


@dataclass(frozen=True, slots=True)
class LineTemplate:
    """Lines that are the same except in one place."""

    repeat: Repeat
    occurrences: tuple[Occurrence, ...]
    pattern: str
    words: int
    """How many words are the same in all the lines."""
    facts: tuple[Fact, ...]
    """Facts about what is filled in."""
    lines: frozenset[int]
    """Hashes of the lines."""


def find_line_templates(host_lines: HostLines, min_pages: int) -> list[LineTemplate]:
    """Return the templates of the host's lines, those on most pages first. No line belongs to two templates."""
    groups: dict[tuple[object, ...], list[tuple[Occurrence, list[str]]]] = defaultdict(list)
    for occurrence in host_lines.every():
        words = _WORD.findall(occurrence.text.casefold())
        size = LINK_KEY_WORDS if occurrence.linked else KEY_WORDS
        size *= 2 if words and not words[0].isascii() and len(words[0]) == 1 else 1  # signs of a script without spaces
        if len(words) > size and len(occurrence.text) <= 2 * MAX_FILLING:
            plain = ["0" if word[0].isdecimal() else word for word in words]
            member = occurrence, plain
            groups[occurrence.chain, "first", *plain[:size]].append(member)
            groups[occurrence.chain, "last", *plain[-size:]].append(member)
            if not occurrence.linked and _COLON.match(occurrence.text):
                groups[occurrence.chain, "label", *plain[: size - KEY_WORDS + LINK_KEY_WORDS]].append(member)
    large = [(key, group) for key, group in groups.items() if len(group) >= min_pages]
    candidates = [_candidate(group, host_lines, min_pages) for _, group in large]
    candidates += [_titled_candidate(group, host_lines, min_pages) for key, group in large if key[1] == "label"]
    templates: list[LineTemplate] = []
    used: set[int] = set()
    for each in sorted(filter(None, candidates), key=lambda each: (-each.pages, -each.words, each.pattern)):
        lines = frozenset(occurrence.line for occurrence in each.occurrences)
        if lines & used or _takes_own(each.pattern, lines, host_lines):
            continue
        if (repeat := host_lines.as_one(each.pattern, lines, min_pages)) is not None:
            used |= lines
            templates.append(LineTemplate(repeat, each.occurrences, each.pattern, each.words, each.facts, lines))
    return templates


def _takes_own(pattern: str, lines: frozenset[int], host_lines: HostLines) -> bool:
    """Tell whether a pattern also takes articles' own lines, other than those that it was made from."""
    fits = re.compile(pattern).fullmatch
    others = (occurrence for occurrence in host_lines.every() if occurrence.line not in lines)
    return any(fits(occurrence.text) and host_lines.is_own(occurrence) for occurrence in others)


class _Candidate(NamedTuple):
    pages: int
    pattern: str
    words: int
    occurrences: tuple[Occurrence, ...]
    facts: tuple[Fact, ...]


def _facts(head: str, fillings: Sequence[str], host_lines: HostLines) -> Iterator[Fact]:
    if head.rstrip()[-1:] in _LABEL_ENDS:
        yield Fact.LABEL_BEFORE
    if sum(map(host_lines.is_headline, fillings)) >= 0.3 * len(fillings):
        yield Fact.OTHER_HEADLINE_IN_IT


def _pages_of(group: Group) -> set[str]:
    return {occurrence.url for occurrence, _ in group}


def _is_repeated(group: Group, min_pages: int) -> bool:
    """Tell whether a group holds several different lines, on enough pages."""
    return len({occurrence.line for occurrence, _ in group}) >= 2 and len(_pages_of(group)) >= min_pages


def _candidate(group: Group, host_lines: HostLines, min_pages: int) -> _Candidate | None:
    """Return the template of lines that begin and end with the same words."""
    if not _is_repeated(group, min_pages):
        return None  # most groups are one line; checked again below, since a group may become smaller
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
    closed = ends(head.rstrip()) and not head.rstrip().endswith((*_LABEL_ENDS, ","))
    if glued or closed or _UNSPACED_END.search(tail) or sum(map(_is_sentence, fillings)) > 0.5 * len(fillings):
        return None
    pattern = f"{literal(head)}{_filling(longest)}{literal(tail)}"
    occurrences = tuple(occurrence for occurrence, _ in group)
    return _Candidate(len(pages), pattern, before + after, occurrences, tuple(_facts(head, fillings, host_lines)))


def _titled_candidate(group: Group, host_lines: HostLines, min_pages: int) -> _Candidate | None:
    """Return the template of lines with another page's headline behind a label, which may also differ."""
    pages = _pages_of(group)
    texts = [occurrence.text for occurrence, _ in group]
    parts = [(colon[0], text[colon.end() :]) for text in texts if (colon := _COLON.match(text))]
    titles = sum(host_lines.is_headline(title) for _, title in parts)
    if len(pages) < min_pages or len(group) > A_PAGE * len(pages) or titles < TITLED * len(group):
        return None
    words = _common([words for _, words in group])
    labels = [label for label, _ in parts]
    fillings = [title for _, title in parts]
    head = Counter(_cut(label, words)[0] for label in labels).most_common(1)[0][0]
    same = len(set(map(literal, labels))) == 1
    label = literal(labels[0]) if same else rf"{literal(head)}[^:：]{{1,{MAX_LABEL}}}[:：] *"
    pattern = f"{label}{_filling(max(map(len, fillings)))}"
    if not all(re.fullmatch(pattern, text) for text in texts):
        return None
    occurrences = tuple(occurrence for occurrence, _ in group)
    return _Candidate(len(pages), pattern, words, occurrences, tuple(_facts(labels[0], fillings, host_lines)))


def _filling(longest: int) -> str:
    """Return a pattern for what is filled in, which may be somewhat longer than the longest filling."""
    return f".{{1,{-(-(longest + 10) // 20) * 20}}}"


def _is_sentence(filling: str) -> bool:
    """Tell whether a filling is an article's own sentences, with something glued to them."""
    return len(filling) >= SENTENCE and bool(_SENTENCE_END.search(filling))


def _agreeing(group: Group, step: int) -> Group:
    """Leave out the few lines that go on differently where nearly all others agree."""
    for at in count():
        following = Counter(words[::step][at] if at < len(words) else "" for _, words in group)
        word, times = following.most_common(1)[0] if following else ("", 0)
        if not word or times < TOGETHER * len(group):
            break
        group = [(occurrence, words) for occurrence, words in group if at < len(words) and words[::step][at] == word]
    return group


def _common(rows: Iterable[Sequence[str]]) -> int:
    """Count the words that all rows begin with."""
    return sum(1 for _ in takewhile(lambda column: len(set(column)) == 1, zip(*rows, strict=False)))


def _cut(text: str, words: int) -> tuple[str, str]:
    """Split a text behind its first *words* words."""
    word_ends = [0, *(word.end() for word in _WORD.finditer(text.casefold()))]
    at = word_ends[min(words, len(word_ends) - 1)]
    return text[:at], text[at:]


MIN_SHARE = 0.35
"""The share of the host's pages that must have a glued sentence: authors repeat a sentence, too, but not on every third
page."""
MANY = 12
MANY_SHARE = 0.24
"""The same sentence at the same end of this many different paragraphs, on this share of the pages, is no author's
habit: no author of the development corpora's hosts does that. For a sentence with words of an offer or a notice, the
share alone is enough."""
_BETWEEN = re.compile(r"(?<=[.!?…।؟])\s+|(?<=[。！？])(?!$)\s*")
_QUOTE = re.compile('["“”„‟«»「」『』]')
MIN_WORDS = 4
MANY_WORDS = 3
"""The least words: anybody may write a shorter sentence. One that is glued to MANY paragraphs may be shorter."""
ONE_END = 0.9
"""The share of a sentence's occurrences that must be at the same end of the paragraph."""


@dataclass(frozen=True, slots=True)
class GluedSentence:
    """One or more sentences of debris at the same end of different paragraphs."""

    repeat: Repeat
    text: str
    occurrences: tuple[Occurrence, ...]
    """The paragraphs."""
    last: bool
    """It is at their end, not at their beginning."""

    @property
    def probability(self) -> float:
        """How likely it is debris: nearly all of the planted hosts' sentences that come back so often are."""
        return min(0.7 + 0.3 * self.repeat.lasting, 0.97)


def find_glued_sentences(repeats: Sequence[Repeat], host_lines: HostLines) -> list[GluedSentence]:
    """Return the sentences glued to paragraphs on enough pages of the host; of two that overlap, the longer."""
    by_hash = {repeat.line: repeat for repeat in repeats if repeat.is_sentence}
    having: dict[int, list[tuple[Occurrence, bool, str]]] = defaultdict(list)
    for occurrence in host_lines.every():
        if host_lines.times[occurrence.line] > 1:
            continue
        for n, text in enumerate(edges(occurrence.text)):
            if (sentence := line_hash(text)) in by_hash:
                having[sentence].append((occurrence, n == 1, text))
    candidates = (_glued_sentence(by_hash[sentence], paragraphs) for sentence, paragraphs in having.items())
    glued = [each for each in candidates if each is not None and not _stands_elsewhere(each, host_lines)]
    glued.sort(key=lambda each: (-len(each.text), each.text))
    return [each for n, each in enumerate(glued) if not any(each.text in longer.text for longer in glued[:n])]


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
    """Tell whether a sentence is also within paragraphs or at their other end, like an author's own."""
    matches = re.compile(literal(glued.text)).finditer
    at_end = [
        match.end() == len(occurrence.text) if glued.last else match.start() == 0
        for occurrence in host_lines.every()
        for match in matches(occurrence.text)
    ]
    return sum(at_end) < ONE_END * len(at_end)


def _grown(text: str, lines: Sequence[str], *, last: bool) -> str:
    """Add the sentences next to it that are also the same everywhere."""
    having = [line for line in lines if (line.endswith(text) if last else line.startswith(text))]
    while len(having) >= ONE_END * len(lines):
        rest = {(line[: -len(text)] if last else line[len(text) :]).strip() for line in having}
        neighbours = {_BETWEEN.split(part)[-1 if last else 0] for part in rest}
        if len(neighbours) != 1 or not (more := neighbours.pop()) or more in rest:
            break
        pairs = (f"{more}{blank}{text}" if last else f"{text}{blank}{more}" for blank in (" ", ""))
        longer = next((pair for pair in pairs if all(pair in line for line in having)), None)
        if longer is None:
            break
        text = longer
    return text

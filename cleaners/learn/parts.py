"""Sentences of debris that are glued to a paragraph of the article."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from cleaners.learn.company import Company
from cleaners.learn.fingerprints import SOME_WORDS, count_words, edges, fingerprint
from cleaners.learn.judge import CUES
from cleaners.learn.patterns import literal
from cleaners.learn.repeats import Repeat
from cleaners.learn.sights import Sight

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

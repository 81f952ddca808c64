"""Rules made of what comes back on a host's pages and is judged debris."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from typing import Literal

from cleaners.learn.fingerprints import SOME_WORDS, SeenPage
from cleaners.learn.host_lines import Box, Company, find_boxes
from cleaners.learn.judge import LIKELY, Verdict, debris_lines, judge
from cleaners.learn.occurrences import Sight
from cleaners.learn.patterns import cues_of, literal, longest_of, name_of, pattern_of
from cleaners.learn.repeats import MIN_PAGES, Repeat
from cleaners.learn.templates import Part, Slot, find_parts, find_slots
from cleaners.rules.lines import Lines, cut_lines
from cleaners.rules.model import Evidence, RuleSet

FREQUENT = 0.38
"""Share of the host's pages from which lines of one mould are a template's rather than an author's habit."""
MOULDED = 0.3
"""Share of the articles' own lines in such moulds from which they are how the articles are written: market reports,
results of matches."""
SAMPLES = 3
"""Addresses and texts that a proposal shows."""
PLACES = 10
"""Paths of elements that it names: a rule that fires at others is flagged as moved, so rare ones count too."""


def propose(
    host: str,
    pages: Sequence[SeenPage],
    repeats: Sequence[Repeat],
    sights: Mapping[str, Sequence[Sight]],
    rules: RuleSet,
    *,
    min_pages: int = MIN_PAGES,
) -> list[Proposal]:
    """Return the rules that the pages of a host teach, the surest first. Deterministic; no order of what is handed in
    matters. A line that no sight shows is not proposed: its text is not known."""
    company = Company(pages, sights)
    maker = _Maker(company, rules)
    moulds = _foreign_moulds(company, min_pages)
    slots = [
        (slot, verdict)
        for slot in moulds
        if (verdict := judge(slot.repeat, slot.sights, company, words=slot.words, also=slot.facts)).probability
        >= LIKELY
    ]
    moulded = {line for slot, _ in slots for line in slot.lines}
    lines = debris_lines(repeats, company, moulded)
    sure = {line for slot, _ in slots if slot.words >= SOME_WORDS for line in slot.lines}
    sure.update(repeat.fingerprint for repeat, _, _ in lines)
    maker.debris = sure | moulded
    boxes = find_boxes(company, maker.debris, sure, min_pages)
    maker.make(boxes, slots, lines, find_parts(repeats, company))
    return sorted(maker.proposals, key=lambda proposal: (-proposal.evidence.probability, proposal.id))


def _foreign_moulds(company: Company, min_pages: int) -> list[Slot]:
    """Return the moulds that are a template's; none where the articles themselves are written in moulds."""
    moulds = find_slots(company, min_pages)
    lines = {line for slot in moulds if slot.repeat.lasting >= FREQUENT for line in slot.lines}
    own = [sight.fingerprint for sight in company.every() if company.is_own(sight)]
    if sum(line in lines for line in own) > MOULDED * len(own):
        return []
    company.disown(lines)
    return moulds


@dataclass(slots=True)
class _Maker:
    """Writes rules, each with a name of its own."""

    company: Company
    rules: RuleSet
    debris: set[int] = field(default_factory=set)
    proposals: list[Proposal] = field(default_factory=list)

    def make(
        self,
        boxes: Sequence[Box],
        slots: Iterable[tuple[Slot, Verdict]],
        lines: Iterable[tuple[Repeat, Verdict, Sequence[Sight]]],
        parts: Iterable[Part],
    ) -> None:
        """Write a rule for each; lines that a rule for an element takes need none."""
        boxed = {sight for box in boxes for sight in box.sights}
        for box in boxes:
            self.drop(box)
        for slot, verdict in slots:
            if not boxed.issuperset(slot.sights):
                self.slot(slot, verdict)
        for repeat, verdict, found in lines:
            if not boxed.issuperset(found):
                self.line(repeat, verdict, found)
        for part in parts:
            self.fragment(part)

    def line(self, repeat: Repeat, verdict: Verdict, found: Sequence[Sight]) -> None:
        texts = _texts(found)
        self.add("line", pattern_of(texts), repeat, verdict, found, texts)

    def slot(self, slot: Slot, verdict: Verdict) -> None:
        self.add("line", slot.pattern, slot.repeat, verdict, slot.sights, _texts(slot.sights))

    def fragment(self, part: Part) -> None:
        pattern = literal(part.text)
        verdict = Verdict(part.probability, ("glued to paragraphs that differ",))
        repeat = replace(part.repeat, tail=1.0 if part.last else 0.0)
        self.add(
            "fragment", rf"\s?{pattern}" if part.last else rf"{pattern}\s?", repeat, verdict, part.sights, [part.text]
        )

    def drop(self, box: Box) -> None:
        repeat = self.company.as_one(box.selector, box.lines, 1)
        if repeat is not None:
            verdict = judge(repeat, box.sights, self.company, words=len(box.sights))
            self.add("drop", (box.selector,), repeat, verdict, box.sights, _texts(box.sights))

    def add(
        self,
        verb: Verb,
        pattern: str | tuple[str, ...],
        repeat: Repeat,
        verdict: Verdict,
        found: Sequence[Sight],
        texts: Sequence[str],
    ) -> None:
        keeps = self.neighbour(found, part=verb == "fragment")
        if keeps is None or (verb == "line" and self.is_taken(found[0])):
            return
        example = texts[0]
        if verb == "fragment":
            example = found[0].text
        elif verb == "drop":
            example, keeps = _element(found[0], pattern[0], texts[0]), f"<p>{escape(keeps)}</p>"
        text = box_name(pattern[0]) if verb == "drop" else texts[0]
        self.proposals.append(
            Proposal(
                id=name_of(text, {proposal.id for proposal in self.proposals}),
                verb=verb,
                pattern=pattern,
                why=f"comes back on {len(repeat.pages)} of {repeat.of} pages of the site, in its {repeat.position}",
                example=example,
                keeps=keeps,
                evidence=_evidence(repeat, verdict, found, self.company, texts),
                max=None if verb == "drop" else longest_of(texts),
                cues=() if verb == "drop" else cues_of(texts),
            )
        )

    def is_taken(self, sight: Sight) -> bool:
        """Tell whether a rule in force takes the line already."""
        page = self.company.sights[sight.url]
        cuts = cut_lines(Lines([one.text for one in page]), self.rules.for_url(sight.url).lines)
        return any(cut.end - cut.start == len(sight.text) for cut in cuts[page.index(sight)])

    def neighbour(self, found: Iterable[Sight], *, part: bool) -> str | None:
        """Return the nearest of the article's own lines on a page that has the line."""
        for sight in found:
            lines = self.company.sights[sight.url]
            # not `index`, which looks through the whole page for each of its lines
            places = {line: n for n, line in reversed([*enumerate(lines)])}
            distances = {line: abs(n - places[sight]) for line, n in places.items()}
            for other in sorted(distances, key=lambda line: (distances[line], line.text)):
                if (
                    other.fingerprint not in self.debris
                    and self.company.is_own(other)
                    and not (part and other in found)
                ):
                    return other.text
        return None


def box_name(selector: str) -> str:
    """Return words for an element: its names.

    >>> box_name("div.more-stories#tail")
    'div more stories tail'
    """
    return " ".join(re.findall(r"[A-Za-z]+", selector))


def _element(sight: Sight, selector: str, text: str) -> str:
    tag, *names = re.split(r"(?=[.#])", selector)
    classes = " ".join(name[1:] for name in names if name[0] == ".")
    own = "".join(f' id="{name[1:]}"' for name in names if name[0] == "#")
    made = f' class="{classes}"' if classes else ""
    if tag in ("tr", "td", "th", "tbody", "thead"):
        return f"<table><{tag}{made}{own}>{escape(text)}</{tag}></table>"
    return f"<{tag}{made}{own}>{escape(text)}</{tag}>"


def _texts(found: Sequence[Sight]) -> list[str]:
    counts = Counter(sight.text for sight in found)
    return sorted(counts, key=lambda text: (-counts[text], text))


def _evidence(
    repeat: Repeat, verdict: Verdict, found: Sequence[Sight], company: Company, texts: Sequence[str]
) -> Evidence:
    days = sorted(company.pages[url].fetched for url in repeat.pages if company.pages[url].fetched)
    mean = sum(map(len, texts)) / len(texts) if len(texts) == 1 else sum(len(s.text) for s in found) / len(found)
    places = Counter(sight.path for sight in found if sight.chain)
    return Evidence(
        pages=len(repeat.pages),
        of=repeat.of,
        first_seen=days[0] if days else "",
        last_seen=days[-1] if days else "",
        urls=repeat.pages[:SAMPLES],
        removes=tuple(texts[:SAMPLES]),
        characters=round(mean * len(repeat.pages)),
        position=repeat.position,
        places=tuple(sorted(places, key=lambda place: (-places[place], place))[:PLACES]),
        facts=verdict.facts,
        probability=round(verdict.probability, 3),
    )


Verb = Literal["line", "fragment", "drop"]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A rule that the archive teaches, ready for a person to judge."""

    id: str
    """Unlike its rule's full id without the host: `sign-up-for-our-daily`."""
    verb: Verb
    pattern: str | tuple[str, ...]
    """A regular expression for a line or fragment; CSS selectors for drop."""
    why: str
    example: str
    keeps: str
    evidence: Evidence
    max: int | None = None
    """The longest line looked at, where that is not the usual."""
    cues: tuple[str, ...] = ()

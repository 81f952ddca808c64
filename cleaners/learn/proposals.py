"""Rules made of what comes back on a host's pages and is judged debris."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from cleaners.evidence import Evidence
from cleaners.learn.company import Company
from cleaners.learn.judge import Verdict, judge
from cleaners.learn.patterns import cues_of, longest_of, name_of, pattern_of
from cleaners.learn.repeats import Repeat
from cleaners.learn.sights import Sight
from cleaners.learn.types import Proposal, SeenPage
from cleaners.lines import Lines, cut_lines
from cleaners.ruleset import RuleSet

LIKELY = 0.7
"""A line is proposed from this probability on."""
SAMPLES = 3
"""Addresses and texts that a proposal shows."""


def propose(
    host: str,
    pages: Sequence[SeenPage],
    repeats: Sequence[Repeat],
    sights: Mapping[str, Sequence[Sight]],
    rules: RuleSet,
) -> list[Proposal]:
    """Return the rules that the pages of a host teach, the surest first. Deterministic; no order of what is handed in
    matters. A line that no sight shows is not proposed: its text is not known."""
    company = Company(pages, sights)
    judged = [
        (repeat, judge(repeat, found, company), found)
        for repeat in repeats
        if not repeat.part and (found := company.by_line.get(repeat.fingerprint))
    ]
    proposals: list[Proposal] = []
    debris = {repeat.fingerprint for repeat, verdict, _ in judged if verdict.probability >= LIKELY}
    for repeat, verdict, found in judged:
        if verdict.probability >= LIKELY and not _is_taken(found[0], host, rules):
            names = {proposal.id for proposal in proposals}
            if (proposal := _line(repeat, verdict, found, company, debris, names)) is not None:
                proposals.append(proposal)
    return sorted(proposals, key=lambda proposal: (-proposal.evidence.probability, proposal.id))


def _is_taken(sight: Sight, host: str, rules: RuleSet) -> bool:
    """Tell whether a rule in force takes the line already."""
    texts = [text for text in (sight.before, sight.text, sight.behind) if text]
    cuts = cut_lines(Lines(texts), rules.for_url(sight.url).lines)
    return any(cut.end - cut.start == len(sight.text) for cut in cuts[texts.index(sight.text)])


def _line(
    repeat: Repeat, verdict: Verdict, found: Sequence[Sight], company: Company, debris: set[int], names: set[str]
) -> Proposal | None:
    texts = [text for text, _ in Counter(sight.text for sight in found).most_common()]
    keeps = _neighbour(found, company, debris)
    if keeps is None:
        return None
    return Proposal(
        id=name_of(texts[0], names),
        verb="line",
        pattern=pattern_of(texts),
        why=f"comes back on {len(repeat.pages)} of {repeat.of} pages of the site, in its {repeat.position}",
        example=texts[0],
        keeps=keeps,
        evidence=_evidence(repeat, verdict, found, company, texts),
        max=longest_of(texts),
        cues=cues_of(texts),
    )


def _neighbour(found: Iterable[Sight], company: Company, debris: set[int]) -> str | None:
    """Return the nearest kept line of a page that has the line; an article's own one rather than another."""
    for sight in found:
        lines = company.sights[sight.url]
        at = lines.index(sight)
        near = sorted(lines, key=lambda other: (abs(lines.index(other) - at), other.text))
        for other in near:
            if other.fingerprint not in debris and company.times[other.fingerprint] <= 1:
                return other.text
    return None


def _evidence(
    repeat: Repeat, verdict: Verdict, found: Sequence[Sight], company: Company, texts: Sequence[str]
) -> Evidence:
    days = sorted(company.pages[url].fetched for url in repeat.pages if company.pages[url].fetched)
    mean = sum(len(sight.text) for sight in found) / len(found)
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
        places=tuple(place for place, _ in places.most_common(SAMPLES)),
        facts=verdict.facts,
        probability=round(verdict.probability, 3),
    )

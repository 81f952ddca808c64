"""Lines that are debris by themselves, and those that only what stands beside them tells: a box's heading, its text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from cleaners.learn.company import MOST, Company
from cleaners.learn.judge import LIKELY, Verdict, judge
from cleaners.learn.repeats import Repeat
from cleaners.learn.sights import Sight
from cleaners.rules.context import ends


def debris_lines(
    repeats: Iterable[Repeat], company: Company, moulded: set[int]
) -> list[tuple[Repeat, Verdict, Sequence[Sight]]]:
    """Return the lines that are likely debris, those last that only their neighbours tell."""
    seen = [
        (repeat, found)
        for repeat in repeats
        if not repeat.part and repeat.fingerprint not in moulded and (found := company.by_line.get(repeat.fingerprint))
    ]
    judged = [(repeat, judge(repeat, found, company), found) for repeat, found in seen]
    lines: list[tuple[Repeat, Verdict, Sequence[Sight]]] = [one for one in judged if one[1].probability >= LIKELY]
    debris = moulded | {repeat.fingerprint for repeat, _, _ in lines}
    for repeat, verdict, found in judged:
        if verdict.probability < LIKELY and (also := list(_of_neighbours(repeat, found, company, debris))):
            again = judge(repeat, found, company, also=also)
            lines += [(repeat, again, found)] if again.probability >= LIKELY else []
    return lines


def _of_neighbours(repeat: Repeat, found: Sequence[Sight], company: Company, debris: set[int]) -> Iterator[str]:
    if repeat.position != "tail" and not company.shared_apart(found):
        return  # an article's heading, under which an offer stands, or its text, over which one does
    heads = sum(company.heads_debris(sight, debris) for sight in found) >= MOST * len(found)
    if heads and not ends(found[0].text) and found[0].kind == "heading":
        yield "over a line that is debris"
    if sum(company.is_headed_by(sight, debris) for sight in found) >= MOST * len(found):
        yield "under a heading that is debris"

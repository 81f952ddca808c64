"""Elements that hold nothing but debris, which may differ from page to page: teasers, offers, notices."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cleaners.learn.company import Company
from cleaners.learn.sights import Sight

OTHERS = 0.02
"""Share of an element's lines that may be something else than debris by itself: lines judged so, links, headlines of
other pages."""


@dataclass(frozen=True, slots=True)
class Box:
    """A kind of element and the kept lines in it."""

    selector: str
    sights: tuple[Sight, ...]

    @property
    def lines(self) -> frozenset[int]:
        """Fingerprints of its lines."""
        return frozenset(sight.fingerprint for sight in self.sights)


def find_boxes(company: Company, debris: set[int], covered: set[int], min_pages: int) -> list[Box]:
    """Return the elements that hold `debris` and links only, on enough pages, and some that no line rule covers."""
    within: dict[str, list[Sight]] = defaultdict(list)
    for sight in company.every():
        for step in dict.fromkeys(sight.chain):
            if re.search(r"[.#]", step):
                within[step].append(sight)
    names = {step: _names(step) for step in within}
    boxes = []
    for selector, wanted in names.items():
        # all elements that the selector fits, those with more names too
        fitting = [step for step, known in names.items() if known[0] == wanted[0] and set(wanted) <= set(known)]
        sights = list(dict.fromkeys(sight for step in fitting for sight in within[step]))
        others = sum(not _is_debris(sight, company, debris) for sight in sights)
        if len({sight.url for sight in sights}) >= min_pages and others <= OTHERS * len(sights):
            boxes.append(Box(selector, tuple(sights)))
    return list(_largest(boxes, covered))


def _names(step: str) -> list[str]:
    return re.split(r"(?=[.#])", step)


def _is_debris(sight: Sight, company: Company, debris: set[int]) -> bool:
    return sight.fingerprint in debris or sight.linked or company.heads_another(sight)


def _largest(boxes: Sequence[Box], covered: set[int]) -> Iterator[Box]:
    """Yield the boxes with most lines, of equal ones the innermost, until each line is in one."""
    done: set[Sight] = set()
    for box in sorted(boxes, key=lambda box: (-len(box.sights), -_depth(box), box.selector)):
        left = [sight for sight in box.sights if sight not in done]
        if any(sight.fingerprint not in covered for sight in left) and len(box.lines) > 1:
            done.update(box.sights)
            yield box


def _depth(box: Box) -> int:
    names = _names(box.selector)
    return max(n for sight in box.sights for n, step in enumerate(sight.chain) if set(names) <= set(_names(step)))

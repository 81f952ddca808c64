"""Watch accepted rules: after a template changed, a rule no longer fires, or fires in other elements."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from math import ceil, log
from pathlib import Path
from typing import Any

from archive.files.layout import CATALOG
from archive.site_rules.files import rules_host
from archive.site_rules.store import Firing, Statistics
from cleaners import DomRule, Evidence, LineRule, RuleSet, load_rules, rule_folders

CHANCE = 0.001
"""Probability that a healthy rule is flagged as silent: somebody with some hundred rules who looks once a day gets a
few false alarms a year. Of 96 rules learned from the planted hosts' first 20 pages, and checked after each of 60 more,
the two whose lines end there are flagged."""
MIN_CAPTURES = 20
"""The fewest captures that count as silence, however often the rule fired: pages of one day are much alike, and a page
of another kind, such as a live blog, often lacks what all others have."""
LATEST = 10
"""The number of latest firings that show whether a rule has moved."""
MIN_FIRINGS = 5
"""The fewest firings that show it: most of three is two."""
DEEP = 20
"""The number of innermost elements of a path that are compared: paths of deep pages are cut at their beginning."""
LOOKED_AT = 10_000
"""The number of newest captures of a host that are read: enough to notice that a rule for one page in a thousand is
silent."""


@dataclass(frozen=True, slots=True)
class RuleHealth:
    """What a learned rule has done since it was accepted."""

    rule: str
    """Its full id."""
    host: str
    share: float
    """Share of the pages it was learned from that had its debris, 0 to 1."""
    captures: int
    """How many pages of the host have a newest text that was made with the rule."""
    fired: int
    """On how many of them it removed something."""
    silent_for: int
    """How many of the newest of them it removed nothing from."""
    last_fired: str
    """Day of the newest capture from which it removed something; empty where there is none."""
    url: str
    """The newest capture that explains the flag, otherwise the newest; empty where there is none."""
    latest: int = 0
    """How many of its latest firings have a known place, at most LATEST."""
    elsewhere: tuple[str, ...] = ()
    """Their places that its evidence does not name, one for each firing, the newest first."""

    @property
    def silent(self) -> bool:
        """Whether it has not fired for longer than chance can explain."""
        return self.silent_for >= needed(self.share)

    @property
    def moved(self) -> bool:
        """Whether most of its latest firings are in elements that its evidence does not name."""
        return not self.silent and self.latest >= MIN_FIRINGS and 2 * len(self.elsewhere) > self.latest

    @property
    def flags(self) -> tuple[str, ...]:
        """`silent` or `moved`; empty for a healthy rule."""
        return tuple(name for name in ("silent", "moved") if getattr(self, name))

    def as_dict(self) -> dict[str, Any]:
        """Return the fields ready for JSON, with the flags."""
        return asdict(self) | {"elsewhere": list(dict.fromkeys(self.elsewhere)), "flags": list(self.flags)}


def needed(share: float) -> int:
    """Return how many captures in a row without a firing are more than chance, for a rule that fires on this share.

    >>> needed(0.93), needed(0.1), needed(0.01)
    (20, 66, 688)
    """
    if not 0 < share < 1:
        return MIN_CAPTURES if share else LOOKED_AT + 1
    return max(MIN_CAPTURES, ceil(log(CHANCE) / log(1 - share)))


def health(root: Path, on_progress: Callable[[str], None] = lambda url: None) -> list[RuleHealth]:
    """Return the health of each accepted rule with evidence, by host and id; rules that a person wrote have none.

    Reads the texts of their hosts that are new since the last time, and calls `on_progress` with each URL. Reads and
    writes nothing where there is no such rule. Raises ArchiveError, and RuleError for a rule that is not understood.
    """
    folders = rule_folders(root)
    in_force = load_rules(*folders) if folders else RuleSet()
    rules = _learned(in_force)
    if not rules or not (root / CATALOG).is_file():
        return []
    results = []
    with Statistics(root) as statistics:
        statistics.update(on_progress, hosts=list(rules))
        for host, of_host in rules.items():
            pages = list(islice((page for page in statistics.firings(host) if rules_host(page.url) == host), LOOKED_AT))
            for id, since, evidence in of_host:
                results.append(_health(id, host, evidence, list(_in_force(pages, id, since, in_force.version))))
    return results


def _learned(in_force: RuleSet) -> dict[str, list[tuple[str, str, Evidence]]]:
    """Return the accepted rules that were learned, by host: full id, first day in force, evidence."""
    learned: dict[str, list[tuple[str, str, Evidence]]] = {}
    for host, site in sorted(in_force.sites.items()):
        rules: list[DomRule | LineRule] = [*site.dom, *site.lines]
        for rule in sorted(rules, key=lambda rule: rule.id):
            if rule.evidence:
                since = rule.accepted or rule.evidence.last_seen
                learned.setdefault(host, []).append((rule.id, since, rule.evidence))
    return learned


def _in_force(pages: Sequence[Firing], rule: str, since: str, now: str) -> Iterator[Firing]:
    """Yield the pages whose text was made with the rule; `now` is the version of the rules in force."""
    # The day of acceptance does not decide it: a rule that came through git was accepted elsewhere. The version in
    # force has the rule, as has each version with which it fired, and each version that came later than one of these.
    young = [page for page in pages if page.stored[:10] >= since]
    sure = {now} | {page.rules_version for page in young if rule in page.rules}
    began: dict[str, str] = {}
    for page in pages:
        began[page.rules_version] = min(page.stored, began.get(page.rules_version, page.stored))
    start = min((page.stored for page in young if page.rules_version in sure), default="")
    for page in young:
        if start and (page.rules_version in sure or began[page.rules_version] > start):
            yield page


def _health(rule: str, host: str, evidence: Evidence, pages: Sequence[Firing]) -> RuleHealth:
    """Return the health of a rule from the pages whose text was made with it, newest first."""
    firings = [page for page in pages if rule in page.rules]
    silent_for = next((number for number, page in enumerate(pages) if rule in page.rules), len(pages))
    # ready-made text has only lines: its places are no paths
    paths = [(page, [path for path in page.rules[rule] if "/" in path]) for page in firings[:LATEST]]
    placed = [(page, places) for page, places in paths if places]
    strange = [(page, places[0]) for page, places in placed if not any(is_named(place, evidence) for place in places)]
    telling = [page for page, _ in strange] or pages
    return RuleHealth(
        rule,
        host,
        evidence.share,
        len(pages),
        len(firings),
        silent_for,
        firings[0].fetched[:10] if firings else "",
        (pages if silent_for else telling)[0].url if pages else "",
        len(placed) if evidence.places else 0,
        tuple(place for _, place in strange) if evidence.places else (),
    )


def is_named(place: str, evidence: Evidence) -> bool:
    """Tell whether evidence names a place, or one inside it: a rule may remove an element around the text."""
    steps = _steps(place)
    return any(steps[-DEEP:] == known[-DEEP:] or steps == known[: len(steps)] for known in map(_steps, evidence.places))


def _steps(place: str) -> list[str]:
    """Return a path's elements below the body."""
    return place.lstrip("/").removeprefix("body/").split("/")

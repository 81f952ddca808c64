"""Count what a collection's stored pages become when they are cleaned again, and say it in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archive import Recleaned, RuleChange

KINDS = ("changed", "unchanged", "gained", "lost", "empty")
KEPT_PROBLEMS = 1000
"""The most problems that are kept; the terminal prints all of them."""


@dataclass(slots=True)
class Recleaning:
    """The results of a run."""

    collection: str
    rules_version: str
    dry_run: bool
    interrupted: bool = False
    articles: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(KINDS, 0)))
    skipped: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    """Captures that are no pages, by reason."""
    failed: int = 0
    characters_gained: int = 0
    characters_lost: int = 0
    metadata: Counter[str] = field(default_factory=Counter)
    rules: dict[str, RuleChange] = field(default_factory=dict)
    samples: list[dict[str, Any]] = field(default_factory=list)
    problems: list[dict[str, Any]] = field(default_factory=list)
    written: int = 0
    files: list[str] = field(default_factory=list)

    def add(self, done: Recleaned, samples: int) -> None:
        """Count one capture."""
        place = done.place._asdict()
        self.skipped += done.skipped
        if done.refusal:
            self.refused[done.refusal.reason] += 1
        if done.problem:
            self.failed += 1
            if len(self.problems) < KEPT_PROBLEMS:
                self.problems.append(place | {"problem": done.problem})
        if done.file:
            self.written += 1
            if done.file not in self.files:
                self.files.append(done.file)
        change = done.change
        if change is None:
            return
        self.articles[change.kind] += 1
        self.characters_gained += change.gained
        self.characters_lost += change.lost
        self.metadata.update(change.metadata)
        for rule, rule_change in change.rules.items():
            self.rules.setdefault(rule, type(rule_change)()).add(rule_change)
        if change.kind not in ("unchanged", "empty") and len(self.samples) < samples:
            self.samples.append(place | {"kind": change.kind, "lines": [asdict(line) for line in change.lines]})

    def as_dict(self) -> dict[str, Any]:
        """Return it ready for JSON."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__} | {
            "rules": {rule: asdict(change) for rule, change in sorted(self.rules.items())}
        }

    def counts(self) -> str:
        """Return in words how many articles changed and how, and how many were skipped and failed."""
        counts = [f"{self.articles[kind]} {kind}" for kind in KINDS if self.articles[kind] or kind == "changed"]
        counts += [f"{number} {name}" for name in ("skipped", "failed") if (number := getattr(self, name))]
        return ", ".join(counts)

    def characters(self) -> str:
        """Return in words how many characters the texts gained and lost."""
        return f"characters: {self.characters_gained:,} gained, {self.characters_lost:,} lost"


@contextmanager
def article_pages(data: Path) -> Iterator[Callable[[str], bool]]:
    """Yield a function that tells whether a page without a text may be an article."""
    # the crawl state knows which pages are sections and home pages; without it, every page may be an article
    from scraper.frontier import FRONTIER, Frontier, FrontierError

    frontier: Frontier | None = None

    def may_be(url: str) -> bool:
        row = frontier.get(url) if frontier else None
        return row is None or row.kind == "article"

    with ExitStack() as stack:
        if (data / FRONTIER).is_file():
            with suppress(FrontierError):
                frontier = stack.enter_context(Frontier(data / FRONTIER, reading=True))
        yield may_be

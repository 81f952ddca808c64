"""Say a proposed rule in words, and show it on its pages: what it would remove, with the lines around it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from scraper.printable import one_line, printable

if TYPE_CHECKING:
    from archive import Catalog
    from archive.site_rules import Corpora
    from cleaners.learn import Proposal

SAMPLES, SHOWN_TEXTS = 3, 3
"""How many pages and texts are shown."""
AROUND = 2
"""How many lines are shown before and after the line."""
MAX_SHOWN, BESIDE = 400, 150
"""The most characters of a text, and of what is before and after a fragment."""
POSITIONS = {"head": "at the head of the text", "body": "in the middle of the text", "tail": "at the end of the text"}

Span = tuple[int, int]
Taker = Callable[[str], Span | None]


@dataclass(frozen=True, slots=True)
class Sample:
    """The line that a rule would remove from one page, with the lines around it."""

    url: str
    lines: tuple[tuple[str, Span | None, str], ...]
    """Each with the part that the rule would remove, and the id of another rule that would remove the line."""
    starts: bool = True
    ends: bool = True
    """Whether the text begins and ends with these lines."""
    problem: str = ""


def floor(probability: float) -> str:
    """Round a probability down: rounded up, `--accept-above` with the number shown would not accept the rule."""
    return f"{int(probability * 100 + 1e-9) / 100:.2f}"


def facts(proposal: Proposal) -> Iterator[tuple[str, str]]:
    """Yield the evidence for a proposal in words, each part with its name, and what the rule matches."""
    evidence = proposal.evidence
    days = " to ".join(dict.fromkeys(filter(None, (evidence.first_seen, evidence.last_seen))))
    yield "pages", ", ".join(filter(None, (f"{evidence.pages} of {evidence.of} ({evidence.share:.0%})", days)))
    yield (
        "where",
        "; ".join((POSITIONS.get(evidence.position, one_line(evidence.position)), *map(one_line, evidence.places[:2]))),
    )
    yield "facts", "; ".join(map(one_line, evidence.facts)) or "-"
    yield "takes", f"{evidence.characters:,} characters of the text kept on these pages"
    if proposal.verb == "drop":
        yield "", "the whole element, whatever stands in it on other pages"
    pattern = proposal.pattern if isinstance(proposal.pattern, str) else ", ".join(proposal.pattern)
    yield proposal.verb, one_line(pattern, MAX_SHOWN)


def samples(pages: Pages, proposal: Proposal, others: Mapping[str, Taker]) -> Iterator[Sample]:
    """Yield a sample of each page that the evidence names, from its newest stored text."""
    takes = taker(proposal)
    for url in proposal.evidence.urls[:SAMPLES]:
        text = pages.text(url)
        missing = Sample(url, (), problem="its text is not stored")
        yield missing if text is None else sample_of(url, text, takes, others)


def sample_of(url: str, text: str, takes: Taker, others: Mapping[str, Taker]) -> Sample:
    """Return the first line of `text` that the rule removes, with the lines around it; `others` are other rules."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    at = next((number for number, line in enumerate(lines) if takes(line)), None)
    if at is None:
        return Sample(url, (), problem="not in the page's newest text")
    first, last = max(0, at - AROUND), min(len(lines), at + AROUND + 1)
    shown = tuple(
        (line, takes(line), next((id for id, other in others.items() if other(line)), "")) for line in lines[first:last]
    )
    return Sample(url, shown, first == 0, last == len(lines))


def taker(proposal: Proposal) -> Taker:
    """Return a function that returns the part of a line that the rule would remove."""
    from cleaners import LineRule
    from cleaners.learn import line_hash

    known = {line_hash(text) for text in (*proposal.evidence.removes, proposal.example)}
    whole = proposal.verb == "line"
    pattern = proposal.pattern if isinstance(proposal.pattern, str) else None
    rule = LineRule(proposal.id, "", "", "", pattern, whole=whole, packaged=False) if pattern is not None else None

    def takes(line: str) -> Span | None:
        if rule:
            if rule.whole:
                return (0, len(line)) if rule.matches(line) else None
            return next(iter(rule.spans(line)), None)
        # the element of a stored line is not known, only the texts of the elements that the rule drops
        return (0, len(line)) if line_hash(line) in known else None

    return takes


def around(line: str, span: Span) -> tuple[str, str, str]:
    """Return what stands before the removed part of a line, that part, and what stands after it, within bounds."""
    before, removed, after = line[: span[0]], line[span[0] : span[1]], line[span[1] :]
    before = before if len(before) <= BESIDE else "…" + before[-BESIDE:]
    return printable(before, MAX_SHOWN), printable(removed, MAX_SHOWN), printable(after, BESIDE)


class Pages:
    """The stored texts of a data root's pages. A context manager."""

    def __init__(self, data: Path) -> None:
        self._data, self._stack = data, ExitStack()
        self._catalog: Catalog | None = None
        self._corpora: Corpora | None = None

    def __enter__(self) -> Self:
        from archive import CATALOG, Catalog
        from archive.site_rules import CORPORA, Corpora

        if (self._data / CATALOG).is_file():
            self._catalog = self._stack.enter_context(Catalog(self._data / CATALOG))
        if (self._data / CORPORA).is_file():
            self._corpora = self._stack.enter_context(Corpora(self._data))
        return self

    def __exit__(self, *exc: object) -> None:
        self._stack.close()

    def text(self, url: str) -> str | None:
        """Return the newest text of a page, or None if none is stored."""
        from archive import ArchiveError, read_text

        if self._catalog:
            articles = (self._catalog.article(capture.record_id) for capture in self._catalog.captures(url))
            if row := next(filter(None, articles), None):
                # the review goes on without a file that is gone: `archive verify` reports it
                with suppress(ArchiveError):
                    return read_text(self._data, row.collection, row.file, row.offset).text
        return self._corpora.text(url) if self._corpora else None

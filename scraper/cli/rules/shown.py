"""Draw a proposed rule for a person: what it would remove, what speaks for it, and the line on its pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from scraper.printable import one_line, printable

if TYPE_CHECKING:
    from rich.console import RenderableType

    from archive import Catalog
    from archive.site_rules import Corpora
    from cleaners.learn import Proposal

SAMPLES = 3
"""Pages that are shown."""
AROUND = 2
"""Lines shown before and after."""
MAX_SHOWN = 400
BESIDE = 150
"""Characters: of a text, and of what stands before and after a fragment."""
SHOWN_TEXTS = 3
POSITIONS = {"head": "at the head of the text", "body": "in the middle of the text", "tail": "at the end of the text"}

Span = tuple[int, int]
Taker = Callable[[str], Span | None]


@dataclass(frozen=True, slots=True)
class Sample:
    """The line that a rule would take on one page, with the lines around it."""

    url: str
    lines: tuple[tuple[str, Span | None, str], ...]
    """Each with the part that the rule would remove, and the id of another rule that would remove the line."""
    starts: bool
    """The text begins with these lines."""
    ends: bool
    """The text ends with these lines."""
    problem: str = ""


def summary(full_id: str, proposal: Proposal) -> str:
    """Return a proposal in one line, with its full id."""
    evidence = proposal.evidence
    text = one_line(evidence.removes[0] if evidence.removes else proposal.example, 60)
    return f"{_floor(evidence.probability)}  {evidence.pages} of {evidence.of} pages  {full_id}  {text}"


def samples(pages: Pages, proposal: Proposal, others: Mapping[str, Taker]) -> Iterator[Sample]:
    """Yield the sample of each page that the evidence names, from its newest stored text."""
    takes = taker(proposal)
    for url in proposal.evidence.urls[:SAMPLES]:
        text = pages.text(url)
        missing = Sample(url, (), True, True, "its text is not stored")
        yield missing if text is None else sample_of(url, text, takes, others)


def sample_of(url: str, text: str, takes: Taker, others: Mapping[str, Taker]) -> Sample:
    """Return the first line of `text` that the rule takes, with the lines around it; `others` are other proposals."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    at = next((number for number, line in enumerate(lines) if takes(line)), None)
    if at is None:
        return Sample(url, (), True, True, "not in the page's newest text")
    first, last = max(0, at - AROUND), min(len(lines), at + AROUND + 1)
    shown = tuple(
        (line, takes(line), next((id for id, other in others.items() if other(line)), "")) for line in lines[first:last]
    )
    return Sample(url, shown, first == 0, last == len(lines))


def taker(proposal: Proposal) -> Taker:
    """Return a function that tells which part of a line the rule would remove."""
    from cleaners.learn import line_hash

    known = {line_hash(text) for text in (*proposal.evidence.removes, proposal.example)}
    pattern = re.compile(proposal.pattern) if isinstance(proposal.pattern, str) else None

    def takes(line: str) -> Span | None:
        if pattern:
            match = pattern.fullmatch(line) if proposal.verb == "line" else pattern.search(line)
            return match.span() if match else None
        # which element a stored line was in is not known: the texts of a drop rule's elements are
        return (0, len(line)) if line_hash(line) in known else None

    return takes


def drawn(host: str, proposal: Proposal, on_pages: Sequence[Sample], number: str) -> Iterator[RenderableType]:
    """Yield the parts of a proposal for rich to draw; `number` says which of how many it is."""
    from rich.padding import Padding
    from rich.rule import Rule
    from rich.table import Table
    from rich.text import Text

    evidence = proposal.evidence
    title = f"{host}/{proposal.id}  {number}  debris: {_floor(evidence.probability)}"
    yield Rule(Text(title, style="bold"), align="left", style="dim")
    texts = evidence.removes or (proposal.example,)
    for text in texts[:SHOWN_TEXTS]:
        yield Padding(Text(one_line(text, MAX_SHOWN), style="bold red"), (0, 0, 0, 2))
    yield Text(f"  and {len(texts) - SHOWN_TEXTS} more like these" if len(texts) > SHOWN_TEXTS else "", style="dim")
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    for name, value in _facts(proposal):
        table.add_row("  " + name, Text(value))
    yield table
    for sample in on_pages:
        yield Text("\n  " + one_line(sample.url, MAX_SHOWN), style="cyan")
        yield from _sample_lines(sample, proposal.id)


def _floor(probability: float) -> str:
    """Round a probability down: rounded up, `--accept-above` with the number shown would not accept the rule."""
    return f"{int(probability * 100 + 1e-9) / 100:.2f}"


def _facts(proposal: Proposal) -> Iterator[tuple[str, str]]:
    evidence = proposal.evidence
    days = " to ".join(dict.fromkeys(filter(None, (evidence.first_seen, evidence.last_seen))))
    yield "pages", ", ".join(filter(None, (f"{evidence.pages} of {evidence.of} ({evidence.share:.0%})", days)))
    yield "where", "; ".join((POSITIONS.get(evidence.position, evidence.position), *map(one_line, evidence.places[:2])))
    yield "facts", "; ".join(map(one_line, evidence.facts)) or "-"
    yield "takes", f"{evidence.characters:,} characters of the text kept on these pages"
    if proposal.verb == "drop":
        yield "", "the whole element, whatever stands in it on other pages"
    pattern = proposal.pattern if isinstance(proposal.pattern, str) else ", ".join(proposal.pattern)
    yield proposal.verb, one_line(pattern, MAX_SHOWN)


def _sample_lines(sample: Sample, id: str) -> Iterator[RenderableType]:
    from rich.padding import Padding
    from rich.text import Text

    if sample.problem:
        yield Text(f"    ({sample.problem})", style="dim")
        return
    if sample.starts:
        yield Text("    (here the text begins)", style="dim")
    for line, span, other in sample.lines:
        if span is None:
            # one line of the terminal says whether a neighbour is a story
            shown = Text(f"· [{other}] " if other else "  ", style="dim", no_wrap=True, overflow="ellipsis")
            yield Padding(shown.append(one_line(line, MAX_SHOWN)), (0, 0, 0, 2))
            continue
        before, taken, after = line[: span[0]], line[span[0] : span[1]], line[span[1] :]
        shown = Text("- ", style="red")
        shown.append(printable(before if len(before) <= BESIDE else "…" + before[-BESIDE:], MAX_SHOWN), style="dim")
        shown.append(printable(taken, MAX_SHOWN), style="bold red").append(printable(after, BESIDE), style="dim")
        yield Padding(shown.append(f"  [{id}]", style="red"), (0, 0, 0, 2))
    if sample.ends:
        yield Text("    (here the text ends)", style="dim")


class Pages:
    """The stored texts of a data root's pages; a context manager."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._stack = ExitStack()
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
        """Return the newest text of a page; None where none is stored."""
        from archive import ArchiveError, read_text

        if self._catalog:
            articles = (self._catalog.article(capture.record_id) for capture in self._catalog.captures(url))
            if row := next(filter(None, articles), None):
                # the context is only an aid: `archive verify` reports a file that is gone
                with suppress(ArchiveError):
                    return read_text(self._data, row.collection, row.file, row.offset).text
        return self._corpora.text(url) if self._corpora else None

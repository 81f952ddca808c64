"""A proposed rule as a person sees it: what it would take, what speaks for it, and the line on its pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scraper.cli.output import harmless
from scraper.outcomes import one_line

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

    from archive import Catalog
    from cleaners.learn.types import Proposal

SAMPLES = 3
"""Pages that are shown."""
AROUND = 2
"""Lines shown before and after."""
MAX_TAKEN = 400
MAX_NEIGHBOUR = 150
"""Characters: two lines of a terminal say whether a neighbour is a story."""
SHOWN_TEXTS = 3
POSITIONS = {"head": "at the head of the text", "body": "in the middle of the text", "tail": "at the end of the text"}

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Sample:
    """The place on one page: lines, each with the part that the rule would take."""

    url: str
    lines: tuple[tuple[str, Span | None], ...]
    starts: bool
    """Nothing stands before these lines."""
    ends: bool
    problem: str = ""


def summary(full: str, proposal: Proposal) -> str:
    """Return a proposal in one line; *full*: the id it has now."""
    found = proposal.evidence
    text = one_line(found.removes[0] if found.removes else proposal.example, 60)
    return f"{found.probability:.2f}  {found.pages} of {found.of} pages  {full}  {text}"


def samples(data: Path, catalog: Catalog | None, proposal: Proposal) -> Iterator[Sample]:
    """Yield the place on each sample page, from the newest stored text."""
    takes = taker(proposal)
    for url in proposal.evidence.urls[:SAMPLES]:
        text = _newest_text(data, catalog, url) if catalog else None
        yield sample_of(url, text, takes) if text is not None else Sample(url, (), True, True, "no stored text")


def sample_of(url: str, text: str, takes: Callable[[str], Span | None]) -> Sample:
    """Return the first place in *text* that is taken, with the lines around it."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    spans = [takes(line) for line in lines]
    place = next((number for number, span in enumerate(spans) if span), None)
    if place is None:
        return Sample(url, (), True, True, "not in the page's newest text")
    first, last = max(0, place - AROUND), min(len(lines), place + AROUND + 1)
    shown = tuple(zip(lines[first:last], spans[first:last], strict=True))
    return Sample(url, shown, first == 0, last == len(lines))


def taker(proposal: Proposal) -> Callable[[str], Span | None]:
    """Return what tells which part of a line the rule would take."""
    from cleaners.learn import fingerprint

    known = {fingerprint(text) for text in (*proposal.evidence.removes, proposal.example)}
    pattern = re.compile(proposal.pattern) if isinstance(proposal.pattern, str) else None

    def takes(line: str) -> Span | None:
        if pattern:
            found = pattern.fullmatch(line) if proposal.verb == "line" else pattern.search(line)
            return found.span() if found else None
        # which element a stored line was in is not known: the texts of a drop rule's elements are
        return (0, len(line)) if fingerprint(line) in known else None

    return takes


def drawn(host: str, proposal: Proposal, found: Sequence[Sample], place: str) -> Iterator[RenderableType]:
    """Yield a proposal as rich draws it; *place*: which of how many it is."""
    from rich.padding import Padding
    from rich.rule import Rule
    from rich.table import Table
    from rich.text import Text

    evidence = proposal.evidence
    title = Text(f"{host}  {place}  debris: {evidence.probability:.2f}", style="bold")
    yield Rule(title, align="left", style="dim")
    for text in (evidence.removes or (proposal.example,))[:SHOWN_TEXTS]:
        yield Padding(Text(safe(text, MAX_TAKEN), style="bold red"), (0, 0, 0, 2))
    if more := len(evidence.removes) - SHOWN_TEXTS:
        yield Text(f"  and {more} more like these" if more > 0 else "", style="dim")
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    for name, said in _facts(proposal):
        table.add_row("  " + name, Text(said))
    yield table
    for sample in found:
        yield Text("\n  " + safe(sample.url, MAX_TAKEN), style="cyan")
        for line in _sample_lines(sample, proposal.id):
            yield Padding(line, (0, 0, 0, 2))


def _facts(proposal: Proposal) -> Iterator[tuple[str, str]]:
    found = proposal.evidence
    days = " to ".join(dict.fromkeys(filter(None, (found.first_seen, found.last_seen))))
    yield "pages", ", ".join(filter(None, (f"{found.pages} of {found.of} ({found.share:.0%})", days)))
    yield "where", "; ".join((POSITIONS.get(found.position, found.position), *map(safe, found.places[:2])))
    yield "facts", "; ".join(map(safe, found.facts)) or "-"
    yield "takes", f"{found.characters:,} characters of the text kept on these pages"
    yield "why", safe(proposal.why)
    pattern = proposal.pattern if isinstance(proposal.pattern, str) else ", ".join(proposal.pattern)
    yield "rule", f"{proposal.id}: {proposal.verb} {safe(pattern, MAX_TAKEN)}"


def _sample_lines(sample: Sample, id: str) -> Iterator[Text]:
    from rich.text import Text

    if sample.problem:
        yield Text(f"  ({sample.problem})", style="dim")
        return
    if sample.starts:
        yield Text("  (here the text begins)", style="dim")
    for line, span in sample.lines:
        if span is None:
            yield Text("  " + safe(line, MAX_NEIGHBOUR), style="dim")
            continue
        before, taken, after = line[: span[0]], line[span[0] : span[1]], line[span[1] :]
        shown = Text("- ", style="red")
        shown.append(_end(before), style="dim").append(safe(taken, MAX_TAKEN), style="bold red")
        yield shown.append(safe(after, MAX_NEIGHBOUR), style="dim").append(f"  [{id}]", style="red")
    if sample.ends:
        yield Text("  (here the text ends)", style="dim")


def _end(text: str) -> str:
    """Return the end of what stands before a fragment."""
    return safe(text if len(text) <= MAX_NEIGHBOUR else "…" + text[-MAX_NEIGHBOUR:], MAX_NEIGHBOUR + 1)


def safe(text: str, limit: int = MAX_TAKEN) -> str:
    """Return a page's text as one line in which no character steers the terminal; blanks at its edges stay."""
    found = "".join(character if character.isprintable() else " " for character in harmless(text))
    return found if len(found) <= limit else found[: limit - 1] + "…"


def _newest_text(data: Path, catalog: Catalog, url: str) -> str | None:
    from archive import ArchiveError, read_text

    found = next((row for capture in catalog.captures(url) if (row := catalog.article(capture.record_id))), None)
    if found is None:
        return None
    try:
        return read_text(data, found.collection, found.file, found.offset).text
    except ArchiveError:
        # the context is an aid: a file that is gone is for `archive verify` to tell
        return None

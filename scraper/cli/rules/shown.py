"""Draw a proposed rule on a terminal: what it would remove, the facts, and the line on its pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from scraper.printable import one_line
from scraper.report.proposals import MAX_SHOWN, SHOWN_TEXTS, Sample, around, facts, floor

if TYPE_CHECKING:
    from rich.console import RenderableType

    from cleaners.learn import Proposal


def summary(full_id: str, proposal: Proposal) -> str:
    """Return a proposal in one line, with its full id."""
    evidence = proposal.evidence
    text = one_line(evidence.removes[0] if evidence.removes else proposal.example, 60)
    return f"{floor(evidence.probability)}  {evidence.pages} of {evidence.of} pages  {full_id}  {text}"


def drawn(host: str, proposal: Proposal, on_pages: Sequence[Sample], number: str) -> Iterator[RenderableType]:
    """Yield the parts of a proposal for rich to draw; `number` is its number of how many."""
    from rich.padding import Padding
    from rich.rule import Rule
    from rich.table import Column, Table
    from rich.text import Text

    evidence = proposal.evidence
    title = f"{host}/{proposal.id}  {number}  debris: {floor(evidence.probability)}"
    yield Rule(Text(title, style="bold"), align="left", style="dim")
    texts = evidence.removes or (proposal.example,)
    for text in texts[:SHOWN_TEXTS]:
        yield Padding(Text(one_line(text, MAX_SHOWN), style="bold red"), (0, 0, 0, 2))
    yield Text(f"  and {len(texts) - SHOWN_TEXTS} more like these" if len(texts) > SHOWN_TEXTS else "", style="dim")
    table = Table.grid(Column(no_wrap=True, style="dim"), Column(overflow="fold"), padding=(0, 2))
    for name, value in facts(proposal):
        table.add_row("  " + name, Text(value))
    yield table
    for sample in on_pages:
        yield Text("\n  " + one_line(sample.url, MAX_SHOWN), style="cyan")
        yield from _sample_lines(sample, proposal.id)


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
            # the first line on the terminal is enough to see whether a neighbour is the article's
            shown = Text(f"· [{other}] " if other else "  ", style="dim", no_wrap=True, overflow="ellipsis")
            yield Padding(shown.append(one_line(line, MAX_SHOWN)), (0, 0, 0, 2))
            continue
        before, removed, after = around(line, span)
        shown = Text("- ", style="red").append(before, style="dim")
        shown.append(removed, style="bold red").append(after, style="dim")
        yield Padding(shown.append(f"  [{id}]", style="red"), (0, 0, 0, 2))
    if sample.ends:
        yield Text("    (here the text ends)", style="dim")

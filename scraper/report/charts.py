"""Draw a site's runs as bars, in SVG."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scraper.report.history import SiteRun

SHOWN_RUNS = 60
"""The most runs in a chart; the newest is on the right."""
WIDTH, HEIGHT, GAP = 300, 64, 1
"""The size of a chart, and the space between bars, in SVG units."""


def charts(runs: Sequence[SiteRun]) -> Iterator[str]:
    """Yield a site's charts, with its runs from left to right, oldest first."""
    shown = list(reversed(runs[:SHOWN_RUNS]))
    shares = [run.articles / run.pages if run.pages else None for run in shown]
    yield _chart("articles a run", [float(run.articles) for run in shown], "{:.0f}")
    yield _chart("median words", [run.words for run in shown], "{:.0f}")
    yield _chart("pages kept", shares, "{:.0%}", top=1.0)
    yield _chart("share removed", [run.removed for run in shown], "{:.0%}", top=1.0)


def _chart(name: str, values: Sequence[float | None], form: str, *, top: float | None = None) -> str:
    """Return a bar chart with the last bar marked; a run without a value leaves a gap."""
    known = [value for value in values if value is not None]
    highest = top or max(known, default=0.0) or 1.0
    step = WIDTH / max(len(values), 20)
    bars = []
    for place, value in enumerate(values):
        if value is not None:
            tall = max(1.0, HEIGHT * min(value / highest, 1.0))
            at = f'x="{place * step:.1f}" y="{HEIGHT - tall:.1f}" width="{step - GAP:.1f}" height="{tall:.1f}"'
            last = ' class="last"' if place == len(values) - 1 else ""
            bars.append(f"<rect{last} {at}><title>{form.format(value)}</title></rect>")
    newest = form.format(values[-1]) if values[-1] is not None else "–"
    drawing = f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" role="img" aria-label="{name}">'
    highest_text = f"highest {form.format(max(known))}" if known else "no pages"
    caption = f"<figcaption><span>{name} · {highest_text}</span><b>{newest}</b></figcaption>"
    return f"<figure>{drawing}{''.join(bars)}</svg>{caption}</figure>"

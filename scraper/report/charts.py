"""Draw a site's days and runs as bars, in SVG."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scraper.report.history import SiteRun

SHOWN_DAYS = 60
"""The most days in a chart; today is on the right."""
SHOWN_RUNS = 60
"""The most runs in a chart; the newest is on the right."""
WIDTH, HEIGHT, GAP = 300, 64, 1
"""The size of a chart, and the space between bars, in SVG units."""


def charts(runs: Sequence[SiteRun], now: datetime) -> Iterator[str]:
    """Yield a site's charts, oldest first: articles by day up to *now*, the other figures by run. *runs*: newest first.

    A day without a run, and a run without the figure, leave a gap.
    """
    yield _chart("articles a day", _days(runs, now), "{:.0f}")
    shown = list(reversed(runs[:SHOWN_RUNS]))
    named = [f"{datetime.fromtimestamp(run.began_at, UTC):%Y-%m-%d %H:%M}" for run in shown]
    shares = [run.articles / run.pages if run.pages else None for run in shown]
    yield _chart("median words a run", list(zip(named, (run.words for run in shown), strict=True)), "{:.0f}")
    yield _chart("pages kept a run", list(zip(named, shares, strict=True)), "{:.0%}", top=1.0)
    yield _chart(
        "share removed a run", list(zip(named, (run.removed for run in shown), strict=True)), "{:.0%}", top=1.0
    )


def _days(runs: Sequence[SiteRun], now: datetime) -> list[tuple[str, float | None]]:
    """Return the articles of each day in UTC up to today, None where no run was; a run counts where it began."""
    sums: dict[date, float] = {}
    for run in runs:
        day = datetime.fromtimestamp(run.began_at, UTC).date()
        sums[day] = sums.get(day, 0.0) + run.articles
    today = now.astimezone(UTC).date()
    days = min(SHOWN_DAYS, (today - min(sums, default=today)).days + 1)
    return [(str(day), sums.get(day)) for ago in reversed(range(days)) if (day := today - timedelta(ago))]


def _chart(name: str, values: Sequence[tuple[str, float | None]], form: str, *, top: float | None = None) -> str:
    """Return a bar chart of *values*, each with the name of its bar; the last bar is marked, None leaves a gap."""
    known = [value for _, value in values if value is not None]
    highest = top or max(known, default=0.0) or 1.0
    step = WIDTH / max(len(values), 20)
    bars = []
    for place, (of, value) in enumerate(values):
        if value is not None:
            tall = max(1.0, HEIGHT * min(value / highest, 1.0))
            at = f'x="{place * step:.1f}" y="{HEIGHT - tall:.1f}" width="{step - GAP:.1f}" height="{tall:.1f}"'
            last = ' class="last"' if place == len(values) - 1 else ""
            bars.append(f"<rect{last} {at}><title>{of}: {form.format(value)}</title></rect>")
    newest = form.format(values[-1][1]) if values and values[-1][1] is not None else "–"
    drawing = f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" role="img" aria-label="{name}">'
    highest_text = f"highest {form.format(max(known))}" if known else "no pages"
    caption = f"<figcaption><span>{name} · {highest_text}</span><b>{newest}</b></figcaption>"
    return f"<figure>{drawing}{''.join(bars)}</svg>{caption}</figure>"

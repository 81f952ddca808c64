"""Draw a site's days and runs as bars, and places over time as lines, in SVG."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from html import escape
from typing import TYPE_CHECKING

from scraper.printable import one_line

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


PLACES = 20
"""The last place in a chart of places; a story behind it is not drawn."""
LABEL = 90
"""Most characters of a line's name below a chart."""
_COLOURS = (
    "#0b62a4", "#b3261e", "#2e7d4f", "#8a5a00", "#6a3d9a", "#00707a", "#a8326e", "#4d4d4d", "#3f51b5", "#7a4a2b",
)  # fmt: skip
_WIDE, _TALL, _ROW, _LEFT, _TOP = 760, 320, 20, 40, 40
"""The size of a chart of places, a row of its legend, and the space left of it and above, in SVG units."""
_NOT_XML = re.compile("[\ufffe\uffff]")


def rank_chart(name: str, times: Sequence[datetime], lines: Sequence[tuple[str, Sequence[int | None]]]) -> str:
    """Return an SVG file of places over time, the first place on top.

    Each of *lines* has a name and its place at each of *times*, which go forwards; None breaks the line. Each line has
    a number beside its colour.
    """
    height = _TOP + _TALL + 2 * _ROW + _ROW * len(lines)
    first, last = (times[0], times[-1]) if times else (None, None)
    span = (last - first).total_seconds() if first and last else 0.0
    at_x = [_LEFT + (_WIDE - 2 * _LEFT) * ((time - times[0]).total_seconds() / span if span else 0.5) for time in times]
    drawn = []
    for number, (label, places) in enumerate(lines, 1):
        colour, text = _COLOURS[(number - 1) % len(_COLOURS)], _xml(one_line(label, LABEL))
        path, dots, marks, step = "", "", list[str](), "M"
        for x, place, time in zip(at_x, places, times, strict=True):
            if place is None or place > PLACES:
                step = "M"
                continue
            y = _y(place)
            path += f"{step}{x:.1f} {y:.1f}"
            step = "L"
            told = f"<title>{number}. {text}: place {place}, {time:%Y-%m-%d %H:%M}</title>"
            dots += f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3">{told}</circle>'
            side = f'text-anchor="start" x="{x + 6:.1f}"' if marks else f'text-anchor="end" x="{x - 6:.1f}"'
            marks[1:] = [f'<text {side} y="{y + 4:.1f}">{number}</text>']
        below = _TOP + _TALL + _ROW + _ROW * number
        legend = f'<text x="{_LEFT}" y="{below}">{number}. {text}</text>'
        line = f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
        drawn.append(f'<g fill="{colour}">{line if path else ""}{dots}{"".join(marks)}{legend}</g>')
    axis = "".join(f'<text x="4" y="{_y(place) + 4:.1f}">{place}</text>' for place in (1, 5, 10, 15, PLACES))
    ends = "".join(
        f'<text x="{x}" y="{_TOP + _TALL + _ROW}" text-anchor="{anchor}">{time:%Y-%m-%d %H:%M}</text>'
        for x, anchor, time in ((_LEFT, "start", first), (_WIDE - _LEFT, "end", last))
        if time
    )
    title = _xml(one_line(name, LABEL))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDE} {height}" role="img" font-size="12" '
        f'font-family="system-ui, sans-serif"><title>Places of the stories of {title}</title>'
        f'<rect width="{_WIDE}" height="{height}" fill="#fff"/><g fill="#333"><text x="{_LEFT}" y="18" '
        f'font-size="14">{title}</text>{axis}{ends}</g>{"".join(drawn)}</svg>\n'
    )


def _y(place: int) -> float:
    return _TOP + _TALL * (place - 1) / (PLACES - 1)


def _xml(text: str) -> str:
    return escape(_NOT_XML.sub(" ", text))

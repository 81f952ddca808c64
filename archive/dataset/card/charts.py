"""Draw a dataset's charts as SVG files: lengths of texts, dates, languages, sites and removals."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from archive.dataset.card.statistics import BINS, Row, Statistics
from archive.files.whole import whole_file

CHARTS = "charts"
BARS = 20
"""The most bars of a chart of names."""
INK, SOFT, BAR, LINE = "#1d2327", "#646d75", "#3b7ea1", "#b9c0c6"
"""The colours of `pressclip status --html`."""
WIDTH, ROW = 8.0, 0.27
"""In inches: the width of a chart, and the height of a bar with its name."""
LABEL = 44
"""The most characters of a name that are shown."""

_STYLE: Any = {
    "svg.hashsalt": "pressclip",  # otherwise ids, and so the bytes, change from run to run
    "svg.fonttype": "path",  # looks the same everywhere
    "text.parse_math": False,  # a name may hold dollar signs
    "font.family": "DejaVu Sans",  # comes with matplotlib, so every machine has it
    "font.size": 9,
    "text.color": INK,
    "axes.edgecolor": LINE,
    "axes.labelcolor": SOFT,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.titlesize": 11,
    "axes.titlepad": 12,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "grid.color": "#e6e9ec",
}


def write_charts(folder: Path, statistics: Statistics) -> dict[str, str]:
    """Write the charts for which there are figures. Returns their paths below *folder* and their titles."""
    names: dict[str, tuple[str, Sequence[Row]]] = {
        "languages": ("Languages", statistics.languages),
        "sites": ("Sites", statistics.hosts),
        "removals": ("What was taken out, by rule", statistics.removals),
    }
    written: dict[str, str] = {}
    with mpl.rc_context():
        mpl.rcdefaults()  # a user's style must not change the charts
        mpl.rcParams.update(_STYLE)
        if statistics.lengths:
            written["length"] = _save(folder, "length", _lengths(statistics), "Words in a text")
        if statistics.dates:
            written["dates"] = _save(folder, "dates", _dates(statistics), "Dates of publication")
        for name, (title, rows) in names.items():
            if rows:
                unit = "removals" if name == "removals" else "rows"
                written[name] = _save(folder, name, _named(title, rows, unit), title)
    return {f"{CHARTS}/{name}.svg": title for name, title in written.items()}


def _lengths(statistics: Statistics) -> Figure:
    counts = {at: rows for at, rows, *_ in statistics.lengths}
    bins = range(min(counts), max(counts) + 1)
    figure, axes = _empty("Words in a text", 2.6)
    axes.bar(bins, [counts.get(at, 0) for at in bins], width=0.92, align="edge", color=BAR)
    powers = range(min(bins) // BINS, max(bins) // BINS + 2)
    axes.set_xticks([power * BINS for power in powers], [f"{10**power:,}" for power in powers])
    axes.set_xlim(min(bins) - 0.5, max(bins) + 1.5)
    median = next((row[3] for row in statistics.quartiles if row[0] == "n_words"), None)
    axes.set_xlabel("words, on a logarithmic scale" + (f"; the median is {median:,.0f}" if median else ""))
    axes.set_ylabel("rows")
    _count_axis(axes, "y")
    return figure


def _dates(statistics: Statistics) -> Figure:
    starts = [start for start, _ in statistics.dates]
    figure, axes = _empty("Dates of publication", 2.6)
    days = min(((b - a).days for a, b in pairwise(starts)), default=1)
    unit, length = ("year", 365.25) if days > 364 else ("month", 30.4) if days > 27 else ("day", 1.0)
    axes.bar(starts, [rows for _, rows in statistics.dates], width=length * 0.9, align="edge", color=BAR)
    axes.set_ylabel(f"rows a {unit}")
    axes.set_xlabel(f"{statistics.totals['dated']:,} of {statistics.totals['rows']:,} rows have a date")
    _count_axis(axes, "y")
    return figure


def _named(title: str, rows: Sequence[Row], unit: str) -> Figure:
    """Draw a bar per name, the greatest on top. Names without a bar are summed up below."""
    counts = [count for _, count, *_ in rows[:BARS]]
    figure, axes = _empty(title, max(1.6, 0.9 + ROW * len(counts)))
    bars = axes.barh(range(len(counts)), counts, color=BAR, height=0.72)
    axes.bar_label(bars, [f"{count:,}" for count in counts], padding=3, color=SOFT, fontsize=8)
    axes.set_yticks(range(len(counts)), [_label(name) for name, *_ in rows[:BARS]], color=INK)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.invert_yaxis()
    axes.margins(x=0.1, y=0.01)
    rest = sum(row[1] for row in rows[BARS:])
    axes.set_xlabel(unit + (f"; {len(rows) - BARS:,} others have {rest:,} in all" if rest else ""))
    _count_axis(axes, "x")
    return figure


def _empty(title: str, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(title)
    axes.grid(visible=True, axis="both")
    return figure, axes


def _count_axis(axes: Axes, which: str) -> None:
    axis, other = (axes.xaxis, axes.yaxis) if which == "x" else (axes.yaxis, axes.xaxis)
    axis.set_major_locator(MaxNLocator(nbins=5, integer=True))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    other.grid(visible=False)


def _label(name: object) -> str:
    """Return a name in ASCII: the font would draw other characters as empty boxes."""
    text = " ".join(str(name).split()).encode("ascii", "backslashreplace").decode()
    text = "".join(character for character in text if character.isprintable())
    return text if len(text) <= LABEL else text[: LABEL - 3] + "..."


def _save(folder: Path, name: str, figure: Figure, title: str) -> str:
    with whole_file(folder / CHARTS / f"{name}.svg") as half:
        # no date and no version, so that equal figures give equal bytes
        figure.savefig(half, format="svg", metadata={"Date": None, "Creator": None, "Title": title})
    return title

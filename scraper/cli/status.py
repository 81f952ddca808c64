"""`pressclip status`: each site's state, its last run, and whether it yields as much as it used to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scraper.cli.crawl import counts_text, site_lines
from scraper.cli.terminal.options import FILE, data_option, frontier_option, json_option
from scraper.cli.terminal.output import print_json, print_text, say
from scraper.cli.terminal.outputs import check_place
from scraper.printable import one_line

if TYPE_CHECKING:
    from archive.site_rules import RuleHealth
    from scraper.report.history import SiteRun
    from scraper.report.status import DoubtfulText, SiteStanding

FELL = 1
ENDINGS = {
    "finished": "",
    "max_time": ", ended by --max-time",
    "shutdown": ", interrupted",
    "stopped": ", stopped by an error",
}
_UNITS = (("days", 86_400), ("h", 3600), ("min", 60))


@click.command()
@data_option
@frontier_option
@json_option
@click.option("--html", "page", type=FILE, metavar="FILE", help="Also write a self-contained page with charts.")
def status(data: Path, frontier: str | None, as_json: bool, page: Path | None) -> None:
    """Show each site: totals, the last run, the usual yield, and what fell.

    Exits with 1 if a site's yield fell below its own history: articles per day or week, median length, share of
    pages that become articles, or sources that can no longer be read. A run with nothing new is not a fall.
    Also names accepted rules that no longer match what they were learned from, and pages whose text is more likely
    wrong than right, the worst first, and a crawl that holds the data root for longer than it should; these do not
    change the exit code.
    """
    from archive import ArchiveError, write_whole
    from cleaners import RuleError
    from scraper.report.status import doubtful_texts, flagged_rules, lock_alarm, standings

    if page:
        check_place(page, "--html")
    rules: list[RuleHealth] = []
    try:
        rules = flagged_rules(data)
    except (ArchiveError, RuleError) as error:
        say(f"{error}; the status of rules is left out")
    doubtful: list[DoubtfulText] = []
    try:
        doubtful = doubtful_texts(data)
    except ArchiveError as error:
        say(f"{error}; texts with a low confidence are left out")
    sites, now = standings(data, frontier, rules, doubtful), datetime.now(UTC)
    if page:
        write_whole(page, status_page(sites, now))
    if as_json:
        print_json([site.as_dict() for site in sites], indent=2)
    else:
        print_text("\n".join(status_lines(sites, now)))
    fallen = [f"{one_line(site.report.name)}: {line}" for site in sites for line in site.fell]
    changed = [f"{one_line(site.report.name)}: rule {rule_line(rule)}" for site in sites for rule in site.rules]
    for line in [*fallen, *changed]:
        say(line)
    if alarm := lock_alarm(data, now):
        say(f"ALARM: {alarm}")
    raise SystemExit(FELL if fallen else 0)


def status_lines(sites: Sequence[SiteStanding], now: datetime) -> Iterator[str]:
    """Yield a few lines for each site: totals, the last run, the usual yield, and what fell."""
    from scraper.report.yields import usual

    for site in sites:
        yield from site_lines([site.report])
        if site.runs:
            yield f"  last run {when(site.runs[0], now)}: {last_run(site.runs[0])}"
        if before := usual(site.runs):
            parts = [f"{before.articles:g} articles, {before.fetched:.0%} of pages"]
            parts += [f"{before.words:.0f} words"] if before.words is not None else []
            parts += [f"removed {before.removed:.0%}"] if before.removed is not None else []
            yield f"  usually ({before.runs} runs with pages): {'; '.join(parts)}"
        yield from (f"  FELL: {line}" for line in site.fell)
        yield from (f"  RULE {rule_line(rule)}" for rule in site.rules)
        if site.doubtful:
            yield f"  low confidence: {site.doubtful}; the worst:"
            yield from (f"    {doubtful_line(text)}" for text in site.worst)


def rule_line(rule: RuleHealth) -> str:
    """Return what is wrong with an accepted rule, and what to do about it."""
    if rule.silent:
        last = f"last on {rule.last_fired}" if rule.last_fired else "never since it was accepted"
        share = f"it stood on {rule.share:.0%} of pages"
        return f"{rule.rule}: has not fired for {rule.silent_for} captures ({share}); {last}: learn again, or retire it"
    return (
        f"{rule.rule}: {len(rule.elsewhere)} of its last {rule.latest} firings are in {rule.elsewhere[0]}, where "
        f"it was not learned: look at {rule.url}; retire it, or add the place to its evidence"
    )


def doubtful_line(text: DoubtfulText) -> str:
    """Return a text's confidence, its page's address, and the kind of page where it is known."""
    return one_line(f"{text.confidence:.2f} {text.url}{f' ({text.kind})' if text.kind else ''}")


def when(run: SiteRun, now: datetime) -> str:
    """Return when a run began, how long ago that was, and how it ended."""
    began = datetime.fromtimestamp(run.began_at, UTC)
    seconds = max(0.0, (now - began).total_seconds())
    ago = next((f"{seconds / size:.0f} {unit} ago" for unit, size in _UNITS if seconds >= size), "just now")
    ending = ", running or killed" if run.ending is None else ENDINGS.get(run.ending, f", {run.ending}")
    return f"{began:%Y-%m-%d %H:%M} UTC, {ago}{ending}"


def last_run(run: SiteRun) -> str:
    """Return a run's results in one line."""
    parts = [f"{run.articles} articles of {run.pages} pages"]
    parts += [f"{n}: {counts_text(counts)}" for n in ("failures", "refused", "walls") if (counts := getattr(run, n))]
    parts += [f"median {run.words:.0f} words"] if run.words is not None else []
    parts += [f"removed {run.removed:.0%}"] if run.removed is not None else []
    parts += [f"sources: {counts_text(run.sources)}"] if run.sources else []
    return "; ".join(parts)


SHOWN_RUNS = 60
"""The most runs in a chart; the newest is on the right."""
WIDTH, HEIGHT, GAP = 300, 64, 1
"""The size of a chart, and the space between bars, in SVG units."""

_STYLE = """
:root { color-scheme: light dark; --ink: #1d2327; --soft: #646d75; --line: #d9dde1; --card: #fff; --ground: #f4f5f6;
  --bar: #3b7ea1; --bad: #b3261e; --good: #2e7d4f }
@media (prefers-color-scheme: dark) { :root { --ink: #e7eaec; --soft: #9aa4ac; --line: #3a4249; --card: #22282d;
  --ground: #181c20; --bar: #6fb3d6; --bad: #f2867e; --good: #7cc79a } }
body { margin: 2rem auto; max-width: 70rem; padding: 0 1rem; background: var(--ground); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif }
h1 { font-size: 1.4rem; margin: 0 } h2 { font-size: 1.1rem; margin: 0; overflow-wrap: anywhere }
p { margin: .25rem 0 } .soft { color: var(--soft) }
section { background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  padding: 1rem 1.25rem; margin: 1rem 0 }
section.fell { border-left: 4px solid var(--bad) }
.head { display: flex; gap: 1rem; justify-content: space-between; align-items: baseline }
.mark { font-weight: 600; color: var(--good); white-space: nowrap } .fell .mark, .alarm { color: var(--bad) }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); gap: 1rem; margin-top: .75rem }
figure { margin: 0 } figcaption { font-size: .85rem; color: var(--soft); display: flex; justify-content: space-between }
figcaption b { color: var(--ink) }
svg { width: 100%; height: 4rem; display: block; border-bottom: 1px solid var(--line) }
rect { fill: var(--bar) } rect.last { fill: var(--ink) } .fell rect.last { fill: var(--bad) }
"""


def status_page(sites: Sequence[SiteStanding], now: datetime) -> str:
    """Return the HTML page of `--html`: a card for each site with charts of its runs; it loads nothing."""
    fallen = sum(bool(site.fell) for site in sites)
    head = f"{len(sites)} sites, {fallen} with a fallen yield; {now.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    cards = "".join(_card(site, now) for site in sorted(sites, key=lambda site: (not site.fell, not site.rules)))
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>pressclip status</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<style>{_STYLE}</style></head>\n<body><h1>pressclip status</h1><p class="soft">{head}</p>\n'
        f"{cards}</body></html>\n"
    )


def _card(site: SiteStanding, now: datetime) -> str:
    from scraper.report.yields import usual

    lines = [f'<p class="alarm">{escape(line)}</p>' for line in site.fell]
    lines += [f"<p><b>Rule</b> {escape(rule_line(rule))}</p>" for rule in site.rules]
    if site.doubtful:
        worst = "".join(f"<li>{escape(doubtful_line(text))}</li>" for text in site.worst)
        lines.append(f"<p><b>Low confidence</b>: {site.doubtful}; the worst:</p><ul>{worst}</ul>")
    if site.runs:
        lines.append(f"<p>Last run {escape(when(site.runs[0], now))}: {escape(last_run(site.runs[0]))}.</p>")
    report = site.report
    failures = f"; failures: {counts_text(report.failures)}" if report.failures else ""
    total = f"In all {report.articles} articles, {report.waiting} waiting{failures}."
    lines.append(f'<p class="soft">{escape(total)}</p>')
    charts = "".join(_charts(site.runs)) if site.runs else ""
    mark = "fallen" if site.fell else "as usual" if usual(site.runs) else "too few runs yet"
    style = ' class="fell"' if site.fell else ""
    name = f'<div class="head"><h2>{escape(report.name)}</h2><span class="mark">{mark}</span></div>'
    return f'<section{style}>{name}{"".join(lines)}<div class="charts">{charts}</div></section>\n'


def _charts(runs: Sequence[SiteRun]) -> Iterator[str]:
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

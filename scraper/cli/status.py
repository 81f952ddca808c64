"""`pressclip status`: each site's state, its last run, and whether it yields as much as it used to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from scraper.cli.crawl import site_lines
from scraper.cli.terminal.options import (
    FILE,
    data_option,
    frontier_option,
    json_option,
    read_duration,
    read_size,
)
from scraper.cli.terminal.output import print_json, print_text, say
from scraper.cli.terminal.outputs import check_place
from scraper.printable import one_line
from scraper.report.charts import charts
from scraper.report.wording import (
    counts_text,
    doubtful_line,
    last_run,
    moved_line,
    rule_line,
    state_line,
    states_text,
    usual_line,
    when,
)

if TYPE_CHECKING:
    from scraper.report.status import SiteStanding

FELL, ALARMED = 1, 1


@click.command()
@data_option
@frontier_option
@json_option
@click.option("--html", "page", type=FILE, metavar="FILE", help="Also write a self-contained page with charts.")
@click.option("--check", is_flag=True, help="Print only alarms, one line each, and exit with 1 if there is one.")
@click.option(
    "--every",
    metavar="TIME",
    callback=read_duration,
    help="With --check: how often a timer starts the crawl, such as 15m or 1h; a run that did not begin is an alarm.",
)
@click.option(
    "--min-free",
    metavar="SIZE",
    callback=read_size,
    help="With --check: the least that the disk must have free, such as 500M; 1G unless told.",
)
@click.option(
    "--metrics",
    metavar="FILE|PORT",
    help="Also write metrics for Prometheus to a file; or only serve them at a port of this machine, until Ctrl-C.",
)
def status(
    data: Path,
    frontier: str | None,
    as_json: bool,
    page: Path | None,
    check: bool,
    every: timedelta | None,
    min_free: int | None,
    metrics: str | None,
) -> None:
    """Show each site: totals, its state, the last run, the usual yield, and what fell.

    A site is alive (it gave something new within its usual interval), quiet (it answered, with nothing new for longer),
    failing (nothing answered in its last runs, or its yield fell) or never crawled.
    Exits with 1 if a site's yield fell below its own history: articles per day or week, median length, share of
    pages that become articles, or sources that can no longer be read. A run with nothing new is not a fall.
    Also names accepted rules that no longer match what they were learned from, and pages whose text is more likely
    wrong than right, the worst first, and a crawl that holds the data root for longer than it should; these do not
    change the exit code.

    With --check, for cron, systemd and Nagios: prints an alarm for a run that is overdue or was killed, a lock that is
    held for too long, a source that has not answered for three of its intervals, a failing site and a short disk, and
    nothing where all is well. --metrics counts the same alarms.
    """
    if (every is not None or min_free is not None) and not (check or metrics):
        raise click.UsageError("--every and --min-free are for --check and --metrics: give one, or leave them out.")
    if check and page:
        raise click.UsageError("--html and --check exclude each other: give one of them.")
    bounds: dict[str, Any] = {"frontier": frontier, "every": every}
    bounds |= {} if min_free is None else {"min_free": min_free}
    if metrics:
        _give_metrics(metrics, data, bounds)
    if check:
        _check(data, as_json, bounds)
    from archive import write_whole
    from scraper.report.status import lock_alarm, overview

    if page:
        check_place(page, "--html")
    sites, left_out = overview(data, frontier)
    for line in left_out:
        say(line)
    now = datetime.now(UTC)
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


def _check(data: Path, as_json: bool, bounds: dict[str, Any]) -> NoReturn:
    """Print the alarms, and exit."""
    from scraper.report.alarms import alarms

    found = alarms(data, datetime.now(UTC), **bounds)
    if as_json:
        print_json([{"kind": alarm.kind, "line": alarm.line} for alarm in found], indent=2)
    elif found:
        print_text("\n".join(one_line(alarm.line, None) for alarm in found))
    raise SystemExit(ALARMED if found else 0)


def _give_metrics(place: str, data: Path, bounds: dict[str, Any]) -> None:
    """Write the metrics to a file; or serve them at a port until Ctrl-C, and exit."""
    from archive import how_to_install, write_whole

    try:
        from scraper.report.metrics import LOOPBACK, metrics_server, metrics_text
    except ImportError as error:
        raise click.UsageError(f"{error}: --metrics needs its extra: {how_to_install('metrics')}.") from error

    def text() -> bytes:
        return metrics_text(data, datetime.now(UTC), **bounds)

    if not (place.isascii() and place.isdigit()):
        check_place(Path(place), "--metrics")
        write_whole(Path(place), text())
        return
    text()  # what cannot be read is told now
    try:
        server = metrics_server(int(place), text)
    except (OSError, OverflowError) as error:
        raise click.UsageError(f"--metrics {place}: {getattr(error, 'strerror', None) or 'no such port'}.") from error
    print_text(f"http://{LOOPBACK}:{server.server_port}/metrics")
    say("serving until Ctrl-C")
    with server, suppress(KeyboardInterrupt):
        server.serve_forever()
    raise SystemExit(0)


def status_lines(sites: Sequence[SiteStanding], now: datetime) -> Iterator[str]:
    """Yield a few lines for each site: totals, its state, the last run, the usual yield, and what fell."""
    from scraper.report.yields import usual

    for site in sites:
        yield from site_lines([site.report])
        yield f"  {state_line(site, now)}"
        if site.runs:
            yield f"  last run {when(site.runs[0], now)}: {last_run(site.runs[0])}"
        if before := usual(site.runs):
            yield f"  {usual_line(before)}"
        yield from (f"  FELL: {line}" for line in site.fell)
        yield from (f"  RULE {rule_line(rule)}" for rule in site.rules)
        yield from (f"  MOVED: {moved_line(source)}" for source in site.moved)
        if site.doubtful:
            yield f"  low confidence: {site.doubtful}; the worst:"
            yield from (f"    {doubtful_line(text)}" for text in site.worst)


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
section.failing { border-left: 4px solid var(--bad) }
.head { display: flex; flex-wrap: wrap; gap: 0 1rem; justify-content: space-between; align-items: baseline }
.mark { font-weight: 600; color: var(--soft) } .alive .mark { color: var(--good) }
.failing .mark, .alarm { color: var(--bad) }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); gap: 1rem; margin-top: .75rem }
figure { margin: 0 } figcaption { font-size: .85rem; color: var(--soft); display: flex; justify-content: space-between }
figcaption b { color: var(--ink) }
svg { width: 100%; height: 4rem; display: block; border-bottom: 1px solid var(--line) }
rect { fill: var(--bar) } rect.last { fill: var(--ink) } .failing rect.last { fill: var(--bad) }
"""


def status_page(sites: Sequence[SiteStanding], now: datetime) -> str:
    """Return the HTML page of `--html`: a card for each site with charts of its runs; it loads nothing."""
    from scraper.report.states import in_order

    head = f"{states_text(sites)}; {now.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    cards = "".join(_card(site, now) for site in in_order(sites))
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>pressclip status</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<style>{_STYLE}</style></head>\n<body><h1>pressclip status</h1><p class="soft">{head}</p>\n'
        f"{cards}</body></html>\n"
    )


def _card(site: SiteStanding, now: datetime) -> str:
    lines = [f'<p class="alarm">{escape(line)}</p>' for line in site.fell]
    lines += [f"<p><b>Rule</b> {escape(rule_line(rule))}</p>" for rule in site.rules]
    lines += [f"<p><b>Moved</b>: {escape(moved_line(source))}</p>" for source in site.moved]
    if site.doubtful:
        worst = "".join(f"<li>{escape(doubtful_line(text))}</li>" for text in site.worst)
        lines.append(f"<p><b>Low confidence</b>: {site.doubtful}; the worst:</p><ul>{worst}</ul>")
    if site.runs:
        lines.append(f"<p>Last run {escape(when(site.runs[0], now))}: {escape(last_run(site.runs[0]))}.</p>")
    report = site.report
    failures = f"; failures: {counts_text(report.failures)}" if report.failures else ""
    total = f"In all {report.articles} articles, {report.waiting} waiting{failures}."
    lines.append(f'<p class="soft">{escape(total)}</p>')
    drawn = "".join(charts(site.runs, now)) if site.runs else ""
    style = f' class="{site.state.replace(" ", "-")}"'
    state = f'<span class="mark">{escape(state_line(site, now))}</span>'
    name = f'<div class="head"><h2>{escape(report.name)}</h2>{state}</div>'
    return f'<section{style}>{name}{"".join(lines)}<div class="charts">{drawn}</div></section>\n'

"""`pressclip archive front`: print which stories stood where on a front page, and when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scraper.cli.terminal.options import FILE, data_option, frontier_option, json_option, read_day
from scraper.cli.terminal.output import print_json, print_text, say
from scraper.cli.terminal.outputs import check_place
from scraper.printable import one_line

if TYPE_CHECKING:
    from scraper.report.fronts import FrontHistory

SOME_FAILED, NOTHING = 1, 3


@click.command()
@click.argument("which", metavar="SITE|URL")
@click.option("--since", metavar="DATE", required=True, callback=read_day, help="The first day, in UTC.")
@click.option("--until", metavar="DATE", callback=read_day, help="The last day, in UTC.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True,
              help="The most stories that are printed; --json has all.")  # fmt: skip
@click.option("--chart", type=FILE, metavar="FILE",
              help="Also draw the places of ten stories over time, as SVG; for one front page.")  # fmt: skip
@data_option
@frontier_option
@json_option
def front(
    which: str, since: date, until: date | None, limit: int, chart: Path | None, data: Path, frontier: str | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Show which stories stood where on front pages: who was first when, and each story's best place and how long it
    was first.

    SITE is a site's name or host: its pages of `front` in the seed list, or else its home page. Of a URL all captures
    are read. Links that look like stories are ranked by their order in the page; those in its menu and footer come
    last.
    """
    from archive import write_whole
    from scraper.report.fronts import front_urls, read_history

    if until and since > until:
        raise click.UsageError(f"--since {since} is after --until {until}.")
    if chart:
        check_place(chart, "--chart")
    try:
        urls = front_urls(data, which, frontier)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="'SITE|URL'") from None
    histories = [history for url in urls if (history := read_history(data, url, since, until)).fronts]
    told = [history for history in histories if history.read]
    if chart and len(told) > 1:
        raise click.UsageError(f"--chart draws one front page: give its URL, such as {one_line(told[0].url)}.")
    for history in histories:
        for problem, number in Counter(front.problem for front in history.fronts if front.problem).items():
            say(f"{history.url}: {number} of {len(history.fronts)} captures not read: {problem}")
    for history in told:
        if as_json:
            print_json(history.as_dict())
        else:
            print_text("\n".join(_lines(history, limit)))
        if chart:
            write_whole(chart, history.chart().encode())
    if not told:
        days = f"since {since}" + (f" until {until}" if until else "")
        say(f"{which}: no front page in {data} {days}; a site's seed names those to keep (front)")
        raise SystemExit(NOTHING)
    raise SystemExit(SOME_FAILED if any(front.is_lost for history in told for front in history.fronts) else 0)


def _lines(history: FrontHistory, limit: int) -> Iterator[str]:
    """Yield what a person reads: the captures, the stories that stood first, and a table of all stories."""
    read = history.read
    times = f"from {read[0].fetched:%Y-%m-%d %H:%M} to {read[-1].fetched:%Y-%m-%d %H:%M} UTC"
    yield f"{one_line(history.url, None)}: {len(read)} captures {times}, {len(history.stories)} stories"
    if not history.stories:
        return
    yield "first:"
    for moment, lead in history.leads:
        yield f"  {moment:%Y-%m-%d %H:%M}  {one_line(lead.text or lead.url)}"
    yield "stories: best place, hours first, first seen, last seen"
    for story in history.stories[:limit]:
        hours = f"{story.top.total_seconds() / 3600:.1f}" if story.top else "-"
        seen = f"{story.first_seen:%Y-%m-%d %H:%M}  {story.last_seen:%Y-%m-%d %H:%M}"
        yield f"  {story.best_place:>3}  {hours:>6}  {seen}  {one_line(story.text or '-')}  {one_line(story.url, None)}"
    if left := len(history.stories) - limit:
        yield from [f"  and {left} more: --limit"] if left > 0 else ()

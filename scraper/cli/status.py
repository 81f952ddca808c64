"""`pressclip status`: each site's state, its last run, and whether it still yields what it used to."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scraper.cli.crawl import counts_text, site_lines
from scraper.cli.options import data_option, frontier_option, json_option
from scraper.cli.output import harmless, say
from scraper.outcomes import one_line

if TYPE_CHECKING:
    from archive.site_rules import RuleHealth
    from scraper.history import SiteRun
    from scraper.status import SiteStanding

FELL = 1
ENDINGS = {"finished": "", "shutdown": ", interrupted", "stopped": ", stopped by an error"}
_UNITS = (("days", 86_400), ("h", 3600), ("min", 60))


@click.command()
@data_option
@frontier_option
@json_option
@click.option(
    "--html",
    "page",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write one self-contained page with charts as well.",
)
def status(data: Path, frontier: str | None, as_json: bool, page: Path | None) -> None:
    """Show each site: all runs, the last run, what is usual, and what fell.

    Exits with 1 where a site's yield fell against its own history: articles a day or week, median length, share of
    pages that become articles, or sources that can no longer be read. A run with nothing new is no fall.
    Accepted rules that no longer find what they were learned from are told as well, and are no fall.
    """
    from archive import ArchiveError
    from cleaners import RuleError
    from scraper.status import flagged_rules, standings

    rules: list[RuleHealth] = []
    try:
        rules = flagged_rules(data)
    except (ArchiveError, RuleError) as error:
        say(f"{error}; so nothing is told of rules")
    found, now = standings(data, frontier, rules), datetime.now(UTC)
    if page:
        from scraper.cli.charts import status_page

        page.write_text(status_page(found, now), "utf-8")
    if as_json:
        click.echo(json.dumps([site.as_dict() for site in found], ensure_ascii=False, indent=2))
    else:
        click.echo(harmless("\n".join(status_lines(found, now))))
    fallen = [f"{one_line(site.report.name)}: {line}" for site in found for line in site.fell]
    changed = [f"{one_line(site.report.name)}: rule {rule_line(rule)}" for site in found for rule in site.rules]
    for line in [*fallen, *changed]:
        say(line)
    raise SystemExit(FELL if fallen else 0)


def status_lines(found: Sequence[SiteStanding], now: datetime) -> Iterator[str]:
    """Yield some lines a site: all runs, the last one, what is usual, what fell."""
    from scraper.yields import usual

    for site in found:
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


def rule_line(rule: RuleHealth) -> str:
    """Return what is wrong with an accepted rule, and what to do."""
    if rule.silent:
        last = f"last on {rule.last_fired}" if rule.last_fired else "never since it was accepted"
        share = f"it stood on {rule.share:.0%} of pages"
        return f"{rule.rule}: has not fired for {rule.silent_for} captures ({share}); {last}: learn again, or retire it"
    return (
        f"{rule.rule}: {len(rule.elsewhere)} of its last {rule.latest} firings are in {rule.elsewhere[0]}, where "
        f"it was not learned: look at {rule.url}; retire it, or add the place to its evidence"
    )


def when(run: SiteRun, now: datetime) -> str:
    """Return when a run began, how long ago that was, and whether it came to its end."""
    began = datetime.fromtimestamp(run.began_at, UTC)
    seconds = max(0.0, (now - began).total_seconds())
    ago = next((f"{seconds / size:.0f} {unit} ago" for unit, size in _UNITS if seconds >= size), "just now")
    ending = ", at work or killed" if run.ending is None else ENDINGS.get(run.ending, f", {run.ending}")
    return f"{began:%Y-%m-%d %H:%M} UTC, {ago}{ending}"


def last_run(run: SiteRun) -> str:
    """Return what a run brought, in one line."""
    parts = [f"{run.articles} articles of {run.pages} pages"]
    parts += [f"{n}: {counts_text(found)}" for n in ("failures", "refused", "walls") if (found := getattr(run, n))]
    if run.words is not None:
        parts.append(f"median {run.words:.0f} words")
    if run.removed is not None:
        parts.append(f"removed {run.removed:.0%}")
    if run.sources:
        parts.append(f"sources: {counts_text(run.sources)}")
    return "; ".join(parts)

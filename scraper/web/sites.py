"""The page of sites: each with its state and figures, as `pressclip status` computes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from scraper.frontier import FrontierError
from scraper.report.charts import charts
from scraper.report.states import in_order
from scraper.report.status import SiteStanding, lock_alarm, open_frontier, overview
from scraper.report.wording import (
    doubtful_line,
    last_run,
    moved_line,
    rule_line,
    state_line,
    states_text,
    usual_line,
    when,
)
from scraper.report.yields import usual
from scraper.web.parameters import parameters

MAX_SHOWN_HOSTS = 12
"""The most hosts of a site that are links: a site has one or a few, but a seed list may put any under one name."""


@dataclass(frozen=True, slots=True)
class SiteCard:
    """What the page shows of one site."""

    site: SiteStanding
    state_line: str
    counts: Mapping[str, tuple[str, Mapping[str, int]]]
    """Endings of URLs by group, each with the kind of its URLs."""
    last_run: str
    usually: str
    changes: Sequence[tuple[str, str, str]]
    """Lines about changed rules and moved sources: of what, the line, and the URL of a page."""
    worst: Sequence[tuple[str, str]]
    """A line for each doubtful text, with its URL."""
    hosts: Sequence[str]
    charts: str
    """SVG with numbers and words of ours alone."""


async def show(request: Request) -> Response:
    """Return the page."""
    parameters(request, ())
    state = request.app.state
    shown = await to_thread.run_sync(_shown, state.data, state.frontier, datetime.now(UTC))
    answer: Response = request.app.state.templates.TemplateResponse(request, "sites.html", shown)
    return answer


def _shown(data: Path, where: str | None, now: datetime) -> dict[str, object]:
    """Return what the template shows: the sites, those that need a look first, and lines about what cannot be read."""
    try:
        sites, left_out = overview(data, where)
        with open_frontier(data, where) as frontier:
            hosts = frontier.hosts()
    except FrontierError as error:
        sites, left_out, hosts = [], [str(error)], {}
    notes = [*left_out, *filter(None, [lock_alarm(data, now)])]
    cards = [_card(site, hosts.get(site.report.name, []), now) for site in in_order(sites)]
    return {"cards": cards, "notes": notes, "states": states_text(sites), "now": now}


def _card(site: SiteStanding, hosts: Sequence[str], now: datetime) -> SiteCard:
    report, before = site.report, usual(site.runs)
    kinds = {"failures": "article", "refused": "article", "skipped": "article", "sources": "source"}
    return SiteCard(
        site,
        state_line=state_line(site, now),
        counts={name: (kind, counts) for name, kind in kinds.items() if (counts := getattr(report, name))},
        last_run=f"{when(site.runs[0], now)}: {last_run(site.runs[0])}" if site.runs else "",
        usually=usual_line(before) if before else "",
        changes=[
            *(("rule", rule_line(rule), rule.url) for rule in site.rules),
            *(("moved", moved_line(source), source.url) for source in site.moved),
        ],
        worst=[(doubtful_line(text), text.url) for text in site.worst],
        hosts=hosts[:MAX_SHOWN_HOSTS],
        charts="".join(charts(site.runs, now)) if site.runs else "",
    )


routes = [Route("/", show)]

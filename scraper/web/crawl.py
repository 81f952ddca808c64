"""The page of the crawl while it runs, and the part of it that renews itself."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from scraper.frontier import FrontierError
from scraper.report.now import crawl_now
from scraper.report.wording import listed_url
from scraper.web.parameters import parameters

SHOWN_SITES = 50
"""The most sites with waiting URLs that are named, those with the most first."""


async def show(request: Request) -> Response:
    """Return the page; with `still` it does not renew itself."""
    is_still = "still" in parameters(request, ("still",))
    return await _answer(request, "crawl.html", is_still=is_still)


async def now(request: Request) -> Response:
    """Return the part that is renewed."""
    parameters(request, ())
    return await _answer(request, "crawl_now.html", is_still=False)


async def _answer(request: Request, template: str, *, is_still: bool) -> Response:
    state = request.app.state
    shown = await to_thread.run_sync(_shown, state.data, state.frontier, datetime.now(UTC))
    answer: Response = request.app.state.templates.TemplateResponse(request, template, shown | {"is_still": is_still})
    return answer


def _shown(data: Path, where: str | None, at: datetime) -> dict[str, object]:
    try:
        crawl = crawl_now(data, at, where)
    except FrontierError as error:
        return {"crawl": None, "problem": str(error)}
    return {
        "crawl": crawl,
        "problem": "",
        "work": [(host, [listed_url(row) for row in rows]) for host, rows in groupby(crawl.work, attrgetter("host"))],
        "waiting": crawl.waiting[:SHOWN_SITES],
        "more_sites": max(0, len(crawl.waiting) - SHOWN_SITES),
        "failures": [listed_url(row) for row in crawl.failures],
    }


routes = [Route("/crawl", show), Route("/crawl/now", now)]

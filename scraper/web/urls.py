"""The page of a site's URLs that ended in one way: what stands behind a number of the page of sites."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from scraper.frontier import FrontierError, Row
from scraper.report.status import open_frontier
from scraper.report.wording import ending_text, listed_url
from scraper.web.articles import PAGE
from scraper.web.parameters import parameters

KINDS = {"article": True, "source": False}
MAX_ID = 2**31 - 1
"""The largest key of a row: an `integer` of PostgreSQL."""


async def show(request: Request) -> Response:
    """Return the page."""
    asked = parameters(request, ("site", "ending", "kind", "before"))
    if "site" not in asked or "ending" not in asked:
        raise HTTPException(400, "Name a site and an ending, as the links of the page of sites do.")
    asked["site"] = request.query_params["site"]  # a name may end with a blank
    if asked.get("kind") not in (None, *KINDS):
        raise HTTPException(400, f"kind={asked['kind']}: give {' or '.join(KINDS)}.")
    before = asked.get("before", "")
    if before and not (before.isascii() and before.isdecimal() and int(before) <= MAX_ID):
        raise HTTPException(400, f"before={before}: no key of this list.")
    rows = await to_thread.run_sync(_rows, request.app.state.data, request.app.state.frontier, asked)
    following = urlencode(asked | {"before": rows[PAGE - 1].id}) if len(rows) > PAGE else ""
    shown = {
        "asked": asked,
        "told": ending_text(asked["ending"]),
        "rows": [listed_url(row) for row in rows[:PAGE]],
        "following": following,
        "first": urlencode({name: value for name, value in asked.items() if name != "before"}),
    }
    answer: Response = request.app.state.templates.TemplateResponse(request, "urls.html", shown)
    return answer


def _rows(data: Path, where: str | None, asked: dict[str, str]) -> list[Row]:
    is_article, before = KINDS.get(asked.get("kind", "")), int(asked.get("before", MAX_ID))
    try:
        with open_frontier(data, where) as frontier:
            return frontier.listed(asked["site"], asked["ending"], PAGE + 1, is_article=is_article, before=before)
    except FrontierError as error:
        raise HTTPException(404, str(error)) from None


routes = [Route("/urls", show)]

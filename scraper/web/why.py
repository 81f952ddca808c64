"""The page of one URL's story, as `pressclip why URL` tells it."""

from __future__ import annotations

from datetime import UTC, datetime

from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from scraper.frontier import FrontierError
from scraper.report.mementos import map_address
from scraper.report.story import story_lines
from scraper.report.why import Story, why
from scraper.report.wording import ending_text
from scraper.urls import MAX_RAW_URL
from scraper.web.parameters import parameters


async def show(request: Request) -> Response:
    """Return the page: with a form, and the story where a URL is named; with 404 where nothing knows it."""
    url = parameters(request, ("url",), MAX_RAW_URL).get("url", "")
    story: Story | None = None
    if url:
        try:
            story = await to_thread.run_sync(why, request.app.state.data, url, request.app.state.frontier)
        except FrontierError as error:
            raise HTTPException(404, str(error)) from None
    row = story.row if story else None
    shown = {
        "url": url,
        "story": story,
        "told": ending_text(row.status or row.state, row.reason) if row else "",
        "timemap": map_address("", story.url) if story else "",
        "lines": list(story_lines(story, datetime.now(UTC))) if story and story.known else [],
    }
    status = 404 if story and not story.known else 200
    answer: Response = request.app.state.templates.TemplateResponse(request, "why.html", shown, status_code=status)
    return answer


routes = [Route("/why", show)]

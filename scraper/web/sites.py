"""The page of sites: each with its state and figures, as `pressclip status` computes them."""

from __future__ import annotations

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


async def show(request: Request) -> Response:
    """Return the page."""
    await to_thread.run_sync(request.app.state.data.stat)
    answer: Response = request.app.state.templates.TemplateResponse(request, "sites.html", {})
    return answer


routes = [Route("/", show)]

"""Serve the pages over a data root to browsers on this machine."""

from __future__ import annotations

import logging
import socket
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path

import uvicorn
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.templating import Jinja2Templates

from archive.site_rules import Review
from scraper.errors import is_ours
from scraper.printable import one_line
from scraper.report.marking import key_of
from scraper.web import article, articles, crawl, difference, effects, review, sites, teach, urls, why
from scraper.web.guard import HEADERS, Guard

FOLDER = Path(__file__).parent
BACKLOG = 16
"""Connections that wait to be taken."""
MAX_CONNECTIONS = 64
"""A browser opens six; more are another program's."""
MAX_HEAD = 32 * 2**10
"""Most bytes of a request's line and headers."""
SHUTDOWN_SECONDS = 2
"""How long an answer may still take after Ctrl-C."""

_log = logging.getLogger(__name__)


def create_app(data: Path, *, hosts: Sequence[str], token: str = "", frontier: str | None = None) -> Starlette:
    """Return the application that shows the data root *data* to browsers that ask for one of *hosts*.

    Each form that changes something has the *token*, which no other site knows; without one nothing can be changed.
    *frontier* is the URL of a shared frontier that has the crawl state in place of the data root.
    """
    app = Starlette(
        routes=[
            *sites.routes,
            *crawl.routes,
            *urls.routes,
            *why.routes,
            *articles.routes,
            *article.routes,
            *review.routes,
            *effects.routes,
            *difference.routes,
            *teach.routes,
            Route("/favicon.ico", _icon),  # which browsers ask for where an answer is plain text
            Mount("/static", StaticFiles(directory=FOLDER / "static"), name="static"),
        ],
        middleware=[Middleware(Guard, hosts=hosts, token=token)],
        # the second one is called outside of the guard
        exception_handlers={HTTPException: _refuse, Exception: _fail},
    )
    app.state.data = data
    app.state.frontier = frontier
    app.state.jobs = effects.Jobs()
    app.state.lessons = teach.Lessons()
    app.state.review = Review(data, review.MAX_UNDO)
    app.state.templates = _templates(token)
    return app


def listen(address: str, port: int) -> socket.socket:
    """Return a socket at *address* and *port*, where 0 takes a free one. Raises OSError."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return socket.create_server((address, port), family=family, backlog=BACKLOG)


def run(app: Starlette, listening: socket.socket) -> None:
    """Serve *app* until the process is interrupted: raises KeyboardInterrupt then."""
    config = uvicorn.Config(
        app,
        http="h11",
        ws="none",
        lifespan="off",
        interface="asgi3",
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_config=None,
        limit_concurrency=MAX_CONNECTIONS,
        h11_max_incomplete_event_size=MAX_HEAD,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
    try:
        uvicorn.Server(config).run(sockets=[listening])
    finally:
        app.state.jobs.close()


def _templates(token: str) -> Jinja2Templates:
    env = Environment(
        autoescape=True,
        loader=FileSystemLoader(FOLDER / "templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters["one_line"] = one_line
    env.globals["token"] = token
    env.globals["line_key"] = key_of
    return Jinja2Templates(env=env)


async def _icon(_: Request) -> Response:
    return FileResponse(FOLDER / "static" / "icon.svg")


async def _refuse(request: Request, error: Exception) -> Response:
    """Return the page for a request that a page refused, with its reason."""
    assert isinstance(error, HTTPException)
    answer = _wrong(request, error.status_code, error.detail)
    answer.headers.update(error.headers or {})
    return answer


async def _fail(request: Request, error: Exception) -> Response:
    """Return the page for an error: our own says what is wrong; of any other the terminal has the traceback."""
    if not is_ours(error):
        _log.error("%s: a bug", request.url.path, exc_info=error)
    answer = _wrong(request, 500, str(error) if is_ours(error) else "A bug: the terminal says more.")
    answer.headers.update(HEADERS)
    return answer


def _wrong(request: Request, status: int, why: str) -> Response:
    title = HTTPStatus(status).phrase
    said = {"title": title, "why": one_line(why)}
    templates: Jinja2Templates = request.app.state.templates
    return templates.TemplateResponse(request, "wrong.html", said, status_code=status)

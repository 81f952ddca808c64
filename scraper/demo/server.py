"""Serve the demo sites on loopback, one port each, from a thread of this process."""

from __future__ import annotations

import asyncio
import gzip
import socket
import threading
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from aiohttp import web

from scraper.demo.edition import DemoArticle, Resource, SeedTable, publish
from scraper.demo.site import Status, sites

T = TypeVar("T")
HOST = "127.0.0.1"
SHUTDOWN_SECONDS = 1.0
"""How long a response may still take at shutdown; all responses are small."""
CHUNK = 700
"""Bytes per chunk; every chunked page is larger."""


@dataclass(frozen=True, slots=True)
class RunningSite:
    """A site while it is served."""

    name: str
    key: str
    base_url: str
    seed: SeedTable
    articles: tuple[DemoArticle, ...]
    expected: dict[str, Status]
    """By URL: the final status of each article and each trap after a complete crawl of the seed."""
    requests: list[str] = field(default_factory=list)
    """Path and query of each request, in order."""


@contextmanager
def serve(*, port: int = 0) -> Iterator[list[RunningSite]]:
    """Serve the demo sites while the block runs.

    `port` is the first site's port, and the others follow; 0 takes free ports. Raises OSError if a port is in use.
    """
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="pressclip-demo", daemon=True)
    thread.start()
    runners: list[web.ServerRunner] = []
    try:
        running = []
        for place, site in enumerate(sites()):
            sock = socket.create_server((HOST, port + place if port else 0))
            base = f"http://{HOST}:{sock.getsockname()[1]}"
            edition = publish(site, base)
            record = RunningSite(site.name, site.key, base, edition.seed, edition.articles, edition.expected)
            runners.append(_run(loop, _start(edition.resources, record.requests, sock)))
            running.append(record)
        yield running
    finally:
        for runner in runners:
            _run(loop, runner.cleanup())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _start(resources: Mapping[str, Resource], requests: list[str], sock: socket.socket) -> web.ServerRunner:
    """Serve a site's resources on a socket, and append the path and query of each request to *requests*."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        requests.append(request.path_qs)
        if resource := resources.get(request.path_qs) or resources.get(request.path):
            return await _respond(resource, request)
        return web.Response(status=404, text="<h1>Not found</h1>", content_type="text/html")

    runner = web.ServerRunner(web.Server(answer), shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    await web.SockSite(runner, sock).start()
    return runner


async def _respond(resource: Resource, request: web.BaseRequest) -> web.StreamResponse:
    body, headers = resource.body, {"Content-Type": resource.content_type}
    if resource.location:
        headers["Location"] = resource.location
    if resource.gzipped and "gzip" in request.headers.get("Accept-Encoding", ""):
        body = gzip.compress(body, mtime=0)
        headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    if not resource.chunked:
        return web.Response(status=resource.status, body=body, headers=headers)
    response = web.StreamResponse(status=resource.status, headers=headers)
    response.enable_chunked_encoding()
    await response.prepare(request)
    for start in range(0, len(body), CHUNK):
        await response.write(body[start : start + CHUNK])
    await response.write_eof()
    return response


def _run(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run_coroutine_threadsafe(work, loop).result()

"""Serve the demo sites on loopback, one port each, from a thread of this process."""

from __future__ import annotations

import asyncio
import gzip
import socket
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from aiohttp import web

from scraper.demo.edition import DemoArticle, Edition, Resource, SeedTable, publish
from scraper.demo.site import Status, sites

T = TypeVar("T")
HOST = "127.0.0.1"
SHUTDOWN_SECONDS = 1.0
"""How long a response in progress may take at shutdown; all are small."""
CHUNK = 700
"""Bytes per chunk: few, so that every chunked page is sent in several chunks."""


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

    `port` is the first site's port and the others follow; 0 takes free ports. Raises OSError if a port is taken.
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
            runners.append(_run(loop, _start(_Responder(edition, record.requests), sock)))
            running.append(record)
        yield running
    finally:
        for runner in runners:
            _run(loop, runner.cleanup())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@dataclass(frozen=True, slots=True)
class _Responder:
    """Answer the requests to one site, and record them."""

    edition: Edition
    requests: list[str]

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self.requests.append(request.path_qs)
        resource = self.edition.resources.get(request.path_qs) or self.edition.resources.get(request.path)
        if resource is None:
            return web.Response(status=404, text="<h1>Not found</h1>", content_type="text/html")
        body, headers = _coded(resource, request)
        if not resource.chunked:
            return web.Response(status=resource.status, body=body, headers=headers)
        response = web.StreamResponse(status=resource.status, headers=headers)
        response.enable_chunked_encoding()
        await response.prepare(request)
        for start in range(0, len(body), CHUNK):
            await response.write(body[start : start + CHUNK])
        await response.write_eof()
        return response


def _coded(resource: Resource, request: web.BaseRequest) -> tuple[bytes, dict[str, str]]:
    headers = {"Content-Type": resource.content_type}
    if resource.location:
        headers["Location"] = resource.location
    if not (resource.gzipped and "gzip" in request.headers.get("Accept-Encoding", "")):
        return resource.body, headers
    return gzip.compress(resource.body, mtime=0), headers | {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}


async def _start(responder: _Responder, sock: socket.socket) -> web.ServerRunner:
    runner = web.ServerRunner(web.Server(responder.answer), shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    await web.SockSite(runner, sock).start()
    return runner


def _run(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run_coroutine_threadsafe(work, loop).result()

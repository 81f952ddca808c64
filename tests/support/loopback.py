"""A site on loopback whose answers are given byte for byte, and which remembers what it was asked."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress

TLS_HELLO = b"\x16"
"""First byte of a client that wants TLS: a server without it hangs up."""


def answer(
    body: str | bytes = b"", status: str = "200 OK", *headers: str, kind: str = "text/html; charset=utf-8"
) -> bytes:
    """Return a whole HTTP/1.1 response."""
    data = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(data)}", *headers]
    if data and kind:
        lines.append(f"Content-Type: {kind}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + data


def page(text: str) -> bytes:
    """Return the response of a page with one paragraph."""
    return answer(f"<!doctype html><html><body><p>{text}</p></body></html>")


class Site:
    """A raw HTTP server on a port of its own; what it has no route for is 404."""

    def __init__(self, tls: ssl.SSLContext | None = None, *, host: str = "127.0.0.1") -> None:
        """Prepare a site; with the host 0.0.0.0 it is 127.0.0.1, 127.0.0.2 and so on, each a host for the crawler."""
        self.routes: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.heads: list[bytes] = []
        self.cut: set[str] = set()
        """Paths after whose answer the connection is closed."""
        self.on_request: Callable[[str], None] = lambda path: None
        self._tls = tls
        self._host = host
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Site:
        self._thread.start()
        starting = asyncio.start_server(self._serve, self._host, 0, ssl=self._tls)
        self._server = asyncio.run_coroutine_threadsafe(starting, self._loop).result()
        self.port: int = self._server.sockets[0].getsockname()[1]
        self.base = f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"
        return self

    def __exit__(self, *exc: object) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        serving = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                first = await reader.readexactly(1)
                if first == TLS_HELLO:
                    break
                head = first + await reader.readuntil(b"\r\n\r\n")
                path = head.split(b" ", 2)[1].decode()
                self.asked.append(path)
                self.heads.append(head.removesuffix(b"\r\n\r\n"))
                self.on_request(path)
                writer.write(self.routes.get(path, answer("gone", "404 Not Found")))
                await writer.drain()
                if path in self.cut:
                    break
        writer.close()

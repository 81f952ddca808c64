"""Let only the reader's own browser in: check Host, Origin and method of each request, and set the headers of each
answer."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

READING = ("GET", "HEAD")
"""The methods that are answered: no other has anything to do where nothing can be changed."""
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
"""What a page may load: no script at all, and nothing of another host."""
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""The headers of each answer; a page that needs another value of one sets it itself."""


def allowed_hosts(address: str, port: int) -> tuple[str, ...]:
    """Return the values of Host that a browser sends to a server at *address* and *port*.

    >>> allowed_hosts("127.0.0.1", 8470)
    ('127.0.0.1:8470', 'localhost:8470')
    >>> allowed_hosts("192.0.2.7", 80)
    ('192.0.2.7:80', '192.0.2.7')
    >>> allowed_hosts("::1", 8470)
    ('[::1]:8470', 'localhost:8470')
    """
    names = [f"[{address}]" if ":" in address else address]
    names += ["localhost"] if address in ("127.0.0.1", "::1") else []
    return tuple(form for name in names for form in ([f"{name}:{port}"] + ([name] if port == 80 else [])))


def refusal(method: str, headers: Headers, hosts: Sequence[str]) -> tuple[int, str] | None:
    """Return the status and the reason if a request is refused; None if it is answered.

    A site whose name suddenly means this machine (DNS rebinding) still sends its own name as Host.
    """
    sent = headers.getlist("host")
    if len(sent) != 1 or sent[0].lower() not in hosts:
        return 421, f"This page is open only at http://{hosts[0]}/"
    if method in READING:
        return None
    origin = headers.get("origin")
    if origin is not None and origin.lower() not in {f"http://{host}" for host in hosts}:
        return 403, "A page of another site sent this request."
    return 405, "Nothing can be changed here: only GET and HEAD are answered."


class Guard:
    """Refuses what `refusal` refuses, and gives each answer the HEADERS."""

    def __init__(self, app: ASGIApp, hosts: Sequence[str]) -> None:
        """Stand before *app*, which is open at *hosts* only."""
        self._app, self._hosts = app, tuple(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        if refused := refusal(scope["method"], Headers(scope=scope), self._hosts):
            status, why = refused
            allow = {"Allow": ", ".join(READING)} if status == 405 else None
            answer = PlainTextResponse(f"{why}\n", status, headers=allow)
            await answer(scope, receive, send_guarded)
            return
        await self._app(scope, receive, send_guarded)

"""Let only the reader's own browser in: check Host, method, Origin and token of each request, and set the headers of
each answer."""

from __future__ import annotations

from collections.abc import Sequence
from hmac import compare_digest
from urllib.parse import parse_qsl

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

READING = ("GET", "HEAD")
CHANGING = "POST"
"""The only method that changes something: a form of these pages, with the token of the session."""
FORM = "application/x-www-form-urlencoded"
TOKEN = "token"  # noqa: S105 - the name of a field
"""The field of each form that holds the token."""
MAX_FORM = 64 * 2**10
"""Most bytes of a form: the longest has one removal of a page and some names."""
MAX_FIELDS = 20
POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""What a page may load: its own files, and nothing of another host."""
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # without a referrer at all, a browser sends `Origin: null` with the forms of these pages too
    "Referrer-Policy": "same-origin",
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


def refusal(method: str, headers: Headers, hosts: Sequence[str], *, changes: bool) -> tuple[int, str] | None:
    """Return the status and the reason if a request is refused for its head; None if it is not.

    A site whose name suddenly means this machine (DNS rebinding) still sends its own name as Host. `changes`: whether
    something may be changed at all.
    """
    sent = headers.getlist("host")
    if len(sent) != 1 or sent[0].lower() not in hosts:
        return 421, f"This page is open only at http://{hosts[0]}/"
    if method in READING:
        return None
    origin = headers.get("origin")
    if origin is not None and origin.lower() not in {f"http://{host}" for host in hosts}:
        return 403, "A page of another site sent this request."
    if method != CHANGING or not changes:
        return 405, "Only GET and HEAD are answered here." if not changes else "Only GET, HEAD and POST are answered."
    # browsers send it with each form
    if origin is None or headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return 403, "This request does not say that it comes from these pages."
    if headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        return 415, f"A form is sent as {FORM}."
    return None


class Guard:
    """Refuses what `refusal` refuses and each form without the token, and gives each answer the HEADERS."""

    def __init__(self, app: ASGIApp, hosts: Sequence[str], token: str) -> None:
        """Stand before *app*, which is open at *hosts* only. Without a *token* nothing can be changed."""
        self._app, self._hosts, self._token = app, tuple(hosts), token

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

        refused = refusal(scope["method"], Headers(scope=scope), self._hosts, changes=bool(self._token))
        if not refused and scope["method"] == CHANGING:
            refused = await self._read_form(Request(scope, receive))
        if refused:
            status, why = refused
            methods = (*READING, CHANGING) if self._token else READING
            allow = {"Allow": ", ".join(methods)} if status == 405 else None
            answer = PlainTextResponse(f"{why}\n", status, headers=allow)
            await answer(scope, receive, send_guarded)
            return
        await self._app(scope, receive, send_guarded)

    async def _read_form(self, request: Request) -> tuple[int, str] | None:
        """Read a form into the request's state, without its token; return why it is refused, if it is."""
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_FORM:
                return 413, f"This form has more than {MAX_FORM >> 10} KB."
        try:
            pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict")
        except ValueError:
            return 400, "This is no form that can be read."
        tokens = [value for name, value in pairs if name == TOKEN]
        if len(tokens) != 1 or not compare_digest(tokens[0].encode(), self._token.encode()):
            return (
                403,
                "This form is of an earlier start of `pressclip serve`: go back and reload its page.",
            )
        request.state.form = [pair for pair in pairs if pair[0] != TOKEN]
        return None

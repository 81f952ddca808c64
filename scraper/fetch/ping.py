"""Tell a service that waits for it that a run has ended: one GET to an address of the user's own."""

from __future__ import annotations

import http.client
import queue
import socket
import ssl
import threading
from importlib.metadata import version
from urllib.parse import SplitResult, urlsplit

from scraper.fetch.guard import BlockedAddress, check

PING_SECONDS = 10.0
"""Longest time of a ping, with the look for the name: services answer at once, and a timer's run must end."""
FAIL = "/fail"
"""What is put behind the path for a run that failed, as healthchecks.io and its likes take it."""


def ping_address(url: str) -> SplitResult:
    """Return the parts of an address for `ping`. Raises ValueError, with what to write."""
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        is_good = False
    if (
        not is_good
        or "@" in parts.netloc
        or parts.fragment
        or not (url.isascii() and url.isprintable() and " " not in url)
    ):
        raise ValueError("give an http or https URL without a login and without '#', such as https://hc.example/UUID")
    return parts


def ping(address: SplitResult, *, failed: bool, allow_private: bool) -> str:
    """Request the address, with FAIL where the run *failed*; return why it was not reached, empty where it was.

    Nothing but the ending is sent, no redirect is followed, and every address of the name is checked as for pages. The
    reason does not repeat the path, by which such services know their users.
    """
    told: queue.SimpleQueue[str] = queue.SimpleQueue()

    def work() -> None:
        try:
            told.put(_request(address, FAIL if failed else "", allow_private))
        except BlockedAddress as error:
            told.put(f"{error} is not a public address")
        except (OSError, http.client.HTTPException, UnicodeError) as error:
            told.put(str(error) or type(error).__name__)

    # the system's look for a name knows no timeout
    threading.Thread(target=work, daemon=True).start()
    try:
        return told.get(timeout=PING_SECONDS)
    except queue.Empty:
        return f"no answer in {PING_SECONDS:.0f} s"


def _request(address: SplitResult, ending: str, allow_private: bool) -> str:
    host = address.hostname or ""
    is_secure = address.scheme == "https"
    found = socket.getaddrinfo(host, address.port or (443 if is_secure else 80), type=socket.SOCK_STREAM)
    if not allow_private:
        for *_, place in found:
            check(str(place[0]))
    path = (address.path.rstrip("/") if ending else address.path or "/") + ending
    connection = http.client.HTTPConnection(address.netloc, timeout=PING_SECONDS)
    # connected by us, to an address that was checked: asked again, the name might lead elsewhere
    connection.sock = _connected([(str(place[0]), int(place[1])) for *_, place in found])
    try:
        if is_secure:
            connection.sock = ssl.create_default_context().wrap_socket(connection.sock, server_hostname=host)
        target = f"{path}?{address.query}" if address.query else path
        connection.request(
            "GET", target, headers={"User-Agent": f"pressclip/{version('pressclip')}", "Connection": "close"}
        )
        status = connection.getresponse().status
    finally:
        connection.close()
    return "" if 200 <= status < 300 else f"HTTP {status}"


def _connected(places: list[tuple[str, int]]) -> socket.socket:
    """Return a connection to the first address that takes one."""
    for number, place in enumerate(places, 1):
        try:
            return socket.create_connection(place, timeout=PING_SECONDS)
        except OSError:
            if number == len(places):
                raise
    raise OSError("no address for this name")

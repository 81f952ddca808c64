"""The addresses of a host, IPv4 and IPv6: every one of them is checked before a connection to any is made."""

from __future__ import annotations

import asyncio
from typing import Any, cast
from urllib.parse import unquote

from scrapy.exceptions import CannotResolveHostError
from twisted.internet.interfaces import IResolutionReceiver
from zope.interface import implementer  # type: ignore[import-untyped]

from scraper.fetch import guard

DNS_SECONDS = 20.0
"""Longest wait for a name, as in the setting DNS_TIMEOUT, which Scrapy's resolver for both kinds does not keep."""


@implementer(IResolutionReceiver)
class _Addresses:
    """Collects what a name resolves to."""

    def __init__(self, found: asyncio.Future[list[str]]) -> None:
        self._found = found
        self._hosts: list[str] = []

    def resolutionBegan(self, resolution: object) -> None:
        """Do nothing: the answer is what counts."""

    def addressResolved(self, address: Any) -> None:  # noqa: ANN401 - one of Twisted's addresses
        """Take one address."""
        self._hosts.append(address.host)

    def resolutionComplete(self) -> None:
        """Hand over what came."""
        if not self._found.done():
            self._found.set_result(self._hosts)


async def check_name(host: str) -> None:
    """Raise guard.BlockedAddress where *host* is, or resolves to, any address that is not global.

    The answer stays in Scrapy's DNS cache, so the addresses checked are those connected to; the peer is checked again.
    Raises CannotResolveHostError where there is none.
    """
    # as a browser would read it, and as no name is written
    host = unquote(host).rstrip(".")
    try:
        guard.check(host)
    except ValueError:
        for address in await addresses_of(host):
            guard.check(address)


async def addresses_of(host: str) -> list[str]:
    """Return the addresses of a name, as the system resolves it: short, octal and hexadecimal spellings too."""
    from twisted.internet import reactor

    found: asyncio.Future[list[str]] = asyncio.get_running_loop().create_future()
    try:
        cast(Any, reactor).nameResolver.resolveHostName(_Addresses(found), host, 0)
        addresses = await asyncio.wait_for(found, DNS_SECONDS)
    except (TimeoutError, UnicodeError) as error:
        raise CannotResolveHostError(f"{host}: {error or 'no answer in time'}") from error
    if not addresses:
        raise CannotResolveHostError(f"no address for the name {host}")
    return addresses

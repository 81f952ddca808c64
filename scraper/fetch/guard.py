"""The address guard: no request reaches a private, local or otherwise non-global address."""

from __future__ import annotations

import asyncio
import ipaddress
from typing import Any, cast
from urllib.parse import unquote

from scrapy.exceptions import CannotResolveHostError
from twisted.internet.interfaces import IResolutionReceiver
from zope.interface import implementer  # type: ignore[import-untyped]

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_UNICAST = ipaddress.ip_network("2000::/3")
"""All that is given out of IPv6; what stands outside (site-local, IPv4-compatible, local NAT64) may lead anywhere."""
_LATER = (ipaddress.ip_network("3fff::/20"), ipaddress.ip_network("192.88.99.0/24"))
"""Documentation (RFC 9637) and dead relays (RFC 7526): not global, which Python 3.11 does not know."""


class BlockedAddress(Exception):
    """A connection to an address that is not global; the message is the address."""


def is_global(address: str) -> bool:
    """Tell whether *address* is a public unicast address; IPv4 inside IPv6 counts as what it stands for.

    >>> is_global("93.184.215.14"), is_global("::ffff:127.0.0.1"), is_global("169.254.169.254")
    (True, False, False)
    """
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo and found.teredo[1])
        if found in _NAT64:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner:
            return is_global(str(inner))
        if found not in _UNICAST:
            return False
    return found.is_global and not found.is_multicast and not any(found in net for net in _LATER)


def check(address: str) -> None:
    """Raise BlockedAddress unless *address* is global."""
    if not is_global(address):
        raise BlockedAddress(address)


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
    """Raise BlockedAddress where *host* is, or resolves to, any address that is not global.

    The answer stays in Scrapy's DNS cache, so the addresses checked are those connected to; the peer is checked again.
    Raises CannotResolveHostError where there is none.
    """
    # as a browser would read it, and as no name is written
    host = unquote(host).rstrip(".")
    try:
        check(host)
    except ValueError:
        for address in await addresses_of(host):
            check(address)


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

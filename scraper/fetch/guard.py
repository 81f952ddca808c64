"""Keep requests from private, local and other non-global addresses: the address guard."""

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
"""The IPv6 addresses that are assigned; others (site-local, IPv4-compatible, local NAT64) may lead anywhere."""
_RANGES = """
    0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24
    192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4
    2001::/23 2001:db8::/32 3fff::/20
"""
_SPECIAL = tuple(map(ipaddress.ip_network, _RANGES.split()))
"""The ranges of the special-purpose registries (RFC 6890 and later) that no web server is in. Python's own list
differs with its version: 3.11 takes 192.0.0.8, 192.88.99.0/24 and 3fff::/20 for global, and later versions take single
addresses of 192.0.0.0/24 and parts of 2001::/23 for it, which are protocols' anycast addresses."""


class BlockedAddress(Exception):
    """A connection to an address that is not public; the message is the address."""


def is_global(address: str) -> bool:
    """Tell whether *address* is a public unicast address; an IPv4 address inside IPv6 is judged as IPv4.

    >>> is_global("93.184.215.14"), is_global("::ffff:127.0.0.1"), is_global("169.254.169.254")
    (True, False, False)
    """
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        inner = parsed.ipv4_mapped or parsed.sixtofour or (parsed.teredo and parsed.teredo[1])
        if parsed in _NAT64:
            inner = ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF)
        if inner:
            return is_global(str(inner))
        if parsed not in _UNICAST:
            return False
    return parsed.is_global and not parsed.is_multicast and not any(parsed in net for net in _SPECIAL)


def check(address: str) -> None:
    """Raise BlockedAddress unless *address* is global."""
    if not is_global(address):
        raise BlockedAddress(address)


DNS_SECONDS = 20.0
"""Longest wait for a name, as in DNS_TIMEOUT: Scrapy's resolver for IPv4 and IPv6 ignores that setting."""


@implementer(IResolutionReceiver)
class _Addresses:
    """Collects what a name resolves to."""

    def __init__(self, answer: asyncio.Future[list[str]]) -> None:
        self._answer = answer
        self._hosts: list[str] = []

    def resolutionBegan(self, resolution: object) -> None:
        """Do nothing; Twisted calls it at the start."""

    def addressResolved(self, address: Any) -> None:  # noqa: ANN401 - one of Twisted's addresses
        """Take one address."""
        self._hosts.append(address.host)

    def resolutionComplete(self) -> None:
        """Pass on the addresses."""
        if not self._answer.done():
            self._answer.set_result(self._hosts)


async def check_name(host: str) -> None:
    """Raise BlockedAddress where *host* is, or resolves to, any address that is not global.

    Scrapy's DNS cache keeps the answer, so it connects to the addresses that were checked; the peer is checked again.
    Raises CannotResolveHostError where the name has no address.
    """
    # as a browser reads the host
    host = unquote(host).rstrip(".")
    try:
        check(host)
    except ValueError:
        for address in await addresses_of(host):
            check(address)


async def addresses_of(host: str) -> list[str]:
    """Return the addresses of a name, as the system resolves it: short, octal and hexadecimal spellings too."""
    from twisted.internet import reactor

    answer: asyncio.Future[list[str]] = asyncio.get_running_loop().create_future()
    try:
        cast(Any, reactor).nameResolver.resolveHostName(_Addresses(answer), host, 0)
        addresses = await asyncio.wait_for(answer, DNS_SECONDS)
    except (TimeoutError, UnicodeError) as error:
        raise CannotResolveHostError(f"{host}: {error or 'no answer in time'}") from error
    if not addresses:
        raise CannotResolveHostError(f"no address for the name {host}")
    return addresses

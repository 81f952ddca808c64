"""The address guard: no request reaches a private, local or otherwise non-global address."""

from __future__ import annotations

import ipaddress

_NAT64 = ipaddress.ip_network("64:ff9b::/96")


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
    return found.is_global and not found.is_multicast


def check(address: str) -> None:
    """Raise BlockedAddress unless *address* is global."""
    if not is_global(address):
        raise BlockedAddress(address)

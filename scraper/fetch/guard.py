"""The address guard: no request reaches a private, local or otherwise non-global address."""

from __future__ import annotations

import ipaddress

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

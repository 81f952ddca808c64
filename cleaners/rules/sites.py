"""Find the host of a URL, whether it belongs to a site, and the hosts whose rules apply to it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import urlsplit

USUAL_PORTS = {"http": 80, "https": 443}
"""The port of a URL that names none. Servers on different ports of a host are different sites."""


def host_of(url: str | None) -> str:
    """Return the host of a URL in lower case, without port, credentials or the dot behind it; empty if it
    has none.

    >>> host_of("https://user@WWW.Gazette.example.:8443/a"), host_of("urn:isbn:1")
    ('www.gazette.example', '')
    """
    try:
        return (urlsplit(url or "").hostname or "").removesuffix(".")
    except ValueError:
        return ""


def belongs_to(url: str | None, site: str) -> bool:
    """Tell whether a URL or host belongs to a site: whether it is on the site's host or on a subdomain of it.

    The site is a host, a host with a port, or a URL; a leading `www.` does not count. To a site with a port belong the
    URLs of that port only, where `http` means 80 and `https` 443; to a site without one, those of every port.

    >>> [belongs_to("https://sport.gazette.example/a", site) for site in ("www.gazette.example", "azette.example")]
    [True, False]
    >>> [belongs_to("http://127.0.0.1:8001/a", site) for site in ("127.0.0.1:8001", "127.0.0.1", "127.0.0.1:8002")]
    [True, True, False]
    """
    wanted, wanted_port = _host_and_port(site)
    host, port = _host_and_port(url or "", usual_port=True)
    if not wanted or (wanted_port is not None and port != wanted_port):
        return False
    return host == wanted or host.endswith(f".{wanted}")


def host_key(host: str) -> str:
    """Return the one form of a host's name for all its spellings. Raises ValueError for a name that is no host's.

    >>> host_key("Bücher.example.")
    'xn--bcher-kva.example'
    """
    name = host.lower().removesuffix(".")
    return name if name.isascii() else name.encode("idna").decode("ascii")


def rule_hosts(url: str) -> Iterator[str]:
    """Yield the hosts whose site files may apply to a page, the most specific first: its own, then its parents,
    first with the port if the URL names an unusual one, then without.

    >>> list(rule_hosts("https://sport.gazette.example:8443/a"))[:2]
    ['sport.gazette.example:8443', 'gazette.example:8443']
    """
    try:
        parts = urlsplit(url)
        host, port = host_key(parts.hostname or ""), parts.port
    except ValueError:
        return
    shown = f"[{host}]" if ":" in host else host
    for end in ("",) if port in (None, USUAL_PORTS.get(parts.scheme)) else (f":{port}", ""):
        name = shown if end else host
        while name:
            yield name + end
            name = name.partition(".")[2]


@lru_cache(4096)
def _host_and_port(text: str, *, usual_port: bool = False) -> tuple[str, int | None]:
    """Read a URL, a host or host:port; return ("", None) for anything else. `usual_port`: return the scheme's port if
    the URL names none."""
    text = text.strip()
    try:
        if "://" not in text and not text.startswith("//"):
            is_bare_ipv6 = text.count(":") > 1 and not text.startswith("[")
            text = f"//[{text}]" if is_bare_ipv6 else f"//{text}"
        parts = urlsplit(text)
        host = host_key((parts.hostname or "").strip(".")).removeprefix("www.")
        return host, parts.port or (USUAL_PORTS.get(parts.scheme) if usual_port else None)
    except ValueError:
        return "", None

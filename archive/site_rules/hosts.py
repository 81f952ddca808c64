"""The host that a page's rules are kept under, which is also the name of their file."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlsplit

from archive.errors import ArchiveError
from archive.site_rules.files import host_name
from cleaners.ruleset import USUAL_PORTS


def host_of(url: str) -> str:
    """Return a URL's host in lower case without a leading `www.`, with its port where that is not the usual one; empty
    where it has none that could name a file.

    >>> host_of("https://WWW.Gazette.example:443/a"), host_of("http://127.0.0.1:8080/"), host_of("urn:isbn:1")
    ('gazette.example', '127.0.0.1:8080', '')
    """
    try:
        parts = urlsplit(url)
        port = "" if parts.port in (None, USUAL_PORTS.get(parts.scheme)) else f":{parts.port}"
        host = parts.hostname or ""
    except ValueError:
        return ""
    return _named(f"[{host}]{port}" if port and ":" in host else host + port)


@lru_cache(1024)
def _named(host: str) -> str:
    try:
        return host_name(host)
    except ArchiveError:
        return ""

"""The host that a page's rules are kept under, which is also the name of their file."""

from __future__ import annotations

from functools import lru_cache

from archive.files.errors import ArchiveError
from archive.site_rules.files import host_name
from cleaners import rule_hosts


def host_of(url: str) -> str:
    """Return a URL's host in lower case without a leading `www.`, with its port where that is not the usual one; empty
    where it has none that could name a file.

    >>> host_of("https://WWW.Gazette.example:443/a"), host_of("http://127.0.0.1:8080/"), host_of("urn:isbn:1")
    ('gazette.example', '127.0.0.1:8080', '')
    """
    return _named(next(rule_hosts(url), ""))


@lru_cache(1024)
def _named(host: str) -> str:
    try:
        return host_name(host)
    except ArchiveError:
        return ""

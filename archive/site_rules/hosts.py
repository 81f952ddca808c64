"""The host that a page's rules are kept under, which is also the name of their file."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlsplit

from archive.errors import ArchiveError
from archive.site_rules.files import host_name


def host_of(url: str) -> str:
    """Return a URL's host in lower case without a leading `www.`; empty where it has none that could name a file.

    >>> host_of("https://WWW.Gazette.example:8080/a"), host_of("urn:isbn:1")
    ('gazette.example', '')
    """
    try:
        return _named(urlsplit(url).hostname or "")
    except ValueError:
        return ""


@lru_cache(1024)
def _named(host: str) -> str:
    try:
        return host_name(host)
    except ArchiveError:
        return ""

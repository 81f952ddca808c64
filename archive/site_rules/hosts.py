"""The host that a page's rules are kept under, which is also the name of their file."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_NAME = re.compile(r"[^\W_][\w.-]{0,252}")


def host_of(url: str | None) -> str:
    """Return a URL's host in lower case without a leading `www.`; empty where it has none that could name a file.

    >>> host_of("https://WWW.Gazette.example:8080/a"), host_of("urn:isbn:1"), host_of("http://[::1]/")
    ('gazette.example', '', '')
    """
    try:
        host = (urlsplit(url or "").hostname or "").removeprefix("www.")
    except ValueError:
        return ""
    return host if _NAME.fullmatch(host) and ".." not in host else ""

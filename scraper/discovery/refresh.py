"""Read where a page leads that asks the browser to go on at once."""

from __future__ import annotations

from w3lib.html import get_base_url, get_meta_refresh

SCAN = 64 * 2**10
"""Bytes of a page in which its refresh is looked for: heads of news pages take up to some 40 KB."""
MAX_WAIT = 10.0
"""Longest wait in seconds of a page that only leads on. Longer ones let the reader read: home pages reload themselves
after minutes."""


def refresh_target(html: bytes, url: str) -> str | None:
    """Return the address to which a page at *url* leads at once by `meta refresh`, None where it leads nowhere.

    What stands in a comment, a script or `noscript` does not count.

    >>> refresh_target(b'<meta http-equiv="refresh" content="0; url=/new">', "https://a.example/old")
    'https://a.example/new'
    """
    head = html[:SCAN]
    if b"refresh" not in head.lower():
        return None
    text = head.decode("utf-8", "replace")
    wait, target = get_meta_refresh(text, get_base_url(text, url))
    return target if target and wait is not None and wait <= MAX_WAIT else None

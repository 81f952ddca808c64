"""Match paths against the patterns that robots.txt, tdmrep.json and RSL have in common."""

from __future__ import annotations

from urllib.parse import urlsplit


def pattern_matches(pattern: str, path: str) -> bool:
    """Tell whether a path begins with a pattern; `*` stands for anything, `$` for the end (RFC 9309 §2.2.3).

    >>> pattern_matches("/news/*.html$", "/news/1.html"), pattern_matches("/news/", "/old/news/")
    (True, False)
    """
    # no regular expression: somebody else writes the pattern
    parts, end = pattern.removesuffix("$").split("*"), 0
    for number, part in enumerate(parts):
        start = path.find(part, end)
        if start < 0 or (number == 0 and start):
            return False
        end = start + len(part)
    return not pattern.endswith("$") or end == len(path) or (len(parts) > 1 and path.endswith(parts[-1]))


def path_of(url: str) -> str:
    """Return the part of a URL that patterns are compared with: its path, with the query.

    >>> path_of("https://a.example?page=2"), path_of("https://a.example/news")
    ('/?page=2', '/news')
    """
    parts = urlsplit(url)
    return f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"

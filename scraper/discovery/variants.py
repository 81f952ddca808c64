"""AMP pages, print versions, addresses with parameters: which of an article's addresses is the one that counts."""

from __future__ import annotations

import re

from scraper.links import canonical, looks_like_article, site_of

_LATER_PAGE = re.compile(r"[?&/_-](?:page|pg|seite|pagina|strona|sida|part)[=/_-]?\d+", re.I)


def canonical_page(url: str, declared: str | None) -> str | None:
    """Return the canonical address that the page at *url* declares, None where it is its own or cannot be believed.

    Believed is an address of the same site that looks like an article by itself: many sites name their home page, a
    section, or an address that has lost the article's number. A later page of an article has a text of its own.

    >>> canonical_page("https://example.com/a-quiet-harbour-town/amp", "/a-quiet-harbour-town")
    'https://example.com/a-quiet-harbour-town'
    >>> canonical_page("https://example.com/a-quiet-harbour-town", "https://example.com/") is None
    True
    """
    target = canonical(declared, url) if declared else None
    if target is None or target == url or site_of(target) != site_of(url) or not looks_like_article(target):
        return None
    return None if _LATER_PAGE.search(url) and not _LATER_PAGE.search(target) else target

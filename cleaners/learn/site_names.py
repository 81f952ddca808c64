"""What a site calls itself on a page: articles hardly ever speak of the site that they stand on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from urllib.parse import urlsplit

from lxml.html import HtmlElement

SHORTEST = 5
"""Letters of a name, from which it is not a word that anybody may write by chance."""
SHORTEST_UNSPACED = 3
"""The same for letters that stand for syllables or words."""
LONGEST = 40
"""Characters of what stands behind the headline in a page's title: more is another headline."""
_SUFFIX = re.compile(r"\s[|–—·•:»-]\s")


def site_names(root: HtmlElement, url: str) -> frozenset[str]:
    """Return the names of a page's site: what it says itself, and the word before its domain's ending."""
    return frozenset(_usable([*_said(root), *_of_host(url)]))


def host_names(url: str) -> frozenset[str]:
    """Return the name that the address of a page tells."""
    return frozenset(_usable(_of_host(url)))


def names_one(text: str, names: Iterable[str]) -> bool:
    """Tell whether a text names the site, however the name is written.

    >>> names_one("Write to the Ferry-Post today", {"ferrypost"})
    True
    """
    plain = _plain(text)
    return any(name in plain for name in names)


def _said(root: HtmlElement) -> Iterator[str]:
    for element in islice(root.iter("meta"), 200):
        if element.get("property") in ("og:site_name", "al:ios:app_name") or element.get("name") == "application-name":
            yield element.get("content") or ""
    for element in islice(root.iter("title"), 1):
        parts = _SUFFIX.split((element.text or "")[:500])
        if len(parts) > 1 and len(parts[-1]) <= LONGEST:
            yield parts[-1]


def _of_host(url: str) -> Iterator[str]:
    labels = (urlsplit(url).hostname or "").removeprefix("www.").split(".")
    # of `news.gazette.co.uk` the longest, as endings are short
    yield max(labels[:-1], key=len, default="")


def _usable(names: Iterable[str]) -> Iterator[str]:
    for name in map(_plain, names):
        if len(name) >= (SHORTEST if name.isascii() else SHORTEST_UNSPACED):
            yield name


def _plain(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())

"""Read every feed and sitemap below a folder: `python -m benchmarks.peers.feeds FOLDER`.

FOLDER is a checkout of files that others keep for tests, fetched by the user: `tests` of
github.com/kurtmckee/feedparser, `testdata` of github.com/mmcdole/gofeed, or `src/test/resources` of
github.com/crawler-commons/crawler-commons. The table tells how many files are read, refused or raise something else,
and how many of the addresses that feedparser finds in the untouched bytes we have too. What it has and we do not is
listed: addresses that the file cuts, and other schemes.
"""

from __future__ import annotations

import io
import sys
from collections import Counter
from pathlib import Path

import feedparser  # type: ignore[import-untyped]

from scraper.discovery import DiscoveryError, Link
from scraper.discovery.feeds import feed_links
from scraper.discovery.sitemaps import sitemap_links
from scraper.urls import canonical, is_media

BASE = "https://example.com/feed"
SUFFIXES = frozenset({".xml", ".rss", ".atom", ".rdf", ".json", ".gz", ".txt"})
MAX_FILE = 10 * 2**20
"""Bytes of the largest file that is read: the peers' tests have none of a megabyte."""
MAX_SHOWN = 20
"""Most lines of a list."""


def main() -> int:
    """Print the table; 1 where a file raised anything but a DiscoveryError, 2 without a folder."""
    folder = Path(sys.argv[1]) if len(sys.argv) == 2 else None
    if folder is None or not folder.is_dir():
        print(
            "benchmarks.peers.feeds: name a folder of feeds: a checkout of kurtmckee/feedparser, say", file=sys.stderr
        )
        return 2
    ends: Counter[str] = Counter()
    raised, missing, theirs = [], [], 0
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() not in SUFFIXES or not path.is_file() or path.stat().st_size > MAX_FILE:
            continue
        body = path.read_bytes()
        try:
            ours = {link.url for link in _links(body)}
            ends["read, with links" if ours else "read, without links"] += 1
        except DiscoveryError as error:
            ours = set()
            ends[f"refused: {error}"[:80]] += 1
        except Exception as error:
            raised.append(f"{path}: {type(error).__name__}: {error}")
            continue
        peer = _addresses(body)
        theirs += len(peer)
        missing += [f"{path}: {url}" for url in sorted(peer - ours)]
    for end, number in ends.most_common(MAX_SHOWN):
        print(f"{number:7,}  {end}")
    print(f"{len(raised):7,}  raised something else", *raised[:MAX_SHOWN], sep="\n         ")
    print(f"{theirs:7,}  addresses by feedparser; {len(missing):,} of them we have not")
    print(*(f"         {line[:200]}" for line in missing[:MAX_SHOWN]), sep="\n")
    return 1 if raised else 0


def _links(body: bytes) -> list[Link]:
    try:
        return list(feed_links(body, BASE))
    except DiscoveryError:
        return list(sitemap_links(body, BASE))


def _addresses(body: bytes) -> set[str]:
    """Return the addresses of feedparser's entries that name a page."""
    try:
        entries = feedparser.parse(io.BytesIO(body), sanitize_html=False, resolve_relative_uris=False).entries
    except Exception:  # the peer's own errors are not measured
        return set()
    found = (canonical(str(dict.get(entry, "link") or ""), BASE) for entry in entries)
    return {url for url in found if url and url != BASE and not is_media(url)}


if __name__ == "__main__":
    sys.exit(main())

"""Define the demo sites: their layouts, sources and traps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["fetched", "redirected", "robots", "http_404", "not_article"]
Source = Literal["feeds", "sitemaps", "sections", "urls"]


@dataclass(frozen=True, slots=True)
class Trap:
    """A URL that every source of its site lists, but that is not simply an article."""

    path: str
    title: str
    status: Status
    """The final status of the URL after a crawl."""
    target: str = ""
    """The slug of the story that a redirect leads to."""


@dataclass(frozen=True, slots=True)
class Site:
    """A demo site, before it is served."""

    key: str
    name: str
    layout: str
    """The name of a file of templates in `layouts/`."""
    section: str
    """The path of the section page that lists what the feed lists."""
    sources: tuple[Source, ...]
    """The kinds of source that the site's seed names; the site serves the others too."""
    traps: tuple[Trap, ...]
    feed: Literal["/rss.xml", "/atom.xml"] = "/rss.xml"
    feed_query: str = ""
    """Appended to the feed's links, as publishers do to count where readers come from."""
    archived: int = 0
    """How many stories only a gzipped sitemap behind a sitemap index lists; 0 means no index."""
    unlisted: frozenset[str] = frozenset()
    """Stories that no source lists: reached by a redirect or a URL in the seed."""
    latin1: tuple[tuple[str, Literal["header", "meta"]], ...] = ()
    """Stories served in ISO-8859-1, and where that is declared."""
    gzipped: frozenset[str] = frozenset()
    chunked: frozenset[str] = frozenset()


LEDGER = Site(
    key="ledger",
    name="Harbour Ledger",
    layout="blog",
    section="/category/harbour/",
    sources=("feeds",),
    traps=(
        Trap("/private/berth-holders/", "Berth holders' noticeboard", "robots"),
        Trap("/2026/11/02/draft-of-the-tide-table/", "Draft of the tide table", "http_404"),
        Trap("/2026/11/15/this-week-on-the-quay/", "This week on the quay", "not_article"),
        Trap("/?p=4111", "The chandler who would not retire", "redirected", "chandler-will-not-retire"),
    ),
    unlisted=frozenset({"chandler-will-not-retire"}),
    latin1=(("faehre-nach-ostholm", "header"),),
)

TRENDWIRE = Site(
    key="trendwire",
    name="Trendwire Daily",
    layout="farm",
    section="/latest/",
    sources=("sections",),
    traps=(
        Trap("/private/members-desk-90210.html", "Members' desk", "robots"),
        Trap("/ten-things-we-shared-this-week-40990.html", "Ten things we shared this week", "not_article"),
        Trap("/quiz-which-lighthouse-are-you-40066.html", "Quiz: which lighthouse are you?", "http_404"),
    ),
    feed="/atom.xml",
    latin1=(("tramway-de-valcourt", "meta"),),
    gzipped=frozenset({"glass-orchard-record", "sleeping-train-tickets"}),
)

KESTREL = Site(
    key="kestrel",
    name="Kestrel International",
    layout="agency",
    section="/world/",
    sources=("sitemaps",),
    traps=(
        Trap("/private/wire-clients/", "For wire clients", "robots"),
        Trap("/20261101/correction-withdrawn-1094399.html", "Correction withdrawn", "http_404"),
        Trap("/20261119/day-in-headlines-1094911.html", "The Day in Headlines", "not_article"),
    ),
    archived=4,
    chunked=frozenset({"grain-port-expansion", "whale-counting-satellite"}),
)

COURIER = Site(
    key="courier",
    name="The Norland Courier",
    layout="broadsheet",
    section="/news/",
    sources=("feeds", "sitemaps", "urls"),
    traps=(
        Trap("/private/e-paper/", "Today's e-paper", "robots"),
        Trap("/news/home/old-water-b2210347.html", "The old water", "redirected", "reservoir-village"),
        Trap("/news/home/letters-b2210001.html", "Letters to the editor", "http_404"),
    ),
    feed_query="?utm_source=rss&utm_medium=feed",
    unlisted=frozenset({"chess-by-post", "judge-and-the-pigeons"}),
    gzipped=frozenset({"hedge-map"}),
)


def sites() -> tuple[Site, ...]:
    """Return the demo sites in the order of their ports."""
    return (LEDGER, TRENDWIRE, KESTREL, COURIER)

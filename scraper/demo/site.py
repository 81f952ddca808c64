"""Read what the demo sites are: their layouts, sources and traps."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal

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


def sites() -> tuple[Site, ...]:
    """Return the demo sites of sites.toml, in the order of their ports."""
    return tuple(map(_site, tomllib.loads((files("scraper.demo") / "sites.toml").read_text("utf-8"))["site"]))


def _site(table: dict[str, Any]) -> Site:
    sets = {name: frozenset(table.get(name, ())) for name in ("unlisted", "gzipped", "chunked")}
    traps = tuple(Trap(**trap) for trap in table["traps"])
    tuples = {"sources": tuple(table["sources"]), "traps": traps, "latin1": tuple(table.get("latin1", {}).items())}
    return Site(**(table | sets | tuples))

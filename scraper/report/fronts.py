"""Tell which stories stood where on a front page, and when, from its captures in the archive."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from archive import CATALOG, ArchiveError, CaptureRow, Catalog, Refusal, page_of, read_capture
from cleaners import belongs_to
from scraper.bounds import host_from
from scraper.discovery import DiscoveryError, RankedLink, ranked_links
from scraper.frontier import FRONTIER
from scraper.report.charts import rank_chart
from scraper.report.status import open_frontier
from scraper.urls import canonical

DRAWN = 10
"""Stories in a chart: more lines cannot be told apart."""


@dataclass(frozen=True, slots=True)
class Front:
    """A front page as one capture has it."""

    fetched: datetime
    record_id: str
    links: tuple[RankedLink, ...] = ()
    """Its stories by place."""
    problem: str = ""
    """Why it has no stories to tell; empty where it was read."""
    is_lost: bool = False
    """Whether the archive cannot give the page back."""


@dataclass(frozen=True, slots=True)
class FrontStory:
    """A story on the captures of a front page."""

    url: str
    text: str
    """Of its link, where it was seen last."""
    first_seen: datetime
    last_seen: datetime
    captures: int
    best_place: int
    best_at: datetime
    """When it stood at its best place first."""
    top: timedelta
    """How long it stood first for certain: between neighbouring captures that both have it there."""


@dataclass(frozen=True, slots=True)
class FrontHistory:
    """The captures of a front page, the oldest first, and the stories on them."""

    url: str
    fronts: tuple[Front, ...]
    stories: tuple[FrontStory, ...]
    """Those that stood first for longest come first, then those with the best places."""

    @property
    def read(self) -> list[Front]:
        """The captures whose stories were read."""
        return [front for front in self.fronts if not front.problem]

    @property
    def leads(self) -> Iterator[tuple[datetime, RankedLink]]:
        """The stories that stood first, each with when it was first seen there, one after the other."""
        before = ""
        for front in self.read:
            for lead in front.links[:1]:
                if lead.url != before:
                    yield front.fetched, lead
                before = lead.url

    def as_dict(self) -> dict[str, Any]:
        """Return it ready for JSON."""
        return {
            "url": self.url,
            "captures": [
                {
                    "fetched": front.fetched.isoformat(),
                    "record_id": front.record_id,
                    "problem": front.problem or None,
                    "links": [asdict(link) | {"level": link.level or None} for link in front.links],
                }
                for front in self.fronts
            ],
            "stories": [
                {
                    "url": story.url,
                    "text": story.text,
                    "first_seen": story.first_seen.isoformat(),
                    "last_seen": story.last_seen.isoformat(),
                    "captures": story.captures,
                    "best_place": story.best_place,
                    "best_at": story.best_at.isoformat(),
                    "top_seconds": round(story.top.total_seconds()),
                }
                for story in self.stories
            ],
        }

    def chart(self) -> str:
        """Return an SVG of the places of the first stories over time."""
        read = self.read
        places = [{link.url: link.place for link in front.links} for front in read]
        lines = [(story.text or story.url, [on.get(story.url) for on in places]) for story in self.stories[:DRAWN]]
        return rank_chart(self.url, [front.fetched for front in read], lines)


def front_urls(data: Path, which: str, frontier: str | None = None) -> list[str]:
    """Return the front pages of *which*: a URL itself; of a site's name or host those that the crawl keeps, else its
    home page. Raises FrontierError, and ValueError where *which* is neither."""
    if "://" in which:
        return [canonical(which) or which]
    found = []
    if frontier is not None or (data / FRONTIER).exists():
        with open_frontier(data, frontier) as known:
            rows = known.of_kind("front")
        found = [row.url for row in rows if row.site == which or belongs_to(row.url, which)]
    return found or [f"{scheme}://{host_from(which)}/" for scheme in ("https", "http")]


def read_history(data: Path, url: str, since: date, until: date | None = None) -> FrontHistory:
    """Read the captures of a front page from *since* to *until*, both included, days in UTC. Raises ArchiveError where
    there is no catalog."""
    with Catalog(data / CATALOG) as catalog:
        rows = [row for row in catalog.captures(url) if since <= row.fetched.date() <= (until or date.max)]
        fronts = tuple(_fronts(data, catalog, reversed(rows)))
    return FrontHistory(url, fronts, tuple(stories_of(fronts)))


def _fronts(data: Path, catalog: Catalog, rows: Iterator[CaptureRow]) -> Iterator[Front]:
    read: dict[str, tuple[RankedLink, ...]] = {}
    for row in rows:
        # a capture that did not change has the page of the one that it refers to
        page_id = row.refers_to or row.record_id
        try:
            if page_id not in read:
                read[page_id] = _links(data, row, catalog)
            yield Front(row.fetched, row.record_id, read[page_id])
        except (DiscoveryError, _NoPageError) as error:
            yield Front(row.fetched, row.record_id, problem=str(error))
        except ArchiveError as error:
            yield Front(row.fetched, row.record_id, problem=str(error), is_lost=True)


class _NoPageError(ValueError):
    """A capture is no page."""


def _links(data: Path, row: CaptureRow, catalog: Catalog) -> tuple[RankedLink, ...]:
    # the head of a 304 says neither type nor charset of the page
    original = catalog.capture(row.refers_to) if row.refers_to else None
    place = original or row
    page = page_of(read_capture(data, place.collection, place.file, place.offset))
    if isinstance(page, Refusal):
        raise _NoPageError(page)
    if isinstance(page.html, str):
        raise _NoPageError("a text without links")
    return tuple(ranked_links(page.html, row.url, charset=page.charset))


def stories_of(fronts: Sequence[Front]) -> list[FrontStory]:
    """Return the stories on the captures of a front page, given from the oldest on; in the order of FrontHistory."""
    read = [front for front in fronts if not front.problem]
    seen: dict[str, list[tuple[datetime, RankedLink]]] = {}
    for front in read:
        for link in front.links:
            seen.setdefault(link.url, []).append((front.fetched, link))
    top = dict.fromkeys(seen, timedelta())
    for one, other in pairwise(read):
        if one.links and other.links and one.links[0].url == other.links[0].url:
            top[one.links[0].url] += other.fetched - one.fetched
    stories = []
    for url, times in seen.items():
        best_at, best = min(times, key=lambda time: (time[1].place, time[0]))
        stories.append(
            FrontStory(url, times[-1][1].text, times[0][0], times[-1][0], len(times), best.place, best_at, top[url])
        )
    return sorted(stories, key=lambda story: (-story.top, story.best_place, story.first_seen, story.url))

"""Survey one site: decide which pages to ask for next, and keep what they say. Nothing here fetches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Literal
from urllib.parse import urljoin, urlsplit

from cleaners import belongs_to
from scraper.discovery.links import Link, in_time
from scraper.discovery.pages import Home, names_news, read_home, sitemaps_of
from scraper.discovery.sources import Reading, read_source
from scraper.languages import code_of_tag
from scraper.outcomes import FETCHED, REDIRECTED
from scraper.seeds import MAX_AGE
from scraper.urls import looks_like_article, site_of

MAX_REQUESTS = 24
"""Most requests of a survey, redirects included: with the usual two seconds between them, less than a minute."""
FEED_PLACES = (("feed", "rss.xml", "atom.xml"), ("rss", "feed.xml", "index.xml", "feed.json"))
"""The usual paths of feeds, the most usual first: the second group is tried where the first has nothing."""
SITEMAP_PLACES = ("sitemap.xml", "news-sitemap.xml", "sitemap_news.xml", "sitemap_index.xml")
MAX_DECLARED, MAX_PARTS, MAX_SECTIONS = 5, 2, 5
"""Most declared feeds and named sitemaps, parts of an index, and sections that are tried."""
MIN_ARTICLES = 5
"""Least links to articles that make a page a section; an article has fewer that look like headlines."""

Want = Literal["home", "robots", "feed", "sitemap", "section"]


@dataclass(frozen=True, slots=True)
class Ask:
    """A URL to fetch, and what it may be."""

    url: str
    want: Want
    why: str


@dataclass(frozen=True, slots=True)
class Source:
    """A fetched page that has links."""

    url: str
    kind: Literal["feed", "news sitemap", "sitemap", "sitemap index", "section"]
    why: str
    links: tuple[Link, ...]
    """Links to the site itself, the newest first."""
    elsewhere: int = 0
    """Number of links to other sites, which the seed would not admit."""
    drawback: str = ""
    """Why it is not fit for the seed, empty where it is."""

    @property
    def newest(self) -> datetime | None:
        """The latest date of its links."""
        return max((link.published for link in self.links if link.published), default=None)


@dataclass(slots=True)
class Survey:
    """What is known of a site so far.

    Until `next` returns nothing: fetch what it returns, pass each response to `read` and each final status to `done`.
    """

    home: str
    now: datetime
    fallback: str | None = None
    """Tried where *home* cannot be reached: the http URL where the user gave no scheme."""
    page: Home | None = None
    sources: list[Source] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)
    """URLs that brought nothing, and why."""
    requests: int = 0
    _asked: dict[str, Ask] = field(default_factory=dict)
    _open: dict[str, Ask] = field(default_factory=dict)
    _named: list[str] = field(default_factory=list)
    _stages: Iterator[list[Ask]] | None = None

    def next(self) -> list[Ask]:
        """Return what to fetch now, with what is still being fetched; nothing at the end."""
        self._stages = self._stages or self._plan()
        while not self._open:
            stage = next(self._stages, None)
            if stage is None:
                return []
            asks = {ask.url: ask for ask in stage if ask.url not in self._asked}
            for ask in list(asks.values())[: max(0, MAX_REQUESTS - len(self._asked))]:
                self._asked[ask.url] = self._open[ask.url] = ask
        return list(self._open.values())

    def read(self, url: str, body: bytes, charset: str | None = None) -> str:
        """Read the response for *url* and return a description of it. Raises DiscoveryError where it is of no use."""
        return self.note(url, self.reader(url, body, charset)())

    def reader(self, url: str, body: bytes, charset: str | None = None) -> Callable[[], Home | list[str] | Reading]:
        """Return the function that reads the response for *url*: another process can call it."""
        want = self._asked[url].want
        if want == "home":
            return partial(read_home, body, url, charset=charset)
        if want == "robots":
            return partial(sitemaps_of, body, url)
        return partial(read_source, want, body, url, charset=charset, now=self.now, max_age=None)

    def note(self, url: str, found: Home | list[str] | Reading) -> str:
        """Keep what the response for *url* says, and return a description of it."""
        ask = self._asked[url]
        if isinstance(found, Home):
            self.page, self.home = found, url
            return f"{len(found.articles)} links to articles"
        if isinstance(found, list):
            self._named += found
            return f"{len(self._named)} sitemaps"
        source = self._source(ask, found)
        self.sources.append(source)
        return f"{source.kind}: {len(source.links)} links"

    def done(self, url: str, status: str, reason: str = "") -> None:
        """Note the final status of *url*."""
        ask = self._asked[url]
        self.requests += 1
        self._open.pop(url, None)
        if status == REDIRECTED:
            # the spider follows the redirect by itself
            self.home = reason if ask.want == "home" else self.home
            if reason not in self._asked:
                self._asked[reason] = self._open[reason] = Ask(reason, ask.want, ask.why)
        elif status != FETCHED:
            self.missing[url] = f"{status}: {reason}" if reason else status

    @property
    def is_spent(self) -> bool:
        """Whether no more requests may be made."""
        return len(self._asked) >= MAX_REQUESTS

    @property
    def useful(self) -> list[Source]:
        """The sources that are fit for the seed."""
        return [source for source in self.sources if not source.drawback]

    @property
    def samples(self) -> list[str]:
        """URLs of articles: from the best sources, else from the home page."""
        urls = [link.url for source in self.useful for link in source.links if not link.is_sitemap]
        answering = [url for url in urls or (self.page.articles if self.page else ()) if url not in self.missing]
        return answering[:MIN_ARTICLES]

    @property
    def language(self) -> str:
        """The language that the home page declares, else a news sitemap."""
        codes = (code_of_tag(link.language) for source in self.sources for link in source.links)
        return (self.page.language if self.page else "") or next((code for code in codes if code), "")

    @property
    def found_nothing(self) -> bool:
        """Whether there is neither a fit source nor a home page that could serve as one."""
        return not self.useful and len(self.page.articles if self.page else ()) < MIN_ARTICLES

    def _plan(self) -> Iterator[list[Ask]]:
        yield self._doors()
        if self.page is None and self.fallback and not self._answered():
            self.home = self.fallback
            yield self._doors()
        if not self._answered():
            return
        yield [Ask(urljoin(self.home, "/robots.txt"), "robots", "")]  # of the host to which the home page redirected
        page = self.page or Home()
        yield [
            *(Ask(url, "feed", "declared by the home page") for url in page.feeds[:MAX_DECLARED]),
            *(Ask(url, "sitemap", "named in robots.txt") for url in self._named[:MAX_DECLARED]),
        ]
        yield [*self._feed_guesses(page.feed_links[:MAX_DECLARED], FEED_PLACES[0]), *self._sitemap_guesses()]
        yield list(self._feed_guesses((), FEED_PLACES[1]))
        yield [*self._parts(), *(Ask(url, "section", "in the menu") for url in page.sections[:MAX_SECTIONS])]

    def _doors(self) -> list[Ask]:
        return [Ask(self.home, "home", ""), Ask(urljoin(self.home, "/robots.txt"), "robots", "")]

    def _answered(self) -> bool:
        """Tell whether the server answers; where it only refuses the home page, other pages are tried."""
        return self.page is not None or self.missing.get(self.home, "").startswith("http_4")

    def _feed_guesses(self, linked: Sequence[str], places: Sequence[str]) -> Iterator[Ask]:
        if any(source.kind == "feed" and source.links for source in self.sources):
            return
        yield from (Ask(url, "feed", "linked on the home page") for url in linked)
        folder = urljoin(self.home, "/") if urlsplit(self.home).path == "/" else self.home.rstrip("/") + "/"
        yield from (Ask(urljoin(folder, place), "feed", "at a usual place") for place in places)

    def _sitemap_guesses(self) -> Iterator[Ask]:
        kinds = {source.kind for source in self.sources}
        for place in SITEMAP_PLACES:
            if "news sitemap" not in kinds and (names_news(place) or not kinds & {"sitemap", "sitemap index"}):
                yield Ask(urljoin(self.home, f"/{place}"), "sitemap", "at a usual place")

    def _parts(self) -> Iterator[Ask]:
        for index in (source for source in self.sources if source.kind == "sitemap index"):
            parts = sorted((link.url for link in index.links), key=lambda url: not names_news(url))
            yield from (Ask(url, "sitemap", f"in the index {index.url}") for url in parts[:MAX_PARTS])

    def _source(self, ask: Ask, reading: Reading) -> Source:
        links, kind = reading.links, str(ask.want)
        if kind == "section":
            links = [link for link in links if looks_like_article(link.url, link.text)]
        elif kind == "sitemap":
            parts = any(link.is_sitemap for link in links)
            kind = "sitemap index" if parts else "news sitemap" if reading.is_news_sitemap else "sitemap"
        site = site_of(self.home)
        own = [link for link in links if belongs_to(link.url, site)]
        young, _ = in_time(own, now=self.now, max_age=MAX_AGE)
        drawback = self._drawback(kind, own, young, len(links) - len(own))
        return Source(ask.url, kind, ask.why, tuple(young or own), len(links) - len(own), drawback)  # type: ignore[arg-type]

    def _drawback(self, kind: str, own: list[Link], young: list[Link], elsewhere: int) -> str:
        if elsewhere and not own:
            return f"all {elsewhere} links lead to other sites: `allow` has to name them"
        if not own:
            return "no links"
        if not young:
            return f"nothing newer than {MAX_AGE.days} days"
        if kind == "section" and len(own) < MIN_ARTICLES:
            return f"fewer than {MIN_ARTICLES} links to articles"
        targets = {link.url for link in young}
        for other in self.useful:
            if kind == other.kind != "section" and targets <= {link.url for link in other.links}:
                return f"has nothing that {other.url} has not"
        return ""

"""Build all that a site serves at a base URL, with the articles' true texts and the site's seed."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, TypedDict

from scraper.demo import feeds
from scraper.demo.feeds import Entry
from scraper.demo.layout import CHARSET, Layout, load_layout
from scraper.demo.site import Site, Status
from scraper.demo.story import Paper, Story, load_stories

HTML = "text/html; charset=utf-8"
XML = "application/xml; charset=utf-8"


class SeedTable(TypedDict):
    """A site's entry in a seed list, with the keys of the TOML form."""

    name: str
    home: str
    feeds: list[str]
    sitemaps: list[str]
    sections: list[str]
    urls: list[str]
    max_age: str
    """Empty, for no limit: the stories' dates never change."""


@dataclass(frozen=True, slots=True)
class DemoArticle:
    """One article as it is served, with everything that tests compare."""

    path: str
    title: str
    authors: tuple[str, ...]
    date: datetime
    text: str
    """The true text: paragraphs separated by a blank line."""
    planted: tuple[str, ...]
    """Each debris line, in page order; a line that occurs twice is listed twice."""
    frame: tuple[str, ...]
    """The other visible lines: site header, navigation, headline, byline, date, footer."""
    language: str


@dataclass(frozen=True, slots=True)
class Resource:
    """The server's response for one path."""

    body: bytes
    content_type: str = HTML
    status: int = 200
    location: str | None = None
    gzipped: bool = False
    """Whether it is sent with Content-Encoding gzip, if the client accepts that."""
    chunked: bool = False


@dataclass(frozen=True, slots=True)
class Edition:
    """A site's content for one base URL."""

    resources: dict[str, Resource]
    """By path and query."""
    articles: tuple[DemoArticle, ...]
    seed: SeedTable
    expected: dict[str, Status]
    """By URL: the final status of each article and each trap after a complete crawl."""


def publish(site: Site, base: str) -> Edition:
    """Return the content of a site at the base URL `base`, such as `http://127.0.0.1:8080`."""
    layout = load_layout(site.layout)
    paper = Paper(site.name, base, load_stories(site.key), layout.path, layout.section_path)
    pages = [_page(site, layout, paper, story) for story in paper.stories]
    resources = dict(_listings(site, layout, paper)) | dict(_sources(site, paper))
    resources |= {article.path: resource for article, resource in pages} | dict(_traps(site, layout, paper))
    expected: dict[str, Status] = {base + article.path: "fetched" for article, _ in pages}
    expected |= {base + trap.path: trap.status for trap in site.traps}
    return Edition(resources, tuple(article for article, _ in pages), _seed(site, paper), expected)


def _page(site: Site, layout: Layout, paper: Paper, story: Story) -> tuple[DemoArticle, Resource]:
    page = layout.article_page(paper, story)
    article = DemoArticle(
        path=paper.path(story),
        title=story.title,
        authors=story.authors,
        date=story.date,
        text="\n\n".join(story.paragraphs),
        planted=page.planted,
        frame=page.frame,
        language=story.language,
    )
    body, content_type = _encode(page.html, dict(site.latin1).get(story.slug))
    resource = Resource(body, content_type, gzipped=story.slug in site.gzipped, chunked=story.slug in site.chunked)
    return article, resource


def _encode(html: str, latin1: Literal["header", "meta"] | None) -> tuple[bytes, str]:
    if latin1 is None:
        return html.encode(), HTML
    declared = '<meta charset="iso-8859-1">' if latin1 == "meta" else ""
    # characters that Latin-1 lacks (typographic quotes, dashes) become references, as old editing systems write them
    body = html.replace(CHARSET, declared).encode("iso-8859-1", "xmlcharrefreplace")
    return body, "text/html" if latin1 == "meta" else "text/html; charset=ISO-8859-1"


def _entries(site: Site, paper: Paper) -> list[Entry]:
    """Return what every source of the site lists: the traps, then the stories, newest first."""
    listed = [story for story in paper.stories if story.slug not in site.unlisted]
    rows = [Entry(story.title, paper.link(story), story.date, story.summary) for story in listed]
    rows.sort(key=lambda entry: entry.date, reverse=True)
    return [Entry(trap.title, paper.base + trap.path, rows[0].date) for trap in site.traps] + rows


def _sources(site: Site, paper: Paper) -> Iterator[tuple[str, Resource]]:
    entries, home = _entries(site, paper), paper.base + "/"
    counted = [replace(entry, url=entry.url + site.feed_query) for entry in entries]
    kind, feed = ("rss", feeds.rss) if site.feed == "/rss.xml" else ("atom", feeds.atom)
    yield site.feed, Resource(feed(site.name, home, counted).encode(), f"application/{kind}+xml; charset=utf-8")
    recent, old = entries[: len(entries) - site.archived], entries[len(entries) - site.archived :]
    yield "/news-sitemap.xml", Resource(feeds.news_sitemap(site.name, "en", recent).encode(), XML)
    if old:
        names = [f"{paper.base}/news-sitemap.xml", f"{paper.base}/archive-sitemap.xml.gz"]
        yield "/sitemap.xml", Resource(feeds.sitemap_index(names).encode(), XML)
        packed = gzip.compress(feeds.sitemap(old).encode(), mtime=0)
        yield "/archive-sitemap.xml.gz", Resource(packed, "application/gzip")
    yield "/robots.txt", Resource(feeds.robots(_sitemap(site, paper)).encode(), "text/plain; charset=utf-8")


def _sitemap(site: Site, paper: Paper) -> str:
    return paper.base + ("/sitemap.xml" if site.archived else "/news-sitemap.xml")


def _listings(site: Site, layout: Layout, paper: Paper) -> Iterator[tuple[str, Resource]]:
    entries = _entries(site, paper)
    for name in paper.sections:
        urls = {paper.link(story) for story in paper.stories if story.section == name}
        yield paper.section_path(name), _listing(layout, paper, name, [e for e in entries if e.url in urls])
    for path in ("/", site.section):
        yield path, _listing(layout, paper, site.name, entries)


def _listing(layout: Layout, paper: Paper, heading: str, entries: list[Entry]) -> Resource:
    return Resource(layout.listing_page(paper, heading, [(e.title, e.url, e.teaser) for e in entries]).encode())


def _traps(site: Site, layout: Layout, paper: Paper) -> Iterator[tuple[str, Resource]]:
    for trap in site.traps:
        if trap.status == "redirected":
            yield trap.path, Resource(b"", status=301, location=paper.link(paper.story(trap.target)))
        elif trap.status == "not_article":
            links = [Entry(story.title, paper.link(story), story.date) for story in paper.stories]
            yield trap.path, _listing(layout, paper, trap.title, links)
        elif trap.status == "robots":
            yield trap.path, Resource(f"<title>{trap.title}</title><h1>{trap.title}</h1><p>Members only.</p>".encode())


def _seed(site: Site, paper: Paper) -> SeedTable:
    singles = [paper.link(story) for story in paper.stories if story.slug in site.unlisted]
    return SeedTable(
        name=site.name,
        home=paper.base + "/",
        feeds=[paper.base + site.feed] if "feeds" in site.sources else [],
        sitemaps=[_sitemap(site, paper)] if "sitemaps" in site.sources else [],
        sections=[paper.base + site.section] if "sections" in site.sources else [],
        urls=singles if "urls" in site.sources else [],
        max_age="",
    )

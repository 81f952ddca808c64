"""Write RSS and Atom feeds, sitemaps, news sitemaps and robots.txt."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from xml.sax.saxutils import escape, quoteattr


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a feed, a sitemap or a section page."""

    title: str
    url: str
    date: datetime
    teaser: str = ""


def rss(name: str, home: str, entries: Iterable[Entry]) -> str:
    """Return an RSS 2.0 feed."""
    items = "\n".join(
        f"<item><title>{escape(e.title)}</title><link>{escape(e.url)}</link>"
        f'<guid isPermaLink="true">{escape(e.url)}</guid><pubDate>{format_datetime(e.date)}</pubDate>'
        f"<description>{escape(e.teaser)}</description></item>"
        for e in entries
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0"><channel>
<title>{escape(name)}</title><link>{home}</link><description>{escape(name)}</description>
{items}
</channel></rss>
"""


def atom(name: str, home: str, entries: Iterable[Entry]) -> str:
    """Return an Atom feed."""
    rows = list(entries)
    items = "\n".join(
        f"<entry><title>{escape(e.title)}</title><id>{escape(e.url)}</id><link href={quoteattr(e.url)}/>"
        f"<updated>{e.date.isoformat()}</updated><published>{e.date.isoformat()}</published>"
        f"<summary>{escape(e.teaser)}</summary></entry>"
        for e in rows
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
<title>{escape(name)}</title><id>{home}</id><link href="{home}"/>
<updated>{max(e.date for e in rows).isoformat()}</updated>
{items}
</feed>
"""


def news_sitemap(name: str, language: str, entries: Iterable[Entry]) -> str:
    """Return a news sitemap: each URL with its publication, date and title."""
    rows = "\n".join(
        f"<url><loc>{escape(e.url)}</loc><lastmod>{e.date.isoformat()}</lastmod><news:news>"
        f"<news:publication><news:name>{escape(name)}</news:name><news:language>{language}</news:language>"
        f"</news:publication><news:publication_date>{e.date.isoformat()}</news:publication_date>"
        f"<news:title>{escape(e.title)}</news:title></news:news></url>"
        for e in entries
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">
{rows}
</urlset>
"""


def sitemap(entries: Iterable[Entry]) -> str:
    """Return a plain sitemap: URLs and dates."""
    rows = "\n".join(f"<url><loc>{escape(e.url)}</loc><lastmod>{e.date.isoformat()}</lastmod></url>" for e in entries)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
{rows}
</urlset>
"""


def sitemap_index(urls: Iterable[str]) -> str:
    """Return a sitemap index."""
    rows = "\n".join(f"<sitemap><loc>{escape(url)}</loc></sitemap>" for url in urls)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
{rows}
</sitemapindex>
"""


def robots(sitemap_url: str) -> str:
    """Return a robots.txt that keeps everyone out of /private/."""
    return f"User-agent: *\nDisallow: /private/\nDisallow: /wp-comments-post.php\n\nSitemap: {sitemap_url}\n"

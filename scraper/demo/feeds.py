"""Write RSS and Atom feeds, sitemaps, news sitemaps and robots.txt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
    rows = "\n".join(
        f"<item><title>{escape(e.title)}</title><link>{escape(e.url)}</link>"
        f'<guid isPermaLink="true">{escape(e.url)}</guid><pubDate>{format_datetime(e.date)}</pubDate>'
        f"<description>{escape(e.teaser)}</description></item>"
        for e in entries
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0"><channel>
<title>{escape(name)}</title><link>{home}</link><description>{escape(name)}</description>
{rows}
</channel></rss>
"""


def atom(name: str, home: str, entries: Sequence[Entry]) -> str:
    """Return an Atom feed."""
    rows = "\n".join(
        f"<entry><title>{escape(e.title)}</title><id>{escape(e.url)}</id><link href={quoteattr(e.url)}/>"
        f"<updated>{e.date.isoformat()}</updated><published>{e.date.isoformat()}</published>"
        f"<summary>{escape(e.teaser)}</summary></entry>"
        for e in entries
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
<title>{escape(name)}</title><id>{home}</id><link href="{home}"/>
<updated>{max(e.date for e in entries).isoformat()}</updated>
{rows}
</feed>
"""


def news_sitemap(name: str, language: str, entries: Iterable[Entry]) -> str:
    """Return a news sitemap: each URL with its publication, date and title."""
    rows = (
        f"<url><loc>{escape(e.url)}</loc><lastmod>{e.date.isoformat()}</lastmod><news:news>"
        f"<news:publication><news:name>{escape(name)}</news:name><news:language>{language}</news:language>"
        f"</news:publication><news:publication_date>{e.date.isoformat()}</news:publication_date>"
        f"<news:title>{escape(e.title)}</news:title></news:news></url>"
        for e in entries
    )
    return _sitemap("urlset", rows, ' xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"')


def sitemap(entries: Iterable[Entry]) -> str:
    """Return a plain sitemap: URLs and dates."""
    rows = (f"<url><loc>{escape(e.url)}</loc><lastmod>{e.date.isoformat()}</lastmod></url>" for e in entries)
    return _sitemap("urlset", rows)


def sitemap_index(urls: Iterable[str]) -> str:
    """Return a sitemap index."""
    return _sitemap("sitemapindex", (f"<sitemap><loc>{escape(url)}</loc></sitemap>" for url in urls))


def _sitemap(root: str, rows: Iterable[str], namespaces: str = "") -> str:
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            f'<{root} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"{namespaces}>',
            *rows,
            f"</{root}>\n",
        ]
    )


def robots(sitemap_url: str) -> str:
    """Return a robots.txt that keeps everyone out of /private/."""
    return f"User-agent: *\nDisallow: /private/\nDisallow: /wp-comments-post.php\n\nSitemap: {sitemap_url}\n"

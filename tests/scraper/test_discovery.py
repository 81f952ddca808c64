"""Links out of feeds, sitemaps and section pages."""

import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from scraper.discovery import DiscoveryError, read_source
from scraper.discovery.feeds import feed_links
from scraper.discovery.links import MAX_LINKS
from scraper.discovery.pages import section_links
from scraper.discovery.sitemaps import MAX_PARTS, MAX_SITEMAP, sitemap_links

BASE = "https://example.com/feed"
RSS = """<?xml version="1.0"?><rss version="2.0"><channel><title>Gazette</title>
<item><title>Old</title><link>https://example.com/old</link><pubDate>Thu, 19 Nov 2026 08:00:00 GMT</pubDate></item>
<item><title>New</title><link>/new?utm_source=rss</link><pubDate>Fri, 20 Nov 2026 08:00:00 GMT</pubDate></item>
<item><title>Again</title><link>https://example.com/old#comments</link></item>
<item><title>No link</title></item>
<item><title>Bad</title><link>file:///etc/passwd</link></item>
</channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>G</title><entry><title>A</title>
<link rel="alternate" href="https://example.com/a"/><updated>2026-11-20T08:00:00Z</updated></entry></feed>"""
URLSET = """<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
 xmlns:news="http://www.google.com/schemas/sitemap-news/0.9" xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
<url><loc> https://example.com/old </loc><lastmod>2026-11-01</lastmod></url>
<url><image:image><image:loc>https://example.com/i.jpg</image:loc></image:image><loc>https://example.com/new</loc>
<news:news><news:publication_date>2026-11-20T08:00:00+01:00</news:publication_date><news:title>Bridge</news:title></news:news></url>
</urlset>"""


def _index(parts: int) -> bytes:
    rows = "".join(f"<sitemap><loc>https://example.com/{n}.xml</loc></sitemap>" for n in range(parts))
    return f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</sitemapindex>'.encode()


def test_feed_entries_come_newest_first_canonical_and_once() -> None:
    links = feed_links(RSS.encode(), BASE)
    assert [link.url for link in links] == ["https://example.com/new", "https://example.com/old"]
    assert links[0].text == "New"
    assert links[0].published is not None


def test_atom_is_read() -> None:
    assert [link.url for link in feed_links(ATOM.encode(), BASE)] == ["https://example.com/a"]


def test_a_feed_body_is_never_taken_for_a_file_name_or_address(tmp_path: Path) -> None:
    path = tmp_path / "feed.xml"
    path.write_text(RSS)
    with pytest.raises(DiscoveryError):
        feed_links(str(path).encode(), BASE)


def test_entries_of_a_feed_are_capped() -> None:
    items = "".join(f"<item><link>https://example.com/{n}</link></item>" for n in range(MAX_LINKS + 5))
    assert len(feed_links(f'<rss version="2.0"><channel>{items}</channel></rss>'.encode(), BASE)) == MAX_LINKS


def test_news_sitemap_dates_order_the_links_and_pictures_are_no_pages() -> None:
    links = sitemap_links(URLSET.encode(), BASE)
    assert [link.url for link in links] == ["https://example.com/new", "https://example.com/old"]
    assert links[0].text == "Bridge"
    assert not any(link.is_sitemap for link in links)


def test_an_index_yields_a_bounded_number_of_sitemaps() -> None:
    links = sitemap_links(_index(MAX_PARTS + 5), BASE)
    assert len(links) == MAX_PARTS
    assert all(link.is_sitemap for link in links)


def test_gzipped_and_plain_text_sitemaps_are_read() -> None:
    assert sitemap_links(gzip.compress(URLSET.encode()), BASE) == sitemap_links(URLSET.encode(), BASE)
    assert [link.url for link in sitemap_links(b"https://example.com/a\nhttps://example.com/b\n", BASE)] == [
        "https://example.com/a",
        "https://example.com/b",
    ]


def test_a_gzip_bomb_is_refused() -> None:
    with pytest.raises(DiscoveryError, match="more than"):
        sitemap_links(gzip.compress(bytes(MAX_SITEMAP + 1)), BASE)


def test_entities_of_a_sitemap_are_not_resolved() -> None:
    body = URLSET.replace("<urlset", '<!DOCTYPE u [<!ENTITY x SYSTEM "file:///etc/hostname">]><urlset', 1)
    links = sitemap_links(body.replace(" https://example.com/old ", "https://example.com/&x;").encode(), BASE)
    assert {link.url for link in links} <= {"https://example.com/new", "https://example.com/"}


@pytest.mark.parametrize(
    "body", [b"", b"<html><body>Not found</body></html>", b"\x1f\x8b broken", b"nothing here", b"<"]
)
def test_what_is_no_source_says_so(body: bytes) -> None:
    with pytest.raises(DiscoveryError):
        sitemap_links(body, BASE)
    with pytest.raises(DiscoveryError):
        feed_links(body, BASE)


def test_section_links_stay_on_the_site_and_keep_the_headline() -> None:
    page = b"""<html><body><a href="/a"><img src="x.jpg"></a><a href="/a">Council votes on bridge</a>
    <a href="https://elsewhere.example.net/b">Other</a><a href="mailto:x@example.com">Mail</a><a href="#top">Top</a>
    <a href="https://sub.example.com/c">Sub</a></body></html>"""
    links = section_links(page, "https://example.com/politics")
    assert [(link.url, link.text) for link in links] == [
        ("https://example.com/a", "Council votes on bridge"),
        ("https://sub.example.com/c", "Sub"),
    ]


def test_a_section_page_without_html_says_so() -> None:
    with pytest.raises(DiscoveryError):
        section_links(b"", "https://example.com/")


NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def read(body: str, days: int | None = 30) -> tuple[list[str], str]:
    """Return the addresses of a sitemap without the host, and what is told of it."""
    age = timedelta(days=days) if days else None
    reading = read_source("sitemap", body.encode(), BASE, charset=None, now=NOW, max_age=age)
    paths = [link.url.removeprefix("https://example.com/") for link in reading.links]
    return paths, reading.summary(len(paths))


def index(*parts: str) -> str:
    rows = []
    for part in parts:
        name, _, date = part.partition(" ")
        lastmod = f"<lastmod>{date}</lastmod>" if date else ""
        rows.append(f"<sitemap><loc>https://example.com/{name}</loc>{lastmod}</sitemap>")
    return f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{"".join(rows)}</sitemapindex>'


def test_parts_of_an_index_come_newest_first_and_old_ones_are_counted() -> None:
    body = index("a.xml 2026-11-01", "b.xml 2026-11-20T10:00:00Z", "c.xml 2024-01-01", "d.xml")
    assert read(body) == (["b.xml", "a.xml", "d.xml"], "4 links, 3 new, 1 too old")
    assert read(body, days=None)[0] == ["b.xml", "a.xml", "c.xml", "d.xml"]


def test_a_part_without_a_date_has_that_of_the_month_in_its_name() -> None:
    body = index("map-2025-12.xml", "2026/10.xml", "map-202611.xml", "posts-2019.xml", "map-1234567.xml", "map-7.xml")
    assert read(body) == (
        ["map-202611.xml", "2026/10.xml", "map-1234567.xml", "map-7.xml"],
        "6 links, 4 new, 2 too old",
    )


def test_a_news_sitemap_is_told_by_its_own_elements_and_says_the_language() -> None:
    news = URLSET.replace(
        "<news:title>", "<news:publication><news:language>EN</news:language></news:publication><news:title>"
    )
    plain, article = sorted(sitemap_links(news.encode(), BASE), key=lambda link: link.is_article)
    assert (article.text, article.language, article.is_article) == ("Bridge", "en", True)
    assert not plain.is_article
    assert not read(news)[1].startswith("news sitemap: ")
    only = news[: news.index("<url>")] + news[news.index("<url><image") :]
    assert read(only) == (["new"], "news sitemap: 1 links, 1 new")


def test_titles_and_dates_of_films_make_no_news() -> None:
    told = "<video:publication_date>2026-11-20</video:publication_date><video:title>F</video:title>"
    film = f"<video:video>{told}</video:video>"
    body = f'<urlset xmlns:video="v"><url><loc>https://example.com/a</loc>{film}</url></urlset>'
    (link,) = sitemap_links(body.encode(), BASE)
    assert (link.is_article, link.text, link.published) == (False, "", None)


def test_a_feed_in_a_sitemaps_place_is_read() -> None:
    assert [link.url for link in sitemap_links(RSS.encode(), BASE)] == [
        link.url for link in feed_links(RSS.encode(), BASE)
    ]


def test_a_damaged_gzip_end_loses_the_end_alone() -> None:
    rows = "".join(f"<url><loc>https://example.com/{n * 7919}</loc></url>" for n in range(2000))
    packed = gzip.compress(f"<urlset>{rows}</urlset>".encode())
    assert 100 < len(sitemap_links(packed[: len(packed) // 2], BASE)) < 1900

"""Feeds and sitemaps that are damaged: no address is cut or changed, and what is left out is counted."""

from __future__ import annotations

import gzip
import time
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from scraper.discovery import DiscoveryError, markup, read_source
from scraper.discovery.feeds import MAX_BROKEN, feed_links
from scraper.discovery.links import MAX_LINKS
from scraper.discovery.markup import mended
from scraper.discovery.sitemaps import MAX_PARTS, MAX_READ, sitemap_links

BASE = "https://example.com/sitemap.xml"
HOST = "https://example.com"


def paths(body: str | bytes) -> list[str]:
    body = body if isinstance(body, bytes) else body.encode()
    return [link.url.removeprefix(HOST) for link in sitemap_links(body, BASE)]


def feed_paths(body: str | bytes) -> list[str]:
    body = body if isinstance(body, bytes) else body.encode()
    return [link.url.removeprefix(HOST) for link in feed_links(body, BASE)]


def urlset(*locs: str) -> str:
    rows = "".join(f"<url><loc>{loc}</loc></url>" for loc in locs)
    return f'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</urlset>'


def rss(*links: str) -> str:
    return (
        f'<rss version="2.0"><channel>{"".join(f"<item><link>{link}</link></item>" for link in links)}</channel></rss>'
    )


REFERENCES = [
    ("/a?a=1&b=2", "/a?a=1&b=2"),
    ("/a?a=1&amp;b=2", "/a?a=1&b=2"),
    ("/a?a=1&amp;amp;b=2", "/a?a=1&b=2"),
    ("/a?a=1&#38;b=2", "/a?a=1&b=2"),
    ("/a?a=1&copy=2&lt=3&reg", "/a?a=1&copy=2&lt=3&reg"),
    ("/a?a=1&&b=2", "/a?a=1&b=2"),
    ("<![CDATA[/a?a=1&b=2]]>", "/a?a=1&b=2"),
    ("<![CDATA[/a?a=1&amp;b=2]]>", "/a?a=1&b=2"),
    ("/caf&eacute;", "/caf%C3%A9"),
    ("/caf&#xE9;", "/caf%C3%A9"),
    ("/pond-1&ordm;", "/pond-1%C2%BA"),
    ("/a\x0b", "/a"),
    ("<!-- & -->/a", "/a"),
]


@pytest.mark.parametrize(("loc", "path"), REFERENCES)
def test_an_address_is_whole_whatever_is_escaped_in_it(loc: str, path: str) -> None:
    assert paths(urlset("/first", loc, "/last")) == ["/first", path, "/last"]
    assert feed_paths(rss("/first", loc, "/last")) == ["/first", path, "/last"]


@pytest.mark.parametrize("loc", ["/a&no_entity;b", "/a&#0;b", "/a&#xD800;b", "/a\ufffdb"])
def test_an_address_that_cannot_be_read_is_not_guessed(loc: str) -> None:
    assert paths(urlset("/first", loc, "/last")) == ["/first", "/last"]
    assert feed_paths(rss("/first", loc, "/last")) == ["/first", "/last"]


@pytest.mark.parametrize("end", range(1, 50))
def test_a_file_that_ends_early_yields_no_half_address(end: int) -> None:
    for whole, read in ((urlset("/first", "/second?a=1&b=2"), paths), (rss("/first", "/second?a=1&b=2"), feed_paths)):
        assert set(read(whole[:-end])) <= {"/first", "/second?a=1&b=2"}
        assert "/first" in read(whole[:-end])
    cut = gzip.compress(urlset("/first", "/second").encode()[:-end])
    assert set(paths(cut)) <= {"/first", "/second"}


def test_an_atom_feed_that_ends_early_yields_no_half_address() -> None:
    whole = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><link href="/a?b=1&c=2"/></entry><entry><link href="/long"/>'
    )
    for end in range(30):
        assert set(feed_paths(whole[: len(whole) - end])) <= {"/a?b=1&c=2", "/long"}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "utf-32"])
@pytest.mark.parametrize(
    "text", [urlset("/a", "/ü"), rss("/a", "/ü"), f"{HOST}/a\r\n{HOST}/ü\n"], ids=["map", "rss", "text"]
)
def test_other_encodings_are_read(encoding: str, text: str) -> None:
    assert paths(text.encode(encoding)) == ["/a", "/%C3%BC"]


def test_a_declaration_of_utf_16_on_plain_bytes_is_wrong() -> None:
    body = urlset("/a", "/ü").replace('version="1.0"', 'version="1.0" encoding="UTF-16"')
    assert paths(body) == ["/a", "/%C3%BC"]


def test_a_legacy_encoding_that_is_declared_is_read() -> None:
    body = urlset("/a", "/ü").replace('version="1.0"', 'version="1.0" encoding="ISO-8859-1"')
    assert paths(body.encode("latin-1")) == ["/a", "/%C3%BC"]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("<urlset><url>https://example.com/a</url><url><loc>/b</loc></url></urlset>", ["/a", "/b"]),
        ("<urlset><loc>/a</loc><loc>/b</loc></urlset>", ["/a", "/b"]),
        ('<urlset><url loc="/a"/><url><lastmod>2026-01-01</lastmod></url></urlset>', ["/a"]),
        ("<urlset><url>words</url><url/><url><loc></loc></url></urlset>", []),
        ("<URLSET><URL><LOC>/a</LOC></URL></URLSET>", ["/a"]),
        ("<sm:urlset><sm:url><sm:loc>/a</sm:loc></sm:url></sm:urlset>", ["/a"]),
        ("<urlset><url><loc>/a</loc></url></urlset><urlset><url><loc>/b</loc></url></urlset>", ["/a", "/b"]),
        ("<br />\n<b>Warning</b>: x<br />\n" + urlset("/a"), ["/a"]),
        ("Warning: x in y.php\n" + urlset("/a"), ["/a"]),
        ("\n \n" + urlset("/a"), ["/a"]),
        ("<urlset><url><loc>/a</url><url><loc>/b</loc></url></urlset>", ["/a", "/b"]),
        (urlset("\n  https://example.com/\n  a  \n"), ["/a"]),
    ],
)
def test_odd_forms_of_a_sitemap_are_read(body: str, found: list[str]) -> None:
    assert paths(body) == found


@pytest.mark.parametrize(
    ("body", "parts"),
    [
        ("<urlset><sitemap><loc>/s2.xml</loc></sitemap><url><loc>/a</loc></url></urlset>", ["/s2.xml"]),
        (urlset("/a", "/sitemap-2.xml"), ["/sitemap-2.xml"]),
        (urlset("/a", "/s/3.xml.gz?x=1"), ["/s/3.xml.gz?x=1"]),
        ("<sitemapindex><loc>/s4.xml</loc><url><loc>/a</loc></url></sitemapindex>", ["/s4.xml"]),
        (f"{HOST}/a\n{HOST}/sitemap-5.txt\n", ["/sitemap-5.txt"]),
    ],
)
def test_a_sitemap_among_pages_is_a_sitemap(body: str, parts: list[str]) -> None:
    links = sitemap_links(body.encode(), BASE)
    assert [link.url.removeprefix(HOST) for link in links if link.is_sitemap] == parts
    assert [link.url.removeprefix(HOST) for link in links if not link.is_sitemap] == ["/a"]


@pytest.mark.parametrize("separator", ["\n", "\r\n", "\r", "\n\n  ", "\n\ufeff", "\nnot an address\n"])
def test_a_list_of_addresses_is_read_line_by_line(separator: str) -> None:
    assert paths(separator.join([f"{HOST}/a", "HTTPS://Example.com/b?c=1&d=2", f"{HOST}/e"])) == [
        "/a",
        "/b?c=1&d=2",
        "/e",
    ]


def said(kind: str, body: str) -> str:
    reading = read_source(kind, body.encode(), BASE, charset=None, now=datetime.now(UTC), max_age=None)  # type: ignore[arg-type]
    return reading.summary(0).partition(", 0 new")[2]


def test_what_was_left_out_is_told() -> None:
    many = [f"/{number}" for number in range(MAX_LINKS + 7)]
    index = "".join(f"<sitemap><loc>/{number}.xml</loc></sitemap>" for number in range(MAX_PARTS + 3))
    items = ",".join(f'{{"url": "{path}"}}' for path in many)
    assert said("sitemap", urlset(*many)) == ", 7 more left out"
    assert said("feed", rss(*many)) == ", 7 more left out"
    assert said("feed", f'{{"version": "https://jsonfeed.org/version/1", "items": [{items}]}}') == ", 7 more left out"
    assert said("sitemap", f"<sitemapindex>{index}</sitemapindex>") == ", 3 more left out"
    assert said("sitemap", "\n".join(HOST + path for path in many)) == ", 7 more left out"
    assert said("sitemap", urlset(*many[:9])) == said("feed", rss(*many[:9])) == ""


def test_entries_beyond_the_protocols_bound_are_told() -> None:
    body = urlset(*(f"/{number}" for number in range(MAX_READ + 5)))
    assert said("sitemap", body) == f", {MAX_READ + 5 - MAX_LINKS} more left out"


def test_a_large_feed_with_one_bare_sign_is_read_whole() -> None:
    item = (
        "<item><title>Tide & Wind</title><link>{}?a=1&b=2</link><description>"
        + "Words. " * 60
        + "</description></item>"
    )
    body = f'<rss version="2.0"><channel>{"".join(item.format(f"/{number}") for number in range(900))}</channel></rss>'
    assert len(body) > MAX_BROKEN
    assert len(feed_links(body.encode(), BASE)) == 900


@pytest.mark.parametrize(
    "start",
    ["<br />\n<b>Notice</b>: x\n", "\n\n", "\ufeff\n", "<!-- cached & late -->", "<!DOCTYPE rss [<!ENTITY x 'y'>]>"],
)
def test_what_stands_before_a_feed_costs_no_entry(start: str) -> None:
    assert feed_paths(start + '<?xml version="1.0" encoding="utf-8"?>' + rss("/a", "/b")) == ["/a", "/b"]


@pytest.mark.parametrize(
    "piece", ["<![CDATA[", "<!--", "<?", "<!DOCTYPE", "<!DOCTYPE x [", "&", "&#", "&a;", "<", "]]>"]
)
def test_no_damage_takes_long_to_mend(piece: str) -> None:
    began = time.process_time()
    with suppress(DiscoveryError):
        mended(f"<urlset>{piece * 300_000}</urlset>")
    assert time.process_time() - began < 5  # 0.5 s; with a search to the end for each piece, minutes


def test_the_number_of_damaged_places_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markup, "MAX_MENDED", 10)
    with pytest.raises(DiscoveryError, match="damaged"):
        mended("<a>" + "&" * 11 + "</a>")

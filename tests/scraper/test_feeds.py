"""Feeds as they come: JSON beside RSS and Atom, counted links, odd dates, hostile bytes."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scraper.discovery import DiscoveryError, Link, moved_to, page_facts, read_source, still
from scraper.discovery.feeds import MAX_BROKEN, MAX_ELEMENTS, feed_links
from scraper.discovery.links import MAX_LINKS, in_time
from scraper.discovery.pages import read_home, section_links, sitemaps_of
from scraper.discovery.sitemaps import sitemap_links

BASE = "https://example.com/feed"
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
MEGABYTE = 2**20


def json_feed(*items: object, version: str = "https://jsonfeed.org/version/1.1") -> bytes:
    return json.dumps({"version": version, "title": "Gazette", "items": list(items)}).encode()


def rss(*items: str) -> bytes:
    return f'<rss version="2.0"><channel>{"".join(f"<item>{item}</item>" for item in items)}</channel></rss>'.encode()


@pytest.mark.parametrize("version", ["https://jsonfeed.org/version/1", "https://jsonfeed.org/version/1.1"])
def test_a_json_feed_is_read_newest_first_whatever_its_content_type(version: str) -> None:
    old = {"url": "https://example.com/old", "title": "Old", "date_published": "2026-11-19T08:00:00Z"}
    new = {"id": "7", "url": "/new", "title": "New", "date_modified": "2026-11-20T08:00:00+01:00"}
    links = feed_links(b"\xef\xbb\xbf \n" + json_feed(old, new, version=version), BASE)
    assert [(link.url, link.text, link.is_article) for link in links] == [
        ("https://example.com/new", "New", True),
        ("https://example.com/old", "Old", True),
    ]
    assert links[0].published == datetime(2026, 11, 20, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    "item",
    [{}, {"id": "7"}, {"url": "mailto:x@example.com"}, {"url": 7}, {"url": "/talk.mp3"}, "text", None, ["https://a"]],
    ids=repr,
)
def test_an_item_without_a_page_is_left_out(item: object) -> None:
    assert [link.url for link in feed_links(json_feed(item, {"id": "https://example.com/a"}), BASE)] == [
        "https://example.com/a"
    ]


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"items": []}', b'{"version": 1, "items": {}}', b"{" * 99999, b"[1"])
def test_other_json_is_no_feed(body: bytes) -> None:
    with pytest.raises(DiscoveryError):
        feed_links(body, BASE)


def test_items_of_a_json_feed_are_capped() -> None:
    assert len(feed_links(json_feed(*({"url": f"/{n}"} for n in range(MAX_LINKS + 5))), BASE)) == MAX_LINKS


def test_the_articles_own_address_is_taken_where_the_feed_counts_clicks() -> None:
    item = "<link>https://feedproxy.example.net/~r/x/1</link><f:origLink>https://example.com/a</f:origLink>"
    body = rss(item).replace(b"<rss ", b'<rss xmlns:f="http://rssnamespace.org/feedburner/ext/1.0" ')
    assert [link.url for link in feed_links(body, BASE)] == ["https://example.com/a"]


@pytest.mark.parametrize(
    ("item", "urls"),
    [
        ("<guid>https://example.com/a</guid>", ["https://example.com/a"]),
        ('<guid isPermaLink="true">https://example.com/a</guid>', ["https://example.com/a"]),
        ('<guid isPermaLink="false">https://example.com/a</guid>', []),
        ('<link>/b</link><guid isPermaLink="true">https://example.com/a</guid>', ["https://example.com/b"]),
        ("<link>  ../c?id=7 </link>", ["https://example.com/c?id=7"]),
        ('<enclosure url="https://example.com/talk.mp3" type="audio/mpeg"/>', []),
        ("<link>https://example.com/talk.mp3</link>", []),
        ("<link>javascript:alert(1)</link>", []),
    ],
)
def test_which_address_an_entry_has(item: str, urls: list[str]) -> None:
    assert [link.url for link in feed_links(rss(item), BASE)] == urls


def test_an_atom_enclosure_is_no_page() -> None:
    body = b"""<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>A</title>
    <link rel="enclosure" href="https://example.com/a.ogg"/><link href="https://example.com/a"/></entry></feed>"""
    assert [link.url for link in feed_links(body, BASE)] == ["https://example.com/a"]


@pytest.mark.parametrize("when", ["not a date", "Thu, 99 Foo 2026", "", "0000-00-00", "32 Dec"])
def test_a_date_that_is_none_costs_no_entry(when: str) -> None:
    (link,) = feed_links(rss(f"<link>https://example.com/a</link><pubDate>{when}</pubDate>"), BASE)
    assert link.published is None


@pytest.mark.parametrize(
    ("date", "age", "kept", "dated"),
    [
        (NOW - timedelta(hours=1), 30, True, True),
        (NOW - timedelta(days=31), 30, False, True),
        (NOW - timedelta(days=31), None, True, True),
        (NOW + timedelta(hours=14), 30, True, True),
        (NOW + timedelta(days=400), 30, True, False),
        (datetime(1970, 1, 1, tzinfo=UTC), 30, True, False),
        (datetime(1, 1, 1, tzinfo=UTC), None, True, False),
        (None, 30, True, False),
    ],
)
def test_old_links_are_counted_and_absurd_dates_are_none(
    date: datetime | None, age: int | None, kept: bool, dated: bool
) -> None:
    link = Link("https://example.com/a", published=date)
    links, too_old = in_time([link], now=NOW, max_age=timedelta(days=age) if age else None)
    assert (len(links), too_old) == (int(kept), int(not kept))
    assert [bool(link.published) for link in links] == [dated] * kept


def test_a_feed_of_ten_megabytes_yields_its_first_entries() -> None:
    item = f"<link>https://example.com/{{}}</link><description>{'Words of the tide. ' * 250}</description>"
    body = rss(*(item.format(n) for n in range(2200)))
    assert len(body) > 10 * MEGABYTE
    assert len(feed_links(body, BASE)) == MAX_LINKS
    assert len(feed_links(body.replace(b"<item>", b"<entry>").replace(b"</item>", b"</entry>"), BASE)) <= MAX_LINKS


@pytest.mark.parametrize("body", [b"<item>", b"<a/>", b"<![CDATA[", b'<!ENTITY a "b">'])
def test_of_broken_or_endless_markup_only_a_beginning_is_parsed(body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    def parsed(body: bytes) -> None:
        raise DiscoveryError(str(len(body)))

    monkeypatch.setattr("scraper.discovery.feeds._parsed", parsed)
    with pytest.raises(DiscoveryError) as caught:
        feed_links(b'<rss version="2.0"><channel>' + body * (2 * MAX_ELEMENTS) + b"</channel></rss>", BASE)
    assert int(str(caught.value)) <= MAX_BROKEN


def test_an_element_with_endless_attributes_is_refused() -> None:
    item = " ".join(f'a{n}="x"' for n in range(200))
    with pytest.raises(DiscoveryError, match="attributes"):
        feed_links(f'<rss version="2.0"><channel><item {item}/></channel></rss>'.encode(), BASE)


PIECES = st.sampled_from(
    [
        *(
            b"<rss version='2.0'>",
            b"<channel>",
            b"<item>",
            b"</item>",
            b"<link>",
            b"</link>",
            b"<pubDate>",
            b"2026-11-20",
        ),
        *(
            b"<feed xmlns='http://www.w3.org/2005/Atom'>",
            b"<entry>",
            b"<link",
            b"href='//[x'",
            b"/>",
            b"xml:base='//['",
        ),
        *(b"<urlset>", b"<url>", b"<loc>", b"</loc>", b"</url>", b"<sitemapindex>", b"<sitemap>", b"<lastmod>"),
        *(b"<news:news xmlns:news='x'>", b"<?xml version='1.0' encoding='utf-7'?>", b"<!DOCTYPE x [<!ENTITY a 'b'>]>"),
        *(b"&a;", b"<![CDATA[", b"]]>", b"<html>", b"<a href='http://[::1'>", b"<base href='x:'>", b"<guid>", b"<:"),
        *(b"<meta property='og:type'>", b"<script type='application/ld+json'>", b'{"@type": [', b"] }", b"</script>"),
        *(b'{"version":"jsonfeed.org/version/1","items":[', b'{"url":"http://["}]}', b"Sitemap: x", b"\x1f\x8b\x08"),
        *(b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"<link rel='alternate' type='application/rss+xml' href='\xff'>"),
    ]
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(st.binary(max_size=300), st.lists(PIECES, max_size=25).map(b" ".join)))
def test_no_bytes_raise_anything_but_a_discovery_error(body: bytes) -> None:
    for read in (feed_links, sitemap_links, section_links, read_home):
        with suppress(DiscoveryError):
            read(body, BASE)
    sitemaps_of(body, BASE)
    page_facts(body, BASE)


@pytest.mark.parametrize(
    ("channel", "told"),
    [
        ("<itunes:new-feed-url> https://example.com/new </itunes:new-feed-url>", "https://example.com/new"),
        ("<itunes:new-feed-url>https://example.com/feed</itunes:new-feed-url>", ""),
        ("<itunes:new-feed-url>javascript:alert(1)</itunes:new-feed-url>", ""),
        ("<itunes:new-feed-url>https://example.com/a b</itunes:new-feed-url>", "https://example.com/a%20b"),
        ("<item><itunes:new-feed-url>https://example.com/new</itunes:new-feed-url><link>/a</link></item>", ""),
        ("", ""),
    ],
)
def test_where_a_feed_has_moved_is_read_of_the_feed_alone(channel: str, told: str) -> None:
    namespace = 'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'
    body = f'<rss version="2.0" {namespace}><channel><title>Gazette</title>{channel}</channel></rss>'.encode()
    reading = read_source("feed", body, BASE, charset=None, now=NOW, max_age=None)
    assert reading.moved_to == told
    assert moved_to(reading.summary(0)) == moved_to(still(reading.summary(0))) == told

"""Metadata comes from the most trusted source that says it, and the article says which."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from cleaners.metadata import Metadata, parse_date, read_metadata, split_authors, strip_site
from cleaners.tree import parse

URL = "https://gazette.example/coast/storm"
LD = {
    "@type": "NewsArticle",
    "headline": "Storm closes harbour",
    "author": [{"@type": "Person", "name": "Ada Byron"}, {"@type": "Person", "name": "Grace Hopper"}],
    "datePublished": "2026-11-20T08:15:00+01:00",
    "dateModified": "2026-11-21T09:00:00Z",
    "publisher": {"@type": "Organization", "name": "The Gazette"},
    "image": {"@type": "ImageObject", "url": "https://gazette.example/a.jpg"},
    "keywords": "harbour, storm",
    "inLanguage": "en-GB",
    "mainEntityOfPage": {"@id": URL},
}


def read(head: str = "", body: str = "", url: str | None = URL, lang: str = "") -> Metadata:
    root = parse(f"<html{lang}><head>{head}</head><body>{body}<p>Text.</p></body></html>")
    assert root is not None
    return read_metadata(root, url)


def ld(data: object) -> str:
    text = data if isinstance(data, str) else json.dumps(data)
    return f'<script type="application/ld+json">{text}</script>'


def meta(name: str, content: str) -> str:
    return f'<meta property="{name}" content="{content}">'


SHAPES = {
    "object": LD,
    "list": [{"@type": "BreadcrumbList"}, LD],
    "graph": {"@context": "https://schema.org", "@graph": [{"@type": "WebPage", "name": "x"}, LD]},
    "main entity": {"@type": "WebPage", "mainEntity": LD},
    "types in a list": LD | {"@type": ["CreativeWork", "NewsArticle"]},
}


@pytest.mark.parametrize("shape", SHAPES)
def test_all_fields_are_read_from_linked_data_of_any_shape(shape: str) -> None:
    found = read(ld(SHAPES[shape]))
    assert (found.title, found.authors) == ("Storm closes harbour", ("Ada Byron", "Grace Hopper"))
    assert found.date == datetime(2026, 11, 20, 8, 15, tzinfo=timezone(timedelta(hours=1)))
    assert found.modified == datetime(2026, 11, 21, 9, tzinfo=UTC)
    assert (found.site, found.language, found.tags) == ("The Gazette", "en", ("harbour", "storm"))
    assert (found.image, found.canonical_url) == ("https://gazette.example/a.jpg", URL)
    assert set(found.sources.values()) == {"json-ld"}


BROKEN = {
    "cut off": '{"@type": "NewsArticle", "headline": "Stor',
    "empty": "",
    "a number": "7",
    "null": "null",
    "odd types": '{"@type": 7, "headline": {"a": [null, 3]}, "author": [[["x"]]]}',
    "deep": "[" * 100_000,
    "a list in itself": json.dumps([[[[LD["headline"]]]]]),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_linked_data_is_passed_over(name: str) -> None:
    found = read(ld(BROKEN[name]) + meta("og:title", "Storm closes harbour"))
    assert (found.title, found.sources["title"]) == ("Storm closes harbour", "opengraph")


@pytest.mark.parametrize("script", [json.dumps(LD)[:-1] + ",}", f"<!--{json.dumps(LD)}-->", json.dumps(LD) + ";"])
def test_linked_data_with_common_slips_is_read(script: str) -> None:
    assert read(ld(script)).title == "Storm closes harbour"


TITLES = [
    ("json-ld", ld({"@type": "NewsArticle", "headline": "From linked data"}), "", "From linked data"),
    ("opengraph", meta("og:title", "From OpenGraph"), "", "From OpenGraph"),
    ("meta", '<meta name="twitter:title" content="From meta">', "", "From meta"),
    ("page", "", "<h1>From the heading</h1>", "From the heading"),
    ("page", "<title>From the title</title>", "", "From the title"),
]


@pytest.mark.parametrize("first", range(len(TITLES)))
def test_the_title_is_taken_in_the_order_of_trust(first: int) -> None:
    head, body = ("".join(part[k] for part in reversed(TITLES[first:])) for k in (1, 2))
    found = read(head, body)
    assert (found.title, found.sources["title"]) == (TITLES[first][3], TITLES[first][0])


def test_a_page_without_metadata_has_none() -> None:
    found = read(url=None)
    assert (found.title, found.authors, found.date, found.site, found.language) == (None, (), None, None, None)
    assert found.sources == {}


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Storm closes harbour | The Gazette", "Storm closes harbour"),
        ("Storm closes harbour - The Gazette", "Storm closes harbour"),
        ("The Gazette – Storm closes harbour", "Storm closes harbour"),
        ("Storm closes harbour | gazette.example", "Storm closes harbour"),
        ("Storm closes harbour | Coast | The Gazette", "Storm closes harbour | Coast"),
        ("Storm closes harbour - what we know", "Storm closes harbour - what we know"),
        ("Mid-term vote: The Gazette asks readers", "Mid-term vote: The Gazette asks readers"),
        ("The Gazette", "The Gazette"),
        ("", ""),
    ],
)
def test_the_name_of_the_site_goes_from_the_title(title: str, expected: str) -> None:
    assert strip_site(title, "The Gazette", URL) == expected


@pytest.mark.parametrize(
    ("byline", "names"),
    [
        ("By Ada Byron", ["Ada Byron"]),
        ("By Ada Byron, Grace Hopper and Mary Jackson", ["Ada Byron", "Grace Hopper", "Mary Jackson"]),
        ("Von Ada Byron und Grace Hopper", ["Ada Byron", "Grace Hopper"]),
        ("Ada de la Cruz y Zoë O’Neil", ["Ada de la Cruz", "Zoë O’Neil"]),
        ("Ada Byron &amp; Grace Hopper", ["Ada Byron", "Grace Hopper"]),
        ("Anderson Sandoval", ["Anderson Sandoval"]),
        pytest.param(
            *("https://gazette.example/author/ada", []),
            marks=pytest.mark.xfail(reason="an address is parted at its slashes before it is looked at"),
        ),
        ("ada@gazette.example", []),
        ("The Gazette", []),
        ("admin", []),
        ("", []),
    ],
)
def test_names_are_parted_and_what_is_no_name_is_left_out(byline: str, names: list[str]) -> None:
    assert split_authors(byline, "The Gazette") == names


def test_an_author_is_named_once_and_microdata_is_asked_last() -> None:
    assert read('<meta name="author" content="Ada Byron, Ada Byron">').authors == ("Ada Byron",)
    found = read(body='<span itemprop="author">By Grace Hopper</span>')
    assert (found.authors, found.sources["authors"]) == (("Grace Hopper",), "microdata")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-20T08:15:00+01:00", datetime(2026, 11, 20, 8, 15, tzinfo=timezone(timedelta(hours=1)))),
        ("2026-11-20T08:15:00.1234567Z", datetime(2026, 11, 20, 8, 15, 0, 123456, UTC)),
        ("2026-11-20 08:15:00 UTC", datetime(2026, 11, 20, 8, 15, tzinfo=UTC)),
        ("2026-11-20 08:15 -0500", datetime(2026, 11, 20, 8, 15, tzinfo=timezone(timedelta(hours=-5)))),
        ("2026-11-20T08:15:00", date(2026, 11, 20)),
        (" 2026-11-20 ", date(2026, 11, 20)),
        ("2026-11-20T25:99:00Z", date(2026, 11, 20)),
        ("2026-13-45", None),
        ("1201-01-01T00:00:00Z", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_dates_keep_their_zone_and_without_one_only_the_day_is_known(text: str, expected: object) -> None:
    found = parse_date(text)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.xfail(reason="the bound on years holds only for what fromisoformat reads")
def test_a_year_out_of_bounds_is_no_date_in_any_shape() -> None:
    assert parse_date("0001-01-01T99:99:99") is None


def test_a_time_element_gives_the_date_where_the_head_has_none() -> None:
    found = read(body='<time datetime="2026-11-20T08:15:00Z">20 November</time>')
    assert (found.date, found.sources["date"]) == (datetime(2026, 11, 20, 8, 15, tzinfo=UTC), "page")


@pytest.mark.parametrize(
    ("lang", "head", "code"),
    [
        (' lang="de-AT"', meta("og:locale", "en_GB"), "de"),
        (' lang="PT"', "", "pt"),
        ("", meta("og:locale", "fr_FR"), "fr"),
        ("", '<meta http-equiv="content-language" content="es">', "es"),
        (' lang="english"', "", None),
    ],
)
def test_the_language_is_a_code_of_two_letters(lang: str, head: str, code: str | None) -> None:
    assert read(head, lang=lang).language == code


def test_the_canonical_address_is_absolute_and_a_link_is_trusted_most() -> None:
    found = read('<link rel="canonical" href="/coast/storm?x=1">' + meta("og:url", "https://other.example/"))
    assert (found.canonical_url, found.sources["canonical_url"]) == ("https://gazette.example/coast/storm?x=1", "page")


@pytest.mark.parametrize("href", ["javascript:alert(1)", "http://[bad", "", "mailto:a@b.example"])
def test_what_is_no_web_address_is_no_canonical_address(href: str) -> None:
    assert read(f'<link rel="canonical" href="{href}">', url=None).canonical_url is None


def test_every_field_that_was_found_has_its_source() -> None:
    found = read(ld(LD), lang=' lang="en"')
    fields = ("title", "authors", "date", "modified", "site", "language", "image", "tags", "canonical_url")
    assert set(found.sources) == {name for name in fields if getattr(found, name)}

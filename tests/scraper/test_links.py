"""Canonical URLs, sites, and the guess at articles."""

import pytest

from scraper.urls import canonical, is_fetchable, looks_like_article, site_of


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://Example.com:443/A/b?utm_source=x&utm_medium=y#top", "https://example.com/A/b"),
        ("http://127.0.0.1:8080/a?fbclid=1&id=3", "http://127.0.0.1:8080/a?id=3"),
        ("https://example.com", "https://example.com/"),
        ("https://example.com/story.asp?12345", "https://example.com/story.asp?12345"),
        ("https://example.com/read?cid=9876", "https://example.com/read?cid=9876"),
        ("https://example.com/read?cid=newsletter", "https://example.com/read"),
        ("https://example.com/a;art123,456", "https://example.com/a;art123,456"),
        ("https://user:secret@example.com/a", "https://example.com/a"),
        ("https://münchen.example/ä b", "https://xn--mnchen-3ya.example/%C3%A4%20b"),
        ("http://[::1]:80/a", "http://[::1]/a"),
    ],
)
def test_canonical_form(url: str, expected: str) -> None:
    assert canonical(url) == expected
    assert canonical(expected) == expected


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "data:text/html,x",
        "ftp://example.com/",
        "javascript:void(0)",
        "https://",
        "//x",
        "",
        "http://[::1",
        "https://example.com/" + "a" * 2083,
        "http://example.com:99999/",
    ],
)
def test_what_cannot_be_fetched_has_no_canonical_form(url: str) -> None:
    assert canonical(url) is None
    assert not is_fetchable(url)


@pytest.mark.parametrize(
    "url", ["https://example.com/a b", "https://example.com/\r\nHost: x", "https://example.com/\x00"]
)
def test_control_characters_and_spaces_are_refused(url: str) -> None:
    assert not is_fetchable(url)


def test_relative_links_resolve_against_their_page() -> None:
    assert canonical("../b.html", "https://example.com/x/y/a.html") == "https://example.com/x/b.html"


def test_a_site_is_a_registered_domain_or_an_address_with_its_port() -> None:
    assert site_of("https://a.news.example.co.uk/") == site_of("https://example.co.uk/") == "example.co.uk"
    assert site_of("http://127.0.0.1:81/") != site_of("http://127.0.0.1:82/")
    assert site_of("http://localhost:81/") == "localhost:81"


@pytest.mark.parametrize(
    ("url", "text", "expected"),
    [
        ("https://example.com/2026/11/21/x", "", True),
        ("https://example.com/politics/council-votes-on-new-bridge", "", True),
        ("https://example.com/politics/council-vote", "Council votes on the new harbour bridge", True),
        ("https://example.com/politics/council-vote", "", False),
        ("https://example.com/a-1234567", "", True),
        ("https://example.com/politics/", "Politics", False),
        ("https://example.com/tag/council-votes-on-new-bridge", "", False),
        ("https://example.com/2026/11/21/bridge.jpg", "", False),
        ("https://example.com/", "A headline of many words here", False),
    ],
)
def test_articles_are_told_from_hubs(url: str, text: str, *, expected: bool) -> None:
    assert looks_like_article(url, text) is expected


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("https://example.com/story;jsessionid=0F3A.node1?id=7", "https://example.com/story?id=7"),
        ("https://example.com/story?id=7&PHPSESSID=q9c2", "https://example.com/story?id=7"),
        ("https://example.com/story?CFID=1&CFTOKEN=2&id=7", "https://example.com/story?id=7"),
        ("https://example.com/story?ASPSESSIONIDABCDEFGH=XYZ&id=7", "https://example.com/story?id=7"),
        ("https://example.com/story?id=7&sid=0a1b2c3d4e5f60718293", "https://example.com/story?id=7"),
    ],
)
def test_a_session_is_no_part_of_an_address(url: str, same: str) -> None:
    assert canonical(url) == canonical(same) == same


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/story?sid=4711",
        "https://example.com/?s=harbour",
        "https://example.com/?s=internationalization",
        "https://example.com/?s=12345678901234567890",
        "https://example.com/story;v=2/part;w=3",
        "https://example.com/jsessionid",
    ],
)
def test_what_may_say_which_article_it_is_stays(url: str) -> None:
    assert canonical(url) == url


def test_a_redirect_may_lead_to_a_session() -> None:
    url = "https://example.com/a;jsessionid=0F3?PHPSESSID=q9"
    assert canonical(url, keep_session=True) == url


def test_each_publisher_below_a_host_is_a_site() -> None:
    assert site_of("https://harbour.substack.com/p/a") == "harbour.substack.com"
    assert site_of("https://m.harbour.substack.com/p/a") == "harbour.substack.com"
    assert site_of("https://www.substack.com/p/a") == site_of("https://substack.com/") == "substack.com"
    assert site_of("https://notsubstack.com/") == "notsubstack.com"
    assert site_of("https://harbour.blogspot.com/") == "harbour.blogspot.com"


@pytest.mark.parametrize(
    "spelling",
    [
        "HTTPS://EXAMPLE.com/news/caf%C3%A9?q=%C3%BC",
        "https://example.com:443/news/caf%c3%a9?q=%c3%bc",
        "https://example.com./news/café?q=ü",
        "https://example.com/a/../news/./caf%C3%a9?q=%c3%BC",
        "https://example.com/%2e%2e/news/café?q=ü",
        "https:\\\\example.com\\news\\café?q=ü",
        " https://example.com/ne\nws/café?q=ü#top ",
        "https://ex%61mple.com/news/café?q=ü",
        "https://user:secret@example.com.:443/news/café?q=ü",
    ],
)
def test_all_spellings_of_an_address_are_one(spelling: str) -> None:
    assert canonical(spelling) == "https://example.com/news/caf%C3%A9?q=%C3%BC"
    assert canonical(spelling, "http://other.example/") == canonical(spelling)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/News",
        "https://example.com/a%2Fb",
        "https://example.com/a%20b",
        "https://example.com/a/",
        "https://example.com/a..",
        "https://example.com/a?b=../c",
        "https://example.com:8443/a",
        "https://example.com/a?b=1+2",
    ],
)
def test_what_may_be_another_page_stays_another_address(url: str) -> None:
    assert canonical(url) == url


def test_an_ip_address_in_any_notation_is_one() -> None:
    assert canonical("http://0x7f.1/") == canonical("http://2130706433/") == "http://127.0.0.1/"

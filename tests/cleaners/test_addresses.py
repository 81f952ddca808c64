"""The addresses that a page declares: canonical link and picture, as a browser resolves them."""

from __future__ import annotations

import pytest

from cleaners import clean

HEAD = """<html><head><base href="{base}"><link rel="{rel}" href="{link}">
<meta property="og:image" content="{image}"></head>"""
BODY = "<body><article><h1>Pond</h1><p>The council voted on Tuesday to drain it.</p></article></body></html>"
URL = "https://post.example/news/2024/a"


@pytest.mark.parametrize(
    ("base", "link", "address"),
    [
        ("https://www.post.example/archive/", "a", "https://www.post.example/archive/a"),
        ("/archive/", "a", "https://post.example/archive/a"),
        ("../", "./b/../a", "https://post.example/news/a"),
        ("//cdn.example/x/", "a", "https://cdn.example/x/a"),
        ("HTTPS://Post.Example:443/x/", "a", "https://post.example/x/a"),
        ("https://cdn.example/", "https://post.example/a", "https://post.example/a"),
        ("javascript:1", "a", "https://post.example/news/2024/a"),
        ("http://[", "a", "https://post.example/news/2024/a"),
        ("", "a", "https://post.example/news/2024/a"),
        ("", "HTTPS://Post.Example:443/x/../a?b=1&amp;amp;c=2", "https://post.example/a?b=1&c=2"),
        ("", "https://post.example/größe 1", "https://post.example/gr%C3%B6%C3%9Fe%201"),
    ],
)
@pytest.mark.parametrize("rel", ["canonical", "Canonical nofollow"])
def test_canonical_link_and_picture_are_resolved_as_in_a_browser(base: str, link: str, address: str, rel: str) -> None:
    article = clean(HEAD.format(base=base, rel=rel, link=link, image=link) + BODY, url=URL)
    assert (article.canonical_url, article.image) == (address, address)


def test_a_base_counts_where_the_pages_own_address_is_unknown() -> None:
    article = clean(HEAD.format(base="https://post.example/x/", rel="canonical", link="a", image="i.jpg") + BODY)
    assert (article.canonical_url, article.image) == ("https://post.example/x/a", "https://post.example/x/i.jpg")


@pytest.mark.parametrize(
    "link", ["", " ", "mailto:desk@post.example", "javascript:void(0)", "http://[", "data:text/html,x"]
)
def test_what_is_no_address_of_the_web_is_none(link: str) -> None:
    assert clean(HEAD.format(base="", rel="canonical", link=link, image=link) + BODY, url=URL).canonical_url is None

"""Test quotes: each has the address that it is from, and the line that names its source belongs to it."""

from __future__ import annotations

import pytest
from lxml import etree, html

from cleaners import Article, Block, CleanOptions, clean, render
from cleaners.html.inline import Span
from cleaners.html.posts import address_of_post, post_in_frame
from cleaners.output.markdown import markdown
from cleaners.output.tei import NAMESPACE, tei
from cleaners.quotes import LONGEST
from tests.support.markdown import html_of

PROSE = "<p>" + "It rained on Monday, and the harbour was closed until noon, when the wind fell again. " * 4 + "</p>"
SAID = "We left at once, since the sea was calm and we had bread for a week."
URL = "https://gazette.example/news/storm"


def cleaned(quote: str) -> list[tuple[str, str, str]]:
    page = f"<body><article><h1>Storm</h1>{PROSE}{quote}{PROSE}</article>"
    article = clean(page, url=URL, options=CleanOptions(only_rules=True))
    return [(block.kind, block.text, block.address) for block in article.blocks[1:-1]]


@pytest.mark.parametrize(
    ("quote", "line", "address"),
    [
        (f"<blockquote cite='/letters/1'><p>{SAID}</p></blockquote>", "", "https://gazette.example/letters/1"),
        (f"<blockquote cite='urn:isbn:1'><p>{SAID}</p></blockquote>", "", ""),
        (f"<blockquote><p>{SAID}</p><footer>— <cite>Ann Poe</cite>, 1902</footer></blockquote>", "— Ann Poe, 1902", ""),
        (
            f"<blockquote><p>{SAID}</p><cite><a href='/poe'>Ann Poe</a></cite></blockquote>",
            "Ann Poe",
            "https://gazette.example/poe",
        ),
        (f"<blockquote><p>{SAID}</p><p class='quote__author'>Ann Poe</p></blockquote>", "Ann Poe", ""),
        (f"<blockquote><p>{SAID}</p><p>-- Ann Poe</p></blockquote>", "-- Ann Poe", ""),
        (
            f"<figure><blockquote>{SAID}</blockquote><figcaption>Poe, <a href='/m'>Memoirs</a></figcaption></figure>",
            "Poe, Memoirs",
            "https://gazette.example/m",
        ),
        (f"<blockquote><p>{SAID}</p></blockquote><p>— Ann Poe</p>", "— Ann Poe", ""),
        (f"<div><blockquote>{SAID}</blockquote></div><p>– Ann Poe, 1902</p>", "– Ann Poe, 1902", ""),
    ],
)
def test_a_quote_has_its_source(quote: str, line: str, address: str) -> None:
    lines = [("attribution", line, address)] if line else []
    assert cleaned(quote) == [("quote", SAID, address), *lines]


@pytest.mark.parametrize(
    "behind",
    [
        f"<blockquote><p>{SAID}</p><p>And then we came back.</p></blockquote>",
        f"<blockquote><p>{SAID}</p></blockquote><p>— We did not, said the other one.</p>",
        f"<blockquote><p>{SAID}</p></blockquote><p>— {'x' * LONGEST}</p>",
        f"<blockquote><p>{SAID}</p></blockquote><h2>— Ann Poe</h2>",
        f"<blockquote><p>{SAID}</p><p><cite>Ann Poe said: ↑</cite></p></blockquote>",
        f"<blockquote><p>{SAID}</p><p>------</p></blockquote>",
        "<blockquote><p>— Ann Poe</p></blockquote>",
        f"<p>{SAID}</p><p>— Ann Poe</p>",
    ],
)
def test_other_lines_name_no_source(behind: str) -> None:
    assert "attribution" not in {kind for kind, _, _ in cleaned(behind)}


def test_each_of_several_quotes_has_its_own_source() -> None:
    one = "<blockquote><p>{}</p><footer>{}</footer></blockquote>"
    got = cleaned(one.format(SAID, "Ann Poe") + one.format(SAID[:-1], "Jo Roe"))
    assert [text for _, text, _ in got] == [SAID, "Ann Poe", SAID[:-1], "Jo Roe"]
    blocks = [Block("quote", "a"), Block("attribution", "A"), Block("quote", "b"), Block("attribution", "B")]
    assert markdown(Article("", tuple(blocks))) == "> a\n>\n> — A\n\n> b\n>\n> — B\n"


def test_the_source_of_a_kept_quote_stays_whatever_the_model_says() -> None:
    page = f"""<body><article><h1>Storm</h1>{PROSE}<figure><blockquote><p>{SAID}</p></blockquote>
        <figcaption>Ann Poe</figcaption></figure>{PROSE}</article>"""
    article = clean(page, url=URL)
    assert [block.text for block in article.blocks if block.kind in ("quote", "attribution")] == [SAID, "Ann Poe"]
    assert "Ann Poe" in article.text
    assert not [removal for removal in article.removals if "Ann Poe" in removal.text]


def test_a_removed_quote_takes_its_source_with_it() -> None:
    page = f"""<body><article><h1>Storm</h1>{PROSE}<div id="comments" class="comments"><blockquote><p>{SAID}</p>
        <footer>Ann Poe</footer></blockquote></div>{PROSE}</article>"""
    assert "Ann Poe" not in clean(page, url=URL).text


def test_markdown_writes_the_source_in_the_quote_behind_a_dash() -> None:
    blocks = (
        Block("quote", SAID, address="https://a.example/p"),
        Block("attribution", "Ann *Poe*", address="https://a.example/p"),
    )
    assert markdown(Article("", blocks)) == f"> {SAID}\n>\n> — Ann \\*Poe\\*\n"
    assert markdown(Article("", blocks), links=True).endswith("> — [Ann \\*Poe\\*](https://a.example/p)\n")


@pytest.mark.parametrize("links", [False, True])
def test_a_quote_with_its_source_comes_back_from_markdown(links: bool) -> None:
    quote = f"<blockquote><p>{SAID}</p><footer>— <a href='https://a.example/p'>Ann Poe</a></footer></blockquote>"
    page = f"<body><article><h1>Storm</h1>{PROSE}{quote}{PROSE}</article>"
    options = CleanOptions(only_rules=True)
    article = clean(page, url=URL, options=options)
    again = clean(html_of(render(article, "markdown", links=links)), url=URL, options=options)
    kinds = [(block.kind, block.text, block.address if links else "") for block in article.blocks]
    assert kinds == [(block.kind, block.text, block.address) for block in again.blocks]


def test_tei_has_a_quote_and_its_source_as_one() -> None:
    spans = (Span(2, 9, "link", "https://a.example/p"),)
    blocks = (
        Block("quote", SAID, address="https://a.example/p"),
        Block("attribution", "— Ann Poe", spans=spans, address="https://a.example/p"),
    )
    root = etree.fromstring(tei(Article("", blocks), links=True).encode())
    (cit,) = root.iter(f"{{{NAMESPACE}}}cit")
    quote, source = cit
    assert (quote.tag, quote.get("source"), "".join(quote.itertext()).strip()) == (
        f"{{{NAMESPACE}}}quote",
        "https://a.example/p",
        SAID,
    )
    assert (source.tag, "".join(source.itertext())) == (f"{{{NAMESPACE}}}bibl", "— Ann Poe")
    assert next(source.iter(f"{{{NAMESPACE}}}ref")).get("target") == "https://a.example/p"


@pytest.mark.parametrize(
    ("element", "address"),
    [
        (
            '<blockquote class="twitter-tweet"><p>Rain <a href="https://t.example/pic">pic</a></p>'
            '<a href="https://bird.example/h/status/1">April 1</a></blockquote>',
            "https://bird.example/h/status/1",
        ),
        (
            '<blockquote class="x instagram-media" data-instgrm-permalink="https://pics.example/p/1/"></blockquote>',
            "https://pics.example/p/1/",
        ),
        (
            '<blockquote class="mastodon-embed" data-embed-url="https://m.example/@ann/1/embed"></blockquote>',
            "https://m.example/@ann/1",
        ),
        (
            '<blockquote class="reddit-embed-bq"><a href="https://r.example/post">Rain</a> by '
            '<a href="https://r.example/user">ann</a></blockquote>',
            "https://r.example/post",
        ),
        ('<blockquote class="quote"><a href="https://a.example/">x</a></blockquote>', ""),
        ('<blockquote class="twitter-tweet"></blockquote>', ""),
    ],
)
def test_a_message_set_into_a_page_has_its_address(element: str, address: str) -> None:
    assert address_of_post(html.fromstring(element)) == address


def test_a_message_is_a_quote_with_its_address() -> None:
    post = f"""<blockquote class="twitter-tweet"><p>{SAID}</p>&mdash; Harbour (@harbour)
        <a href="https://bird.example/harbour/status/1">April 1, 2026</a></blockquote>"""
    assert cleaned(post)[0] == ("quote", SAID, "https://bird.example/harbour/status/1")


@pytest.mark.parametrize(
    ("source", "address"),
    [
        ("https://social.example/@ann@far.example/112/embed", "https://social.example/@ann@far.example/112"),
        ("//social.example/users/ann/statuses/112/embed", "https://social.example/users/ann/statuses/112"),
        ("https://www.facebook.com/plugins/post.php?w=1&href=https%3A%2F%2Fwww.facebook.com%2Fann%2Fposts%2F1&x=2",
         "https://www.facebook.com/ann/posts/1"),
        ("https://www.facebook.com/plugins/post.php?href=javascript%3Aalert(1)", ""),
        ("https://platform.twitter.com/embed/Tweet.html?dnt=true&id=123", "https://twitter.com/i/status/123"),
        ("https://embed.bsky.app/embed/did:plc:abc/app.bsky.feed.post/3k?id=1", "https://bsky.app/profile/did:plc:abc/post/3k"),
        ("https://www.instagram.com/p/Ab_1/embed/captioned/", "https://www.instagram.com/p/Ab_1/"),
        ("https://embed.reddit.com/r/sailing/comments/1a/storm/?embed=true", "https://www.reddit.com/r/sailing/comments/1a/storm/"),
        ("https://videos.example/embed/abc", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_a_frame_that_shows_a_message_has_its_address(source: str, address: str) -> None:
    assert post_in_frame(source) == address

"""Test pictures and messages between the blocks: which are the article's, where they stand, and that they are written
on request only."""

from __future__ import annotations

import json
import time

import pytest
from lxml import etree

from cleaners import Article, Block, CleanOptions, clean, render
from cleaners.output.tei import NAMESPACE
from tests.support.markdown import html_of
from tests.support.schema import check_article

PROSE = "<p>" + "It rained on Monday, and the harbour was closed until noon, when the wind fell again. " * 4 + "</p>"
URL = "https://gazette.example/news/storm"
FIGURE = '<figure><img src="/pier.jpg" alt="The pier"><figcaption>The pier in the rain. Roe</figcaption></figure>'


def article_of(inside: str, before: str = "", behind: str = "", *keep: str) -> Article:
    page = f"<body>{before}<article><h1>Storm</h1>{PROSE}{inside}{PROSE}</article>{behind}"
    return clean(page, url=URL, options=CleanOptions(keep=keep))


def pictures(inside: str, before: str = "", behind: str = "") -> list[str]:
    return [block.src.removeprefix("https://gazette.example") for block in article_of(inside, before, behind).blocks
            if block.kind == "image"]  # fmt: skip


def test_a_picture_has_its_address_its_alternative_and_its_caption() -> None:
    image = Block("image", "", src="https://gazette.example/pier.jpg", alt="The pier",
                  caption="The pier in the rain. Roe")  # fmt: skip
    usual, kept = article_of(FIGURE), article_of(FIGURE, "", "", "captions")
    assert [block for block in usual.blocks if block.kind == "image"] == [image]
    at = kept.blocks.index(image)
    assert kept.blocks[at + 1] == Block("caption", image.caption, address=image.src)


def test_each_picture_of_a_figure_has_the_caption_behind_it() -> None:
    one = '<img src="{0}.jpg"><figcaption>A view of the harbour, {0}</figcaption>'
    article = article_of(f"<figure>{one.format('a')}{one.format('b')}</figure>")
    assert [(block.src[-5:], block.caption[-1]) for block in article.blocks if block.src] == [
        ("a.jpg", "a"),
        ("b.jpg", "b"),
    ]


def test_outputs_are_the_same_without_the_option() -> None:
    with_figure, without = article_of(FIGURE), article_of("<figure></figure>")
    assert with_figure.text == without.text
    for form in ("text", "markdown", "xml"):
        assert render(with_figure, form, links=True) == render(without, form, links=True)
    assert "pier.jpg" not in json.dumps(json.loads(render(with_figure, "json"))["blocks"])


def test_each_format_writes_pictures_on_request() -> None:
    article = article_of(FIGURE, "", "", "captions")
    assert "\n\n![The pier](https://gazette.example/pier.jpg)\n\nThe pier in" in render(
        article, "markdown", images=True
    )
    (figure,) = etree.fromstring(render(article, "xml", images=True).encode()).iter(f"{{{NAMESPACE}}}figure")
    assert [etree.QName(child).localname for child in figure] == ["head", "graphic", "figDesc"]
    written = render(article, "json", images=True)
    check_article(written)
    assert {"kind": "image", "text": "", "src": "https://gazette.example/pier.jpg", "alt": "The pier",
            "caption": "The pier in the rain. Roe"} in json.loads(written)["blocks"]  # fmt: skip


@pytest.mark.parametrize(
    ("image", "address"),
    [
        ('<img src="data:image/gif;base64,x" data-src="a.jpg">', "/news/a.jpg"),
        ('<img src="/placeholder.svg" srcset="a.jpg 300w, b.jpg 600w,c.jpg 2x">', "/news/b.jpg"),
        ('<picture><source srcset="/a.webp"><img alt="x"></picture>', "/a.webp"),
        ('<a href="/big/a.jpg"><img src="/a.jpg"></a>', "/a.jpg"),
        ('<img src="/a.jpg" width="50%">', "/a.jpg"),
    ],
)
def test_the_address_is_that_of_the_picture_which_is_shown(image: str, address: str) -> None:
    assert pictures(f"<p>{image}</p>") == [address]


@pytest.mark.parametrize(
    ("inside", "before", "behind"),
    [
        ('<img src="/a.png" width="16" height="16">', "", ""),
        ('<img src="/a.png" alt="☔">', "", ""),
        ('<img class="avatar" src="/a.png">', "", ""),
        ('<img src="/icons/icon-share.png">', "", ""),
        ('<img src="data:image/png;base64,x">', "", ""),
        ("<img>", "", ""),
        ('<a href="https://shop.example/"><img src="/a.png"></a>', "", ""),
        ('<div class="share-buttons"><a href="/s"><img src="/a.png">Share</a></div>', "", ""),
        ('<div><a href="/x"><img src="/a.png"></a><h3><a href="/x">Read also: another story</a></h3></div>', "", ""),
        ("", '<header><img src="/banner.png"></header>', ""),
        ("", "", '<aside><img src="/a.png"><a href="/x">Another story of the day</a></aside>'),
    ],
)
def test_pictures_of_other_things_are_none_of_the_article(inside: str, before: str, behind: str) -> None:
    assert pictures(inside, before, behind) == []


def test_the_picture_that_the_page_declares_stands_above_the_text() -> None:
    head = '<meta property="og:image" content="https://cdn.example/w1200/lead.jpg">'
    page = f'<head>{head}</head><body><div><h1>Storm</h1><p>By Ann Poe</p><img src="/w600/lead.jpg"></div>'
    article = clean(f"{page}<article>{PROSE * 3}</article>", url=URL)
    assert article.blocks[0].src == "https://gazette.example/w600/lead.jpg"


def test_a_picture_parts_no_list_and_no_table() -> None:
    inside = """<ul><li>One of the ships<li><img src=a.png>Two of the ships<ul><li>Three of them<img src=b.png></ul>
        <li>Four of them</ul><table><tr><th>Ship<th>Port<tr><td>Ada<img src=c.png><td>York<tr><td>Bea<td>Hull</table>"""
    page = f"<article><h1>Storm</h1>{PROSE}{inside}{PROSE}</article>"
    options = CleanOptions(only_rules=True)
    article = clean(page, url=URL, options=options)
    items = [(block.kind, block.depth, block.src[-5:]) for block in article.blocks if block.kind != "paragraph"]
    assert items == [
        *(("list item", 0, ""), ("list item", 0, ""), ("image", 0, "a.png"), ("list item", 1, "")),
        *(("image", 1, "b.png"), ("list item", 0, ""), *[("table", 0, "")] * 3, ("image", 0, "c.png")),
    ]
    again = clean(html_of(render(article, "markdown", images=True)), url=URL, options=options)
    assert [(block.kind, block.text, block.depth, block.src) for block in article.blocks] == [
        (block.kind, block.text, block.depth, block.src) for block in again.blocks
    ]


@pytest.mark.parametrize(
    "element",
    [
        '<iframe src="https://social.example/@ann/112/embed"></iframe>',
        '<div><iframe data-src="//social.example/@ann/112/embed"></iframe></div>',
        '<div class="fb-post" data-href="https://social.example/@ann/112"></div>',
    ],
)
def test_a_message_without_words_is_a_quote_with_its_address(element: str) -> None:
    article, without = article_of(element), article_of("")
    assert [block.address for block in article.blocks if block.kind == "quote"] == ["https://social.example/@ann/112"]
    assert (article.text, article.removals) == (without.text, without.removals)
    for form in ("text", "markdown", "json", "xml"):
        assert "social.example" not in render(article, form, images=True)
        assert form == "text" or "https://social.example/@ann/112" in render(article, form, links=True)


def test_other_frames_say_nothing() -> None:
    assert article_of('<iframe src="https://video.example/embed/1"></iframe>').blocks == article_of("").blocks


def test_a_page_of_pictures_is_read_in_linear_time() -> None:
    figure = "<figure><img src=/{0}.jpg><figcaption>A picture of ship number {0}</figcaption></figure>"

    def seconds(count: int) -> float:
        page = f"<article>{PROSE}{''.join(figure.format(n) for n in range(count))}{PROSE}</article>"
        begun = time.process_time()
        clean(page, url=URL)
        return time.process_time() - begun

    seconds(10)
    assert seconds(2000) < 20 * max(seconds(200), 0.05)

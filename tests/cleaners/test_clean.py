"""Test `clean` as a whole: any page gives an article, every lost word has a removal, and results are repeatable."""

from __future__ import annotations

import gc
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml.html import HtmlElement

from cleaners import Article, clean, load_rules
from cleaners.html.blocks import BLOCK_TAGS
from cleaners.html.tree import MAX_CHARACTERS, parse
from cleaners.html.unread import SILENT_TAGS
from cleaners.rules.dom import mark
from cleaners.rules.model import DomRule

PARAGRAPHS = (
    "The harbour was closed on Monday after a storm that had begun at night, officials said.",
    "Two ferries had to turn back, and some three hundred people spent the night in a school hall.",
    "“We have not seen waves like these for twenty years,” the harbour master told reporters at noon.",
    "On Tuesday the wind fell, and the first ships left the port before the morning was over.",
)
BODY = "".join(f"<p>{text}</p>" for text in PARAGRAPHS)
MENU = '<nav><a href="/">Home</a> <a href="/coast">Coast</a></nav><header><h1>Storm closes harbour</h1></header>'

BOX = "<div class='newsletter'><h3>Sign up</h3><p>Every day</p></div>"
LINES = "<p>Advertisement</p><p>Share this article</p>"
LINKS = "".join(f'<li><a href="/{n}">Story number {n} of the coast</a></li>' for n in range(30))
INLINE = "<p>One <button>Copy</button> two <span class='share-bar'>Share</span> three.</p>"
LISTS = (
    "<ul><li>one<ul><li>two</li></ul></li></ul><table><tr><td>a</td><td>b</td></tr></table><pre>a = 1\n  b = 2</pre>"
)

PAGES = {
    "plain": f"<article>{BODY}</article>",
    "debris between": f"{MENU}<article>{BODY}{BOX}{BODY}{LINES}</article><footer><p>All rights reserved</p></footer>",
    "debris inside sentences": f"<article>{INLINE}{BODY}</article>",
    "lists, tables, quotes": f"<main>{BODY}{LISTS}<blockquote>{PARAGRAPHS[2]}</blockquote></main>",
    "text without elements": f"before{BODY}between<br><br>after<div>inner<div>most</div>out</div>",
    "links only": f"<ul>{LINKS}</ul>",
    "glued": f"<article><p>{PARAGRAPHS[0]}Advertisement</p>{BODY}</article>",
}
_WORD = re.compile(r"\w+")


def words_of_page(page: str) -> Counter[str]:
    """Count the words between the tags, read apart from the cleaner's own blocks."""
    root = parse(page)
    body = root.find("body") if root is not None else None
    if body is None:
        return Counter()
    texts: list[str] = []
    for element in body.iter():
        apart = " " if element.tag in BLOCK_TAGS | {"br", "td", "th"} else ""
        if not any(e.tag in SILENT_TAGS for e in (element, *element.iterancestors())):
            texts += [apart, element.text or ""]
        texts += [apart, element.tail or ""]
    return Counter(_WORD.findall("".join(texts)))


def words_of_article(article: Article) -> Counter[str]:
    return Counter(_WORD.findall(" ".join([article.text, *(removal.text for removal in article.removals)])))


@pytest.mark.parametrize("name", PAGES)
def test_every_word_of_the_page_is_kept_or_removed_with_a_name(name: str) -> None:
    assert words_of_article(clean(PAGES[name])) == words_of_page(PAGES[name])


@pytest.mark.parametrize("name", PAGES)
def test_every_removal_has_its_rule_stage_and_place(name: str) -> None:
    known = {rule.id for rule in load_rules()}
    for removal in clean(PAGES[name]).removals:
        assert removal.text.strip()
        assert removal.where.startswith("/html")
        assert (removal.start, removal.end) == (None, None)
        assert removal.rule in known or removal.stage == "blocks"


@pytest.mark.parametrize("name", sorted(PAGES.keys() - {"text without elements"}))
def test_removals_stand_in_page_order(name: str) -> None:
    root = parse(PAGES[name])
    assert root is not None
    paths = {root.getroottree().getpath(element): place for place, element in enumerate(root.iter("*"))}
    places = [paths[removal.where] for removal in clean(PAGES[name]).removals]
    assert places == sorted(places)


@pytest.mark.parametrize("name", PAGES)
def test_the_same_page_gives_the_same_article_however_often(name: str) -> None:
    first = clean(PAGES[name])
    assert [clean(PAGES[name]) for _ in range(4)] == [first] * 4


def test_the_text_is_its_blocks_parted_by_blank_lines() -> None:
    article = clean(PAGES["debris between"])
    assert article.text == "\n\n".join(block.text for block in article.blocks)
    assert set(PARAGRAPHS) <= {block.text for block in article.blocks}


def test_debris_and_headline_are_not_in_the_text() -> None:
    text = clean(PAGES["debris between"]).text
    for debris in (
        "Sign up",
        "Every day",
        "Advertisement",
        "Share this article",
        "All rights",
        "Coast",
        "Storm closes harbour",
    ):
        assert debris not in text


def test_bytes_and_text_of_a_page_give_the_same_article() -> None:
    page = (
        f'<html lang="en"><head><meta charset="utf-8"><title>Storm</title></head><body>{PAGES["plain"]}</body></html>'
    )
    from_bytes, from_text = clean(page.encode()), clean(page)
    assert (from_bytes.text, from_bytes.removals) == (from_text.text, from_text.removals)
    assert (from_bytes.encoding, from_text.encoding) == ("utf-8 (declared in the page)", "str (given as text)")


@pytest.mark.parametrize(
    "page", ["", b"", "   \n", "<!-- only a comment -->", "<html></html>", "<p></p>", "<script>x()</script>"]
)
def test_where_nothing_is_found_the_text_is_empty_and_a_flag_says_so(page: str | bytes) -> None:
    article = clean(page, url="https://gazette.example/a")
    assert (article.text, article.blocks) == ("", ())
    assert "empty" in article.flags
    assert (article.url, article.rules_version) == ("https://gazette.example/a", load_rules().version)


def test_a_page_past_the_bound_is_named_too_large() -> None:
    assert clean("<p>x</p>" + " " * MAX_CHARACTERS).flags == ("too-large",)


def test_bytes_that_were_replaced_are_flagged() -> None:
    assert "replacement-characters" in clean(f"<meta charset=utf-8>{BODY}".encode() + b"<p>\xff</p>").flags


def test_rules_of_a_site_are_in_force_on_its_pages_only(tmp_path: Path) -> None:
    path = tmp_path / "sites" / "gazette.example.toml"
    path.parent.mkdir()
    path.write_text("[[rule]]\nid = 'q'\ndrop = ['.q']\nwhy = 'w'\nexample = 'e'\nkeeps = 'k'\n", "utf-8")
    rules, page = load_rules(path), f"<article>{BODY}<p class='q'>Quoted from the sea.</p>{BODY}</article>"
    here, there = (
        clean(page, url=f"https://{host}/", rules=rules) for host in ("www.gazette.example", "other.example")
    )
    assert [removal.rule for removal in here.removals] == ["sites/gazette.example/q"]
    assert "sites/gazette.example/q" not in [removal.rule for removal in there.removals]
    assert here.rules_version == there.rules_version == rules.version


def test_a_rule_that_would_take_most_of_the_page_is_refused_and_named() -> None:
    article = clean(f"<div class='newsletter'>{BODY}</div>")
    assert set(PARAGRAPHS) <= {block.text for block in article.blocks}
    assert "refused:dom/newsletter" in article.flags


@pytest.mark.parametrize(("inside", "is_refused"), [(4, False), (5, False), (6, True), (9, True)])
def test_a_rule_may_take_half_of_the_paragraphs_text_and_no_more(inside: int, is_refused: bool) -> None:
    paragraph = "<p>The harbour stayed closed until the wind had fallen, the officials of the port said on Monday.</p>"
    page = f"<body><aside>{paragraph * inside}</aside><main>{paragraph * (10 - inside)}</main>"
    root = parse(page)
    assert root is not None
    rule = DomRule("own/aside", "", "", "", drop=("aside",))
    marks, refused, _ = mark(root, [rule])
    assert (bool(marks), refused) == (not is_refused, ["own/aside"] * is_refused)
    assert mark(root, [replace(rule, trust=True)])[1] == []


@given(st.binary(max_size=300), st.none() | st.sampled_from(["utf-8", "utf-16", "koi8-r", "x"]))
@settings(max_examples=50)
def test_no_bytes_make_it_raise(html: bytes, charset: str | None) -> None:
    assert isinstance(clean(html, charset=charset), Article)


TAGS = (
    "p div br b table tr><td li a body html head title frameset svg pre script h1 figure noscript template form article"
)
TOKENS = st.sampled_from(
    [
        *(f"<{tag}>" for tag in TAGS.split()),
        *(f"</{tag}>" for tag in ("p", "div", "b", "a", "table", "script", "article")),
        *("<div class=share-bar>", "<meta charset=utf-16>", "<time datetime=x>", "<base href='http://['>"),
        *("<!--", "-->", "<![CDATA[", "&#0;", "&", "<", "\ud800", "\x00", PARAGRAPHS[0], "Advertisement", " "),
        '<script type="application/ld+json">{"@type":"NewsArticle"',
    ]
)


@given(st.lists(TOKENS, max_size=30).map("".join), st.sampled_from([None, "https://gazette.example/a", "//", "x"]))
@settings(max_examples=100)
def test_no_markup_makes_it_raise(html: str, url: str | None) -> None:
    assert isinstance(clean(html, url=url), Article)


def test_no_address_makes_it_raise() -> None:
    clean(f"<title>Storm | Gazette</title>{BODY}", url="http://[")


def test_no_linked_data_makes_it_raise() -> None:
    clean(f'<script type="application/ld+json">{{"@type": "NewsArticle", "wordCount": NaN}}</script>{BODY}')


@pytest.mark.slow
@pytest.mark.parametrize("tag", ["div", "b", "blockquote", "ul><li", "table><tr><td"])
def test_a_hundred_thousand_open_elements_give_an_article(tag: str) -> None:
    assert isinstance(clean(BODY + f"<{tag}>" * 100_000 + "deep"), Article)


def test_nothing_of_a_page_waits_for_the_collector_of_cycles() -> None:
    def elements() -> int:
        return sum(isinstance(one, HtmlElement) for one in gc.get_objects())

    page = f"<body>{MENU}<article>{BODY}{INLINE}{LISTS}{BOX}{BODY}{LINES}</article><ul>{LINKS}</ul></body>"
    gc.collect()
    gc.disable()
    try:
        before = elements()
        article = clean(page)
        assert elements() == before
    finally:
        gc.enable()
    assert article.removals

"""Test that a page is parsed into a tree, or recognised as empty."""

from __future__ import annotations

import pytest

from cleaners.html.tree import MAX_CHARACTERS, parse


def text_of(page: str) -> str:
    root = parse(page)
    return "" if root is None else str(root.text_content())


@pytest.mark.parametrize(
    "page", ["", " \n\t ", "<!-- only a comment -->", "<!doctype html>", "\x00\x01", "\ufeff", "<?php ?>"]
)
def test_nothing_to_read_is_no_tree(page: str) -> None:
    assert parse(page) is None


def test_a_page_past_the_bound_is_not_parsed() -> None:
    assert parse("<p>x</p>" + " " * MAX_CHARACTERS) is None


@pytest.mark.parametrize("tag", ["div", "b", "blockquote", "ul><li", "table><tr><td"])
def test_a_hundred_thousand_open_elements_are_parsed(tag: str) -> None:
    assert parse(f"<{tag}>" * 100_000 + "deep") is not None


@pytest.mark.parametrize("depth", [200, 1000])
def test_what_follows_deep_elements_is_read(depth: int) -> None:
    assert text_of("<div>" * depth + "deep" + "</div>" * depth + "<p>after</p>") == "deepafter"


def test_a_megabyte_without_tags_is_text() -> None:
    assert len(text_of("harbour " * 131_072)) >= 2**20 - 1


def test_control_characters_and_lone_surrogates_are_not_text() -> None:
    assert text_of("<p>a\x00b\x07c\ud800d\x9fe</p>") == "abcde"


def test_characters_without_width_that_only_guide_line_breaks_are_not_text() -> None:
    assert text_of("<p>har\xadbour\u200b mas\u2060ter\ufeff</p>") == "harbour master"


@pytest.mark.parametrize("text", ["می\u200cخواهم", "👨\u200d👩\u200d👧", "line\nend", "tab\tbed", "naïve ’quote’"])
def test_characters_that_carry_meaning_stay(text: str) -> None:
    assert text_of(f"<p>{text}</p>") == text


def test_comments_and_instructions_are_not_text() -> None:
    assert text_of("<p>a<!-- not this -->b<?nor this?>c</p>") == "abc"


@pytest.mark.parametrize("declared", ["utf-16", "koi8-r", "no-such"])
def test_a_declaration_in_decoded_text_is_not_followed(declared: str) -> None:
    assert text_of(f'<?xml version="1.0" encoding="{declared}"?><meta charset="{declared}"><p>Zoë</p>') == "Zoë"


def test_entities_are_read() -> None:
    assert text_of("<p>Tom &amp; Jos&eacute; &#8212; &hellip;</p>") == "Tom & José — …"


@pytest.mark.parametrize("rest", ["", "more", "<body>more", "<p>more"])
def test_an_article_on_a_page_without_body_tags_stands_in_the_body(rest: str) -> None:
    root = parse(f"<!doctype html><title>t</title><meta name=a><article>story</article>{rest}")
    assert root is not None
    assert [child.tag for child in root.find("head")] == ["title", "meta"]
    assert " ".join(root.find("body").itertext()).split() == ["story", *(["more"] if rest else [])]

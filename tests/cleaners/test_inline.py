"""Test spans: what inline elements say about parts of a block's text, also where rules cut something out of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleaners import clean, render
from cleaners.html.blocks import MAX_MARKS, PageBlock, read_blocks
from cleaners.html.inline import Span, address_of, cut_out, spans_of
from cleaners.html.tree import parse

PROSE = "It rained on Monday, and the harbour was closed until noon, when the wind fell over the breakwater. " * 3


def blocks(markup: str) -> list[PageBlock]:
    root = parse(f"<body>{markup}</body>")
    assert root is not None
    return read_blocks(root.find("body"), {})


def spans(markup: str, base: str = "") -> list[tuple[str, str, str]]:
    return [
        (block.text[span.start : span.end], span.kind, span.value)
        for block in blocks(markup)
        for span in spans_of(block, base)
    ]


def test_spans_have_the_words_of_their_elements() -> None:
    markup = "<p> One <b> two\n three </b>, caf<em>é</em> and <code>x  y</code>."
    assert spans(markup) == [("two three", "strong", ""), ("é", "emphasis", ""), ("x y", "code", "")]


@given(st.lists(st.tuples(st.sampled_from(["", "b", "i"]), st.sampled_from(["", " "]), st.sampled_from("xyz"))))
def test_spans_have_the_same_places_whatever_space_parts_the_words(pieces: list[tuple[str, str, str]]) -> None:
    markup = "".join(f"{gap}<{tag}>{gap}{word}</{tag}>" if tag else f"{gap}{word}{gap}" for tag, gap, word in pieces)
    single, several = blocks(f"<p>{markup}</p>"), blocks("<p>" + markup.replace(" ", " \n") + "</p>")
    assert [(block.text, spans_of(block)) for block in single] == [(block.text, spans_of(block)) for block in several]


def test_nested_spans_come_outer_ones_first() -> None:
    assert [kind for _, kind, _ in spans("<p><a href='/a'>one <i>two</i></a></p>")] == ["link", "emphasis"]


def test_two_elements_that_say_the_same_of_the_same_words_are_one_span() -> None:
    assert spans("<p><b><strong>one</strong></b> <em>two</em> <i>two</i></p>") == [
        ("one", "strong", ""),
        ("two", "emphasis", ""),
        ("two", "emphasis", ""),
    ]


def test_a_link_around_paragraphs_is_a_span_in_each() -> None:
    assert [text for text, _, _ in spans("<a href='/a'><p>one</p><p>two <br><br>three</p></a>")] == [
        "one",
        "two",
        "three",
    ]


def test_an_element_without_an_end_ends_with_its_block() -> None:
    assert spans("<div>one <b>two<div>three</div></b></div>") == [("two", "strong", ""), ("three", "strong", "")]


def test_spans_in_code_keep_its_white_space() -> None:
    assert spans("<pre>\n\n  if <b>storm</b>:\n</pre>") == [("storm", "strong", "")]


def test_an_empty_element_has_no_span() -> None:
    assert spans("<p>one <b> </b><i></i>two") == []


@pytest.mark.parametrize(
    ("reference", "address"),
    [
        ("/b", "https://a.example/b"),
        (" b\nc ", "https://a.example/x/bc"),
        ("b c.pdf?d e", "https://a.example/x/b%20c.pdf?d%20e"),
        ("HTTPS://B.example", "https://b.example/"),
        ("https://b.example?q=é#é", "https://b.example/?q=é#%C3%A9"),
        ("/中(文)/%E4%B8%AD", "https://a.example/%E4%B8%AD(%E6%96%87)/%E4%B8%AD"),
        ("/\ud800", "https://a.example/%3F"),
        ("mailto:a@b.example", "mailto:a@b.example"),
        ("?", "https://a.example/x/y"),
        ("#top", ""),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("http://[", ""),
        ("", ""),
        ("/" * 3000, ""),
    ],
)
def test_an_address_is_absolute_or_none(reference: str, address: str) -> None:
    assert address_of(reference, "https://a.example/x/y") == address


def test_links_are_relative_to_the_base_of_the_page() -> None:
    page = f"<base href='/x/'><article><h1>Rain</h1><p>{PROSE}<a href='y'>more rain</a> came.</p></article>"
    (block,) = clean(page, url="https://a.example/").blocks
    assert [span.value for span in block.spans] == ["https://a.example/x/y"]


def test_links_of_a_page_without_an_address_are_relative_to_the_one_that_it_declares() -> None:
    head = "<link rel=canonical href='https://a.example/x/y'>"
    (block,) = clean(f"<html><head>{head}<body><article><h1>Rain</h1><p>{PROSE}<a href='z'>more</a> came.").blocks
    assert [span.value for span in block.spans] == ["https://a.example/x/z"]


@pytest.mark.parametrize(
    "head",
    [
        "<link rel=canonical href='https://b.example/x/y'><meta property=og:url content='https://a.example/x/y'>",
        "<link rel=canonical href='https://a.example/x/y'><meta name=twitter:url content='https://b.example/x/y'>",
        "<link rel=canonical href='http://my-slug'>",
        "<link rel=canonical href='https://a.example%2Fx%2Fy'>",
        "<link rel=canonical href='/x/y'>",
    ],
)
def test_a_page_that_contradicts_itself_or_names_no_host_declares_no_address(head: str) -> None:
    page = f"<html><head>{head}<body><article><h1>Rain</h1><p>{PROSE}<a href='z'>more</a> came."
    assert [span.value for block in clean(page).blocks for span in block.spans] == ["z"]


def test_an_address_is_declared_with_and_without_www() -> None:
    head = "<link rel=canonical href='https://www.a.example/x/y'><meta property=og:url content='http://a.example/x/y'>"
    (block,) = clean(f"<html><head>{head}<body><article><h1>Rain</h1><p>{PROSE}<a href='z'>more</a> came.").blocks
    assert [span.value for span in block.spans] == ["https://www.a.example/x/z"]


def test_marks_are_bounded() -> None:
    (block,) = blocks("<p>a" + "<i>b</i>" * MAX_MARKS)
    assert len(block.marks) == MAX_MARKS
    assert len(spans_of(block)) <= MAX_MARKS


WORDS = st.lists(st.sampled_from(["rain", "wind", "sea"]), min_size=1, max_size=8)


@given(words=WORDS, data=st.data())
def test_a_span_keeps_its_words_when_others_are_cut_out(words: list[str], data: st.DataObject) -> None:
    text = " ".join(words)
    start, end = sorted(data.draw(st.tuples(st.integers(0, len(text)), st.integers(0, len(text)))))
    one, two = sorted(data.draw(st.tuples(st.integers(0, len(text)), st.integers(0, len(text)))))
    done, kept = cut_out(text, (Span(one, two, "strong"),), start, end)
    assert done == f"{text[:start].rstrip()} {text[end:].lstrip()}".strip()
    for span in kept:
        assert 0 <= span.start < span.end <= len(done)
        own = text[one : min(two, start)].strip(), text[max(one, end) : two].strip()
        assert done[span.start : span.end].strip() == " ".join(filter(None, own))


def test_markdown_has_the_signs_of_spans_and_links_on_request() -> None:
    markup = "The <a href='https://a.example/'>har<b>bour</b></a> said <code>a*b`c</code>, 2*3."
    article = clean(f"<article><h1>Rain</h1><p>{PROSE}{markup}")
    assert "The har**bour** said ``a*b`c``, 2\\*3." in render(article, "markdown")
    assert "The [har**bour**](https://a.example/) said" in render(article, "markdown", links=True)


def test_json_has_links_on_request_only() -> None:
    article = clean(f"<article><h1>Rain</h1><p>{PROSE}The <a href='https://a.example/'><b>harbour</b></a> is open.")
    assert '"kind": "link"' not in render(article, "json")
    assert '"value": "https://a.example/"' in render(article, "json", links=True)
    assert '"kind": "strong"' in render(article, "json")

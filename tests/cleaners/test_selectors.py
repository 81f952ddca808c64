"""Test that the matcher of many selectors finds what lxml finds with each of them."""

from __future__ import annotations

from itertools import product
from time import monotonic

import pytest
from cssselect import SelectorError
from hypothesis import given
from hypothesis import strategies as st
from lxml.cssselect import CSSSelector
from lxml.html import HtmlElement, fromstring

from cleaners import load_rules
from cleaners.rules.dom import MAX_VALUE, Matcher, selector
from tests.support.selectors import matched

VALUES = ["ad", "ads", "ad-slot", "Ad", "share bar", " ad\tx", "en-GB", "en", ""]
OPERATORS = ["=", "*=", "^=", "$=", "~=", "|="]
SELECTORS = [
    *(f'[class{operator}"{value}"]' for operator, value in product(OPERATORS, ["ad", "share bar", "en", "Ad"])),
    *[
        "p",
        "div",
        "P",
        ".ad",
        "#ad",
        "p.ad",
        "div.ad.x",
        "[class]",
        "p[id]",
        "div[class][id]",
        "p, .ad",
        ".ad, [id]",
        "P.ad",
    ],
    *["div ~ p", "* ~ span", "div ~ p.ad", "div ~ p span", "div p + span", ".ad > p + p", "div ~ p + span", ".ad span"],
    *["p:nth-of-type(n+2)", "div p:first-child"],
    *["div > p", "div p", "p + p", ":not(p)", "p:first-child", "div:has(> p)", "*", "body > div", "p::first-line, div"][
        :-1
    ],
]

ATTRIBUTES = st.dictionaries(st.sampled_from(["class", "id", "data-x"]), st.sampled_from(VALUES), max_size=3)
LEAVES = st.tuples(st.sampled_from(["p", "div", "span"]), ATTRIBUTES, st.just(()))
TREES = st.recursive(
    LEAVES,
    lambda inner: st.tuples(st.sampled_from(["div", "section"]), ATTRIBUTES, st.lists(inner, max_size=3).map(tuple)),
    max_leaves=8,
)


def markup(node: tuple[str, dict[str, str], tuple[object, ...]]) -> str:
    tag, attributes, children = node
    head = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f"<{tag}{head}>{''.join(markup(child) for child in children)}</{tag}>"  # type: ignore[arg-type]


def tree(inner: str) -> HtmlElement:
    return fromstring(f"<html><body>{inner}</body></html>")


@given(TREES)
def test_the_matcher_agrees_with_lxml_on_any_tree(node: tuple[str, dict[str, str], tuple[object, ...]]) -> None:
    root = tree(markup(node))
    matches = matched(Matcher(SELECTORS), root)
    assert {css: matches.get(css, []) for css in SELECTORS} == {
        css: CSSSelector(css, translator="html")(root) for css in SELECTORS
    }


@pytest.mark.parametrize("css", SELECTORS)
def test_a_selector_alone_finds_what_it_finds_among_others(css: str) -> None:
    root = tree('<div class="ad x" id="ad"><p class="Ad">a<p id="en"><b class="share bar"></b></div><p class="ad">c')
    assert matched(Matcher([css]), root).get(css, []) == matched(Matcher(SELECTORS), root).get(css, [])


def test_an_element_that_fits_two_parts_is_found_once() -> None:
    (div,) = (root := tree('<div class="ad ads"></div>')).iter("div")
    assert matched(Matcher([".ad, .ads, [class], div"]), root) == {".ad, .ads, [class], div": [div]}


def test_what_is_remembered_of_values_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cleaners.rules.dom.MAX_KNOWN", 1)
    root, matcher = tree('<div class="ad x"><p class="share bar"></p><p class="en"></p></div>'), Matcher(SELECTORS)
    assert matched(matcher, root) == matched(matcher, root) == matched(Matcher(SELECTORS), root)


def test_selectors_that_fit_nothing_are_not_in_the_answer() -> None:
    assert matched(Matcher(["nav", ".ad", "div > nav"]), tree("<p>x</p>")) == {}


def test_no_selectors_find_nothing() -> None:
    assert matched(Matcher([]), tree("<p>x</p>")) == {}


def test_a_value_is_looked_at_up_to_its_bound() -> None:
    root = tree(f'<p class="{"x" * MAX_VALUE}ad"></p><p class="{"x" * (MAX_VALUE - 2)}ad"></p>')
    assert matched(Matcher(['[class*="ad"]']), root)['[class*="ad"]'] == root.findall(".//p")[1:]


SIBLINGS, SECONDS = 10_000, 20
"""The slowest of these selectors takes 1 s; with cssselect's own translation `p + p` takes 15 s and `p ~ p` 388 s."""


@pytest.mark.parametrize("css", ["p ~ p", "h1 ~ p", "p + p", ".a + .a", "div p:nth-of-type(n+2)", "h1 ~ p + p"])
def test_a_selector_of_siblings_takes_a_moment_among_thousands(css: str) -> None:
    root = tree('<div><p class="a">x</p>' + '<p class="a">x</p>' * (SIBLINGS - 1) + "</div>")
    began = monotonic()
    found = len(matched(Matcher([css]), root).get(css, []))
    assert monotonic() - began < SECONDS
    assert found == (0 if "h1" in css else SIBLINGS - 1)


def test_no_packaged_rule_takes_long_among_thousands_of_siblings() -> None:
    kinds = ("p", "figcaption", "pre", "blockquote", "table", "div")
    inner = "".join(f'<{kind} class="photo-text">x</{kind}>' for kind in kinds) * (SIBLINGS // len(kinds))
    root = tree(f"<figure><figcaption>{'<p>x</p>' * SIBLINGS}</figcaption>{inner}</figure>")
    rules = load_rules().dom
    began = monotonic()
    Matcher(css for rule in rules for css in (*rule.drop, *rule.unless)).match(root)
    assert monotonic() - began < SECONDS


@pytest.mark.parametrize("css", ["p.a ~ p", "div p ~ p", "h1 ~ p ~ p", "p:first-child ~ p", ".a ~ p"])
def test_what_would_take_minutes_among_thousands_of_siblings_does_not_compile(css: str) -> None:
    with pytest.raises(SelectorError, match="only the name of an element"):
        selector(css)


@pytest.mark.parametrize("css", ["div[", "p:no-such", "", "> p"])
def test_a_bad_selector_does_not_compile(css: str) -> None:
    with pytest.raises((SelectorError, ValueError)):
        selector(css)

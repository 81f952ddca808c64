"""Test terms and titles of steps: what each stands above, and that it stays with it."""

from __future__ import annotations

import pytest

from cleaners import clean
from cleaners.html.blocks import read_blocks
from cleaners.html.terms import defined, titled
from cleaners.html.tree import parse


def pairs(markup: str) -> list[tuple[list[str], str]]:
    root = parse(f"<body>{markup}</body>")
    assert root is not None
    page = read_blocks(root.find("body"), {})
    return [([page[i].text for i in terms], page[meaning].text) for terms, meaning in defined(page)]


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<dl><dt>a<dt>b<dd>c<dd>d<dt>e<dd>f</dl>", [(["a", "b"], "c"), (["e"], "f")]),
        ("<dl><div><dt>a</dt><dd>b</dd></div><div><dt>c</dt><dd>d</dd></div></dl>", [(["a"], "b"), (["c"], "d")]),
        ("<dl><dt>a</dl><p>b</p><dl><dd>c</dl>", []),
        ("<dl><dt>a</dl><dl><dd>c</dl>", []),
        ("<dl><dt>a<dd>b<dl><dt>c<dd>d</dl></dl>", [(["a"], "b"), (["c"], "d")]),
        ("<dl><p>a</p><dd>b</dl>", []),
        ("<dt>a</dt><dd>b</dd>", []),
    ],
)
def test_a_term_stands_above_the_definition_behind_it_in_its_list(
    markup: str, expected: list[tuple[list[str], str]]
) -> None:
    assert pairs(markup) == expected


def test_a_term_stays_with_its_definition_whatever_word_it_is() -> None:
    meaning = "If true, the gate of the harbour is left open on days on which no ship is expected before the evening."
    terms = ("null", "undefined", "Share", "Open the gate")
    story = "".join(f"<p>The harbour master closed gate {n} before the storm came from the west.</p>" for n in range(5))
    rows = "".join(f"<dt>{term}</dt><dd><p>{meaning} It is option {n}.</p></dd>" for n, term in enumerate(terms))
    article = clean(f"<article><h1>Gates of the harbour</h1>{story}<h2>Options</h2><dl>{rows}</dl>{story}</article>")
    assert tuple(block.text for block in article.blocks if block.kind == "term") == terms


STEP = "Turn the wheel of the gate to the left until it stops, then half a turn back."


def titles(markup: str) -> list[tuple[str, str]]:
    root = parse(f"<body>{markup}</body>")
    assert root is not None
    page = read_blocks(root.find("body"), {})
    return [(page[title].text, page[text].text) for title, text in titled(page)]


def steps(*titles: str, item: str = "div role=listitem", text: str = STEP) -> str:
    inner = "".join(f"<{item}><div>{n}</div><div>{title}</div><p>{text}</div>" for n, title in enumerate(titles, 1))
    return f"<div>{inner}</div>"


@pytest.mark.parametrize("item", ["div role=listitem", "div itemtype=https://schema.org/HowToStep"])
def test_the_title_of_a_step_stands_right_above_its_text(item: str) -> None:
    assert titles(steps("Close", "Open", item=item)) == [("Close", STEP), ("Open", STEP)]


@pytest.mark.parametrize(
    "markup",
    [
        steps("Close"),
        steps("<a href=/1>Close</a>", "Open"),
        steps("Close", "Open", text="A short line."),
        steps("Close", "Open</div><div>Today"),
        steps("Close", "Open", text=f"{STEP}<p>" * 7),
        steps("Close", "Open", item="div"),
    ],
    ids=["one", "linked", "cards", "unlike", "large", "no items"],
)
def test_what_is_not_a_list_of_steps_has_no_titles(markup: str) -> None:
    assert titles(markup) == []

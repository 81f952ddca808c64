"""Every feature of the block model is told in words, and a reason says each thing once."""

from __future__ import annotations

import pickle
import re
from typing import Any

import pytest

from cleaners import Removal, clean
from cleaners.classify import NAMES, packaged_model
from cleaners.classify.reasons import AROUND, END, FALLBACK, MOST, Like, reason

VALUES = (0.0, 1.0, 0.04, 0.5, 0.99, 2.0, 3.0, 9.0, 30.0, 400.0, -9.0, -6.1, -0.3)
ALIKE = (Like(), Like(1, 1), Like(12, 3), Like(200, 200))
ODDS = re.compile(r"-\d|\d\.\d")
"""What only a model understands: a negative number, a fraction."""
PROSE = "It rained on Monday, and the harbour was closed until noon, when the wind fell at last. "


def told(*facts: tuple[str, float], like: Like = ALIKE[0]) -> str:
    return reason([NAMES.index(name) for name, _ in facts], [value for _, value in facts], like)


@pytest.mark.parametrize("name", NAMES)
def test_every_feature_has_words_that_are_neither_its_name_nor_odds(name: str) -> None:
    values = [value for value in VALUES if value >= 0 or "score" in name or "of its like" in name]
    words = {told((name, value), like=like) for value in values for like in ALIKE} - {FALLBACK}
    assert words
    for one in words:
        assert not ODDS.search(one)
        assert "<" not in one
        assert "_" not in one
        assert one[0].islower()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("share of links", 0.93, "nearly all a link"),
        ("words", 5, "short (5 words)"),
        ("in <footer>", 1, "in a footer"),
        ("inside share", 1, "in an element with 'share' in its name"),
        ("inside content", 0, "in no element with 'content' in its name"),
        ("heading before", 1, "right below a heading"),
        ("hidden from readers", 1, "hidden from readers"),
        ("copies", 3, "it stands 3 times on the page"),
        ("score before", -4.2, "no text of the article right before it"),
    ],
)
def test_a_feature_is_told_as_a_reader_would_say_it(name: str, value: float, words: str) -> None:
    assert told((name, value)) == words


@pytest.mark.parametrize("name", ["ends like a sentence", "score before", "in trafilatura's choice"])
def test_a_value_that_speaks_for_a_block_says_nothing(name: str) -> None:
    assert told((name, 1.0)) == FALLBACK


def test_blocks_of_one_kind_are_counted_without_the_block_itself() -> None:
    like = "like 12 other blocks of the page, all of which read like no article"
    assert told(("best of its like", -6.1), like=Like(kin=12)) == like
    assert told(("best of its like", -6.1), like=Like(kin=1)).startswith("like another block")
    assert told(("best of its like", -6.1), like=Like()) == FALLBACK


def test_features_that_say_the_same_are_told_once() -> None:
    assert told(("inside share", 1), ("named share", 1)) == "in an element with 'share' in its name"
    assert told(("in <footer>", 1), ("inside footer", 1), ("named footer", 1)) == "in a footer"
    assert told(("words", 5), ("length", 3)) == "short (5 words)"
    assert told(("score before", -3), ("score around", 0.1), ("score 2 behind", -4)) == AROUND
    assert told(("blocks until text", 30), ("text before it", 1)) == END


def test_names_of_elements_are_gathered_in_one_phrase() -> None:
    words = "in elements with 'share', 'social' and 'widget' in their names"
    assert told(*((f"inside {cue}", 1) for cue in ("share", "social", "widget", "promo"))) == words


def test_a_reason_is_short_and_ends_with_trafilaturas_choice() -> None:
    facts = (("in trafilatura's choice", 0), ("words", 5), ("share of links", 1), ("in <form>", 1), ("copies", 2))
    assert told(*facts) == "short (5 words); nearly all a link; not in the main text that trafilatura finds"


def test_what_holds_for_the_whole_page_is_told_only_where_nothing_else_is() -> None:
    assert told(("paragraphs", 200), ("copies", 2)) == "it stands 2 times on the page"
    assert told(("paragraphs", 200)) == "the page has many paragraphs"


def test_the_reason_of_a_removal_has_its_score_and_a_few_phrases() -> None:
    menu = "<div class=cards><a href=/2>Crane falls on northern pier</a><a href=/3>Pilots ask for a boat</a></div>"
    page = f"<body><main><h1>Storm</h1><p>{PROSE * 2}</p><p>{PROSE * 3}</p></main>{menu}</body>"
    removals = [removal for removal in clean(page).removals if removal.rule == "block/model"]
    assert removals
    for removal in removals:
        score, _, words = removal.why.partition(": ")
        assert 0 <= float(score.removeprefix("score ")) <= packaged_model("page").threshold
        assert 1 <= len(words.split("; ")) <= MOST


def test_a_reason_is_worked_out_once_and_only_for_who_reads_it() -> None:
    asked: list[str] = []

    def why() -> str:
        asked.append("again")
        return "score 0.10: a list item"

    reason: Any = why
    removal = Removal("block/model", "blocks", "Share", "/html/body/p", why=reason)
    assert not asked
    assert removal == Removal("block/model", "blocks", "Share", "/html/body/p", why="score 0.10: a list item")
    assert removal.why == "score 0.10: a list item"
    assert asked == ["again"]


def test_a_removal_takes_its_reason_along_where_it_is_sent() -> None:
    page = f"<body><main><h1>Storm</h1><p>{PROSE * 2}</p><p>{PROSE * 3}</p></main><div class=card><a href=/2>Cranes</a>"
    sent, stayed = clean(page), clean(page)
    assert any(removal.why.startswith("score ") for removal in stayed.removals)
    assert pickle.loads(pickle.dumps(sent)).removals == stayed.removals  # noqa: S301 - our own bytes
    assert repr(sent.removals) == repr(stayed.removals)

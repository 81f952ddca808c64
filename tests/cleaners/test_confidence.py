"""Test the confidence of a text: the facts of a decision, the regression that weighs them, and its reasons in words."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import confidence
from cleaners import LOW_CONFIDENCE, Page, clean, clean_page, clean_text
from cleaners.classify import DOUBTFUL_BELOW, RIGHT, Calibration, DecisionFacts, packaged_calibration, read_calibration
from cleaners.classify.confidence import FULL, MOST, REASONS, measure
from cleaners.classify.kinds import PageKind

PROSE = "It rained on Monday, and the harbour was closed until noon, when the wind fell at last, officials said. "
DECLARED = '<head><title>Storm closes harbour</title><meta property="og:type" content="article"></head>'
STORY = f"<html>{DECLARED}<body><article><h1>Storm closes harbour</h1>{f'<p>{PROSE * 4}</p>' * 8}</article>"
SURE = DecisionFacts(0.005, 0.01, 0.01, 0.02, 0.02, 4000, is_declared=True)
DOUBTFUL = DecisionFacts(0.3, 0.6, 0.5, 0.3, 2.0, 300, is_declared=False)

SHARES = st.floats(0, 1)
PAGES = st.lists(st.tuples(st.integers(1, 5000), SHARES, st.booleans(), st.booleans()), min_size=1, max_size=12)


def facts_of(*blocks: tuple[int, float, bool, bool]) -> DecisionFacts:
    sizes, scores, kept, chosen = zip(*blocks, strict=True)
    return measure(sizes, scores, kept, chosen, is_declared=True)


def weighing(**weights: float) -> Calibration:
    """Return a calibration that weighs only these terms; usual are those of SURE, without a kind."""
    terms = SURE.terms()
    stored = {"right": RIGHT, "intercept": 0, "weights": dict.fromkeys(terms, 0.0) | weights, "usual": terms}
    return read_calibration(json.dumps(stored).encode())


def test_the_share_of_close_calls_leaves_out_blocks_that_score_like_menus() -> None:
    assert facts_of((100, 0.9, True, True), (100, 0.4, True, True), (800, 0.02, False, False)).close == 0.5


def test_sure_scores_leave_no_doubt_and_a_coin_flip_much() -> None:
    sure = facts_of((100, 1.0, True, True), (100, 0.0, False, False))
    even = facts_of((100, 0.5, True, True), (100, 0.5, False, False))
    assert sure.doubt == 0
    assert even.doubt == 0.5


def test_the_other_choice_is_compared_by_what_either_chooses() -> None:
    facts = facts_of((100, 0.9, True, True), (60, 0.9, True, False), (40, 0.1, False, True), (500, 0.1, False, False))
    assert (facts.added, facts.left_out) == (0.3, 0.2)


def test_only_what_was_removed_between_kept_blocks_is_a_gap() -> None:
    edge, kept, between = (900, 0.1, False, False), (100, 0.9, True, True), (50, 0.1, False, False)
    assert facts_of(edge, kept, between, kept, edge).gaps == 0.25


def test_a_choice_of_nothing_has_facts_too() -> None:
    facts = facts_of((100, 0.2, False, False))
    assert (facts.size, facts.gaps, facts.doubt) == (0, 0, 1)


@given(PAGES)
def test_every_decision_has_a_confidence_between_0_and_1(page: list[tuple[int, float, bool, bool]]) -> None:
    facts = facts_of(*page)
    assert all(math.isfinite(value) for value in facts.terms().values())
    assert 0 <= packaged_calibration().confidence(facts) <= 1
    assert len(packaged_calibration().doubts(facts)) <= REASONS


def test_a_sure_decision_has_more_confidence_than_a_doubtful_one() -> None:
    calibration = packaged_calibration()
    assert calibration.confidence(SURE) > 0.8 > DOUBTFUL_BELOW > calibration.confidence(DOUBTFUL)
    assert calibration.doubts(DOUBTFUL)


@pytest.mark.parametrize("worse", [{"doubt": 0.5}, {"close": 0.9}, {"left_out": 0.9}, {"added": 0.9}, {"gaps": 4.0}])
def test_what_speaks_against_a_text_never_raises_its_confidence(worse: dict[str, float]) -> None:
    calibration = packaged_calibration()
    assert calibration.confidence(replace(SURE, **worse)) <= calibration.confidence(SURE)  # type: ignore[arg-type]


def test_facts_are_told_where_they_lower_the_confidence_the_worst_first() -> None:
    calibration = weighing(close=-2.0, gaps=-1.0, declared=1.0)
    facts = replace(SURE, close=0.5, gaps=4.0)
    assert calibration.confidence(facts) < calibration.confidence(SURE)
    assert calibration.doubts(facts) == (
        "more text was removed between kept blocks than was kept",
        "half of the text was a close call",
    )
    assert weighing(close=-0.1, gaps=0.1).doubts(facts) == ()


def test_numbers_beyond_the_bounds_count_like_the_bounds() -> None:
    calibration = packaged_calibration()
    huge, full = replace(SURE, size=10**9, gaps=1e9), replace(SURE, size=FULL, gaps=MOST)
    assert calibration.confidence(huge) == calibration.confidence(full)


def test_every_term_has_a_sentence() -> None:
    for facts in (SURE, DOUBTFUL, replace(DOUBTFUL, is_fallback=True, gaps=0.5)):
        sentences = {facts.sentence(term) for term in facts.terms() if term not in get_args(PageKind)}
        assert len(sentences) == len(facts.terms()) - len(get_args(PageKind))


def test_the_kind_of_page_counts_and_is_named_where_it_speaks_against_the_text() -> None:
    calibration = weighing(forum=-2.0)
    assert calibration.confidence(replace(SURE, kind="forum")) < calibration.confidence(SURE)
    assert calibration.doubts(replace(SURE, kind="forum")) == ("pages of the kind forum are often wrong",)


@pytest.mark.parametrize("change", [{"weights": {"doubt": 1}}, {"usual": {}}, {"right": 0.5}])
def test_a_calibration_for_other_facts_is_refused(change: dict[str, object]) -> None:
    terms = dict.fromkeys(SURE.terms(), 0.0)
    stored: dict[str, object] = {"right": 0.9, "intercept": 0, "weights": terms, "usual": terms}
    assert read_calibration(json.dumps(stored).encode()).confidence(SURE) == 0.5
    with pytest.raises(ValueError, match="fitted to other facts"):
        read_calibration(json.dumps(stored | change).encode())


def test_an_article_says_how_sure_its_text_is() -> None:
    article = clean(STORY)
    assert article.confidence is not None
    assert (article.confidence < DOUBTFUL_BELOW) == (LOW_CONFIDENCE in article.flags)
    told = article.as_dict()
    assert (told["confidence"], told["doubts"]) == (article.confidence, list(article.doubts))


def test_the_flag_is_set_just_where_the_confidence_is_low(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cleaners.classify.confidence.Calibration.confidence", lambda *_: DOUBTFUL_BELOW)
    assert LOW_CONFIDENCE not in clean(STORY).flags
    monkeypatch.setattr("cleaners.classify.confidence.Calibration.confidence", lambda *_: DOUBTFUL_BELOW - 0.01)
    assert LOW_CONFIDENCE in clean(STORY).flags


@pytest.mark.parametrize("page", ["", "<body><nav><a href=/>Home</a></nav>", "<p>"])
def test_a_page_without_a_text_has_no_confidence(page: str) -> None:
    article = clean(page)
    assert (article.text, article.confidence, article.doubts) == ("", None, ())
    assert LOW_CONFIDENCE not in article.flags


def test_ready_made_text_and_a_page_that_failed_have_no_confidence() -> None:
    assert clean_text(PROSE).confidence is None
    failed = clean_page(Page(3))  # type: ignore[arg-type]
    assert failed.failure
    assert failed.confidence is None


def drawn(pages: int, right_of: Callable[[DecisionFacts], float]) -> list[confidence.Case]:
    """Return pages in several folds, each right with the probability that its facts give."""
    chance = random.Random(7)
    cases = []
    for number in range(pages):
        close, gaps = chance.random(), chance.random() * 3
        facts = replace(SURE, close=close, gaps=gaps, kind=chance.choice(("article", "forum")))
        cases.append(confidence.Case("fundus-dev", number % 5, facts, chance.random() < right_of(facts)))
    return cases


def test_the_fit_finds_what_decides_and_is_calibrated_on_pages_that_it_has_not_seen() -> None:
    cases = drawn(3000, lambda facts: 1 / (1 + math.exp(-(3 - 5 * facts.close - 2 * (facts.kind == "forum")))))
    found = confidence.fit(cases)
    assert found.weights["close"] == pytest.approx(-5, abs=0.6)
    assert found.weights["article"] - found.weights["forum"] == pytest.approx(2, abs=0.4)
    # of each other fact there is only one value
    assert {found.weights[name] for name in ("doubt", "left out", "declared", "product")} == {0}
    scores = confidence.held_out(cases)
    right = np.array([case.is_right for case in cases])
    for low in (0.1, 0.3, 0.5, 0.7):
        these = (scores >= low) & (scores < low + 0.2)
        assert right[these].mean() == pytest.approx(scores[these].mean(), abs=0.06)
    assert confidence.auc(scores, right) > 0.8


def test_a_fact_that_would_speak_for_a_text_though_it_cannot_gets_no_weight() -> None:
    found = confidence.fit(drawn(1000, lambda facts: 0.9 if facts.gaps > 1 else 0.2))
    assert found.weights["gaps"] == 0


def test_the_tables_have_every_page_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = drawn(100, lambda facts: 1 - facts.close)
    lines = confidence.tables(cases, confidence.held_out(cases))
    bins = [line.split(" | ") for line in lines[2 : 2 + confidence.BINS]]
    assert sum(int(cells[1]) for cells in bins) == 100
    document, data = tmp_path / "quality.md", tmp_path / "confidence.json"
    document.write_text(f"before\n{confidence.BEGIN}\nold\n{confidence.END}\nbehind\n")
    monkeypatch.setattr(confidence, "DOCUMENT", document)
    monkeypatch.setattr(confidence, "TARGET", data)
    confidence.write(confidence.fit(cases), lines)
    assert document.read_text().split("\n") == ["before", confidence.BEGIN, *lines, confidence.END, "behind", ""]
    assert read_calibration(data.read_bytes()) == confidence.fit(cases)

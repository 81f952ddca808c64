"""Test the block model: its input, the walk through its trees, and the facts that it gives as reasons."""

from __future__ import annotations

import json
import math
import tracemalloc
from typing import Any, TypeAlias
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleaners import clean
from cleaners.classify import NAMES, Matrix, PageFacts, model_bytes, packaged_model, read_model
from cleaners.classify.decide import ModelInput
from cleaners.classify.features import OWN_NAMES as EVIDENCE
from cleaners.classify.trees import MAX_LEAVES, SURE, BlockModel, Trees
from cleaners.html.blocks import PageBlock, read_blocks
from cleaners.html.tree import body_of, parse

PROSE = "It rained on Monday, and the harbour was closed until noon, when the wind fell at last. "
PAGE = f"""<html><head><title>Storm closes harbour</title></head><body><nav><a href=/>Home</a><a href=/sea>Sea</a></nav>
<main class=story><h1>Storm closes harbour</h1><p class=standfirst>All ships must wait.</p><p>{PROSE * 2}</p>
<ul><li>one ferry</li><li>two ships</li></ul><blockquote>We were lucky.</blockquote><p>{PROSE * 3}</p>
<table><tr><td>Hallow<td>3</table><pre>if storm: close()</pre></main>
<div class=cards><a href=/2>Crane falls on northern pier</a><a href=/3>Pilots ask for a third boat</a></div>
<div hidden><p>Please wait for the page to load.</p></div><footer>Contact</footer>"""
WIDTH = 4
MOST_MEMORY = 100 * 2**20
"""Bytes for 5,000 blocks: 57 MB were measured, most of them a few matrices of a number for each block and feature."""

Tree: TypeAlias = Any
"""A leaf's value, or a list: feature, threshold, left, right, expected value."""


def blocks_of(html: str) -> list[PageBlock]:
    root = parse(html)
    return [] if root is None else read_blocks(body_of(root), {})


def input_of(html: str, facts: PageFacts | None = None) -> ModelInput:
    blocks = blocks_of(html)
    return ModelInput(
        blocks, range(len(blocks)), lambda container: PROSE * 2, facts or PageFacts("Storm closes harbour")
    )


NUMBERS = st.floats(-100, 100, width=32)
CREDITS = st.floats(-5, 5)


def inner(branches: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.tuples(st.integers(0, WIDTH - 1), NUMBERS, branches, branches, CREDITS).map(list)


TREES = st.lists(st.recursive(CREDITS, inner, max_leaves=12), max_size=6)
ROWS = st.lists(st.lists(NUMBERS, min_size=WIDTH, max_size=WIDTH), min_size=1, max_size=8)


def value_of(tree: Tree) -> float:
    return float(tree[4] if isinstance(tree, list) else tree)


def leaf_of(tree: Tree, row: list[float]) -> float:
    if not isinstance(tree, list):
        return float(tree)
    feature, threshold, left, right, _ = tree
    return leaf_of(left if row[feature] <= threshold else right, row)


def scores_of(trees: Trees, rows: Matrix) -> list[float]:
    return [float(score) for score in trees.scores(trees.leaves(rows))]


def credits_of(trees: Trees, rows: Matrix) -> Any:  # noqa: ANN401 - a matrix
    return trees.credits(trees.leaves(rows), rows.shape[1])


def matrix(rows: list[list[float]]) -> Matrix:
    return np.array(rows, dtype=np.float32)


def log_odds(score: float) -> float:
    return math.log(score / (1 - score))


@given(TREES, ROWS)
def test_the_scores_are_what_following_each_tree_by_hand_gives(trees: list[Any], rows: list[list[float]]) -> None:
    scores = scores_of(Trees(trees), matrix(rows))
    totals = [sum(leaf_of(tree, row) for tree in trees) for row in rows]
    assert scores == pytest.approx([1 / (1 + math.exp(-total)) for total in totals])


@given(TREES, ROWS)
def test_credits_are_the_score_less_what_was_expected(trees: list[Any], rows: list[list[float]]) -> None:
    moved = credits_of(Trees(trees), matrix(rows))
    assert moved.shape == (len(rows), WIDTH)
    expected = sum(value_of(tree) for tree in trees)
    totals = [sum(leaf_of(tree, row) for tree in trees) for row in rows]
    assert moved.sum(axis=1) == pytest.approx([total - expected for total in totals], abs=1e-9)


@given(TREES, ROWS)
def test_a_feature_that_no_tree_asks_for_has_no_credit(trees: list[Any], rows: list[list[float]]) -> None:
    widened = matrix([[*row, 7.0] for row in rows])
    assert not credits_of(Trees(trees), widened)[:, WIDTH].any()


@given(TREES, TREES, ROWS)
def test_only_rows_that_the_early_trees_are_unsure_of_are_shown_to_the_others(
    early: list[Any], late: list[Any], rows: list[list[float]]
) -> None:
    trees, given_rows = Trees([*early, *late], early=len(early)), matrix(rows)
    alone, all_trees = Trees(early), Trees([*early, *late])
    for row, score, first, whole in zip(
        rows, scores_of(trees, given_rows), scores_of(alone, given_rows), scores_of(all_trees, given_rows), strict=True
    ):
        is_sure = abs(sum(leaf_of(tree, row) for tree in early)) >= SURE
        assert score == pytest.approx(first if is_sure and early else whole)
    moved = credits_of(trees, given_rows)
    expected = sum(value_of(tree) for tree in early)
    for row, credit in zip(rows, moved.sum(axis=1), strict=True):
        total = sum(leaf_of(tree, row) for tree in early)
        if early and abs(total) >= SURE:
            assert credit == pytest.approx(total - expected, abs=1e-9)


@given(TREES, ROWS)
def test_what_is_made_for_compiled_code_tells_the_leaves_that_numpy_tells(
    trees: list[Any], rows: list[list[float]]
) -> None:
    leaves = []
    for is_compiled in (True, False):
        with patch("cleaners.classify.trees.IS_COMPILED", is_compiled):
            leaves.append(Trees(trees).leaves(matrix(rows)).tolist())
    assert leaves[0] == leaves[1]


def test_a_feature_equal_to_the_threshold_goes_left() -> None:
    trees = Trees([[0, 0.1, -2.0, 2.0, 0.0]])
    scores = scores_of(trees, matrix([[0.1], [0.1000001]]))
    assert [score < 0.5 for score in scores] == [True, False]


def test_scores_past_all_bounds_are_still_scores() -> None:
    assert scores_of(Trees([1e6]), matrix([[0.0]])) == pytest.approx([1])
    assert scores_of(Trees([-1e6]), matrix([[0.0]])) == pytest.approx([0])


@pytest.mark.parametrize("html", [PAGE, "<p>x", f"<p>{PROSE}<p>{PROSE}", "<table><tr><td>1<td>2</table>", "<ul><li>a"])
def test_each_block_has_a_finite_number_for_each_name(html: str) -> None:
    rows = input_of(html).rows
    assert rows.shape == (len(blocks_of(html)), len(EVIDENCE))
    assert np.isfinite(rows).all()


@given(st.lists(st.sampled_from(["<p>", "<li>", "<h1>", "<td>", "<div class=share>", "a", ". ", PROSE]), max_size=12))
def test_any_page_has_evidence_of_its_width(tokens: list[str]) -> None:
    html = "".join(tokens) + "<p>x"
    assert input_of(html, PageFacts()).rows.shape == (len(blocks_of(html)), len(EVIDENCE))


def test_names_are_said_once() -> None:
    assert len(set(NAMES)) == len(NAMES)


EXPECTED = {
    "Storm closes harbour": {"is heading", "<h1>", "in <main>", "inside story", "is the headline"},
    "All ships must wait.": {"<p>", "named standfirst", "ends like a sentence", "heading before"},
    "one ferry": {"is list item", "<li>", "in <ul>", "behind the headline"},
    "We were lucky.": {"is quote", "<blockquote>"},
    "Hallow | 3": {"is table"},
    "if storm: close()": {"is code", "<pre>"},
    "Please wait for the page to load.": {"hidden from readers"},
    "Contact": {"<footer>"},
}


@pytest.mark.parametrize("text", EXPECTED)
def test_evidence_stands_under_its_name(text: str) -> None:
    row = input_of(PAGE).rows[[block.text for block in blocks_of(PAGE)].index(text)]
    assert EXPECTED[text] <= {name for name, number in zip(EVIDENCE, row, strict=True) if number}


def test_only_what_is_hidden_is_told_as_hidden() -> None:
    hidden = input_of(PAGE).rows[:, EVIDENCE.index("hidden from readers")]
    texts = [block.text for block, is_hidden in zip(blocks_of(PAGE), hidden, strict=True) if is_hidden]
    assert texts == ["Please wait for the page to load."]


def test_links_are_told_as_a_share() -> None:
    shares = input_of(PAGE).rows[:, EVIDENCE.index("share of links")]
    by_text = dict(zip([block.text for block in blocks_of(PAGE)], shares, strict=True))
    assert by_text["one ferry"] == 0
    assert 0.9 < by_text["Crane falls on northern pierPilots ask for a third boat"] < 1


def test_the_packaged_models_credits_are_the_score_less_what_was_expected() -> None:
    stored, rows = json.loads(model_bytes("page")), input_of(PAGE).rows
    first = Trees(stored["page"]["first"])
    scores, moved = scores_of(first, rows), credits_of(first, rows)
    expected = sum(value_of(tree) for tree in stored["page"]["first"])
    assert moved.sum(axis=1) + expected == pytest.approx([log_odds(score) for score in scores], abs=1e-6)


@pytest.mark.parametrize("html", ["<body></body>", "<body><nav><a href=/>Home</a></nav></body>"])
def test_a_page_without_free_blocks_has_no_article(html: str) -> None:
    assert clean(html).blocks == ()


def test_scores_lie_between_none_and_all() -> None:
    page = input_of(PAGE)
    scores = packaged_model("article").score(page.rows, page.sizes, page.kin, page.parents)
    assert len(scores.values) == len(blocks_of(PAGE))
    assert all(0 <= score <= 1 for score in scores.values)


def test_a_fact_that_speaks_for_a_block_is_not_told_against_it() -> None:
    words, copies = NAMES.index("words"), NAMES.index("copies")
    against, in_favour = [words, 2.5, -2.0, 1.0, 0.0], [copies, 1000, 1.0, -1.0, 0.0]
    model = BlockModel(Trees([0.0]), Trees([against, in_favour]), 0.5)
    given = input_of(PAGE)
    scores = model.score(given.rows, given.sizes, given.kin, given.parents)
    short = min(range(len(given.sizes)), key=given.sizes.__getitem__)
    assert scores.facts([short], [0.25]) == ["score 0.25: a single word"]


def test_a_tree_with_more_leaves_than_can_be_read_is_refused() -> None:
    tree: Tree = 0.0
    for _ in range(MAX_LEAVES):
        tree = [0, 0.5, tree, 1.0, 0.0]
    with pytest.raises(ValueError, match=f"{MAX_LEAVES + 1} leaves"):
        Trees([tree])


def changed(**parts: object) -> bytes:
    return json.dumps(json.loads(model_bytes("article")) | parts).encode()


@pytest.mark.parametrize(
    "names", [[*NAMES[1:], NAMES[0]], NAMES[:-1], [*NAMES, "moon"], []], ids=["order", "one less", "one more", "none"]
)
def test_a_model_of_other_features_is_refused_and_the_mending_named(names: list[str]) -> None:
    with pytest.raises(ValueError, match=r"trained on other features: run python -m benchmarks\.train"):
        read_model(changed(names=list(names)), "article")


def test_a_model_is_read_as_it_was_stored() -> None:
    given = input_of(PAGE)
    values = [
        model.score(given.rows, given.sizes, given.kin, given.parents).values
        for model in (read_model(model_bytes("article"), "article"), packaged_model("article"))
    ]
    assert values[0] == values[1]


def test_five_thousand_blocks_are_scored_in_bounded_memory() -> None:
    count = 5000
    blocks = blocks_of(f"<article>{f'<p>{PROSE}</p>' * count}</article>")
    packaged_model("article")
    tracemalloc.start()
    try:
        given = ModelInput(blocks, range(count), lambda container: PROSE, PageFacts())
        scores = packaged_model("article").score(given.rows, given.sizes, given.kin, given.parents)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(scores.values) == count
    assert peak < MOST_MEMORY

"""Test the features of a block's surroundings against a plain but quadratic computation of them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleaners.classify.features import (
    FAR,
    NEIGHBOUR_NAMES,
    REACH,
    SURE,
    _count,
    _count_by_sign,
    surroundings,
)

SCORES = st.lists(st.floats(0, 1), min_size=1, max_size=40)
MIRRORED = {
    "score 3 before": "score 3 behind",
    "score 2 before": "score 2 behind",
    "score before": "score behind",
    "blocks since text": "blocks until text",
}


def told(scores: list[float], sizes: list[int] | None = None, groups: str | None = None) -> list[dict[str, float]]:
    """Return the rows by name; `groups` has a letter for each block, and blocks of one letter are alike."""
    sizes = sizes or [50] * len(scores)
    kin = groups or "x" * len(scores)
    rows = surroundings(scores, sizes, kin, kin.lower())
    return [dict(zip(NEIGHBOUR_NAMES, row, strict=True)) for row in rows]


def log_odds(score: float) -> float:
    return math.log((score + 1e-4) / (1 - score + 1e-4))


def test_a_page_without_blocks_has_no_rows() -> None:
    assert len(surroundings([], [], [], [])) == 0


@given(SCORES)
def test_each_block_has_a_row_of_finite_numbers_one_for_each_name(scores: list[float]) -> None:
    rows = surroundings(scores, [50] * len(scores), scores, scores)
    assert len(rows) == len(scores)
    assert {len(row) for row in rows} == {len(NEIGHBOUR_NAMES)}
    assert all(math.isfinite(number) for row in rows for number in row)


@given(SCORES)
def test_a_page_read_backwards_has_its_surroundings_backwards(scores: list[float]) -> None:
    rows, mirrored = told(scores), told(scores[::-1])[::-1]
    for ahead, back in MIRRORED.items():
        assert [row[ahead] for row in rows] == [row[back] for row in mirrored]
    around = [row["score around"] for row in mirrored]
    assert [row["score around"] for row in rows] == pytest.approx(around)


@given(SCORES)
def test_neighbours_are_told_by_their_log_odds_and_the_edges_by_a_low_one(scores: list[float]) -> None:
    odds = [-9.0] * 3 + [log_odds(score) for score in scores] + [-9.0] * 3
    for i, row in enumerate(told(scores)):
        near = [row[f"score {name}"] for name in ("3 before", "2 before", "before", "behind", "2 behind", "3 behind")]
        assert [*near[:3], row["own score"], *near[3:]] == pytest.approx(odds[i : i + 7])


@given(SCORES)
def test_distances_count_the_blocks_to_the_next_text_up_to_a_bound(scores: list[float]) -> None:
    text = [i for i, score in enumerate(scores) if score >= SURE]
    for i, row in enumerate(told(scores)):
        assert row["blocks since text"] == min([FAR, *(i - k for k in text if k <= i)])
        assert row["blocks until text"] == min([FAR, *(k - i for k in text if k >= i)])


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 5000)), min_size=1, max_size=30))
def test_the_score_around_is_a_mean_by_length_that_fades_with_distance(blocks: list[tuple[float, int]]) -> None:
    scores, sizes = [score for score, _ in blocks], [size for _, size in blocks]
    for i, row in enumerate(told(scores, sizes)):
        weights = [math.log1p(size) * math.exp(-abs(i - k) / REACH) for k, size in enumerate(sizes)]
        mean = sum(w * p for w, p in zip(weights, scores, strict=True)) / (sum(weights) or 1.0)
        assert row["score around"] == pytest.approx(mean)


def test_the_text_up_to_a_block_and_with_it_is_a_share_of_the_text_of_the_page() -> None:
    rows = told([0.9, 0.1, SURE, 0.2], [100, 900, 300, 900])
    assert [row["text before it"] for row in rows] == [0.25, 0.25, 1, 1]
    assert {row["blocks of text"] for row in rows} == {2}
    assert [row["text of page"] for row in rows] == pytest.approx([math.log1p(400)] * 4)


def test_blocks_of_the_same_making_are_told_of_each_other() -> None:
    rows = told([0.9, 0.1, 0.5, 0.2], groups="abaa")
    like = [log_odds(score) for score in (0.9, 0.5, 0.2)]
    for i in (0, 2, 3):
        assert rows[i]["number of its like"] == 3
        assert rows[i]["score of its like"] == pytest.approx(sum(like) / 3)
        assert (rows[i]["worst of its like"], rows[i]["best of its like"]) == (min(like), max(like))
    assert rows[1]["number of its like"] == 1
    assert rows[1]["score of its like"] == rows[1]["own score"]


def test_siblings_count_by_their_length() -> None:
    long, short = 2000, 3
    rows = told([0.9, 0.1], [long, short], "aA")
    weights = math.log1p(long), math.log1p(short)
    mean = (log_odds(0.9) * weights[0] + log_odds(0.1) * weights[1]) / sum(weights)
    assert [row["score of siblings"] for row in rows] == pytest.approx([mean, mean])
    assert {row["number of siblings"] for row in rows} == {2}
    assert {row["number of its like"] for row in rows} == {1}


def test_blocks_without_length_share_no_score_and_divide_by_nothing() -> None:
    assert [row["score around"] for row in told([0.9, 0.9], [0, 0])] == [0, 0]


PIECES = st.sampled_from(("subscri", "tags:", "tag", "reporte", "reporter", "e-mail", "7", "٣", "Ωμ", "Ё", "×", "Þ"))


@given(st.lists(st.one_of(PIECES, st.text(max_size=3))).map("".join))
def test_what_is_made_for_compiled_code_counts_the_signs_and_phrases_that_searching_finds(head: str) -> None:
    assert _count_by_sign(head, head.lower()) == _count(head, head.lower())

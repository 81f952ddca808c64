"""Test that blocks are found in a text in order, and short ones only between long ones."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleaners.classify.decide import align
from cleaners.rules.context import normal

ONE = "The harbour was closed on Monday after a storm that had begun at night."
TWO = "Two ferries had to turn back and many people spent the night in a school."
THREE = "On Tuesday the wind fell, and the first ships left the port before noon."


def test_long_blocks_of_the_text_are_inside_it() -> None:
    assert align([ONE, TWO, THREE], f"{ONE}\n{THREE}") == [True, False, True]


def test_a_short_block_is_inside_only_between_its_neighbours() -> None:
    assert align(["World", ONE, "World", TWO], f"{ONE}\nWorld\n{TWO}") == [False, True, True, True]


def test_a_short_block_whose_words_stand_inside_a_sentence_elsewhere_is_not_inside() -> None:
    assert align(["Ships", ONE, THREE], f"{ONE}\n{THREE}") == [False, True, True]


def test_a_menu_that_repeats_a_headline_does_not_take_the_place_of_the_text() -> None:
    assert align([THREE, ONE, TWO, THREE], f"{ONE}\n{TWO}\n{THREE}") == [False, True, True, True]


def test_each_of_several_equal_blocks_is_inside_where_the_text_has_them_all() -> None:
    assert align([ONE] * 5, "\n".join([ONE] * 5)) == [True] * 5
    assert align([ONE, TWO, ONE, THREE, ONE], "\n".join([ONE, TWO, ONE, THREE, ONE])) == [True] * 5


def test_of_equal_blocks_as_many_are_inside_as_the_text_has() -> None:
    assert sum(align([ONE] * 5, "\n".join([ONE] * 3))) == 3
    assert align([ONE, TWO, ONE, THREE], f"{TWO}\n{ONE}\n{THREE}") == [False, True, True, True]


def test_a_block_whose_link_was_left_out_is_still_found() -> None:
    long = f"{ONE} {TWO} Read the report here now. {THREE}"
    assert align([long], f"{ONE} {TWO} {THREE}") == [True]


def test_punctuation_case_and_white_space_do_not_matter() -> None:
    assert align([ONE.upper()], ONE.replace(" ", "\n").replace(".", "")) == [True]


@pytest.mark.parametrize("blocks", [[], [""], ["…", "—"], [ONE]])
def test_an_empty_text_has_no_blocks(blocks: list[str]) -> None:
    assert align(blocks, "") == [False] * len(blocks)


def test_words_are_normal_without_signs_and_marks_of_no_width() -> None:
    assert normal("“Har\xadbour”\u200b, Zoë’s ÇA 3.5") == " harbour zoë s ça 3 5 "


SENTENCES = st.lists(st.sampled_from([ONE, TWO, THREE, "World", "", "Share", "•"]), max_size=12)


@given(SENTENCES, st.text(max_size=50))
def test_there_is_an_answer_for_every_block(blocks: list[str], text: str) -> None:
    assert len(align(blocks, text)) == len(blocks)


@given(st.lists(st.sampled_from([ONE, TWO, THREE]), unique=True))
def test_the_blocks_of_a_text_are_all_inside_it(blocks: list[str]) -> None:
    assert all(align(blocks, "\n".join(blocks)))

"""Test the line model of text mode: what it reads, when it speaks, and that it takes whole passages."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleaners import CleanOptions, clean_text, restore
from cleaners.line_model import LineModel, LineScores, debris, line_model, roughness
from cleaners.line_model.characters import Characters
from cleaners.line_model.columns import LONG_LINE, NAMES, columns, matrix
from cleaners.line_model.model import DATA
from cleaners.line_model.reasons import FALLBACK, reason
from cleaners.rules.context import LineContext
from cleaners.text_mode import judged_text

MENU = ("Nordhafen Post", "Home", "News", "Harbour", "Sport", "Weather", "Jobs", "My account", "Sign in", "Search")
STORY = (
    "The harbour was closed on Monday after a storm that had begun at night, officials of the port said.",
    "Two ferries had to turn back, and some three hundred people spent the night in the hall of a school.",
    "“We have not seen waves like these for twenty years,” the harbour master told reporters at the pier.",
    "The storm had torn a crane from its rails, and the harbour will stay closed until the crane is removed.",
    "Officials said that the ferries would run again on Wednesday if the waves were lower than two metres.",
    "The people in the school were given blankets and soup, and most of them went home in the morning.",
)
TEASERS = (
    "More news from the harbour", "Fishermen Fear for Their Licences", "New Bridge Opens in Spring",
    "Mayor Wants Fewer Cars", "Museum Shows Old Maps", "Choir Looks for Voices", "Storm Warning for the Weekend",
)  # fmt: skip
FOOTER = ("About us", "Contact", "Imprint", "Privacy", "Terms of use", "Advertise", "Careers", "RSS", "Archive", "Help")
SECTIONS = (
    "Local", "Politics", "Business", "Shipping", "Culture", "Opinion", "Letters", "Science", "Travel", "Food", "Video",
    "Football", "Sailing", "Rowing", "Results", "Live", "Puzzles", "Horoscope", "Classifieds", "Cars", "Homes",
    "Obituaries", "Newsletters", "Podcasts", "E-paper", "Subscribe", "Log out", "Help centre", "Follow us", "Today",
)  # fmt: skip
PAGE = "\n".join((*MENU, *SECTIONS, *MENU, *STORY, *TEASERS, *SECTIONS[:9], *FOOTER))


def context(*lines: str) -> LineContext:
    return LineContext(lines, text_mode=True)


def rows_of(*lines: str) -> dict[str, list[float]]:
    found = columns(lines, np.zeros(len(lines), bool), np.zeros(len(lines)))
    return {name: np.broadcast_to(values, len(lines)).astype(float).tolist() for name, values in found.items()}


def test_of_a_whole_page_the_menu_and_the_footer_go_and_the_story_stays() -> None:
    article = clean_text(PAGE)
    assert article.flags == ("text:whole-page",)
    assert all(line in article.text for line in STORY)
    left = article.text.splitlines()
    assert not {*MENU, *SECTIONS[:9], *FOOTER} & {*left}
    assert restore(article) == PAGE


def test_each_line_that_the_model_takes_has_its_reason_in_words() -> None:
    taken = [removal for removal in clean_text(PAGE).removals if removal.rule == "lines/model"]
    assert taken
    assert all(removal.why.startswith("score ") and len(removal.why) > len("score 0.99: ") for removal in taken)


def unasked() -> LineModel:
    raise AssertionError("the model was asked")


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("\n".join(STORY), None),
        (PAGE, CleanOptions(only_rules=True)),
        ("", None),
        ("x\n" * 50_001, None),
    ],
)
def test_the_model_stays_out_of_clean_and_huge_texts_and_where_rules_alone_are_wanted(
    text: str, options: CleanOptions | None
) -> None:
    judged_text(text, unasked, options=options)


def test_roughness_is_told_from_the_text() -> None:
    assert roughness(context(*STORY)) == "clean"
    assert roughness(context(*TEASERS, *STORY)) == "rough"
    assert roughness(context(*PAGE.splitlines())) == "whole-page"


@given(st.lists(st.text(st.characters(exclude_characters="\n"), min_size=1).filter(str.strip), min_size=1, max_size=8))
def test_any_lines_have_a_row_of_finite_numbers_each(lines: list[str]) -> None:
    rows = matrix(lines, np.zeros(len(lines), bool), line_model().wording.of_lines(lines))
    assert rows.shape == (len(lines), len(NAMES))
    assert np.isfinite(rows).all()


def test_columns_say_what_a_line_is() -> None:
    rows = rows_of("  • Sport", "12) “It rained,” she said on 3.5.2024.", "港は閉鎖された。", "SPORT: 3")
    assert rows["bullet"] == [1, 1, 0, 0]
    assert rows["indentation"] == [2, 0, 0, 0]
    assert rows["ends like a sentence"] == [0, 1, 1, 0]
    assert rows["ideograms"][2] > 0.8
    assert rows["dates and times"] == [0, 3, 0, 0]
    assert rows["quotation marks"] == [0, 1, 0, 0]
    assert rows["colon at -1"] == [-2, 0, 0, 0]


def test_a_word_is_known_from_the_paragraphs_around_but_not_from_its_own() -> None:
    rows = rows_of(STORY[0], "Harbour closed", "Unrelated matters", STORY[1])
    assert rows["words known from prose"][1] == 1
    assert rows["words known from prose"][2] == 0
    assert rows["words known from prose"][0] < 0.3


def test_the_middle_of_a_long_line_is_not_read() -> None:
    start, end = "a" * (LONG_LINE // 2), "b" * (LONG_LINE // 2 - 1) + "."
    short, long = rows_of(start + end), rows_of(start + ", 1999. " * 5000 + end)
    assert {name for name in NAMES if short[name] != long[name]} <= {
        "length", "place in the text", "text after", "length of the text", "share of prose", "words",
        "length beside a paragraph's", "length within 3", "length within 8", "length within 20",
        "share of the narrow region", "share of the wide region", "share of prose within 3",
        "share of prose within 8", "share of prose within 20",
    }  # fmt: skip


def test_words_of_equal_letters_are_equal_wherever_they_stand() -> None:
    words = Characters(["Storm harbour", "xx STORM", "Harbour storm storms"]).words()
    assert words.times(np.ones(3, bool)).tolist() == [2, 3, 3, 2, 3, 1] or sorted(
        words.times(np.ones(3, bool)).tolist()
    ) == [1, 2, 2, 3, 3, 3]


def scored(*values: float) -> LineScores:
    return LineScores(np.array(values), np.zeros((len(values), len(NAMES)), np.float32), line_model().trees)


def test_the_rest_of_a_passage_goes_with_it() -> None:
    assert debris(scored(0.01, 0.99, 0.8, 0.99, 0.01, 0.8, 0.2), [False] * 7, "rough") == [1, 2, 3]
    assert debris(scored(0.01, 0.99, 0.8, 0.9), [False] * 4, "rough") == [1, 2, 3]


def test_what_rules_took_counts_for_its_passage_and_is_not_taken_again() -> None:
    assert debris(scored(0.01, 0.8, 0.8, 0.99), [False, True, False, True], "rough") == [2]


def test_a_text_without_a_sure_line_stays() -> None:
    assert debris(scored(0.9, 0.8, 0.9), [False] * 3, "rough") == []


def test_a_reason_names_what_counted_most() -> None:
    row, moved = np.zeros(len(NAMES)), np.zeros(len(NAMES))
    row[NAMES.index("copies")], moved[NAMES.index("copies")] = 3, 2.0
    row[NAMES.index("wording")], moved[NAMES.index("wording")] = 1.5, 1.0
    assert reason(row, moved) == "3 times in the text; worded like debris"
    assert reason(row, np.zeros(len(NAMES))) == FALLBACK


def test_a_model_of_other_columns_is_refused() -> None:
    stored = json.loads(DATA.read_bytes())
    with pytest.raises(ValueError, match=r"run python -m benchmarks\.train_lines"):
        LineModel(stored | {"names": stored["names"][:-1]})


def test_the_data_of_the_model_is_smaller_than_300_kb() -> None:
    assert DATA.stat().st_size < 300_000

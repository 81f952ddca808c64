"""Signals are the numbers that one counts by hand, whatever the text, and every column has one."""

from __future__ import annotations

import pytest

pytest.importorskip("pyarrow")

import pyarrow as pa

from archive.dataset.table.signals import PII, SIGNALS, pii_of, signals_of
from cleaners import guess_language

# 17 words of 74 characters, 4 lines, 94 characters in all, 7 of them line ends
HARBOUR = "The harbour was closed.\n\n- The harbour was closed.\n\nFish of the day…\n\nThe harbour was closed.\n"
BY_HAND = {
    "c4_terminal_line_share": 3 / 4,
    "c4_sentences": 4,
    "c4_curly_bracket": False,
    "c4_javascript": False,
    "c4_lorem_ipsum": False,
    "gopher_mean_word_length": 74 / 17,
    "gopher_hash_ratio": 0,
    "gopher_ellipsis_ratio": 1 / 17,
    "gopher_bullet_line_share": 1 / 4,
    "gopher_ellipsis_line_share": 1 / 4,
    "gopher_letter_word_share": 16 / 17,
    "gopher_stop_words": 2,  # the, of
    "gopher_dup_line_share": 1 / 4,
    "gopher_dup_line_char_share": 23 / 94,
    "gopher_dup_paragraph_share": 1 / 4,
    "gopher_dup_paragraph_char_share": 23 / 94,
    "gopher_top_2gram_char_share": 3 * 10 / 74,  # "was closed.", as long as "The harbour"
    "gopher_top_3gram_char_share": 3 * 17 / 74,  # "harbour was closed."
    "gopher_top_4gram_char_share": 3 * 20 / 74,  # "The harbour was closed."
    **{f"gopher_dup_{n}gram_char_share": 0 for n in range(5, 11)},
    "fineweb_terminal_line_share": 1,
    "fineweb_short_line_share": 1,
    "fineweb_dup_line_char_share": 23 / 87,
    "fineweb_list_ratio": 7 / 17,
}
ODD = ["", " \n\n ", "#", "{", "x" * 5000, "ha " * 40, "\ud800 half a pair", "港は閉鎖された。船は来ない。", "…" * 20]


def test_the_signals_of_a_known_text_are_those_counted_by_hand() -> None:
    assert signals_of(HARBOUR) == pytest.approx(BY_HAND)


def test_repeated_runs_count_once_each_and_without_their_first() -> None:
    found = signals_of("one two three four five six " * 2)  # 44 characters of words
    assert found["gopher_top_2gram_char_share"] == pytest.approx(2 * 9 / 44)  # "three four"
    assert found["gopher_dup_5gram_char_share"] == pytest.approx(19 / 44)  # "one … five" again, and no overlap
    assert found["gopher_dup_6gram_char_share"] == pytest.approx(22 / 44)
    assert found["gopher_dup_7gram_char_share"] == 0


def test_no_share_is_above_one_where_runs_overlap() -> None:
    found = signals_of("ha " * 40)
    assert all(found[name] <= 1 for name, _ in SIGNALS if name.endswith("_share"))


def test_marks_words_and_brackets_are_seen_in_any_case() -> None:
    found = signals_of("Please enable JavaScript { } Lorem Ipsum dolor #one #two")
    assert (found["c4_javascript"], found["c4_curly_bracket"], found["c4_lorem_ipsum"]) == (True, True, True)
    assert found["gopher_hash_ratio"] == pytest.approx(2 / 10)


def test_sentences_of_scripts_without_blanks_are_counted() -> None:
    found = signals_of("港は閉鎖された。船は来ない。")
    assert found["c4_sentences"] == 2
    assert found["fineweb_terminal_line_share"] == 1


@pytest.mark.parametrize("text", ODD)
def test_every_column_has_a_number_whatever_the_text(text: str) -> None:
    assert set(signals_of(text)) == {name for name, _ in SIGNALS}
    assert set(pii_of(text)) == {name for name, _ in PII}
    assert pa.array([signals_of(text)], pa.struct(list(SIGNALS))).null_count == 0


def test_long_runs_of_one_mark_are_read_once() -> None:
    text = "." * 200_000 + "x" + "@" * 200_000 + "+1 " * 50_000 + "\n " * 50_000 + "1." * 50_000
    assert signals_of(text)["c4_sentences"] == 1
    assert pii_of(text)["emails"] == 0


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("Write to desk@harbour.example, or to Anna.Berg+news@mail.harbour.example.", (2, 0, 0)),
        ("@harbour on two networks; see medium.example/@harbour.berg", (0, 0, 0)),
        ("Call +44 20 7946 0018 or +49 (30) 901820-11.", (0, 2, 0)),
        ("Call (555) 010-7788, 555-010-7788 or 030 / 901820.", (0, 3, 0)),
        ("On 2026-11-03 and 03-11-2026 it paid 1,250,000 for 12.5 per cent of 100 000 shares.", (0, 0, 0)),
        ("From 8.8.8.8; not 192.168.0.1, 10.0.0.1, 127.0.0.1, 999.1.1.1, version 1.2.3.4.5 or v8.8.8.8.", (0, 0, 1)),
    ],
)
def test_personal_data_is_counted(text: str, counts: tuple[int, int, int]) -> None:
    assert tuple(pii_of(text).values()) == counts


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("The harbour master closed the gates before the storm, and the boats waited outside until morning.", "en"),
        ("Der Hafenmeister schloss die Tore vor dem Sturm, und die Boote warteten draußen bis zum Morgen.", "de"),
        ("Le maître du port a fermé les portes avant la tempête, et les bateaux ont attendu dehors.", "fr"),
    ],
)
def test_a_text_names_its_language_each_time_alike(text: str, code: str) -> None:
    pytest.importorskip("py3langid")
    found, score = guess_language(text)
    assert found == code
    assert score is not None
    assert 0.5 < score <= 1
    assert guess_language(text) == (found, score)


@pytest.mark.parametrize("text", ["", "  \n", "12.03.2026 — 4:1"])
def test_a_text_without_letters_has_no_language(text: str) -> None:
    assert guess_language(text) == (None, None)

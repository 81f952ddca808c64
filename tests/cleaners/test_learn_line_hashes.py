"""Lines as hashes."""

from __future__ import annotations

import pytest

from cleaners.learn import hash_page, line_hash
from cleaners.learn.line_hashes import edges, size_of


@pytest.mark.parametrize(
    "other",
    [
        "READ ALSO: 12 comments",
        "  Read  also: 3 comments. ",
        "» Read also: 1,204 comments",
        "Read also: 3\u00a0comments",
    ],
)
def test_case_space_digits_and_edges_make_no_other_line(other: str) -> None:
    assert line_hash(other) == line_hash("Read also: 3 comments")


def test_other_words_make_another_line() -> None:
    assert line_hash("Read also: two comments") != line_hash("Read also: three comments")


def test_a_line_hash_is_an_unsigned_number_of_64_bits() -> None:
    assert all(0 <= line_hash(line) < 2**64 for line in ("a", "…", "42", "今すぐ登録", "\ud800"))


def test_digits_of_other_scripts_are_digits() -> None:
    assert line_hash("صفحة ١٢ من العدد") == line_hash("صفحة ٧ من العدد")


@pytest.mark.parametrize(
    ("line", "size"),
    [
        ("Advertisement", 0),
        ("What happens next", 1),
        ("Sign up to our weekly letter here", 2),
        ("The harbour was closed on Monday until noon, when the wind fell and the ferries came in.", 3),
        ("今すぐ無料で登録してください", 2),
    ],
)
def test_a_line_hash_tells_the_size_of_its_line(line: str, size: int) -> None:
    assert size_of(line_hash(line)) == size


def test_the_first_and_last_sentence_of_a_long_line_are_its_edges() -> None:
    line = "Read our guide first. It rained on Monday, and the harbour was closed. Nobody sailed. Write to the desk."
    assert edges(line) == ("Read our guide first.", "Write to the desk.")
    page = hash_page("u", "", "", line, ())
    assert page.edges == {line_hash("Read our guide first."), line_hash("Write to the desk.")}


def test_each_line_of_what_was_taken_counts() -> None:
    page = hash_page("u", "", "", "", ["Sign up\nEvery morning"])
    assert page.removed == {line_hash("Sign up"), line_hash("Every morning")}

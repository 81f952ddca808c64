"""The difference between two stored texts: each line of both, in order, and what cleaning did."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

import pytest

from archive import TextRecord, aligned, difference

START = datetime(2026, 11, 21, tzinfo=UTC)


def record(text: str, **metadata: Any) -> TextRecord:  # noqa: ANN401 - any JSON
    return TextRecord("urn:uuid:1", "urn:uuid:2", "https://gazette.example/", START, text, metadata)


def shown(before: str, after: str) -> list[str]:
    """Return each line with its sign, what is marked between brackets."""
    lines = difference(record(before), record(after)).lines
    return [one.sign + "".join(f"[{text}]" if differs else text for text, differs in one.parts) for one in lines]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("a\n\nb", "a\nb", [" a", " b"]),
        ("a\nb\nc", "a\nc\nd", [" a", "-b", " c", "+d"]),
        ("", "a", ["+a"]),
        ("a", "", ["-a"]),
        ("", "", []),
        ("a\na\na", "a\na", [" a", " a", "-a"]),
        ("a\nb", "b\na", ["-a", " b", "+a"]),
        (
            "The wind fell at noon. Share this",
            "The wind fell at noon.",
            ["-The wind fell at noon.[ Share this]", "+The wind fell at noon."],
        ),
        (
            "The harbour was calm again.",
            "The harbours were calm again.",
            ["-The [harbour was] calm again.", "+The [harbours were] calm again."],
        ),
        ("Update: the wind fell at noon.", "The wind fell", ["-Update: the wind fell at noon.", "+The wind fell"]),
    ],
)
def test_lines_stand_in_order_with_what_is_new_in_them_marked(before: str, after: str, expected: list[str]) -> None:
    assert shown(before, after) == expected


def test_any_two_texts_are_told_whole() -> None:
    chance = random.Random(3)
    for _ in range(300):
        old, new = (chance.choices("abcdefgh", k=chance.randrange(12)) for _ in "ab")
        pairs = list(aligned(old, new))
        assert [line for sign, line in pairs if sign != "+"] == old
        assert [line for sign, line in pairs if sign != "-"] == new
        assert all(sign == " " for sign, _ in aligned(old, old))


def test_texts_that_nest_deep_and_lines_that_repeat_are_no_error() -> None:
    nested = [str(number) for number in range(3_000)]
    assert list(aligned(nested + nested[::-1], nested[::-1] + nested))
    same = ["x"] * 5_000
    assert [sign for sign, _ in aligned(["a", *same], [*same, "b"])].count(" ") in (0, 5_000)


def test_a_line_has_the_rule_that_removes_it_in_the_other_text() -> None:
    share = {"rule": "lines/share", "text": "Share  this"}
    found = difference(record("It rained.\nShare this"), record("It rained.", removals=[share, share, 7]))
    assert [(one.sign, one.text, one.rule) for one in found.lines] == [
        (" ", "It rained.", ""),
        ("-", "Share this", "lines/share"),
    ]
    (change,) = found.rules.values()
    assert (change.more, change.fewer) == (2, 0)


def test_fields_that_differ_have_both_values() -> None:
    found = difference(record("a", title="A", kind=None, text_sha256="1"), record("a", title="B", site="C"))
    assert found.fields == {"title": ("A", "B"), "site": (None, "C")}

"""Test the access verdict: structured signals decide, and a wall's phrases only where there is no text."""

from __future__ import annotations

import re
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleaners.access import judge
from cleaners.article import Access

TEXT = "The harbour was closed. " * 25  # 100 words


@pytest.mark.parametrize(
    ("text", "node", "rules", "verdict"),
    [
        (TEXT, {"isAccessibleForFree": False, "wordCount": 800}, [], "paywall"),
        (TEXT, {"isAccessibleForFree": "False", "articleBody": TEXT * 4}, [], "paywall"),
        ("", {"isAccessibleForFree": "false"}, [], "paywall"),
        (TEXT, {"wordCount": "800"}, [], "teaser"),
        (TEXT, {"articleBody": TEXT * 4}, [], "teaser"),
        (TEXT, {"isAccessibleForFree": True}, [], "full"),
        (TEXT, {"wordCount": 105}, [], "full"),
        ("word " * 60, {"wordCount": 100}, [], "full"),
        ("word " * 59, {"wordCount": 100}, [], "teaser"),
        (TEXT, {"wordCount": 166}, [], "full"),  # 60 % of the words that are promised
        (TEXT, {"wordCount": 167}, [], "teaser"),
        (TEXT, {"isAccessibleForFree": "false", "articleBody": TEXT}, [], "full"),
        (TEXT, {}, [], "unknown"),
        (TEXT, {}, ["dom/registration-form", "dom/paywall"], "unknown"),
        ("", {}, ["lines/registration"], "registration"),
        ("", {}, ["dom/share-bar", "dom/paywall"], "paywall"),
        ("", {}, ["dom/consent"], "consent"),
        ("", {}, ["lines/cookies"], "consent"),
        ("", {}, ["dom/share-bar"], "unknown"),
        ("", {}, [], "unknown"),
    ],
)
def test_the_verdict_follows_the_signals(text: str, node: dict[str, Any], rules: list[str], verdict: Access) -> None:
    assert judge(text, node, rules)[0] == verdict


def test_a_verdict_has_its_evidence_and_no_verdict_has_none() -> None:
    assert judge(TEXT, {"wordCount": 800}, []) == ("teaser", ("access:words=100/800",))
    assert judge("", {}, ["dom/paywall"]) == ("paywall", ("access:dom/paywall",))
    assert judge(TEXT, {}, ["dom/paywall"]) == ("unknown", ())


JSON = st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8)
VALUES = (
    JSON
    | st.sampled_from(["²", "-3", "7"])
    | st.lists(JSON, max_size=3)
    | st.dictionaries(st.sampled_from(["name", "@id"]), JSON, max_size=2)
)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(["isAccessibleForFree", "wordCount", "articleBody"], VALUES)))
def test_any_linked_data_gets_a_verdict(node: dict[str, Any]) -> None:
    verdict, evidence = judge(TEXT, node, [])
    assert verdict in get_args(Access)
    assert all(flag.startswith("access:") for flag in evidence)


@pytest.mark.parametrize("count", [float("nan"), float("inf"), "1" * 5000])
def test_a_count_that_is_no_number_of_words_is_passed_over(count: object) -> None:
    assert judge(TEXT, {"wordCount": count}, []) == ("unknown", ())


@pytest.mark.parametrize(
    "text", ["", "a", " a b", "naïve x_1, 𝔘 Über-\u2019s", "雨が降った。港", "😀 a\ud83d b", "1.5 ٣ ½ ²"]
)
def test_words_are_letters_digits_and_low_lines_of_any_script(text: str) -> None:
    words = len(re.findall(r"\w+", text * 3))
    assert judge("Rain " + text * 3, {"wordCount": 999}, [])[1] == (f"access:words={1 + words}/999",)

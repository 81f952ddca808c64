"""No pattern that we did not write can hang a command."""

from __future__ import annotations

import pickle
import re
from pathlib import Path

import pytest

import cleaners.rules.patterns
from cleaners import LineRule, Page, RuleError, clean_page, load_rules
from cleaners.learn.patterns import literal, pattern_of

SLOW = r"(?:.*?,){12}X"
LINE = ",".join("abcdefgh" * 6)
RULE = """
[[rule]]
id = "slow"
why = "a test"
example = "a,b,c"
keeps = "Something else."
{verb} = '{pattern}'
"""


@pytest.fixture(autouse=True)
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cleaners.rules.patterns, "PATTERN_SECONDS", 0.05)


def rule(pattern: str, *, whole: bool = True) -> LineRule:
    return LineRule("sites/gazette.example/slow", "", "", "", pattern, whole=whole, packaged=False)


def write(folder: Path, pattern: str, verb: str = "line") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "gazette.example.toml"
    path.write_text(RULE.format(pattern=pattern, verb=verb), "utf-8")
    return path


@pytest.mark.parametrize("whole", [True, False])
def test_a_pattern_that_takes_too_long_is_stopped_and_named(whole: bool) -> None:
    slow = rule(SLOW, whole=whole)
    with pytest.raises(RuleError, match=r"^rule sites/gazette.example/slow: .* longer than .* out of force"):
        _ = slow.matches(LINE) if whole else slow.spans(LINE)


@pytest.mark.parametrize("verb", ["line", "fragment"])
def test_it_ends_the_page_and_not_the_process(tmp_path: Path, verb: str) -> None:
    rules = load_rules(write(tmp_path / "sites", SLOW, verb))
    text = "The harbour was closed.\n" + LINE
    for own in (rules, pickle.loads(pickle.dumps(rules))):  # noqa: S301 - pickled just now
        with pytest.raises(RuleError, match=r"sites/gazette\.example/slow"):
            clean_page(Page(text, url="https://gazette.example/a", is_text=True), own)
    assert clean_page(Page(text, url="https://other.example/a", is_text=True), rules).text.endswith(LINE)


@pytest.mark.parametrize("pattern", [r"\d+" * 10, "(a+)+b", r"(?:\s*)*x", r"[ab]+[ab]+[ab]+c", "(x*){2,}"])
def test_one_that_must_hang_is_refused_when_it_is_read(tmp_path: Path, pattern: str) -> None:
    path = write(tmp_path, pattern)
    with pytest.raises(RuleError, match=r"rule gazette\.example/slow: bad pattern: .* repeats a repeat") as raised:
        load_rules(path)
    assert "\n" not in str(raised.value)
    assert str(raised.value).startswith(str(path))


@pytest.mark.parametrize("pattern", [r"\d+(?:[.,:]\d+)*", r"More \(\d+\) of .{1,80} stories", "(?:ab+)?c+d+", r"\++"])
def test_what_is_learned_is_not_refused(pattern: str) -> None:
    assert not rule(pattern).matches("something else")


def test_both_matchers_say_the_same_of_learned_patterns() -> None:
    lines = ["More (3) of today's stories", "10 m² of space", "١٢ خبر", "①② notes", "1'2'3", "Ünder  2,140 people"]
    for line in lines:
        pattern = pattern_of([line])
        for text in lines:
            assert rule(pattern).matches(text) == (re.fullmatch(pattern, text) is not None)
        assert rule(pattern).matches(line)


def test_only_decimal_digits_become_any_number() -> None:
    assert literal("①②③④⑤⑥⑦⑧⑨⑩") == "①②③④⑤⑥⑦⑧⑨⑩"
    assert literal("10 m²") == r"\d+ m²"
    assert literal("x³ and ½") == "x³ and ½"
    assert literal("١٢") == r"\d+"


def test_no_two_repeats_of_a_learned_pattern_match_the_same_character() -> None:
    row = "1'2'3'4'5'6'7'8'9'10"
    pattern = literal(row)
    assert "." not in pattern
    assert re.fullmatch(pattern, row.replace("'", "’"))
    assert rule(pattern).matches("1" * 200) is False
    assert rule(literal("' ' '  ' ' ' '")).matches(" " * 200) is False


def test_packaged_patterns_stay_with_re() -> None:
    assert all(type(rule.pattern) is re.Pattern for rule in load_rules() if isinstance(rule, LineRule))

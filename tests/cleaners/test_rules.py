"""Test every packaged rule: it removes its `example`, keeps its `keeps`, and has selectors of one meaning."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace
from typing import get_args

import pytest
from bs4 import BeautifulSoup
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import from_regex
from lxml.html import HtmlElement

from cleaners import clean_text, load_rules
from cleaners.html.tree import parse
from cleaners.rules.context import LineContext
from cleaners.rules.dom import Matcher, mark, selector
from cleaners.rules.lines import LineIndex, cut_lines
from cleaners.rules.model import DomRule, LinePosition, LineRule
from tests.support.selectors import matched

RULES = load_rules()
DOM_RULES = [rule for rule in RULES if isinstance(rule, DomRule)]
LINE_RULES = [rule for rule in RULES if isinstance(rule, LineRule)]

TIME_FOR_HARD_LINES = 2.0
"""Seconds for 48 lines: the slowest rule takes 0.2; a pattern that backtracks without bounds takes minutes."""
TIME_FOR_MEGABYTES = 5.0

# Prose around the markup of a rule, so that removing it does not remove half of the page.
PROSE = "<p>" + "The harbour stayed closed until the wind had fallen, officials said. " * 4 + "</p>"


def host_of(rule: DomRule | LineRule) -> str | None:
    """Return a URL of the site that a site rule applies to."""
    return f"https://{rule.id.split('/')[1]}/" if rule.id.startswith("sites/") else None


def page_of(*parts: str) -> HtmlElement:
    root = parse(f"<html><body>{PROSE}<main>{''.join(parts)}</main>{PROSE}</body></html>")
    assert root is not None
    return root


def marking_rules(rule: DomRule, markup: str) -> set[str]:
    return set(mark(page_of(markup), RULES.for_url(host_of(rule)).dom)[0].values())


def cutting_rules(rule: LineRule, text: str) -> set[str]:
    if rule.shape in ("repeats-title", "names-address"):
        headline = rule.example.partition("\n")[0]
        known = (
            {"title": headline} if rule.shape == "repeats-title" else {"address": f"/a/{headline.replace(' ', '-')}"}
        )
        cuts = cut_lines(LineContext(text.splitlines(), text_mode=True, **known), RULES.for_url(host_of(rule)).lines)
        return {cut.rule for cuts_of_line in cuts for cut in cuts_of_line}
    return {removal.rule for removal in clean_text(text, url=host_of(rule)).removals}


@pytest.mark.parametrize("rule", LINE_RULES, ids=lambda rule: rule.id)
def test_a_line_rule_takes_its_example(rule: LineRule) -> None:
    assert rule.id in cutting_rules(rule, rule.example)


@pytest.mark.parametrize("rule", LINE_RULES, ids=lambda rule: rule.id)
def test_a_line_rule_leaves_what_it_must_keep(rule: LineRule) -> None:
    assert rule.id not in cutting_rules(rule, rule.keeps)


@pytest.mark.parametrize("rule", DOM_RULES, ids=lambda rule: rule.id)
def test_a_dom_rule_marks_its_example(rule: DomRule) -> None:
    assert rule.id in marking_rules(rule, rule.example)


@pytest.mark.parametrize("rule", DOM_RULES, ids=lambda rule: rule.id)
def test_a_dom_rule_leaves_what_it_must_keep(rule: DomRule) -> None:
    assert rule.id not in marking_rules(rule, rule.keeps)


# Lines that make a pattern backtrack: long runs of what the patterns repeat, in lines of the greatest length that they
# match, or of a far greater one.
HARD = (
    "a",
    " ",
    ".",
    "- ",
    "aA ",
    "Ab ",
    "1.",
    "x: ",
    "photo ",
    "newsletter ",
    "by A ",
    "(dpa/",
    "–",
    "'\"",
    "я ",
    "漢",
)


@pytest.mark.parametrize("rule", LINE_RULES, ids=lambda rule: rule.id)
def test_a_pattern_takes_no_more_than_its_time(rule: LineRule) -> None:
    longest = min(rule.max, 1500) if rule.whole else 20_000
    start = time.process_time()
    for piece in HARD:
        text = (piece * longest)[:longest]
        for line in (text, f"{text[:-1]}!", f"{rule.example[:40]}{text}"[:longest]):
            list(rule.pattern.finditer(line)) if not rule.whole else rule.pattern.fullmatch(line)
    assert time.process_time() - start < TIME_FOR_HARD_LINES


CUED = [rule for rule in LINE_RULES if rule.whole and not rule.text_mode and rule.cues]
EVERYWHERE: frozenset[LinePosition] = frozenset(get_args(LinePosition))


@pytest.mark.parametrize("rule", CUED, ids=lambda rule: rule.id)
def test_the_cues_of_a_rule_are_in_all_that_its_pattern_matches(rule: LineRule) -> None:
    index = LineIndex((rule,))

    @settings(max_examples=20, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(from_regex(rule.regex, fullmatch=True))
    def holds(line: str) -> None:
        assert len(line) > rule.max or "\n" in line or index.tried(line, line.lower(), EVERYWHERE) == [rule]

    holds()


def test_a_cue_at_the_start_is_looked_for_behind_signs_only() -> None:
    rule = replace(LINE_RULES[0], cues=("^share",), regex="(?i).*share.*", max=40)
    index = LineIndex((rule,))
    tried = [
        line for line in ("• Share", "share", "Please share", "•", "") if index.tried(line, line.lower(), EVERYWHERE)
    ]
    assert tried == ["• Share", "share"]


def test_a_line_of_megabytes_is_passed_over() -> None:
    start = time.process_time()
    clean_text("Advertisement " * 400_000)
    assert time.process_time() - start < TIME_FOR_MEGABYTES


def test_no_two_rules_share_an_id() -> None:
    assert [rule for rule, times in Counter(rule.id for rule in RULES).items() if times > 1] == []


class TwoReaders:
    """A page of all examples and keeps as lxml and as soupsieve read it; elements are numbered in page order."""

    def __init__(self) -> None:
        markup = "".join(rule.example + rule.keeps for rule in DOM_RULES)
        self.root = page_of(markup)
        self.numbers = {element: number for number, element in enumerate(self.root.iter())}
        self.soup = BeautifulSoup(f"<html><body>{PROSE}<main>{markup}</main>{PROSE}</body></html>", "lxml")
        self.tags = self.soup.find_all(True)

    def lxml(self, css: str) -> list[int]:
        return sorted(self.numbers[element] for element in selector(css)(self.root))

    def matcher(self, css: str) -> list[int]:
        return sorted(self.numbers[element] for element in matched(Matcher([css]), self.root).get(css, []))

    def soupsieve(self, css: str) -> list[int]:
        selected = {id(tag) for tag in self.soup.select(css)}
        return [place for place, tag in enumerate(self.tags) if id(tag) in selected]


@pytest.fixture(scope="module")
def readers() -> TwoReaders:
    return TwoReaders()


def test_lxml_and_soupsieve_read_the_same_elements(readers: TwoReaders) -> None:
    assert [element.tag for element in readers.numbers] == [tag.name for tag in readers.tags]


@pytest.mark.parametrize("rule", DOM_RULES, ids=lambda rule: rule.id)
def test_a_selector_means_the_same_to_every_reader(rule: DomRule, readers: TwoReaders) -> None:
    for css in (*rule.drop, *rule.unless):
        expected = readers.lxml(css)
        assert (css, readers.matcher(css), readers.soupsieve(css)) == (css, expected, expected)

"""What a proposed rule takes is told from what stood in the text and from what was gone anyway."""

from __future__ import annotations

from archive.site_rules import RuleEffect
from archive.site_rules.effect import effect
from cleaners import Article, Removal

LAMP = "The last lamp on the Skerry road was lit again on Friday."
TIN = "The parish had kept the money in a biscuit tin."
RULE = "proposed/gazette.example/tin"


def removal(text: str, rule: str = RULE) -> Removal:
    return Removal(rule, "lines", text, "/html/body/p")


def effects(before: str, after: str, *removals: Removal) -> tuple[dict[str, RuleEffect], int]:
    found = effect("https://gazette.example/1", "gazette.example", before, Article(after, removals=removals))
    return found.rules, found.besides


def test_a_line_that_the_text_had_is_told_as_text() -> None:
    assert effects(f"{LAMP}\n\n{TIN}", LAMP, removal(TIN)) == ({RULE: RuleEffect(1, len(TIN), len(TIN))}, 0)


def test_what_the_text_did_not_have_is_taken_anyway() -> None:
    assert effects(LAMP, LAMP, removal(TIN)) == ({RULE: RuleEffect(1, len(TIN), 0)}, 0)


def test_an_element_counts_with_the_lines_of_it_that_the_text_had() -> None:
    box = f"Lamps \n {TIN} \n Share"
    assert effects(f"{LAMP}\n{TIN}", LAMP, removal(box)) == ({RULE: RuleEffect(1, len(box), len(TIN))}, 0)


def test_a_fragment_counts_without_the_rest_of_its_line_and_without_the_blank_beside_it() -> None:
    assert effects(f"{LAMP} {TIN}", LAMP, removal(TIN)) == ({RULE: RuleEffect(1, len(TIN), len(TIN))}, 0)


def test_a_line_that_is_gone_twice_is_told_for_each_time_it_was_taken() -> None:
    rules, besides = effects(f"{TIN}\n{LAMP}\n{TIN}", LAMP, removal(TIN), removal(TIN))
    assert (rules, besides) == ({RULE: RuleEffect(1, 2 * len(TIN), 2 * len(TIN))}, 0)


def test_a_line_that_goes_though_no_proposed_rule_takes_it_is_told_apart() -> None:
    rules, besides = effects(f"{LAMP}\n{TIN}", "", removal(TIN), removal(LAMP, "lines/share"))
    assert rules == {RULE: RuleEffect(1, len(TIN), len(TIN))}
    assert besides == len(LAMP.replace(" ", ""))

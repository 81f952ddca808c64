"""A marked line teaches a rule where the site's other pages bear it out, and none where it would take text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from archive.site_rules import (
    ChangedError,
    Judgement,
    Suggestion,
    accept,
    learn,
    put_in_force,
    read_proposals,
    reject,
    rule_file,
    rules_after,
    suggest,
    take_back,
    withdraw,
)
from cleaners import Article, Page, RuleSet, clean_page, load_in_force, load_rules, prove
from cleaners.learn import MARKED, Proposal
from tests.support.invented_paper import HOST, LETTER, Add, page, prose, tree

DAY = "2026-11-29"
COUNT = 8
NAMES = (
    "Ada Fenwick",
    "Ned Tolliver",
    "Greta Holm",
    "Ines Carradine",
    "Jonas Wray",
    "Ida Quay",
    "Felix Marl",
    "Una Reef",
)


def mark(number: int, line: str, verdict: str = "debris", rule: str = "") -> Judgement:
    return Judgement(f"https://www.{HOST}/news/{number}", "urn:uuid:1", line, verdict, rule, DAY)  # type: ignore[arg-type]


def suggested(data: Path, judgement: Judgement) -> Suggestion:
    return suggest(data, load_in_force(data), judgement)


def proposed(data: Path) -> list[Proposal]:
    return list(read_proposals(data, "proposed", HOST))


def pages_with(add: Add, line: Callable[[int], str], on: range, markup: str = "<p>{}</p>") -> None:
    """Store pages of which some have a line more, behind the second paragraph."""
    stored = []
    for number in range(COUNT):
        lines = prose(number)
        if number in on:
            lines.insert(2, line(number))
        capture, article = page(number, lines=lines)
        shown = f"<p>{line(number)}</p>"
        body = capture.body.replace(shown.encode(), markup.format(line(number)).encode())
        stored.append((replace(capture, body=body), article))
    add(stored)


def test_a_line_that_the_learner_knows_gets_the_learners_rule(add: Add, data: Path) -> None:
    add(map(page, range(COUNT)))
    suggestion = suggested(data, mark(3, LETTER))
    assert (suggestion.step, suggestion.host, suggestion.why) == ("accept", HOST, "")
    (proposal,) = proposed(data)
    assert proposal.id == suggestion.rule
    assert LETTER in proposal.evidence.removes
    assert proposal.evidence.facts[0] == MARKED
    (learned,) = learn(data, load_rules())
    assert learned.proposals[0].pattern == proposal.pattern


def test_a_line_on_two_pages_gets_a_rule_with_its_evidence_and_the_most_similar_text(add: Add, data: Path) -> None:
    line = "The Post pays 12 for a picture of the ferry before the rain came in"
    pages_with(add, lambda number: line.replace("12", str(12 + number)), range(2, 4))
    suggestion = suggested(data, mark(3, line.replace("12", "15")))
    assert suggestion.step == "accept", suggestion.why
    (proposal,) = proposed(data)
    assert (proposal.verb, proposal.pattern) == ("line", line.replace("12", r"\d+"))
    assert proposal.example == line.replace("12", "15")
    assert (proposal.evidence.pages, proposal.evidence.of) == (2, COUNT)
    assert 0 < proposal.evidence.probability < 1
    assert all(f"/news/{number}" in url for number, url in zip((2, 3), proposal.evidence.urls, strict=True))
    assert "ferry" in proposal.keeps
    assert any(proposal.keeps in prose(number) for number in range(COUNT) if number != 3)
    assert [*prove(load_in_force(data, [rule_file(data, "proposed", HOST)]))] == []


def test_a_line_of_one_template_gets_the_templates_rule(add: Add, data: Path) -> None:
    pages_with(add, lambda number: f"Our reporter today was {NAMES[number]} of Lower Wick", range(2, 6))
    suggestion = suggested(data, mark(3, f"Our reporter today was {NAMES[3]} of Lower Wick"))
    assert suggestion.step == "accept", suggestion.why
    (proposal,) = proposed(data)
    assert proposal.evidence.pages == 4
    assert isinstance(proposal.pattern, str)
    assert "Ned" not in proposal.pattern


def test_the_whole_text_of_a_named_element_that_differs_gets_a_rule_for_the_element(add: Add, data: Path) -> None:
    texts = ("Nine bells at noon", "Fog over Marl", "No tide table", "Ask the miller", "Bread at six", "Rope for sale",
             "Lamps out", "Gulls away")  # fmt: skip
    pages_with(add, texts.__getitem__, range(1, 7), '<div class="ticker"><p>{}</p></div>')
    suggestion = suggested(data, mark(3, texts[3]))
    assert suggestion.step == "accept", suggestion.why
    (proposal,) = proposed(data)
    assert (proposal.verb, proposal.pattern) == ("drop", ("div.ticker",))
    assert texts[3] in proposal.example
    assert proposal.evidence.pages == 6
    assert [*prove(load_in_force(data, [rule_file(data, "proposed", HOST)]))] == []


def test_a_mark_on_a_copy_of_another_page_teaches_as_one_on_that_page(add: Add, data: Path) -> None:
    add(map(page, range(COUNT)))
    capture, article = page(3)
    copy = replace(capture, url=f"https://www.{HOST}/news/30")
    add([(copy, replace(article, url=copy.url))], "more")
    for number in (3, 30):
        assert suggested(data, mark(number, LETTER)).step == "accept"
        assert suggested(data, mark(number, prose(3)[1])).step == "none"


@pytest.mark.parametrize("line", [prose(3)[1], "Not on this page."])
def test_prose_of_one_page_and_what_is_not_there_teach_no_rule(add: Add, data: Path, line: str) -> None:
    add(map(page, range(COUNT)))
    suggestion = suggested(data, mark(3, line))
    assert (suggestion.step, suggestion.rule) == ("none", "")
    assert suggestion.why
    assert "rules" not in {path.split("/")[0] for path in tree(data) if path.startswith("rules/proposed")}


def test_an_element_that_holds_the_lead_of_each_story_is_not_dropped(add: Add, data: Path) -> None:
    leads = [prose(number + 50)[0] for number in range(COUNT)]
    pages_with(add, leads.__getitem__, range(COUNT), '<p class="lead">{}</p>')
    assert suggested(data, mark(3, leads[3])).step == "none"


def test_one_or_two_words_that_come_back_teach_no_rule(add: Add, data: Path) -> None:
    pages_with(add, lambda number: "In short", range(2, 4))
    assert "too little" in suggested(data, mark(3, "In short")).why


def test_a_page_without_a_host_teaches_no_rule(add: Add, data: Path) -> None:
    add(map(page, range(COUNT)))
    assert "no host" in suggested(data, replace(mark(3, LETTER), url="urn:isbn:1")).why


def test_a_rule_that_a_person_rejected_is_not_proposed_by_a_mark(add: Add, data: Path) -> None:
    add(map(page, range(COUNT)))
    reject(data, HOST, [suggested(data, mark(3, LETTER)).rule], DAY)
    assert "judged" in suggested(data, mark(3, LETTER)).why
    assert proposed(data) == []


def test_an_accepted_mark_is_in_force_and_can_be_taken_back(add: Add, data: Path) -> None:
    add(map(page, range(COUNT)))
    suggestion = suggested(data, mark(3, LETTER))
    before = tree(data / "rules")
    accepted = put_in_force(data, suggestion, DAY)
    assert LETTER not in cleaned(load_in_force(data)).text
    assert "in force takes" in suggested(data, mark(4, LETTER)).why
    take_back(data, accepted)
    assert tree(data / "rules") == before
    assert load_in_force(data).version == load_rules().version


def test_a_rule_that_is_not_proposed_any_more_as_it_was_shown_is_not_put_in_force(add: Add, data: Path) -> None:
    add(map(page, range(COUNT)))
    suggestion = suggested(data, mark(3, LETTER))
    file = rule_file(data, "proposed", HOST)
    file.write_text(file.read_text("utf-8").replace("Get the harbour letter", "Get the .*"), "utf-8")
    with pytest.raises(ChangedError):
        put_in_force(data, suggestion, DAY)
    assert not rule_file(data, "sites", HOST).exists()


def test_undo_leaves_later_proposals_and_changes_nothing_where_later_rules_are_in_force(add: Add, data: Path) -> None:
    line = "The Post pays for a picture of the ferry before the rain came in"
    pages_with(add, lambda number: line, range(2, 4))
    first = put_in_force(data, suggested(data, mark(3, LETTER)), DAY)
    later = suggested(data, mark(3, line))
    second = put_in_force(data, later, DAY)
    both = tree(data / "rules")
    with pytest.raises(ChangedError, match="undo later changes first"):
        take_back(data, first)
    assert tree(data / "rules") == both
    take_back(data, second)
    take_back(data, first)
    assert {one.id for one in proposed(data)} == {later.rule, first.suggestion.rule}
    assert not rule_file(data, "sites", HOST).exists()


def cleaned(rules: RuleSet) -> Article:
    capture, _ = page(3)
    return clean_page(Page(capture.body, capture.url), rules)


def rules_that_fired(rules: RuleSet) -> set[str]:
    return {removal.rule for removal in cleaned(rules).removals}


def test_learning_keeps_what_came_from_a_mark_and_a_mark_keeps_what_was_learned(add: Add, data: Path) -> None:
    line = "The Post pays for a picture of the ferry before the rain came in"
    pages_with(add, lambda number: line, range(2, 4))
    [*learn(data, load_rules())]
    assert len(proposed(data)) == 1
    mine = suggested(data, mark(3, line)).rule
    assert len(proposed(data)) == 2
    written = tree(data)["rules/proposed/skerrypost.example.toml"]
    [*learn(data, load_rules())]
    [*learn(data, load_rules())]
    assert tree(data)["rules/proposed/skerrypost.example.toml"] == written
    assert suggested(data, mark(3, line)).rule == mine
    learned = next(one.id for one in proposed(data) if one.id != mine)
    withdraw(data, HOST, learned)
    withdraw(data, HOST, "nothing")
    assert len(proposed(data)) == 2
    withdraw(data, HOST, mine)
    assert [one.id for one in proposed(data)] == [learned]


def test_a_line_that_a_sites_rule_took_retires_the_rule(add: Add, data: Path) -> None:
    add(map(page, range(COUNT)))
    (full_id,) = accept(data, HOST, [suggested(data, mark(3, LETTER)).rule], DAY)
    suggestion = suggested(data, mark(3, LETTER, "text", full_id))
    assert (suggestion.step, suggestion.rule) == ("retire", full_id)
    assert full_id in rules_that_fired(load_in_force(data))
    assert full_id not in rules_that_fired(rules_after(load_in_force(data), suggestion))
    put_in_force(data, suggestion, DAY)
    assert suggested(data, mark(3, LETTER, "text", full_id)).step == "none"
    assert full_id not in rules_that_fired(load_in_force(data))


def test_a_line_that_a_packaged_rule_took_switches_it_off_for_the_host_alone(add: Add, data: Path) -> None:
    add(map(page, range(COUNT)))
    rule = next(rule for rule in load_rules().lines if rule.id == "lines/share")
    accept(data, HOST, [suggested(data, mark(3, LETTER)).rule], DAY)
    before = rule_file(data, "sites", HOST).read_text("utf-8")
    suggestion = suggested(data, mark(3, rule.example, "text", rule.id))
    assert (suggestion.step, suggestion.rule) == ("skip", rule.id)
    put_in_force(data, suggestion, DAY)
    put_in_force(data, suggestion, DAY)
    rules = load_in_force(data)
    assert rule not in [*rules.for_url(f"https://www.{HOST}/a")]
    assert rule in [*rules.for_url("https://other.example/a")]
    after = rule_file(data, "sites", HOST).read_text("utf-8")
    assert after.replace('skip = ["lines/share"]\n', "").split() == before.split()
    assert suggested(data, mark(3, rule.example, "text", rule.id)).step == "none"


@pytest.mark.parametrize("rule", ["block/model", "", "lines/../x", "sites/other.example/a"])
def test_what_is_no_rule_of_the_page_stays_a_judgement(add: Add, data: Path, rule: str) -> None:
    add(map(page, range(COUNT)))
    assert suggested(data, mark(3, LETTER, "text", rule)).step == "none"
    assert not (data / "rules" / "sites").exists()

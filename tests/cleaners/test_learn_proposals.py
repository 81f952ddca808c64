"""What is proposed, and what is not."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from cleaners import load_rules, prove
from cleaners.learn import Proposal, find_repeats, propose, text_occurrences
from cleaners.rules.model import DomRule, LineRule, RuleSet, SiteRules
from tests.support.invented_hosts import TOWNS, article, learned, paragraphs, prose, seen, url

NOTE = "The Gazette is owned by the 2,140 people who read it, every one of them."


def in_article(*extra: str) -> list[Proposal]:
    """Return what pages teach whose articles end with the same lines."""

    def lines(n: int) -> list[str]:
        return [*article(n), *extra]

    return learned(8, lambda n: f"<article>{paragraphs(lines(n))}</article>", lines)


def test_a_sentence_that_closes_every_article_is_proposed() -> None:
    (found,) = in_article(NOTE)
    assert (found.verb, found.id, found.example) == ("line", "the-gazette-is-owned-by", NOTE)
    assert re.fullmatch(str(found.pattern), NOTE.replace("2,140", "2,151"))
    assert "by the \\d" in str(found.pattern)
    assert found.cues == ("gazette",)
    evidence = found.evidence
    assert (evidence.pages, evidence.of, evidence.position, evidence.places) == (8, 8, "tail", ("article/p",))
    assert (evidence.first_seen, evidence.last_seen) == ("2026-01-01", "2026-01-08")
    assert evidence.characters == 8 * len(NOTE)


def test_what_is_kept_stands_beside_it_and_is_an_articles_own() -> None:
    found = in_article("Tell the night desk what you have seen, at any hour.", NOTE)
    assert len(found) == 2
    assert all(proposal.keeps in [prose(n, 4) for n in range(8)] for proposal in found)


def test_section_headings_are_not_proposed() -> None:
    def lines(n: int) -> list[str]:
        return [*article(n)[:2], "What happens next", *article(n)[2:]]

    def body(n: int, tag: str) -> str:
        return f"<article>{paragraphs(lines(n))}</article>".replace(
            "<p>What happens next</p>", f"<{tag}>What happens next</{tag.split()[0]}>"
        )

    for tag in ("h2", 'h2 class="section-title"', "p", 'div class="section-title"'):
        assert learned(8, lambda n, tag=tag: body(n, tag), lines) == [], tag  # type: ignore[misc]


def test_notes_that_stand_in_some_articles_are_not_proposed() -> None:
    def lines(n: int) -> list[str]:
        return [*article(n), *(["Some names were changed at the families' request."] if n % 4 == 0 else [])]

    assert learned(20, lambda n: f"<article>{paragraphs(lines(n))}</article>", lines) == []


def test_ingredients_that_come_back_are_not_proposed() -> None:
    things = ["2 eggs", "100 g flour", "1 pinch of salt", "black pepper", "3 leeks", "a glass of cider", "1 bay leaf"]

    def items(n: int) -> list[str]:
        return random.Random(n).sample(things, 4)

    def lines(n: int) -> list[str]:
        return [article(n)[0], "Ingredients", *items(n), *article(n)[1:]]

    for tag in ("li", 'div class="ingredient"'):
        listed = [f"<{tag}>{{}}</{tag.split()[0]}>"] * 4

        def body(n: int, listed: list[str] = listed) -> str:
            made = "".join(one.format(text) for one, text in zip(listed, items(n), strict=True))
            parts = f"<h2>Ingredients</h2><div class='things'>{made}</div>"
            return f"<article>{paragraphs(lines(n)[:1])}{parts}{paragraphs(article(n)[1:])}</article>"

        assert learned(10, body, lines) == []


def test_the_standard_questions_of_interviews_are_not_proposed() -> None:
    question = "What would you take along to a very small island?"

    def lines(n: int) -> list[str]:
        return [*article(n)[:2], question, *article(n)[2:]]

    assert learned(10, lambda n: f"<article>{paragraphs(lines(n))}</article>", lines) == []


@pytest.mark.parametrize("line", ["Serves: {}", "Time: {} minutes by the slow road", "Attendance {}"])
def test_numbers_behind_a_label_are_not_proposed(line: str) -> None:
    def lines(n: int) -> list[str]:
        return [line.format(n + 3), *article(n)]

    assert learned(10, lambda n: f"<article>{paragraphs(lines(n))}</article>", lines) == []


def test_a_table_that_is_the_same_on_every_page_is_not_proposed() -> None:
    rows = ["Club | P | W | Pts", "Corran Thistle | 18 | 9 | 30"]

    def body(n: int) -> str:
        cells = "".join(f"<tr><td>{'</td><td>'.join(row.split(' | '))}</td></tr>" for row in rows)
        return f"<article>{paragraphs(article(n))}<table class='league'>{cells}</table></article>"

    assert learned(10, body, lambda n: [*article(n), *rows]) == []


def test_a_template_is_one_rule_whatever_fills_it() -> None:
    def line(n: int) -> str:
        return f"Tested for {n + 3} hours by {TOWNS[n % 10]} of the bench."

    found = learned(
        9, lambda n: f"<article>{paragraphs([line(n), *article(n)])}</article>", lambda n: [line(n), *article(n)]
    )
    assert [proposal.verb for proposal in found] == ["line"]
    assert all(re.fullmatch(str(found[0].pattern), line(n)) for n in range(9))
    assert not any(re.fullmatch(str(found[0].pattern), text) for n in range(9) for text in article(n))


@pytest.mark.parametrize("quoted", ["Tested for 9 hours by nobody of the bench.", "Tasted for 9 hours by the bench."])
def test_a_template_that_would_take_an_articles_own_line_is_not_proposed(quoted: str) -> None:
    """The line of page 4 stands in a quotation: the template is not made of it, and may take it all the same."""

    def line(n: int) -> str:
        return f"Tested for {n + 3} hours by {TOWNS[n % 10]} of the bench."

    def body(n: int) -> str:
        quotation = f"<blockquote><p>{quoted}</p></blockquote>" if n == 4 else ""
        return f"<article>{paragraphs([line(n), *article(n)])}{quotation}</article>"

    def lines(n: int) -> list[str]:
        return [line(n), *article(n), *([quoted] if n == 4 else [])]

    proposals = learned(9, body, lines)
    takes = any(re.fullmatch(str(proposal.pattern), quoted) for proposal in proposals)
    assert not takes
    assert len(proposals) == (0 if quoted.startswith("Tested") else 1)


def test_articles_that_are_written_in_templates_keep_their_lines() -> None:
    def lines(n: int) -> list[str]:
        town, rose = TOWNS[n % 10], "w" * (n + 1)
        return [
            f"Shares of the {town} ferry rose to {rose} crowns on this day.",
            f"The barrel of herring was sold for {rose} crowns at {town} and nowhere else.",
            f"Nobody in {town} wished to say how {rose} would end.",
        ]

    assert learned(9, lambda n: f"<article>{paragraphs(lines(n))}</article>", lines) == []


def test_a_sentence_glued_to_paragraphs_is_a_fragment() -> None:
    def lines(n: int) -> list[str]:
        return [*article(n)[:4], f"{article(n)[4]} Read by the quay, and by all who left it."]

    (found,) = learned(8, lambda n: f"<article>{paragraphs(lines(n))}</article>", lines)
    assert found.verb == "fragment"
    assert re.sub(str(found.pattern), "", lines(3)[-1]) == article(3)[4]


def teasers(n: int) -> str:
    links = "".join(
        f'<li class="quayside-piece"><a href="/s{n}{k}">{TOWNS[k]} sees {"w" * (n + k + 2)}</a></li>' for k in (1, 2)
    )
    return f'<ul class="quayside">{links}</ul>'


def teaser_lines(n: int) -> list[str]:
    return [*article(n), *(f"{TOWNS[k]} sees {'w' * (n + k + 2)}" for k in (1, 2))]


def test_a_box_of_teasers_is_a_rule_for_the_element() -> None:
    (found,) = learned(8, lambda n: f"<article>{paragraphs(article(n))}{teasers(n)}</article>", teaser_lines)
    assert (found.verb, found.pattern) == ("drop", ("li.quayside-piece",))


def test_an_element_that_holds_an_articles_own_line_anywhere_is_not_dropped() -> None:
    def body(n: int) -> str:
        own = f'<div class="quayside">{paragraphs(article(n)[4:])}</div>' if n == 3 else paragraphs(article(n)[4:])
        return (
            f"<article>{paragraphs(article(n)[:4])}{own}{teasers(n).replace('ul', 'div').replace('li', 'p')}</article>"
        )

    assert all("div.quayside" not in proposal.pattern for proposal in learned(8, body, teaser_lines))


def test_what_a_rule_in_force_takes_is_not_proposed() -> None:
    rule = LineRule("sites/gazette.test/owned", "owner", NOTE, prose(0, 0), r"The Gazette is owned .{0,80}", True)
    packaged = load_rules()
    rules = RuleSet(packaged.dom, packaged.lines, {"gazette.test": SiteRules((), (rule,))})
    pages = [seen(n, [*article(n), NOTE]) for n in range(8)]
    occurrences = {url(n): text_occurrences("\n".join([*article(n), NOTE]), url=url(n)) for n in range(8)}
    assert propose("gazette.test", pages, find_repeats(pages), occurrences, rules) == []
    assert len(propose("gazette.test", pages, find_repeats(pages), occurrences, packaged)) == 1


def test_the_same_pages_in_any_order_teach_the_same() -> None:
    texts = {n: [f"Good morning from {TOWNS[n]}, dear readers of ours.", *article(n), NOTE] for n in range(8)}
    taught = []
    for order in (range(8), range(7, -1, -1), (3, 1, 4, 0, 5, 2, 6, 7)):
        pages = [seen(n, texts[n]) for n in order]
        occurrences = {url(n): text_occurrences("\n".join(texts[n]), url=url(n)) for n in order}
        taught.append(propose("gazette.test", pages, find_repeats(pages)[::-1], occurrences, load_rules()))
    assert taught[0]
    assert taught[0] == taught[1] == taught[2]


@pytest.mark.parametrize(
    "line",
    [
        NOTE,
        "The reporter's notebook (volume 3) lies on the counter [at 4 Quay Street]: 10 % of it is drawings.",
        "「潮風」の朝刊は、浜の家々に六時までに届きます。あなたの家にもいかがですか。",
        "Wer’s gesehen hat, weiß mehr: Die Nachtschicht ist für alle da.",
        f"A long one: {'and so it goes on and on, ' * 12}until it ends.",
    ],
)
def test_proposed_rules_prove_themselves(line: str, tmp_path: Path) -> None:
    (found,) = in_article(line)
    file = tmp_path / "sites" / "gazette.test.toml"
    file.parent.mkdir()
    size = f"max = {found.max}\n" if found.max else ""
    keys = {"line": found.pattern, "why": found.why, "example": found.example, "keeps": found.keeps, "id": found.id}
    quoted = "".join(f"{key} = '''{value}'''\n" for key, value in keys.items())
    file.write_text(f"[[rule]]\n{quoted}{size}cues = {list(found.cues)}\n", encoding="utf-8")
    rules = load_rules(tmp_path)
    assert [rule.id for rule in rules.sites["gazette.test"].lines] == [f"sites/gazette.test/{found.id}"]
    assert [problem for problem in prove(rules) if "gazette.test" in problem] == []


def test_a_rule_for_an_element_proves_itself() -> None:
    (found,) = learned(8, lambda n: f"<article>{paragraphs(article(n))}{teasers(n)}</article>", teaser_lines)
    rule = DomRule("sites/gazette.test/box", found.why, found.example, found.keeps, tuple(found.pattern), trust=True)
    assert list(prove(RuleSet(sites={"gazette.test": SiteRules((rule,))}))) == []

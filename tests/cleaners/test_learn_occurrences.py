"""Where kept lines stand on a page."""

from __future__ import annotations

from cleaners import load_rules
from cleaners.learn import Occurrence, hash_page, page_occurrences, text_occurrences
from cleaners.rules.model import DomRule, RuleSet, SiteRules
from tests.support.invented_hosts import article, paragraphs, url

LINES = article(1)


def occurrences(html: str, kept: list[str], rules: RuleSet | None = None) -> list[Occurrence]:
    page = hash_page(url(1), "", "", "\n\n".join(kept), ())
    return page_occurrences(html, url=url(1), page=page, rules=rules or load_rules())


def test_only_kept_lines_are_seen_with_their_kept_neighbours() -> None:
    html = f"<body><p>Menu</p><article>{paragraphs(LINES)}</article><p>Imprint</p></body>"
    found = occurrences(html, LINES)
    assert [occurrence.text for occurrence in found] == LINES
    assert (found[1].before, found[1].behind) == (LINES[0], LINES[2])


def test_a_chain_tells_tags_and_lasting_names_only() -> None:
    html = f'<body><div class="story css-1x2y3z post-4711" id="main">{paragraphs(LINES)}</div></body>'
    assert occurrences(html, LINES)[0].chain == ("div.story#main", "p")
    assert occurrences(html, LINES)[0].path == "div/p"


def test_what_stands_outside_the_articles_element_is_told() -> None:
    note = "Write to the desk at the quay."
    html = f"<body><main><article>{paragraphs(LINES)}</article><p>{note}</p></main></body>"
    assert [occurrence.inside for occurrence in occurrences(html, [*LINES, note])] == [*[True] * 5, False]


def test_a_link_is_told_with_its_target() -> None:
    html = f'<body>{paragraphs(LINES)}<p><a href="/letters?from=12#top">All our letters</a></p></body>'
    link = occurrences(html, [*LINES, "All our letters"])[-1]
    assert (link.linked, link.targets) == (True, ("/letters",))


def test_of_a_line_that_stands_twice_the_one_among_the_article_is_meant() -> None:
    html = (
        f'<body><ul class="menu"><li>In numbers</li></ul><div>{paragraphs([LINES[0], "In numbers", *LINES[1:]])}</div>'
    )
    kept = [LINES[0], "In numbers", *LINES[1:]]
    assert [occurrence.text for occurrence in occurrences(html, kept)] == kept


def test_what_an_accepted_rule_takes_is_not_seen() -> None:
    offer = "Our weekly letter arrives on Fridays."
    html = f'<body>{paragraphs(LINES)}<div class="offer"><p>{offer}</p></div></body>'
    rule = DomRule("sites/gazette.test/offer", "offer", offer, LINES[0], ("div.offer",), trust=True)
    rules = RuleSet(sites={"gazette.test": SiteRules((rule,))})
    assert [occurrence.text for occurrence in occurrences(html, [*LINES, offer], rules)] == LINES


def test_a_page_that_is_none_and_a_deep_one_are_no_trouble() -> None:
    assert occurrences("", LINES) == []
    assert occurrences(f"<body>{'<div>' * 3000}{paragraphs(LINES)}", LINES) is not None


def test_ready_made_text_has_neighbours_and_no_elements() -> None:
    first, second = text_occurrences("One line.\n\n  Another line. \n", url="u")
    assert (first.text, first.behind, second.before, second.chain) == ("One line.", "Another line.", "One line.", ())


def test_a_bold_paragraph_without_a_full_stop_is_a_heading() -> None:
    html = f"<body>{paragraphs(LINES)}<p><b>In numbers</b></p><p><b>Nobody sailed on Monday.</b></p></body>"
    kept = [*LINES, "In numbers", "Nobody sailed on Monday."]
    assert [occurrence.kind for occurrence in occurrences(html, kept)[-2:]] == ["heading", "paragraph"]

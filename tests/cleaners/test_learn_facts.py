"""Single facts that decide whether what comes back is proposed."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from cleaners import load_rules
from cleaners.learn import Proposal, find_repeats, page_occurrences, propose, text_occurrences
from tests.support.invented_hosts import TOWNS, article, learned, paragraphs, prose, seen, url

PROMO = "Walkers of the quay meet at the lamp on Thursdays, with lanterns and a list."


def inserted(n: int, line: str, *, every: Callable[[int], bool]) -> list[str]:
    """Return an article with a line among its own, at a place that differs from page to page."""
    lines = article(n)
    return [*lines[: n % 3 + 1], line, *lines[n % 3 + 1 :]] if every(n) else lines


def from_lines(count: int, lines: Callable[[int], Sequence[str]], form: Callable[[str], str] = str) -> list[Proposal]:
    """Return what pages of plain paragraphs teach; `form` makes the markup of a line."""
    return learned(count, lambda n: f"<article>{paragraphs([form(one) for one in lines(n)])}</article>", lines)


@pytest.mark.parametrize("count", [10, 50])
@pytest.mark.parametrize("form", ["<ul class='box'><li>{}</li><li>{}</li></ul>", "<div class='box'>{}<br>{}</div>"])
def test_figures_in_an_articles_box_are_never_proposed(count: int, form: str) -> None:
    def facts(n: int) -> list[str]:
        return [f"Rowed over {n % 9 + 2} miles of open water", f"{n % 7 + 3} oars out of 10"]

    def body(n: int) -> str:
        return f"<article>{form.format(*facts(n))}{paragraphs(article(n))}</article>"

    assert learned(count, body, lambda n: [*facts(n), *article(n)]) == []


def test_words_beside_such_figures_are_not_proposed() -> None:
    def facts(n: int) -> list[str]:
        return [f"{n % 7 + 3} oars out of 10", "A boat for two grown people"]

    def body(n: int) -> str:
        items = "".join(f"<li>{fact}</li>" for fact in facts(n))
        return f"<article><ul class='box'>{items}</ul>{paragraphs(article(n))}</article>"

    assert learned(10, body, lambda n: [*facts(n), *article(n)]) == []


def test_a_sentence_of_exactly_half_of_ten_pages_is_an_authors_habit() -> None:
    assert from_lines(10, lambda n: inserted(n, PROMO, every=lambda n: n % 2 == 0)) == []
    assert len(from_lines(10, lambda n: inserted(n, PROMO, every=lambda n: n % 5 != 0))) == 1


def test_a_link_in_a_line_to_one_page_of_the_site_speaks_for_debris() -> None:
    def lines(n: int) -> list[str]:
        return inserted(n, PROMO, every=lambda n: n % 5 in (0, 2))

    def linked(target: str) -> Callable[[str], str]:
        return lambda line: line.replace("the lamp", f'<a href="{target}">the lamp</a>') if line == PROMO else line

    assert from_lines(10, lines) == []
    (found,) = from_lines(10, lines, linked("/walks?from=text"))
    assert any("same page of the site, no article" in fact for fact in found.evidence.facts)
    # an article of the archive and a page elsewhere may be a source
    assert from_lines(10, lines, linked("/story-003")) == []
    assert from_lines(10, lines, linked("https://harbourtrust.test/lamp")) == []


def test_the_name_of_the_site_is_a_fact() -> None:
    line = "Friends of The Gazette meet at the lamp on Thursdays, with lanterns and a list."
    (found,) = from_lines(10, lambda n: inserted(n, line, every=lambda n: n % 5 != 0))
    assert "it names the site (+0.7)" in found.evidence.facts
    page = seen(1, [PROMO])
    html = f'<head><meta property="og:site_name" content="Walkers of the Quay"></head><body><p>{PROMO}</p></body>'
    assert [
        occurrence.named
        for occurrence in page_occurrences(html, url="https://paper.test/1", page=page, rules=load_rules())
    ] == [True]


def test_a_short_link_to_one_place_on_every_page_is_proposed_in_a_text_of_line_breaks() -> None:
    def body(n: int) -> str:
        first, *others = article(n)
        link = '<a href="/harbour-map">Map of the harbour</a>'
        return f"<table><tr><td>{first}<br><br>{link}<br><br>{'<br><br>'.join(others)}</td></tr></table>"

    def lines(n: int) -> list[str]:
        return [article(n)[0], "Map of the harbour", *article(n)[1:]]

    assert [found.example for found in learned(10, body, lines)] == ["Map of the harbour"]


def test_the_heading_of_a_box_goes_with_its_text() -> None:
    note = "Tell the night desk what you have seen, at any hour."

    def body(n: int) -> str:
        return f"<article>{paragraphs(article(n))}<h3>Heard on the pier</h3><p>{note}</p></article>"

    found = learned(10, body, lambda n: [*article(n), "Heard on the pier", note])
    assert {proposal.example for proposal in found} == {"Heard on the pier", note}


def test_pages_where_rules_took_a_last_line_count_with_those_that_kept_it() -> None:
    kept = range(4)
    lines = {n: [*article(n), *([PROMO] if n in kept else [])] for n in range(14)}
    pages = [seen(n, lines[n]) for n in range(14)]
    both = [page if n in kept else seen(n, lines[n], taken=[PROMO]) for n, page in enumerate(pages)]
    occurrences = {url(n): text_occurrences("\n".join(lines[n]), url=url(n)) for n in range(14)}
    assert propose("gazette.test", pages, find_repeats(pages), occurrences, load_rules()) == []
    (found,) = propose("gazette.test", both, find_repeats(both), occurrences, load_rules())
    assert found.example == PROMO
    first = [replace(page, lines=page.lines[::-1]) for page in both]
    assert all(repeat.lasting < 0.3 for repeat in find_repeats(first)), "not the last line"


def glued(count: int, sentence: str, every: Callable[[int], bool], *, first: bool = False) -> list[Proposal]:
    def lines(n: int) -> list[str]:
        own = article(n)
        own[n % 4] = (f"{sentence} {own[n % 4]}" if first else f"{own[n % 4]} {sentence}") if every(n) else own[n % 4]
        return own

    return from_lines(count, lines)


@pytest.mark.parametrize("first", [False, True])
def test_a_sentence_at_the_same_end_of_many_paragraphs_is_a_fragment(first: bool) -> None:
    (found,) = glued(50, "Lamps are on sale.", lambda n: n % 10 < 3, first=first)
    assert (found.verb, found.evidence.pages) == ("fragment", 15)
    assert glued(10, "Lamps are on sale.", lambda n: n % 10 < 3, first=first) == []


def test_a_sentence_that_stands_within_paragraphs_too_is_an_authors_own() -> None:
    sentence = "Nobody on the pier said a word."

    def lines(n: int) -> list[str]:
        own = article(n)
        own[1] = f"{own[1]} {sentence}" if n % 3 else f"{own[1]} {sentence} {prose(n, 9)}"
        return own

    assert from_lines(20, lines) == []


def test_a_sentence_is_found_where_no_blanks_part_sentences() -> None:
    words = ("灯台", "港", "市場", "漁師", "夜の船", "古い橋", "冬の海", "雪の町", "新しい駅", "朝の鐘")

    def lines(n: int) -> list[str]:
        own = [
            f"{words[n % 10]}の{words[(n // 2 + k) % 10]}で{n + 3}番目の{words[(n + 3 * k) % 10]}が"
            f"{'と'.join(words[k : k + 4])}のそばに見つかったと{words[(n + k) % 10]}の人は話している。"
            for k in range(4)
        ]
        return [*own[:2], f"{own[2]}提灯は窓口で売っています。", own[3]]

    (found,) = from_lines(12, lines)
    assert (found.verb, found.pattern) == ("fragment", r"\s?提灯は窓口で売っています。")


def test_headlines_of_other_pages_behind_labels_that_differ_are_one_rule() -> None:
    def line(n: int) -> str:
        return f"Next in {TOWNS[n % 7]}: Headline of {TOWNS[(n + 1) % 10]} number {'z' * (n + 2 if n < 9 else 1)}"

    def lines(n: int) -> list[str]:
        return inserted(n, line(n), every=lambda n: True)

    (found,) = from_lines(10, lines)
    assert all(re.fullmatch(str(found.pattern), line(n)) for n in range(10))
    assert re.fullmatch(str(found.pattern), "Next in line was a man with a lamp and a very long list.") is None


def test_patterns_hold_plain_blanks_where_texts_do() -> None:
    (found,) = from_lines(8, lambda n: [*article(n), PROMO])
    assert found.pattern == PROMO.replace(".", r"\.")


def test_an_offer_glued_to_paragraphs_needs_fewer_of_them() -> None:
    (found,) = glued(10, "Write to us about the lamps of the quay.", lambda n: n % 10 < 3)
    assert (found.verb, found.evidence.pages) == ("fragment", 3)
    assert glued(10, "Rain fell upon the lamps of the quay.", lambda n: n % 10 < 3) == []


def test_a_line_of_two_pages_is_not_proposed_where_one_of_three_pages_is() -> None:
    def taught(count: int, line: str) -> list[Proposal]:
        lines = {n: [*article(n), line] for n in range(count)}
        pages = [seen(n, lines[n]) for n in range(count)]
        occurrences = {url(n): text_occurrences("\n".join(lines[n]), url=url(n)) for n in range(count)}
        repeats = find_repeats(pages, min_pages=2)
        return propose("gazette.test", pages, repeats, occurrences, load_rules(), min_pages=2)

    assert taught(2, PROMO) == []
    assert [proposal.example for proposal in taught(3, PROMO)] == [PROMO]


def test_a_reference_that_most_articles_give_is_theirs() -> None:
    def texts(source: str) -> list[Proposal]:
        given = {url(n): "\n".join([*article(n), *[source] * (n % 5 != 0)]) for n in range(20)}
        pages = [seen(n, text.splitlines()) for n, text in enumerate(given.values())]
        occurrences = {page: text_occurrences(text, url=page) for page, text in given.items()}
        return propose("gazette.test", pages, find_repeats(pages), occurrences, load_rules())

    source = "Oake, H. Sand that walks at night, and what the gazette said of it. Annals of the Coast 4."
    assert texts(source) == []
    assert len(texts(source.replace("Oake, H.", "Oake House:"))) == 1

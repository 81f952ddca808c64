"""What comes back, and near-duplicates, which only seem to."""

from __future__ import annotations

import pytest

from cleaners.learn import HashedPage, find_repeats, line_hash
from cleaners.learn.repeats import collapse
from tests.support.invented_hosts import article, seen

NOTE = "The Gazette is owned by the people who read it, every one of them."


def repeats(pages: list[HashedPage], line: str, *, sentence: bool = False) -> list[int]:
    return [len(r.pages) for r in find_repeats(pages) if r.line == line_hash(line) and r.is_sentence == sentence]


def test_updates_of_an_article_count_once() -> None:
    updates = [seen(n, [*article(0), f"Update number {'u' * n} of the day."]) for n in range(4)]
    assert len(collapse(updates)) == 1
    assert repeats([*updates, seen(8, article(8)), seen(9, article(9))], article(0)[0]) == []


def test_copies_that_were_edited_in_places_count_once() -> None:
    copies = [seen(n, [*article(0, 6)[:4], *article(20 + n, 2)]) for n in range(3)]
    others = [seen(n, article(n)) for n in (5, 6)]
    assert len(collapse([*copies, *others])) == 3


def test_a_template_makes_no_near_duplicates() -> None:
    template = [f"{NOTE} {'It stands here for good and ever. ' * k}" for k in range(1, 4)]
    assert len(collapse([seen(n, [*article(n), *template]) for n in range(6)])) == 6


def test_pages_that_have_nothing_but_the_template_count_once() -> None:
    template = [f"{NOTE} {'It stands here for good and ever. ' * k}" for k in range(1, 4)]
    assert len(collapse([seen(n, template) for n in range(6)])) == 1
    assert len(collapse([seen(n, [*article(n)[:3], *template]) for n in range(6)])) == 6


@pytest.mark.parametrize(("lines", "articles"), [(9, 1), (4, 6)])
def test_pages_with_little_beside_the_template_count_once(lines: int, articles: int) -> None:
    template = [f"{NOTE} {'It stands here for good and ever. ' * k}" for k in range(1, lines + 1)]
    assert len(collapse([seen(n, [article(n)[0], *template]) for n in range(6)])) == articles


def test_a_line_must_come_back_on_enough_pages() -> None:
    pages = [seen(n, [*article(n), *([NOTE] if n < 3 else [])]) for n in range(6)]
    assert repeats(pages, NOTE) == [3]
    assert repeats(pages[1:], NOTE) == []


def test_the_order_of_pages_does_not_matter() -> None:
    pages = [seen(n, [*article(n), NOTE]) for n in range(6)]
    assert find_repeats(pages) == find_repeats(pages[::-1])


def test_positions_are_told_by_the_articles_own_prose() -> None:
    pages = [seen(n, ["Good morning", *article(n)[:2], "In numbers", *article(n)[2:], NOTE]) for n in range(4)]
    found = {r.line: r.position for r in find_repeats(pages) if not r.is_sentence}
    assert [found[line_hash(line)] for line in ("Good morning", "In numbers", NOTE)] == ["head", "body", "tail"]


def test_what_is_glued_to_paragraphs_comes_back_as_a_sentence() -> None:
    pages = [seen(n, [*article(n)[:4], f"{article(n)[4]} {NOTE}"]) for n in range(4)]
    assert repeats(pages, NOTE, sentence=True) == [4]
    assert repeats(pages, NOTE) == []


def test_a_line_of_an_old_template_is_weighed_by_its_time() -> None:
    days = [f"2026-{n + 1:02d}-01" for n in range(12)] * 3
    pages = [seen(n, [*article(n), *([NOTE] if day < "2026-05" else [])], day=day) for n, day in enumerate(days)]
    (found,) = [r for r in find_repeats(pages) if r.line == line_hash(NOTE)]
    assert (found.share, found.lasting) == (1 / 3, 1.0)


def test_what_rules_took_elsewhere_is_counted() -> None:
    pages = [seen(n, [*article(n), NOTE]) for n in range(3)]
    pages += [seen(n, article(n), taken=[NOTE]) for n in range(3, 8)]
    (found,) = [r for r in find_repeats(pages) if r.line == line_hash(NOTE)]
    assert found.removed_on == 5

"""Many pages at once: what must hold whichever page is bad."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from cleaners import Page, clean, clean_many, many
from cleaners.article import Article

PROSE = "The harbour was closed until noon on Monday, when the wind fell and the first boats went out again. " * 3
KILLS, FAILS = "take the process down", "raise an error"


def page(number: int) -> Page:
    return Page(f"<body><h1>Day {number}</h1><p>Number {number}. {PROSE}</p><p>Advertisement</p></body>")


def test_articles_come_in_the_order_of_their_pages_whatever_the_number_of_processes() -> None:
    pages = [page(number) for number in range(40)]
    alone = list(clean_many(pages, jobs=1))
    assert alone == [clean(one.html) for one in pages]
    assert list(clean_many(pages, jobs=2)) == alone


def test_no_more_pages_are_read_ahead_than_the_processes_need() -> None:
    read = 0

    def pages() -> Iterator[Page]:
        nonlocal read
        for number in range(10_000):
            read += 1
            yield page(number)

    articles = clean_many(pages(), jobs=2)
    next(articles)
    articles.close()  # type: ignore[attr-defined]
    assert read <= 2 * many.AHEAD * many.CHUNK_PAGES


def bad_clean(html: str, **options: object) -> Article:
    if KILLS in html:
        os._exit(1)
    if FAILS in html:
        raise RuntimeError
    return Article(html)


def start_badly(*settings: object) -> None:
    many.clean = bad_clean  # type: ignore[assignment]


def test_a_page_that_fails_or_kills_its_process_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(many, "_prepare", start_badly)
    pages = [Page(str(number)) for number in range(60)]
    pages[20], pages[41] = Page(KILLS, "u"), Page(FAILS)
    articles = list(clean_many(pages, jobs=2))
    assert articles[20] == Article("", url="u", flags=("empty", "failed:crash"))
    assert articles[41].flags == ("empty", "failed:RuntimeError")
    assert [a.text for a in articles if a.text] == [p.html for p in pages if p.html not in (KILLS, FAILS)]


def test_texts_are_cleaned_in_text_mode() -> None:
    texts = [Page(b"It rained on Monday.\nAdvertisement\nIt was dry on Tuesday.")]
    assert [a.text for a in clean_many(texts, jobs=1, text_mode=True)] == [
        "It rained on Monday.\nIt was dry on Tuesday."
    ]

"""Cleaning beside the reactor: a page that ruins its cleaner ends with a reason, and costs no other page."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from archive import Catalog
from cleaners import Article, Page
from scraper.crawl.pipelines import Cleaning, CleaningError
from scraper.seeds import Seed
from tests.support.crawling import crawl, paragraphs
from tests.support.loopback import Site, page

pytestmark = pytest.mark.slow


def ruined(html: bytes, **options: Any) -> Article:  # noqa: ANN401 - as the cleaner's
    if b"takes its process down" in html:
        os._exit(7)
    if b"hangs" in html:
        threading.Event().wait()
    return paragraphs(html, **options)


def test_pages_that_break_the_cleaner_or_its_process_end_with_error_and_stay_archived(
    site: Site, tmp_path: Path
) -> None:
    site.routes = {f"/{n}": page(f"Number {n}.") for n in range(12)}
    site.routes["/3"] = page("This one takes its process down.")
    site.routes["/5"] = page("This one breaks the cleaner.")
    seed = Seed("Gazette", urls=tuple(f"{site.base}/{n}" for n in range(12)))
    report, events = crawl(seed, data=tmp_path, jobs=2, clean=ruined)
    failed = {event.url.removeprefix(site.base): (event.status, event.reason) for event in events if not event.article}
    assert failed == {
        "/3": ("error", "cleaning failed: its process ended with 7"),
        "/5": ("error", "cleaning failed: ZeroDivisionError: a bug"),
    }
    assert report.articles == 10
    with Catalog(tmp_path / "catalog.sqlite") as catalog:
        assert all(catalog.captures(url) for url in seed.urls)


@pytest.mark.parametrize("jobs", [0, 1])
def test_the_article_is_the_same_in_a_thread_and_in_a_process(jobs: int) -> None:
    cleaning = Cleaning(paragraphs, None, jobs)
    article = asyncio.run(cleaning.article(Page("<p>Zwölf.</p>".encode("latin-1"), "http://a.example/1", "latin-1")))
    cleaning.close()
    assert (article.text, article.url) == ("Zwölf.", "http://a.example/1")


def test_a_page_that_hangs_its_process_is_given_up_while_others_go_on() -> None:
    async def both() -> list[Article | BaseException]:
        pages = (Page(b"<p>This one hangs.</p>"), Page(b"<p>One.</p>"), Page(b"<p>Two.</p>"))
        return await asyncio.gather(*map(cleaning.article, pages), return_exceptions=True)

    cleaning = Cleaning(ruined, None, 2, seconds=2)
    hung, *others = asyncio.run(both())
    cleaning.close()
    assert isinstance(hung, CleaningError)
    assert str(hung) == "it took longer than 2 seconds"
    assert [article.text for article in others if isinstance(article, Article)] == ["One.", "Two."]

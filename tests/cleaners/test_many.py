"""Many pages at once: what must hold whichever page is bad."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cleaners import Page, clean, clean_many, many, processes, work_many
from cleaners.article import Article

PROSE = "The harbour was closed until noon on Monday, when the wind fell and the first boats went out again. " * 3
KILLS = "take the process down"
PARENT = """
import threading
from cleaners import work_many

def answer(item):
    if item:
        threading.Event().wait()
    return item

if __name__ == "__main__":
    for item in work_many(answer, [0] * 8 + [1] * 80, crashed=answer, jobs=2):
        print(item, flush=True)
"""


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
    assert read <= 2 * processes.AHEAD * processes.CHUNK_ITEMS


def bad_task(item: str) -> str:
    if item == KILLS:
        os._exit(1)
    return item


def lost(item: str) -> str:
    return f"lost: {item}"


def test_an_item_that_kills_its_process_stops_no_other() -> None:
    items = [str(number) for number in range(60)]
    items[20] = KILLS
    assert list(work_many(bad_task, items, crashed=lost, jobs=2)) == [*items[:20], f"lost: {KILLS}", *items[21:]]


def test_a_page_that_fails_has_an_article_that_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(html: str, **options: object) -> Article:
        raise RuntimeError(html)

    monkeypatch.setattr(many, "clean", fail)
    (article,) = clean_many([Page("a page", "u")], jobs=1)
    assert article == Article("", url="u", flags=("empty", "failed:RuntimeError"))


def test_the_article_of_a_page_that_kills_its_process_says_so() -> None:
    assert many._crashed(Page("a page", "u")) == Article("", url="u", flags=("empty", "failed:crash"))


def test_processes_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT, "utf-8")
    environment = os.environ | {"PYTHONPATH": str(Path(many.__file__).parents[1])}
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, env=environment) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline()
        parent.kill()
        # the processes write to the same pipe: it ends when the last of them does
        assert set(parent.stdout.read().split()) <= {b"0"}


def test_texts_are_cleaned_in_text_mode() -> None:
    texts = [Page(b"It rained on Monday.\nAdvertisement\nIt was dry on Tuesday.", is_text=True)]
    assert [a.text for a in clean_many(texts, jobs=1)] == ["It rained on Monday.\nIt was dry on Tuesday."]

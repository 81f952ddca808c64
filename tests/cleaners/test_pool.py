"""Test work in other processes: an item that ends its process costs no other item its answer."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import cleaners
from cleaners import Article, LostError, Page, Pool, clean, clean_many, lost_article, work_many
from cleaners.pool import AHEAD, CHUNK_ITEMS

pytestmark = pytest.mark.slow

ROOT = Path(cleaners.__file__).parents[1]
PROSE = "The harbour was closed until noon on Monday, when the wind fell and the first boats went out again. " * 3
SECONDS = 0.5
BAIT = "a" * 60
MANY = """
import threading
from cleaners import work_many

def answer(item):
    if item:
        threading.Event().wait()
    return item

def lost(item, reason):
    return item

if __name__ == "__main__":
    for item in work_many(answer, [0] * 8 + [1] * 80, lost=lost, jobs=2):
        print(item, flush=True)
"""
SINGLE = """
import os, threading
from cleaners import Pool

def answer(item):
    print(item, flush=True)
    threading.Event().wait(item)

if __name__ == "__main__":
    pool = Pool(answer, 1, seconds=600)
    pool.answer(0)
    threading.Timer(0, pool.answer, [0.1]).start()
    os.kill(os.getpid(), 9)
"""


class OddError(Exception):
    """An error that cannot be read again in another process."""

    def __init__(self, number: int, words: str) -> None:
        super().__init__(words)


def bad_task(item: str) -> object:
    if item == "crash":
        os._exit(7)
    if item == "pid":
        return os.getpid()
    if item == "bug":
        raise ZeroDivisionError("a bug")
    if item == "odd":
        raise OddError(1, "an odd bug")
    if item == "function":
        return lambda: None
    # on the bait this never ends, and never lets another thread of its process run
    return len(re.findall(r"(a+)+b", item))


def lost(item: str, loss: LostError) -> str:
    return f"{item}: {loss}"


def page(number: int) -> Page:
    return Page(f"<body><h1>Day {number}</h1><p>Number {number}. {PROSE}</p><p>Advertisement</p></body>")


@pytest.fixture
def two() -> Iterator[Pool[str, object]]:
    with Pool(bad_task, 2, seconds=SECONDS) as pool:
        yield pool


def test_articles_come_in_the_order_of_their_pages_whatever_the_number_of_processes() -> None:
    pages = [page(number) for number in range(40)]
    alone = list(clean_many(pages, jobs=1))
    assert alone == [clean(each.html) for each in pages]
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
    assert read <= 2 * AHEAD * CHUNK_ITEMS


def test_an_item_that_ends_its_process_stops_no_other() -> None:
    items = ["ab" * number for number in range(60)]
    expected: list[object] = [*range(20), "crash: its process ended with 7", *range(21, 60)]
    items[20] = "crash"
    assert list(work_many(bad_task, items, lost=lost, jobs=2)) == expected


def test_an_item_that_takes_too_long_stops_no_other(two: Pool[str, object]) -> None:
    answers = list(two.map(["ab", BAIT, "ab ab"], lost=lost))
    assert answers == [1, f"{BAIT}: it took longer than 0.5 seconds", 2]


def test_what_a_task_raises_is_raised_to_the_caller(two: Pool[str, object]) -> None:
    with pytest.raises(ZeroDivisionError, match="a bug"):
        list(two.map(["ab", "bug", "ab"], lost=lost))


@pytest.mark.parametrize(
    ("item", "words"), [("odd", "OddError: an odd bug"), ("function", "the answer cannot be sent to another process")]
)
def test_what_cannot_be_sent_between_processes_is_told_in_words(two: Pool[str, object], item: str, words: str) -> None:
    with pytest.raises(RuntimeError, match=words):
        two.answer(item)
    assert two.answer("ab") == 1


def test_a_page_that_fails_has_an_article_that_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(html: str, **options: object) -> Article:
        raise RuntimeError(html)

    monkeypatch.setitem(clean_many.__globals__, "clean", fail)
    (article,) = clean_many([Page("a page", "u")], jobs=1)
    assert article == Article("", url="u", flags=("empty", "failed:RuntimeError"))
    assert article.failure == "RuntimeError"


@pytest.mark.parametrize(("timed_out", "flag"), [(False, "failed:crash"), (True, "failed:timeout")])
def test_the_article_of_a_page_that_ended_its_process_says_so(timed_out: bool, flag: str) -> None:
    loss = LostError("its process ended")
    loss.timed_out = timed_out
    assert lost_article(Page("a page", "u"), loss) == Article("", url="u", flags=("empty", flag))


def test_texts_are_cleaned_in_text_mode() -> None:
    texts = [Page(b"It rained on Monday.\nAdvertisement\nIt was dry on Tuesday.", is_text=True)]
    assert [a.text for a in clean_many(texts, jobs=1)] == ["It rained on Monday.\nIt was dry on Tuesday."]


def test_an_item_that_crashes_its_process_is_lost_and_says_how(two: Pool[str, object]) -> None:
    with pytest.raises(LostError, match="its process ended with 7"):
        two.answer("crash")
    assert two.answer("ab") == 1


def test_an_item_that_takes_too_long_is_lost_even_in_a_loop_that_python_cannot_leave(two: Pool[str, object]) -> None:
    with pytest.raises(LostError, match=r"longer than 0\.5 seconds"):
        two.answer(BAIT)
    assert two.answer("ab ab") == 2


def test_a_process_that_was_killed_while_it_had_nothing_to_do_costs_no_item(two: Pool[str, object]) -> None:
    process = two.answer("pid")
    assert isinstance(process, int)
    os.kill(process, signal.SIGKILL)
    os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT)
    assert two.answer("pid") != process


def test_several_threads_have_their_own_answers(two: Pool[str, object]) -> None:
    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(two.answer, ["ab" * n for n in range(20)])) == list(range(20))


def test_closing_ends_a_process_whatever_it_is_doing() -> None:
    running = Pool(bad_task, 1, seconds=600)
    with ThreadPoolExecutor(1) as threads:
        process = running.answer("pid")
        waiting = threads.submit(running.answer, BAIT)
        running.close()
        with pytest.raises(LostError):
            waiting.result()
    assert isinstance(process, int)
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
    with pytest.raises(LostError, match="have been ended"):
        running.answer("ab")


def test_the_processes_of_many_items_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(MANY, "utf-8")
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, env=environment) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline()
        parent.kill()
        # the processes write to the same pipe: it ends when the last of them does
        assert set(parent.stdout.read().split()) <= {b"0"}


def test_the_process_of_a_single_item_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(SINGLE, "utf-8")
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    # the process writes to the same pipe, which ends with it
    done = subprocess.run([sys.executable, script], stdout=subprocess.PIPE, env=environment, check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert done.stdout.startswith(b"0\n")

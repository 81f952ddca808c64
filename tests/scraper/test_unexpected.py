"""An error that no code expects ends a run with a message and a code of its own: never as a run that found nothing."""

from __future__ import annotations

import errno
import multiprocessing
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from cleaners import Article, Pool, PoolError
from scraper.crawl import CrawlError
from scraper.crawl.options import stopping
from scraper.seeds import Seed
from tests.support.crawling import World, breaks, crawl, paragraphs
from tests.support.loopback import Site, page

FDATASYNC = "module 'os' has no attribute 'fdatasync'"

EVERYWHERE = (
    "archive.files.whole:sync",
    "archive.warc.writer:sync",
    "archive.collection:Collection.store",
    "archive.collection:Collection.store_text",
    "archive.collection:Collection.sync",
    "archive.collection:Collection.close",
    "archive.catalog.catalog:Catalog.add",
    "scraper.crawl.pipelines:CleanPipeline.from_crawler",
    "scraper.crawl.pipelines:CleanPipeline.process_item",
    "scraper.crawl.pipelines:StorePipeline.process_item",
    "scraper.crawl.pipelines:Verdicts.of",
    "scraper.crawl.pipelines:Cleaning.article",
    "scraper.crawl.session:Session.close_url",
    "scraper.crawl.session:Session.finish",
    "scraper.crawl.session:Session.lease",
    "scraper.crawl.session:Session.pause",
    "scraper.fetch.pacing:CrawlDelay.from_crawler",
    "scraper.fetch.pacing:CrawlDelay._keep",
    "scraper.frontier.frontier:Frontier.add",
    "scraper.frontier.frontier:Frontier.close",
    "scraper.frontier.frontier:Frontier.lease",
    "scraper.frontier.frontier:Frontier.release",
    "scraper.report.history:RunHistory.note",
    "scraper.report.history:RunHistory.end",
    "scraper.revisit.revisits:Revisits.close",
    "scraper.revisit.revisits:Revisits.conditions",
    "scraper.spiders.news:News.closed",
    "scraper.spiders.news:News._closed",
    "scraper.spiders.news:News._request",
)
"""Where a run ends when it breaks: all of a run's state goes through these."""
OF_A_PAGE = ("scraper.spiders.news:page_of", "scraper.revisit.revisits:Revisits.is_repeated")


@pytest.fixture
def seed(site: Site) -> Seed:
    site.routes = {f"/{number}": page(f"Number {number}.") for number in range(3)}
    return Seed("Gazette", urls=tuple(f"{site.base}/{number}" for number in range(3)))


@pytest.mark.slow
@pytest.mark.parametrize("broken", EVERYWHERE)
def test_a_bug_anywhere_in_a_run_ends_it_with_the_bugs_words(broken: str, seed: Seed, tmp_path: Path) -> None:
    with pytest.raises(Exception, match=FDATASYNC):
        crawl(seed, data=tmp_path, world=World(broken=broken))


@pytest.mark.slow
@pytest.mark.parametrize("broken", OF_A_PAGE)
def test_a_bug_that_a_page_shows_ends_that_page_with_error(broken: str, seed: Seed, tmp_path: Path) -> None:
    report, events = crawl(seed, data=tmp_path, world=World(broken=broken))
    assert {event.status for event in events} == {"error"}
    assert all(FDATASYNC in event.reason for event in events)
    assert report.outcome == "all_failed"


def called(cleaner: Callable[[bytes], Article], item: bytes) -> Article:
    return cleaner(item)


class Unimportable:
    """A cleaner that another process cannot load."""

    __call__ = staticmethod(paragraphs)

    def __reduce__(self) -> tuple[Callable[[], Any], tuple[()]]:
        return breaks, ()


def ends_at_once() -> None:
    os._exit(9)


class Fatal(Unimportable):
    """A cleaner that ends the process that loads it."""

    def __reduce__(self) -> tuple[Callable[[], Any], tuple[()]]:
        return ends_at_once, ()


CANNOT_BEGIN = [(Unimportable(), FDATASYNC), (Fatal(), "ended with 9 before it began")]


@pytest.mark.parametrize(("cleaner", "words"), CANNOT_BEGIN)
def test_a_process_that_cannot_begin_is_one_error_for_all_items(cleaner: Unimportable, words: str) -> None:
    with Pool(partial(called, cleaner), 1) as pool:
        with pytest.raises(PoolError, match=words):
            pool.answer(b"<p>One.</p>")
        with pytest.raises(PoolError, match=words):
            list(pool.map([b"", b""], lost=lambda item, loss: Article(text="")))


@pytest.mark.slow
def test_a_pool_that_cannot_begin_ends_the_run(seed: Seed, tmp_path: Path) -> None:
    with pytest.raises(PoolError, match=FDATASYNC):
        crawl(seed, data=tmp_path, jobs=2, world=World(broken="cleaners.pool:_Worker.start", error=PoolError))


def answer(item: int) -> int:
    return item


def test_a_process_that_the_system_refuses_is_one_error_for_all_items(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(process: object) -> None:
        raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    monkeypatch.setattr(multiprocessing.get_context("spawn").Process, "start", refuse)
    with Pool(answer, 2) as pool:
        with pytest.raises(PoolError, match=r"no process can be started: Resource temporarily unavailable; .*--jobs"):
            pool.answer(1)
        with pytest.raises(PoolError):
            list(pool.map([1, 2, 3], lost=lambda item, loss: item))


def test_a_pool_is_closed_whatever_kept_its_process_from_starting(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(process: object) -> None:
        raise RuntimeError("no bootstrap")

    monkeypatch.setattr(multiprocessing.get_context("spawn").Process, "start", fail)
    with pytest.raises(RuntimeError, match="no bootstrap"), Pool(answer, 2) as pool:
        pool.answer(1)


def test_our_own_errors_stay_and_others_are_one_line_with_their_place() -> None:
    own = CrawlError("full")
    assert stopping(own) is own
    try:
        Article(text=1).text.strip()  # type: ignore[arg-type]
    except AttributeError as error:
        told = stopping(error)
    assert isinstance(told, CrawlError)
    assert "AttributeError: 'int' object has no attribute 'strip'" in str(told)
    assert told.__cause__ is not None

"""Two crawlers on one PostgreSQL frontier: who asks which host, how fast, and what becomes of it when one is killed."""

from __future__ import annotations

import os
import re
import signal
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from itertools import pairwise
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Event
from time import monotonic
from typing import NamedTuple

import pytest

from archive import Catalog
from scraper.frontier import Frontier
from scraper.seeds import Seed
from tests.support.crawling import start
from tests.support.loopback import Site, page

pytestmark = pytest.mark.long

HOSTS = [f"127.0.0.{number}" for number in range(2, 10)]
PAGES = 50
"""A host."""
DELAY = 0.05
LEASE = 2.0
"""Seconds: so that a killed crawler's hosts come free while the other is still at work."""


class Asked(NamedTuple):
    """A request, as the server saw it."""

    at: float
    worker: str
    host: str
    path: str


class News:
    """Eight hosts on one server, and what two crawlers asked of them."""

    def __init__(self, site: Site, frontier: str, folder: Path) -> None:
        self.asked: list[Asked] = []
        self.on_ask: Callable[[Asked], None] = lambda asked: None
        self.urls = [f"http://{host}:{site.port}/{n}" for n in range(PAGES) for host in HOSTS]
        self.frontier, self.folder = frontier, folder
        self._site = site
        site.routes = {f"/{n}": page(f"Page {n}.") for n in range(PAGES)}
        site.on_request = self._note

    def crawl(self, worker: str) -> BaseProcess:
        """Start a crawler that says who it is with its contact, and has a data root of its own."""
        options = {"frontier": self.frontier, "lease": LEASE, "delay": DELAY, "contact": f"{worker}@example.com"}
        return start(Seed("Gazette", urls=tuple(self.urls)), data=self.folder / worker, **options)

    def pages(self) -> Counter[str]:
        """Return how often each page was asked for."""
        return Counter(f"{asked.host}{asked.path}" for asked in self.asked if asked.path != "/robots.txt")

    def by_host(self) -> dict[str, list[Asked]]:
        """Return the requests of each host in their order."""
        found = defaultdict(list)
        for asked in self.asked:
            found[asked.host].append(asked)
        return found

    def endings(self) -> dict[str, int]:
        """Return the frontier's statuses."""
        frontier = Frontier(self.frontier, worker="reader")
        found = {status: number for _, _, status, number in frontier.counts()}
        frontier.dispose()
        return found

    def _note(self, path: str) -> None:
        head = self._site.heads[-1].decode()
        worker = re.search(r"\(\+(\w+)@", head)
        host = re.search(r"(?mi)^host: ([\d.]+)", head)
        assert worker
        assert host
        self.asked.append(Asked(monotonic(), worker[1], host[1], path))
        self.on_ask(self.asked[-1])


@pytest.fixture
def news(postgres_url: str, tmp_path: Path) -> Iterator[News]:
    with Site(host="0.0.0.0") as site:
        yield News(site, postgres_url, tmp_path)


def _blocks(asked: list[Asked]) -> list[str]:
    """Return who had the host, one after the other."""
    return [asked[0].worker] + [after.worker for before, after in pairwise(asked) if before.worker != after.worker]


def test_two_crawlers_share_the_pages_and_never_a_host_at_a_time(news: News) -> None:
    crawlers = [news.crawl(worker) for worker in ("one", "two")]
    for crawler in crawlers:
        crawler.join()
    assert [crawler.exitcode for crawler in crawlers] == [0, 0]
    assert news.endings() == {"fetched": len(HOSTS) * PAGES}
    assert set(news.pages().values()) == {1}
    assert len(news.pages()) == len(HOSTS) * PAGES
    for host, asked in news.by_host().items():
        # had two asked at a time, their requests would alternate, and the host would have had twice the rate
        assert len(_blocks(asked)) <= PAGES // 5, host
        assert asked[-1].at - asked[0].at >= DELAY * (len(asked) - 1) * 0.9, host


def test_what_a_killed_crawler_had_is_finished_by_the_other(news: News) -> None:
    killed, begun = news.crawl("killed"), Event()

    def kill(asked: Asked) -> None:
        begun.set()
        if asked.worker == "killed" and sum(before.worker == "killed" for before in news.asked) == 150:
            os.kill(killed.pid or 0, signal.SIGKILL)

    news.on_ask = kill
    begun.wait()
    other = news.crawl("other")
    killed.join()
    other.join()
    assert (killed.exitcode, other.exitcode) == (-signal.SIGKILL, 0)
    assert news.endings() == {"fetched": len(HOSTS) * PAGES}
    asked = news.pages()
    assert len(asked) == len(HOSTS) * PAGES
    assert max(asked.values()) <= 2
    by = {(before.worker, f"{before.host}{before.path}") for before in news.asked}
    assert all(("killed", url) in by for url, times in asked.items() if times == 2)
    with Catalog(news.folder / "other" / "catalog.sqlite") as catalog:
        texts = [len(catalog.articles(row.record_id)) for url in news.urls for row in catalog.captures(url)]
    assert set(texts) == {1}

"""A crawl is killed while pages that it has stored wait to be cleaned: no server is asked for them again."""

from __future__ import annotations

import signal
from collections import Counter
from pathlib import Path

from archive import Catalog
from scraper.frontier import FRONTIER, Frontier
from scraper.seeds import Seed
from tests.support.crawling import Deadly, crawl, start
from tests.support.loopback import Site, page

PAGES = 4
"""As many as are in work of one host."""
LEASE = 1.0
"""Seconds: so that the other crawl gets what the killed one had."""


def _seed(site: Site) -> Seed:
    site.routes = {f"/{number}": page(f"Page {number}.") for number in range(PAGES)}
    return Seed("Gazette", urls=tuple(f"{site.base}/{number}" for number in range(PAGES)))


def _die(seed: Seed, data: Path, frontier: str | None) -> None:
    clean = Deadly(frontier or data / FRONTIER, seed.urls)
    crawler = start(seed, data=data, frontier=frontier, lease=LEASE, clean=clean)
    crawler.join()
    assert crawler.exitcode == -signal.SIGKILL


def _texts(data: Path, seed: Seed) -> list[int]:
    with Catalog(data / "catalog.sqlite") as catalog:
        return [len(catalog.articles(row.record_id)) for url in seed.urls for row in catalog.captures(url)]


def _asked(site: Site) -> Counter[str]:
    return Counter(path for path in site.asked if path in site.routes)


def test_what_a_killed_crawl_stored_is_closed_by_another_machine_and_cleaned_by_its_own(
    site: Site, postgres_url: str, tmp_path: Path
) -> None:
    seed = _seed(site)
    _die(seed, tmp_path / "killed", postgres_url)
    report, _ = crawl(seed, data=tmp_path / "other", frontier=postgres_url, lease=LEASE)
    assert (report.articles, report.problems) == (PAGES, ())
    with Frontier(postgres_url, reading=True) as frontier:
        assert [(row.status, row.visits, row.due_at is None) for row in frontier.unfinished()] == [
            ("fetched", 0, False)
        ] * PAGES
    _, events = crawl(seed, data=tmp_path / "killed", frontier=postgres_url, lease=LEASE)
    assert sorted((event.url, event.status, event.article is not None) for event in events) == [
        (url, "fetched", True) for url in seed.urls
    ]
    assert _texts(tmp_path / "killed", seed) == [1] * PAGES
    assert _asked(site) == dict.fromkeys(site.routes, 1)
    with Frontier(postgres_url, reading=True) as frontier:
        assert frontier.unfinished() == []
        assert {(row.status, row.visits) for url in seed.urls if (row := frontier.get(url))} == {("fetched", 1)}


def test_a_crawl_cleans_what_it_had_stored_when_it_was_killed(site: Site, tmp_path: Path) -> None:
    seed = _seed(site)
    _die(seed, tmp_path, None)
    report, events = crawl(seed, data=tmp_path)
    assert (report.articles, len(events)) == (PAGES, PAGES)
    assert _texts(tmp_path, seed) == [1] * PAGES
    assert _asked(site) == dict.fromkeys(site.routes, 1)


def test_a_stored_page_whose_file_is_gone_is_fetched_again(site: Site, tmp_path: Path) -> None:
    seed = _seed(site)
    _die(seed, tmp_path, None)
    crawl(Seed("Another"), data=tmp_path)  # recovers the file, and has no page of the list
    for file in (tmp_path / "collections" / "news" / "archive").iterdir():
        file.unlink()
    report, _ = crawl(seed, data=tmp_path)
    assert report.articles == PAGES
    assert _asked(site) == dict.fromkeys(site.routes, 2)

"""A run ends: its sources are counted, and its time is."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from scraper.crawl import CrawlError, CrawlOptions
from scraper.report.status import standings
from scraper.seeds import Seed
from tests.support.crawling import crawl
from tests.support.loopback import Site, answer, page

pytestmark = pytest.mark.slow


class EndlessMaps(Site):
    """Every sitemap is an index of fifty others, which no other index names."""

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                path = (await reader.readuntil(b"\r\n\r\n")).split(b" ", 2)[1].decode()
                self.asked.append(path)
                if path == "/robots.txt":
                    writer.write(answer("gone", "404 Not Found"))
                else:
                    parts = "".join(f"<sitemap><loc>{path}/{number}</loc></sitemap>" for number in range(50))
                    writer.write(answer(f"<sitemapindex>{parts}</sitemapindex>", kind="application/xml"))
                await writer.drain()
        writer.close()


def test_an_endless_index_ends_with_the_budget_of_sources_and_says_so(tmp_path: Path) -> None:
    with EndlessMaps() as site:
        seed = Seed("trap", sitemaps=(f"{site.base}/map",))
        report, events = crawl(seed, data=tmp_path, max_sources=20)
        asked = [path for path in site.asked if path != "/robots.txt"]
        assert len(asked) == len(set(asked)) == 20
        told = [event for event in events if event.status == "over_budget"]
        assert told
        assert all("a run reads 20 sources of a site (--max-sources)" in event.reason for event in told)
        assert report.sites[0].sources["over_budget"] == len(told)
        assert report.sites[0].waiting == 0
        assert report.outcome == "ok"
        # what the frontier has from before is within the budget of each run too
        site.asked.clear()
        crawl(seed, data=tmp_path, max_sources=20)
        assert len([path for path in site.asked if path != "/robots.txt"]) <= 20


def test_the_sources_of_the_seed_are_read_whatever_the_budget(site: Site) -> None:
    site.routes = {f"/{number}": answer(f"<a href=/a{number}>b</a>") for number in range(5)}
    _, events = crawl(Seed("many", sections=tuple(site.base + path for path in site.routes)), max_sources=2)
    assert [event.status for event in events] == ["fetched"] * 5


def test_max_time_ends_a_run_cleanly_and_the_next_one_goes_on(site: Site, tmp_path: Path) -> None:
    site.routes = {f"/{number}": page(f"Number {number}.") for number in range(40)}
    seed = Seed("slow", urls=tuple(site.base + path for path in site.routes))
    report, events = crawl(seed, data=tmp_path, delay=1.0, max_time=5.0)
    assert (report.out_of_time, report.interrupted, report.outcome) == (True, False, "ok")
    assert len(events) < 40  # none, where a busy machine takes all the time to start
    assert report.sites[0].waiting == 40 - len(events)
    sites = standings(tmp_path, None, [], [])
    assert sites[0].runs[0].ending == "max_time"
    rest, later = crawl(seed, data=tmp_path)
    assert (rest.out_of_time, len(events) + len(later)) == (False, 40)


@pytest.mark.parametrize("wrong", [{"max_time": 0.0}, {"max_time": float("nan")}, {"max_sources": 0}])
def test_a_bound_that_is_none_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(CrawlError, match="max_"):
        CrawlOptions(seeds=[], **wrong)

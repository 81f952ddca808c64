"""What sites ask of a crawler is kept, as their servers see it."""

from __future__ import annotations

import time
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from archive import Catalog, OptOuts, read_warc
from archive.rights.optouts import AI_AGENTS_DATE
from scraper.fetch.pacing import MAX_HOLD
from scraper.frontier import Frontier
from scraper.seeds import Seed, seed_from
from tests.support.crawling import World, crawl, fetch, start
from tests.support.loopback import Site, answer, page
from tests.support.shell import press

pytestmark = pytest.mark.slow


class Clocked:
    """Notes when each path was asked for."""

    def __init__(self, *sites: Site) -> None:
        self.times: dict[int, list[tuple[str, float]]] = defaultdict(list)
        for site in sites:
            site.on_request = lambda path, port=site.port: self.times[port].append((path, time.monotonic()))

    def gaps(self, *sites: Site) -> list[float]:
        """Return the seconds between the requests to all *sites* taken as one host."""
        moments = sorted(moment for site in sites for _, moment in self.times[site.port])
        return [later - earlier for earlier, later in pairwise(moments)]


def _robots(text: str) -> bytes:
    return answer(text, kind="text/plain")


def _seed(site: Site, count: int, name: str = "Gazette") -> Seed:
    site.routes |= {f"/{n}": page(f"Number {n}.") for n in range(count)}
    return Seed(name, urls=tuple(f"{site.base}/{n}" for n in range(count)))


@pytest.mark.parametrize("count", [20, 200])
def test_of_a_cold_host_no_disallowed_url_is_requested(site: Site, count: int) -> None:
    seed = _seed(site, count)
    site.routes["/robots.txt"] = _robots("User-agent: *\nDisallow: /\n")
    _, events = crawl(seed)
    assert {event.status for event in events} == {"robots"}
    assert len(events) == count
    assert site.asked == ["/robots.txt"]


@pytest.mark.parametrize("delay", [0.15, 2.0])
def test_a_crawl_delay_is_kept_over_all_sources_of_a_host(site: Site, delay: float) -> None:
    robots = _robots(f"User-agent: *\nCrawl-delay: {delay}\n")
    link = '<html><a href="{}/2026/11/21/{}">A headline of several words here</a></html>'
    with Site() as other:
        clocked = Clocked(site, other)
        for place, name in ((site, "a"), (other, "b")):
            place.routes = {"/robots.txt": robots, f"/2026/11/21/{name}": page(f"Page {name}.")}
            place.routes["/section"] = answer(link.format(place.base, name))
        both = site.base + "/section", other.base + "/section"
        if delay < 1:
            seeds = [seed_from({"name": url, "home": url, "sections": [url]}, "test") for url in both]
        else:
            del other.routes["/robots.txt"]
            seeds = [seed_from({"home": site.base, "sections": [site.base + "/section"]}, "test")]
        report, _ = crawl(*seeds)
        assert report.articles == len(seeds)
        gaps = clocked.gaps(site, other)
    # the second robots.txt is asked for before the host is known to want more than the own delay
    assert min(gaps[1 if delay < 1 else 0 :]) >= delay - 0.02


def test_http_and_https_and_all_ports_of_a_host_share_one_pace(site: Site) -> None:
    with Site() as other:
        clocked = Clocked(site, other)
        crawl(_seed(site, 3, "A"), _seed(other, 3, "B"), delay=0.1)
        assert len(clocked.gaps(site, other)) == 7
        assert min(clocked.gaps(site, other)) >= 0.08


def test_retry_after_holds_the_host_while_others_go_on_and_then_all_is_fetched() -> None:
    with ExitStack() as stack:
        busy = stack.enter_context(Site(host="127.0.0.2"))
        other = stack.enter_context(Site())
        busy.base = busy.base.replace("127.0.0.1", "127.0.0.2")
        seeds = _seed(busy, 6, "busy"), _seed(other, 30, "other")
        busy.routes["/5"] = answer("later", "429 Too Many Requests", "Retry-After: 1")
        clocked = Clocked(busy, other)
        noted = busy.on_request

        def once(path: str) -> None:
            noted(path)
            if [asked for asked, _ in clocked.times[busy.port]].count("/5") == 2:
                busy.routes["/5"] = page("Number 5.")

        busy.on_request = once
        report, events = crawl(*seeds)
        times = clocked.times[busy.port]
        ended = [later for _, later in clocked.times[other.port]]
    assert {event.status for event in events} == {"fetched"}
    assert report.articles == 36
    refused = next(moment for path, moment in times if path == "/5")
    following = [moment for _, moment in times if moment > refused]
    assert min(following) - refused >= 0.95
    assert [moment for moment in ended if refused < moment < min(following)]


def test_a_long_retry_after_outlives_the_run_and_nothing_is_lost(site: Site, tmp_path: Path) -> None:
    seed = _seed(site, 6)
    site.routes["/0"] = answer("later", "503 Service Unavailable", f"Retry-After: {int(MAX_HOLD) + 60}")
    report, _ = crawl(seed, data=tmp_path)
    (held,) = report.held
    assert (held.host, held.status) == ("127.0.0.1", "http_503")
    assert report.sites[0].waiting + report.articles == 6
    assert report.sites[0].waiting > 0
    assert report.outcome in ("some_failed", "all_failed")
    asked = len(site.asked)
    again, _ = crawl(seed, data=tmp_path)
    assert len(site.asked) == asked
    assert [host.host for host in again.held] == ["127.0.0.1"]
    frontier = Frontier(tmp_path / "frontier.sqlite")
    assert frontier.leased() == []
    frontier.dispose()


def test_a_url_that_always_asks_to_wait_ends_with_its_status(site: Site) -> None:
    seed = _seed(site, 4)
    site.routes["/3"] = answer("later", "429 Too Many Requests")
    _, events = crawl(seed)
    assert {event.url.removeprefix(site.base): event.status for event in events} == {
        "/0": "fetched", "/1": "fetched", "/2": "fetched", "/3": "http_429",
    }  # fmt: skip
    assert site.asked.count("/3") == 3


def test_a_single_url_of_a_held_host_says_when_to_ask_again(site: Site) -> None:
    site.routes = {"/1": answer("later", "429 Too Many Requests", "Retry-After: 3600")}
    (found,) = fetch(site.base + "/1")
    assert found.status == "http_429"
    assert found.reason.startswith("Retry-After: 3600; not to be asked before 20")


def test_a_host_that_keeps_failing_is_left_and_its_urls_wait(tmp_path: Path) -> None:
    urls = tuple(f"http://127.0.0.1:1/{n}" for n in range(40))
    report, events = crawl(Seed("dead", urls=urls), data=tmp_path, delay=0.01)
    assert 3 <= len(events) <= 10
    assert {event.status for event in events} == {"connection_refused"}
    assert report.sites[0].waiting == 40 - len(events)
    assert "failures in a row" in report.held[0].reason


def test_an_interrupt_while_all_hosts_are_held_ends_the_crawl(site: Site, tmp_path: Path) -> None:
    seed = _seed(site, 3)
    site.routes["/2"] = answer("later", "429 Too Many Requests", "Retry-After: 200")
    process = start(seed, data=tmp_path)
    frontier = Frontier(tmp_path / "frontier.sqlite")
    while process.is_alive() and not frontier.held("127.0.0.1")[0]:
        process.join(0.05)
    process.terminate()
    process.join()
    assert process.exitcode == 0
    assert {state for _, _, state, _ in frontier.counts()} <= {"fetched", "waiting"}
    frontier.dispose()


def test_robots_txt_may_move_to_another_host_five_times_and_is_archived(site: Site, tmp_path: Path) -> None:
    with Site(host="127.0.0.2") as other:
        away = other.base.replace("127.0.0.1", "127.0.0.2")
        moves = [site.base + "/robots.txt", site.base + "/r1", away + "/r2", away + "/r3", site.base + "/r4"]
        for at, to in zip(moves, [*moves[1:], away + "/rules"], strict=True):
            place = other if at.startswith(away) else site
            place.routes[at[at.index("/", 8) :]] = answer("", "301 Moved", f"Location: {to}")
        other.routes["/rules"] = _robots("User-agent: *\nDisallow: /no\n")
        site.routes |= {"/yes": page("Yes."), "/no": page("No.")}
        _, events = crawl(Seed("Gazette", urls=(site.base + "/no", site.base + "/yes")), data=tmp_path)
    assert {event.url.removeprefix(site.base): event.status for event in events} == {"/no": "robots", "/yes": "fetched"}
    (file,) = (tmp_path / "collections/news/archive").iterdir()
    captures = {capture.url: capture.status for capture in read_warc(file)}
    assert captures == dict.fromkeys(moves, 301) | {away + "/rules": 200, site.base + "/yes": 200}


def test_robots_txt_that_moves_to_a_private_address_is_not_followed(site: Site) -> None:
    with Site(host="127.0.0.2") as hidden:
        hidden.routes = {"/robots.txt": _robots("User-agent: *\nAllow: /\n")}
        to = f"http://127.0.0.2:{hidden.port}/robots.txt"
        site.routes = {"/robots.txt": answer("", "302 Found", f"Location: {to}"), "/1": page("One.")}
        seed = Seed("Gazette", urls=(site.base + "/1",))
        _, (event,) = crawl(seed, allow_private=False, world=World(public=("127.0.0.1",)))
        assert hidden.asked == []
    assert event.status == "blocked_address"
    assert site.asked == ["/robots.txt"]


def test_opt_outs_are_recorded_with_the_page_and_shown(site: Site, tmp_path: Path) -> None:
    html = '<html><head><meta name="robots" content="noimageai"></head><p>One.</p></html>'
    site.routes = {
        "/robots.txt": _robots("User-agent: GPTBot\nDisallow: /\n"),
        "/.well-known/tdmrep.json": answer('[{"location": "/1", "tdm-reservation": 1}]', kind="application/json"),
        "/1": answer(html, "200 OK", "X-Robots-Tag: noai, CCBot: noindex", "tdm-reservation: 0"),
        "/2": page("Two."),
    }
    seed = Seed("Gazette", urls=(site.base + "/1", site.base + "/2"))
    crawl(seed, data=tmp_path, tdmrep=True)
    assert site.asked.count("/.well-known/tdmrep.json") == 1
    with Catalog(tmp_path / "catalog.sqlite") as catalog:
        one, two = (catalog.captures(site.base + path)[0] for path in ("/1", "/2"))
    agents = ("GPTBot",)
    wanted = OptOuts(agents, ("noai", "ccbot: noindex"), ("noimageai",), ("header: 0", "file: 1"), None, AI_AGENTS_DATE)
    found_one, found_two = (OptOuts.parse(row.opt_outs) or OptOuts() for row in (one, two))
    assert replace(found_one, seen=(), vocabulary=None) == wanted
    assert replace(found_two, seen=(), vocabulary=None) == OptOuts(agents, agents_date=AI_AGENTS_DATE)
    assert [name for name, _ in found_two.seen] == ["robots.txt", "tdmrep.json"]
    shown = press("archive", "show", site.base + "/1", "--data", str(tmp_path), "--at", "2100-01-01", cwd=tmp_path)
    assert "opt-out-robots: GPTBot" in shown.out
    assert "opt-out-tdm-reservation: header: 0, file: 1" in shown.out


@pytest.mark.parametrize("answered", ["not json", "[" * 100_000, "{}", "9" * 200_000])
def test_a_tdmrep_that_says_nothing_stops_no_page(site: Site, answered: str) -> None:
    site.routes = {"/.well-known/tdmrep.json": answer(answered, kind="application/json"), "/1": page("One.")}
    _, (event,) = crawl(Seed("Gazette", urls=(site.base + "/1",)), tdmrep=True)
    assert event.status == "fetched"


def test_a_tdmrep_is_not_asked_for_unless_told(site: Site) -> None:
    crawl(_seed(site, 1))
    assert site.asked == ["/robots.txt", "/0"]

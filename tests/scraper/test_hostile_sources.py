"""Sources that are made to be slow or large: each bound has a status of its own, and other sites go on."""

from __future__ import annotations

import asyncio
import gzip
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import pytest
from protego import Protego

from scraper.crawl import pipelines
from scraper.crawl.pipelines import Cleaning
from scraper.discovery import DiscoveryError, feeds, pages, read_source, sitemaps
from scraper.discovery.pages import MAX_NAMED, anchors_of, parse_page, read_home, section_links, sitemaps_of
from scraper.fetch.robots_file import MAX_PAIRS, TooManyRules, rules_of
from scraper.seeds import Seed
from tests.support.crawling import crawl, paragraphs
from tests.support.loopback import Site, answer, page

BASE = "https://example.com/"


def _status(read: Callable[[], object]) -> str:
    with pytest.raises(DiscoveryError) as caught:
        read()
    return caught.value.status


def test_agents_that_nobody_asks_for_do_not_multiply_the_rules_of_robots_txt() -> None:
    agents = "".join(f"User-agent: x{number}\n" for number in range(2000))
    rules = "".join(f"Disallow: /{number}\n" for number in range(2000))
    read = rules_of((agents + "User-agent: pressclip\n" + rules).encode()).decode()
    assert read.count("User-agent") == 2
    assert not Protego.parse(read).can_fetch(f"{BASE}7", "pressclip")


def test_leaving_out_agents_changes_no_answer() -> None:
    text = "User-agent: x\nUser-agent: pressclip\nDisallow: /a\nUser-agent: y\nUser-agent: z\nDisallow: /b\n"
    text += "User-agent: gptb*ot\nDiasllow: /c\nUser-agent: q\nDisallow: /d\nno directive\nUser-agent: w\nDisallow: /e"
    whole, read = Protego.parse(text), Protego.parse(rules_of(text.encode()).decode())
    for path in "abcde":
        for agent in ("pressclip", "GPTBot", "other"):
            assert read.can_fetch(BASE + path, agent) == whole.can_fetch(BASE + path, agent), (path, agent)


@pytest.mark.parametrize("line_end", ["\n", "\r", "\u2028", "\x0b"])
@pytest.mark.parametrize("between", ["", "Noindex: /b", "nothing"])
def test_a_robots_txt_of_too_many_rules_for_the_agents_is_not_read(line_end: str, between: str) -> None:
    lines = ["User-agent: GPTBot", between, "User-agent: CCBot", between, "User-agent: *"]
    lines += [f"Disallow: /{number}" for number in range(MAX_PAIRS // 3 + 1)]
    with pytest.raises(TooManyRules, match=f"more than {MAX_PAIRS} pairs"):
        rules_of(line_end.join(lines).encode())


def test_wildcards_count_as_rules_of_robots_txt() -> None:
    with pytest.raises(TooManyRules):
        rules_of(b"User-agent: *\nDisallow: /" + b"*a" * MAX_PAIRS)


def test_a_robots_txt_of_bounded_size_is_read_whole() -> None:
    text = "User-agent: *\n" + "".join(f"Disallow: /{number}\n" for number in range(MAX_PAIRS - 1))
    assert rules_of(text.encode()).decode() == text


@pytest.mark.parametrize(
    ("name", "most", "body", "status"),
    [
        ("MAX_ELEMENTS", 1000, b"<urlset>" + b"<x/>" * 1000 + b"</urlset>", "too_many_elements"),
        ("MAX_ELEMENTS", 1000, b"<urlset><url>" + b"<x/>" * 1000 + b"</url></urlset>", "too_many_elements"),
        ("MAX_NESTING", 100, b"<urlset>" + b"<url>" * 100 + b"</urlset>", "too_deep"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_each_bound_of_a_sitemap_has_its_status(
    monkeypatch: pytest.MonkeyPatch, name: str, most: int, body: bytes, status: str, packed: bool
) -> None:
    monkeypatch.setattr(sitemaps, name, most)
    body = gzip.compress(body) if packed else body
    assert _status(lambda: sitemaps.sitemap_links(body, BASE)) == status


def test_a_sitemap_that_unpacks_to_too_much_has_its_status(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sitemaps, "MAX_SITEMAP", 1000)
    body = gzip.compress(b"<urlset>" + b" " * 1000)
    assert _status(lambda: sitemaps.sitemap_links(body, BASE)) == "too_large"


def test_empty_entries_of_a_sitemap_count_as_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sitemaps, "MAX_READ", 10)
    body = b"<urlset>" + b"<url/>" * 10 + b"<url><loc>/late</loc></url></urlset>"
    assert sitemaps.sitemap_links(body, BASE) == []


def test_an_entry_is_read_below_whatever_a_sitemap_has_around_it() -> None:
    body = b"<urlset><x><url><loc>/a</loc></url><y/></x>text<!-- c --><z><loc>/no</loc></z>"
    body += b"<url><loc>/b</loc></url></urlset>"
    assert [link.url for link in sitemaps.sitemap_links(body, BASE)] == [f"{BASE}a", f"{BASE}b"]


def test_a_json_feed_of_too_many_values_is_not_read() -> None:
    body = b'{"version":"https://jsonfeed.org/version/1","items":[' + b"{}," * feeds.MAX_VALUES + b"{}]}"
    assert _status(lambda: feeds.feed_links(body, BASE)) == "too_many_elements"


@pytest.mark.parametrize("read", [section_links, read_home])
@pytest.mark.parametrize(
    ("tag", "number", "status"),
    [
        (b"<a href=/a>b</a>", pages.MAX_ANCHORS + 1, "too_many_links"),
        (b"<p>", pages.MAX_TAGS + 1, "too_many_elements"),
        (b"<div>", pages.MAX_NESTING, "too_deep"),
    ],
)
def test_each_bound_of_a_page_of_links_has_its_status(
    read: Callable[[bytes, str], object], tag: bytes, number: int, status: str
) -> None:
    assert _status(lambda: read(b"<!doctype html>" + tag * number, BASE)) == status


def test_links_in_each_other_have_each_their_own_words() -> None:
    tree = parse_page(b"<nav><a href=/a>One <!-- c -->two <b><a href=/b>three</a> four</b> five</a></nav><a>six</a>")
    found = [(anchor.href, anchor.text, anchor.in_menu) for anchor in anchors_of(tree)]
    assert found == [("/a", "One two four five", True), ("/b", "three", True), (None, "six", False)]


def test_few_sitemap_lines_of_a_robots_txt_are_read() -> None:
    lines = "".join(f"Sitemap: /{number}.xml\n" for number in range(MAX_NAMED + 5))
    assert len(sitemaps_of(lines.encode(), BASE)) == MAX_NAMED


def test_an_address_that_can_only_be_a_trap_is_not_looked_at() -> None:
    assert section_links(b"<!doctype html><a href='/" + b"a/" * 10_000 + b"'>b</a>", BASE) == []


def _hang() -> None:
    threading.Event().wait()


def _take(size: int) -> int:
    return len(bytearray(size))


def test_time_and_memory_of_a_source_are_bounded_in_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipelines, "SOURCE_SECONDS", 2.0)
    monkeypatch.setattr(pipelines, "SOURCE_MEMORY", 64 * 2**20)
    cleaning = Cleaning(paragraphs, None, 1)

    def ask(read: Callable[[], object]) -> object:
        return asyncio.run(cleaning.reading(read))

    assert _status(lambda: ask(partial(_take, 2**30))) == "too_much_memory"
    assert ask(partial(_take, 2**20)) == 2**20
    assert _status(lambda: ask(_hang)) == "too_slow"
    reading = ask(
        partial(read_source, "section", b"<a href=/a>b", BASE, charset=None, now=datetime.now(UTC), max_age=None)
    )
    cleaning.close()
    assert [link.url for link in reading.links] == [f"{BASE}a"]  # type: ignore[attr-defined]


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [0, 1])
def test_hostile_sources_end_with_their_status_while_another_site_is_read(jobs: int) -> None:
    rules = b"User-agent: GPTBot\nUser-agent: *\n" + b"Disallow: /x\n" * MAX_PAIRS
    with Site(host="0.0.0.0") as bad, Site() as good:
        bad.routes = {
            "/section": answer(b"<!doctype html>" + b"<a href=/a>b</a>" * (pages.MAX_ANCHORS + 1)),
            "/map.xml": answer(gzip.compress(b"<urlset>" + b"<x>" * 200)),
        }
        good.routes = {f"/{number}": page(f"Number {number}.") for number in range(10)}
        base = f"http://127.0.0.2:{bad.port}"
        seeds = (
            Seed("bad", sections=(f"{base}/section",), sitemaps=(f"{base}/map.xml",)),
            Seed("good", urls=tuple(good.base + path for path in good.routes)),
        )
        report, events = crawl(*seeds, jobs=jobs)
        statuses = {event.url.removeprefix(base): event.status for event in events if event.site == "bad"}
        assert statuses == {"/section": "too_many_links", "/map.xml": "too_deep"}
        assert {site.name: site.articles for site in report.sites}["good"] == 10
        bad.routes["/robots.txt"] = answer(rules, kind="text/plain")
        _, events = crawl(seeds[0], jobs=jobs)
        assert {event.status for event in events} == {"robots_too_large"}

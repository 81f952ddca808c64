"""Front pages: kept each time they are due, and told as which stories stood where, when."""

from __future__ import annotations

import json
import os
import signal
import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from archive import CATALOG, Catalog
from scraper.crawl import Event
from scraper.discovery import MAX_STORIES, DiscoveryError, RankedLink, ranked_links
from scraper.frontier import FRONTIER, FoundUrl, Frontier, sources_of
from scraper.report.charts import rank_chart
from scraper.report.fronts import Front, read_history, stories_of
from scraper.revisit.revisits import (
    HOUR,
    MINUTE,
    UNTRUSTED,
    Answer,
    Ending,
    after_failure,
    after_reading,
    bounds_of,
    visit_of,
)
from scraper.seeds import Seed, SeedError, load_seeds
from tests.support.crawling import crawl, start
from tests.support.loopback import Site, answer
from tests.support.shell import Done, press

BASE = "https://a.example/"
CONTACT = "desk@example.com"
SINCE = date(2026, 1, 1)
SINCE_THEN = ("--since", "2026-01-01")
MILL, LEAT, QUAY = "/2026/11/21/mill-wheel", "/2026/11/21/leat-is-dry", "/2026/11/22/quay-wall"


def front_of(*paths: str) -> str:
    stories = "".join(f"<article><h2><a href='{path}'>Story {path}</a></h2></article>" for path in paths)
    return f"<!doctype html><html><nav><a href='/news'>News</a></nav><main>{stories}</main></html>"


def ranked(html: str) -> list[RankedLink]:
    return ranked_links(html.encode(), BASE)


def test_stories_are_ranked_by_their_part_of_the_page_and_then_by_their_order_in_it() -> None:
    links = ranked(
        f"<header><a href='{QUAY}'>Live</a></header><aside><a href='/2026/11/01/most-read'>Most read</a></aside>"
        f"<main><article><header><h1><a href='{MILL}'>Mill</a></h1></header></article>"
        f"<a href='{LEAT}'><h3>Leat</h3></a></main>"
        "<footer><a href='/2026/11/02/about-us'>About</a></footer><nav><a href='/politics'>Politics</a></nav>"
        "<a href='https://b.example/2026/11/21/other'>Elsewhere</a>"
    )
    told = [(link.place, link.url.removeprefix(BASE[:-1]), link.level, link.region) for link in links]
    assert told == [
        (1, MILL, 1, "main"),
        (2, LEAT, 3, "main"),
        (3, "/2026/11/01/most-read", 0, "aside"),
        (4, QUAY, 0, "menu"),
        (5, "/2026/11/02/about-us", 0, "footer"),
    ]


def test_of_several_links_to_a_story_the_first_gives_the_place_and_the_longest_the_text() -> None:
    picture, title = f"<a href='{MILL}'><img src=x></a>", f"<h2><a href='{MILL}#top'>The mill wheel turns</a></h2>"
    links = ranked(f"<nav><a href='{MILL}'>Mill</a></nav><main>{picture}<a href='{LEAT}'>Leat</a>{title}</main>")
    assert [(link.url, link.text, link.level) for link in links] == [
        (BASE[:-1] + MILL, "The mill wheel turns", 2),
        (BASE[:-1] + LEAT, "Leat", 0),
    ]


def test_a_front_page_has_bounds_and_its_titles_steer_no_terminal() -> None:
    many = "".join(f"<a href='/2026/11/21/{number}'>\x1b[2J{'long ' * 900}</a>" for number in range(MAX_STORIES + 5))
    links = ranked(f"<p>{many}</p>")
    assert len(links) == MAX_STORIES
    assert all("\x1b" not in link.text and len(link.text) <= 300 for link in links)
    with pytest.raises(DiscoveryError, match="more than 10000 links"):
        ranked("<a href='/a'>a</a>" * 10_001)


def test_front_pages_have_one_interval_whatever_they_show() -> None:
    limits = bounds_of(Seed("a", front=(BASE,), front_every=timedelta(minutes=30), every=timedelta(hours=6)), "front")
    assert {after_reading(30 * MINUTE, share, limits) for share in (0.0, 0.5, 1.0)} == {30 * MINUTE}
    assert after_failure(30 * MINUTE, "timeout", "fetched", limits) == 30 * MINUTE
    assert bounds_of(Seed("a", front=(BASE,), every=timedelta(hours=2)), "front").first == 2 * HOUR
    assert bounds_of(Seed("a", front=(BASE,)), "front").first == HOUR


def test_a_front_page_that_changes_under_its_etag_is_asked_without_conditions_from_then_on() -> None:
    seed = Seed("a", front=(BASE,))
    with Frontier(None) as frontier:
        frontier.add(sources_of(seed))
        (row,) = frontier.of_kind("front")
    row = replace(row, etag='"1"', digest="sha1:A", status="fetched", visits=1)
    for digest, etag in (("sha1:A", '"1"'), ("sha1:B", UNTRUSTED)):
        visit = visit_of(row, seed, None, Ending("fetched", 0.0, Answer(200, '"1"', None, digest)))
        assert visit.etag == etag


def test_a_page_of_front_is_one_source_also_where_it_is_a_section_or_the_home_page() -> None:
    section = BASE + "politics"
    seed = Seed("a", home=BASE, front=(BASE, section), sections=(section,))
    assert sources_of(seed) == [FoundUrl(BASE, "front", "a"), FoundUrl(section, "front", "a")]
    assert seed.pages_of_links == (section,)
    only = Seed("a", home=BASE, front=(BASE,))
    assert sources_of(only) == [FoundUrl(BASE, "front", "a")]
    assert only.pages_of_links == (BASE,)


def test_a_seed_file_names_front_pages_and_how_often_they_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "seeds.toml"
    file.write_text('[[site]]\nfront = ["https://A.example"]\nfront_every = "30m"\n', "utf-8")
    (seed,) = load_seeds(file)
    assert (seed.name, seed.front, seed.front_every) == ("a.example", (BASE,), timedelta(minutes=30))
    assert seed.sites == {"a.example"}
    file.write_text('[[site]]\nfront = ["https://a.example"]\nfront_evry = "30m"\n', "utf-8")
    with pytest.raises(SeedError, match=r"seeds\.toml:3: unknown key 'front_evry'"):
        load_seeds(file)


def at(hour: int, *urls: str, problem: str = "") -> Front:
    links = tuple(RankedLink(place, url, url, 2, "main") for place, url in enumerate(urls, 1))
    return Front(datetime(2026, 11, 21, hour, tzinfo=UTC), f"urn:{hour}", links, problem)


def test_a_story_is_followed_over_the_captures_and_a_failed_one_takes_it_off_no_page() -> None:
    fronts = [at(1, "a", "b"), at(2, "a", "b"), at(3, problem="status 503"), at(5, "a"), at(6, "b"), at(7, "b", "c")]
    told = [
        (story.url, story.first_seen.hour, story.last_seen.hour, story.captures, story.best_place, story.best_at.hour)
        for story in stories_of(fronts)
    ]
    assert told == [("a", 1, 5, 3, 1, 1), ("b", 1, 7, 4, 1, 6), ("c", 7, 7, 1, 2, 7)]
    assert [story.top for story in stories_of(fronts)] == [timedelta(hours=4), timedelta(hours=1), timedelta()]


def test_a_chart_is_xml_whatever_a_title_has_and_breaks_its_line_where_a_story_was_gone() -> None:
    times = [datetime(2026, 11, 21, hour, tzinfo=UTC) for hour in range(4)]
    hostile = "</title><script>alert(1)</script>&\x00\x1b[2J\uffff\ud800" + "long " * 100
    drawn = rank_chart(hostile, times, [(hostile, [1, 2, None, 99]), ("b", [None] * 4)])
    tree = etree.fromstring(drawn.encode())
    names = {element.tag.rpartition("}")[2] for element in tree.iter()}
    assert names == {"svg", "title", "rect", "g", "path", "circle", "text"}
    (path,) = [element.get("d") or "" for element in tree.iter("{http://www.w3.org/2000/svg}path")]
    assert (path.count("M"), path.count("L")) == (1, 1)
    assert etree.fromstring(rank_chart("none", [], []).encode()).findtext("{*}title")


class Paper:
    """A site with a front page that changes, and has an ETag."""

    def __init__(self, site: Site, data: Path) -> None:
        self.site, self.data, self.url = site, data, site.base + "/"
        self.now = timedelta()
        self.body, self.etag = "", ""
        site.on_request = self._answer

    def crawl(self, later: timedelta, **seed: Any) -> list[Event]:  # noqa: ANN401 - the seed's fields
        self.now += later
        one = Seed("Gazette", front=(self.url,), front_every=timedelta(hours=1), **seed)
        return crawl(one, data=self.data, later=self.now, contact=CONTACT, due=True)[1]

    def show(self, *paths: str, etag: str) -> None:
        self.body, self.etag = front_of(*paths) + " " * 2000, etag

    def asked(self) -> list[str]:
        """The If-None-Match of each request for the front page."""
        heads = [head.decode() for head in self.site.heads if head.split()[1] == b"/"]
        return [head.partition("If-None-Match: ")[2].partition("\r\n")[0] for head in heads]

    def _answer(self, path: str) -> None:
        if path == "/":
            same = self.etag and self.asked()[-1] == self.etag
            status = "304 Not Modified" if same else "200 OK"
            self.site.routes[path] = answer("" if same else self.body, status, f"ETag: {self.etag}")


@pytest.fixture
def paper(site: Site, tmp_path: Path) -> Paper:
    return Paper(site, tmp_path / "data")


@pytest.mark.slow
def test_a_front_page_is_kept_at_its_interval_and_no_text_is_made_of_it(paper: Paper) -> None:
    paper.show(MILL, LEAT, etag='"1"')
    first = paper.crawl(timedelta())
    assert [(event.url, event.kind, event.status, event.reason) for event in first] == [
        (paper.url, "front", "fetched", "kept as it is")
    ]
    assert paper.crawl(timedelta(minutes=40)) == []
    paper.show(LEAT, QUAY, etag='"2"')
    assert [event.status for event in paper.crawl(timedelta(minutes=25))] == ["fetched"]
    (unchanged,) = paper.crawl(timedelta(hours=1))
    assert unchanged.status in ("not_modified", "fetched")
    assert len(paper.asked()) == 3
    with Catalog(paper.data / CATALOG) as catalog:
        rows = catalog.captures(paper.url)
        assert len(rows) == 3
        assert rows[0].revisit in ("server-not-modified", "identical-payload-digest")
        assert [catalog.articles(row.record_id) for row in rows] == [[], [], []]
    history = read_history(paper.data, paper.url, SINCE)
    assert [[link.url.removeprefix(paper.url[:-1]) for link in front.links] for front in history.fronts] == [
        [MILL, LEAT], [LEAT, QUAY], [LEAT, QUAY]
    ]  # fmt: skip
    assert [lead.url for _, lead in history.leads] == [paper.url[:-1] + MILL, paper.url[:-1] + LEAT]


@pytest.mark.slow
def test_a_front_page_that_is_the_home_page_too_is_kept_and_its_links_are_followed(paper: Paper) -> None:
    paper.show(MILL, etag='"1"')
    paper.site.routes[MILL] = answer("<!doctype html><html><p>" + "The mill wheel turned again. " * 40 + "</p></html>")
    events = paper.crawl(timedelta(), home=paper.url)
    assert {event.url: (event.kind, event.status) for event in events} == {
        paper.url: ("front", "fetched"), paper.url[:-1] + MILL: ("article", "fetched")
    }  # fmt: skip


@pytest.mark.slow
def test_a_front_page_in_work_of_a_killed_crawl_is_kept_by_the_next(paper: Paper) -> None:
    paper.show(MILL, etag='"1"')
    seed = Seed("Gazette", front=(paper.url,))
    came, go_on = threading.Event(), threading.Event()

    def hold(path: str) -> None:
        if path == "/":
            came.set()
            go_on.wait(30)

    paper.site.on_request = hold
    process = start(seed, data=paper.data, contact=CONTACT)
    assert came.wait(60)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    go_on.set()
    paper.site.on_request = paper._answer
    assert [(event.kind, event.status) for event in paper.crawl(timedelta())] == [("front", "fetched")]
    assert len(read_history(paper.data, paper.url, SINCE).read) == 1
    with Frontier(paper.data / FRONTIER, reading=True) as frontier:
        assert [row.state for row in frontier.of_kind("front")] == ["done"]


@pytest.mark.slow
def test_robots_txt_holds_for_front_pages(paper: Paper) -> None:
    paper.show(MILL, etag='"1"')
    paper.site.routes["/robots.txt"] = answer("User-agent: *\nDisallow: /\n", kind="text/plain")
    assert [event.status for event in paper.crawl(timedelta())] == ["robots"]
    assert paper.asked() == []


@pytest.mark.slow
def test_the_command_tells_who_stood_first_and_draws_it(paper: Paper, tmp_path: Path) -> None:
    paper.show(MILL, LEAT, etag='"1"')
    paper.crawl(timedelta())
    paper.show(LEAT, etag='"2"')
    paper.crawl(timedelta(hours=2))

    def front(*args: str) -> Done:
        return press("archive", "front", *args, "--data", str(paper.data), cwd=tmp_path)

    done = front("Gazette", *SINCE_THEN, "--chart", "places.svg")
    assert done.code == 0, done.err
    assert "2 captures" in done.out
    assert f"Story {MILL}" in done.out
    assert etree.fromstring((tmp_path / "places.svg").read_bytes()).tag.endswith("svg")
    told = json.loads(front(paper.url, *SINCE_THEN, "--json").out)
    assert [[link["place"] for link in capture["links"]] for capture in told["captures"]] == [[1, 2], [1]]
    assert {story["url"] for story in told["stories"]} == {paper.url[:-1] + MILL, paper.url[:-1] + LEAT}
    assert json.loads(front(paper.url.split("/")[2], *SINCE_THEN, "--json").out) == told
    nothing = front("b.example", *SINCE_THEN)
    assert (nothing.code, nothing.out) == (3, "")
    assert front(paper.url, "--since", "2026-01-01", "--until", "2026-01-02").code == 3
    assert front("no host", *SINCE_THEN).code == 2
    assert front("Gazette").code == 2
    (warc, _) = sorted((paper.data / "collections/news/archive").iterdir())
    warc.unlink()
    lost = front(paper.url, *SINCE_THEN)
    assert lost.code == 1
    assert "1 of 2 captures not read" in lost.err

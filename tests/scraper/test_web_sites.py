"""The page of sites shows what `pressclip status` says, and nothing of it as markup."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from archive import ArchiveError
from archive.site_rules import RuleHealth
from scraper.frontier import FoundUrl, Frontier
from scraper.report.heartbeat import MovedSource
from scraper.report.history import SiteRun
from scraper.report.status import DoubtfulText, SiteReport, SiteStanding
from scraper.web import sites
from scraper.web.articles import PAGE
from scraper.web.guard import HEADERS
from scraper.web.server import create_app
from tests.support.shell import press

HOST = "127.0.0.1:8470"
HOSTILE = "<script>alert(1)</script><img src=http://gazette.example/x onerror=y>"


class Tags(HTMLParser):
    """Collects tags and their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def page_of(data: Path) -> str:
    answer = TestClient(create_app(data, hosts=(HOST,)), base_url=f"http://{HOST}").get("/")
    assert answer.status_code == 200
    return answer.text


def crawled(data: Path, site: str, url: str) -> None:
    """Put an article of a site into the frontier, as one that was fetched."""
    frontier = Frontier(data / "frontier.sqlite")
    frontier.add([FoundUrl(url, "article", site), FoundUrl(f"{url}-gone", "article", site)])
    while rows := frontier.lease(10):
        for row in rows:
            frontier.close(row.url, "http_404" if row.url.endswith("gone") else "fetched")
    frontier.dispose()


def test_a_site_has_the_figures_of_status_and_a_link_to_its_articles(tmp_path: Path) -> None:
    crawled(tmp_path, "Gazette", "http://gazette.example:8701/a")
    page = page_of(tmp_path)
    assert "Gazette: 1 articles" in press("status", "--data", tmp_path, cwd=tmp_path).out
    assert '<dt>articles</dt><dd>1: <a href="/articles?site=gazette.example%3A8701">' in page
    assert 'ending=http_404&amp;kind=article">http_404 1</a></dd>' in page
    assert "alive</span>" in page
    assert "1 site: 1 alive" in page


@pytest.mark.parametrize("site", ["Gazette & Post", " Gazette ", HOSTILE])
def test_each_number_leads_to_as_many_urls(tmp_path: Path, site: str) -> None:
    crawled(tmp_path, site, "http://gazette.example/a")
    frontier = Frontier(tmp_path / "frontier.sqlite")
    frontier.add([FoundUrl(f"http://gazette.example/{n}", "article", site) for n in range(PAGE + 7)])
    frontier.add([FoundUrl("http://gazette.example/feed", "feed", site)])
    (feed,) = frontier.lease(1)
    frontier.close(feed.url, "http_404", HOSTILE)
    frontier.dispose()
    client = TestClient(create_app(tmp_path, hosts=(HOST,)), base_url=f"http://{HOST}")
    numbers = re.findall(r'<a href="(/urls[^"]*)">(?:http_404 )?(\d+)</a>', client.get("/").text)
    assert [number for _, number in numbers] == [str(PAGE + 7), "1", "1"]
    for link, number in numbers:
        found: list[str] = []
        following = [unescape(link)]
        while following:
            page = client.get(following[0]).text
            assert "<script>" not in page
            found += re.findall(r'<a href="/why\?url=([^"]*)">', page)
            following = [unescape(link) for link in re.findall(r'href="([^"]*)" rel="next"', page)]
        assert len(found) == len(set(found)) == int(number)
    assert "HTTP 404, Not Found" in client.get(unescape(numbers[1][0])).text


@pytest.mark.parametrize(
    "query", ["", "site=a", "ending=x", "site=a&ending=x&kind=feed", "site=a&ending=x&before=1.5",
              "site=a&ending=x&before=99999999999999999999"]
)  # fmt: skip
def test_a_list_that_is_asked_for_wrongly_is_refused(tmp_path: Path, query: str) -> None:
    crawled(tmp_path, "Gazette", "http://gazette.example/a")
    client = TestClient(create_app(tmp_path, hosts=(HOST,)), base_url=f"http://{HOST}")
    assert client.get(f"/urls?{query}").status_code == 400


def test_sites_that_need_a_look_come_first_each_with_its_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gave = SiteRun(site="A", began_at=0, seen_at=0, articles=3)
    failed = SiteRun(site="C", began_at=0, seen_at=0, failures={"timeout": 1})
    standings = [
        SiteStanding(SiteReport("A", articles=3), (gave,)),
        SiteStanding(SiteReport("B", waiting=3)),
        SiteStanding(SiteReport("C", failures={"timeout": 1}), (failed,)),
        SiteStanding(SiteReport("D"), (SiteRun(site="D", began_at=0, seen_at=0, sources={"fetched": 1}),)),
    ]
    monkeypatch.setattr(sites, "overview", lambda *_: (standings, []))
    crawled(tmp_path, "A", "http://gazette.example/a")
    page = page_of(tmp_path)
    assert re.findall(r'<h2 [^>]*>(.)</h2>\n<span class="(\w+)">([^<;]*)', page) == [
        ("C", "bad", "failing"),
        ("D", "soft", "quiet"),
        ("B", "soft", "never crawled"),
        ("A", "good", "alive"),
    ]
    assert "failing; nothing answered in its only run (timeout 1); no article yet" in page


def test_a_root_without_a_crawl_is_a_page_that_says_so(tmp_path: Path) -> None:
    assert "no crawl has run here" in page_of(tmp_path)


def test_nothing_is_written_into_the_data_root(tmp_path: Path) -> None:
    crawled(tmp_path, "Gazette", "http://gazette.example/a")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    page_of(tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_no_name_of_a_stranger_becomes_markup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    crawled(tmp_path, HOSTILE, "http://gazette.example/a")
    ran = SiteRun(site=HOSTILE, began_at=0, seen_at=0, ending=HOSTILE, articles=3, words=2, failures={HOSTILE: 1})
    rule = RuleHealth(HOSTILE, HOSTILE, 0.5, 24, 0, 24, HOSTILE, HOSTILE)
    standing = SiteStanding(
        SiteReport(HOSTILE, failures={HOSTILE: 1}),
        (ran,),
        (HOSTILE,),
        (rule,),
        1,
        (DoubtfulText(HOSTILE, 0.1, HOSTILE),),
        (MovedSource(url=HOSTILE, site=HOSTILE, to=HOSTILE, seen=datetime.now(UTC)),),
    )
    monkeypatch.setattr(sites, "overview", lambda *_: ([standing], [HOSTILE]))
    page = page_of(tmp_path)
    assert "has moved to" in page
    tags = Tags()
    tags.feed(page)
    assert not {tag for tag, _ in tags.found} & {"img", "iframe", "object", "style"}
    scripts = {attributes.get("src") for tag, attributes in tags.found if tag == "script"}
    assert scripts == {"/static/htmx.min.js", "/static/keys.js"}
    assert not [name for _, attrs in tags.found for name in attrs if name.startswith("on") or name == "style"]
    assert page.count("&lt;script&gt;") >= 8


def test_an_unknown_parameter_is_refused_and_not_repeated_as_markup(tmp_path: Path) -> None:
    client = TestClient(create_app(tmp_path, hosts=(HOST,)), base_url=f"http://{HOST}")
    answer = client.get("/?<script>=1")
    assert answer.status_code == 400
    assert "<script>" not in answer.text


@pytest.mark.parametrize(
    ("error", "told"), [(ArchiveError(f"bad file {HOSTILE}"), "bad file"), (ValueError(HOSTILE), "A bug: the terminal")]
)
def test_an_error_is_a_page_with_the_headers_of_the_guard_and_without_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, told: str
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(sites, "overview", fail)
    app = create_app(tmp_path, hosts=(HOST,))
    answer = TestClient(app, base_url=f"http://{HOST}", raise_server_exceptions=False).get("/")
    assert answer.status_code == 500
    assert told in answer.text
    assert "<script>" not in answer.text
    assert "Traceback" not in answer.text
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS


def test_many_sites_are_shown_at_once(tmp_path: Path) -> None:
    frontier = Frontier(tmp_path / "frontier.sqlite")
    frontier.add([FoundUrl(f"http://host{n}.example/a", "article", f"Site {n:03}") for n in range(200)])
    frontier.dispose()
    assert page_of(tmp_path).count("<section") == 200

"""The page of a URL's story says what `pressclip why` says, and leads to the article."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from archive import Capture, Collection
from cleaners import Article
from scraper.frontier import FoundUrl, Frontier
from scraper.urls import MAX_RAW_URL
from scraper.web.server import create_app
from tests.support.shell import press

HOST = "127.0.0.1:8470"
URL = "https://gazette.example/2026/quay"
FEED = "https://gazette.example/feed"
GONE = "https://gazette.example/2026/gone"
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=f()>"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A crawl's frontier with a feed, an article of it with a text in the archive, and one that failed."""
    data = tmp_path / "data"
    with Collection(data, "news", software="test", rules_version="test", info={}) as collection:
        page = Capture(URL, datetime(2026, 11, 21, tzinfo=UTC), 200, b"HTTP/1.1 200 OK", b"<p>Quay", b"")
        collection.store_text(collection.store(page), Article("The quay is open again.", title=f"Quay {HOSTILE}"))
    frontier = Frontier(data / "frontier.sqlite")
    frontier.add([FoundUrl(FEED, "feed", HOSTILE)])
    frontier.add([FoundUrl(URL, "article", HOSTILE, FEED), FoundUrl(GONE, "article", HOSTILE, FEED)])
    for row in frontier.lease(10):
        frontier.close(row.url, "timeout" if row.url == GONE else "fetched", HOSTILE if row.url == GONE else "")
    frontier.dispose()
    return data


def client(data: Path) -> TestClient:
    return TestClient(create_app(data, hosts=(HOST,)), base_url=f"http://{HOST}", raise_server_exceptions=False)


def shown(page: str) -> list[str]:
    return [unescape(re.sub("<[^>]*>", "", line)) for line in re.findall(r"<d[td][^>]*>(.*)</d[td]>", page)]


def test_the_lines_are_those_of_the_command(data: Path) -> None:
    answer = client(data).get("/why", params={"url": URL})
    assert answer.status_code == 200
    told = press("why", URL, "--data", data, cwd=data).out
    for line in shown(answer.text):
        assert line in told
    assert len(shown(answer.text)) > 12


def test_it_leads_to_the_article_and_to_the_source_and_back(data: Path) -> None:
    page = client(data).get("/why", params={"url": URL})
    (article,) = re.findall(r'href="(/article\?[^"]*)"', page.text)
    assert client(data).get(unescape(article)).status_code == 200
    (source,) = re.findall(r'href="(/why\?[^"]*)"', page.text)
    assert "fetched</b>" in client(data).get(unescape(source)).text


def test_a_failure_is_told_in_words_and_its_reason_is_no_markup(data: Path) -> None:
    page = client(data).get("/why", params={"url": GONE}).text
    assert "<b>no answer in time: &lt;script&gt;" in page
    assert "<script>alert" not in page
    assert "<img" not in page


def test_without_a_url_there_is_a_form_and_it_keeps_what_was_typed(data: Path) -> None:
    page = client(data).get("/why").text
    assert 'name="url" value=""' in page
    assert "<dt>" not in page
    typed = client(data).get("/why", params={"url": HOSTILE})
    assert typed.status_code == 404
    assert "<script>" not in typed.text
    assert "&lt;script&gt;alert(1)" in typed.text


def test_an_unknown_url_is_told_with_those_that_are_like_it(data: Path) -> None:
    answer = client(data).get("/why", params={"url": URL.replace("https://", "http://www.")})
    assert answer.status_code == 404
    assert "Neither the crawl nor the archive knows this URL" in answer.text
    (near,) = re.findall(r'href="(/why\?[^"]*)"', answer.text)
    assert client(data).get(unescape(near)).status_code == 200


@pytest.mark.parametrize("query", ["uri=x", "url=a&url=b", f"url={'x' * (MAX_RAW_URL + 1)}"])
def test_an_odd_request_is_refused(data: Path, query: str) -> None:
    assert client(data).get(f"/why?{query}").status_code == 400


def test_a_root_without_a_crawl_says_so(tmp_path: Path) -> None:
    answer = client(tmp_path).get("/why", params={"url": URL})
    assert answer.status_code == 404
    assert "no crawl has run here" in answer.text

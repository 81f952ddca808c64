"""The page of the difference between two texts, the form that leads to it, and on how many pages a rule fires."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from itertools import count
from pathlib import Path
from urllib.parse import urlencode

import pytest
from starlette.testclient import TestClient

from archive import CATALOG, Capture, Catalog, Collection
from cleaners import Article, Removal
from scraper.web.server import create_app

HOST = "127.0.0.1:8470"
START = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
EVIL = "<script>alert(1)</script>\"'><img src=x onerror=f()>"
URL = "https://gazette.example/tide"
SAME = "\n\n".join(f"The tide rose for hour {hour}." for hour in range(9))
SHARE = "Share this story with your friends"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One page captured twice, the second cleaned twice; and a host with six pages, on five of which a rule fires."""
    folder = tmp_path_factory.mktemp("difference") / "data"
    seconds = count()
    with Collection(
        folder, software="pressclip/0", rules_version="0", now=lambda: START + timedelta(seconds=next(seconds))
    ) as collection:

        def store(url: str, day: int, *articles: Article) -> None:
            fetched = START + timedelta(days=day)
            stored = collection.store(Capture(url, fetched, 200, HEAD, f"{url} {day}".encode(), b"GET / HTTP/1.1"))
            for article in articles:
                collection.store_text(stored, article)

        removal = Removal("lines/share", "lines", SHARE, "", why="a label")
        store(URL, 0, Article(f"{SAME}\n\nThe boats came home. {SHARE}.\n\n{SHARE}", title="Tide", site="Gazette"))
        second = f"{SAME}\n\nThe boats came home."
        store(
            URL,
            1,
            Article(f"{second}\n\n{EVIL}", title="Tide", rules_version="1"),
            Article(second, title=f"Tide {EVIL}", rules_version="2", removals=(removal,)),
        )
        for number in range(6):
            store(f"https://post.example/{number}", 0, Article("Rain.", removals=(removal,) if number else ()))
    return folder


@pytest.fixture(scope="module")
def client(data: Path) -> Iterator[TestClient]:
    with TestClient(create_app(data, hosts=[HOST]), base_url=f"http://{HOST}") as running:
        yield running


def records(data: Path) -> tuple[str, str, str]:
    """Return the record ids of the three texts of the page, the oldest first."""
    with Catalog(data / CATALOG) as catalog:
        new, old = catalog.captures(URL)
        last, first = catalog.articles(new.record_id)
        return catalog.articles(old.record_id)[0].record_id, first.record_id, last.record_id


def compared(client: TestClient, first: str, second: str) -> str:
    answer = client.get(f"/difference?{urlencode({'from': first, 'to': second})}")
    assert answer.status_code == 200, answer.text
    return answer.text


def test_lines_that_went_and_came_are_labelled_and_the_rest_is_folded(client: TestClient, data: Path) -> None:
    first, _, last = records(data)
    text = unescape(compared(client, first, last))
    assert "2 lines removed, 1 added." in text
    assert re.search(r'<span class="mark">removed</span> <span dir="auto">The boats came home.<mark> Share this', text)
    assert re.search(r'<span class="mark">added</span> <span dir="auto">The boats came home.</span>', text)
    assert re.search(
        rf">removed</span> <span dir=\"auto\">{SHARE}</span> .*removed now by <code>lines/share</code>", text
    )
    assert "<summary>7 lines that are the same</summary>" in text
    back = unescape(compared(client, last, first))
    assert re.search(
        rf">added</span> <span dir=\"auto\">{SHARE}</span> .*removed before by <code>lines/share</code>", back
    )


def test_fields_and_rules_that_differ_are_listed(client: TestClient, data: Path) -> None:
    first, _, last = records(data)
    text = unescape(compared(client, first, last))
    assert re.search(r'<th scope="row">site</th><td dir="auto">Gazette</td><td dir="auto">–</td>', text)
    assert re.search(r"<code>lines/share</code></th><td>0 \(0 characters\)</td><td>1 \(34 characters\)</td>", text)
    assert '<th scope="row">title</th>' in text


def test_the_words_of_a_stranger_stay_words(client: TestClient, data: Path) -> None:
    _, first, last = records(data)
    text = compared(client, first, last)
    assert "alert(1)" in text
    assert "<script>a" not in text
    assert "<img" not in text


def test_a_capture_stands_for_its_newest_text(client: TestClient, data: Path) -> None:
    with Catalog(data / CATALOG) as catalog:
        new, old = (capture.record_id for capture in catalog.captures(URL))
    first, _, last = records(data)
    assert compared(client, old, new) == compared(client, first, last)
    assert "Rules whose removals differ" not in compared(client, old, old)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("from=a", 400),
        ("from=a&to=b&from=c", 400),
        ("from=a&to=b", 404),
        ("from=..%2f..%2fetc%2fpasswd&to=%00", 404),
        ("from=%27%20OR%201=1--&to=a", 404),
        ("from=a&to=b&file=c", 400),
    ],
)
def test_what_is_not_known_is_refused_in_one_line(client: TestClient, query: str, status: int) -> None:
    assert client.get(f"/difference?{query}").status_code == status


def test_a_text_whose_file_is_gone_is_told(client: TestClient, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, _, last = records(data)
    (path,) = data.rglob("*.wet.gz")
    path.rename(path.with_suffix(".away"))
    try:
        answer = client.get(f"/difference?{urlencode({'from': first, 'to': last})}")
    finally:
        path.with_suffix(".away").rename(path)
    assert (answer.status_code, "A text cannot be read" in answer.text) == (404, True)


def test_very_long_texts_are_cut_and_it_is_said(
    client: TestClient, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scraper.web.difference.MAX_TEXT", 100)
    monkeypatch.setattr("scraper.web.difference.MAX_LINES", 2)
    first, _, last = records(data)
    text = compared(client, first, last)
    assert "Only the first part of each text is compared" in text
    assert "more lines are not shown" in text


def test_an_article_offers_its_texts_and_compares_with_the_one_before(client: TestClient, data: Path) -> None:
    first, second, last = records(data)
    text = client.get(f"/article?{urlencode({'record': last})}").text
    form = text[text.index('action="/difference"') : text.index("Show the difference")]
    assert re.findall(r'<option value="([^"]*)"', form) == [last, second, first] * 2
    assert re.findall(r'<option value="([^"]*)" selected', form) == [second, last]
    assert "captured 2026-11-02 12:00:00, cleaned 2026-11-01" in form
    assert 'action="/difference"' not in client.get("/article?record=" + of(data, "https://post.example/1")).text


def of(data: Path, url: str) -> str:
    """Return the record id of the capture of a URL."""
    with Catalog(data / CATALOG) as catalog:
        return catalog.captures(url)[0].record_id


def test_a_removal_says_on_how_many_pages_its_rule_fires(client: TestClient, data: Path) -> None:
    text = client.get("/article?record=" + of(data, "https://post.example/1")).text
    assert '<a href="/articles?rule=lines%2Fshare">fires on 5 of 6 pages of this host</a>' in text
    few = client.get("/article?record=" + of(data, URL)).text
    assert "fires on 6 of 7 pages of all hosts" in few


def test_shares_are_of_the_texts_last_stored_and_of_none_without_rules(
    client: TestClient, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archive.catalog.catalog.SAMPLE", 5)
    address = "/article?record=" + of(data, "https://post.example/1")
    assert "fires on 5 of the last 5 pages of this host" in client.get(address).text
    monkeypatch.setattr("archive.catalog.catalog.WITHOUT_RULES", 5)
    assert "fires on" not in client.get(address).text


def test_the_texts_of_all_captures_are_asked_for_at_once(data: Path) -> None:
    with Catalog(data / CATALOG) as catalog:
        asked: list[str] = []
        captures = catalog.captures(URL)
        catalog._connection.set_trace_callback(asked.append)
        texts = catalog.texts(captures)
    assert len(asked) == 1
    assert [len(texts[capture.record_id]) for capture in captures] == [2, 1]

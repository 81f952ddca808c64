"""The pages of articles and of one article: what they show, in which order, and that a stranger's words stay words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from archive import CATALOG, Capture, Catalog, Collection, SearchFilter
from archive.catalog.catalog import SCHEMA
from cleaners import Article, Page, Removal, clean_page, load_rules
from scraper.web.articles import PAGE
from scraper.web.server import create_app

HOST = "127.0.0.1:8470"
START = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
EVIL = "<script>alert(1)</script>\"'><img src=x onerror=f()>"
MANY = PAGE + 3
SENTENCE = "The tide rose in the harbour of Lower Wick, and {} boats came loose from their ropes before the morning. "
STORY = f"""<html lang=en><head><title>{EVIL.replace("</", "<")}</title></head>
<body onload="f()"><nav><a href="/">Home</a> <a href="javascript:f()">News</a></nav><h1>Boats adrift in Lower Wick</h1>
<article><p>{SENTENCE.format(7) * 3}</p><p>Advertisement</p><p>{SENTENCE.format(8) * 3}</p></article>
<form action="https://evil.example/"><input></form><script>f()</script><iframe src="https://evil.example/"></iframe>
<footer>Copyright of the post &lt;b&gt;</footer></body></html>"""
HEAD = f"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nX-Odd: {EVIL}".encode()
STORY_URL = "https://evil.example/%3Cscript%3E?a=%22%3E"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """More articles than a page lists, and one page that is cleaned, with the title, header and removal of a stranger.

    Article 0 was captured and cleaned twice.
    """
    folder = tmp_path_factory.mktemp("web") / "data"
    with Collection(folder, software="pressclip/0", rules_version="0", now=lambda: START) as collection:
        for number in [*range(MANY), 0]:
            url = f"https://{'post' if number % 2 else 'gazette'}.example/{number}"
            fetched = START + timedelta(hours=number, minutes=collection.catalog.captures(url) != [])
            body = f"{url} {fetched}".encode()
            stored = collection.store(Capture(url, fetched, 200, HEAD, body, b"GET / HTTP/1.1"))
            collection.store_text(
                stored,
                Article(
                    SENTENCE.format(number),
                    title=f"Story {number} of {fetched:%H:%M}",
                    language="de" if number == 4 else "en",
                    date=date(2026, 10, 30) if number == 5 else None,
                    site="The Post",
                    access="paywall" if number == 7 else "full",
                    confidence=None if number == 6 else 0.9 - number / 100,
                    sources={"title": "json-ld"},
                ),
            )
        capture = Capture(STORY_URL, START, 200, HEAD, STORY.encode(), b"GET / HTTP/1.1")
        stored = collection.store(capture)
        cleaned = clean_page(Page(STORY.encode(), STORY_URL), load_rules())
        extra = Removal(f"lines/{EVIL}", "lines", f"gone {EVIL}", f"/html/{EVIL}", why=f"because {EVIL}")
        collection.store_text(
            stored,
            Article(
                cleaned.text,
                title=EVIL,
                authors=(EVIL,),
                site=EVIL,
                language='en"><b>',
                url=STORY_URL,
                confidence=0.01,
                removals=(*cleaned.removals, extra),
            ),
        )
    return folder


@pytest.fixture(scope="module")
def client(data: Path) -> Iterator[TestClient]:
    with TestClient(create_app(data, hosts=[HOST]), base_url=f"http://{HOST}") as running:
        yield running


def titles(text: str) -> list[str]:
    return [unescape(title) for title in re.findall(r'<h2 dir="auto"[^>]*><a [^>]*>([^<]*)</a>', text)]


def link(text: str, path: str) -> str:
    """Return the first address of a page that leads to a path."""
    found = re.search(rf'"({path}\?[^"]*)"', text)
    assert found, text
    return unescape(found[1])


def without_own_scripts(page: str) -> str:
    return re.sub(r'<script src="/static/[a-z.]+\.js" defer></script>', "", page)


def story(client: TestClient) -> str:
    """Return the page of the stranger's article."""
    return client.get(link(client.get("/articles?site=evil.example").text, "/article")).text


def test_the_list_goes_on_by_key_and_has_each_url_once(client: TestClient) -> None:
    first = client.get("/articles")
    assert first.status_code == 200
    assert len(titles(first.text)) == PAGE
    assert titles(first.text)[:2] == [EVIL, "Story 0 of 12:01"]
    second = client.get(link(first.text, "/articles"))
    both = titles(first.text) + titles(second.text)
    assert len(both) == len(set(both)) == MANY + 1
    assert "Next page" not in second.text
    assert "First page" in second.text


def test_the_worst_come_first_and_one_without_confidence_is_left_out(client: TestClient) -> None:
    first = client.get("/articles?order=worst")
    listed = titles(first.text) + titles(client.get(link(first.text, "/articles")).text)
    assert listed[0] == EVIL
    numbers = [int(title.split()[1]) for title in listed[1:]]
    assert numbers == [number for number in reversed(range(MANY)) if number != 6]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=%2252+boats%22", ["Story 52 of 16:00"]),
        ("q=nowhere", []),
        ("q=%21%21", []),
        ("site=evil.example", [EVIL]),
        ("access=paywall", ["Story 7 of 19:00"]),
        ("until=2026-10-31", ["Story 5 of 17:00"]),
        ("rule=lines/advertisement", [EVIL]),
        ("q=%E6%B5%B7*+OR+adver*", []),
        ("rule=lines/&q=boats&order=worst", [EVIL]),
        ("rule=lines/unknown", []),
        ("rule=sites/unknown.example/", []),
        ("below=0.39&order=worst", [EVIL, "Story 52 of 16:00"]),
        ("language=de&q=tide&order=worst&site=", ["Story 4 of 16:00"]),
        ("since=2026-11-03&site=gazette.example&q=harb*", ["Story 52 of 16:00", "Story 50 of 14:00",
                                                        "Story 48 of 12:00", "Story 46 of 10:00", "Story 44 of 08:00",
                                                        "Story 42 of 06:00", "Story 40 of 04:00", "Story 38 of 02:00",
                                                        "Story 36 of 00:00"]),
    ],
)  # fmt: skip
def test_words_and_bounds_choose(client: TestClient, query: str, expected: list[str]) -> None:
    assert titles(client.get(f"/articles?{query}").text) == expected


def test_the_list_has_the_articles_that_the_catalog_lists_by_url(data: Path) -> None:
    bounds = SearchFilter(site="post.example")
    with Catalog(data / CATALOG) as catalog:
        listed = catalog.listed("", 1000, bounds)
        assert sorted(listed, key=lambda one: one.article.url) == list(catalog.articles_by_url(bounds))


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/articles?rule=x", 400),
        ("/articles?q=a&q=b", 400),
        ("/articles?order=best", 400),
        ("/articles?access=half", 400),
        ("/articles?since=yesterday", 400),
        ("/articles?since=2026-11-02&until=2026-11-01", 400),
        ("/articles?site=../../etc", 400),
        ("/articles?language=%27--", 400),
        ("/articles?q=OR", 400),
        ("/articles?q=boats+ti*", 400),
        ("/articles?q=%22the+ti%22*", 400),
        ("/articles?rule=lines/a%20b", 400),
        ("/articles?rule=../../etc//passwd", 400),
        ("/articles?below=2", 400),
        ("/articles?below=nan", 400),
        ("/articles?below=few", 400),
        (f"/articles?q={'a' * 501}", 400),
        ("/articles?after=%27%20OR%201", 404),
        ("/article", 400),
        ("/article?record=..%2f..%2fetc%2fpasswd", 404),
        ("/article?record=%27%20OR%201=1--", 404),
        ("/article?record=a&file=..%2fcatalog.sqlite", 400),
        ("/record?record=..%2f..%2fcatalog.sqlite", 404),
        ("/record?record=a&offset=0", 400),
        ("/page?record=%00", 404),
        ("/page?record=a&record=b", 400),
        ("/article/..%2f..%2fcatalog.sqlite", 404),
        ("/page?record=%3Cscript%3Ef()%3C/script%3E", 404),
    ],
)
def test_what_is_not_known_is_refused_in_one_line(client: TestClient, address: str, status: int) -> None:
    answer = client.get(address)
    assert answer.status_code == status
    assert "<script" not in without_own_scripts(answer.text)


def test_a_catalog_that_does_not_know_rules_says_how_to_get_them(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archive.catalog.catalog.WITHOUT_RULES", SCHEMA)
    answer = client.get("/articles?rule=lines/advertisement")
    assert (answer.status_code, titles(answer.text)) == (200, [])
    assert "does not know which rules fired: run `pressclip archive rebuild`" in answer.text


@pytest.mark.parametrize("path", ["/articles", "/article?record=a", "/record?record=a", "/page?record=a"])
def test_a_foreign_host_sees_nothing(client: TestClient, path: str) -> None:
    answer = client.get(path, headers={"Host": "evil.example"})
    assert answer.status_code == 421


def test_the_words_of_a_stranger_stay_words(client: TestClient) -> None:
    for text in (client.get("/articles").text, story(client)):
        assert "alert(1)" in text
        assert "<script" not in without_own_scripts(text)
        assert "<img" not in text
        assert "<b>" not in text
        assert not re.search(r"<[^>]*\son\w+=", text)
        assert not re.search(r'href="(?!/)', text.replace('href="#main"', ""))


def test_an_article_shows_its_text_with_each_removal_in_its_place(client: TestClient) -> None:
    text = story(client)
    first, removed, second = (
        text.index("and 7 boats"),
        text.index("<del>Advertisement</del>"),
        text.index("and 8 boats"),
    )
    assert first < removed < second
    assert "<code>lines/advertisement</code>" in text
    assert load_rules().reasons()["lines/advertisement"] in unescape(text)
    assert text.index("Removed, place not known") < text.index("<del>gone ")


def test_an_article_shows_the_sources_of_its_metadata_and_where_it_is_stored(client: TestClient, data: Path) -> None:
    text = client.get(link(client.get("/articles?q=%2252+boats%22").text, "/article")).text
    with Catalog(data / CATALOG) as catalog:
        capture = catalog.captures("https://gazette.example/52")[0]
    for told in (capture.file, f"{capture.offset}, {capture.length} bytes", capture.payload_digest):
        assert told in text
    assert re.search(r'<th scope="row">site</th><td dir="auto">The Post</td>', text)


def test_the_captures_of_an_article_lead_to_their_own_texts(client: TestClient) -> None:
    text = client.get(link(client.get("/articles?q=%220+boats%22").text, "/article")).text
    assert "Story 0 of 12:01" in text
    captures = text[text.index('<h2 id="captures">') :]
    older = re.findall(r'"(/article\?[^"]*)"', captures)[1]
    assert "Story 0 of 12:00" in client.get(older).text


def test_a_record_is_plain_text_with_its_headers_and_bounded(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = link(story(client), "/record")
    answer = client.get(address)
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "WARC-Type: response" in answer.text
    assert "X-Odd: <script>" in answer.text
    assert STORY in answer.text
    monkeypatch.setattr("scraper.web.article.MAX_RECORD", 100)
    assert "bytes more]" in client.get(address).text


def test_the_page_as_it_was_runs_nothing_in_a_sandbox(client: TestClient) -> None:
    text = story(client)
    assert '<iframe sandbox src="/page?' in text
    answer = client.get(link(text, "/page"))
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none'; style-src 'unsafe-inline';")
    assert "allow" not in policy
    assert "and 7 boats" in answer.text
    assert not re.search(r"<(script|form|input|iframe|meta|link|base|img)|\son\w+=|javascript:|data:", answer.text)


def test_an_article_whose_page_is_gone_shows_its_text(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    address = link(client.get("/articles?site=evil.example").text, "/article")
    monkeypatch.setattr("scraper.web.article.MAX_PAGE", 10)
    text = client.get(address).text
    assert "and 7 boats" in text
    assert "The page cannot be shown" in text
    assert "<del>Advertisement</del>" in text
    assert client.get(link(text, "/record")).status_code == 200

"""A TimeMap lists the captures of a URL as RFC 7089 says, and the local page serves each of them with its time."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from archive import CATALOG, Capture, Catalog, Collection, TimeMap, rendering
from cleaners import Article
from scraper.web.server import create_app
from tests.support.shell import press

HOST = "127.0.0.1:8470"
URL = "https://gazette.example/2026/quay?a=1,2;b"
ROBOTS = "https://gazette.example/robots.txt"
ODD = 'https://gazette.example/"a">\x1b[2J, <b>\r\nX: ;rel="x"\\é|^`{}'
START = datetime(2026, 11, 21, 8, 5, 7, tzinfo=UTC)
PAGE = b"<html><title>Quay</title><p>The quay is open.</p><script>f()</script>" + b" " * 2000
LINK = re.compile(r'<([^<>"\s]*)>((?:; [a-z]+="[^"\r\n]*")*)(?:,\n|\n\Z)')


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page fetched five times: new, the same, gone, not modified, rendered; its robots.txt; and an odd address."""
    folder = tmp_path_factory.mktemp("timemap") / "data"
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html"
    page = Capture(URL, START, 200, head + b'\r\nETag: "1"', PAGE, b"GET / HTTP/1.1")
    again = replace(page, fetched=START + timedelta(hours=1))
    gone = Capture(URL, START + timedelta(hours=2), 404, b"HTTP/1.1 404 Not Found", b"gone", b"GET / HTTP/1.1")
    asked = b'GET / HTTP/1.1\r\nIf-None-Match: "1"\r\n'
    not_modified = Capture(URL, START + timedelta(hours=3), 304, b'HTTP/1.1 304 Not Modified\r\nETag: "1"', b"", asked)
    with Collection(folder, software="pressclip/0", rules_version="0", now=lambda: START) as collection:
        stored = collection.store(page)
        collection.store_text(stored, Article("The quay is open."))
        for capture in (again, gone, not_modified):
            collection.store(capture)
        made = rendering(page, "<html><p>The quay is rendered.</p>", START + timedelta(hours=4))
        collection.store_rendering(made, stored, "Chromium/150")
        robots = Capture(ROBOTS, START, 200, b"HTTP/1.1 200 OK\r\nContent-Type: text/plain", b"User-agent: *", b"")
        collection.store(robots)
        collection.store(replace(page, url=ODD))
    return folder


@pytest.fixture(scope="module")
def client(data: Path) -> TestClient:
    return TestClient(create_app(data, hosts=(HOST,)), base_url=f"http://{HOST}", raise_server_exceptions=False)


def links(text: str) -> list[tuple[str, dict[str, str]]]:
    """Read a TimeMap as RFC 6690 writes links; nothing may be left over."""
    found = list(LINK.finditer(text))
    assert "".join(link[0] for link in found) == text
    return [(link[1], dict(re.findall(r'; ([a-z]+)="([^"]*)"', link[2]))) for link in found]


def timemap(data: Path, *words: str, url: str = URL) -> str:
    done = press("archive", "show", url, "--timemap", *words, "--data", data, cwd=data)
    assert (done.code, done.err) == (0, "")
    return done.out


def test_what_the_server_sent_is_listed_with_its_time_and_nothing_else(data: Path) -> None:
    (original, own, *mementos) = links(timemap(data))
    assert original == (URL, {"rel": "original"})
    first, last = "Sat, 21 Nov 2026 08:05:07 GMT", "Sat, 21 Nov 2026 10:05:07 GMT"
    assert own[1] == {"rel": "self", "type": "application/link-format", "from": first, "until": last}
    assert [words["rel"] for _, words in mementos] == ["first memento", "memento", "last memento"]
    times = [parsedate_to_datetime(words["datetime"]) for _, words in mementos]
    assert times == [START, START + timedelta(hours=1), START + timedelta(hours=2)]
    assert "timegate" not in timemap(data)


def test_json_has_the_place_of_each_record(data: Path) -> None:
    found = json.loads(timemap(data, "--json"))
    assert (found["original"], [one["status"] for one in found["mementos"]]) == (URL, [200, 200, 404])
    assert [one["revisit"] for one in found["mementos"]] == [None, "identical-payload-digest", None]
    with Catalog(data / CATALOG) as catalog:
        for one in found["mementos"]:
            row = catalog.capture(one["record_id"])
            assert row
            assert (one["warc"].rpartition("/")[2], one["offset"]) == (row.file, row.offset)
            assert one["datetime"] == row.fetched.isoformat()


def test_an_odd_address_stays_between_its_brackets(data: Path, client: TestClient) -> None:
    with Catalog(data / CATALOG) as catalog:
        rows = catalog.captures(ODD)
    text = TimeMap.of(ODD, "http://127.0.0.1/t", rows, lambda record: f"/memento?record={record}").as_links()
    (original, _, memento) = links(text)
    assert original[0].startswith("https://gazette.example/%22a%22%3E%1B[2J,%20%3Cb%3E%0D%0AX:%20;rel=%22x%22%5C%C3%A9")
    assert memento[1]["rel"] == "first last memento"
    header = links(client.get(memento[0]).headers["Link"].replace('", <', '",\n<') + "\n")
    assert [words["rel"] for _, words in header] == ["original", "timemap"]


def test_the_page_serves_the_map_and_every_memento_with_its_time(client: TestClient) -> None:
    answer = client.get("/timemap", params={"url": URL})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/link-format")
    in_browser = client.get("/timemap", params={"url": URL}, headers={"Accept": "text/html,*/*"})
    assert (in_browser.text, in_browser.headers["Content-Type"]) == (answer.text, "text/plain; charset=utf-8")
    (_, own, *mementos) = links(answer.text)
    assert own[0].startswith(f"http://{HOST}/timemap?url=")
    assert client.get(own[0]).text == answer.text
    for address, words in mementos:
        assert address.startswith(f"http://{HOST}/memento?record=")
        memento = client.get(address)
        assert memento.status_code == 200
        assert memento.headers["Memento-Datetime"] == words["datetime"]
        listed = dict(links(memento.headers["Link"].replace('", <', '",\n<') + "\n"))
        assert listed[URL] == {"rel": "original"}
        (address,) = (name for name, words in listed.items() if words["rel"] == "timemap")
        assert client.get(address).text == answer.text


def test_a_revisit_shows_the_body_it_refers_to_without_its_scripts(client: TestClient) -> None:
    (_, _, first, revisit, gone) = links(client.get("/timemap", params={"url": URL}).text)
    for address, _ in (first, revisit):
        memento = client.get(address)
        assert "The quay is open." in memento.text
        assert "script" not in memento.text
        assert memento.headers["Content-Security-Policy"].startswith("sandbox")
    assert "404 Not Found" in client.get(gone[0]).text


def test_what_is_no_page_is_served_as_its_record(client: TestClient) -> None:
    (_, _, (address, _)) = links(client.get("/timemap", params={"url": ROBOTS}).text)
    memento = client.get(address)
    assert memento.headers["Content-Type"].startswith("text/plain")
    assert "User-agent: *" in memento.text
    assert "Memento-Datetime" in memento.headers


def test_renderings_and_304s_are_no_mementos(data: Path, client: TestClient) -> None:
    with Catalog(data / CATALOG) as catalog:
        others = [row for row in catalog.captures(URL) if row.is_rendering or row.status == 304]
    assert len(others) == 2
    for row in others:
        answer = client.get("/memento", params={"record": row.record_id})
        assert (answer.status_code, "Memento-Datetime" in answer.headers) == (404, False)


def test_the_address_of_another_server_may_be_given(data: Path) -> None:
    for address, _ in links(timemap(data, "--base", "http://127.0.0.1:9000/"))[1:]:
        assert re.match(r"http://127\.0\.0\.1:9000/(timemap|memento)\?", address)


@pytest.mark.parametrize(
    ("words", "code", "problem"),
    [
        ((URL, "--timemap", "--diff"), 2, "--timemap lists all captures"),
        ((URL, "--base", "http://127.0.0.1"), 2, "--base is for --timemap"),
        ((URL, "--timemap", "--base", "127.0.0.1"), 2, "begin it with http"),
        (("https://gone.example/", "--timemap"), 3, "not in the archive"),
    ],
)
def test_what_cannot_be_listed_is_one_line(words: tuple[str, ...], code: int, problem: str, data: Path) -> None:
    done = press("archive", "show", *words, "--data", data, cwd=data)
    assert (done.code, done.out, done.err.count("\n")) == (code, "", 1)
    assert problem in done.err


@pytest.mark.parametrize(
    ("asked", "status"), [({}, 400), ({"url": "https://gone.example/"}, 404), ({"url": URL, "a": "b"}, 400)]
)
def test_the_page_refuses_what_it_has_no_map_of(asked: dict[str, str], status: int, client: TestClient) -> None:
    assert client.get("/timemap", params=asked).status_code == status


def test_the_article_and_the_story_of_a_url_lead_to_its_map(data: Path, client: TestClient) -> None:
    with Catalog(data / CATALOG) as catalog:
        record = catalog.captures(URL)[-1].record_id
    for page in (client.get("/article", params={"record": record}), client.get("/why", params={"url": URL})):
        (path,) = re.findall(r'href="(/timemap[^"]+)"', page.text)
        assert client.get(path).headers["Content-Type"] == "application/link-format"

"""The local page answers only the reader's own browser, and nothing that could change something."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from scraper.web.guard import HEADERS
from scraper.web.server import create_app

HOST = "127.0.0.1:8470"
ORIGIN = f"http://{HOST}"


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    app = create_app(tmp_path, hosts=(HOST, "localhost:8470"))
    return TestClient(app, base_url=ORIGIN, raise_server_exceptions=False)


@pytest.mark.parametrize("host", [HOST, "localhost:8470", "LOCALHOST:8470"])
def test_the_hosts_that_it_was_started_with_are_answered(client: TestClient, host: str) -> None:
    assert client.get("/static/page.css", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example:8470", "127.0.0.1", "127.0.0.1:80", "localhost", "127.0.0.1:8470.evil.example", "", "127.1:8470"],
)
@pytest.mark.parametrize("path", ["/", "/static/page.css", "/articles", "/nothing"])
def test_a_foreign_host_is_refused(client: TestClient, host: str, path: str) -> None:
    answer = client.get(path, headers={"Host": host})
    assert answer.status_code == 421
    assert "<" not in answer.text


def test_two_hosts_are_refused(client: TestClient) -> None:
    assert client.get("/static/page.css", headers=[("Host", HOST), ("Host", HOST)]).status_code == 421


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
@pytest.mark.parametrize("path", ["/", "/static/page.css"])
def test_every_method_that_could_change_something_is_refused(client: TestClient, method: str, path: str) -> None:
    for headers in ({}, {"Origin": ORIGIN}):
        answer = client.request(method, path, headers=headers)
        assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "", "http://127.0.0.1:9", "http://localhost"])
def test_a_form_of_another_site_is_refused(client: TestClient, origin: str) -> None:
    assert client.post("/", headers={"Origin": origin}).status_code == 403


@pytest.mark.parametrize("path", ["/static/page.css", "/nothing", "/static/../server.py", "/"])
@pytest.mark.parametrize("host", [HOST, "evil.example"])
def test_each_answer_has_the_headers_of_the_guard(client: TestClient, path: str, host: str) -> None:
    answer = client.get(path, headers={"Host": host})
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS


@pytest.mark.parametrize(
    "path",
    ["/static/../server.py", "/static/%2e%2e/server.py", "/static/..%2fserver.py", "/static//etc/passwd", "/static/"],
)
def test_no_file_beside_the_static_ones_is_served(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_what_is_not_there_is_a_page_that_repeats_nothing_of_the_request(client: TestClient) -> None:
    answer = client.get("/<script>alert(1)</script>?x=<script>")
    assert answer.status_code == 404
    assert "script>" not in answer.text
    assert "<h1>Not Found</h1>" in answer.text

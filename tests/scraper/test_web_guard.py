"""The local page answers only the reader's own browser, and changes nothing without the token of the session."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from scraper.web.guard import FORM, HEADERS, MAX_FORM
from scraper.web.server import FOLDER, create_app

HOST = "127.0.0.1:8470"
ORIGIN = f"http://{HOST}"
TOKEN = "tide-table"
SENT = {"Origin": ORIGIN, "Content-Type": FORM}


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    app = create_app(tmp_path, hosts=(HOST, "localhost:8470"), token=TOKEN)
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


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
@pytest.mark.parametrize("path", ["/", "/static/page.css"])
def test_a_method_that_nothing_here_has_is_refused(client: TestClient, method: str, path: str) -> None:
    for headers in ({}, {"Origin": ORIGIN}):
        answer = client.request(method, path, headers=headers)
        assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD, POST")


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "", "http://127.0.0.1:9", "http://localhost"])
def test_a_form_of_another_site_is_refused(client: TestClient, origin: str) -> None:
    assert client.post("/", headers={"Origin": origin}, data={"token": TOKEN}).status_code == 403


@pytest.mark.parametrize("headers", [{}, {"Origin": ORIGIN, "Sec-Fetch-Site": "cross-site"}])
def test_a_form_that_does_not_say_that_it_is_ours_is_refused(client: TestClient, headers: dict[str, str]) -> None:
    assert client.post("/", headers=headers, data={"token": TOKEN}).status_code == 403


@pytest.mark.parametrize("body", ["", "token=", f"token={TOKEN}x", f"token={TOKEN}&token={TOKEN}", f"Token={TOKEN}"])
def test_a_form_without_the_token_of_the_session_is_refused(client: TestClient, body: str) -> None:
    assert client.post("/", headers=SENT, content=body).status_code == 403


def test_a_form_with_the_token_reaches_its_page(client: TestClient) -> None:
    # which has nothing to change
    answer = client.post("/", headers=SENT, content=f"token={TOKEN}")
    assert (answer.status_code, {*answer.headers["Allow"].split(", ")}) == (405, {"GET", "HEAD"})


@pytest.mark.parametrize("body", [b"token=\xff", b"&".join([b"a=b"] * 50), b"token=%ff"])
def test_a_form_that_cannot_be_read_is_refused(client: TestClient, body: bytes) -> None:
    assert client.post("/", headers=SENT, content=body).status_code == 400


def test_a_form_of_another_kind_or_length_is_refused(client: TestClient) -> None:
    json = {"Origin": ORIGIN, "Content-Type": "application/json"}
    assert client.post("/", headers=json, content="{}").status_code == 415
    assert client.post("/", headers=SENT, content=b"a" * (MAX_FORM + 1)).status_code == 413


def test_without_a_token_nothing_can_be_changed(tmp_path: Path) -> None:
    client = TestClient(create_app(tmp_path, hosts=(HOST,)), base_url=ORIGIN)
    answer = client.post("/", headers=SENT, content="token=")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")


def test_the_vendored_script_is_the_released_one() -> None:
    # htmx 2.0.11
    digest = "d6fdc75f204e6bdefa99b69bf1e6d4ac69b8a364f77929f45c13476b4000f717"
    assert sha256((FOLDER / "static" / "htmx.min.js").read_bytes()).hexdigest() == digest


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
    assert "alert" not in answer.text
    assert "<h1>Not Found</h1>" in answer.text

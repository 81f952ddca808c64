"""The local page shows the crawl state of a shared frontier, which it only reads."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from scraper.frontier import FoundUrl, Frontier
from scraper.web.server import create_app

HOST = "127.0.0.1:8470"
STORY = "http://gazette.example/story"


def client_of(data: Path, frontier: str) -> TestClient:
    return TestClient(create_app(data, hosts=(HOST,), frontier=frontier), base_url=f"http://{HOST}")


@pytest.mark.slow
def test_each_page_of_the_crawl_tells_of_the_shared_frontier(postgres_url: str, tmp_path: Path) -> None:
    with Frontier(postgres_url, worker="first") as frontier:
        frontier.add([FoundUrl(STORY, "article", "Gazette"), FoundUrl(f"{STORY}-2", "article", "Gazette")])
        (taken,) = frontier.lease(1)
        frontier.close(taken.url, "http_404")
    client = client_of(tmp_path, postgres_url)
    assert "Gazette" in client.get("/").text
    assert "/urls?" in client.get("/").text
    assert taken.url in client.get("/urls?site=Gazette&ending=http_404").text
    now = client.get("/crawl").text
    assert taken.url in now
    assert "No crawl has run." in now
    assert "HTTP 404, Not Found" in client.get(f"/why?url={taken.url}").text


@pytest.mark.slow
def test_an_empty_database_is_told_in_one_line_and_gets_no_table(postgres_url: str, tmp_path: Path) -> None:
    client = client_of(tmp_path, postgres_url)
    for path in ("/", "/crawl"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert "Traceback" not in answer.text
    assert client.get("/urls?site=Gazette&ending=waiting").status_code == 404
    engine = sa.create_engine(postgres_url)
    assert not sa.inspect(engine).get_table_names()
    engine.dispose()

"""The page of the crawl says what runs, what is fetched and what fails, and disturbs no crawl."""

from __future__ import annotations

import fcntl
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from scraper.fetch.pacing import Pauses
from scraper.frontier import FoundUrl, Frontier
from scraper.outcomes import FREE_FAILURES
from scraper.report import now as report
from scraper.report.history import RunHistory
from scraper.report.now import SHOWN_FAILURES, crawl_now
from scraper.report.status import LOCK_FILE, holder_line
from scraper.web.crawl import SHOWN_SITES
from scraper.web.server import create_app

HOST = "127.0.0.1:8470"
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=f()>"


def page_of(data: Path, path: str = "/crawl") -> str:
    answer = TestClient(create_app(data, hosts=(HOST,)), base_url=f"http://{HOST}").get(path)
    assert answer.status_code == 200
    return answer.text


@contextmanager
def crawling(data: Path, began: datetime | None = None) -> Iterator[tuple[Frontier, RunHistory]]:
    """Hold the data root as a crawl does, which has entered its run; it is killed where it does not end the run."""
    began = began or datetime.now(UTC)
    data.mkdir(exist_ok=True)
    (data / LOCK_FILE).write_text(holder_line(4711, began, 60.0))
    frontier = Frontier(data / "frontier.sqlite")
    with (data / LOCK_FILE).open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield frontier, RunHistory(frontier.engine, lambda: began)
    frontier.dispose()


def add(frontier: Frontier, *paths: str, host: str = "gazette.example", site: str = "Gazette") -> None:
    frontier.add([FoundUrl(f"http://{host}/{path}", "article", site) for path in paths])


def test_a_crawl_that_runs_is_told_with_what_it_fetches_and_what_waits(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    with crawling(tmp_path, now) as (frontier, _):
        add(frontier, "a", "b", "c")
        add(frontier, "d", host="post.example", site="The Post")
        taken = frontier.lease(3, per_host=2)
        page = page_of(tmp_path)
    assert f"A crawl runs (pid 4711, since {now:%Y-%m-%dT%H:%M:%SZ}, for at most 60 s)." in page
    assert re.findall("<h3[^>]*>(.*)</h3>", page) == ["gazette.example", "post.example"]
    assert re.findall(r"<bdi>(http://.*)</bdi></a> <span class=\"soft\">article, since", page) == sorted(
        row.url for row in taken
    )
    assert re.findall(r"<bdi>([^<]*)</bdi>: (\d)", page) == [("Gazette", "3"), ("The Post", "1")]


def test_a_crawl_that_ended_is_told_with_how_and_its_lock_is_not_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with crawling(tmp_path) as (frontier, run):
        add(frontier, "a")
        run.end("max_time")
    monkeypatch.setattr(report, "is_held", lambda _: pytest.fail("a crawl that starts would find the lock taken"))
    page = page_of(tmp_path)
    assert re.search(r"No crawl runs\. The last one began [^<]* UTC, just now, ended by --max-time\.</b>", page)
    assert "Being fetched, or next</h2>\n<p>Nothing.</p>" in page


def test_what_a_killed_crawl_left_in_work_is_told_as_that(tmp_path: Path) -> None:
    with crawling(tmp_path) as (frontier, _):
        add(frontier, "a")
        frontier.lease(1)
    page = page_of(tmp_path)
    assert "just now; it was killed.</b>" in page
    assert "Left in work by a crawl that was killed" in page


def test_a_crawl_that_holds_the_root_for_too_long_is_an_alarm(tmp_path: Path) -> None:
    with crawling(tmp_path, datetime.now(UTC) - timedelta(hours=3)):
        assert "it has held the data root for 3.0 h" in page_of(tmp_path)


def test_the_last_failures_come_newest_first_each_with_its_reason_and_its_story(tmp_path: Path) -> None:
    began = datetime.now(UTC)
    moments = iter(began + timedelta(seconds=number) for number in range(1000))
    frontier = Frontier(tmp_path / "frontier.sqlite", now=lambda: next(moments))
    endings = ["fetched", "robots", "not_article", *["http_404"] * SHOWN_FAILURES, "timeout"]
    add(frontier, *map(str, range(len(endings))))
    for number, ending in enumerate(endings):
        frontier.close(f"http://gazette.example/{number}", ending, HOSTILE if ending == "timeout" else "")
    frontier.dispose()
    page = page_of(tmp_path)
    told = re.findall(r'<li class="line"><a href="/why\?url=[^"]*%2F(\d+)">.*<span dir="auto">(.*)</span></li>', page)
    assert [number for number, _ in told] == [str(len(endings) - 1 - ago) for ago in range(SHOWN_FAILURES)]
    assert unescape(told[0][1]) == f"no answer in time: {HOSTILE}"
    assert told[1][1] == "HTTP 404, Not Found"
    assert "<script>" not in page
    assert "<img" not in page


def test_hosts_without_requests_are_told_with_until_when_and_why(tmp_path: Path) -> None:
    with crawling(tmp_path) as (frontier, _):
        add(frontier, *"abcdef")
        add(frontier, "a", host="busy.example")
        pauses = Pauses(frontier, 2.0)
        for path in "abcd"[: FREE_FAILURES + 1]:
            frontier.close(f"http://gazette.example/{path}", "timeout")
            pauses.ended("gazette.example", "timeout")
        pauses.hold("busy.example", 3600, "http_429", "Retry-After")
        busy, failing = crawl_now(tmp_path, datetime.now(UTC)).paused
        page = page_of(tmp_path)
    assert (failing.host, failing.why) == ("gazette.example", "3 failures in a row, the last: no answer in time")
    assert (busy.host, busy.why) == ("busy.example", "a rest between two requests, or as long as its server asked for")
    for host in (busy, failing):
        assert f"<bdi>{host.host}</bdi></b> until {host.until:%Y-%m-%d %H:%M:%S} UTC: {host.why}" in page


def test_the_part_that_is_renewed_is_the_pages_own_and_can_be_held_still(tmp_path: Path) -> None:
    with crawling(tmp_path) as (frontier, _):
        add(frontier, "a")
        page, part, still = (page_of(tmp_path, path) for path in ("/crawl", "/crawl/now", "/crawl?still=1"))
    assert 'hx-get="/crawl/now" hx-trigger="every 3s"' in page
    assert "<html" not in part
    assert "<h2" in part
    plain = re.compile(r"\d\d:\d\d:\d\d")
    assert plain.sub("", part) in plain.sub("", page)
    assert "hx-get" not in still


def test_it_can_be_asked_while_a_crawl_writes_and_writes_nothing_itself(tmp_path: Path) -> None:
    with crawling(tmp_path) as (frontier, _):
        add(frontier, "a")
        with frontier.engine.execution_options(writes=True).begin():
            before = {path: path.read_bytes() for path in tmp_path.iterdir() if not path.name.endswith("-shm")}
            assert "A crawl runs" in page_of(tmp_path, "/crawl/now")
            assert {path: path.read_bytes() for path in before} == before


def test_of_many_sites_those_with_the_most_are_named_and_the_others_counted(tmp_path: Path) -> None:
    frontier = Frontier(tmp_path / "frontier.sqlite")
    for number in range(SHOWN_SITES + 4):
        add(frontier, "a", host=f"host{number}.example", site=f"Site {number:03}")
    add(frontier, "b", host="host53.example", site="Site 053")
    frontier.dispose()
    page = page_of(tmp_path)
    assert re.findall(r"<bdi>(Site \d+)</bdi>: (\d)", page)[:2] == [("Site 053", "2"), ("Site 000", "1")]
    assert "And 4 more sites." in page
    assert "none is in the history" in page


def test_a_root_without_a_crawl_says_so_and_an_odd_parameter_is_refused(tmp_path: Path) -> None:
    assert "no crawl has run here" in page_of(tmp_path)
    assert "no crawl has run here" in page_of(tmp_path, "/crawl/now")
    client = TestClient(create_app(tmp_path, hosts=(HOST,)), base_url=f"http://{HOST}")
    assert client.get("/crawl/now?still=1").status_code == 400

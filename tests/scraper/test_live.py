"""What is told while a crawl runs: lines on a terminal, JSON lines in a log."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from scraper.cli.watch import COUNT_SHARE, JsonLines, JsonLog, LiveCrawl
from scraper.crawl import Event
from tests.support.loopback import Site, answer
from tests.support.screen import lines_on_screen, show_on_terminal
from tests.support.shell import PAGE, fetching, press

pytestmark = pytest.mark.slow


def clock_at(*moments: float) -> Callable[[], float]:
    """A clock that says these moments, the last one for ever."""
    left = list(moments)
    return lambda: left.pop(0) if len(left) > 1 else left[0]


def ended(site: str, status: str, number: int = 0) -> Event:
    return Event(f"http://{site}.example/{number}", "article", site, status)


def test_the_lines_tell_sites_pages_rate_waiting_failures_and_time() -> None:
    live = LiveCrawl(lambda: 1234, clock_at(0, 10, 20, 90, 100))
    for event in (ended("gazette", "fetched"), ended("post", "http_404"), ended("post", "fetched")):
        live.ended(event)
    assert live.lines() == [
        "crawling  1 sites active · 3 pages · 0.0/s · 1,234 waiting · 0:01:40",
        "failures  http_404 1",
        "  post: 1 articles, fetched http://post.example/0",
        "  gazette: 1 articles, fetched http://gazette.example/0",
    ]


def test_the_waiting_urls_are_not_counted_at_each_drawing() -> None:
    counted: list[int] = []
    # the beginning; a drawing, and 3 seconds of counting; one a second later, one when 20 times as long has gone by
    clock = clock_at(0, 0, 3, 4, 3 * COUNT_SHARE + 1)

    def count() -> int:
        counted.append(1)
        return len(counted)

    live = LiveCrawl(count, clock)
    heads = [live.lines()[0] for _ in range(3)]
    assert [("1 waiting" in head, "2 waiting" in head) for head in heads] == [
        (True, False),
        (True, False),
        (False, True),
    ]


def test_a_title_in_a_terminal_is_one_line_without_what_steers_it() -> None:
    live = LiveCrawl(lambda: 0, lambda: 0.0)
    live.ended(Event("http://gazette.example/", "article", "Gaz\x1b[2J\nette", "fetched"))
    (head, line) = (str(text) for text in live.drawn().renderables)
    assert "\x1b" not in head + line
    assert "\n" not in head + line


def test_a_terminal_shows_progress_that_is_gone_at_the_end_and_a_file_none(site: Site, tmp_path: Path) -> None:
    site.routes = {"/a": answer(PAGE)}
    command = fetching("crawl", site.base + "/a", "--data", "data")
    shown = show_on_terminal(*command, cwd=tmp_path, at_once=True)
    assert b"crawling" in shown
    assert "crawling" not in "".join(lines_on_screen(shown))
    assert press(*command, cwd=tmp_path).err == ""


@pytest.mark.parametrize("where", ["stderr", "file"])
def test_each_ending_is_a_json_line_with_time_level_and_reason(site: Site, tmp_path: Path, where: str) -> None:
    site.routes = {"/a": answer(PAGE)}
    option = ["--log-json"] if where == "stderr" else ["--log", "crawl.jsonl"]
    done = press(*fetching("crawl", site.base + "/a", site.base + "/b", "--data", "data", *option), cwd=tmp_path)
    written = done.err if where == "stderr" else (tmp_path / "crawl.jsonl").read_text("ascii")
    lines = [json.loads(line) for line in written.splitlines()]
    assert done.code == 1
    assert [line["event"] for line in lines if line["event"] != "log"] == ["began", "url", "url", "finished"]
    urls = {line["url"]: line for line in lines if line["event"] == "url"}
    first, second = urls[site.base + "/a"], urls[site.base + "/b"]
    assert (first["level"], first["status"], second["level"], second["status"]) == (
        "info",
        "fetched",
        "warning",
        "http_404",
    )
    assert isinstance(first["ms"], int)
    assert all(line["ts"].endswith("+00:00") for line in lines)
    assert lines[-1] | {"status": "some_failed", "articles": 1, "failed": 1, "interrupted": False} == lines[-1]


def test_a_log_line_is_ascii_without_control_characters() -> None:
    record = logging.LogRecord("pressclip.events", logging.INFO, "x", 1, "url", None, None)
    record.fields = {"url": "http://gazette.example/\x1b[2J\x7f\u202e\n", "ms": None}
    line = JsonLines().format(record)
    assert line.isascii()
    assert line.isprintable()
    assert json.loads(line)["ms"] is None


def test_an_error_of_a_library_is_a_line_with_its_logger_and_cause(tmp_path: Path) -> None:
    with JsonLog(tmp_path / "log.jsonl"):
        try:
            raise ZeroDivisionError("by none")
        except ZeroDivisionError:
            logging.getLogger("another").exception("could not divide")
        logging.getLogger("another").info("not worth a line")
    (line,) = (json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines())
    assert (line["event"], line["logger"], line["level"]) == ("log", "another", "error")
    assert line["error"] == "ZeroDivisionError: by none"


def test_a_crawl_that_cannot_begin_says_so_in_the_log_too(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), JsonLog(tmp_path / "log.jsonl"):
        raise RuntimeError("no room")
    (line,) = (json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines())
    assert (line["event"], line["level"], line["reason"]) == ("failed", "error", "no room")


def test_a_log_that_was_moved_away_is_opened_anew(tmp_path: Path) -> None:
    with JsonLog(tmp_path / "log.jsonl") as log:
        log.say("one")
        (tmp_path / "log.jsonl").rename(tmp_path / "log.jsonl.1")
        log.say("two")
    assert json.loads((tmp_path / "log.jsonl").read_text())["event"] == "two"

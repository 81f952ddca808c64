"""One crawl at a time on a data root."""

from __future__ import annotations

import os
import re
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from scraper.crawl import CrawlError, CrawlOptions
from scraper.crawl.run import CrawlRunning, locked
from scraper.report.status import GRACE, LOCK_FILE, LONG_RUN, lock_alarm
from scraper.seeds import Seed
from tests.support.loopback import Site, page
from tests.support.shell import begin, fetching, press

pytestmark = pytest.mark.slow


def options(data: Path | None, *, refetch: bool = False) -> CrawlOptions:
    return CrawlOptions(seeds=[Seed("Gazette")], data=data, refetch=refetch)


def test_a_second_holder_is_told_who_works_there_and_since_when(tmp_path: Path) -> None:
    moment = datetime(2026, 11, 21, 6, 30, tzinfo=UTC)
    with locked(options(tmp_path), lambda: moment), pytest.raises(CrawlRunning) as told:
        locked(options(tmp_path), lambda: moment).__enter__()
    assert str(told.value) == (
        f"{tmp_path}: another crawl works here (pid {os.getpid()}, since 2026-11-21T06:30:00Z); let it end, or stop it"
    )


def test_the_lock_is_free_when_its_holder_has_gone_and_its_file_stays(tmp_path: Path) -> None:
    for _ in range(2):
        with locked(options(tmp_path)):
            assert (tmp_path / LOCK_FILE).read_text().startswith(f"pid {os.getpid()}, since ")
    assert (tmp_path / LOCK_FILE).exists()


def test_a_longer_line_of_an_earlier_holder_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / LOCK_FILE).write_text("pid 4194304, since 1999-12-31T23:59:59Z, and more of it\n")
    with locked(options(tmp_path), lambda: datetime(2026, 11, 21, tzinfo=UTC)):
        assert (tmp_path / LOCK_FILE).read_text() == f"pid {os.getpid()}, since 2026-11-21T00:00:00Z\n"


@pytest.mark.parametrize(("max_time", "most"), [(None, LONG_RUN), (600.0, 600 + GRACE)])
def test_a_lock_that_is_held_longer_than_its_run_should_last_is_an_alarm(
    tmp_path: Path, max_time: float | None, most: float
) -> None:
    began = datetime(2026, 11, 21, tzinfo=UTC)
    in_time, late = began + timedelta(seconds=most), began + timedelta(seconds=most + 1)
    asked = replace(options(tmp_path), max_time=max_time)
    with locked(asked, lambda: began):
        assert lock_alarm(tmp_path, in_time) == ""
        assert "should have ended after" in lock_alarm(tmp_path, late)
        with pytest.raises(CrawlRunning, match="ALARM: it has held the data root for") as told:
            locked(asked, lambda: late).__enter__()
        assert "\n" not in str(told.value)
    assert lock_alarm(tmp_path, late) == ""


@pytest.mark.parametrize("text", ["", "pid 1", "since 2026-99-99T00:00:00Z", "since 9999-12-31T23:59:59Z"])
def test_a_lock_file_of_something_else_is_no_alarm(tmp_path: Path, text: str) -> None:
    (tmp_path / LOCK_FILE).write_text(text)
    assert lock_alarm(tmp_path, datetime(2026, 11, 21, tzinfo=UTC)) == ""


def test_single_pages_and_what_keeps_nothing_need_no_lock(tmp_path: Path) -> None:
    with locked(options(tmp_path)), locked(options(tmp_path, refetch=True)), locked(options(None)):
        pass


def test_a_lock_file_that_points_elsewhere_is_not_written_through(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("kept")
    (tmp_path / LOCK_FILE).symlink_to(target)
    with pytest.raises(CrawlError, match="choose a folder"):
        locked(options(tmp_path)).__enter__()
    assert target.read_text() == "kept"


def test_a_second_crawl_says_so_in_one_line_asks_nothing_and_leaves_with_1(site: Site, tmp_path: Path) -> None:
    asked, go_on = threading.Event(), threading.Event()

    def wait(path: str) -> None:
        if path == "/a":
            asked.set()
            assert go_on.wait(60)

    site.routes = {"/a": page("First."), "/b": page("Second.")}
    site.on_request = wait
    with begin(*fetching("crawl", site.base + "/a", "--data", "data"), cwd=tmp_path) as first:
        assert asked.wait(60)
        second = press(*fetching("crawl", site.base + "/b", "--data", "data"), cwd=tmp_path)
        elsewhere = press(*fetching("status", "--data", "data")[:3], cwd=tmp_path)
        go_on.set()
        assert first.wait() == 0
    assert second.code == 1
    assert re.search(rf"data: another crawl works here \(pid {first.pid}, since 20..-..-..T..:..:..Z\)", second.line)
    assert "/b" not in site.asked
    assert elsewhere.code == 0


def test_a_killed_crawl_holds_nothing(site: Site, tmp_path: Path) -> None:
    site.routes = {"/a": page("First."), "/b": page("Second.")}
    asked = threading.Event()
    held = threading.Event()
    site.on_request = lambda path: (asked.set(), held.wait(60))[0] if path == "/a" else None
    with begin(*fetching("crawl", site.base + "/a", "--data", "data"), cwd=tmp_path) as first:
        assert asked.wait(60)
        first.kill()
        first.wait()
    held.set()
    site.on_request = lambda path: None
    assert press(*fetching("crawl", site.base + "/b", "--data", "data"), cwd=tmp_path).code == 0

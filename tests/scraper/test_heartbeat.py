"""What a run leaves in heartbeat.json, and which alarms it is read as: invented runs, no clock."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from archive import lock
from scraper.frontier import FRONTIER, FoundUrl, Frontier, Visit
from scraper.report import alarms as told
from scraper.report.alarms import LATE, SHOWN_SOURCES, TIMER, alarms
from scraper.report.heartbeat import (
    HEARTBEAT,
    MAX_SILENT,
    REMEMBERED,
    SILENT,
    Beat,
    Heartbeat,
    HeartbeatError,
    SilentSource,
    read_heartbeat,
)
from scraper.report.status import LOCK_FILE
from scraper.seeds import Seed, seed_from

START = datetime(2026, 11, 21, tzinfo=UTC)
HOUR = timedelta(hours=1)
FEED = "https://gazette.example/feed"
GAZETTE = seed_from({"name": "Gazette", "home": "https://gazette.example/", "feeds": [FEED], "every": "1h"}, "test")


class Runs:
    """Runs on a data root, each at its own hour, in which the feed ends as it is told."""

    def __init__(self, data: Path) -> None:
        self.data, self.now = data, START
        self.frontier = Frontier(data / FRONTIER, now=lambda: self.now)

    def run(self, hour: int, status: str | None, *, ending: str = "finished", seed: Seed = GAZETTE) -> Heartbeat:
        self.now = START + hour * HOUR
        feed = seed.feeds[0]
        self.frontier.add([FoundUrl(feed, "feed", seed.name)], again=True)
        beat = Beat(self.data, [seed], self.frontier, self.now)
        if status:
            self.frontier.lease(1)
            self.frontier.close(feed, status, visit=Visit(every=3600.0, due_at=self.now.timestamp() + 3600))
        beat.end(ending, self.now + timedelta(minutes=2))
        return self.left()

    def left(self) -> Heartbeat:
        found = read_heartbeat(self.data)
        assert found is not None
        return found

    def alarms(self, hour: float, every: timedelta | None = None) -> list[str]:
        now = START + timedelta(hours=hour)
        return [f"{alarm.kind}: {alarm.line}" for alarm in alarms(self.data, now, every=every, min_free=0)]


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Runs]:
    made = Runs(tmp_path)
    yield made
    made.frontier.dispose()


def test_a_run_writes_its_start_its_end_and_what_was_due(runs: Runs) -> None:
    beat = runs.run(0, "fetched")
    assert (beat.started, beat.ended, beat.ending) == (START, START + timedelta(minutes=2), "finished")
    assert (beat.due, beat.next_due, beat.overdue, beat.silent) == (1, START + HOUR, 0, ())
    assert json.loads((runs.data / HEARTBEAT).read_text())["started"] == "2026-11-21T00:00:00Z"
    assert runs.alarms(1) == []


def test_a_killed_run_leaves_a_start_without_an_end_and_is_an_alarm_until_one_ends(runs: Runs) -> None:
    runs.run(0, "fetched")
    Beat(runs.data, [GAZETTE], runs.frontier, START + HOUR)
    assert (runs.left().started, runs.left().ended) == (START + HOUR, None)
    (line,) = runs.alarms(1.1)
    assert "began 2026-11-21 01:00 UTC, 6 min ago and did not write its end: it was killed" in line
    runs.run(2, "fetched")
    assert runs.alarms(2.1) == []


def test_a_run_that_is_at_work_is_no_alarm(runs: Runs) -> None:
    Beat(runs.data, [GAZETTE], runs.frontier, START)
    with (runs.data / LOCK_FILE).open("wb") as file:
        assert lock(file.fileno())
        assert runs.alarms(10, every=HOUR) == []


def test_a_run_that_an_error_stopped_is_an_alarm(runs: Runs) -> None:
    runs.run(0, "fetched", ending="stopped")
    (line,) = runs.alarms(0.5)
    assert line.startswith("run: ")
    assert "was stopped by an error" in line


def test_a_timer_that_never_starts_is_an_alarm(runs: Runs) -> None:
    runs.run(0, "fetched")
    late = 1 + (TIMER + LATE) / HOUR
    assert runs.alarms(late) == []
    (line,) = runs.alarms(late + 0.1)
    assert line.startswith(f"run: {runs.data}: a crawl is overdue: the last crawl began 2026-11-21 00:00 UTC, 2 h ago")
    assert "the next one was expected 2026-11-21 02:00 UTC" in line


@pytest.mark.parametrize("minutes", [15, 60 * 24])
def test_who_says_how_often_the_timer_runs_is_told_of_a_missed_run(runs: Runs, minutes: int) -> None:
    runs.run(0, "fetched")
    every = timedelta(minutes=minutes)
    at = (every + LATE) / HOUR
    assert runs.alarms(at, every) == []
    assert "overdue" in runs.alarms(at + 0.1, every)[0]


def test_the_longest_time_that_can_be_written_is_no_error(runs: Runs) -> None:
    runs.run(0, "fetched")
    assert runs.alarms(1, timedelta(days=9_999_999)) == []


def test_without_a_heartbeat_nobody_knows_that_all_is_well(runs: Runs) -> None:
    assert "no crawl has left a heartbeat here" in runs.alarms(0)[0]


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b"\xff\0", b'{"started": "2026-11-21T00:00:00", "due": 0}'])
def test_a_damaged_heartbeat_is_an_alarm_and_the_next_run_writes_it_anew(runs: Runs, text: bytes) -> None:
    (runs.data / HEARTBEAT).write_bytes(text)
    with pytest.raises(HeartbeatError, match="is no heartbeat"):
        read_heartbeat(runs.data)
    assert "is no heartbeat" in runs.alarms(0)[0]
    runs.run(0, "fetched")
    assert runs.alarms(0.1) == []


def test_a_heartbeat_of_the_time_to_come_is_an_alarm(runs: Runs) -> None:
    runs.run(2, "fetched")
    assert "look at the clock" in runs.alarms(0)[0]


def test_a_source_that_has_not_answered_for_three_of_its_intervals_is_an_alarm_until_it_answers(runs: Runs) -> None:
    runs.run(0, "fetched")
    for hour in range(1, SILENT + 2):
        beat = runs.run(hour, "timeout" if hour % 2 else "bad_source")
        assert [(one.url, one.since) for one in beat.silent] == [(FEED, START)]
    assert runs.left().overdue == 1
    sources = [line for line in runs.alarms(SILENT + 1.1) if line.startswith("source: ")]
    assert sources == [f"source: Gazette: {FEED} has not answered since 2026-11-21 00:00 UTC, 4 h ago: a source that cannot be read"]  # fmt: skip # noqa: E501
    assert (runs.run(9, "not_modified").silent, runs.alarms(9.1)) == ((), [])


def test_a_source_that_never_answered_is_silent_since_its_first_failure(runs: Runs) -> None:
    runs.run(0, "timeout")
    assert [one.since for one in runs.run(2, "http_503").silent] == [START]


def test_the_times_of_a_run_stay_until_a_run_has_others(runs: Runs) -> None:
    beat = Beat(runs.data, [GAZETTE], runs.frontier, START)
    for milliseconds in range(10, 1010, 10):
        beat.answers.add(milliseconds)
    beat.end("finished", START)
    assert runs.run(1, None).answer_seconds == {"0.5": 0.5, "0.9": 0.9, "0.99": 0.99}
    assert runs.left().article_seconds == {}


def test_a_source_that_no_run_comes_to_is_an_alarm(runs: Runs) -> None:
    runs.run(0, "fetched")
    assert runs.run(2, None).silent == ()
    (one,) = runs.run(5, None).silent
    assert (one.status, one.since) == ("waiting", START)
    assert "no run came to it" in runs.alarms(5.1)[-1]


def test_what_a_redirect_leads_to_answers_for_the_source(runs: Runs) -> None:
    new = "https://gazette.example/new-feed"
    runs.frontier.add([FoundUrl(new, "feed", "Gazette", found_in=FEED, hops=1)])
    beat = Beat(runs.data, [GAZETTE], runs.frontier, START)
    runs.frontier.add([FoundUrl(FEED, "feed", "Gazette")])
    runs.frontier.lease(2)
    runs.frontier.close(FEED, "redirected", new)
    runs.frontier.close(new, "http_503")
    beat.end("finished", START)
    assert [(one.url, one.status) for one in runs.left().silent] == [(FEED, "http_503")]


def test_another_seed_lists_silent_sources_are_kept_for_some_days(runs: Runs) -> None:
    other = seed_from({"name": "Post", "home": "https://post.example/", "feeds": ["https://post.example/feed"]}, "test")
    runs.run(0, "timeout")
    assert {one.site for one in runs.run(1, "fetched", seed=other).silent} == {"Gazette"}
    assert runs.run(2 + REMEMBERED // HOUR, "fetched", seed=other).silent == ()


def scheduled(runs: Runs, name: str, hour: int, seed: Seed, *, ends: bool = True) -> None:
    """A run with `--due` of a seed list; a killed one does not end."""
    runs.now = START + hour * HOUR
    runs.frontier.add([FoundUrl(seed.feeds[0], "feed", seed.name)], again=True)
    beat = Beat(runs.data, [seed], runs.frontier, runs.now, seed_list=name)
    if ends:
        runs.frontier.lease(9)
        runs.frontier.close(seed.feeds[0], "fetched", visit=Visit(every=3600.0, due_at=runs.now.timestamp() + 3600))
        beat.end("finished", runs.now)


POST = seed_from({"name": "Post", "home": "https://post.example/", "feeds": ["https://post.example/feed"]}, "test")


def test_a_seed_list_whose_timer_never_starts_is_told_by_its_name_while_another_runs(runs: Runs) -> None:
    scheduled(runs, "seeds/a.toml", 0, GAZETTE)
    for hour in range(1, 4):
        scheduled(runs, "seeds/b.toml", hour, POST)
    (line,) = runs.alarms(3.1)
    assert "seeds/a.toml: its last crawl began 2026-11-21 00:00 UTC" in line
    assert "expected 2026-11-21 02:00 UTC" in line
    scheduled(runs, "seeds/a.toml", 4, GAZETTE)
    assert runs.alarms(4.1) == []


def test_a_killed_run_of_a_seed_list_is_told_after_the_run_of_another(runs: Runs) -> None:
    scheduled(runs, "seeds/a.toml", 0, GAZETTE, ends=False)
    scheduled(runs, "seeds/b.toml", 1, POST)
    (line,) = runs.alarms(1.1)
    assert "seeds/a.toml: its last crawl began" in line
    assert "did not write its end" in line


def test_a_seed_list_that_was_given_up_is_forgotten_after_some_days(runs: Runs) -> None:
    scheduled(runs, "seeds/a.toml", 0, GAZETTE)
    scheduled(runs, "seeds/b.toml", 2 + REMEMBERED // HOUR, POST)
    assert set(runs.left().lists) == {"seeds/b.toml"}


def test_nobody_waits_for_the_next_run_of_one_that_no_timer_started(runs: Runs) -> None:
    runs.run(0, "fetched")
    assert runs.left().lists == {}


def test_so_many_silent_sources_are_kept_and_told(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    beat = runs.run(0, "fetched")
    one = SilentSource(url=FEED, site="Gazette", status="timeout", since=START, every=60.0, seen=START)
    beat = replace(beat, silent=(one,) * (SHOWN_SOURCES + 3))
    monkeypatch.setattr(told, "read_heartbeat", lambda data: beat)
    lines = runs.alarms(1)
    assert len(lines) == SHOWN_SOURCES + 1
    assert lines[-1].startswith("source: 3 more sources")
    assert MAX_SILENT > SHOWN_SOURCES


def test_what_a_server_sent_steers_no_terminal(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    one = SilentSource(url=FEED, site="G\x1b[2J\n", status="http_5\x1b", since=START, every=60.0, seen=START)
    beat = replace(runs.run(0, "fetched"), silent=(one,))
    monkeypatch.setattr(told, "read_heartbeat", lambda data: beat)
    (line,) = runs.alarms(1)
    assert line.isprintable()


def test_a_short_disk_is_an_alarm(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    runs.run(0, "fetched")
    monkeypatch.setattr(told, "free_bytes", lambda data: 2**29)
    assert [alarm.line for alarm in alarms(runs.data, START)] == [f"{runs.data}: 0.5 GB are free, less than 1.0 GB"]
    assert alarms(runs.data, START, min_free=2**29) == []


@pytest.mark.parametrize(
    ("steps", "ended", "told"),
    [
        ((301,), "fetched", True),
        ((308,), "not_modified", True),
        ((301, 301), "fetched", True),
        ((302,), "fetched", False),
        ((301, 307), "fetched", False),
        ((301,), "http_404", False),
        ((None,), "fetched", False),
    ],
)
def test_a_source_has_moved_where_each_redirect_is_for_good_and_the_last_address_answers(
    runs: Runs, steps: tuple[int | None, ...], ended: str, told: bool
) -> None:
    way = [FEED, *(f"https://gazette.example/feed/{number}" for number in range(len(steps)))]
    beat = Beat(runs.data, [GAZETTE], runs.frontier, START, dict(zip(way, steps, strict=False)).get)
    runs.frontier.add([FoundUrl(url, "feed", "Gazette") for url in way])
    runs.frontier.lease(9, per_host=9)
    for url, target in pairwise(way):
        runs.frontier.close(url, "redirected", target)
    runs.frontier.close(way[-1], ended)
    beat.end("finished", START)
    assert [(one.url, one.to) for one in runs.left().moved] == [(FEED, way[-1])] * told
    assert runs.run(1, "fetched").moved == ()

"""When what is due: a table of cases, no clock."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scraper.frontier import EARLY
from scraper.revisit.revisits import (
    DAY,
    GONE_FIRST,
    GONE_MOST,
    HOUR,
    LOOKS,
    MINUTE,
    after_failure,
    after_reading,
    bounds,
    due,
    is_whole_turn,
    next_look,
    next_try,
)

URL = "https://a.example/feed"
URLS = [f"https://a.example/feed/{number}" for number in range(1000)]
FREE, HOURLY = bounds(None), bounds(timedelta(hours=1))


@pytest.mark.parametrize(
    ("every", "seen", "wanted"),
    [
        (None, 0.0, HOUR),
        (HOUR, 1.0, 1.5 * HOUR),
        (HOUR, 0.67, 1.5 * HOUR),
        (HOUR, 0.66, HOUR),
        (HOUR, 0.33, HOUR),
        (HOUR, 0.32, 0.5 * HOUR),
        (0.5 * HOUR, 0.0, 10 * MINUTE),
        (10 * MINUTE, 0.0, 10 * MINUTE),
        (DAY, 1.0, DAY),
        (30 * DAY, 1.0, HOUR),
        (HOUR, None, 1.5 * HOUR),
    ],
)
def test_a_reading_sets_the_interval_by_the_share_of_known_entries(
    every: float | None, seen: float | None, wanted: float
) -> None:
    assert after_reading(every, seen, FREE) == wanted


def test_a_seeds_own_interval_is_the_least_and_four_times_it_the_most() -> None:
    assert (HOURLY.first, HOURLY.least, HOURLY.most) == (HOUR, HOUR, 4 * HOUR)
    assert after_reading(HOUR, 0.0, HOURLY) == HOUR
    every: float | None = None
    for _ in range(20):
        every = after_reading(every, 1.0, HOURLY)
    assert every == 4 * HOUR
    assert after_reading(every, 0.0, HOURLY) == 3.5 * HOUR


@pytest.mark.parametrize(
    ("every", "status", "before", "wanted"),
    [
        (None, "timeout", None, 1.25 * HOUR),
        (HOUR, "http_503", "fetched", 1.25 * HOUR),
        (HOUR, "http_429", "http_429", 1.25 * HOUR),
        (HOUR, "robots", "fetched", 1.25 * HOUR),
        (HOUR, "bad_source", "fetched", 1.5 * HOUR),
        (HOUR, "http_403", "fetched", 1.5 * HOUR),
        (DAY, "timeout", "timeout", DAY),
        (HOUR, "http_404", "fetched", GONE_FIRST),
        (DAY, "http_404", "http_404", 2 * DAY),
        (20 * DAY, "http_410", "http_404", GONE_MOST),
        (20 * DAY, "timeout", "http_404", 1.25 * HOUR),
    ],
)
def test_a_failure_lengthens_the_interval_softly_and_a_missing_source_is_asked_far_later(
    every: float | None, status: str, before: str | None, wanted: float
) -> None:
    assert after_failure(every, status, before, FREE) == wanted


def test_a_source_that_never_answers_is_never_dropped() -> None:
    every: float | None = None
    for _ in range(100):
        every = after_failure(every, "http_404", "http_404", FREE)
        assert 0 < every <= GONE_MOST


def test_a_thousand_feeds_added_together_are_due_apart_and_each_a_little_early() -> None:
    times = [due(0.0, HOUR, url) for url in URLS]
    assert HOUR * (1 - EARLY[1]) <= min(times) < max(times) <= HOUR * (1 - EARLY[0])
    tenths = [sum(HOUR * (0.85 + n / 100) <= time < HOUR * (0.86 + n / 100) for time in times) for n in range(10)]
    assert min(tenths) > 50


def test_an_hourly_timer_finds_an_hourly_source_due_each_time() -> None:
    read_at = 2 * MINUTE
    for hour in range(1, 50):
        assert due(read_at, HOUR, URLS[hour]) < hour * HOUR
        read_at = hour * HOUR + 2 * MINUTE


@pytest.mark.parametrize(
    ("now", "wanted"),
    [
        (0.0, HOUR),
        (0.9 * HOUR, DAY),
        (HOUR, DAY),
        (6 * HOUR, DAY),
        (20 * HOUR, 7 * DAY),
        (DAY, 7 * DAY),
        (7 * DAY, None),
    ],
)
def test_looks_come_after_an_hour_a_day_and_a_week_and_one_that_came_late_takes_the_next_with_it(
    now: float, wanted: float | None
) -> None:
    look = next_look(0.0, None, now, LOOKS, URL)
    assert look == (None if wanted is None else due(0.0, wanted, URL))


def test_an_article_that_was_old_when_it_was_found_is_not_looked_at_again() -> None:
    assert next_look(30 * DAY, 22 * DAY, 30 * DAY, LOOKS, URL) is None
    assert next_look(30 * DAY, 24 * DAY, 30 * DAY, LOOKS, URL) is not None
    assert next_look(30 * DAY, 31 * DAY, 30 * DAY, LOOKS, URL) is not None


def test_no_looks_are_none() -> None:
    assert next_look(0.0, None, 0.0, [], URL) is None


@pytest.mark.parametrize(
    ("found", "status", "attempts", "wanted"),
    [
        (0.0, "timeout", 1, HOUR),
        (0.0, "http_503", 3, 3 * HOUR),
        (0.0, "timeout", 5, None),
        (0.0, "http_404", 1, None),
        (0.0, "fetched", 1, None),
        (0.0, "robots", 9, DAY),
        (-8 * DAY, "robots", 1, None),
    ],
)
def test_only_a_passing_failure_is_tried_again_and_not_for_ever(
    found: float, status: str, attempts: int, wanted: float | None
) -> None:
    again = next_try(found, 0.0, status, attempts, 5, URL)
    assert again == (None if wanted is None else due(0.0, wanted, URL))


def test_a_source_is_asked_whole_once_a_day_and_each_at_its_own_hour() -> None:
    for url in URLS[:20]:
        turns = [is_whole_turn(n * HOUR, (n + 1) * HOUR, url) for n in range(48)]
        assert sum(turns) == 2
        assert turns.index(True) + 24 == 47 - turns[::-1].index(True)
    assert len({[is_whole_turn(n * HOUR, (n + 1) * HOUR, url) for n in range(24)].index(True) for url in URLS}) == 24
    assert is_whole_turn(None, 0.0, URL)
    assert is_whole_turn(0.0, DAY, URL)

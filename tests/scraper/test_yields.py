"""Whether a site's yield fell, told from invented histories."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from scraper.report.history import SiteRun
from scraper.report.yields import falls, usual

HOUR, DAY = 3600.0, 86_400.0
NOW = 1_800_000_000.0


def run(ago: float, articles: int = 0, words: float | None = 500.0, **counts: dict[str, int]) -> SiteRun:
    """A run that ended *ago* seconds before NOW, its feed read."""
    at = NOW - ago
    found: dict[str, Any] = {"sources": {"fetched": 1}} | counts
    return SiteRun(
        site="Example Gazette",
        began_at=at,
        seen_at=at,
        ending="finished",
        articles=articles,
        words=words if articles else None,
        removed=0.3 if articles else None,
        **found,
    )


def days(*articles: int) -> list[SiteRun]:
    """A run a day, newest first."""
    return [run(number * DAY, count) for number, count in enumerate(articles)]


def hourly(hours: int, *, silent: Sequence[int] = (23, 0, 1, 2, 3, 4, 5, 6)) -> list[SiteRun]:
    """A run an hour, newest first, the newest at midnight: four articles each, and none in the silent hours."""
    return [run(ago * HOUR, 0 if -ago % 24 in silent else 4) for ago in range(hours)]


def test_steady_runs_are_no_fall() -> None:
    assert falls(days(9, 10, 8, 11, 10, 9, 12, 10, 9, 11)) == ()


def test_a_first_run_and_too_short_a_history_are_never_judged() -> None:
    broken = run(0, 0, skipped={"not_article": 20})
    assert falls([broken]) == ()
    assert falls([broken, *days(20, 20)]) == ()
    assert usual([broken]) is None
    assert falls([]) == ()


def test_a_template_that_leaves_a_few_words_is_told_with_both_lengths() -> None:
    assert falls([run(-DAY, 10, 41.0), *days(10, 10, 10)]) == (
        "median text 41 words, usually 500: its template may have changed",
    )


def test_a_template_that_leaves_nothing_is_told_by_the_share_of_pages() -> None:
    broken = run(-DAY, 0, skipped={"not_article": 10})
    assert falls([broken, *days(10, 10, 10)]) == (
        "0 of 10 pages became articles, usually 100%; not_article 10: its template may have changed",
    )


def test_pages_that_are_refused_by_the_server_are_told_with_their_status() -> None:
    broken = run(-DAY, 1, failures={"http_403": 9}, refused={"robots": 1})
    assert falls([broken, *days(10, 10, 10)]) == ("1 of 11 pages became articles, usually 100%; http_403 9",)


def test_short_texts_behind_a_wall_are_told_as_a_wall() -> None:
    (line,) = falls([run(-DAY, 10, 60.0, walls={"paywall": 9}), *days(10, 10, 10)])
    assert line == "median text 60 words, usually 500: 9 of 10 pages stand behind a wall (paywall 9)"


@pytest.mark.parametrize("hours", range(0, 24))
def test_a_night_without_news_is_no_fall_at_any_hour(hours: int) -> None:
    assert falls(hourly(24 * 12)[hours:]) == ()


def test_runs_that_only_fail_again_on_what_failed_before_are_no_fall() -> None:
    again = {"failures": {"http_503": 2}, "refused": {"robots": 3}, "repeated": {"http_503": 2, "robots": 3}}
    nights = [run(number * HOUR, 0, **again) for number in range(8)]
    assert falls([*nights, *(run((number + 8) * HOUR, 4) for number in range(20))]) == ()


def test_a_weekend_of_few_articles_is_no_fall() -> None:
    week = [12, 40, 42, 38, 41, 44, 14]  # Sunday first, as the newest
    assert falls(days(*week, *week, *week)) == ()


def test_a_day_that_brings_far_less_than_days_do_is_a_fall() -> None:
    assert falls(days(1, 40, 42, 38, 41, 44, 39, 40)) == (
        "1 articles in a day, usually 40: its sources may have moved",
    )


def test_a_site_of_a_few_articles_is_judged_by_weeks() -> None:
    usual_week = [1, 0, 2, 1, 1, 0, 2]
    assert falls(days(*usual_week * 5)) == ()
    assert falls(days(*[0] * 7, *usual_week * 4)) == ("0 articles in a week, usually 7: its sources may have moved",)


def test_few_articles_are_not_the_sites_doing_while_its_urls_wait() -> None:
    assert falls(days(1, 40, 42, 38, 41, 44, 39, 40), waiting=30) == ()


def test_sources_that_cannot_be_read_twice_are_a_fall_and_once_are_not() -> None:
    gone = [run(-number * HOUR, sources={"http_404": 1}) for number in (2, 1)]
    assert falls([gone[1], *days(10, 10, 10)]) == ()
    (line,) = falls([*gone, *days(10, 10, 10)])
    assert line == "no source could be read in its last 2 runs (http_404 1): it may have moved"


def test_sources_that_have_not_changed_are_read_sources() -> None:
    same = [run(-number * HOUR, sources={"not_modified": 1}) for number in range(5)]
    assert falls([*same, *days(10, 10, 10)]) == ()


def test_articles_that_are_looked_at_again_and_are_as_they_were_are_no_fall() -> None:
    same = [run(-number * HOUR, skipped={"not_modified": 30, "updated": 2}) for number in range(5, 0, -1)]
    assert falls([*same, *days(10, 10, 10)]) == ()


def test_an_alarm_ends_when_the_new_way_has_become_usual() -> None:
    assert falls([run(-DAY, 10, 41.0), *(run(n * DAY, 10, 41.0) for n in range(40)), *days(10, 10, 10)]) == ()


def test_what_is_usual_leaves_out_the_runs_that_are_judged() -> None:
    before = usual([run(-DAY, 10, 41.0), *days(10, 12, 8)])
    assert before is not None
    assert (before.runs, before.articles, before.words, before.fetched) == (3, 10, 500.0, 1.0)

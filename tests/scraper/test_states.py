"""The state of a site against its own history, told from invented runs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scraper import outcomes
from scraper.frontier import FoundUrl, Frontier
from scraper.report.charts import charts
from scraper.report.history import SiteRun
from scraper.report.states import State, state_of, usual_interval
from scraper.report.status import SiteReport, SiteStanding, overview
from scraper.report.wording import ending_text, state_line, states_text
from scraper.report.yields import DAY, falls
from tests.scraper.test_yields import NOW, days, hourly, run


def standing(runs: Sequence[SiteRun], **counts: int) -> SiteStanding:
    waiting = counts.get("waiting", 0)
    return SiteStanding(SiteReport("Gazette", articles=9, **counts), tuple(runs), falls(runs, waiting=waiting))  # type: ignore[arg-type]


def state(runs: Sequence[SiteRun], **counts: int) -> State:
    return state_of(standing(runs, **counts))


def silent(number: int, every: int = 1) -> list[SiteRun]:
    """Runs a day, the last *number* without an article, after some weeks in which each *every*th gave one."""
    return days(*[0] * number, *[int(ago % every == 0) for ago in range(7 * 6)])


def test_a_site_that_no_run_tried_was_never_crawled() -> None:
    assert state_of(SiteStanding(SiteReport("Gazette", waiting=4))) == "never crawled"
    assert state_of(SiteStanding(SiteReport("Gazette"))) == "never crawled"


def test_a_site_that_gives_something_new_is_alive_from_its_first_run_on() -> None:
    assert state([run(0, 3)]) == "alive"
    assert state(days(9, 10, 8, 11, 10)) == "alive"


@pytest.mark.parametrize(("number", "every", "told"), [(1, 1, "alive"), (2, 1, "alive"), (3, 1, "quiet"),
                                                       (6, 4, "alive"), (8, 4, "alive"), (9, 4, "quiet")])  # fmt: skip
def test_a_site_is_quiet_after_twice_its_own_usual_interval(number: int, every: int, told: str) -> None:
    assert state(silent(number, every)) == told


def test_nights_and_weekends_are_not_quiet() -> None:
    for hours in range(24):
        assert state(hourly(24 * 12)[hours:]) == "alive"
    week = [0, 3, 4, 3, 4, 3, 0]
    for first in range(7):
        assert state(days(*(week * 6)[first:])) == "alive"


def test_without_a_history_a_site_is_quiet_after_two_weeks() -> None:
    assert usual_interval(days(0, 1, 1)) is None
    assert state(days(*[0] * 14, 1, 1)) == "alive"
    assert state(days(*[0] * 15, 1, 1)) == "quiet"


def test_a_month_in_which_nobody_crawled_is_neither_silence_nor_usual() -> None:
    before = [run(ago * DAY, 1) for ago in range(40, 80, 2)]
    assert state(before) == "alive"
    assert usual_interval([*days(1), *before]) == 2
    assert state([*days(0, 0, 0, 0, 1), *before]) == "alive"
    assert state([*days(0, 0, 0, 0, 0, 1), *before]) == "quiet"


def test_a_site_that_answers_and_never_gave_an_article_is_quiet_unless_urls_wait() -> None:
    assert state(days(0, 0)) == "quiet"
    assert state(days(0, 0), waiting=3) == "alive"
    assert state(silent(5), waiting=3) == "alive"


def test_a_fallen_yield_is_failing() -> None:
    broken = standing([run(-DAY, 10, 41.0), *days(10, 10, 10)])
    assert broken.fell
    assert broken.state == "failing"


def test_a_site_is_failing_when_nothing_answered_in_two_runs_or_in_its_only_one() -> None:
    down = [run(ago * DAY, sources={"timeout": 1}, failures={"http_503": 2}) for ago in (0, 1)]
    assert state(down[:1]) == "failing"
    assert state([down[0], run(DAY, 3)]) == "alive"
    assert state([*down, run(2 * DAY, 3)]) == "failing"
    refused = run(0, sources={"robots": 1}, refused={"robots": 3})
    assert state([refused]) == "failing"


@pytest.mark.parametrize(
    "answer", [{"sources": {"not_modified": 1}}, {"skipped": {"not_article": 1}}, {"skipped": {"not_modified": 1}}]
)
def test_what_is_unchanged_or_no_article_is_an_answer(answer: dict[str, dict[str, int]]) -> None:
    answered = run(0, 0, **({"sources": {}} | answer))
    assert state([answered, run(DAY, sources={"timeout": 1})], waiting=1) == "alive"


def test_a_run_that_only_tries_again_what_failed_is_no_second_failure() -> None:
    again = run(0, sources={}, failures={"http_503": 2}, repeated={"http_503": 2})
    assert state([again, again, run(DAY, 3)]) == "alive"


def test_the_frontier_tells_where_a_run_was_killed_before_it_had_a_history() -> None:
    tried = [
        SiteReport("Gazette", articles=1),
        SiteReport("Gazette", failures={"timeout": 2}),
        SiteReport("Gazette", sources={"fetched": 1}),
    ]
    assert [state_of(SiteStanding(report)) for report in tried] == ["alive", "failing", "quiet"]


def test_the_line_of_a_state_says_when_and_why() -> None:
    now = datetime.fromtimestamp(NOW + 3600, UTC)
    assert state_line(SiteStanding(SiteReport("Gazette")), now) == "never crawled"
    assert state_line(standing([run(0, 3)]), now) == "alive; last new article 2027-01-15 08:00 UTC, 1 h ago"
    told = state_line(standing(silent(5, 2)), now)
    assert told == "quiet; last new article 2027-01-10 08:00 UTC, 5 days ago; usually each 2 days"
    down = [run(ago, 0, sources={"timeout": 1}, failures={"timeout": 2, "http_503": 1}) for ago in (0, DAY)]
    told = state_line(standing(down), now)
    assert told.startswith("failing; nothing answered in its last 2 runs (timeout 6, http_503 2)")
    assert states_text([standing(days(3)), SiteStanding(SiteReport("New"))]) == "2 sites: 1 never crawled, 1 alive"
    assert states_text([]) == "0 sites"


def test_a_site_of_a_seed_file_in_the_data_root_is_told_before_its_first_crawl(tmp_path: Path) -> None:
    frontier = Frontier(tmp_path / "frontier.sqlite")
    frontier.add([FoundUrl("http://gazette.example/a", "article", "Gazette")])
    frontier.dispose()
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "post.toml").write_text('[[site]]\nname = "Post"\nhome = "http://post.example/"\n')
    (tmp_path / "seeds" / "wrong.toml").write_text("[[site")
    sites, left_out = overview(tmp_path)
    assert [(site.report.name, site.state, site.as_dict()["state"]) for site in sites] == [
        ("Gazette", "never crawled", "never crawled"),
        ("Post", "never crawled", "never crawled"),
    ]
    assert len(left_out) == 1
    assert left_out[0].endswith("; its sites are left out")


def test_the_chart_of_articles_has_a_bar_for_each_day_with_a_run_up_to_today() -> None:
    runs = [run(0, 4), run(60, 1), run(2 * DAY, 0), run(3 * DAY, 7)]
    chart = next(charts(runs, datetime.fromtimestamp(NOW + DAY, UTC)))
    told = [part.partition("</title>")[0] for part in chart.split("<title>")[1:]]
    assert told == ["2027-01-12: 7", "2027-01-13: 0", "2027-01-15: 5"]
    assert 'aria-label="articles a day"' in chart
    assert "highest 7</span><b>–</b>" in chart


def test_every_ending_has_words_of_its_own() -> None:
    endings = [value for name, value in vars(outcomes).items() if name.isupper() and isinstance(value, str)]
    assert len(endings) > 30
    assert [ending for ending in endings if ending_text(ending) == ending != "fetched"] == []
    assert ending_text("http_503", "x\x1b[2J") == "HTTP 503, Service Unavailable: x [2J"
    assert ending_text("http_999") == "HTTP 999"

"""The frontier: what is leased, what comes back, and that every URL ends once."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from scraper.frontier import MAX_ATTEMPTS, Found, Frontier, FrontierError, Visit


class Clock:
    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 21, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.moment += timedelta(seconds=1)
        return self.moment


def _article(number: int, host: str = "a.example", **more: object) -> Found:
    return Found(f"https://{host}/{number}", "article", "A", **more)  # type: ignore[arg-type]


@pytest.fixture
def frontier() -> Frontier:
    return Frontier(None, now=Clock())


def test_a_url_is_added_once(frontier: Frontier) -> None:
    assert frontier.add([_article(1), _article(1), _article(2)]) == 2
    assert frontier.add([_article(1)]) == 0


def test_leases_are_balanced_over_hosts_and_count_those_out(frontier: Frontier) -> None:
    frontier.add([_article(n) for n in range(10)] + [_article(n, "b.example") for n in range(2)])
    first = frontier.lease(10, per_host=3)
    assert sorted(row.host for row in first) == ["a.example"] * 3 + ["b.example"] * 2
    assert frontier.lease(10, per_host=3) == []
    frontier.close(first[0].url, "fetched")
    assert len(frontier.lease(10, per_host=3)) == 1


def test_sources_come_first_then_the_newest(frontier: Frontier) -> None:
    day = datetime(2026, 11, 20, tzinfo=UTC)
    frontier.add([_article(1), _article(2, published=day), _article(3, published=day + timedelta(hours=1))])
    frontier.add([Found("https://a.example/feed", "feed", "A")])
    assert [row.url[-1] for row in frontier.lease(9)] == ["d", "3", "2", "1"]


def test_a_bound_on_articles_does_not_hold_sources_back(frontier: Frontier) -> None:
    frontier.add([_article(1), _article(2), Found("https://a.example/feed", "feed", "A")])
    assert [row.kind for row in frontier.lease(9, articles=1)] == ["feed", "article"]
    assert frontier.lease(9, articles=0) == []


def test_only_the_sites_asked_for_are_leased(frontier: Frontier) -> None:
    frontier.add([_article(1), Found("https://b.example/1", "article", "B")])
    assert [row.site for row in frontier.lease(9, sites=["B"])] == ["B"]


def test_a_killed_crawl_repeats_only_what_was_leased(tmp_path: Path) -> None:
    path = tmp_path / "frontier.sqlite"
    first = Frontier(path)
    first.add([_article(n) for n in range(4)])
    done, *out = first.lease(3)
    first.close(done.url, "fetched")
    second = Frontier(path)
    assert second.recover() == len(out)
    again = second.lease(9)
    assert {row.url for row in again} == {f"https://a.example/{n}" for n in range(4)} - {done.url}
    assert {row.attempts for row in again} == {1, 2}
    for frontier in (first, second):
        frontier.dispose()


def test_a_clean_end_gives_leases_back_uncounted(frontier: Frontier) -> None:
    frontier.add([_article(1)])
    frontier.lease(1)
    assert frontier.release() == 1
    assert frontier.lease(1)[0].attempts == 1


@pytest.mark.parametrize(
    ("status", "again"), [("timeout", 1), ("http_503", 1), ("robots", 1), ("http_404", 0), ("fetched", 0)]
)
def test_only_a_passing_failure_is_tried_again_and_only_in_a_later_run(tmp_path: Path, status: str, again: int) -> None:
    path, clock = tmp_path / "frontier.sqlite", Clock()
    first = Frontier(path, now=clock)
    first.add([_article(1)])
    first.close(first.lease(1)[0].url, status, "why")
    assert first.add([_article(1)]) == 0
    second = Frontier(path, now=clock)
    assert second.add([_article(1)]) == again
    for frontier in (first, second):
        frontier.dispose()


def test_a_url_that_always_fails_is_given_up(tmp_path: Path) -> None:
    path, clock, tries = tmp_path / "frontier.sqlite", Clock(), 0
    for _ in range(MAX_ATTEMPTS + 3):
        frontier = Frontier(path, now=clock)
        tries += frontier.add([_article(1)])
        for row in frontier.lease(1):
            frontier.close(row.url, "timeout")
        frontier.dispose()
    assert tries == MAX_ATTEMPTS


def test_sources_are_read_in_every_run_and_again_reopens_a_page(tmp_path: Path) -> None:
    path, clock = tmp_path / "frontier.sqlite", Clock()
    feed = Found("https://a.example/feed", "feed", "A")
    first = Frontier(path, now=clock)
    first.add([feed, _article(1)])
    for row in first.lease(2):
        first.close(row.url, "fetched")
    second = Frontier(path, now=clock)
    assert second.add([feed, _article(1)]) == 1
    assert second.add([_article(1)], again=True) == 1
    for frontier in (first, second):
        frontier.dispose()


def test_the_story_runs_from_the_source_to_the_last_redirect(frontier: Frontier) -> None:
    feed = Found("https://a.example/feed", "feed", "A")
    frontier.add([feed, _article(1, found_in=feed.url), _article(2, found_in="https://a.example/1", hops=1)])
    frontier.close("https://a.example/1", "redirected", "https://a.example/2")
    frontier.close("https://a.example/2", "fetched", record_id="urn:uuid:1")
    assert [row.url[-1] for row in frontier.story("https://a.example/1")] == ["d", "1", "2"]
    assert frontier.story("https://a.example/9") == []


def test_counts_tell_articles_from_sources(frontier: Frontier) -> None:
    frontier.add([Found("https://a.example/feed", "feed", "A"), _article(1), _article(2)])
    frontier.close("https://a.example/feed", "fetched")
    frontier.close("https://a.example/1", "http_404")
    assert frontier.counts() == [("A", False, "fetched", 1), ("A", True, "http_404", 1), ("A", True, "waiting", 1)]
    assert frontier.counts(since=frontier.started) == [("A", False, "fetched", 1), ("A", True, "http_404", 1)]


def test_a_held_host_gives_nothing_until_its_time_and_a_longer_hold_stays(frontier: Frontier) -> None:
    frontier.add([_article(1), _article(2, "b.example")])
    until = frontier.started + 60
    frontier.hold("a.example", until, failures=2)
    frontier.hold("a.example", until - 30)
    assert [row.host for row in frontier.lease(9)] == ["b.example"]
    assert frontier.held("a.example") == (until, 2)
    assert frontier.held("b.example") == (0.0, 0)


def test_only_what_is_due_is_woken_and_only_of_the_sites_asked_for(frontier: Frontier) -> None:
    frontier.add([_article(1), _article(2), _article(3), Found("https://b.example/1", "article", "B")])
    for row in frontier.lease(9):
        due = frontier.started + (1000 if row.url.endswith("/2") else 100)
        frontier.close(row.url, "fetched", visit=None if row.url.endswith("/3") else Visit(due_at=due))
    assert frontier.wake(["A"], frontier.started + 500) == 1
    assert [(row.url, row.visits) for row in frontier.lease(9)] == [("https://a.example/1", 1)]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FrontierError, match="file"):
        Frontier(tmp_path / "file" / "frontier.sqlite")

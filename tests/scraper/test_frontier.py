"""The frontier: what is leased, what comes back, and that every URL ends once."""

import sqlite3
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from scraper.frontier import CHUNK, MAX_ATTEMPTS, FoundUrl, Frontier, FrontierError, Visit


class Clock:
    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 21, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.moment += timedelta(seconds=1)
        return self.moment


def _article(number: int, host: str = "a.example", **more: object) -> FoundUrl:
    return FoundUrl(f"https://{host}/{number}", "article", "A", **more)  # type: ignore[arg-type]


Open = Callable[..., Frontier]
"""Opens another frontier on the test's database."""


@pytest.fixture(params=["sqlite", "postgresql"])
def opens(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    where: Path | str = tmp_path / "frontier.sqlite"
    if request.param == "postgresql":
        where = request.getfixturevalue("postgres_url")
    opened: list[Frontier] = []

    def open_another(**options: Any) -> Frontier:  # noqa: ANN401 - the arguments of Frontier
        opened.append(Frontier(where, **options))
        return opened[-1]

    yield open_another
    for frontier in opened:
        frontier.dispose()


@pytest.fixture
def frontier(opens: Open) -> Frontier:
    return opens(now=Clock())


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
    frontier.add([FoundUrl("https://a.example/feed", "feed", "A")])
    assert [row.url[-1] for row in frontier.lease(9)] == ["d", "3", "2", "1"]


def test_a_bound_on_articles_does_not_hold_sources_back(frontier: Frontier) -> None:
    frontier.add([_article(1), _article(2), FoundUrl("https://a.example/feed", "feed", "A")])
    assert [row.kind for row in frontier.lease(9, articles=1)] == ["feed", "article"]
    assert frontier.lease(9, articles=0) == []


def test_only_the_sites_asked_for_are_leased(frontier: Frontier) -> None:
    frontier.add([_article(1), FoundUrl("https://b.example/1", "article", "B")])
    assert [row.site for row in frontier.lease(9, sites=["B"])] == ["B"]


def test_a_killed_crawl_repeats_only_what_was_leased(opens: Open) -> None:
    first = opens()
    first.add([_article(n) for n in range(4)])
    done, *out = first.lease(3)
    first.close(done.url, "fetched")
    second = opens()
    assert second.recover() == len(out)
    again = second.lease(9)
    assert {row.url for row in again} == {f"https://a.example/{n}" for n in range(4)} - {done.url}
    assert {row.attempts for row in again} == {1, 2}


def test_a_clean_end_gives_leases_back_uncounted(frontier: Frontier) -> None:
    frontier.add([_article(1)])
    frontier.lease(1)
    assert frontier.release() == 1
    assert frontier.lease(1)[0].attempts == 1


@pytest.mark.parametrize(
    ("status", "again"), [("timeout", 1), ("http_503", 1), ("robots", 1), ("http_404", 0), ("fetched", 0)]
)
def test_only_a_passing_failure_is_tried_again_and_only_in_a_later_run(opens: Open, status: str, again: int) -> None:
    clock = Clock()
    first = opens(now=clock)
    first.add([_article(1)])
    first.close(first.lease(1)[0].url, status, "why")
    assert first.add([_article(1)]) == 0
    assert opens(now=clock).add([_article(1)]) == again


def test_a_url_that_always_fails_is_given_up(opens: Open) -> None:
    clock, tries = Clock(), 0
    for _ in range(MAX_ATTEMPTS + 3):
        frontier = opens(now=clock)
        tries += frontier.add([_article(1)])
        for row in frontier.lease(1):
            frontier.close(row.url, "timeout")
    assert tries == MAX_ATTEMPTS


def test_sources_are_read_in_every_run_and_again_reopens_a_page(opens: Open) -> None:
    clock = Clock()
    feed = FoundUrl("https://a.example/feed", "feed", "A")
    first = opens(now=clock)
    first.add([feed, _article(1)])
    for row in first.lease(2):
        first.close(row.url, "fetched")
    second = opens(now=clock)
    assert second.add([feed, _article(1)]) == 1
    assert second.add([_article(1)], again=True) == 1


def test_a_source_is_read_again_only_when_it_is_due_where_that_is_asked(tmp_path: Path) -> None:
    path, clock = tmp_path / "frontier.sqlite", Clock()
    feed, part = (
        FoundUrl("https://a.example/feed", "feed", "A"),
        FoundUrl("https://a.example/part", "feed", "A", hops=1),
    )
    first = Frontier(path, now=clock)
    first.add([feed, part], due=True)
    for row in first.lease(2):
        first.close(row.url, "fetched", visit=Visit(every=3600, due_at=first.started + 3600))
    for ahead, wanted in ((1800, []), (3400, [part]), (3600, [feed, part])):
        clock.moment = datetime.fromtimestamp(first.started + ahead, UTC)
        again = Frontier(path, now=clock)
        assert again.add([feed, part], due=True) == len(wanted)
        for row in again.lease(9):
            again.close(row.url, "fetched", visit=Visit(every=3600, due_at=first.started + 3600))
        again.dispose()
    last = Frontier(path, now=clock)
    assert last.add([feed, part]) == 2
    for frontier in (first, last):
        frontier.dispose()


def test_a_clock_that_went_back_holds_no_source_and_no_host(opens: Open) -> None:
    clock, feed = Clock(), FoundUrl("https://a.example/feed", "feed", "A")
    clock.moment += timedelta(days=900)
    ahead = opens(now=clock)
    ahead.add([feed], due=True)
    ahead.lease(1)
    ahead.close(feed.url, "fetched", visit=Visit(every=3600, due_at=ahead.started + 3600))
    ahead.hold("a.example", ahead.started + 60)
    again = opens(now=Clock())
    again.recover()
    assert again.add([feed], due=True) == 1
    assert [row.url for row in again.lease(1)] == [feed.url]


def test_attempts_are_counted_anew_for_another_look_and_go_on_for_what_was_never_fetched(frontier: Frontier) -> None:
    frontier.add([_article(1), _article(2)])
    for row in frontier.lease(2):
        frontier.close(row.url, "fetched" if row.url.endswith("1") else "timeout", visit=Visit(due_at=0.0))
    frontier.wake(None, frontier.started)
    assert [row.attempts for row in frontier.lease(2)] == [1, 2]


def test_looks_that_keep_failing_are_counted_on_until_one_goes_well(opens: Open) -> None:
    clock = Clock()
    frontier = opens(now=clock)
    frontier.add([_article(1)])
    for ending, attempts in (("fetched", 1), ("http_503", 1), ("timeout", 2), ("not_modified", 3), ("http_503", 1)):
        assert [row.attempts for row in frontier.lease(2)] == [attempts]
        frontier.close(_article(1).url, ending, visit=Visit(due_at=0.0))
        frontier.wake(None, frontier.started, kinds=["article"])


def test_an_article_fetched_once_counts_as_one_however_later_looks_end(frontier: Frontier) -> None:
    frontier.add([_article(number) for number in range(5)])
    for row, ending in zip(
        frontier.lease(9, per_host=9), ("not_modified", "updated", "timeout", "vanished", ""), strict=True
    ):
        frontier.close(row.url, "fetched")
        if ending:
            frontier.close(row.url, ending)
    assert frontier.counts() == [("A", True, "fetched", 4), ("A", True, "vanished", 1)]
    assert sum(number for *_, number in frontier.counts(since=0)) == 5


def test_known_urls_children_and_the_next_due_time(frontier: Frontier) -> None:
    index = FoundUrl("https://a.example/index", "sitemap", "A")
    part = FoundUrl("https://a.example/part", "sitemap", "A", index.url, 1)
    frontier.add([index, part, _article(1, found_in=index.url)])
    assert frontier.known([index.url, part.url, "https://a.example/9"]) == 2
    row = frontier.get(index.url)
    assert row is not None
    assert frontier.children(row) == [part]
    assert frontier.next_due(["A"]) is None
    for url, ahead in ((index.url, 900), (part.url, 600), (_article(1).url, -5)):
        frontier.close(url, "fetched", visit=Visit(due_at=frontier.started + ahead))
    assert frontier.next_due(["A"]) == frontier.started + 600


def test_the_story_runs_from_the_source_to_the_last_redirect(frontier: Frontier) -> None:
    feed = FoundUrl("https://a.example/feed", "feed", "A")
    frontier.add([feed, _article(1, found_in=feed.url), _article(2, found_in="https://a.example/1", hops=1)])
    frontier.close("https://a.example/1", "redirected", "https://a.example/2")
    frontier.close("https://a.example/2", "fetched", record_id="urn:uuid:1")
    assert [row.url[-1] for row in frontier.story("https://a.example/1")] == ["d", "1", "2"]
    assert frontier.story("https://a.example/9") == []


def test_counts_tell_articles_from_sources(frontier: Frontier) -> None:
    frontier.add([FoundUrl("https://a.example/feed", "feed", "A"), _article(1), _article(2)])
    frontier.close("https://a.example/feed", "fetched")
    frontier.close("https://a.example/1", "http_404")
    assert frontier.counts() == [("A", False, "fetched", 1), ("A", True, "http_404", 1), ("A", True, "waiting", 1)]
    assert frontier.counts(since=frontier.started) == [("A", False, "fetched", 1), ("A", True, "http_404", 1)]
    frontier.add([FoundUrl("https://b.example/1", "article", "B"), _article(3)])
    frontier.lease(1)
    assert frontier.waiting() == {"A": 2, "B": 1}
    assert frontier.waiting(["A", "C"]) == {"A": 2}


def test_what_is_due_or_waiting_is_found_without_reading_what_is_closed(tmp_path: Path) -> None:
    frontier = Frontier(tmp_path / "frontier.sqlite")
    frontier.add([_article(1)])
    asked: list[tuple[str, Any]] = []
    sa.event.listen(frontier.engine, "before_cursor_execute", lambda *of: asked.append((of[2], of[3])))
    frontier.wake(["A"], 0.0, kinds=["article"])
    frontier.next_due(["A"])
    frontier.waiting(["A"])
    with frontier.engine.connect() as connection:
        queries = [(f"EXPLAIN QUERY PLAN {query}", given) for query, given in asked if "urls" in query]
        plans = [connection.exec_driver_sql(*query).all() for query in queries]
    frontier.dispose()
    used = [line.split()[4] for plan in plans for *_, line in plan if line.split()[1] == "urls"]
    assert used == ["urls_by_due"] * 2 + ["urls_in_turn", "urls_leased"]


def test_a_held_host_gives_nothing_until_its_time_and_a_longer_hold_stays(frontier: Frontier) -> None:
    frontier.add([_article(1), _article(2, "b.example")])
    until = frontier.started + 60
    frontier.hold("a.example", until, failures=2)
    frontier.hold("a.example", until - 30)
    assert [row.host for row in frontier.lease(9)] == ["b.example"]
    assert frontier.held("a.example") == (until, 2)
    assert frontier.held("b.example") == (0.0, 0)


def test_only_what_is_due_is_woken_and_only_of_the_sites_asked_for(frontier: Frontier) -> None:
    frontier.add([_article(1), _article(2), _article(3), FoundUrl("https://b.example/1", "article", "B")])
    for row in frontier.lease(9):
        due = frontier.started + (1000 if row.url.endswith("/2") else 100)
        frontier.close(row.url, "fetched", visit=None if row.url.endswith("/3") else Visit(due_at=due))
    assert frontier.wake(["A"], frontier.started + 500) == 1
    assert [(row.url, row.visits) for row in frontier.lease(9)] == [("https://a.example/1", 1)]


def test_a_site_that_is_not_wanted_hides_nothing_and_is_not_leased(frontier: Frontier) -> None:
    frontier.add([_article(n) for n in range(9)] + [_article(n, "z.example") for n in range(3)])
    frontier.add([FoundUrl("https://a.example/b", "article", "B")])
    assert [row.url for row in frontier.lease(9, sites={"B"})] == ["https://a.example/b"]
    assert frontier.wake_at(sites={"B"}) is None
    assert len(frontier.lease(3)) == 3


def test_a_held_host_of_a_site_that_is_not_wanted_is_not_waited_for(frontier: Frontier) -> None:
    frontier.add([_article(1), FoundUrl("https://b.example/1", "article", "B")])
    for host, ahead in (("a.example", 90), ("b.example", 60)):
        frontier.hold(host, frontier.started + ahead)
    assert frontier.lease(9, sites={"A"}) == []
    assert frontier.wake_at(sites={"A"}) == frontier.started + 90
    assert frontier.wake_at(sites={"C"}) is None
    assert frontier.wake_at() == frontier.started + 60


def test_every_host_has_its_turn_before_one_has_two(frontier: Frontier) -> None:
    frontier.add(_article(n, f"{host}.example") for host in "abcde" for n in range(3))
    turns = []
    for _ in range(10):
        (row,) = frontier.lease(1)
        turns.append(row.host[0])
        frontier.close(row.url, "fetched")
    assert "".join(turns) == "abcdeabcde"


def test_a_long_list_goes_in_by_pieces_in_its_order_and_once(frontier: Frontier) -> None:
    found = [_article(number) for number in range(3 * CHUNK + 7)]
    assert frontier.add(iter([*found, *found[:CHUNK]])) == len(found)
    assert [row.url[-2:] for row in frontier.lease(3)] == ["/0", "/1", "/2"]


def test_a_host_belongs_to_one_worker_until_nothing_of_it_is_in_work(opens: Open) -> None:
    one, two = opens(worker="one", gap=lambda host: 60.0), opens(worker="two")
    one.add([_article(n) for n in range(6)] + [_article(n, "b.example") for n in range(6)])
    mine = one.lease(3, per_host=3, sites=["A"])
    theirs = two.lease(9, per_host=9)
    assert {row.host for row in mine} | {row.host for row in theirs} == {"a.example", "b.example"}
    assert {row.host for row in mine} & {row.host for row in theirs} == set()
    for row in mine:
        one.close(row.url, "fetched")
    assert two.lease(9, per_host=9) == []
    one.release()
    gap = (two.wake_at() or 0) - one.started
    assert two.lease(9, per_host=9) == []
    assert gap >= 60


def test_a_dead_workers_hosts_go_to_another_when_their_lease_has_run_out(opens: Open) -> None:
    clock = Clock()
    dead, living = opens(worker="dead", lease=100.0, now=clock), opens(worker="living", lease=100.0, now=clock)
    dead.add([_article(n) for n in range(3)])
    out = dead.lease(2)
    assert living.lease(9) == []
    assert (living.wake_at() or 0) > dead.started
    clock.moment += timedelta(seconds=100)
    assert {row.url: row.attempts for row in living.lease(9)} == {row.url: 2 for row in out} | {
        "https://a.example/2": 1
    }
    dead.renew()
    dead.close(out[0].url, "timeout")
    assert (living.get(out[0].url) or out[0]).state == "leased"


def test_a_living_worker_keeps_its_hosts(opens: Open) -> None:
    clock = Clock()
    slow, other = opens(worker="slow", lease=100.0, now=clock), opens(worker="other", lease=100.0, now=clock)
    slow.add([_article(n) for n in range(9)])
    rows = slow.lease(4)
    for row in rows:
        clock.moment += timedelta(seconds=60)
        slow.close(row.url, "fetched")
        slow.lease(1)
        assert other.lease(9) == []


def test_what_another_worker_has_in_work_is_not_recovered(opens: Open, request: pytest.FixtureRequest) -> None:
    if "sqlite" in request.node.name:
        pytest.skip("one crawler at a time works on a file: all that is leased there belongs to one that died")
    one = opens(worker="one")
    one.add([_article(1), _article(2)])
    rows = one.lease(1)
    assert (opens(worker="two").leased(), opens(worker="two").recover()) == ([], 0)
    assert opens(worker="one").leased() == one.leased() == [one.get(rows[0].url)]
    assert opens(worker="one").recover() == 1


def test_what_a_server_says_with_a_nul_is_kept_without_it(frontier: Frontier) -> None:
    frontier.add([_article(1)])
    frontier.close("https://a.example/1", "redirected", "to\0gether", visit=Visit(etag='"\0"'))
    row = frontier.get("https://a.example/1")
    assert row is not None
    assert (row.reason, row.etag) == ("together", '""')


VERSION_1 = """
CREATE TABLE urls (id INTEGER NOT NULL PRIMARY KEY, url TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, host TEXT NOT NULL,
  site TEXT NOT NULL, found_in TEXT, hops INTEGER NOT NULL, published FLOAT, state TEXT NOT NULL, lease_until FLOAT,
  attempts INTEGER NOT NULL, status TEXT, reason TEXT, record_id TEXT, added_at FLOAT NOT NULL, closed_at FLOAT);
CREATE INDEX urls_by_state ON urls (state, host, site);
CREATE INDEX urls_by_site ON urls (site, kind, status);
INSERT INTO urls VALUES
  (1, 'https://a.example/old', 'article', 'a.example', 'A', '', 0, 100, 'waiting', NULL, 0, NULL, NULL, NULL, 1, NULL),
  (2, 'https://a.example/new', 'article', 'a.example', 'A', NULL, 0, 200, 'leased', 1900, 1, NULL, NULL, NULL, 1, NULL),
  (3, 'https://a.example/feed', 'feed', 'a.example', 'A', NULL, 0, NULL, 'waiting', NULL, 0, NULL, NULL, NULL, 1, NULL),
  (4, 'https://b.example/1', 'article', 'b.example', 'A', NULL, 0, NULL, 'done', NULL, 1, 'fetched', '', 'r', 1, 9);
"""
"""A frontier as pressclip wrote it before it had versions."""


def test_a_frontier_of_the_version_before_is_brought_up_and_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "frontier.sqlite"
    with sqlite3.connect(path) as connection:
        connection.executescript(VERSION_1)
    connection.close()
    for _ in range(2):
        frontier = Frontier(path)
        assert frontier.counts() == [
            ("A", False, "waiting", 1),
            ("A", True, "fetched", 1),
            ("A", True, "leased", 1),
            ("A", True, "waiting", 1),
        ]
        frontier.dispose()
    frontier = Frontier(path)
    assert [(row.url, row.leased_at) for row in frontier.leased()] == [("https://a.example/new", 1000.0)]
    assert frontier.recover() == 1
    assert [row.url.rpartition("/")[2] for row in frontier.lease(9)] == ["feed", "new", "old"]
    frontier.close("https://a.example/new", "fetched", visit=Visit(etag='"1"'))
    assert frontier.add([_article(9)]) == 1
    assert [row.url for row in frontier.lease(9)] == ["https://a.example/9"]
    frontier.dispose()


def test_a_frontier_of_version_2_is_brought_up_and_loses_nothing(opens: Open) -> None:
    clock = Clock()
    old = opens(now=clock)
    old.add([_article(1), _article(2)])
    old.close(old.lease(1)[0].url, "fetched", visit=Visit(due_at=9e9))
    with old.engine.begin() as connection:
        for statement in (
            "DROP INDEX urls_stored",
            "ALTER TABLE urls DROP COLUMN stored_by",
            "ALTER TABLE urls DROP COLUMN answered_at",
            "DROP INDEX urls_by_due",
            "CREATE INDEX urls_by_due ON urls (due_at)",
            "UPDATE meta SET value = '2'",
        ):
            connection.exec_driver_sql(statement)
    for _ in range(2):
        frontier = opens(now=clock)
        assert frontier.counts() == [("A", True, "fetched", 1), ("A", True, "waiting", 1)]
    row = frontier.lease(1)[0]
    frontier.note_stored({row.url: "urn:1"})
    assert frontier.recover() == 0
    assert [(row.record_id, row.stored_by) for row in frontier.unfinished()] == [("urn:1", "crawler")]


def test_a_page_that_a_dead_worker_stored_is_closed_and_not_leased(opens: Open) -> None:
    clock = Clock()
    dead = opens(worker="dead", now=clock)
    dead.add([_article(1), _article(2)])
    stored, lost = (row.url for row in dead.lease(2))
    dead.note_stored({stored: "urn:1", "https://a.example/never-leased": "urn:2"})
    clock.moment += timedelta(days=1)
    other = opens(worker="other", visit=lambda row: Visit(due_at=row.added_at + 7), now=clock)
    other.recover()
    assert [row.url for row in other.lease(9)] == [lost]
    [row] = other.unfinished()
    assert (row.url, row.status, row.record_id, row.stored_by, row.visits) == (stored, "fetched", "urn:1", "dead", 0)
    assert row.due_at == row.added_at + 7
    other.close(stored, "not_article", "no text")
    assert other.unfinished() == []


def test_a_stored_page_that_is_given_back_or_fetched_again_is_no_longer_known_as_stored(opens: Open) -> None:
    frontier = opens()
    frontier.add([_article(1)])
    url = frontier.lease(1)[0].url
    frontier.note_stored({url: "urn:1"})
    frontier.release([url])
    frontier.lease(1)
    assert frontier.recover() == 1
    assert frontier.unfinished() == []


def test_the_moment_of_the_last_answer_outlasts_failures(frontier: Frontier) -> None:
    frontier.add([_article(1)])
    url = frontier.lease(1)[0].url
    for status, known in (("timeout", False), ("not_modified", True), ("http_500", True)):
        frontier.close(url, status)
        row = frontier.get(url)
        assert row is not None
        assert (row.answered_at is not None) is known
        assert (row.answered_at == row.closed_at) is (status == "not_modified")


def test_a_frontier_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "frontier.sqlite"
    Frontier(path).dispose()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE meta SET value = '99'")
    connection.close()
    with pytest.raises(FrontierError, match=r"frontier\.sqlite: .* version 99.*update pressclip$"):
        Frontier(path)
    # SQLite removes its log when the last connection is closed
    assert [file.name for file in tmp_path.iterdir()] == ["frontier.sqlite"]


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("mysql://clip:geheim@127.0.0.1/x", r"^frontier: .*give postgresql\+psycopg://"),
        ("geheim", r"^frontier: .*give postgresql\+psycopg://"),
        ("postgresql+psycopg://clip:ab@geheim@127.0.0.1:1/x", r"^frontier: .*give postgresql\+psycopg://"),
        ("postgresql+psycopg://clip:geheim@127.0.0.1:1/x", r"^postgresql://127\.0\.0\.1:1/x: .*server runs"),
    ],
)
def test_a_database_that_cannot_be_used_is_one_line_without_credentials(url: str, says: str) -> None:
    if "127.0.0.1:1" in url:
        pytest.importorskip("psycopg")
    with pytest.raises(FrontierError, match=says) as caught:
        Frontier(url)
    assert "geheim" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_driver_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(FrontierError, match=r"^frontier: .*install .*\[postgres\]'$"):
        Frontier("postgresql+psycopg://clip@127.0.0.1:1/x")


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FrontierError, match="file"):
        Frontier(tmp_path / "file" / "frontier.sqlite")


def test_the_sites_of_many_urls_are_told_and_those_of_unknown_ones_are_not(frontier: Frontier) -> None:
    many = [_article(number) for number in range(CHUNK + 1)]
    frontier.add([*many, FoundUrl("https://b.example/", "article", "B")])
    asked = [*(found.url for found in many), "https://b.example/", "https://c.example/"]
    sites = frontier.sites(asked)
    assert (len(sites), sites["https://b.example/"]) == (CHUNK + 2, "B")
    assert frontier.sites([]) == {}

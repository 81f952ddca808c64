"""The session of a crawl: what it does with a URL, in which order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive import ArchiveError, Capture, Collection
from scraper.crawl import CrawlOptions, Event
from scraper.crawl.session import MAX_PROBLEMS, Session, open_session
from scraper.frontier import Frontier, FrontierError
from scraper.seeds import load_seeds

URL = "https://gazette.example/harbour"
CAPTURE = Capture(
    url=URL,
    fetched=datetime(2026, 11, 21, tzinfo=UTC),
    status=200,
    response_head=b"HTTP/1.1 200 OK\r\nContent-Type: text/html",
    body=b"<html><p>The ferry left.</p></html>",
    request_head=b"GET /harbour HTTP/1.1\r\nHost: gazette.example",
)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """A session with one page to fetch."""
    session = open_session(CrawlOptions(seeds=load_seeds(URL), data=tmp_path))
    yield session
    session.finish()
    session.frontier.dispose()


def test_a_url_is_closed_after_its_records_have_reached_the_disk(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []

    def recorded(owner: type, name: str) -> None:
        call = getattr(owner, name)

        def record(*args: object, **options: object) -> object:
            calls.append(f"{owner.__name__}.{name}")
            return call(*args, **options)

        monkeypatch.setattr(owner, name, record)

    recorded(Collection, "store")
    recorded(Collection, "sync")
    recorded(Frontier, "close")
    (row,) = session.lease()
    stored = session.store(CAPTURE)
    assert session.close_url(row, "fetched", stored=stored) is not None
    assert calls == ["Collection.store", "Collection.sync", "Frontier.close"]


def test_a_page_that_waits_is_recorded_as_stored_after_its_record_has_reached_the_disk(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    (row,) = session.lease()
    stored = session.store(CAPTURE)
    assert stored is not None
    calls: list[object] = []
    monkeypatch.setattr(Collection, "sync", lambda self: calls.append("sync"))
    monkeypatch.setattr(Frontier, "note_stored", lambda self, records: calls.append(records))
    assert [session.note_stored(row, stored), session.note_stored(row, stored)] == [True, True]
    session.record_stored()
    session.record_stored()
    assert calls == ["sync", {URL: stored.record_id}]


def test_a_page_that_is_closed_in_time_is_not_recorded_as_stored(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    (row,) = session.lease()
    session.note_stored(row, session.store(CAPTURE))
    session.close_url(row, "not_article")
    monkeypatch.delattr(Frontier, "note_stored")
    session.record_stored()


def test_a_url_is_closed_once(session: Session) -> None:
    (row,) = session.lease()
    event = session.close_url(row, "timeout", "no answer")
    assert event == Event(URL, "article", "gazette.example", "timeout", "no answer")
    assert session.close_url(row, "fetched") is None
    known = session.frontier.get(URL)
    assert known is not None
    assert (known.state, known.status) == ("done", "timeout")
    assert session.problems == [event]


def test_a_session_that_cannot_begin_closes_what_it_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(frontier: Frontier) -> int:
        raise FrontierError("the disk is gone")

    options = CrawlOptions(seeds=load_seeds(URL), data=tmp_path)
    monkeypatch.setattr(Frontier, "recover", lost)
    with pytest.raises(FrontierError, match="the disk is gone"):
        open_session(options)
    # SQLite removes its logs when the last connection is closed
    assert sorted(file.name for file in tmp_path.glob("*.sqlite*")) == ["catalog.sqlite", "frontier.sqlite"]
    (tmp_path / "catalog.sqlite").write_text("not a database " * 100)
    with pytest.raises(ArchiveError, match="not a database"):
        open_session(options)
    assert sorted(file.name for file in tmp_path.glob("*.sqlite*")) == ["catalog.sqlite", "frontier.sqlite"]


def test_an_error_of_the_listener_stops_the_crawl_after_the_url_is_closed(tmp_path: Path) -> None:
    def broken(event: Event) -> None:
        raise ZeroDivisionError("a bug")

    session = open_session(CrawlOptions(seeds=load_seeds(URL), data=tmp_path, on_event=broken))
    (row,) = session.lease()
    session.close_url(row, "http_404")
    assert isinstance(session.error, ZeroDivisionError)
    known = session.frontier.get(URL)
    assert known is not None
    assert known.status == "http_404"
    session.finish()
    session.frontier.dispose()


def test_problems_are_listed_up_to_a_bound(session: Session) -> None:
    session.problems += [Event(URL, "article", "gazette.example", "timeout")] * MAX_PROBLEMS
    (row,) = session.lease()
    session.close_url(row, "timeout")
    assert len(session.problems) == MAX_PROBLEMS

"""Statistics of a host's pages: of each URL the newest text, the same however and in whatever order they were read."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from archive import ArchiveError
from archive.catalog import catalog
from archive.maintain.rebuild import Rebuilder
from archive.site_rules import Statistics, Updated
from archive.site_rules import store as stored
from cleaners import Article
from cleaners.learn import HashedPage, line_hash
from tests.support.invented_paper import BEGIN, HOST, LETTER, Add, Open, Pass, page, without_letter


def read(root: Path) -> Updated:
    with Statistics(root) as statistics:
        return statistics.update()


def pages(root: Path, host: str = HOST) -> list[HashedPage]:
    with Statistics(root) as statistics:
        statistics.update()
        return statistics.pages(host)


def test_a_page_is_its_lines_its_title_its_day_and_what_rules_took(add: Add, data: Path) -> None:
    capture, article = page(7)
    add([(capture, article)])
    (seen,) = pages(data)
    assert (seen.url, seen.fetched) == (capture.url, "2026-11-01")
    assert seen.title == line_hash(article.title or "")
    assert seen.lines == tuple(line_hash(line) for line in article.text.split("\n\n"))
    assert seen.lines[-1] == line_hash(LETTER)
    assert seen.removed == {line_hash("Home"), line_hash("Tin of the week")}


def test_only_what_came_since_the_last_time_is_read(add: Add, data: Path) -> None:
    add(map(page, range(3)))
    assert read(data) == Updated(read=3)
    add(map(page, range(3, 5)))
    assert read(data) == Updated(read=2)
    assert read(data) == Updated()


def test_texts_of_files_that_are_still_written_count(open_collection: Open, data: Path) -> None:
    with open_collection() as collection:
        for number in range(2):
            capture, article = page(number)
            collection.store_text(collection.store(capture), article)
            assert len(pages(data)) == number + 1
    assert read(data) == Updated()


def test_reading_in_steps_gives_what_reading_at_once_gives(add: Add, data: Path) -> None:
    steps = []
    for number in range(4):
        changed = [page(n, day=number, lines=[f"Part {number} of {n} was read aloud on the quay."]) for n in range(3)]
        add([*changed, page(10 + number)], f"part{number % 2}")
        steps.append(pages(data))
    (data / "rules" / "statistics.sqlite").unlink()
    assert pages(data) == steps[-1]
    assert [len(found) for found in steps] == [4, 5, 6, 7]


def test_the_order_in_which_pages_came_does_not_matter(add: Add, data: Path) -> None:
    add(map(page, range(9)))
    forward = pages(data)
    shutil.rmtree(data)
    add(map(page, reversed(range(9))))
    assert pages(data) == forward


def test_of_a_url_the_newest_capture_counts_wherever_it_lies(add: Add, data: Path) -> None:
    newer, older = page(1, day=5, lines=["Newer."]), page(1, day=2, lines=["Older."])
    add([newer], "first")
    add([older], "second")
    (seen,) = pages(data)
    assert (seen.lines[0], seen.fetched) == (line_hash("Newer."), "2026-11-06")


def test_a_page_that_was_cleaned_again_counts_once_and_as_it_is_now(
    open_collection: Open, data: Path, pass_seconds: Pass
) -> None:
    capture, article = page(1)
    with open_collection() as collection:
        kept = collection.store(capture)
        collection.store_text(kept, article)
        assert line_hash(LETTER) in pages(data)[0].lines
        pass_seconds(60)
        collection.store_text(kept, without_letter(article))
    (seen,) = pages(data)
    assert line_hash(LETTER) not in seen.lines


def test_a_page_that_is_no_article_any_more_does_not_count(
    open_collection: Open, data: Path, pass_seconds: Pass
) -> None:
    capture, article = page(1)
    with open_collection() as collection:
        kept = collection.store(capture)
        collection.store_text(kept, article)
        assert len(pages(data)) == 1
        pass_seconds(60)
        collection.store_text(kept, Article("", url=capture.url, flags=("empty",)))
    assert pages(data) == []


def test_hosts_are_told_apart_and_www_is_none(add: Add, data: Path) -> None:
    capture, article = page(1)
    urls = ("https://WWW.Skerrypost.example/a", "https://skerrypost.example/b", "https://sport.skerrypost.example/c")
    add([(replace(capture, url=url), article) for url in (*urls, "urn:isbn:1")])
    with Statistics(data) as statistics:
        statistics.update()
        assert statistics.hosts() == {HOST: 2, f"sport.{HOST}": 1}


def test_a_collection_that_was_taken_away_does_not_count(add: Add, data: Path) -> None:
    add(map(page, range(2)), "first")
    add(map(page, range(1, 4)), "second")
    assert len(pages(data)) == 4
    shutil.rmtree(data / "collections" / "second")
    assert list(Rebuilder(data).findings()) == []
    assert len(pages(data)) == 2


def test_a_text_that_cannot_be_read_is_counted_and_read_when_it_can_be(add: Add, data: Path) -> None:
    add(map(page, range(2)))
    (file,) = data.rglob("*.wet.gz")
    file.rename(data / "away")
    assert read(data) == Updated(unreadable=2)
    (data / "away").rename(file)
    assert read(data) == Updated(read=2)


@pytest.mark.parametrize("damage", ["rubbish", "hole", "version"])
def test_damaged_statistics_and_those_of_another_version_are_made_again(
    add: Add, data: Path, damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(map(page, range(40)))
    before = pages(data)
    file = data / "rules" / "statistics.sqlite"
    if damage == "rubbish":
        file.write_bytes(b"no database at all " * 1000)
    elif damage == "hole":
        held = bytearray(file.read_bytes())
        held[4096 * 2 : -4096] = bytes(len(held) - 4096 * 3)
        file.write_bytes(held)
    else:
        monkeypatch.setattr(stored, "_PROBE", ("Another probe", "It snowed.", "Share"))
    assert read(data) == Updated(read=40)
    assert pages(data) == before


def test_of_a_host_with_very_many_pages_the_same_ones_are_looked_at_every_time(
    add: Add, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "MAX_PAGES", 4)
    add(map(page, range(5, 10)))
    first = pages(data)
    add(map(page, range(5)))
    chosen = {seen.url for seen in pages(data)}
    (data / "rules" / "statistics.sqlite").unlink()
    assert chosen == {seen.url for seen in pages(data)}
    assert len(first) == len(chosen) == 4


def test_where_a_hosts_own_rules_fired_is_known_newest_page_first(add: Add, data: Path) -> None:
    quiet = page(3, day=2)
    sub = page(4, host=f"sport.{HOST}", day=1)
    add([page(1), (quiet[0], replace(quiet[1], removals=())), sub, page(5, host="other.example")])
    with Statistics(data) as statistics:
        statistics.update()
        fired = list(statistics.firings(HOST))
    place = ["body/main/article/div/p"]
    rules = [{}, {f"sites/sport.{HOST}/tin": place}, {f"sites/{HOST}/tin": place}]
    assert [(one.url, one.rules) for one in fired] == [
        (capture.url, found) for capture, found in zip((quiet[0], sub[0], page(1)[0]), rules, strict=True)
    ]
    assert fired[2].fetched == BEGIN.replace(minute=1).isoformat(timespec="microseconds")


def test_a_folder_without_an_archive_is_told_with_how_to_mend_it(tmp_path: Path) -> None:
    with Statistics(tmp_path) as statistics, pytest.raises(ArchiveError, match="no catalog there: crawl first"):
        statistics.update()


def test_statistics_that_another_process_makes_at_the_same_moment_are_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "rules" / "statistics.sqlite"
    path.parent.mkdir()
    waited: list[float] = []
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        def wait(seconds: float) -> None:
            waited.append(seconds)
            other.execute("ROLLBACK")

        monkeypatch.setattr(catalog.time, "sleep", wait)
        with Statistics(tmp_path) as statistics:
            assert statistics.hosts() == {}
    assert len(waited) == 1

"""Cleaning again: what changed is said and by which rule, and the pages as they came are only read."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from archive import ArchiveError, Capture, Catalog, Choice, Collection, Recleaned, RuleChange, read_text, reclean
from archive.recleaning.changes import compare
from archive.warc.records import TextRecord
from cleaners import Article, Removal, load_rules

Make = Callable[..., Collection]
Again = Callable[..., list[Recleaned]]

LAMP = "The last lamp on the Skerry road was lit again on Friday, nineteen years after a lorry had taken it away."
TIN = "The parish had kept the money in a biscuit tin, because nobody could agree on the colour of the pole."
SOLD = "The lamp was made by Orrin and Daughters, who have sold lamps on the quay since the flood of 1907."
HTML = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Last lamp is lit again | Gazette</title></head>
<body><nav><a href="/">Home</a> <a href="/roads">Roads</a></nav>
<article><h1>Last lamp is lit again</h1>
<p>{LAMP}</p>
<p>Advertisement</p>
<p>{TIN}</p>
<p>{SOLD}</p>
</article></body></html>
"""
RULE = r"""
[[rule]]
id = "lamp-maker"
line = '.*\bOrrin and Daughters\b.*'
max = 900
why = "an advertisement of a lamp maker"
example = "Lamps by Orrin and Daughters."
keeps = "Orrin had two daughters."
"""


@pytest.fixture
def page(capture: Capture) -> Callable[..., Capture]:
    """Make captures of HTML pages, number by number."""

    def make(number: int, **changes: Any) -> Capture:  # noqa: ANN401
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8"
        made = replace(capture, url=f"https://gazette.example/{number}", response_head=head, body=HTML.encode())
        return replace(made, **changes)

    return make


@pytest.fixture
def again(tmp_path: Path) -> Again:
    def run(*rules: Path, **options: Any) -> list[Recleaned]:  # noqa: ANN401
        found = reclean(tmp_path / "data", "news", rules=load_rules(*rules), software="pressclip/0.1.0", **options)
        return list(found)

    return run


@pytest.fixture
def rule(tmp_path: Path) -> Path:
    path = tmp_path / "own.toml"
    path.write_text(RULE, "utf-8")
    return path


def kinds(results: list[Recleaned]) -> list[str]:
    return [done.change.kind if done.change else "skipped" if done.skipped else "problem" for done in results]


def tree(folder: Path, suffix: str = "") -> dict[str, str]:
    paths = [path for path in folder.rglob(f"*{suffix}") if path.is_file()]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def newest(data: Path, number: int = 0) -> TextRecord:
    with Catalog(data / "catalog.sqlite") as catalog:
        (capture, *_) = catalog.captures(f"https://gazette.example/{number}")
        row = catalog.article(capture.record_id)
        assert row
        return read_text(data, row.collection, row.file, row.offset)


@pytest.fixture
def data(tmp_path: Path, open_collection: Make, page: Callable[..., Capture]) -> Path:
    """Three pages; the first has a text."""
    with open_collection() as collection:
        stored = [collection.store(page(number)) for number in range(3)]
        collection.store_text(stored[0], Article(f"{LAMP}\n\nAdvertisement\n\n{TIN}\n\n{SOLD}"))
    return tmp_path / "data"


def test_each_page_gets_a_text_and_the_raw_files_stay_as_they_are(data: Path, again: Again) -> None:
    before = tree(data, ".warc.gz")
    assert kinds(again()) == ["changed", "gained", "gained"]
    assert newest(data).text == newest(data, 2).text == f"{LAMP}\n\n{TIN}\n\n{SOLD}"
    assert tree(data, ".warc.gz") == before


def test_the_second_run_passes_over_what_the_first_has_done(data: Path, again: Again) -> None:
    again()
    before = tree(data / "collections")
    assert kinds(again()) == ["skipped"] * 3
    assert tree(data / "collections") == before


def test_only_pages_of_the_hosts_that_were_asked_for_are_cleaned(data: Path, again: Again) -> None:
    assert kinds(again(choice=Choice(hosts=("courier.example",)))) == []
    assert kinds(again(choice=Choice(hosts=("courier.example", "gazette.example")))) == ["changed", "gained", "gained"]


def test_the_same_rules_make_the_same_texts(data: Path, again: Again) -> None:
    again()
    first = [newest(data, number) for number in range(3)]
    assert kinds(again(choice=Choice(everything=True))) == ["unchanged"] * 3
    second = [newest(data, number) for number in range(3)]
    assert [text.metadata["text_sha256"] for text in first] == [text.metadata["text_sha256"] for text in second]
    assert [text.record_id for text in first] != [text.record_id for text in second]


def test_a_new_rule_is_named_by_what_it_takes(data: Path, again: Again, rule: Path) -> None:
    again()
    for done in again(rule):
        assert done.change
        assert (done.change.kind, done.change.gained, done.change.lost) == ("changed", 0, len(SOLD))
        assert done.change.rules == {"own/lamp-maker": RuleChange(more=1, more_characters=len(SOLD))}
        assert [(line.sign, line.text, line.rule) for line in done.change.lines] == [("-", SOLD, "own/lamp-maker")]
    assert newest(data).text == f"{LAMP}\n\n{TIN}"


def test_a_rule_that_is_gone_is_named_by_what_comes_back(data: Path, again: Again, rule: Path) -> None:
    again(rule)
    (change, *_) = [done.change for done in again()]
    assert change
    assert (change.gained, change.lost, change.lines[0].sign, change.lines[0].rule) == (
        len(SOLD), 0, "+", "own/lamp-maker",
    )  # fmt: skip


def test_going_back_to_earlier_rules_makes_their_text_the_newest_again(data: Path, again: Again, rule: Path) -> None:
    again()
    again(rule)
    assert kinds(again()) == ["changed"] * 3
    assert SOLD in newest(data).text


def test_several_processes_write_what_one_does(data: Path, again: Again, rule: Path) -> None:
    one = [(done.place, done.change) for done in again(rule, choice=Choice(dry_run=True))]
    two = [(done.place, done.change) for done in again(rule, choice=Choice(dry_run=True), jobs=2)]
    assert one == two


@pytest.mark.parametrize("with_catalog", [True, False])
def test_a_dry_run_says_the_same_and_writes_nothing(data: Path, again: Again, with_catalog: bool) -> None:
    if not with_catalog:
        (data / "catalog.sqlite").unlink()
    before = tree(data)
    assert kinds(again(choice=Choice(dry_run=True))) == ["changed", "gained", "gained"]
    assert tree(data) == before


def test_without_a_catalog_a_whole_one_is_made(data: Path, again: Again) -> None:
    (data / "catalog.sqlite").unlink()
    assert kinds(again()) == ["changed", "gained", "gained"]
    with Catalog(data / "catalog.sqlite") as catalog:
        (capture,) = catalog.captures("https://gazette.example/0")
        assert len(catalog.articles(capture.record_id)) == 2
        assert catalog.search("Advertisement") == []
        assert len(catalog.search("biscuit tin")) == 3
    assert [path.name for path in data.iterdir() if path.name.startswith(".")] == []


def test_only_changed_texts_are_written_where_that_is_asked(data: Path, again: Again, rule: Path) -> None:
    again()
    with Catalog(data / "catalog.sqlite") as catalog:
        before = {number: catalog.captures(f"https://gazette.example/{number}")[0].record_id for number in range(3)}
    assert [done.file for done in again(choice=Choice(everything=True, changed_only=True))] == [None] * 3
    assert all(done.file for done in again(rule, choice=Choice(changed_only=True)))
    with Catalog(data / "catalog.sqlite") as catalog:
        assert [len(catalog.articles(record_id)) for record_id in before.values()] == [3, 2, 2]


def test_what_is_no_whole_html_page_is_left_alone(
    open_collection: Make, page: Callable[..., Capture], again: Again
) -> None:
    head = b"HTTP/1.1 %s\r\nContent-Type: %s"
    others = [(b"404 Gone", b"text/html"), (b"200 OK", b"application/pdf"), (b"200 OK", b"application/rss+xml")]
    with open_collection() as collection:
        for number, (status, kind) in enumerate(others):
            collection.store(page(number, status=int(status[:3]), response_head=head % (status, kind)))
        collection.store(page(7, truncated="length", body=page(7).body[:-20]))
        collection.store(page(8, response_head=b"HTTP/1.1 200 OK", body=b"%PDF-1.7 no page"))
        collection.store(page(9, response_head=b"HTTP/1.1 200 OK"))
    found = list(again())
    assert [done.place.url[-1] for done in found if not done.refusal] == ["9"]
    reasons = [done.refusal.reason for done in found if done.refusal]
    assert reasons == ["status", "media type", "media type", "truncated", "media type"]


def test_a_page_without_a_text_is_asked_about(data: Path, again: Again) -> None:
    found = again(wanted=lambda url: url.endswith("2"))
    assert [done.place.url[-1] for done in found] == ["0", "2"]


def test_a_text_that_is_lost_gives_way_to_an_empty_one(
    tmp_path: Path, open_collection: Make, page: Callable[..., Capture], again: Again
) -> None:
    with open_collection() as collection:
        stored = collection.store(page(0, body=b"<html><title>Nothing</title><p></p>"))
        collection.store_text(stored, Article("Some debris."))
        collection.store(page(1, body=b"<html><title>Nothing</title><p></p>"))
    results = again()
    assert kinds(results) == ["lost", "empty"]
    assert [done.file is None for done in results] == [False, True]
    assert newest(tmp_path / "data").text == ""
    with Catalog(tmp_path / "data" / "catalog.sqlite") as catalog:
        assert catalog.search("debris") == []


def test_what_cannot_be_decoded_is_named_and_the_rest_goes_on(
    open_collection: Make, page: Callable[..., Capture], again: Again
) -> None:
    head = page(0).response_head + b"\r\nContent-Encoding: gzip"
    bomb = gzip.compress(bytes(40 << 20))
    with open_collection() as collection:
        collection.store(page(0, response_head=head, body=gzip.compress(HTML.encode())[:-30]))
        collection.store(page(1, response_head=head, body=bomb))
        collection.store(page(2, response_head=head, body=gzip.compress(HTML.encode())))
    results = again()
    assert kinds(results) == ["problem", "problem", "gained"]
    assert [done.place.url[-1] for done in results if done.problem] == ["0", "1"]


def test_damage_in_a_file_is_named_with_its_place_and_the_rest_goes_on(data: Path, again: Again) -> None:
    with Catalog(data / "catalog.sqlite") as catalog:
        (row,) = catalog.captures("https://gazette.example/1")
    (path,) = data.rglob("*.warc.gz")
    raw = bytearray(path.read_bytes())
    raw[row.offset + 200] ^= 255
    path.write_bytes(raw)
    results = again()
    assert kinds(results) == ["changed", "problem", "gained"]
    assert (results[1].place.offset, "archive verify" in results[1].problem) == (row.offset, True)


def test_a_file_that_is_no_warc_file_does_not_stop_the_rest(data: Path, again: Again) -> None:
    (data / "collections/news/archive/a-1.warc.gz").write_bytes(b"not a WARC file")
    results = again()
    assert kinds(results) == ["problem", "changed", "gained", "gained"]
    assert "holds no WARC record" in results[0].problem


def test_a_lost_text_file_is_named_and_its_texts_are_made_again(data: Path, again: Again) -> None:
    (path,) = data.rglob("*.wet.gz")
    path.unlink()
    results = again()
    assert kinds(results) == ["gained"] * 3
    assert [bool(done.problem) for done in results] == [True, False, False]
    assert newest(data).text


def test_a_run_that_ends_early_goes_on_where_it_stopped(data: Path, again: Again) -> None:
    run = reclean(data, "news", rules=load_rules(), software="pressclip/0.1.0")
    assert kinds(list(islice(run, 2))) == ["changed", "gained"]
    run.close()
    assert list(data.rglob("*.open")) == []
    assert kinds(again()) == ["skipped", "skipped", "gained"]


def test_a_collection_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="no such collection"):
        next(reclean(tmp_path, "news", rules=load_rules(), software="x"))


def texts() -> Iterator[tuple[str, str, tuple[int, int]]]:
    yield "It rained.", "It rained.", (0, 0)
    yield "It rained.\n\nIt stopped.", "It stopped.\n\nIt rained.", (0, 0)
    yield "The wind fell at noon.", "The wind fell at noon. Share this", (11, 0)
    yield "By our reporter. The wind fell at noon.", "The wind fell at noon.", (0, 17)
    yield "One line.", "", (0, 9)
    yield "", "One line.", (9, 0)
    yield "a\na\na", "a", (0, 2)


@pytest.mark.parametrize(("before", "after", "characters"), list(texts()))
def test_characters_are_counted_where_lines_differ(
    before: str,
    after: str,
    characters: tuple[int, int],
    clock: Any,  # noqa: ANN401
) -> None:
    record = TextRecord("a", "b", "https://gazette.example/", clock(), before, {}, 0, 0)
    change = compare(record, Article(after))
    assert (change.gained, change.lost) == characters


def test_odd_metadata_of_another_writer_is_no_error(clock: Any) -> None:  # noqa: ANN401
    said = {"removals": [1, {"rule": None}, "x"], "authors": 7}
    record = TextRecord("a", "b", "https://gazette.example/", clock(), "Text.", said, 0, 0)
    change = compare(record, Article("Text.", removals=(Removal("lines/x", "lines", "X", ""),)))
    assert change.kind == "unchanged"
    assert change.rules["lines/x"].more == 1

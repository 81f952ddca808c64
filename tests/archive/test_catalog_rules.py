"""The catalog knows which rules fired on each text, and only a URL's newest text counts."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from pathlib import Path

import pytest

from archive import ArchiveError, Capture, Catalog, Collection, Rebuilder, SearchFilter
from archive.catalog.rows import ArticleRow, CaptureRow, rows_of
from cleaners import Article, Removal

Make = Callable[..., Collection]
Pass = Callable[[float], None]
FIRED = {
    "a": ("lines/share", "dom/menu"),
    "b": ("lines/share", "sites/gazette.example/bar", "sites/gazette.example/box"),
    "c": (),
    "d": ("lines/share-bar", "sites/gazette.example.org/bar"),
}


def made_of(*rules: str, confidence: float | None = None, text: str = "The ferry left.") -> Article:
    removals = [Removal(rule, "lines", "Share", "") for rule in (*rules, *rules[:1])]
    return Article(text, confidence=confidence, removals=tuple(removals))


@pytest.fixture
def data(tmp_path: Path, open_collection: Make, capture: Capture, pass_seconds: Pass) -> Path:
    with open_collection() as collection:
        for name, rules in FIRED.items():
            page = replace(capture, url=f"https://gazette.example/{name}", body=name.encode())
            collection.store_text(collection.store(page), made_of(*rules, text=f"The ferry {name} left."))
    pass_seconds(60)
    return tmp_path / "data"


def found(data: Path, bounds: SearchFilter) -> str:
    """Return the last letters of the URLs that every list and search finds within the bounds."""
    with Catalog(data / "catalog.sqlite") as catalog:
        by_url = "".join(one.article.url[-1] for one in catalog.articles_by_url(bounds))
        for worst, words in ((False, ""), (False, "ferry")):
            listed = catalog.listed(words, 100, bounds, worst=worst)
            assert sorted(one.article.url[-1] for one in listed) == sorted(by_url)
        for words in ("", "ferry"):
            assert sorted(hit.url[-1] for hit in catalog.search(words, bounds=bounds)) == sorted(by_url)
    return by_url


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("lines/share", "ab"),
        ("lines/", "abd"),
        ("sites/gazette.example/", "b"),
        ("sites/gazette.example/bar", "b"),
        ("sites/", "bd"),
        ("lines/shar", ""),
        ("lines/unknown", ""),
        ("sites/unknown.example/", ""),
        ("'; DROP TABLE rule; --/", ""),
        ("lines/%", ""),
    ],
)
@pytest.mark.parametrize("many", [0, 10])
def test_a_rule_or_the_beginning_of_several_finds_what_they_fired_on(
    data: Path, rule: str, expected: str, many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archive.catalog.catalog.MANY_FIRINGS", many)
    assert found(data, SearchFilter(rule=rule)) == expected


def test_only_the_newest_text_of_a_url_counts(data: Path, open_collection: Make, capture: Capture) -> None:
    later = replace(capture, fetched=capture.fetched + timedelta(days=1))
    with open_collection() as collection:
        catalog = collection.catalog
        (first,) = catalog.captures("https://gazette.example/a")
        collection.store_text(first.record_id, made_of("dom/menu", confidence=0.2))  # as `reclean` does
        stored = collection.store(replace(later, url="https://gazette.example/b", body=b"b2"))
        collection.store_text(stored, made_of("lines/other", confidence=0.7))
        (old,) = catalog.captures("https://gazette.example/b")[1:]
        collection.store_text(old.record_id, made_of("lines/share", confidence=0.1), again=True)
    for _ in range(2):
        assert found(data, SearchFilter(rule="lines/share")) == ""
        assert found(data, SearchFilter(rule="dom/menu")) == "a"
        assert found(data, SearchFilter(rule="lines/other")) == "b"
        assert found(data, SearchFilter(below=0.5)) == "a"
        assert list(Rebuilder(data).findings()) == []


def test_below_leaves_out_what_has_no_confidence(data: Path, open_collection: Make, capture: Capture) -> None:
    with open_collection() as collection:
        for name, confidence in (("x", 0.2), ("y", 0.5), ("z", 0.0)):
            page = replace(capture, url=f"https://gazette.example/{name}", body=name.encode())
            collection.store_text(collection.store(page), made_of(confidence=confidence))
    assert found(data, SearchFilter(below=0.5)) == "xz"
    with Catalog(data / "catalog.sqlite") as catalog:
        worst = catalog.listed("", 10, SearchFilter(below=0.5), worst=True)
    assert [one.article.url[-1] for one in worst] == ["z", "x"]


@pytest.mark.parametrize("many", [0, 100])
def test_a_list_is_the_same_whatever_it_is_read_along_and_goes_on_by_key(
    tmp_path: Path, open_collection: Make, capture: Capture, many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archive.catalog.catalog.MANY_FIRINGS", many)
    with open_collection() as collection:
        for number in range(30):
            host = "sport.gazette.example" if number % 4 == 0 else "gazette.example"
            page = replace(capture, url=f"https://{host}/{number}", body=f"{number}".encode())
            stored = collection.store(replace(page, fetched=capture.fetched + timedelta(days=number)))
            for again in range(1 + number % 2):
                rules = ("lines/a",) * (number % 3 == 0) + ("lines/b",) * (number % 5 == 0 or not again)
                article = made_of(*rules, text=f"ferry {'quay' * (number % 2)} {again}", confidence=number % 7 / 7)
                dated = date(2026, 11, 1 + number) if number % 6 == 0 else None
                collection.store_text(stored, replace(article, date=dated, language="en" if number % 10 else "de"))
    with Catalog(tmp_path / "data" / "catalog.sqlite") as catalog:
        for words, rule, site, worst in product(
            ("", "ferry", "quay"), (None, "lines/a", "lines/"), (None, "sport.gazette.example"), (False, True)
        ):
            for bounds in (
                SearchFilter(rule=rule, site=site),
                SearchFilter(rule=rule, language="de", below=0.6),
                SearchFilter(rule=rule, until=date(2026, 11, 30)),
            ):
                whole = [one.article for one in catalog.listed(words, 100, bounds, worst=worst)]
                by_url = [one.article for one in catalog.articles_by_url(replace(bounds, below=bounds.below or 2.0))]
                wanted = {row.url for row in by_url if words != "quay" or int(row.url.rpartition("/")[2]) % 2}
                assert {row.url for row in whole} == wanted
                key = (lambda row: row.confidence) if worst else (lambda row: -int(row.url.rpartition("/")[2]))
                assert [key(row) for row in whole] == sorted(key(row) for row in whole)
                paged: list[ArticleRow] = []
                while more := catalog.listed(words, 3, bounds, worst=worst, after=paged[-1].record_id if paged else ""):
                    paged += [one.article for one in more]
                assert paged == whole


def test_what_is_forgotten_leaves_no_rule_to_the_next_text(data: Path) -> None:
    (path,) = data.rglob("*.wet.gz")
    rows = [(row, text) for row, text in rows_of(path, "news", path.name) if text]
    row, text = rows[-1]
    with Catalog(data / "catalog.sqlite", create=True) as catalog:
        catalog.forget("news", path.name, row.offset)
        assert catalog.listed("", 10, SearchFilter(rule="lines/share-bar")) == []
        catalog.add(row, replace(text, metadata={}))
        assert [one.article.url[-1] for one in catalog.listed("", 10, SearchFilter())] == ["d", "c", "b", "a"]
        assert catalog.listed("", 10, SearchFilter(rule="lines/share-bar")) == []


def test_a_text_that_is_entered_before_its_capture_has_its_captures_day(data: Path, tmp_path: Path) -> None:
    with Catalog(tmp_path / "new.sqlite", create=True) as catalog:
        for path in sorted(data.rglob("*.w*.gz"), key=lambda path: path.name.endswith("warc.gz")):
            for row, text in rows_of(path, "news", path.name):
                is_capture = isinstance(row, CaptureRow)
                catalog.add(replace(row, fetched=row.fetched - timedelta(days=9)) if is_capture else row, text)
        assert {one.day for one in catalog.listed("", 10, SearchFilter(until=date(2026, 11, 13)))} == {"2026-11-12"}


def of_older_version(path: Path) -> None:
    """Make a catalog what it was before it knew which rules fired."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("DROP TABLE fired; DROP TABLE rule; ALTER TABLE article DROP COLUMN day;")
        connection.execute("PRAGMA user_version = 4")


def test_a_catalog_of_the_version_before_works_and_says_how_to_get_the_rules(
    data: Path, open_collection: Make, capture: Capture
) -> None:
    of_older_version(data / "catalog.sqlite")
    until = SearchFilter(until=capture.fetched.date())
    assert found(data, until) == "abcd"
    with open_collection() as collection:
        page = replace(capture, url="https://gazette.example/e", body=b"e")
        collection.store_text(collection.store(page), made_of("lines/share"))
        collection.catalog.forget("news", "none", 0)
    assert found(data, until) == "abcde"
    with (
        Catalog(data / "catalog.sqlite") as catalog,
        pytest.raises(ArchiveError, match=r"does not know which rules fired: run `pressclip archive rebuild`$"),
    ):
        catalog.listed("", 10, SearchFilter(rule="lines/share"))
    assert list(Rebuilder(data).findings()) == []
    assert found(data, SearchFilter(rule="lines/share")) == "abe"

"""The catalog answers any question, and says so when it cannot."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from archive import ArchiveError, ArticleRow, Capture, Catalog, Collection, SearchFilter, TextRecord
from archive.catalog.search import BY_URL, DAY, within
from cleaners import Article

Make = Callable[..., Collection]
Pass = Callable[[float], None]
START = datetime(2026, 11, 21, 16, tzinfo=UTC)


@pytest.fixture
def catalog(tmp_path: Path, open_collection: Make, capture: Capture, pass_seconds: Pass) -> Catalog:
    """Three pages of one site; the first was cleaned twice, and its first text still had a line of debris."""
    texts = ("The ferry left the quay.", "A bridge for the ferry and the trains.", "Don't stop: a-b C++ naïve.")
    with open_collection() as collection:
        for number, text in enumerate(texts):
            stored = collection.store(replace(capture, url=f"https://gazette.example/{number}"))
            if number == 0:
                collection.store_text(stored, Article(text="Advertisement\n\n" + text))
                pass_seconds(1)
            collection.store_text(stored, Article(text=text, title=f"Page {number}", site="Gazette"))
    return Catalog(tmp_path / "data" / "catalog.sqlite")


def numbers(catalog: Catalog, words: str) -> list[str]:
    with catalog:
        return sorted(hit.url[-1] for hit in catalog.search(words))


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("ferry", ["0", "1"]),
        ("FERRY quay", ["0"]),
        ('"the ferry"', ["0", "1"]),
        ('"the trains"', ["1"]),
        ('"ferry trains"', []),
        ("page", ["0", "1", "2"]),
        ("naive", ["2"]),
        ("don't", ["2"]),
        ("a-b", ["2"]),
        ("C++", ["2"]),
        ("fer*", ["0", "1"]),
        ("fer* qu*", ["0"]),
        ('"the tra"*', ["1"]),
        ("quay OR trains", ["0", "1"]),
        ("quay OR trains ferry", ["0", "1"]),
        ("naïve OR bridge OR nothing page", ["1", "2"]),
        ("quay or trains", []),
        ('quay "OR" trains', []),
        ("bri* OR don*", ["1", "2"]),
    ],
)
def test_search_finds_pages_with_all_words(catalog: Catalog, words: str, found: list[str]) -> None:
    assert numbers(catalog, words) == found


HOSTILE = ["", " ", '"', '""', '"foo', 'x"y"', '""*', "a*", "NEAR(a b)", "a AND", "title:x", "^a", "(", "{a b}:", "-"]
HOSTILE += ["a\0b", "\udc80", "'; drop table article; --", "☃", "²", "+" * 1000, "a " * 2000, "a* " * 2000]
HOSTILE += ["a" + " OR a" * 2000, '"*"', "a\0b*", "a OR NOT"]
MEANINGLESS = ["OR", "OR a", "a OR", "a OR OR b", "a OR +", "*", "*a", "a*b", "a**", "+*", "a OR *", "☃*\0 a", ") OR ("]


@pytest.mark.parametrize("words", HOSTILE)
def test_no_query_is_an_error_of_sqlite(catalog: Catalog, words: str) -> None:
    assert len(numbers(catalog, words)) <= 3


@pytest.mark.parametrize("words", MEANINGLESS)
def test_a_search_that_means_nothing_is_one_line_that_says_what_to_write(catalog: Catalog, words: str) -> None:
    with pytest.raises(ArchiveError, match=r"^cannot search for '.*': (OR|\*) must stand .*: write words"):
        numbers(catalog, words)


@pytest.fixture
def many(tmp_path: Path, open_collection: Make, capture: Capture) -> Catalog:
    """Nine pages of two sites, some dated, in two languages; each captured twice, the second with another text."""
    with open_collection() as collection:
        for number in range(9):
            url = f"https://{'gazette' if number % 3 else 'herald'}.example/{number}"
            fetched = START + timedelta(days=number)
            for again in range(2):
                stored = collection.store(
                    replace(
                        capture, url=url, fetched=fetched + timedelta(hours=again), body=f"{number} {again}".encode()
                    )
                )
                article = Article(
                    text=f"Text {number} of capture {again}.",
                    title=f"Page {number}",
                    language="de" if number % 2 else "en",
                    date=date(2026, 1, 1 + number) if number < 4 else None,
                )
                collection.store_text(stored, article)
    return Catalog(tmp_path / "data" / "catalog.sqlite")


def listed(catalog: Catalog, bounds: SearchFilter | None = None, after: str = "", limit: int | None = None) -> str:
    return "".join(one.article.url[-1] for one in catalog.articles_by_url(bounds, after=after, limit=limit))


@pytest.mark.parametrize(
    ("bounds", "by_url"),
    [
        (SearchFilter(), "124578036"),
        (SearchFilter(site="gazette.example"), "124578"),
        (SearchFilter(language="de"), "1573"),
        (SearchFilter(language="DE", site="herald.example"), "3"),
        (SearchFilter(until=date(2026, 1, 3)), "120"),
        (SearchFilter(since=date(2026, 1, 3), until=date(2026, 11, 25)), "243"),
        (SearchFilter(language="fr"), ""),
    ],
)
def test_list_search_without_words_and_with_words_agree(many: Catalog, bounds: SearchFilter, by_url: str) -> None:
    with many:
        assert listed(many, bounds) == by_url
        assert sorted(hit.url[-1] for hit in many.search("page", bounds=bounds)) == sorted(by_url)
        if not bounds.is_all:
            hits = many.search(" ", bounds=bounds)
            assert sorted(hit.url[-1] for hit in hits) == sorted(by_url)
            assert all(hit.snippet == f"Text {hit.url[-1]} of capture 1." for hit in hits)
            assert many.search("+", bounds=bounds) == []


def test_the_newest_articles_come_first_in_a_search_without_words(many: Catalog) -> None:
    with many:
        hits = many.search("", 3, SearchFilter(since=date(2026, 1, 1)))
    assert [hit.url[-1] for hit in hits] == ["8", "7", "6"]


@pytest.mark.parametrize("page", [1, 2, 1000])
def test_a_list_has_each_url_once_whatever_the_page_and_goes_on_after_any_url(
    many: Catalog, page: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archive.catalog.catalog.PAGE", page)
    with many:
        assert listed(many) == "124578036"
        assert listed(many, limit=4) == "1245"
        assert listed(many, limit=0) == ""
        assert listed(many, after="https://gazette.example/5", limit=3) == "780"
        assert listed(many, after="https://z.example/") == ""
        (first,) = many.articles_by_url(SearchFilter(site="herald.example"), limit=1)
    assert (first.day, first.fetched, first.article.title) == ("2026-01-01", START + timedelta(hours=1), "Page 0")


def test_a_list_is_read_along_an_index_and_never_sorted_as_a_whole(many: Catalog) -> None:
    bounds = SearchFilter(site="gazette.example", language="en")
    values, query = bounds.values() | {"after": "", "limit": 10}, BY_URL.format(day=DAY, within=within(bounds, DAY))
    plan = " | ".join(row[3] for row in many._connection.execute("EXPLAIN QUERY PLAN " + query, values))
    many.close()
    assert "article USING INDEX article_url (url>?)" in plan
    assert "TEMP B-TREE" not in plan


def test_only_the_newest_text_of_a_page_is_searched(catalog: Catalog) -> None:
    assert numbers(catalog, "advertisement") == []


def test_a_hit_says_where_the_text_is(catalog: Catalog) -> None:
    with catalog:
        (hit,) = catalog.search("quay")
        article = catalog.article(hit.capture_id)
    assert (hit.title, hit.site, hit.snippet) == ("Page 0", "Gazette", "The ferry left the quay.")
    assert article is not None
    assert (article.file, article.offset) == (hit.file, hit.offset)


def test_a_text_with_a_zero_byte_and_a_lone_surrogate_is_found(open_collection: Make, capture: Capture) -> None:
    with open_collection() as collection:
        odd = Article(text="before\0 \udc80 behind", title="\0 \udc80 odd", authors=("\udc80",), site="\udc80")
        collection.store_text(collection.store(capture), odd)
        assert [hit.snippet for hit in collection.catalog.search("behind odd")] == ["before ? behind"]


def test_a_limit_is_kept(catalog: Catalog) -> None:
    with catalog:
        assert len(catalog.search("page", limit=2)) == 2


def test_a_hit_whose_file_is_gone_has_no_snippet(catalog: Catalog, tmp_path: Path) -> None:
    for path in (tmp_path / "data").rglob("*.wet.gz"):
        path.unlink()
    with catalog:
        assert [hit.snippet for hit in catalog.search("quay")] == [""]


def test_captures_of_a_url_come_newest_first(open_collection: Make, capture: Capture) -> None:
    with open_collection() as collection:
        older = collection.store(capture)
        newer = collection.store(replace(capture, fetched=capture.fetched + timedelta(seconds=1)))
        rows = collection.catalog.captures(capture.url)
        assert [row.record_id for row in rows] == [newer.record_id, older.record_id]
        assert (rows[0].status, rows[0].content_type, rows[0].etag) == (200, "text/html", '"v1"')
        assert collection.catalog.captures("https://nowhere.example/") == []
        assert collection.catalog.article(newer.record_id) is None


def test_a_catalog_is_not_made_by_looking_for_one(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="no catalog there"):
        Catalog(tmp_path / "catalog.sqlite")
    assert not list(tmp_path.iterdir())


def test_a_catalog_that_is_none_is_a_one_line_error(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite"
    path.write_text("not a database, but long enough to be taken for one by its size " * 20)
    with pytest.raises(ArchiveError, match=r"not a database: delete it and run") as caught:
        Catalog(path)
    assert "\n" not in str(caught.value)


def test_a_catalog_of_another_schema_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(ArchiveError, match="schema 99"):
        Catalog(path)


def test_what_has_little_confidence_is_listed_by_page_the_least_first(
    tmp_path: Path, open_collection: Make, capture: Capture, pass_seconds: Pass
) -> None:
    cleanings = {"a": (0.9,), "b": (0.2,), "c": (0.1, 0.8), "d": (0.8, 0.3), "e": (None,), "f": (0.5,)}
    with open_collection() as collection:
        for name, confidences in cleanings.items():
            stored = collection.store(replace(capture, url=f"https://gazette.example/{name}"))
            for confidence in confidences:
                pass_seconds(1)
                text = f"The ferry left with a confidence of {confidence}."
                collection.store_text(stored, Article(text, confidence=confidence, kind="blog"))
    with Catalog(tmp_path / "data" / "catalog.sqlite") as catalog:
        found = [(row.url[-1], row.confidence, row.kind) for row in catalog.below(0.5)]
    assert found == [("b", 0.2, "blog"), ("d", 0.3, "blog")]


def test_of_a_page_that_was_fetched_again_only_the_newest_capture_counts(
    tmp_path: Path, open_collection: Make, capture: Capture, pass_seconds: Pass
) -> None:
    later = replace(capture, fetched=capture.fetched + timedelta(days=1), body=capture.body + b" ")
    with open_collection() as collection:
        old, new = collection.store(capture), collection.store(later)
        collection.store_text(new, Article("The ferry left.", confidence=0.9))
        # the older capture is cleaned last, as by `archive reclean`
        pass_seconds(60)
        collection.store_text(old, Article("The ferry leaves.", confidence=0.1))
    with Catalog(tmp_path / "data" / "catalog.sqlite") as catalog:
        assert catalog.below(0.5) == []


@pytest.mark.parametrize("said", [{}, {"kind": 3, "confidence": "high"}, {"confidence": True}, {"confidence": 7}])
def test_a_text_whose_record_does_not_say_kind_and_confidence_has_none(said: dict[str, object]) -> None:
    record = TextRecord("urn:uuid:1", "urn:uuid:2", "https://gazette.example/", START, "Rain.", said, 0, 1)
    row = ArticleRow.of(record, "news", "news.wet.gz")
    assert (row.kind, row.confidence) == (None, None)

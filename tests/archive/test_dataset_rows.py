"""A row says what the article says, where it is from, and how the input is put together again."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime

import pyarrow as pa
import pytest

from archive import OptOuts
from archive.dataset.inputs.shards import Origin
from archive.dataset.rows import row_of
from archive.dataset.table.schema import DECIDED, NAMES, SCHEMA
from cleaners import Article, Page, Removal, clean_text, restore

FETCHED = datetime(2026, 11, 21, 16, tzinfo=UTC)
ORIGIN = Origin(
    "news.warc.gz",
    7,
    url="https://www.gazette.example/a",
    fetched=FETCHED,
    is_warc=True,
    warc_length=99,
    warc_digest="sha1:ABC",
    warc_record_id="urn:uuid:1",
)
PAGE = Page(b"<p>", ORIGIN.url)


def test_a_row_has_every_column_and_fits_the_schema() -> None:
    row = row_of(ORIGIN, PAGE, Article("One day.", title="T", authors=("A",), access="full", rules_version="1"))
    assert tuple(row) == NAMES
    (back,) = pa.Table.from_pylist([row], schema=SCHEMA).to_pylist()
    assert (back["n_chars"], back["n_words"], back["n_bytes"]) == (8, 2, 8)
    assert back["host"] == "www.gazette.example"
    assert back["id"] == hashlib.sha256(b"urn:uuid:1").hexdigest()
    assert back["text_sha256"] == hashlib.sha256(b"One day.").hexdigest()
    assert (back["warc_file"], back["warc_offset"], back["source_file"]) == ("news.warc.gz", 7, None)
    assert {back[name] for name in DECIDED} == {None}


def test_characters_are_counted_as_characters_and_bytes_as_bytes() -> None:
    row = row_of(ORIGIN, PAGE, Article("Café 港口"))
    assert (row["n_chars"], row["n_words"], row["n_bytes"]) == (7, 2, 12)


@pytest.mark.parametrize(
    ("declared", "published", "precision"),
    [
        (None, None, None),
        (date(2026, 5, 4), datetime(2026, 5, 4, tzinfo=UTC), "day"),
        (datetime.fromisoformat("2026-05-04T10:00:00+02:00"), datetime(2026, 5, 4, 8, tzinfo=UTC), "time"),
    ],
)
def test_a_day_is_no_moment(declared: date | None, published: datetime | None, precision: str | None) -> None:
    row = row_of(ORIGIN, PAGE, Article("One.", date=declared))
    assert (row["published"], row["published_precision"]) == (published, precision)


def test_a_page_of_a_folder_has_the_address_that_it_says_itself() -> None:
    origin = Origin("pages/a.html", url="file:pages/a.html")
    assert row_of(origin, PAGE, Article("One.", canonical_url="https://a.example/1"))["url"] == "https://a.example/1"
    row = row_of(origin, PAGE, Article("One."))
    assert (row["url"], row["source_file"], row["source_row"]) == ("file:pages/a.html", "pages/a.html", 0)
    assert row["id"] == hashlib.sha256(b"pages/a.html:0").hexdigest()


def test_a_page_of_a_warc_keeps_the_address_it_was_fetched_from() -> None:
    assert row_of(ORIGIN, PAGE, Article("One.", canonical_url="https://b.example/"))["url"] == ORIGIN.url


@pytest.mark.parametrize(
    "text",
    ["One.\nAdvertisement\nTwo.", "\ufeffOne.\r\nShare this\r\n\r\nTwo.\x0b", "Advertisement", "", "Nothing to take."],
)
def test_text_and_removals_give_the_input_back_to_the_character(text: str) -> None:
    row = row_of(Origin("c.jsonl", 3), Page(text, is_text=True), clean_text(text))
    (back,) = pa.Table.from_pylist([row], schema=SCHEMA).to_pylist()
    removals = tuple(Removal(**removed) for removed in back["removed"])
    assert restore(Article(back["text"], removals=removals)) == text


def test_half_a_surrogate_pair_is_replaced_and_stops_nothing() -> None:
    row = row_of(ORIGIN, PAGE, Article("One \ud800.", title="\udfff", removals=(Removal("a", "dom", "\ud800", "/"),)))
    assert pa.Table.from_pylist([row], schema=SCHEMA).to_pylist()[0]["text"] == "One ?."


def test_opt_outs_are_what_was_said_when_the_page_was_fetched() -> None:
    declared = OptOuts(("GPTBot",), ("noai",), (), ("header: 1",), None, "2026-11")
    row = row_of(Origin("a", fetched=FETCHED, opt_outs=declared), PAGE, Article("One."))
    assert {one["seen_at"] for one in row["opt_out"]} == {FETCHED}
    assert {(one["signal"], one["value"]) for one in row["opt_out"]} >= {("robots", "GPTBot")}

"""Inputs of any kind become shards and items with the places they are from; what cannot be read says so."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from archive import ArchiveError, Capture, Collection
from archive.dataset.inputs import sources
from archive.dataset.inputs.shards import Input, Missing, Origin, Shard
from archive.dataset.table.options import Options
from cleaners import Article, Page

PROSE = "The ferry to Skerry did not sail on Monday, because the winter crew had taken the only key home with them. "
PAGE = f"<html><body><article><h1>No key</h1><p>{PROSE * 2}</p><p>{PROSE}</p></article></body></html>"


def inputs(path: Path, options: Options | None = None) -> list[Input]:
    options = options or Options()
    return [given for shard in sources.shards([path], options) for given in sources.read(shard, options)]


def origins(path: Path) -> list[Origin]:
    return [origin for origin, _ in inputs(path)]


def reasons(path: Path) -> list[str]:
    """Return for each origin why there is no page; empty where there is one."""
    return [page.reason if isinstance(page, Missing) else "" for _, page in inputs(path)]


def contents(path: Path, options: Options | None = None) -> list[bytes | str | None]:
    return [page.html if isinstance(page, Page) else None for _, page in inputs(path, options)]


def problem(path: Path, *more: Path) -> str:
    with pytest.raises(ArchiveError) as caught:
        sources.shards([path, *more], Options())
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def warc(open_collection: Callable[..., Collection], capture: Capture, article: Article, tmp_path: Path) -> Path:
    """A data root with one WARC file: an article, its revisit, a page without a text and an image."""
    page = replace(capture, body=PAGE.encode() * 9)
    image = replace(
        capture,
        url="https://gazette.example/a.png",
        body=b"\x89PNG",
        response_head=b"HTTP/1.1 200 OK\r\nContent-Type: image/png",
    )
    with open_collection() as collection:
        stored = collection.store(page)
        collection.store_text(stored, article)
        collection.store(page)
        collection.store(replace(capture, url="https://gazette.example/"))
        collection.store(image)
    return tmp_path / "data"


def test_a_collection_gives_its_articles_with_their_places_and_names_its_other_pages(warc: Path) -> None:
    folder = warc / "collections" / "news"
    assert [origin.url for origin in origins(folder)] == [
        "https://gazette.example/news/harbour?page=1",
        "https://gazette.example/",
    ]
    assert reasons(folder) == ["", "no_article"]
    (path,) = (warc / "collections" / "news" / "archive").glob("*.warc.gz")
    first = origins(folder)[0]
    data = path.read_bytes()[first.row : first.row + (first.warc_length or 0)]
    assert (first.file, first.is_warc) == (path.name, True)
    assert gzip.decompress(data).endswith(PAGE.encode() + b"\r\n\r\n")
    assert (first.warc_digest or "").startswith("sha")
    assert first.fetched is not None


def test_a_data_root_is_all_its_collections(warc: Path) -> None:
    assert inputs(warc) == inputs(warc / "collections" / "news")


def test_a_foreign_warc_gives_every_page(warc: Path, tmp_path: Path) -> None:
    (path,) = warc.glob("collections/news/archive/*.warc.gz")
    foreign = tmp_path / path.name
    foreign.write_bytes(path.read_bytes())
    first, revisit, *rest = reasons(foreign)
    assert [first, *rest] == ["", "", "no_page: image/png"]
    assert revisit.startswith(
        "no_page: a revisit: the body is stored with an earlier capture (https://gazette.example/"
    )


def test_a_collection_without_a_catalog_says_how_to_make_one(warc: Path) -> None:
    for path in warc.glob("catalog.sqlite*"):
        path.unlink()
    assert "archive rebuild" in problem(warc)


def test_a_file_that_is_still_being_written_is_refused(warc: Path) -> None:
    (warc / "collections" / "news" / "archive" / "news-2.warc.gz.open").write_bytes(b"")
    assert "archive recover" in problem(warc)


def test_damage_in_a_warc_is_an_item_and_the_rest_is_read(warc: Path, tmp_path: Path) -> None:
    (path,) = warc.glob("collections/news/archive/*.warc.gz")
    whole = origins(path)
    data = bytearray(path.read_bytes())
    at = whole[0].row + 40
    data[at] ^= 0xFF
    foreign = tmp_path / "cut.warc.gz"
    foreign.write_bytes(bytes(data))
    damage, revisit, *rest = reasons(foreign)
    assert ("damaged" in damage, "a revisit" in revisit) == (True, True)
    assert rest == ["", "no_page: image/png"]
    assert origins(foreign)[0].row == whole[0].row


def test_a_folder_of_pages_is_one_item_a_file(tmp_path: Path) -> None:
    folder = tmp_path / "pages"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "a.html").write_text(PAGE)
    (folder / "b.html.gz").write_bytes(gzip.compress(PAGE.encode()))
    (folder / "notes.css").write_text("p {}")
    assert [origin.file for origin in origins(folder)] == ["pages/b.html.gz", "pages/deep/a.html"]
    assert contents(folder) == [PAGE.encode()] * 2
    assert origins(folder)[1].url == "file:pages/deep/a.html"


def test_a_damaged_file_of_a_folder_is_an_item_with_a_problem(tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "a.html.gz").write_bytes(gzip.compress(PAGE.encode())[:-9])
    (reason,) = reasons(tmp_path / "pages")
    assert reason.startswith("failed: cannot be read")


ROWS = [
    {"text": "One.", "url": "https://a.example/1", "timestamp": "2020-01-02T03:04:05Z", "title": "First"},
    {"body": "Two."},
    {"text": "Three.", "published": "2021-05-06"},
]


@pytest.mark.parametrize("ending", ["jsonl", "jsonl.gz", "jsonl.zst"])
def test_json_lines_give_a_text_a_row_however_they_are_packed(ending: str, tmp_path: Path) -> None:
    data = "".join(json.dumps(row) + "\n" for row in ROWS).encode()
    pack = {"jsonl": bytes, "jsonl.gz": gzip.compress, "jsonl.zst": zstandard.ZstdCompressor().compress}[ending]
    path = tmp_path / f"corpus.{ending}"
    path.write_bytes(pack(data))
    assert contents(path) == ["One.", None, "Three."]
    first, second, third = origins(path)
    assert (first.url, first.title, first.row) == ("https://a.example/1", "First", 0)
    assert first.fetched is not None
    assert first.fetched.isoformat() == "2020-01-02T03:04:05+00:00"
    assert (reasons(path)[1], second.row) == ("failed: no text in 'text'", 1)
    assert third.published == "2021-05-06"


def test_parquet_gives_a_text_a_row_from_the_column_that_was_named(tmp_path: Path) -> None:
    path = tmp_path / "corpus.parquet"
    pq.write_table(pa.table({"content": ["One.", None, "Three."], "url": ["https://a.example/1", None, None]}), path)
    assert contents(path, Options(text_column="content")) == ["One.", None, "Three."]
    assert "no column 'text', only content, url: give another file" in problem(path)


@pytest.mark.parametrize("ending", ["jsonl", "jsonl.gz", "parquet"])
def test_a_large_corpus_is_several_shards_that_give_every_row_once(
    ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "ROWS_A_SHARD", 3)
    path = tmp_path / f"corpus.{ending}"
    texts = [f"Row {number}." for number in range(8)]
    lines = "".join(json.dumps({"text": text}) + "\n" for text in texts).encode()
    if ending == "parquet":
        pq.write_table(pa.table({"text": texts}), path, row_group_size=2)
    else:
        path.write_bytes(gzip.compress(lines) if ending.endswith("gz") else lines)
    shards = sources.shards([path], Options())
    assert [(shard.number, shard.first, shard.rows) for shard in shards] == [(0, 0, 3), (1, 3, 3), (2, 6, 2)]
    assert contents(path) == texts
    assert [origin.row for origin in origins(path)] == list(range(8))


def test_a_text_file_is_one_item_with_every_byte_of_it(tmp_path: Path) -> None:
    text = "\ufeffOne.\r\n\r\nTwo.\n"
    (tmp_path / "a.txt").write_bytes(text.encode())
    ((_, page),) = inputs(tmp_path / "a.txt")
    assert page == Page(text, is_text=True)


def test_shards_do_not_depend_on_the_order_of_the_inputs(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "page.html").write_text(PAGE + name)
    paths = [tmp_path / "b", tmp_path / "a"]
    assert sources.shards(paths, Options()) == sources.shards(paths[::-1], Options())


def test_a_shard_survives_json(warc: Path) -> None:
    for shard in sources.shards([warc], Options()):
        assert Shard.of(json.loads(json.dumps(asdict(shard)))) == shard


def test_what_is_no_input_is_one_line_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "a.pdf").write_bytes(b"%PDF")
    (tmp_path / "none.jsonl").write_bytes(b"")
    (tmp_path / "cut.jsonl.gz").write_bytes(gzip.compress(b'{"text": "One."}\n' * 99)[:-12])
    (tmp_path / "no.parquet").write_bytes(b"PAR1 but not really")
    (tmp_path / "no.warc.gz").write_bytes(b"")
    assert "nothing to read" in problem(tmp_path / "empty")
    assert "no such file" in problem(tmp_path / "gone")
    assert "a.pdf: not a kind of file" in problem(tmp_path / "a.pdf")
    assert "none.jsonl: empty" in problem(tmp_path / "none.jsonl")
    assert "cut.jsonl.gz: cannot be read to its end" in problem(tmp_path / "cut.jsonl.gz")
    assert "no.parquet: cannot be read as Parquet" in problem(tmp_path / "no.parquet")
    assert "no.warc.gz: empty" in problem(tmp_path / "no.warc.gz")


def test_a_folder_of_several_kinds_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(PAGE)
    (tmp_path / "b.txt").write_text("One.")
    assert "several kinds of input (a.html, b.txt)" in problem(tmp_path)


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    for name in ("x", "y"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.jsonl").write_text('{"text": "One."}\n')
    paths = [tmp_path / name / "a.jsonl" for name in ("x", "y")]
    assert "its rows would be called a.jsonl" in problem(*paths)

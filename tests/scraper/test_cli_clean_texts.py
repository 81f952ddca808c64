"""`pressclip clean --text-mode` reads what others made: WET files, and corpora in any column."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.archive.test_ingest import PAGE, plain
from tests.support.shell import Done, press

FERRY = "The ferry to Brackwater was late on Monday.\nAdvertisement\nForty people waited on the quay.\n"
CLEANED = FERRY.replace("Advertisement\n", "")
PIER = "Die Fähre kam am Montag zu spät, und vierzig Leute warteten am Kai.\n"
WARCINFO = plain("warcinfo", b"software: invented\r\n", uri="")


def text_record(url: str, text: str, **fields: str) -> bytes:
    return plain("conversion", text.encode(), uri=url, Content_Type="text/plain", **fields)


WET = [
    WARCINFO,
    text_record("https://a.example/ferry", FERRY, WARC_Identified_Content_Language="eng,deu"),
    text_record("https://b.example/pier", PIER, WARC_Identified_Content_Language="deu"),
]


def articles(done: Done) -> dict[str, dict[str, Any]]:
    rows = [json.loads(line) for line in done.out.splitlines()]
    return {row["url"]: row for row in rows}


@pytest.mark.parametrize("name", ["a.wet", "a.wet.gz", "a.warc.wet.gz", "a.warc.gz", "folder"])
def test_each_conversion_record_of_a_wet_file_is_a_text_with_its_address(tmp_path: Path, name: str) -> None:
    path = tmp_path / (name if "." in name else f"{name}/below/a.warc.wet.gz")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(map(gzip.compress, WET)) if path.name.endswith(".gz") else b"".join(WET))
    done = press("clean", name, "--text-mode", "--format", "jsonl", cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    assert {url: row["text"] for url, row in articles(done).items()} == {
        "https://a.example/ferry": CLEANED,
        "https://b.example/pier": PIER,
    }


def test_the_language_of_a_record_is_taken_where_it_names_a_single_one(tmp_path: Path) -> None:
    (tmp_path / "a.wet").write_bytes(b"".join(WET))
    found = articles(press("clean", "a.wet", "--text-mode", "--format", "jsonl", cwd=tmp_path))
    assert [(row["language"], row["sources"]) for row in found.values()] == [(None, {}), ("de", {"language": "record"})]


def test_a_damaged_record_of_a_wet_file_is_told_with_its_offset_and_the_next_is_read(tmp_path: Path) -> None:
    packed = [gzip.compress(record) for record in WET]
    damaged = packed[1][:-20] + bytes(20)
    (tmp_path / "a.wet.gz").write_bytes(packed[0] + damaged + packed[2])
    done = press("clean", "a.wet.gz", "--text-mode", "--format", "jsonl", cwd=tmp_path)
    assert (done.code, list(articles(done))) == (1, ["https://b.example/pier"])
    assert done.err.startswith(f"pressclip: a.wet.gz:{len(packed[0])}: {len(damaged)} bytes are damaged")


def test_pages_of_a_warc_file_are_counted_and_no_texts(tmp_path: Path) -> None:
    (tmp_path / "a.warc").write_bytes(b"".join(WET) + plain("response", PAGE))
    (tmp_path / "b.warc").write_bytes(plain("response", PAGE))
    done = press("clean", "a.warc", "--text-mode", "--format", "jsonl", cwd=tmp_path)
    assert (done.code, len(articles(done)), done.err) == (0, 2, "pressclip: a.warc: 1 record is a page, no text\n")
    done = press("clean", "b.warc", "--text-mode", cwd=tmp_path)
    assert (done.code, done.err) == (3, "pressclip: b.warc: no text in it: 1 record is a page, no text\n")


def test_a_folder_gives_its_wet_files_and_texts_but_not_its_warc_files(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.warc").write_bytes(plain("response", PAGE))
    (tmp_path / "in/b.wet").write_bytes(b"".join(WET))
    (tmp_path / "in/c.txt").write_text(FERRY, "utf-8")
    done = press("clean", "in", "--text-mode", "--format", "jsonl", cwd=tmp_path)
    assert (done.code, list(articles(done)), done.err) == (
        0,
        ["https://a.example/ferry", "https://b.example/pier", None],
        "",
    )


ROWS = [{"url": f"https://a.example/{n}", "raw": FERRY, "n": n} for n in range(3)]


def corpus(path: Path, rows: list[dict[str, Any]] = ROWS) -> Path:
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    else:
        path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
    return path


@pytest.mark.parametrize("name", ["a.jsonl", "a.parquet"])
def test_the_column_of_the_texts_can_be_named(tmp_path: Path, name: str) -> None:
    corpus(tmp_path / name)
    done = press("clean", name, "--text-mode", "--text-column", "raw", "--format", "jsonl", cwd=tmp_path)
    assert {url: row["text"] for url, row in articles(done).items()} == {row["url"]: CLEANED for row in ROWS}


@pytest.mark.parametrize("name", ["a.jsonl", "a.parquet"])
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--text-mode",), "no column 'text', only url, raw, n: give another file, or name the column of its texts"),
        (("--text-mode", "--text-column", "txt"), "no column 'txt', only url, raw, n: give another file, or name"),
        ((), "no column 'html', only url, raw, n: give another file, or clean texts with --text-mode"),
    ],
)
def test_an_unknown_column_is_one_line_with_the_columns_there_are(
    tmp_path: Path, name: str, options: tuple[str, ...], said: str
) -> None:
    corpus(tmp_path / name)
    done = press("clean", name, *options, cwd=tmp_path)
    assert (done.code, done.out, done.err.count("\n")) == (3, "", 1)
    assert done.err.startswith(f"pressclip: {name}: {said}")


def test_rows_without_a_text_are_told_by_number_where_a_later_row_has_one(tmp_path: Path) -> None:
    corpus(tmp_path / "a.jsonl", [{"url": "https://a.example/"}, {"text": FERRY}, {"text": None}])
    done = press("clean", "a.jsonl", "--text-mode", "--format", "jsonl", cwd=tmp_path)
    assert done.err == "pressclip: a.jsonl:1: no text in 'text'\npressclip: a.jsonl:3: no text in 'text'\n"


def test_the_column_of_texts_is_for_text_mode(tmp_path: Path) -> None:
    corpus(tmp_path / "a.jsonl")
    done = press("clean", "a.jsonl", "--text-column", "raw", cwd=tmp_path)
    assert (done.code, "--text-column is for --text-mode: give both." in done.err) == (2, True)

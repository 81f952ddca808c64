"""What other programs write is read by every command alike, and what is not used is told."""

from __future__ import annotations

import gzip
import json
import sys
import zipfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import fastwarc.stream_io
import pyarrow.parquet as pq
import pytest

from archive import (
    ArchiveError,
    Capture,
    Collection,
    Imported,
    Selection,
    UnusedRecords,
    import_warc,
    pack,
    page_of,
    read_exchanges,
    read_warc,
    scan,
)
from archive.exchange.run_wacz import BrotliDecoder
from archive.files.errors import InstallationError
from archive.warc import capture as decoding
from cleaners import Page
from tests.archive.test_ingest import HEAD, HTML, PAGE, plain
from tests.support.shell import press

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

A = plain("response", PAGE)
B = plain("response", PAGE.replace(b"Ferry", b"Boat"), uri="https://a.example/b")
URLS = ["https://a.example/", "https://a.example/b"]
OTHER = (
    HEAD
    + b"\r\n\r\n<html><article><h1>Seals on the pier</h1>"
    + b"".join(
        b"<p>%s of the grey seals came up to the old hall and slept there until somebody opened the doors.</p>" % number
        for number in (b"Eleven", b"Two more", b"The smallest")
    )
)
ARC_HEAD = b"filedesc://x.arc 0.0.0.0 20080305204000 text/plain 72\n1 0 InventedOrg\n"
ARC_HEAD += b"URL IP-address Archive-date Content-type Archive-length\n" + b"\n" * (72 - 14 - 56 + 1)


def arc(url: str, block: bytes = PAGE, version: int = 1) -> bytes:
    more = b"" if version == 1 else b" 200 - - 512 x.arc"
    return b"%s 192.0.2.7 20080305204000 text/html%s %d\n%s\n" % (url.encode(), more, len(block), block)


def wacz(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    with zipfile.ZipFile(path, "w", method) as packed:
        packed.writestr("datapackage.json", "{}")
        for name, data in members.items():
            packed.writestr(name, data)
    return path.read_bytes()


def lz4(path: Path, data: bytes) -> bytes:
    with path.open("wb") as file:
        writer = fastwarc.stream_io.Lz4Writer(file)
        writer.write(data)
        writer.close()
    return path.read_bytes()


def with_dictionary(*records: bytes) -> bytes:
    dictionary = zstd.train_dict([plain("response", PAGE + b"%d" % number) for number in range(200)], 4000)
    content = dictionary.dict_content
    frames = b"".join(zstd.compress(record, zstd_dict=dictionary) for record in records)
    return (0x184D2A5D).to_bytes(4, "little") + len(content).to_bytes(4, "little") + content + frames


def in_pieces(data: bytes, pack: Callable[[bytes], bytes], size: int = 333) -> bytes:
    return b"".join(pack(data[at : at + size]) for at in range(0, len(data), size))


CONTAINERS: dict[str, Callable[[Path], bytes]] = {
    "a.warc": lambda path: A + B,
    "a.warc.gz": lambda path: gzip.compress(A) + gzip.compress(B),
    "spanning.warc.gz": lambda path: in_pieces(A + B, gzip.compress),
    "blank-members.warc.gz": lambda path: gzip.compress(A[:-4]) + gzip.compress(b"\r\n\r\n") + gzip.compress(B),
    "a.warc.zst": lambda path: zstd.compress(A) + zstd.compress(B),
    "one-frame.warc.zst": lambda path: zstd.compress(A + B),
    "spanning.warc.zst": lambda path: in_pieces(A + B, zstd.compress),
    "dictionary.warc.zst": lambda path: with_dictionary(A, B),
    "a.warc.lz4": lambda path: lz4(path, A) + lz4(path, B),
    "a.wacz": lambda path: wacz(path, {"archive/a.warc.gz": gzip.compress(A), "archive/b.warc": B}),
    "packed.wacz": lambda path: wacz(path, {"archive/a.warc": A + B}, zipfile.ZIP_DEFLATED),
    "a.arc": lambda path: ARC_HEAD + arc(URLS[0]) + arc(URLS[1], version=2),
    "a.arc.gz": lambda path: b"".join(map(gzip.compress, (ARC_HEAD, arc(URLS[0]), arc(URLS[1], HTML)))),
    "misnamed.warc.gz": lambda path: A + B,
}


@pytest.mark.parametrize("name", CONTAINERS)
def test_every_container_gives_its_pages(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(CONTAINERS[name](path))
    found = list(read_warc(path))
    assert [page.url for page in found] == URLS
    assert all(b"Odd Marlin" in page.body and isinstance(page_of(page), Page) for page in found)


@pytest.mark.parametrize("name", ["a.warc.gz", "a.warc.zst", "a.wacz", "a.arc.gz", "a.arc"])
def test_a_record_is_found_again_at_its_offset(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(CONTAINERS[name](path))
    second = list(read_exchanges(path))[1].record
    assert next(read_exchanges(path, offset=second.offset)).record == second


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.warc.gz", gzip.compress(A)[:-200] + gzip.compress(B)),
        ("a.warc", A[300:] + B),
        ("a.warc.zst", zstd.compress(A)[:-200] + zstd.compress(B)),
        ("inside.warc.gz", gzip.compress(A[:-200]) + gzip.compress(B)),
        ("a.arc", arc(URLS[0])[10:] + arc(URLS[1])),
        ("inside.arc", ARC_HEAD + arc(URLS[0])[:-90] + b"\n" + arc(URLS[1])),
        ("inside.warc", A[:-90] + B),
    ],
)
def test_what_follows_a_first_record_that_is_cut_off_is_read(tmp_path: Path, name: str, data: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    unused = UnusedRecords()
    found = [exchange.capture.url for exchange in read_exchanges(path, items=unused.passing(scan(path)))]
    assert found == URLS[1:]
    assert "damaged" in unused.taken()[0].reason


def test_a_wacz_without_its_directory_is_searched_for_records(tmp_path: Path) -> None:
    path = tmp_path / "a.wacz"
    path.write_bytes(wacz(path, {"archive/a.warc.gz": gzip.compress(A) + gzip.compress(B)})[:-60])
    assert [page.url for page in read_warc(path)] == URLS


@pytest.mark.parametrize("data", [gzip.compress(A)[:-200], zstd.compress(A)[:-200], A[:-300], A[:90]])
def test_a_file_whose_only_record_is_cut_off_is_not_called_no_warc(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.warc.gz"
    path.write_bytes(data)
    with pytest.raises(ArchiveError, match="no record in it is whole"):
        list(read_warc(path))


def test_a_file_that_unpacks_to_nothing_but_size_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archive.warc.containers.MAX_UNPACKED", 1000)
    path = tmp_path / "a.warc.lz4"
    path.write_bytes(lz4(path, bytes(8 << 20)))
    with pytest.raises(ArchiveError, match="unpack it first"):
        list(read_warc(path))


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("20240305204000", "2024-03-05T20:40:00"),
        ("2024-03-05T20:40:00+02:00", "2024-03-05T18:40:00"),
        ("2024-03-05 20:40:00", "2024-03-05T20:40:00"),
        ("2024-03-05T20:40:000Z", "2024-03-05T20:40:00"),
        ("2024-03-05", "2024-03-05T00:00:00"),
        ("Tue, 05 Mar 2024 20:40:00 GMT", "2024-03-05T20:40:00"),
    ],
)
def test_an_odd_date_is_read(tmp_path: Path, given: str, read: str) -> None:
    path = tmp_path / "a.warc"
    path.write_bytes(plain("response", PAGE, WARC_Date=given))
    assert next(read_warc(path)).fetched.isoformat() == f"{read}+00:00"


Brought = tuple[Imported, list[str]]


@pytest.fixture
def bring(tmp_path: Path, open_collection: Callable[..., Collection]) -> Callable[[bytes], Brought]:
    def run(data: bytes) -> Brought:
        told: list[str] = []
        path = tmp_path / "foreign.warc"
        path.write_bytes(data)
        with open_collection() as collection:
            return import_warc(path, collection, on_problem=told.append), told

    return run


def test_a_page_without_a_date_is_kept_and_told(bring: Callable[[bytes], Brought]) -> None:
    headed = HEAD + b"\r\nDate: Tue, 05 Mar 2024 20:40:00 GMT\r\n\r\n" + HTML
    done, told = bring(
        plain("response", PAGE, WARC_Date="never") + plain("response", headed, uri=URLS[1], WARC_Date="soon")
    )
    assert (done.captures, done.texts, done.undated) == (2, 2, 2)
    assert "kept with no date" in told[0]
    assert "kept with 2024-03-05, from its HTTP header" in told[1]


def test_a_text_that_stands_with_an_earlier_capture_is_not_counted_as_stored(
    data: Path, bring: Callable[[bytes], Brought]
) -> None:
    big = HEAD + b"\r\n\r\n" + HTML + b"<!--" + b"x" * 2000 + b"-->"
    done, _ = bring(plain("response", big) + plain("response", big, WARC_Date="2021-01-02T03:04:05Z"))
    assert (done.captures, done.texts, done.same_texts) == (2, 1, 1)


def test_html_and_texts_without_an_http_head_are_pages(data: Path, bring: Callable[[bytes], Brought]) -> None:
    text = b"The ferry to Brackwater was late again on Monday, and forty people waited on the quay in the rain.\n" * 3
    done, _ = bring(
        plain("resource", HTML, uri="https://a.example/r", Content_Type="text/html")
        + plain("conversion", HTML, uri="https://a.example/c", Content_Type="text/html")
        + plain("conversion", text, uri="https://a.example/w", Content_Type="text/plain")
        + plain("resource", text, uri="https://a.example/t", Content_Type="text/plain")
        + plain("response", b"x", uri="dns:a.example")
        + plain("continuation", b"x")
    )
    assert (done.captures, done.texts, dict(done.refused)) == (4, 3, {"media type": 1})
    assert dict(done.unused) == {"no web address": 1, "a record of type continuation": 1}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (plain("response", b"SSH-2.0"), "no HTTP status"),
        (plain("warcinfo", b"software: x") + plain("request", b"GET / HTTP/1.1"), "1 warcinfo, 1 request"),
        (plain("response", b"x", uri="dns:a.example"), "1 no web address"),
        (plain("resource", b"\x89PNG", Content_Type="image/png"), "1 media type"),
    ],
)
def test_no_command_ends_in_silence_on_a_file_without_a_page(tmp_path: Path, data: bytes, words: str) -> None:
    (tmp_path / "a.warc").write_bytes(data)
    cleaned = press("clean", "a.warc", cwd=tmp_path)
    assert (cleaned.code, words in cleaned.err) == (3, True)
    built = press("dataset", "build", "a.warc", "--out", "out", "--format", "jsonl", cwd=tmp_path)
    assert built.code == 3
    assert "dropped: none" not in built.out


def test_a_build_goes_on_past_files_that_cannot_be_read(tmp_path: Path) -> None:
    folder = tmp_path / "warcs"
    folder.mkdir()
    (folder / "a.warc.gz").write_bytes(gzip.compress(A)[:-200])
    (folder / "b.warc").write_bytes(b"<html>no WARC")
    (folder / "c.warc.gz").write_bytes(b"")
    (folder / "d.warc").write_bytes(
        A.replace(b"Content-Length: ", b"Content-Length: x") * 30 + A + plain("response", PAGE, uri=URLS[1])
    )
    done = press("dataset", "build", "warcs", "--out", "out", "--format", "jsonl", cwd=tmp_path)
    assert done.code == 1, done.err
    (path,) = (tmp_path / "out/data").glob("*.jsonl")
    (row,) = map(json.loads, path.read_text().splitlines())  # the two pages have one text
    assert (row["url"] in URLS, "exact_duplicate 1, failed 32" in done.out) == (True, True), done.out
    assert "c.warc.gz: empty" in done.err


def built(tmp_path: Path, name: str, data: bytes) -> tuple[list[dict[str, Any]], list[dict[str, Any]], str]:
    """Return the rows and the dropped rows of a dataset from one file, and what the command printed."""
    (tmp_path / name).write_bytes(data)
    done = press("dataset", "build", name, "--out", "out", cwd=tmp_path)
    rows, gone = (
        [row for path in sorted((tmp_path / "out" / part).glob("*.parquet")) for row in pq.read_table(path).to_pylist()]
        for part in ("data", "dropped")
    )
    checked = press("dataset", "check", "out", name, cwd=tmp_path)
    assert checked.code == 0, checked.out + checked.err
    return rows, gone, done.out


def test_pages_without_a_record_id_are_rows_with_one_of_their_content(tmp_path: Path) -> None:
    rows, gone, _ = built(tmp_path, "a.warc", A + plain("response", OTHER, uri=URLS[1]))
    assert gone == []
    assert sorted(row["url"] for row in rows) == URLS
    assert len({row["warc_record_id"] for row in rows}) == len({row["id"] for row in rows}) == 2
    assert all("derived-record-id" in row["flags"] and row["warc_digest"].startswith("sha1:") for row in rows)
    assert {row["warc_offset"] for row in rows} == {0, len(A)}


def test_pages_that_share_a_record_id_are_rows_and_a_copy_of_a_record_is_told(tmp_path: Path) -> None:
    pages = zip((PAGE, OTHER), URLS, strict=True)
    shared = [plain("response", page, uri=url, WARC_Record_ID="<urn:x:1>") for page, url in pages]
    rows, gone, _ = built(tmp_path, "a.warc", b"".join(shared) + shared[1])
    assert [("derived-record-id" in row["flags"], row["url"]) for row in sorted(rows, key=lambda row: row["url"])] == [
        (False, URLS[0]),
        (True, URLS[1]),
    ]
    assert [row["reason"] for row in gone] == [f"no_page: a copy of the record at offset {len(shared[0])}"]


def test_a_revisit_is_told_with_the_record_that_has_its_body(tmp_path: Path) -> None:
    named = {"WARC_Refers_To_Target_URI": URLS[0], "WARC_Refers_To_Date": "2020-01-02T03:04:05Z"}
    head = HEAD + b"\r\n\r\n"
    unchanged = b"HTTP/1.1 304 Not Modified\r\n\r\n"
    data = A + plain("revisit", head, uri=URLS[1], **named) + plain("revisit", head) + plain("revisit", unchanged)
    rows, gone, told = built(tmp_path, "a.warc", data)
    assert [row["url"] for row in rows] == URLS[:1]
    begin = "no_page: a revisit: the body is stored with an earlier capture"
    assert sorted(row["reason"] for row in gone) == [
        f"{begin} ({URLS[0]}, 2020-01-02T03:04:05Z)",
        f"{begin} (which is not named)",
        "no_page: status 304",
    ]
    assert "no_page 3" in told


ADDRESSES = [
    "http://a.example/my page.html",
    "http://a.example/report - 20080305 final.pdf",
    "http://a.example/a 1.2 b",
]


@pytest.mark.parametrize("version", [1, 2])
def test_an_arc_address_may_have_blanks(tmp_path: Path, version: int) -> None:
    path = tmp_path / "a.arc"
    path.write_bytes(ARC_HEAD + b"".join(arc(url, version=version) for url in ADDRESSES))
    assert [(page.url, page.ip) for page in read_warc(path)] == [(url, "192.0.2.7") for url in ADDRESSES]
    path.write_bytes(arc(URLS[0])[40:] + b"".join(arc(url, version=version) for url in ADDRESSES))
    assert [page.url for page in read_warc(path)] == ADDRESSES  # also where they are searched for


class OldBrotli:
    """The `brotli` of brotlipy, which has another decoder."""

    class Decompressor:
        """Has no `is_finished`."""


def test_pages_are_not_blamed_for_a_brotli_that_lacks_a_decoder(
    monkeypatch: pytest.MonkeyPatch, capture: Capture
) -> None:
    decoding._brotli_module.cache_clear()
    monkeypatch.setitem(sys.modules, "_brotli", None)
    monkeypatch.setitem(sys.modules, "brotli", OldBrotli)
    try:
        with pytest.raises(InstallationError, match="pip uninstall brotlipy"):
            decoding.decode(b"x", "br", limit=100)
    finally:
        decoding._brotli_module.cache_clear()


def test_brotli_works_beside_brotlipy(monkeypatch: pytest.MonkeyPatch) -> None:
    import brotli  # type: ignore[import-untyped]

    packed = brotli.compress(HTML)
    decoding._brotli_module.cache_clear()
    monkeypatch.setitem(sys.modules, "brotli", OldBrotli)
    try:
        assert decoding.decode(packed, "br", limit=10_000) == HTML
    finally:
        decoding._brotli_module.cache_clear()


@pytest.mark.skipif(find_spec("wacz") is None, reason="py-wacz is not installed: pip install '.[pack]'")
def test_a_collection_with_brotli_pages_is_packed(
    tmp_path: Path, data: Path, bring: Callable[[bytes], Brought]
) -> None:
    import brotli

    head = HEAD + b"\r\nContent-Encoding: br\r\n\r\n"
    done, _ = bring(b"".join(plain("response", head + brotli.compress(HTML), uri=url) for url in URLS))
    assert (done.captures, done.texts) == (2, 2)
    packed = pack(data, Selection("news"), tmp_path / "a.wacz", software="test")
    assert (packed.pages, [page.url for page in read_warc(packed.path)]) == (2, URLS)
    with zipfile.ZipFile(packed.path) as members:
        listed = [json.loads(line) for line in members.read("pages/pages.jsonl").splitlines()]
    assert all("Odd Marlin" in page["text"] for page in listed[1:])


def test_the_packer_decodes_brotli_in_pieces() -> None:
    import brotli

    packed, decoder = brotli.compress(HTML), BrotliDecoder()
    out = b"".join(decoder.decompress(packed[at : at + 50]) for at in range(0, len(packed), 50))
    assert (out, decoder.unused_data, decoder.flush()) == (HTML, b"", b"")

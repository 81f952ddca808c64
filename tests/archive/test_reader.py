"""Foreign, cut-off and damaged WARC files are read as far as they are whole, within bounds."""

from __future__ import annotations

import gzip
import logging
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from warcio.warcwriter import WARCWriter  # type: ignore[import-untyped]

from archive import ArchiveError, Capture, Collection, read_warc
from archive.warc.scan import Damage, scan

Make = Callable[..., Collection]

PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>one"


def plain(kind: str, block: bytes, *, uri: str = "https://a.example/", **fields: str) -> bytes:
    named = {"WARC-Type": kind, "WARC-Target-URI": uri, "WARC-Date": "2020-01-02T03:04:05Z"}
    named |= {name.replace("_", "-"): value for name, value in fields.items()}
    named.setdefault("Content-Length", str(len(block)))
    head = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return b"WARC/1.0\r\n" + head.encode() + b"\r\n" + block + b"\r\n\r\n"


def read(tmp_path: Path, data: bytes, name: str = "a.warc") -> list[Capture]:
    path = tmp_path / name
    path.write_bytes(data)
    return list(read_warc(path))


@pytest.fixture
def written(tmp_path: Path, open_collection: Make, pages: Callable[[int], list[Capture]]) -> Path:
    """A file of ours with ten captures."""
    with open_collection() as collection:
        for page in pages(10):
            collection.store(page)
    (path,) = (tmp_path / "data").rglob("*.warc.gz")
    return path


def test_an_uncompressed_file_with_other_records_gives_its_responses(tmp_path: Path) -> None:
    data = (
        plain("warcinfo", b"software: x")
        + plain("response", PAGE, uri="<https://a.example/>")
        + plain("request", b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n")
        + plain("response", b"\0\1", uri="dns:a.example")
        + plain("resource", b"<html>", uri="file:a.html", Content_Type="text/html")
        + plain("response", b"not http")
        + plain("response", PAGE, uri="https://a.example/2")
    )
    found = read(tmp_path, data)
    assert [(page.url, page.request_head) for page in found] == [
        ("https://a.example/", b"GET / HTTP/1.1\r\nHost: a.example"),
        ("https://a.example/2", b""),
    ]
    assert (found[0].body, found[0].status, found[0].fetched.isoformat()) == (
        b"<html>one",
        200,
        "2020-01-02T03:04:05+00:00",
    )


def test_a_request_in_front_of_its_response_is_found(tmp_path: Path) -> None:
    request = plain("request", b"GET / HTTP/1.1\r\n\r\n", WARC_Record_ID="<urn:1>")
    other = plain("response", PAGE, uri="https://a.example/other", WARC_Concurrent_To="<urn:9>")
    (first, second) = read(tmp_path, request + other + plain("response", PAGE, WARC_Concurrent_To="<urn:1>"))
    assert (first.request_head, second.request_head) == (b"", b"GET / HTTP/1.1")


def test_one_gzip_stream_around_all_records_is_read(tmp_path: Path) -> None:
    data = plain("response", PAGE) + plain("response", PAGE, uri="https://a.example/2")
    assert len(read(tmp_path, gzip.compress(data), "a.warc.gz")) == 2


def test_a_file_of_warcio_is_read(tmp_path: Path) -> None:
    out = BytesIO()
    writer = WARCWriter(out, gzip=True)
    writer.write_record(
        writer.create_warc_record("http://a.example/", "response", payload=BytesIO(PAGE), length=len(PAGE))
    )
    assert [page.body for page in read(tmp_path, out.getvalue())] == [b"<html>one"]


@pytest.mark.parametrize("body", [b"3\r\none\r\n4\r\n two\r\n0\r\n\r\n", b"one two"])
def test_chunk_framing_is_undone_where_it_was_kept(tmp_path: Path, body: bytes) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert [page.body for page in read(tmp_path, plain("response", head + body))] == [b"one two"]


def test_every_cut_off_file_gives_its_whole_records(tmp_path: Path, written: Path) -> None:
    data = written.read_bytes()
    ends = [
        item.offset + item.length for item in scan(written) if not isinstance(item, Damage) and item.kind == "response"
    ]
    cut = tmp_path / "cut.warc.gz"
    for size in range(ends[0], len(data), len(data) // 23):
        cut.write_bytes(data[:size])
        assert len(list(read_warc(cut))) == sum(end <= size for end in ends)


def test_a_flipped_byte_costs_one_record_and_is_named(
    tmp_path: Path, written: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data = bytearray(written.read_bytes())
    records = [item for item in scan(written) if not isinstance(item, Damage)]
    hurt = [record for record in records if record.kind == "response"][4]
    data[hurt.offset + hurt.length // 2] ^= 0xFF
    path = tmp_path / "hurt.warc.gz"
    path.write_bytes(data)
    with caplog.at_level(logging.WARNING, logger="archive.warc.reader"):
        assert [page.url[-1] for page in read_warc(path)] == [*"0123", *"56789"]
    assert f"damaged at offset {hurt.offset} ({hurt.length} bytes)" in caplog.text


def test_damage_in_an_uncompressed_file_is_passed_over(tmp_path: Path) -> None:
    broken = plain("response", PAGE, Content_Length="many")
    assert len(read(tmp_path, broken + plain("response", PAGE) + b"junk\r\n" * 9 + plain("response", PAGE))) == 2


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x89PNG\r\n\x1a\n" + bytes(5000),
        gzip.compress(b"<html>a page, packed</html>", mtime=0),
        b"WARC/1.0\r\n",
        b"WARC/1.0\r\nContent-Length: -5\r\n\r\n",
        b"WARC/1.0\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        b"WARC/1.0\r\nContent-Length: 999999999999\r\n\r\nshort",
        b"WARC/1.0\r\nX: " + b"a" * 1_000_000,
        b"WARC/1.0\r\n" + b"X: a\r\n" * 200_000,
        gzip.compress(b"WARC/1.0\r\nX: " + bytes(50_000_000), mtime=0),
        gzip.compress(b"WARC/1.0\r\n" + b"\r\n" * 5_000_000, mtime=0),
    ],
)
def test_a_file_that_is_no_warc_is_a_one_line_error(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(ArchiveError, match=r"holds no WARC record|no record in it is whole") as caught:
        read(tmp_path, data)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["absent.warc.gz", "."])
def test_a_path_that_cannot_be_read_is_a_one_line_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(ArchiveError, match="cannot be read"):
        list(read_warc(tmp_path / name))


def test_a_huge_block_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archive.warc.scan.MAX_BLOCK", 1000)
    data = plain("response", PAGE + bytes(5000)) + plain("response", PAGE)
    assert [page.body for page in read(tmp_path, data)] == [b"<html>one"]


def test_a_record_without_date_is_kept_and_one_without_status_passed_over(tmp_path: Path) -> None:
    bad = plain("response", PAGE, WARC_Date="yesterday") + plain("response", b"HTTP/1.1 OK\r\n\r\n")
    undated, dated = read(tmp_path, bad + plain("response", PAGE))
    assert (undated.is_dated, dated.is_dated) == (False, True)

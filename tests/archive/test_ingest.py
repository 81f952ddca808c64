"""Foreign WARC files become captures of ours, once each, within bounds."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from archive import ArchiveError, Catalog, Collection, Imported, import_warc, read_capture, source_info

HTML = b"""<!doctype html><html><head><title>Ferry late</title></head><body><article><h1>Ferry late</h1>
<p>The ferry to Brackwater was late again on Monday, and forty people waited on the quay in the rain for an hour.</p>
<p>The skipper, Odd Marlin, said that the engine had been mended twice this month and would be mended a third time.</p>
<p>The council will talk about a second boat in the spring, if the money that was promised comes before the thaw.</p>
</article></body></html>"""
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nX-Odd-CASE: caf\xe9"
PAGE = HEAD + b"\r\n\r\n" + HTML
CHUNKED = HEAD + b"\r\nTransfer-Encoding: chunked\r\n\r\n" + b"%x\r\n%s\r\n0\r\n\r\n" % (len(HTML), HTML)
Import = Callable[..., Imported]


def plain(kind: str, block: bytes, *, uri: str = "https://a.example/", version: str = "1.0", **fields: str) -> bytes:
    named = {"WARC-Type": kind, "WARC-Target-URI": uri, "WARC-Date": "2020-01-02T03:04:05Z"}
    named |= {name.replace("_", "-"): value for name, value in fields.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in {"Content-Length": str(len(block)), **named}.items())
    return f"WARC/{version}\r\n{head}\r\n".encode() + block + b"\r\n\r\n"


@pytest.fixture
def bring(tmp_path: Path, open_collection: Callable[..., Collection]) -> Import:
    def bring(data: bytes, told: list[str] | None = None, *, cleaning: bool = True) -> Imported:
        path = tmp_path / "foreign.warc"
        path.write_bytes(data)
        with open_collection(info=source_info(path)) as collection:
            return import_warc(path, collection, cleaning=cleaning, on_problem=([] if told is None else told).append)

    return bring


def stored(tmp_path: Path, url: str = "https://a.example/") -> list[tuple[bytes, bytes]]:
    with Catalog(tmp_path / "data" / "catalog.sqlite") as catalog:
        found = [read_capture(tmp_path / "data", r.collection, r.file, r.offset) for r in catalog.captures(url)]
    return [(capture.response_head, capture.body) for capture in found]


@pytest.mark.parametrize("version", ["1.0", "1.1"])
@pytest.mark.parametrize("block", [PAGE, CHUNKED])
def test_a_page_keeps_its_head_and_loses_its_chunks(tmp_path: Path, bring: Import, block: bytes, version: str) -> None:
    done = bring(plain("response", block, version=version))
    assert (done.captures, done.texts, done.problems) == (1, 1, 0)
    assert stored(tmp_path) == [(block.partition(b"\r\n\r\n")[0], HTML)]


def test_the_source_stands_in_the_warcinfo(tmp_path: Path, bring: Import) -> None:
    bring(plain("response", PAGE))
    (path,) = (tmp_path / "data").rglob("*.warc.gz")
    assert b"imported-from: foreign.warc\r\nimported-sha256: " in gzip.decompress(path.read_bytes())


def test_a_second_import_adds_nothing(bring: Import) -> None:
    data = plain("response", PAGE) + plain("response", PAGE, uri="https://a.example/b")
    bring(data)
    done = bring(data)
    assert (done.captures, done.known, done.texts) == (0, 2, 0)


def test_texts_that_an_import_left_out_come_with_the_next(bring: Import) -> None:
    assert bring(plain("response", PAGE), cleaning=False).texts == 0
    assert bring(plain("response", PAGE)).texts == 1


def test_a_revisit_gets_the_body_of_its_original(tmp_path: Path, bring: Import) -> None:
    fields = {"WARC_Refers_To_Target_URI": "https://a.example/", "WARC_Refers_To_Date": "2020-01-02T03:04:05Z"}
    revisit = plain("revisit", HEAD + b"\r\n\r\n", WARC_Date="2021-01-01T00:00:00Z", **fields)
    assert bring(plain("response", PAGE) + revisit).captures == 2
    with Catalog(tmp_path / "data" / "catalog.sqlite") as catalog:
        newest, oldest = catalog.captures("https://a.example/")
    assert newest.payload_digest == oldest.payload_digest


def test_a_revisit_without_its_original_is_told(bring: Import) -> None:
    told: list[str] = []
    assert bring(plain("revisit", HEAD + b"\r\n\r\n"), told).captures == 0
    assert "import the file with the original first" in told[0]


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (plain("response", b"HTTP/1.1 200 OK\r\nX: " + b"a" * 300_000 + b"\r\n\r\n"), "256 KiB of HTTP header"),
        (plain("response", b"SSH-2.0"), "no HTTP status of three digits"),
        (b"WARC/1.0\r\nContent-Length: x\r\n\r\n", "damaged"),
    ],
)
def test_what_is_left_out_is_told_with_its_place(bring: Import, bad: bytes, words: str) -> None:
    told: list[str] = []
    done = bring(plain("response", PAGE) + bad + plain("response", PAGE, uri="https://a.example/b"), told)
    assert (done.captures, done.problems) == (2, 1)
    assert words in told[0]
    assert f"offset {len(plain('response', PAGE))}" in told[0]


def test_a_bomb_is_kept_and_not_cleaned(bring: Import) -> None:
    told: list[str] = []
    body = gzip.compress(bytes(40_000_000))
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n\r\n"
    done = bring(plain("response", head + body), told)
    assert (done.captures, done.texts) == (1, 0)
    assert "larger than" in told[0]


def test_a_file_that_is_no_warc_is_an_error_and_leaves_nothing(tmp_path: Path, bring: Import) -> None:
    with pytest.raises(ArchiveError, match="holds no WARC record"):
        bring(b"<html>")
    assert list((tmp_path / "data").rglob("*.gz")) == []


def test_an_endless_request_is_left_out(tmp_path: Path, bring: Import) -> None:
    request = plain("request", b"GET / HTTP/1.1\r\n" + b"a\r\n" * 100_000 + b"\r\n")
    bring(plain("response", PAGE) + request)
    with Catalog(tmp_path / "data" / "catalog.sqlite") as catalog:
        (row,) = catalog.captures("https://a.example/")
    assert read_capture(tmp_path / "data", row.collection, row.file, row.offset).request_head == b""

"""A payload is stored once: what comes again refers to it, is read with its body, and replays."""

from __future__ import annotations

import gzip
import hashlib
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from archive import (
    ArchiveError,
    Capture,
    CaptureRow,
    Catalog,
    Collection,
    Limits,
    Replay,
    Stored,
    read_capture,
    read_warc,
)
from archive.warc.scan import Record, scan
from cleaners import Article
from tests.support.pywb import needs_pywb

Make = Callable[..., Collection]

NOISE = b"".join(hashlib.sha256(bytes([number])).digest() for number in range(64))
PAGE = gzip.compress(b"<!doctype html><p>The ferry sailed at noon.</p>" + NOISE, mtime=0)
HEAD = b'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\nETag: W/"v1"\r\nX-Serial: 1'


@pytest.fixture
def first(capture: Capture) -> Capture:
    return replace(capture, response_head=HEAD, body=PAGE, request_head=b"GET /news/harbour HTTP/1.1")


def again(capture: Capture, hours: int = 1, **changes: object) -> Capture:
    """Return what the server sends later: the same body under another head."""
    head = capture.response_head.replace(b"X-Serial: 1", b"X-Serial: 2")
    later = replace(capture, fetched=capture.fetched + timedelta(hours=hours), response_head=head)
    return replace(later, **changes)  # type: ignore[arg-type]


def not_modified(capture: Capture, etag: bytes = b'"v1"') -> Capture:
    return again(capture, status=304, response_head=b"HTTP/1.1 304 Not Modified\r\nETag: " + etag, body=b"")


def read(tmp_path: Path, stored: Stored) -> Capture:
    return read_capture(tmp_path / "data", "news", stored.file, stored.offset)


def records(tmp_path: Path) -> list[Record]:
    paths = sorted((tmp_path / "data").rglob("*.warc.gz"))
    return [item for path in paths for item in scan(path) if isinstance(item, Record)]


def row(tmp_path: Path, stored: Stored) -> CaptureRow:
    with Catalog(tmp_path / "data" / "catalog.sqlite") as catalog:
        found = catalog.capture(stored.record_id)
        assert found is not None
        return found


@pytest.mark.parametrize("url", ["https://gazette.example/news/harbour?page=1", "https://gazette.example/other"])
def test_the_same_payload_is_stored_once_for_all_urls(
    tmp_path: Path, open_collection: Make, first: Capture, url: str
) -> None:
    second = again(first, url=url)
    with open_collection() as collection:
        original, repeated = collection.store(first), collection.store(second)
    (revisit,) = (record for record in records(tmp_path) if record.kind == "revisit")
    assert {name: revisit.header(f"WARC-{name}") for name in ("Profile", "Refers-To", "Refers-To-Target-URI")} == {
        "Profile": "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest",
        "Refers-To": f"<{original.record_id}>",
        "Refers-To-Target-URI": first.url,
    }
    assert revisit.header("WARC-Refers-To-Date") == "2026-11-21T16:00:00.123456Z"
    assert revisit.header("WARC-Payload-Digest") == original.payload_digest == repeated.payload_digest
    assert revisit.block == second.response_head + b"\r\n\r\n"
    assert read(tmp_path, repeated) == replace(second, revisit="identical-payload-digest")
    found = row(tmp_path, repeated)
    assert (found.url, found.revisit, found.refers_to) == (url, "identical-payload-digest", original.record_id)
    assert repeated.refers_to == original.record_id


def test_a_revisit_of_a_revisit_refers_to_the_record_with_the_body(open_collection: Make, first: Capture) -> None:
    with open_collection() as collection:
        original = collection.store(first)
        later = [collection.store(again(first, hours)) for hours in (1, 2)]
        unmodified = collection.store(not_modified(again(first, 2)))
    assert {stored.refers_to for stored in [*later, unmodified]} == {original.record_id}


def test_a_304_refers_to_the_earlier_200_and_is_read_with_its_body(
    tmp_path: Path, open_collection: Make, first: Capture
) -> None:
    with open_collection() as collection:
        original = collection.store(first)
        stored = collection.store(not_modified(first))
    (revisit,) = (record for record in records(tmp_path) if record.kind == "revisit")
    assert (revisit.header("WARC-Profile") or "").endswith("/1.1/revisit/server-not-modified")
    assert (revisit.refers_to, revisit.header("WARC-Payload-Digest")) == (original.record_id, original.payload_digest)
    assert revisit.block == b'HTTP/1.1 304 Not Modified\r\nETag: "v1"\r\n\r\n'
    found = read(tmp_path, stored)
    assert (found.status, found.body, found.revisit) == (304, PAGE, "server-not-modified")
    assert found.payload() == gzip.decompress(PAGE)


@pytest.mark.parametrize("asked", [b'"v1"', b'W/"v1"'])
def test_a_304_without_an_etag_refers_to_the_page_whose_etag_it_was_asked_with(
    open_collection: Make, first: Capture, asked: bytes
) -> None:
    newer = again(first, response_head=HEAD.replace(b"v1", b"v2"), body=PAGE[::-1])
    head = b"GET /news/harbour HTTP/1.1\r\nIf-None-Match: " + asked + b"\r\nAccept: */*"
    silent = replace(not_modified(again(first, 2)), response_head=b"HTTP/1.1 304 Not Modified", request_head=head)
    with open_collection() as collection:
        original, _, unmodified = (collection.store(capture) for capture in (first, newer, silent))
    assert unmodified.refers_to == original.record_id


@pytest.mark.parametrize(
    "changes",
    [
        {"body": b"<p>small</p>"},
        {"truncated": "disconnect"},
        {"status": 304, "body": b"", "response_head": b'HTTP/1.1 304 Not Modified\r\nETag: "v2"'},
        {"status": 304, "body": b"", "response_head": b"HTTP/1.1 304 Not Modified", "url": "https://b.example/"},
    ],
)
def test_what_is_not_surely_the_same_is_a_response(
    tmp_path: Path, open_collection: Make, first: Capture, changes: dict[str, object]
) -> None:
    with open_collection() as collection:
        collection.store(first)
        for later in (again(first, **changes), again(first, 2, **changes)):  # type: ignore[arg-type]
            assert collection.store(later).refers_to is None
    assert [record.kind for record in records(tmp_path)].count("response") == 3


def test_another_collection_has_bodies_of_its_own(open_collection: Make, first: Capture) -> None:
    with open_collection() as collection:
        collection.store(first)
    with open_collection("second") as collection:
        assert collection.store(again(first)).refers_to is None


def test_a_body_whose_file_is_gone_is_stored_anew(
    tmp_path: Path, open_collection: Make, first: Capture, pass_seconds: Callable[[float], None]
) -> None:
    with open_collection() as collection:
        collection.store(first)
    next((tmp_path / "data").rglob("*.warc.gz")).unlink()
    pass_seconds(1)  # the next file has another name
    with open_collection() as collection:
        assert collection.store(again(first)).refers_to is None


def test_a_revisit_whose_original_is_gone_is_a_one_line_error(
    tmp_path: Path, open_collection: Make, first: Capture
) -> None:
    with open_collection(limits=Limits(max_bytes=1)) as collection:
        collection.store(first)
        stored = collection.store(again(first))
    sorted((tmp_path / "data").rglob("*.warc.gz"))[0].unlink()
    with pytest.raises(ArchiveError, match="is gone") as caught:
        read(tmp_path, stored)
    assert "\n" not in str(caught.value)
    for path in (tmp_path / "data").glob("catalog.sqlite*"):
        path.unlink()
    with open_collection(), pytest.raises(ArchiveError, match="refers to is not in the catalog"):
        read(tmp_path, stored)


def test_read_warc_yields_a_revisit_with_its_head_and_without_body(
    tmp_path: Path, open_collection: Make, first: Capture
) -> None:
    with open_collection() as collection:
        collection.store(first)
        collection.store(again(first))
    (path,) = (tmp_path / "data").rglob("*.warc.gz")
    assert list(read_warc(path)) == [first, again(first, body=b"", revisit="identical-payload-digest")]


def test_the_text_of_a_revisit_is_the_earlier_text_until_it_says_something_new(
    tmp_path: Path, open_collection: Make, first: Capture, article: Article
) -> None:
    with open_collection() as collection:
        original = collection.store(first)
        text = collection.store_text(original, article)
        repeated = collection.store(again(first))
        found = collection.catalog.article(repeated.record_id)
        assert found is not None
        assert found.record_id == text.record_id
        assert collection.store_text(repeated, article) == replace(text, is_new=False)
        newer = collection.store_text(repeated, replace(article, rules_version="0.1.0+def"))
        assert newer.record_id != text.record_id
        found = collection.catalog.article(repeated.record_id)
        assert found is not None
        assert found.record_id == newer.record_id


def test_rows_of_revisits_built_from_the_files_equal_those_entered_when_storing(
    tmp_path: Path, open_collection: Make, first: Capture
) -> None:
    with open_collection() as collection:
        for page in (first, again(first), not_modified(first)):
            collection.store(page)
        before = collection.catalog.captures(first.url)
    for path in (tmp_path / "data").glob("catalog.sqlite*"):
        path.unlink()
    for path in (tmp_path / "data").rglob("*.warc.gz"):
        path.rename(path.with_name(path.name + ".open"))
    with open_collection() as collection:
        assert collection.catalog.captures(first.url) == before
        assert len(before) == 3


@pytest.mark.parametrize("module", ["warcio.cli", "fastwarc.cli"])
def test_files_with_revisits_pass_the_standard_checkers(
    tmp_path: Path, open_collection: Make, first: Capture, module: str
) -> None:
    with open_collection() as collection:
        for page in (first, again(first), again(first, url="https://gazette.example/other"), not_modified(first)):
            collection.store(page)
    (path,) = (tmp_path / "data").rglob("*.warc.gz")
    command = [sys.executable, "-m", module, "check", str(path)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@needs_pywb
def test_pywb_replays_revisits_with_the_body_that_was_sent(
    tmp_path: Path, open_collection: Make, first: Capture
) -> None:
    other = "https://gazette.example/other"
    pages = [first, again(first), again(first, 2, url=other), not_modified(again(first, 2))]
    with open_collection() as collection:
        for page in pages:
            collection.store(page)
    with Replay(tmp_path / "data") as server:
        for hour, page in enumerate(pages, 16):
            body = replayed(f"http://{server.host}:{server.port}/news/20261121{hour}0000id_/{page.url}")
            assert (hour, body) == (hour, gzip.decompress(PAGE))


def replayed(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=30) as answer:
        body: bytes = answer.read()
        return gzip.decompress(body) if answer.headers["Content-Encoding"] == "gzip" else body

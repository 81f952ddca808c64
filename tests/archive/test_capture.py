"""A capture's head is read as browsers do, and its payload within bounds."""

from __future__ import annotations

import gzip
import importlib
import sys
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import brotli  # type: ignore[import-untyped]
import pytest

from archive import Capture, PayloadError
from archive.warc.capture import MAX_MEMBERS, Payload, payload_type, undo, zstd_module

PAGE = b"<!doctype html><p>caf\xe9</p>" * 50
WHOLE = b"<!doctype html><html><p>caf\xe9</p></html>\n"
BINARY = b"\x89\x00\x01\x02" * 20
RAW_DEFLATE = zlib.compressobj(wbits=-15)


def coded(capture: Capture, coding: str, body: bytes) -> Capture:
    return replace(capture, response_head=b"HTTP/1.1 200 OK\r\nContent-Encoding: " + coding.encode(), body=body)


def zstd(data: bytes) -> bytes:
    module = importlib.import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")
    return bytes(module.compress(data))


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(PAGE, mtime=0)),
        ("X-GZIP", gzip.compress(PAGE[:100], mtime=0) + gzip.compress(PAGE[100:], mtime=0)),
        ("gzip", gzip.compress(PAGE, mtime=0) + b"\0\0"),
        ("deflate", zlib.compress(PAGE)),
        ("deflate", RAW_DEFLATE.compress(PAGE) + RAW_DEFLATE.flush()),
        ("br", brotli.compress(PAGE)),
        ("zstd", zstd(PAGE)),
        ("deflate, gzip", gzip.compress(zlib.compress(PAGE), mtime=0)),
        ("identity", PAGE),
        ("gzip", PAGE),
    ],
)
def test_payload_undoes_the_content_coding(capture: Capture, coding: str, body: bytes) -> None:
    assert coded(capture, coding, body).payload() == PAGE


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(PAGE, mtime=0)[:-9]),
        ("gzip", gzip.compress(PAGE, mtime=0)[:12] + b"\0" * 30),
        ("br", brotli.compress(PAGE)[:-3]),
        ("br", BINARY),
        ("zstd", zstd(PAGE)[:-3]),
        ("compress", BINARY),
        ("deflate", gzip.compress(PAGE, mtime=0)[:40]),
        ("gzip," * 9, PAGE),
    ],
)
def test_a_body_that_is_not_what_its_header_says_is_an_error(capture: Capture, coding: str, body: bytes) -> None:
    with pytest.raises(PayloadError):
        coded(capture, coding, body).payload()


def packed(page: bytes = PAGE) -> bytes:
    return gzip.compress(page, mtime=0)


def flushed(page: bytes) -> bytes:
    """Return a gzip body whose server flushed its last piece and broke off."""
    packer = zlib.compressobj(wbits=31)
    return packer.compress(page) + packer.flush(zlib.Z_SYNC_FLUSH)


MENDED = {
    "plain, called gzip": ("gzip", PAGE, "wrong-coding"),
    "plain, called brotli": ("br", PAGE, "wrong-coding"),
    "plain, called deflate": ("deflate", PAGE, "wrong-coding"),
    "plain, called zstd": ("zstd", PAGE, "wrong-coding"),
    "plain, called by its charset": ("UTF-8", PAGE, "wrong-coding"),
    "plain, called by a coding nobody has": ("compress", PAGE, "wrong-coding"),
    "gzip, called brotli": ("br", packed(), "wrong-coding"),
    "gzip, called deflate": ("deflate", packed(), "wrong-coding"),
    "gzip, called by its charset": ("utf-8", packed(), "wrong-coding"),
    "deflate, called gzip": ("gzip", zlib.compress(PAGE), "wrong-coding"),
    "zstd, called gzip": ("gzip", zstd(PAGE), "wrong-coding"),
    "gzip, called nothing": ("", packed(), "wrong-coding"),
    "twice gzip, called once": ("gzip", packed(packed()), "wrong-coding"),
    "once gzip, called twice": ("gzip, gzip", packed(), "wrong-coding"),
    "gzip behind blank lines": ("gzip", b"\r\n\n" + packed(), "wrong-coding"),
    "gzip without its trailer": ("gzip", packed()[:-8], "wrong-length"),
    "gzip with half its trailer": ("gzip", packed()[:-4], "wrong-length"),
    "gzip with another check sum": ("gzip", packed()[:-8] + b"abcd" + packed()[-4:], "wrong-length"),
    "gzip that was never ended": ("gzip", flushed(WHOLE), "wrong-length"),
    "a broken member behind the last": ("gzip", packed() + packed()[:10] + b"\xff" * 9, "wrong-length"),
}


@pytest.mark.parametrize(("coding", "body", "flag"), MENDED.values(), ids=MENDED)
def test_a_page_with_a_wrong_coding_or_length_is_read_and_flagged(
    capture: Capture, coding: str, body: bytes, flag: str
) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: " + coding.encode()
    found = replace(capture, response_head=head, body=body).decoded()
    assert found.data in (PAGE, WHOLE)
    assert found.flags == (flag,)


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", packed()),
        ("gzip", packed(PAGE[:100]) + packed(PAGE[100:])),
        ("gzip", packed(PAGE[:100]) + b"\0\0\0" + packed(PAGE[100:])),
        ("gzip", packed() + b"padding"),
        ("deflate", zlib.compress(PAGE)),
    ],
)
def test_a_right_coding_is_no_flag(capture: Capture, coding: str, body: bytes) -> None:
    found = coded(capture, coding, body).decoded()
    assert (found.data, found.flags, found.is_whole) == (PAGE, (), True)


@pytest.mark.parametrize("body", [packed(PAGE[:100]) + packed(PAGE[100:])[:-20], packed()[:40]])
def test_half_a_page_is_not_taken_for_all_of_it(capture: Capture, body: bytes) -> None:
    with pytest.raises(PayloadError) as caught:
        coded(capture, "gzip", body).payload()
    assert caught.value.is_cut


@pytest.mark.parametrize(
    ("coding", "body", "whole"),
    [
        ("gzip", packed(), True),
        ("gzip", packed()[:-8], True),
        ("gzip", flushed(WHOLE), True),
        ("gzip", flushed(PAGE), False),
        ("gzip", packed()[:40], False),
        ("", WHOLE, True),
        ("", WHOLE + b"<!-- cached at noon -->\n", True),
        ("", PAGE, False),
        ("", WHOLE + b"<!-- cached at", False),
    ],
)
def test_the_end_of_a_coding_or_of_the_document_says_that_a_cut_page_is_whole(
    capture: Capture, coding: str, body: bytes, whole: bool
) -> None:
    found = replace(coded(capture, coding, body), truncated="disconnect").decoded()
    assert found.is_whole == whole
    assert found.flags == (("wrong-length",) if whole else ())


def test_a_download_that_is_packed_stays_packed(capture: Capture) -> None:
    assert replace(coded(capture, "", packed()), response_head=b"HTTP/1.1 200 OK").payload() == packed()


@pytest.mark.parametrize(
    ("coding", "pack"), [("gzip", gzip.compress), ("br", brotli.compress), ("deflate", zlib.compress), ("zstd", zstd)]
)
def test_a_bomb_stops_at_the_limit(capture: Capture, coding: str, pack: Callable[[bytes], bytes]) -> None:
    bomb = coded(capture, coding, pack(bytes(20_000_000)))
    with pytest.raises(PayloadError, match="larger than 1,000,000 bytes"):
        bomb.payload(1_000_000)
    assert bomb.payload_start(100) == bytes(100)


def test_a_truncated_capture_gives_what_can_be_read(capture: Capture) -> None:
    cut = coded(capture, "gzip", gzip.compress(PAGE, mtime=0)[:-8])
    assert replace(cut, truncated="disconnect").payload() == PAGE


def test_headers_are_read_case_blind_first_one_first(capture: Capture) -> None:
    assert capture.header("set-cookie") == "a=1"
    assert capture.header("X-WEIRD-case") == "café"
    assert capture.header("absent") is None
    assert (capture.content_type, capture.charset) == ("text/html", "ISO-8859-1")


def test_control_characters_do_not_leave_a_header(capture: Capture) -> None:
    evil = replace(capture, response_head=b'HTTP/1.1 200 OK\r\nContent-Type: text/html\x1b[31m;\0charset="utf-8"')
    assert (evil.content_type, evil.charset) == ("text/html[31m", "utf-8")


def test_a_time_without_zone_is_refused(capture: Capture) -> None:
    with pytest.raises(ValueError, match="aware"):
        replace(capture, fetched=datetime(2026, 11, 21))


@pytest.mark.parametrize(
    ("start", "name"),
    [
        (b"\xef\xbb\xbf\n<!-- x --><HTML lang=en>", "text/html"),
        ("<html>".encode("utf-16"), "text/html"),
        (b"<?xml version='1.0'?><!-- x --><feed xmlns='a'>", "application/atom+xml"),
        (b"<?xml version='1.0'?><urlset>", "application/xml"),
        (b"%PDF-1.7", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n\0\0", "image/png"),
        (b'{"a": 1}', "application/json"),
        (b"User-agent: *", "text/plain"),
        (b"\0\1\2", "application/octet-stream"),
        (b"", None),
    ],
)
def test_payload_type_is_what_the_bytes_are(start: bytes, name: str | None) -> None:
    assert payload_type(start) == name


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_body_longer_than_one_step_ends_where_it_ends(coding: str) -> None:
    body = b"<p>" + bytes(range(256)) * 1000
    packed = gzip.compress(body) if coding == "gzip" else zlib.compress(body)
    assert undo(packed, coding, limit=1 << 20) == Payload(body)


def test_members_of_a_body_are_joined_and_too_many_are_refused() -> None:
    assert undo(gzip.compress(b"one ") + gzip.compress(b"two") + bytes(9), "gzip", limit=100) == Payload(b"one two")
    with pytest.raises(PayloadError, match="more than 10,000 gzip members"):
        undo(gzip.compress(b"") * (MAX_MEMBERS + 1), "gzip", limit=100)


def test_too_many_frames_of_a_body_are_refused() -> None:
    zstd = zstd_module()
    assert undo(zstd.compress(b"one ") + zstd.compress(bytes(200_000)), "zstd", limit=1 << 20).data[:5] == b"one \0"
    with pytest.raises(PayloadError, match="more than 10,000 zstd frames"):
        undo(zstd.compress(b"") * (MAX_MEMBERS + 1), "zstd", limit=100)

"""WARC files made to do harm: bounded memory and time, an error of one line or a damage, and never a crash."""

from __future__ import annotations

import gzip
import logging
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from archive import ArchiveError, Capture, Collection, PayloadError, read_capture, read_warc
from archive.files.layout import locate
from archive.warc.scan import Damage, Record, scan

pytestmark = pytest.mark.slow

HEAD = (
    "WARC/1.0\r\nWARC-Type: {}\r\nWARC-Target-URI: {}\r\nWARC-Date: 2020-01-02T03:04:05Z\r\nContent-Length: {}\r\n\r\n"
)
BOMB = 300_000_000
MEMORY = 96 << 20
"""Three times the decoded payload that a capture may give; a bomb would take 300 MB."""


def record(block: bytes, *, kind: str = "response", uri: str = "http://a.example/", length: int | None = None) -> bytes:
    head = HEAD.format(kind, uri, len(block) if length is None else length)
    return head.encode() + block + b"\r\n\r\n"


def packed_zeros(count: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join(packer.compress(bytes(1 << 20)) for _ in range(count >> 20)) + packer.flush()


@contextmanager
def little_memory() -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < MEMORY
    finally:
        tracemalloc.stop()


def read(path: Path, data: bytes) -> list[Capture]:
    """Return what is read of a file; nothing where the reader says that it is no WARC file."""
    path.write_bytes(data)
    try:
        return list(read_warc(path))
    except ArchiveError:
        return []


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_gzip_in_gzip_stays_small(tmp_path: Path, layers: int) -> None:
    body = packed_zeros(BOMB)
    for _ in range(layers - 1):
        body = gzip.compress(body)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: " + b", ".join([b"gzip"] * layers) + b"\r\n\r\n"
    with little_memory():
        (found,) = read(tmp_path / "a.warc.gz", gzip.compress(record(head + body)))
        with pytest.raises(PayloadError, match="larger than"):
            found.payload()


def test_a_record_that_is_a_bomb_is_passed_over(tmp_path: Path) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    size = BOMB >> 20 << 20
    data = packer.compress(record(b"", length=size)[:-4])
    data += b"".join(packer.compress(bytes(1 << 20)) for _ in range(size >> 20)) + packer.compress(b"\r\n\r\n")
    data += packer.flush() + gzip.compress(record(b"HTTP/1.1 200 OK\r\n\r\nafter"))
    with little_memory():
        assert [found.body for found in read(tmp_path / "a.warc.gz", data)] == [b"after"]


def fake_members(count: int) -> bytes:
    """Return beginnings of gzip members that lie in each other, all ending where 100 MB of zeros begin."""
    claim = b"WARC/1.0\r\nContent-Length: 999999999\r\n\r\n"
    one = 15 + len(claim)
    data = b""
    for number in range(count):
        left = (count - number) * one - 15
        stored = left.to_bytes(2, "little") + (left ^ 0xFFFF).to_bytes(2, "little")
        data += b"\x1f\x8b\x08\0\0\0\0\0\0\x03\0" + stored + claim
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return data + packer.compress(bytes(100_000_000)) + packer.flush()


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("a.warc", lambda: b"WARC/1.0\r\nContent-Length: 999999999\r\n\r\n" * 100_000),
        ("a.warc", lambda: b"WARC/1.0\r\n" * 50_000),
        ("a.warc.gz", lambda: b"\x1f\x8b\x08" * 200_000),
        ("a.warc.gz", lambda: fake_members(1_000)),
        ("a.warc.gz", lambda: gzip.compress(b"") * 50_000),
    ],
    ids=["claims", "starts", "magic", "members", "empty-members"],
)
def test_beginnings_that_claim_the_rest_cost_no_square_of_the_file(
    tmp_path: Path, name: str, make: Callable[[], bytes], caplog: pytest.LogCaptureFixture
) -> None:
    # without the bound the first took minutes: the test's own time is the check
    with caplog.at_level(logging.CRITICAL):
        assert read(tmp_path / name, make()) == []


def test_what_is_given_up_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.warc"
    path.write_bytes(record(b"HTTP/1.1 200 OK\r\n\r\n") + b"WARC/1.0\r\nContent-Length: 999999999\r\n\r\n" * 100_000)
    *_, last = scan(path)
    assert isinstance(last, Damage)
    assert last.offset + last.length == path.stat().st_size
    assert "the rest was not searched" in last.reason


@pytest.mark.parametrize(
    "chunks",
    [
        b"FFFFFFFFFFFF\r\nab",
        b"-5\r\nabc\r\n0\r\n\r\n",
        b"\r\n" * 999,
        b"zz\r\n",
        b"1" * 99_999,
        b"5\r\nab",
        b" \r\n",
        b"\0",
    ],
)
def test_chunk_framing_that_is_wrong_gives_a_body_and_no_crash(tmp_path: Path, chunks: bytes) -> None:
    block = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks
    (found,) = read(tmp_path / "a.warc", record(block))
    assert len(found.body) <= len(chunks)


@pytest.mark.parametrize("zipped", [False, True])
def test_a_file_cut_off_anywhere_is_read_as_far_as_it_is_whole(
    tmp_path: Path, zipped: bool, caplog: pytest.LogCaptureFixture
) -> None:
    records = [record(b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n%d" % n, uri=f"http://a.example/{n}") for n in range(3)]
    whole = [gzip.compress(one) if zipped else one for one in records]
    # the two line ends behind an uncompressed record's block are not missed
    ends = [sum(map(len, whole[: n + 1])) - (0 if zipped else 4) for n in range(3)]
    data = b"".join(whole)
    path = tmp_path / ("a.warc.gz" if zipped else "a.warc")
    with caplog.at_level(logging.CRITICAL):
        for size in range(len(data)):
            assert len(read(path, data[:size])) == sum(end <= size for end in ends)


NAMES = ["../../../etc/passwd", "/etc/passwd", "..", "a/../../b", "C:\\x", "a\0b", "%2e%2e/x", "x" * 5000]


@pytest.mark.parametrize("name", NAMES)
def test_no_name_in_a_record_becomes_a_path(
    tmp_path: Path, open_collection: Callable[..., Collection], name: str
) -> None:
    block = b"HTTP/1.1 200 OK\r\nContent-Disposition: attachment; filename=" + name.encode() + b"\r\n\r\nx"
    data = record(b"", kind="warcinfo").replace(b"WARC-Type", b"WARC-Filename: " + name.encode() + b"\r\nWARC-Type")
    (found,) = read(tmp_path / "a.warc", data + record(block, uri="http://a.example/" + name))
    with open_collection() as collection:
        stored = collection.store(found)
    outside = {path.name for path in tmp_path.iterdir()} - {"a.warc", "data"}
    folders = {path.parent.name for path in (tmp_path / "data" / "collections").rglob("*") if path.is_file()}
    assert (outside, folders - {"news", "archive", "indexes"}) == (set(), set())
    assert read_capture(tmp_path / "data", "news", stored.file, stored.offset).body == b"x"
    with pytest.raises(ArchiveError):
        locate(tmp_path, name)


def test_ids_and_profiles_of_any_shape_are_read(tmp_path: Path) -> None:
    head = record(b"HTTP/1.1 200 OK\r\n\r\n", kind="revisit")
    for line in ("WARC-Profile: ///", "WARC-Profile:", "WARC-Refers-To: <<>", "WARC-Record-ID: \0", "WARC-Date: 9999"):
        (tmp_path / "a.warc").write_bytes(head.replace(b"WARC-Type", line.encode() + b"\r\nWARC-Type", 1))
        assert all(isinstance(item, Record) for item in scan(tmp_path / "a.warc"))
        list(read_warc(tmp_path / "a.warc"))

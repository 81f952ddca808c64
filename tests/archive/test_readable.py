"""The writer and every reader have the same limits: what is stored is read back, and nothing else is stored."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from archive import (
    ArchiveError,
    Capture,
    Catalog,
    Collection,
    Rebuilder,
    UnreadableError,
    Verifier,
    head_problem,
    import_warc,
    read_capture,
    read_text,
    stored_head,
)
from archive.warc.reader import MAX_HTTP_HEAD
from archive.warc.records import digest, received_head, record
from cleaners import Article
from tests.archive.conftest import START

OK = b"HTTP/1.1 200 OK"
LINES = (b"a:b", b"X-Long: " + b"y" * 7000, b"Transfer-Encoding: x", b"no colon", b"caf\xe9: \x00\x1b", b"\rx: y\r")


def head(size: int, line: bytes) -> bytes:
    """Return a head of up to so many bytes as it is stored, of lines like this one."""
    taken = len(stored_head(OK + b"\r\n" + line)) - len(OK)
    return OK + (b"\r\n" + line) * ((size - len(OK)) // taken)


HEADS = [
    *(head(size, line) for size in (MAX_HTTP_HEAD // 4, MAX_HTTP_HEAD // 4 + 100, MAX_HTTP_HEAD) for line in LINES),
    *(head(2 * MAX_HTTP_HEAD, line) for line in LINES),
    *(OK.replace(b"200", status) for status in (b"0", b"00", b"+20", b"0200", b"2_0", b"abc", b"", b"099", b"999")),
    b"ICY 200 OK", b"", b"\r\n\r\n", b"\r\n" + OK, OK + b"\n\nX: a\n", OK + b"\r\r\nX: a\r\r\n\r\r\n", b" " + OK,
]  # fmt: skip


@pytest.mark.parametrize("received", HEADS, ids=lambda received: f"{len(received)}-{received[:24]!r}")
def test_a_capture_is_read_back_as_it_was_stored_or_is_not_stored(
    received: bytes, open_collection: Callable[..., Collection], capture: Capture, data: Path
) -> None:
    first = stored_head(received).partition(b"\r\n")[0].split()
    status = int(first[1]) if len(first) > 1 and first[1].isdigit() else 0
    hostile = replace(capture, response_head=received, status=status)
    with open_collection() as collection:
        collection.store(capture)
        stored = None
        if problem := head_problem(stored_head(received)):
            with pytest.raises(UnreadableError) as refused:
                collection.store(hostile)
            assert str(refused.value) == f"{capture.url}: {problem}: not stored"
        else:
            stored = collection.store(hostile)
    if stored:
        found = read_capture(data, "news", stored.file, stored.offset)
        assert (found.status, found.body, found.request_head) == (status, capture.body, b"GET" + found.request_head[3:])
        assert found.response_head == received_head(stored_head(received))
    assert list(Verifier(data, full=True).findings()) == []
    assert list(Rebuilder(data).findings()) == []
    with Catalog(data / "catalog.sqlite") as catalog:
        assert len(catalog.captures(capture.url)) == 1 + bool(stored)


def test_a_head_up_to_the_limit_is_stored_and_one_above_is_not() -> None:
    largest = OK + b"\r\nX: " + b"a" * (MAX_HTTP_HEAD - len(OK) - 5)
    assert head_problem(stored_head(largest)) is None
    assert "more than 256 KiB" in (head_problem(stored_head(largest + b"a")) or "")


@pytest.mark.parametrize("field", ["url", "ip", "cipher"])
def test_a_record_header_that_no_reader_takes_is_not_written(
    field: str, open_collection: Callable[..., Collection], capture: Capture, data: Path
) -> None:
    hostile = replace(capture, **{field: "https://a.example/" + "é" * 70_000})  # type: ignore[arg-type]
    with open_collection() as collection:
        stored = collection.store(capture)
        with pytest.raises(UnreadableError, match="a record header that no reader takes: not stored"):
            collection.store(hostile)
        collection.store(replace(capture, url="https://gazette.example/after"))
        with pytest.raises(ArchiveError):
            read_capture(data, "news", stored.file, stored.offset + 1)
    assert list(Verifier(data, full=True).findings()) == []


TEXTS = ["", "\0", "\ud800", "a\r\n\r\nWARC/1.1\r\n", "x" * 1_000_000]


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_a_text_is_read_back_as_it_was_stored(
    text: str, open_collection: Callable[..., Collection], capture: Capture, article: Article, data: Path
) -> None:
    with open_collection() as collection:
        stored = collection.store_text(
            collection.store(capture), replace(article, text=text, title=text[:1000], blocks=())
        )
    found = read_text(data, "news", stored.file, stored.offset)
    assert found.text == text.encode("utf-8", "replace").decode()
    assert list(Rebuilder(data).findings()) == []


@pytest.fixture
def unreadable(open_collection: Callable[..., Collection], capture: Capture, article: Article, data: Path) -> Path:
    """A data root with a whole record that no command takes for a capture, and one without its text's metadata."""
    with open_collection() as collection:
        text = collection.store_text(collection.store(capture), article)
    raw = next((data / "collections/news/archive").iterdir())
    block = b"HTTP/1.1 0 None\r\n\r\nbody"
    kind = "application/http; msgtype=response"
    url = ("WARC-Target-URI", "https://gazette.example/zero")
    with raw.open("ab") as file:
        file.write(
            record(
                "response",
                "urn:uuid:zero",
                START,
                block,
                content_type=kind,
                fields=[url],
                payload_digest=digest(b"body"),
            )
        )
    path = data / "collections/news/text" / text.file
    with path.open("ab") as file:
        file.write(record("conversion", "urn:uuid:alone", START, b"Alone.", content_type="text/plain", fields=[url]))
    return data


def test_what_a_rebuild_leaves_out_is_named_and_verify_does_not_advise_to_restore_it(unreadable: Path) -> None:
    left_out = [finding for finding in Rebuilder(unreadable).findings() if "sha256" not in finding.problem]
    reasons = ("no HTTP status of three digits", "a text whose metadata record is missing or damaged")
    assert [finding.problem for finding in left_out] == [f"{reason}: left out" for reason in reasons]
    assert {finding.url for finding in left_out} == {"https://gazette.example/zero"}
    advice = "no command can read this record, and `pressclip archive rebuild` leaves it out"
    found = [finding for finding in Verifier(unreadable).findings() if "index" not in finding.problem]
    assert [finding.problem for finding in found] == [f"{reason}: {advice}" for reason in reasons]


def test_an_import_names_what_would_outgrow_the_limit_when_it_is_stored(
    open_collection: Callable[..., Collection], tmp_path: Path
) -> None:
    received = OK + b"\r\nTransfer-Encoding: x" * 10_000
    assert head_problem(received) is None
    assert head_problem(stored_head(received)) is not None
    kind, url = "application/http; msgtype=response", ("WARC-Target-URI", "https://gazette.example/a")
    block = received + b"\r\n\r\nbody"
    path = tmp_path / "a.warc"
    path.write_bytes(gzip.decompress(record("response", "urn:uuid:a", START, block, content_type=kind, fields=[url])))
    problems: list[str] = []
    with open_collection() as collection:
        done = import_warc(path, collection, cleaning=False, on_problem=problems.append)
    assert (done.problems, len(problems)) == (1, 1)
    assert "more than 256 KiB of HTTP header: not stored" in problems[0]

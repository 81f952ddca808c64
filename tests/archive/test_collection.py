"""What is stored is there: byte for byte, for standard tools, after rotation, and with several writers."""

from __future__ import annotations

import gzip
import itertools
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from archive import ArchiveError, Capture, Catalog, Collection, Limits, read_capture, read_text, read_warc
from cleaners import Article

Make = Callable[..., Collection]
Pass = Callable[[float], None]

ID = "00000000-0000-0000-0001-{:012}"
RESPONSE = (
    b"WARC/1.1\r\n"
    b"WARC-Type: response\r\n"
    b"WARC-Record-ID: <urn:uuid:00000000-0000-0000-0001-000000000003>\r\n"
    b"WARC-Date: 2026-11-21T16:00:00.123456Z\r\n"
    b"WARC-Target-URI: https://gazette.example/news/harbour?page=1\r\n"
    b"WARC-Warcinfo-ID: <urn:uuid:00000000-0000-0000-0001-000000000002>\r\n"
    b"WARC-IP-Address: 192.0.2.7\r\n"
    b"WARC-Protocol: http/1.1\r\n"
    b"WARC-Protocol: tls/1.3\r\n"
    b"WARC-Cipher-Suite: TLS_AES_128_GCM_SHA256\r\n"
    b"WARC-Identified-Payload-Type: text/html\r\n"
    b"WARC-Block-Digest: sha1:UBFQZUBALDNTAEWTI7TSWGYH2U6WOJYV\r\n"
    b"WARC-Payload-Digest: sha1:KZZBWFGMAVSMN4GQT4ZOP4SGSSZ4X5MZ\r\n"
    b"Content-Type: application/http; msgtype=response\r\n"
    b"Content-Length: 268\r\n"
    b"\r\n"
    b"HTTP/1.1 200 All Fine\r\n"
    b"X-weird-CASE: caf\xe9\r\n"
    b"Set-Cookie: a=1\r\n"
    b"Set-Cookie: b=2\r\n"
    b"no colon here\r\n"
    b"Content-Type: text/html; charset=ISO-8859-1\r\n"
    b"X-Archive-Orig-Transfer-Encoding: chunked\r\n"
    b'ETag: "v1"\r\n'
    b"\r\n"
    b"<!doctype html><title>Harbour</title><p>The ferry sailed at caf\xe9 time.</p>"
    b"\r\n\r\n"
)


def files(tmp_path: Path, suffix: str) -> list[Path]:
    return sorted((tmp_path / "data" / "collections").rglob(f"*{suffix}"))


def test_the_response_record_is_these_bytes(tmp_path: Path, open_collection: Make, capture: Capture) -> None:
    with open_collection() as collection:
        stored = collection.store(capture)
    (path,) = files(tmp_path, ".warc.gz")
    member = path.read_bytes()[stored.offset :][: stored.length]
    assert gzip.decompress(member) == RESPONSE


def test_two_runs_with_the_same_clock_and_ids_write_the_same_bytes(
    tmp_path: Path, clock: Callable[[], datetime], capture: Capture, article: Article
) -> None:
    written = []
    for run in ("one", "two"):
        ids = (ID.format(number) for number in itertools.count(1))
        with Collection(
            tmp_path / run, software="s/1", rules_version="r", now=clock, new_id=ids.__next__
        ) as collection:
            collection.store_text(collection.store(capture), article)
        written.append({path.name: path.read_bytes() for path in (tmp_path / run).rglob("*.gz")})
    assert len(written[0]) == 2
    assert written[0] == written[1]


def test_a_capture_is_read_as_it_was_stored_but_for_the_cookie(
    tmp_path: Path, open_collection: Make, capture: Capture
) -> None:
    with open_collection() as collection:
        stored = collection.store(capture)
        while_open = read_capture(tmp_path / "data", "news", stored.file, stored.offset)
    expected = replace(capture, request_head=capture.request_head.replace(b"session=secret", b"[redacted]"))
    assert while_open == expected
    assert read_capture(tmp_path / "data", "news", stored.file, stored.offset) == expected
    assert list(read_warc(files(tmp_path, ".warc.gz")[0])) == [expected]


def test_cookies_and_credentials_of_requests_are_not_stored(
    tmp_path: Path, open_collection: Make, capture: Capture
) -> None:
    secret = b"Cookie: key=1\r\nAUTHORIZATION: Basic key\r\n\tfolded key\r\nProxy-Authorization:key\r\nX-A: 1"
    with open_collection() as collection:
        stored = collection.store(replace(capture, request_head=b"GET / HTTP/1.1\r\n" + secret))
    (path,) = files(tmp_path, ".warc.gz")
    assert b"key" not in gzip.decompress(path.read_bytes())
    assert read_capture(tmp_path / "data", "news", stored.file, stored.offset).request_head.endswith(b"\r\nX-A: 1")


def test_files_pass_warcio_check(tmp_path: Path, open_collection: Make, capture: Capture, article: Article) -> None:
    odd = [
        capture,
        replace(
            capture, body=gzip.compress(b"<html>packed"), response_head=b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip"
        ),
        replace(capture, status=204, body=b"", response_head=b"HTTP/1.1 204 No Content"),
        replace(capture, truncated="length", body=b"\r\n\r\nhalf a p", tls=None, cipher=None, ip=None),
        replace(capture, response_head=b"HTTP/1.0 200\r\n \r\nA: b", request_head=b""),
        replace(capture, url="https://gazette.example/a\r\nWARC-Type: x é\udc80", ip="192.0.2.1\r\nX: y"),
    ]
    with open_collection() as collection:
        for one in odd:
            collection.store_text(collection.store(one), article)
        collection.store_text(collection.store(capture), Article(text=""))
    found = files(tmp_path, ".gz")
    checked = subprocess.run([sys.executable, "-m", "warcio.cli", "check", *found], capture_output=True, check=False)
    assert (checked.returncode, checked.stdout) == (0, b"")
    assert [len(list(read_warc(path))) for path in found if path.name.endswith(".warc.gz")] == [7]


def test_text_and_metadata_lie_in_a_file_of_the_same_stem(
    tmp_path: Path, open_collection: Make, capture: Capture, article: Article
) -> None:
    with open_collection() as collection:
        stored = collection.store(capture)
        text = collection.store_text(stored.record_id, article)
    assert text.file == stored.file.removesuffix(".warc.gz") + ".0.1.0+abc.wet.gz"
    found = read_text(tmp_path / "data", "news", text.file, text.offset)
    assert (found.text, found.capture_id, found.url) == (article.text, stored.record_id, stored.url)
    assert found.metadata["removals"] == [
        {"rule": "dom/share-bar", "stage": "dom", "text": "Share this", "where": "/html/body/div[2]"}
    ]
    assert found.metadata["software"] == "pressclip/0.1.0"
    assert not {"text", "blocks"} & found.metadata.keys()
    assert found.length == text.length


def test_a_text_for_an_unknown_record_id_is_refused(open_collection: Make, article: Article) -> None:
    with open_collection() as collection, pytest.raises(ArchiveError, match="no capture with this record id"):
        collection.store_text("urn:uuid:nobody", article)


def test_files_rotate_by_size_and_each_begins_with_warcinfo(
    tmp_path: Path, open_collection: Make, pages: Callable[[int], list[Capture]]
) -> None:
    with open_collection(limits=Limits(max_bytes=5000)) as collection:
        largest = max(collection.store(page).length for page in pages(20))
    found = files(tmp_path, ".warc.gz")
    assert [path.name.split("-")[2] for path in found] == [f"{serial:05}" for serial in range(len(found))]
    assert len(found) > 3
    assert all(path.stat().st_size < 5000 + 2 * largest for path in found)
    for path in found:
        assert b"WARC-Type: warcinfo" in gzip.decompress(path.read_bytes())[:40]
    assert sum(len(list(read_warc(path))) for path in found) == 20


def test_files_rotate_by_age_and_a_text_follows_its_time(
    tmp_path: Path, pass_seconds: Pass, open_collection: Make, capture: Capture, article: Article
) -> None:
    with open_collection(limits=Limits(max_age_seconds=60)) as collection:
        first = collection.store(capture)
        pass_seconds(59)
        assert collection.store(capture).file == first.file
        pass_seconds(1)
        late = collection.store_text(first, article)
        assert collection.store(capture).file != first.file
    assert not files(tmp_path, ".open")
    assert read_text(tmp_path / "data", "news", late.file, late.offset).capture_id == first.record_id


def test_nothing_is_left_when_nothing_was_stored(tmp_path: Path, open_collection: Make) -> None:
    with open_collection():
        pass
    assert files(tmp_path, ".gz") == files(tmp_path, ".open") == []


@pytest.mark.parametrize("name", ["", "News", "../up", "a/b", "-a", "a" * 65, "a\n", "a.b"])
def test_a_collection_name_that_is_no_folder_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ArchiveError, match="not a collection name"):
        Collection(tmp_path, name, software="s", rules_version="r")


@pytest.mark.parametrize("file", ["../../secret", "/etc/passwd", "a/../b", "", "absent.warc.gz"])
def test_only_archive_files_are_read(tmp_path: Path, file: str) -> None:
    with pytest.raises(ArchiveError):
        read_capture(tmp_path, "news", file, 0)


def test_a_folder_that_cannot_be_made_is_a_one_line_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with (
        pytest.raises(ArchiveError, match=r"cannot be written \(Not a directory\): free space") as caught,
        Collection(tmp_path / "file", software="s", rules_version="r"),
    ):
        pass
    assert "\n" not in str(caught.value)


def test_storing_outside_with_is_refused(open_collection: Make, capture: Capture) -> None:
    with pytest.raises(ArchiveError, match="enter it with `with`"):
        open_collection().store(capture)


WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from archive import Capture, Collection, Limits
from cleaners import Article

with Collection(Path(sys.argv[1]), software="s/1", rules_version="r", limits=Limits(max_bytes=20_000)) as collection:
    for number in range(60):
        page = Capture(f"https://{sys.argv[2]}.example/{number}", datetime.now(UTC), 200, b"HTTP/1.1 200 OK", b"x", b"")
        collection.store_text(collection.store(page), Article(text=f"page {number}"))
"""


@pytest.mark.slow
def test_two_processes_write_one_collection(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(tmp_path / "data")]
    running = [subprocess.Popen([*command, host], stderr=subprocess.PIPE) for host in ("a", "b")]
    assert [process.communicate()[1] for process in running] == [b"", b""]
    assert sum(len(list(read_warc(path))) for path in files(tmp_path, ".warc.gz")) == 120
    with Catalog(tmp_path / "data" / "catalog.sqlite") as catalog:
        assert len(catalog.search("page", limit=200)) == 120
        assert all(len(catalog.captures(f"https://{host}.example/{n}")) == 1 for host in "ab" for n in range(60))

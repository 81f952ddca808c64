"""What other people's programs make of our files: they find no fault, and replay what the server sent."""

from __future__ import annotations

import gzip
import importlib.util
import json
import subprocess
import sys
import urllib.request
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from archive import Capture, Collection, Replay, Selection, SigningKey, WaczCheck, pack
from archive.exchange.replay import write_missing_indexes
from cleaners import Article
from tests.support.pywb import needs_pywb

pytestmark = pytest.mark.slow

BODY = b"<!doctype html><title>Quay</title><p>The ferry sailed at noon, and nobody waved from the quay. %d</p>"
SECRET = "Text that stands in no page"


def needs(module: str) -> pytest.MarkDecorator:
    missing = importlib.util.find_spec(module) is None
    return pytest.mark.skipif(missing, reason=f"{module} is not installed: pip install '.[pack]'")


def run(*command: str | Path) -> str:
    done = subprocess.run([sys.executable, "-c", *command], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def captures(capture: Capture) -> list[Capture]:
    """Pages as servers send them: plain, packed, in chunks, moved, missing, and one a second time."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8"
    pages = [
        replace(
            capture,
            url=f"https://gazette.example/{number}",
            fetched=capture.fetched + timedelta(minutes=number),
            response_head=head + extra,
            body=packed(BODY % number),
        )
        for number, (extra, packed) in enumerate(
            [
                (b"", bytes),
                (b"\r\nContent-Encoding: gzip", gzip.compress),
                (b"\r\nTransfer-Encoding: chunked", bytes),
                (b"\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip", gzip.compress),
                (b"\r\nX-weird-CASE: caf\xe9\r\nno colon here", bytes),
            ]
        )
    ]
    moved = replace(pages[0], url="https://gazette.example/old", status=301, body=b"",
                    response_head=b"HTTP/1.1 301 Moved\r\nLocation: https://gazette.example/0")  # fmt: skip
    gone = replace(pages[0], url="https://gazette.example/gone", status=404,
                   response_head=b"HTTP/1.1 404 Not Found\r\nContent-Type: text/html")  # fmt: skip
    again = replace(pages[0], fetched=pages[0].fetched + timedelta(days=1))
    return [*pages, moved, gone, again]


@pytest.fixture
def data(tmp_path: Path, captures: list[Capture], open_collection: Callable[..., Collection], article: Article) -> Path:
    """A data root with one sealed file, and a text for each page."""
    with open_collection() as collection:
        for capture in captures:
            stored = collection.store(capture)
            if capture.status == 200:
                collection.store_text(stored, replace(article, text=f"{SECRET}. {capture.url}"))
    return tmp_path / "data"


@pytest.fixture
def warcs(data: Path) -> list[Path]:
    return sorted((data / "collections").rglob("*.?e?.gz")) + sorted((data / "collections").rglob("*.warc.gz"))


def test_warcio_finds_no_fault(warcs: list[Path]) -> None:
    assert warcs
    run("from warcio.cli import main; main()", "check", *warcs)


@needs("fastwarc")
def test_fastwarc_finds_no_fault(warcs: list[Path]) -> None:
    for warc in warcs:
        run("from fastwarc.cli import main; main()", "check", warc)


def test_cdxj_indexer_gives_our_lines(data: Path, warcs: list[Path]) -> None:
    write_missing_indexes(data)
    for warc in (warc for warc in warcs if warc.name.endswith(".warc.gz")):
        ours = (data / "collections/news/indexes" / warc.name.replace(".warc.gz", ".cdxj")).read_text()
        assert run("from cdxj_indexer.main import main; main()", "--sort", warc) == ours


@needs("wacz")
@pytest.mark.parametrize(("site", "key"), [(None, None), ("gazette.example", None), (None, SigningKey(bytes(32)))])
def test_wacz_validates_and_its_page_list_has_the_texts(
    data: Path, tmp_path: Path, captures: list[Capture], site: str | None, key: SigningKey | None
) -> None:
    out = tmp_path / "x.wacz"
    done = pack(data, Selection("news", site), out, software="pressclip/0", key=key)
    check = WaczCheck(out)
    assert list(check.findings()) == []
    assert check.signed.keyid == (key.public.keyid if key else None)
    assert "is valid" in run("from wacz.main import main; import sys; sys.exit(main())", "validate", "-f", out)
    with zipfile.ZipFile(out) as file:
        header, *pages = map(json.loads, file.read("pages/pages.jsonl").splitlines())
    assert header["format"] == "json-pages-1.0"
    assert {page["url"] for page in pages} == {page.url for page in captures if page.status == 200}
    assert done.pages == len(pages)
    assert all(page["text"].startswith(SECRET) and page["ts"].endswith("Z") for page in pages)


@needs("wacz")
def test_a_part_has_what_was_asked_for(data: Path, tmp_path: Path, captures: list[Capture]) -> None:
    since = captures[-1].fetched
    done = pack(data, Selection("news", since=since), tmp_path / "x.wacz", software="pressclip/0")
    assert done.pages == 1


@needs_pywb
def test_pywb_replays_what_the_server_sent_and_never_the_text(data: Path, captures: list[Capture]) -> None:
    with Replay(data) as server:
        for capture in captures:
            if capture.status != 200:
                continue
            moment = f"{capture.fetched:%Y%m%d%H%M%S}"
            address = f"http://127.0.0.1:{server.port}/news/{moment}id_/{capture.url}"
            request = urllib.request.Request(address, headers={"Accept-Encoding": "identity"})
            with urllib.request.urlopen(request, timeout=20) as answer:
                body, coding = answer.read(), answer.headers.get("Content-Encoding")
            assert (gzip.decompress(body) if coding == "gzip" else body) == capture.payload(), capture.url
            assert SECRET.encode() not in body

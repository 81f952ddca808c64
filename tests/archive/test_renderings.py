"""What a browser made of a page is a conversion of its response, and the page of its text for every command."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from archive import (
    Capture,
    Catalog,
    Choice,
    Collection,
    OptOuts,
    Rebuilder,
    Stored,
    StoredText,
    Verifier,
    page_of,
    read_capture,
    read_exchanges,
    reclean,
    rendering,
)
from cleaners import Page, clean, load_rules
from tests.archive.test_reclean import HTML as RENDERED
from tests.archive.test_reclean import LAMP, RULE, SOLD, TIN
from tests.support.shell import press

Make = Callable[..., Collection]

BROWSER = "Chromium/150.0.1 (playwright/1.60)"
SHELL = b'<!doctype html><html><title>Gazette</title><div id="app"></div><script src="/app.js"></script></html>'
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nX-Robots-Tag: noarchive"
OPTED = OptOuts(robots=("GPTBot",), header=("noarchive",), agents_date="2026-11-01")


@pytest.fixture
def shell(capture: Capture) -> Capture:
    """A page without a text of its own, as its server sent it."""
    return replace(capture, response_head=HEAD, body=SHELL * 20, opt_outs=OPTED)


def stored(collection: Collection, shell: Capture, document: str = RENDERED) -> tuple[Stored, Stored, StoredText]:
    """Store a page, its rendering two seconds later, and the text of the rendering."""
    page = collection.store(shell)
    made = rendering(shell, document, shell.fetched + timedelta(seconds=2))
    kept = collection.store_rendering(made, page, BROWSER)
    found = page_of(made)
    assert isinstance(found, Page)
    assert isinstance(found.html, bytes)
    article = clean(found.html, url=made.url, charset=found.charset, rules=load_rules())
    return page, kept, collection.store_text(kept, article)


def test_a_rendering_is_read_back_as_it_was_stored(open_collection: Make, shell: Capture, data: Path) -> None:
    with open_collection() as collection:
        _, kept, _ = stored(collection, shell, RENDERED.replace("Orrin", "Orrin \ud800 é"))
    made = rendering(shell, RENDERED.replace("Orrin", "Orrin ? é"), shell.fetched + timedelta(seconds=2))
    assert read_capture(data, "news", kept.file, kept.offset) == replace(made, opt_outs=None)
    path = data / "collections/news/archive" / kept.file
    read = [exchange.capture for exchange in read_exchanges(path)]
    assert read[1] == made
    assert read[1].opt_outs == OPTED


def test_a_rendering_names_its_response_and_the_browser(open_collection: Make, shell: Capture, data: Path) -> None:
    with open_collection() as collection:
        page, kept, text = stored(collection, shell)
        row = collection.catalog.capture(kept.record_id)
        assert row
        assert (row.refers_to, row.is_rendering, row.revisit) == (page.record_id, True, None)
        (article,) = collection.catalog.articles(kept.record_id)
        assert (article.record_id, collection.catalog.articles(page.record_id)) == (text.record_id, [])
    records = subprocess.run(
        ["gzip", "-dc", data / "collections/news/archive" / kept.file], capture_output=True, check=True
    )
    told = records.stdout.decode()
    assert f"software: {BROWSER}\r\n" in told
    assert f"WARC-Type: conversion\r\nWARC-Record-ID: <{kept.record_id}>" in told
    assert f"WARC-Refers-To: <{page.record_id}>" in told


def test_an_opt_out_that_a_script_writes_into_the_page_counts(shell: Capture) -> None:
    document = RENDERED.replace("<title>", '<meta name="robots" content="noai"><title>')
    made = rendering(shell, document, shell.fetched)
    assert made.opt_outs == replace(OPTED, meta=("noai",))


def test_verify_and_rebuild_know_renderings(open_collection: Make, shell: Capture, data: Path) -> None:
    with open_collection() as collection:
        _, kept, _ = stored(collection, shell)
        row = collection.catalog.capture(kept.record_id)
    assert list(Verifier(data, full=True).findings()) == []
    rebuilder = Rebuilder(data)
    assert list(rebuilder.findings()) == []
    assert (rebuilder.captures, rebuilder.texts) == (2, 1)
    with Catalog(data / "catalog.sqlite") as catalog:
        assert catalog.capture(kept.record_id) == row
    assert list(Verifier(data, full=True).findings()) == []


def test_replay_shows_the_page_as_it_was_sent(open_collection: Make, shell: Capture, data: Path) -> None:
    with open_collection() as collection:
        page, kept, _ = stored(collection, shell)
    (index,) = (data / "collections/news/indexes").iterdir()
    assert [f'"offset": "{one.offset}"' in index.read_text() for one in (page, kept)] == [True, False]


def test_no_capture_refers_to_a_rendering_as_its_original(open_collection: Make, shell: Capture) -> None:
    with open_collection() as collection:
        page, _, _ = stored(collection, shell)
        unchanged = replace(shell, fetched=shell.fetched + timedelta(hours=1), status=304, body=b"")
        confirmed = collection.store(replace(unchanged, response_head=b"HTTP/1.1 304 Not Modified"))
        later = shell.fetched + timedelta(days=1)
        same = collection.store(replace(shell, fetched=later, response_head=HEAD, body=RENDERED.encode()))
    assert (same.refers_to, confirmed.refers_to) == (None, page.record_id)


def test_reclean_cleans_the_rendering_and_leaves_its_response(
    open_collection: Make, shell: Capture, data: Path, tmp_path: Path
) -> None:
    with open_collection() as collection:
        _, kept, _ = stored(collection, shell)
    (tmp_path / "own.toml").write_text(RULE, "utf-8")
    run = reclean(data, "news", rules=load_rules(tmp_path / "own.toml"), software="s/1", choice=Choice())
    with closing(run):
        (done,) = run
    assert done.change
    assert (done.place.offset, done.change.kind) == (kept.offset, "changed")
    with Catalog(data / "catalog.sqlite") as catalog:
        assert len(catalog.articles(kept.record_id)) == 2


def test_a_dataset_has_the_text_of_the_rendering_with_its_record_and_opt_outs(
    open_collection: Make, shell: Capture, data: Path, tmp_path: Path
) -> None:
    with open_collection() as collection:
        _, kept, _ = stored(collection, shell)
    done = press("dataset", "build", data, "--out", tmp_path / "set", cwd=tmp_path)
    assert done.code == 0, done.err
    (row,) = [row for path in (tmp_path / "set/data").iterdir() for row in pq.read_table(path).to_pylist()]
    assert row["text"] == "\n\n".join((LAMP, TIN, SOLD))
    assert (row["warc_record_id"], row["warc_offset"]) == (kept.record_id, kept.offset)
    assert [one["value"] for one in row["opt_out"]] == ["GPTBot", "noarchive"]


def test_show_and_export_say_what_the_text_was_made_from(
    open_collection: Make, shell: Capture, data: Path, tmp_path: Path
) -> None:
    with open_collection() as collection:
        page, _, _ = stored(collection, shell)
    shown = press("archive", "show", shell.url, "--data", data, cwd=tmp_path)
    assert shown.code == 0, shown.err
    assert f"rendering of: {page.record_id}" in shown.out
    assert LAMP in shown.out
    told = press("why", shell.url, "--data", data, cwd=tmp_path)
    assert f"rendered by a browser of record {page.record_id}" in told.out
    written = press("archive", "export", "--out", tmp_path / "notes", "--data", data, cwd=tmp_path)
    assert written.code == 0, written.err
    (note,) = (tmp_path / "notes").rglob("*.md")
    assert LAMP in note.read_text("utf-8")


KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from archive import Capture, Collection, rendering

collection = Collection(Path(sys.argv[1]), software="s/1", rules_version="r").__enter__()
page = Capture("https://a.example/", datetime.now(UTC), 200, b"HTTP/1.1 200 OK", b"x" * 5000, b"")
collection.store_rendering(rendering(page, "<html>made</html>", datetime.now(UTC)), collection.store(page), "b/1")
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.slow
def test_a_killed_writer_loses_no_rendering(open_collection: Make, data: Path) -> None:
    ended = subprocess.run([sys.executable, "-c", KILLED, str(data)], check=False, env=os.environ)
    assert ended.returncode == -signal.SIGKILL
    with open_collection() as collection:
        assert [done.cut for done in collection.recovered] == [0]
        assert [row.is_rendering for row in collection.catalog.captures("https://a.example/")] == [True, False]

"""A full file is sealed while the next one is written, and no moment of it loses anything."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest

from archive import ArchiveError, Capture, Catalog, Collection, Verifier
from archive import collection as collections
from archive.catalog import cdxj
from archive.warc.writer import Limits

Make = Callable[..., Collection]
Pages = Callable[[int], list[Capture]]
SMALL = Limits(max_bytes=1000)
"""A file is full with its first page."""
PATIENCE = 60.0

KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from archive import Capture, Collection
from archive import collection as collections
from archive.warc.writer import Limits
from cleaners import Article

began, never = Event(), Event()
original = collections.register

def register(path, *arguments, **named):
    if sys.argv[2] == "late":
        original(path, *arguments, **named)
    began.set()
    never.wait()

collections.register = register
collection = Collection(
    Path(sys.argv[1]), software="s/1", rules_version="r", limits=Limits(max_bytes=1000)
).__enter__()
for number in range(4):
    page = Capture(f"https://a.example/{number}", datetime.now(UTC), 200, b"HTTP/1.1 200 OK", os.urandom(3000), b"")
    collection.store_text(collection.store(page), Article(text=f"page {number}"))
began.wait()
os.kill(os.getpid(), signal.SIGKILL)
"""


def sealed(data: Path) -> list[str]:
    return sorted(path.name for path in (data / "collections" / "news" / "archive").glob("*.warc.gz"))


def test_pages_are_stored_while_a_full_file_is_sealed(
    open_collection: Make, pages: Pages, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, may_end, original = Event(), Event(), collections.register

    def register(*arguments: object, **named: object) -> None:
        began.set()
        assert may_end.wait(PATIENCE)
        original(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(collections, "register", register)
    with open_collection(limits=SMALL) as collection:
        stored = [collection.store(page) for page in pages(3)]
        assert began.wait(PATIENCE)
        assert not (data / "collections" / "news" / "manifest-sha256.txt").exists()
        assert len({one.file for one in stored}) == 3
        may_end.set()
    assert sealed(data) == sorted(one.file for one in stored)
    assert list(Verifier(data, full=True).findings()) == []


def test_what_a_full_file_holds_is_on_the_disk_before_the_next_is_written(
    open_collection: Make, pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    monkeypatch.setattr("archive.warc.writer.sync", lambda fd, data_only=False: synced.append(data_only))
    with open_collection(limits=SMALL) as collection:
        first, second = pages(2)
        collection.store(first)
        assert not any(synced)
        collection.store(second)
        assert synced[0] is True


def test_an_error_of_sealing_is_raised_where_the_next_page_is_stored_or_the_collection_is_closed(
    open_collection: Make, pages: Pages, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, *arguments: object, **named: object) -> None:
        raise ArchiveError(f"{path.name}: no space")

    def store() -> None:
        with open_collection(limits=SMALL) as collection:
            for page in pages(3):
                collection.store(page)

    with monkeypatch.context() as refusing:
        refusing.setattr(collections, "register", refuse)
        with pytest.raises(ArchiveError, match="no space"):
            store()
    with open_collection():
        pass
    assert list(Verifier(data, full=True).findings()) == []


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["early", "late"])
def test_a_process_killed_while_it_seals_and_writes_loses_nothing(
    moment: str, data: Path, open_collection: Make
) -> None:
    ended = subprocess.run([sys.executable, "-c", KILLED, str(data), moment], check=False, timeout=PATIENCE)
    assert ended.returncode == -signal.SIGKILL
    with open_collection():
        pass
    with Catalog(data / "catalog.sqlite") as catalog:
        rows = [catalog.captures(f"https://a.example/{number}") for number in range(4)]
        assert [len(row) for row in rows] == [1] * 4
        assert all(catalog.articles(row.record_id) for (row,) in rows)
    assert len(sealed(data)) == 4
    assert list(Verifier(data, full=True).findings()) == []


@pytest.mark.slow
def test_a_large_file_gets_the_same_index_in_a_process_of_its_own(
    open_collection: Make, capture: Capture, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archive.catalog.sealed.LARGE", 0)
    with open_collection(processes=True) as collection:
        file = collection.store(capture).file
    path = data / "collections" / "news" / "archive" / file
    apart = cdxj.index_path(path).read_bytes()
    assert apart
    assert cdxj.write_index(path).read_bytes() == apart

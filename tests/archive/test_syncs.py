"""In which order bytes and names are put on the disk: a kill shows nothing of it, so the system calls are recorded."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from archive import Capture, Catalog, Collection, Limits, Rebuilder, page_of, whole_file, write_whole
from archive.files import whole
from cleaners import Article

Calls = list[tuple[str, str]]
OPEN_FILES = Path("/proc/self/fd")

needs_proc = pytest.mark.skipif(not OPEN_FILES.is_dir(), reason="only Linux tells the name of an open file")


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """Record writes, syncs and renames with the names of their files, in order; a folder's name ends with a slash."""
    recorded: Calls = []

    def name_of(fd: int) -> str:
        path = (OPEN_FILES / str(fd)).readlink()
        return path.name + "/" * path.is_dir()

    def record_fd(function: str) -> None:
        real = getattr(os, function)

        def call(fd: int, *rest: bytes) -> int | None:
            recorded.append((function, name_of(fd)))
            result: int | None = real(fd, *rest)
            return result

        monkeypatch.setattr(os, function, call)

    def record_rename(function: str) -> None:
        real = getattr(Path, function)

        def call(path: Path, target: Path) -> Path:
            recorded.append(("rename", Path(target).name))
            renamed: Path = real(path, target)
            return renamed

        monkeypatch.setattr(Path, function, call)

    for function in ("write", "fsync", "fdatasync"):
        record_fd(function)
    for function in ("rename", "replace"):
        record_rename(function)
    return recorded


def of(calls: Calls, *names: str) -> Calls:
    return [(function, name) for function, name in calls if name in names]


@needs_proc
def test_a_stored_capture_is_on_the_disk_before_store_returns_where_every_record_is_synced(
    open_collection: Callable[..., Collection], capture: Capture, calls: Calls
) -> None:
    with open_collection(limits=Limits(sync_seconds=0)) as collection:
        calls.clear()
        name = collection.store(capture).file + ".open"
        assert of(calls, name)[-2:] == [("write", name), ("fdatasync", name)]


@needs_proc
def test_sync_puts_captures_and_texts_on_the_disk_once(
    open_collection: Callable[..., Collection], capture: Capture, article: Article, calls: Calls
) -> None:
    with open_collection() as collection:
        stored = collection.store(capture)
        text = collection.store_text(stored, article)
        files = [stored.file + ".open", text.file + ".open"]
        assert [call for call in of(calls, *files) if call[0] != "write"] == []
        collection.sync()
        collection.sync()
        assert [call for call in of(calls, *files) if call[0] != "write"] == [("fdatasync", name) for name in files]


@needs_proc
def test_the_name_of_a_file_is_on_the_disk_before_its_first_record(
    open_collection: Callable[..., Collection], capture: Capture, calls: Calls
) -> None:
    with open_collection() as collection:
        calls.clear()
        name = collection.store(capture).file + ".open"
        assert of(calls, name, "archive/")[:2] == [("fsync", "archive/"), ("write", name)]


@needs_proc
def test_a_sealed_file_its_index_and_the_manifest_are_on_the_disk_in_this_order(
    open_collection: Callable[..., Collection], capture: Capture, calls: Calls
) -> None:
    with open_collection() as collection:
        file = collection.store(capture).file
    index, manifest = file.replace(".warc.gz", ".cdxj"), "manifest-sha256.txt"
    names = (file, file + ".open", "archive/", index, index + ".half", "indexes/", manifest, "news/")
    assert of(calls, *names)[-10:] == [
        ("fsync", file + ".open"),
        ("rename", file),
        ("fsync", "archive/"),
        ("fsync", "news/"),  # the name of the folder of the indexes
        ("fsync", index + ".half"),
        ("rename", index),
        ("fsync", "indexes/"),
        ("write", manifest),
        ("fsync", manifest),
        ("fsync", "news/"),
    ]


@needs_proc
def test_a_file_is_written_whole_and_synced_before_it_has_its_name(tmp_path: Path, calls: Calls) -> None:
    write_whole(tmp_path / "new" / "a.txt", "Ferry é")
    assert (tmp_path / "new" / "a.txt").read_bytes() == "Ferry é".encode()
    assert calls == [
        ("fsync", f"{tmp_path.name}/"),
        ("fsync", "a.txt.half"),
        ("rename", "a.txt"),
        ("fsync", "new/"),
    ]


def test_a_file_that_cannot_be_finished_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_whole(path, b"old")

    def break_off() -> None:
        with whole_file(path) as half:
            half.write_bytes(b"ne")
            raise KeyError

    with pytest.raises(KeyError):
        break_off()
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [("a.txt", b"old")]


@needs_proc
def test_a_rebuilt_catalog_and_manifest_are_on_the_disk(
    open_collection: Callable[..., Collection], capture: Capture, tmp_path: Path, calls: Calls
) -> None:
    with open_collection() as collection:
        collection.store(capture)
    calls.clear()
    assert list(Rebuilder(tmp_path / "data").findings()) == []
    manifest = "manifest-sha256.txt"
    written = of(
        calls,
        "catalog.sqlite.new",
        "catalog.sqlite",
        "data/",
        f"{manifest}.half",
        manifest,
        "news/",
    )
    assert written == [
        ("fsync", "data/"),
        ("fsync", "catalog.sqlite.new"),
        ("rename", "catalog.sqlite"),
        ("fsync", "data/"),
        ("fsync", f"{manifest}.half"),
        ("rename", manifest),
        ("fsync", "news/"),
    ]


@needs_proc
def test_the_files_of_a_dataset_are_synced_before_they_have_their_names(tmp_path: Path, calls: Calls) -> None:
    pa = pytest.importorskip("pyarrow")
    from archive.dataset.table.files import table_writer

    schema = pa.schema([("text", pa.string())])
    with table_writer(tmp_path / "rows.parquet", schema) as writer:
        writer.write_table(pa.Table.from_pylist([{"text": "Ferry"}], schema=schema))
    assert calls[-3:] == [("fsync", "rows.parquet.half"), ("rename", "rows.parquet"), ("fsync", f"{tmp_path.name}/")]
    assert whole.HALF == ".half"


@pytest.mark.parametrize("reason", ["length", "time", "disconnect"])
def test_a_truncated_original_serves_no_revisit(
    open_collection: Callable[..., Collection], capture: Capture, reason: str, tmp_path: Path
) -> None:
    body = b"<!doctype html><p>" + b"The ferry sailed. " * 100
    with open_collection() as collection:
        cut = collection.store(replace(capture, body=body, truncated=reason))
        again = collection.store(replace(capture, body=body, url="https://gazette.example/again"))
        not_modified = collection.store(
            replace(capture, status=304, body=b"", response_head=b'HTTP/1.1 304 Not Modified\r\nETag: "v1"')
        )
    assert cut.payload_digest == again.payload_digest
    assert (again.refers_to, not_modified.refers_to) == (None, None)
    with Catalog(tmp_path / "data" / "catalog.sqlite") as catalog:
        assert [row.revisit for row in catalog.captures(capture.url)] == [None, None]
    assert not hasattr(page_of(replace(capture, truncated=reason)), "html")

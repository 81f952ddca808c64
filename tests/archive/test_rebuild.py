"""Everything derived is built again from the files, and is what it was."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from archive import ArchiveError, Capture, Catalog, Collection, Limits
from archive.catalog import manifest
from archive.maintain.findings import Finding
from archive.maintain.rebuild import Rebuilder
from archive.maintain.recover import recover_left, salvage_all
from archive.maintain.verify import Verifier
from cleaners import Article

Make = Callable[..., Collection]


@pytest.fixture
def root(
    tmp_path: Path,
    open_collection: Make,
    pages: Callable[[int], list[Capture]],
    article: Article,
    pass_seconds: Callable[[float], None],
) -> Path:
    """Two collections; the first has several files, for they are small."""
    noise = random.Random(7)
    for name, count in (("news", 30), ("other", 3)):
        with open_collection(name, limits=Limits(max_bytes=8000)) as collection:
            for number, page in enumerate(pages(count)):
                stored = collection.store(replace(page, body=noise.randbytes(900)))
                collection.store_text(stored, replace(article, text=f"Number {number} sailed."))
    pass_seconds(60)  # two writers of one moment and one token would choose one name
    return tmp_path / "data"


def dump(root: Path) -> list[tuple[object, ...]]:
    """Return all rows of all tables, those of the word index too."""
    with closing(sqlite3.connect(root / "catalog.sqlite")) as catalog:
        named = catalog.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
        rows: list[tuple[object, ...]] = list(named)
        for name, sql in named:
            if not sql.startswith("CREATE VIRTUAL") and name != "article_index_data":  # its pages depend on the batches
                rows += sorted(catalog.execute(f"SELECT * FROM {name}").fetchall(), key=repr)
    return rows


def derived(root: Path) -> dict[str, bytes]:
    paths = [*root.glob("collections/*/indexes/*"), *root.glob("collections/*/manifest*")]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}


def rebuild(root: Path) -> list[Finding]:
    return list(Rebuilder(root).findings())


def forget(root: Path) -> None:
    for path in root.glob("catalog.sqlite*"):
        path.unlink()
    for path in root.glob("collections/*/indexes"):
        shutil.rmtree(path)
    for path in root.glob("collections/*/manifest*"):
        path.unlink()


def test_what_is_built_again_is_what_was_there(root: Path) -> None:
    before = dump(root), derived(root)
    assert len(list(root.glob("collections/news/archive/*"))) > 3
    forget(root)
    assert rebuild(root) == []
    assert (dump(root), derived(root)) == before
    assert list(Verifier(root, full=True).findings()) == []
    with Catalog(root / "catalog.sqlite") as catalog:
        assert [hit.url for hit in catalog.search("number 29")] == ["https://gazette.example/29"]


def test_a_rebuild_over_what_is_there_changes_nothing(root: Path) -> None:
    before = dump(root), derived(root)
    assert rebuild(root) == []
    assert (dump(root), derived(root)) == before
    assert sorted(path.name for path in root.iterdir()) == ["catalog.sqlite", "collections"]


def test_a_catalog_that_is_rubbish_is_replaced(root: Path) -> None:
    before = dump(root)
    (root / "catalog.sqlite").write_bytes(b"rubbish" * 1000)
    assert rebuild(root) == []
    assert dump(root) == before


@pytest.mark.parametrize(("folder", "advice"), [("archive", "restore it"), ("text", "`pressclip archive reclean`")])
def test_files_that_are_gone_are_named_once_and_their_indexes_go_too(root: Path, folder: str, advice: str) -> None:
    path = sorted(root.glob(f"collections/news/{folder}/*"))[0]
    path.unlink()
    (found,) = rebuild(root)
    assert found.file == path.relative_to(root).as_posix()
    assert "is gone" in found.problem
    assert advice in found.problem
    assert rebuild(root) == []
    assert list(Verifier(root).findings()) == []


def test_a_file_that_is_gone_is_named_also_without_the_manifest(root: Path) -> None:
    path = sorted(root.glob("collections/news/text/*"))[0]
    path.unlink()
    (root / "collections" / "news" / "manifest-sha256.txt").unlink()
    (found,) = rebuild(root)
    assert "is gone" in found.problem


def test_a_damaged_file_is_named_and_its_other_records_are_entered(root: Path) -> None:
    path = sorted(root.glob("collections/news/archive/*"))[0]
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    found = rebuild(root)
    assert [finding.file.rsplit("/")[-1] for finding in found] == [path.name] * 2
    assert "bytes damaged" in found[0].problem
    assert "its sha256 is not the old manifest's" in found[1].problem
    (only,) = Verifier(root, full=True).findings()
    assert "bytes damaged" in only.problem


def test_a_salvaged_copy_in_the_place_of_the_damaged_file_verifies(root: Path) -> None:
    path = sorted(root.glob("collections/news/archive/*"))[1]
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    (found,) = salvage_all(root)
    assert path.read_bytes() == data
    assert found.copy is not None
    found.copy.replace(path)
    rebuild(root)
    assert list(Verifier(root, full=True).findings()) == []


def test_a_writer_keeps_a_rebuild_out(root: Path, open_collection: Make, capture: Capture) -> None:
    with open_collection() as collection:
        collection.store(capture)
        with pytest.raises(ArchiveError, match="another process is writing here: let it end"):
            rebuild(root)
        with open_collection():
            pass  # writers do not keep each other out
    assert rebuild(root) == []


def test_a_rebuild_keeps_writers_out(root: Path, open_collection: Make) -> None:
    findings = Rebuilder(root, on_progress=lambda name: open_collection().__enter__()).findings()
    with pytest.raises(ArchiveError, match="is being rebuilt: wait"):
        list(findings)
    with open_collection():
        pass


def test_files_left_open_are_sealed_by_hand(root: Path) -> None:
    before = dump(root), derived(root)
    for path in root.glob("collections/news/*/news-*00001-*"):
        path.with_name(path.name).rename(path.with_name(path.name + ".open"))
    forget(root)
    with Catalog(root / "catalog.sqlite", create=True):
        assert {done.cut for done in recover_left(root)} == {0}
    rebuild(root)
    assert (dump(root), derived(root)) == before


@pytest.mark.parametrize("empty", [True, False])
def test_a_lost_catalog_does_not_pass_for_a_new_one(root: Path, open_collection: Make, empty: bool) -> None:
    before = dump(root)
    for path in root.glob("catalog.sqlite*"):
        path.unlink()
    if empty:
        (root / "catalog.sqlite").touch()
    with pytest.raises(ArchiveError, match="run `pressclip archive rebuild`"):
        Catalog(root / "catalog.sqlite")
    with pytest.raises(ArchiveError, match="is missing or empty: run `pressclip archive rebuild`"):
        list(recover_left(root))
    with open_collection() as collection:
        assert [hit.url for hit in collection.catalog.search("number 29")] == ["https://gazette.example/29"]
    assert dump(root) == before


def test_the_next_writer_removes_what_a_killed_rebuild_left(root: Path, open_collection: Make) -> None:
    for end in ("", "-wal", "-shm"):
        (root / f"catalog.sqlite.new{end}").write_bytes(b"half")
    with open_collection():
        pass
    assert sorted(path.name for path in root.iterdir()) == ["catalog.sqlite", "collections"]


def test_who_keeps_a_rebuild_out_is_named(root: Path, open_collection: Make) -> None:
    with open_collection(), pytest.raises(ArchiveError) as refused:
        rebuild(root)
    # only Linux tells who holds a lock, and some of its file systems do not
    assert f"(process {os.getpid()}: " in str(refused.value) or "process" not in str(refused.value).partition("(")[2]


def test_files_sealed_at_once_all_come_into_the_manifest(tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    folder.mkdir()
    names = [f"news-{number}.warc.gz" for number in range(200)]
    (tmp_path / manifest.MANIFEST).write_text("half a li")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: manifest.add(folder / name, f"{hash(name) % 16:064x}"), names * 2))
    said, bad = manifest.read(tmp_path)
    assert sorted(said) == sorted(f"archive/{name}" for name in names)
    assert bad == []  # half a line is what a power cut left
    assert (tmp_path / manifest.MANIFEST).read_text().count("\n") == 200

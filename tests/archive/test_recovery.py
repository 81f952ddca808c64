"""A killed or cut-off writer loses nothing that was acknowledged."""

from __future__ import annotations

import gzip
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from archive import ArchiveError, Capture, Collection, read_warc
from cleaners import Article

pytestmark = pytest.mark.slow

Make = Callable[..., Collection]

KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from archive import Capture, Collection
from cleaners import Article

collection = Collection(Path(sys.argv[1]), software="s/1", rules_version="r").__enter__()
for number in range(5):
    page = Capture(f"https://a.example/{number}", datetime.now(UTC), 200, b"HTTP/1.1 200 OK", b"x" * 5000, b"")
    collection.store_text(collection.store(page), Article(text=f"page {number}"))
os.kill(os.getpid(), signal.SIGKILL)
"""


def opened(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "data" / "collections").rglob("*.open"))


def sealed(tmp_path: Path, suffix: str) -> list[Path]:
    return sorted((tmp_path / "data" / "collections").rglob(f"*{suffix}"))


@pytest.fixture
def killed(tmp_path: Path) -> list[Path]:
    """The files that a killed process left: five captures and five texts."""
    ended = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "data")], check=False)
    assert ended.returncode == -signal.SIGKILL
    return opened(tmp_path)


def test_files_of_a_killed_process_are_sealed_at_the_next_start(
    tmp_path: Path, killed: list[Path], open_collection: Make
) -> None:
    assert len(killed) == 2
    with open_collection() as collection:
        assert [done.cut for done in collection.recovered] == [0, 0]
    assert not opened(tmp_path)
    assert [page.url for page in read_warc(sealed(tmp_path, ".warc.gz")[0])] == [
        f"https://a.example/{n}" for n in range(5)
    ]


@pytest.mark.parametrize("cut", [1, 30, 200])
def test_a_partial_tail_is_cut_off_and_kept_beside(
    tmp_path: Path, killed: list[Path], open_collection: Make, cut: int
) -> None:
    whole = [path.read_bytes() for path in killed]
    for path, data in zip(killed, whole, strict=True):
        path.write_bytes(data + data[-300:][:cut])
    with open_collection() as collection:
        assert [done.cut for done in collection.recovered] == [cut, cut]
    assert [path.read_bytes() for path in sealed(tmp_path, ".gz")] == whole
    assert [path.stat().st_size for path in sealed(tmp_path, ".tail")] == [cut, cut]
    for path in sealed(tmp_path, ".gz"):
        gzip.decompress(path.read_bytes())


def test_a_deleted_catalog_gets_the_rows_of_recovered_files_back(
    tmp_path: Path, killed: list[Path], open_collection: Make
) -> None:
    for path in (tmp_path / "data").glob("catalog.sqlite*"):
        path.unlink()
    with open_collection() as collection:
        found = [collection.catalog.captures(f"https://a.example/{n}") for n in range(5)]
        assert [len(rows) for rows in found] == [1] * 5
        article = collection.catalog.article(found[3][0].record_id)
        assert article is not None
        assert article.text_length == len("page 3")
        assert [hit.url for hit in collection.catalog.search("page 4")] == ["https://a.example/4"]


def test_rows_built_from_the_files_equal_the_rows_entered_when_storing(
    tmp_path: Path, open_collection: Make, capture: Capture, article: Article
) -> None:
    with open_collection() as collection:
        stored = collection.store(capture)
        collection.store_text(stored, article)
        before = (collection.catalog.captures(stored.url), collection.catalog.articles(stored.record_id))
    for path in (tmp_path / "data").glob("catalog.sqlite*"):
        path.unlink()
    for path in sealed(tmp_path, ".gz"):
        path.rename(path.with_name(path.name + ".open"))
    with open_collection() as collection:
        assert (collection.catalog.captures(stored.url), collection.catalog.articles(stored.record_id)) == before


def test_a_file_killed_within_its_first_write_is_taken_away(tmp_path: Path, open_collection: Make) -> None:
    folder = tmp_path / "data" / "collections" / "news" / "archive"
    folder.mkdir(parents=True)
    (folder / "news-1.warc.gz.open").write_bytes(gzip.compress(b"WARC/1.1\r\n")[:12])
    (folder / "news-2.warc.gz.open").write_bytes(b"")
    with open_collection():
        pass
    assert sorted(path.name for path in folder.iterdir()) == ["news-1.warc.gz.tail"]


def test_a_file_that_another_writer_has_open_is_left_alone(
    tmp_path: Path, open_collection: Make, capture: Capture
) -> None:
    with open_collection() as writer:
        writer.store(capture)
        with open_collection() as other:
            assert other.recovered == ()
        writer.store(capture)
    assert len(list(read_warc(sealed(tmp_path, ".warc.gz")[0]))) == 2


FULL = """
import resource, sys
from datetime import UTC, datetime
from pathlib import Path
from archive import ArchiveError, Capture, Collection

def page(number, size):
    body = bytes(os.urandom(size))
    return Capture(f"https://a.example/{number}", datetime.now(UTC), 200, b"HTTP/1.1 200 OK", body, b"")

import os
with Collection(Path(sys.argv[1]), software="s/1", rules_version="r") as collection:
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
    collection.store(page(1, 50_000))
    try:
        collection.store(page(2, 300_000))
    except ArchiveError as error:
        print(error)
    collection.store(page(3, 50_000))
"""


def test_a_record_that_does_not_fit_is_taken_back_and_said(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path / "data")], capture_output=True, text=True, check=True
    )
    assert ended.stdout.count("\n") == 1
    assert "cannot be written (No space left on device): free space" in ended.stdout
    (path,) = sealed(tmp_path, ".warc.gz")
    assert [page.url[-1] for page in read_warc(path)] == ["1", "3"]


def test_a_sealed_file_is_never_overwritten(tmp_path: Path, open_collection: Make, capture: Capture) -> None:
    with open_collection() as collection:
        name = collection.store(capture).file
    path = sealed(tmp_path, name)[0]
    os.link(path, path.with_name(name + ".open"))
    with pytest.raises(ArchiveError, match="exists already"), open_collection():
        pass

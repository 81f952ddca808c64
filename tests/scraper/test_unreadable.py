"""What cannot be read is told with its reason, and what can be read is not held up by it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive import ArchiveError
from archive.readers import files_in
from tests.archive.test_ingest import plain
from tests.support.shell import COMMAND, KEPT, PAGE, Done, environment

UNPRIVILEGED = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
"""root reads what it may not read, unless it gives up the right to."""
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(UNPRIVILEGED) and shutil.which("setpriv") is None, reason="root, and no setpriv"),
]
DENIED = "cannot be read (Permission denied): check the path and its permissions"


def press_unprivileged(*args: str, cwd: Path) -> Done:
    done = subprocess.run([*UNPRIVILEGED, *COMMAND, *args], cwd=cwd, capture_output=True, env=environment(), text=True)
    assert "Traceback" not in done.stderr, done.stderr
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder with a page and a WARC file, and with a folder of such files that may not be entered."""
    locked = tmp_path / "pages" / "locked"
    locked.mkdir(parents=True)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
    record = plain("response", head + PAGE.encode(), uri="https://skerry.example/lamp")
    for place in (locked, locked.parent):
        (place / "page.html").write_text(PAGE, "utf-8")
    for place in (locked, tmp_path):
        (place / "pages.warc").write_bytes(record)
    locked.chmod(0)
    yield tmp_path
    locked.chmod(0o755)


def test_clean_tells_a_folder_that_it_cannot_read_and_cleans_the_rest(folder: Path) -> None:
    done = press_unprivileged("clean", "pages", cwd=folder)
    assert (done.code, done.err) == (1, f"pressclip: pages/locked: {DENIED}\n")
    assert KEPT[0] in done.out


@pytest.mark.parametrize("source", ["pages/locked", "pages/locked/page.html", "pages/locked/pages.warc"])
def test_clean_goes_on_after_a_source_that_it_cannot_read(folder: Path, source: str) -> None:
    done = press_unprivileged("clean", source, "pages/page.html", cwd=folder)
    assert (done.code, done.err) == (1, f"pressclip: {source}: {DENIED}\n")
    assert KEPT[0] in done.out
    assert press_unprivileged("clean", source, cwd=folder).code == 3


@pytest.mark.parametrize("source", ["pages/locked", "pages/locked/pages.warc"])
def test_import_goes_on_after_a_file_that_it_cannot_read(folder: Path, source: str) -> None:
    done = press_unprivileged("archive", "import", source, "pages.warc", "--data", "data", cwd=folder)
    assert (done.code, done.err) == (1, f"pressclip: {source}: {DENIED}\n")
    assert done.out.startswith("pages.warc: 1 captures added")


@pytest.mark.parametrize("source", ["pages", "pages/locked", "pages/locked/pages.warc", "single.html"])
def test_a_dataset_is_built_of_what_can_be_read_and_the_rest_is_told(folder: Path, source: str) -> None:
    (folder / "single.html").touch(0)
    given = [source] if source == "pages" else [source, "pages/page.html"]
    done = press_unprivileged("dataset", "build", *given, "--out", "dataset", cwd=folder)
    refused = "pages/locked" if source == "pages" else source
    assert (done.code, done.err) == (1, f"pressclip: {folder / refused}: {DENIED}\n")
    assert "dataset: 1 rows (train 1)" in done.out
    assert (folder / "dataset" / "manifest.json").is_file()


def test_a_dataset_of_a_data_root_is_built_without_the_collections_that_cannot_be_entered(folder: Path) -> None:
    for name in ("open", "shut", "unlisted"):
        line = ("archive", "import", "pages.warc", "--collection", name, "--data", "data")
        assert press_unprivileged(*line, cwd=folder).code == 0
    shut, unlisted = folder / "data/collections/shut", folder / "data/collections/unlisted/archive"
    shut.chmod(0)
    unlisted.chmod(0)
    try:
        done = press_unprivileged("dataset", "build", "data", "--out", "dataset", cwd=folder)
        line = ("archive", "pack", "--collection", "unlisted", "--data", "data", "--out", "a.wacz")
        packed = press_unprivileged(*line, cwd=folder)
    finally:
        shut.chmod(0o755)
        unlisted.chmod(0o755)
    told = "".join(f"pressclip: {path}: {DENIED}\n" for path in (shut / "archive", unlisted))
    assert (done.code, done.err) == (1, told)
    assert "dataset: 1 rows (train 1)" in done.out
    assert (packed.code, packed.line) == (2, f"pressclip: data/collections/unlisted/archive: {DENIED}")


@pytest.mark.parametrize("source", ["pages/locked", "pages/locked/pages.warc"])
def test_no_dataset_is_built_where_nothing_can_be_read(folder: Path, source: str) -> None:
    done = press_unprivileged("dataset", "build", source, "--out", "dataset", cwd=folder)
    assert (done.code, done.err) == (3, f"pressclip: {folder / source}: {DENIED}\n")
    assert not (folder / "dataset").exists()


def test_a_dataset_goes_on_when_all_can_be_read_again(folder: Path) -> None:
    (folder / "pages" / "locked" / "pages.warc").unlink()
    line = ("dataset", "build", "pages", "--out", "dataset")
    assert press_unprivileged(*line, cwd=folder).code == 1
    (folder / "pages" / "locked").chmod(0o755)
    done = press_unprivileged(*line, "--update", cwd=folder)
    assert (done.code, done.err) == (0, "")


def test_files_are_found_in_order_and_an_error_is_raised_unless_somebody_takes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("b/2.html", "b/1.html", "a.html", "c/3.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "to-a").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "pipe.html")
    names = ["a.html", "b/1.html", "b/2.html"]
    assert files_in(tmp_path, "pages") == [tmp_path / name for name in names]
    scan = os.scandir

    def refuse(path: str) -> object:
        if Path(path).name == "b":
            raise PermissionError(13, "Permission denied", path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(ArchiveError, match="b: cannot be read"):
        files_in(tmp_path, "pages")
    told: list[Path] = []
    assert files_in(tmp_path, "pages", on_unreadable=lambda path, _: told.append(path)) == [tmp_path / "a.html"]
    assert told == [tmp_path / "b"]

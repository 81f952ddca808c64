"""`pressclip dataset build` as a user types it: what stands in the folder, one line an error, and the exit codes."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import duckdb
import pytest

from tests.support.shell import KEPT, PAGE, begin, press

pytestmark = pytest.mark.slow

LIMIT = 12_000
"""Bytes past which the system lets no file grow: less than the Parquet file of one page."""


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "lamp.html").write_text(PAGE)
    (folder / "none.html").write_text("<p>")
    return folder


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in front of all others that packages are imported from."""
    folder = tmp_path / "broken"
    folder.mkdir()
    monkeypatch.setenv("PYTHONPATH", f"{folder}:{Path(__file__).parent.parent.parent}")
    return folder


def limited() -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, LIMIT))


def test_a_folder_of_pages_becomes_a_dataset_and_one_line_says_what_is_in_it(pages: Path, tmp_path: Path) -> None:
    done = press("dataset", "build", pages, "--out", "out", cwd=tmp_path)
    assert (done.code, done.out, done.err) == (0, "out: 1 rows (train 1); dropped: no_text 1\n", "")
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names >= {"README.md", "croissant.json", "data", "dropped", "manifest.json"}
    assert "work" not in names
    (row,) = duckdb.sql(f"SELECT text, title, source_file FROM '{tmp_path}/out/data/*.parquet'").fetchall()
    assert row == ("\n\n".join(KEPT), "Last lamp is lit again", "pages/lamp.html")


def test_a_collection_is_named_by_its_data_root(pages: Path, tmp_path: Path) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + PAGE.encode()
    record = (
        b"WARC/1.1\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:1>\r\nWARC-Date: 2026-11-22T00:00:00Z\r\n"
        b"WARC-Target-URI: https://skerry.example/lamp\r\nContent-Type: application/http;msgtype=response\r\n"
        + f"Content-Length: {len(head)}\r\n\r\n".encode()
    )
    (tmp_path / "foreign.warc").write_bytes(record + head + b"\r\n\r\n")
    assert press("archive", "import", "foreign.warc", "--data", "root", cwd=tmp_path).code == 0
    command = ("dataset", "build", "--data", "root", "--collection", "news", "--out", "out", "--json")
    done = press(*command, cwd=tmp_path)
    assert done.code == 0
    message = json.loads(done.out)
    assert (message["splits"], message["dropped"]) == ({"train": 1}, {})


def test_what_failed_is_in_the_exit_code_and_in_dropped(tmp_path: Path) -> None:
    (tmp_path / "c.jsonl").write_text('{"text": "One."}\n{"txt": "Two."}\n')
    done = press("dataset", "build", "c.jsonl", "--out", "out", cwd=tmp_path)
    assert (done.code, done.out) == (1, "out: 1 rows (train 1); dropped: failed 1\n")
    (reason,) = duckdb.sql(f"SELECT reason FROM '{tmp_path}/out/dropped/*.parquet'").fetchall()
    assert reason == ("failed: no text in 'text'",)


def test_nothing_kept_is_exit_code_3(tmp_path: Path) -> None:
    (tmp_path / "c.jsonl").write_text('{"text": "One."}\n')
    assert press("dataset", "build", "c.jsonl", "--out", "out", "--where", "n_words > 5", cwd=tmp_path).code == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--out", "out"], "nothing to build from"),
        (["gone", "--out", "out"], "gone: no such file or folder"),
        (["pages/lamp.html", "--out", "pages"], "pages: holds other files (lamp.html)"),
        (["pages", "--out", "out", "--where", "wrods > 1"], '"wrods" not found'),
        (["pages", "--out", "out", "--split", "train=0.9"], "add up to 1"),
        (["pages", "--out", "out", "--split", "train,test"], "give NAME=SHARE"),
        (["pages", "--out", "out", "--columns", "text,txt"], "no column 'txt'"),
        (["pages", "--out", "out", "--collection", "../x"], "no such file or folder"),
    ],
)
def test_a_mistake_is_one_line_and_nothing_is_written(
    arguments: list[str], message: str, pages: Path, tmp_path: Path
) -> None:
    done = press("dataset", "build", *arguments, cwd=tmp_path)
    assert (done.code, message in done.line) == (2, True), done.line
    assert not (tmp_path / "out").exists()


@pytest.mark.long
def test_a_full_disk_is_one_line_and_the_same_command_goes_on_afterwards(pages: Path, tmp_path: Path) -> None:
    command = ("dataset", "build", "pages", "--out", "out")
    process = begin(*command, cwd=tmp_path, preexec_fn=limited, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, error = process.communicate()
    assert (process.returncode, out) == (2, b"")
    (line,) = error.decode().splitlines()
    assert "cannot be written" in line
    assert "free space" in line
    assert not (tmp_path / "out" / "manifest.json").exists()
    assert not list((tmp_path / "out").glob("d*/*.parquet"))
    assert press(*command, cwd=tmp_path).code == 0


def test_a_missing_package_names_the_extra(broken: Path, pages: Path, tmp_path: Path) -> None:
    (broken / "pyarrow.py").write_text("raise ModuleNotFoundError(\"No module named 'pyarrow'\")")
    done = press("dataset", "build", pages, "--out", "out", cwd=tmp_path, apart=True)
    assert done.code == 2
    assert "No module named 'pyarrow': datasets need their extra: " in done.line
    assert "[datasets]'" in done.line
    assert press("clean", pages / "lamp.html", cwd=tmp_path, apart=True).code == 0


def test_a_trafilatura_that_cannot_be_imported_drops_no_page(broken: Path, pages: Path, tmp_path: Path) -> None:
    (broken / "trafilatura.py").write_text('raise ImportError("lxml.html.clean is gone")')
    done = press("dataset", "build", pages, "--out", "out", cwd=tmp_path, apart=True)
    assert (done.code, "cleaning cannot start: lxml.html.clean is gone" in done.line) == (2, True), done.line
    assert not (tmp_path / "out" / "manifest.json").exists()


@pytest.mark.long
def test_an_interrupt_ends_all_processes_at_once_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    for number in range(3):
        # far more than is read before the first file begins to be written
        lines = (json.dumps({"text": f"{number}-{row}. {KEPT[0]}"}) + "\n" for row in range(9_000))
        (tmp_path / f"c{number}.jsonl").write_text("".join(lines))
    inputs = [f"c{number}.jsonl" for number in range(3)]
    command = ("dataset", "build", *inputs, "--out", "out", "--jobs", "2")
    with begin(
        *command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    ) as process:
        while not list(tmp_path.glob("out/work/rows/*")):
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.02)
        os.killpg(process.pid, signal.SIGINT)
        # the pipes close when the last of its processes has ended
        out, error = process.communicate()
    assert (process.returncode, out) == (130, b"")
    # the empty line is click's, behind the ^C that a terminal shows
    assert error.decode() in ("\npressclip: interrupted\n", "\npressclip: interrupted; finished work is saved\n")
    assert list(tmp_path.glob("out/data/*")) == []
    assert not (tmp_path / "out" / "manifest.json").exists()

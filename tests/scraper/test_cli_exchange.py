"""`pressclip archive import`, `pack` and `replay`: what they print and how they end."""

from __future__ import annotations

import importlib.util
import json
import signal
import subprocess
from pathlib import Path

import pytest

from tests.support.shell import PAGE, begin, press

BLOCK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + PAGE.encode()
needs_clients = pytest.mark.skipif(
    not all(importlib.util.find_spec(name) for name in ("wacz", "pywb")),
    reason="py-wacz or pywb is not installed: pip install '.[pack]'",
)


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    head = (
        "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://post.example/lamp\r\n"
        f"WARC-Date: 2020-01-02T03:04:05Z\r\nContent-Length: {len(BLOCK)}\r\n\r\n"
    )
    path = tmp_path / "foreign.warc"
    path.write_bytes(head.encode() + BLOCK + b"\r\n\r\n")
    return path


def test_an_import_prints_a_line_a_file_and_its_pages_are_found(tmp_path: Path, foreign: Path) -> None:
    done = press("archive", "import", "foreign.warc", "--data", "data", "--json", cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out) == {
        "file": "foreign.warc",
        "captures": 1,
        "known": 0,
        "texts": 1,
        "same_texts": 0,
        "other": 0,
        "problems": 0,
        "undated": 0,
        "unused": {},
        "refused": {},
    }
    assert "post.example/lamp" in press("archive", "search", "Skerry", "--data", "data", cwd=tmp_path).out


def test_a_missing_file_is_named_and_the_rest_goes_on(tmp_path: Path, foreign: Path) -> None:
    done = press("archive", "import", "absent.warc", "foreign.warc", "--data", "data", cwd=tmp_path)
    assert done.code == 1
    assert "absent.warc: cannot be read" in done.err
    assert "1 captures added" in done.out
    assert press("archive", "import", "absent.warc", "--data", "data", cwd=tmp_path).code == 3


def test_a_wacz_has_its_ending(tmp_path: Path) -> None:
    assert press("archive", "pack", "--out", "x.zip", cwd=tmp_path).code == 2


@needs_clients
def test_packing_says_what_the_file_holds_and_what_is_not_there(tmp_path: Path, foreign: Path) -> None:
    press("archive", "import", "foreign.warc", "--data", "data", cwd=tmp_path)
    done = press("archive", "pack", "--data", "data", "--out", "x.wacz", cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("x.wacz: 1 pages with text, 1 WARC files")
    none = press("archive", "pack", "--data", "data", "--out", "y.wacz", "--site", "other.example", cwd=tmp_path)
    assert "check --site and --since" in none.line
    assert not (tmp_path / "y.wacz").exists()


@needs_clients
def test_replay_ends_cleanly_on_an_interrupt(tmp_path: Path, foreign: Path) -> None:
    press("archive", "import", "foreign.warc", "--data", "data", cwd=tmp_path)
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with begin("archive", "replay", "--data", "data", "--port", "0", cwd=tmp_path, **streams) as replay:
        assert replay.stderr is not None
        assert b"Ctrl-C" in replay.stderr.readline()
        replay.send_signal(signal.SIGINT)
        out, err = replay.communicate(timeout=20)
    assert (replay.returncode, err) == (0, b"pressclip: replay ended\n")
    assert out.startswith(b"http://127.0.0.1:")


def test_nothing_to_replay_is_one_line(tmp_path: Path) -> None:
    assert press("archive", "replay", "--data", "nowhere", cwd=tmp_path).line

"""A data root that cannot be written, or whose disk is full, is read like any other.

root may write where it has no permission: its tests run in a mount namespace, with a read-only or a full file system.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive import Capture, Collection
from cleaners import Article
from scraper.frontier import FRONTIER, FoundUrl, Frontier
from tests.support.shell import KEPT, PAGE

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        shutil.which("unshare") is None
        or subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode != 0,
        reason="no mount namespaces here",
    ),
]

URL = "https://skerry.example/lamp"
READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && "$@"'
FULL = (
    'mount -t tmpfs -o size=4m tmpfs "$1" && cp -a "$0"/. "$1" && mount --bind "$1" "$0" && shift && '
    '(cat /dev/zero > "$0/rest" 2>/dev/null; true) && "$@"'
)
RUN = """
import json, sys
from pathlib import Path
from tests.support.shell import press
for line in json.loads(sys.argv[1]):
    done = press(*line, cwd=Path(sys.argv[2]))
    print(json.dumps([line[:2], done.code, done.out, done.err]))
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A data root with a page, its text and its frontier."""
    data = tmp_path / "data"
    page = Capture(
        URL, datetime(2026, 11, 21, tzinfo=UTC), 200, b"HTTP/1.1 200 OK\r\nContent-Type: text/html", PAGE.encode(), b""
    )
    with Collection(data, software="s/1", rules_version="r") as collection:
        collection.store_text(collection.store(page), Article(KEPT[0], title="Lamp", rules_version="r"))
        collection.store(replace(page, url=URL + "2"))
    frontier = Frontier(data / FRONTIER)
    frontier.add([FoundUrl(URL, "article", "skerry")])
    frontier.dispose()
    return data


def commands(data: Path, elsewhere: Path) -> list[list[str]]:
    lines = (
        "archive search lamp", "archive list", f"archive show {URL}", f"why {URL}", "status", "rules list",
        "archive verify --full", "archive reclean --dry-run --jobs 1",
    )  # fmt: skip
    return [[*line.split(), "--data", str(data)] for line in lines] + [
        ["archive", "pack", "--data", str(data), "--out", str(elsewhere / "a.wacz")],
        ["dataset", "build", str(data), "--out", str(elsewhere / "set")],
    ]


def run(script: str, *values: Path, lines: list[list[str]], cwd: Path) -> dict[str, tuple[int, str, str]]:
    command = ["unshare", "-m", "sh", "-c", script, *map(str, values), sys.executable, "-c", RUN]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [*command, json.dumps(lines), str(cwd)], capture_output=True, text=True, env=environment, timeout=300
    )
    assert done.returncode == 0, done.stderr
    answers = (json.loads(line) for line in done.stdout.splitlines())
    return {" ".join(name): (code, out, err) for name, code, out, err in answers}


def names(data: Path) -> list[str]:
    return sorted(path.relative_to(data).as_posix() for path in data.rglob("*"))


@pytest.mark.parametrize("left", ["nothing", "log", "log-and-index"])
def test_a_read_only_data_root_is_read_with_what_a_killed_writer_left(root: Path, tmp_path: Path, left: str) -> None:
    if left != "nothing":
        # the row is in the log only; a copy of an open database is what a kill leaves
        with closing(sqlite3.connect(root / "catalog.sqlite", isolation_level=None)) as catalog:
            catalog.execute("UPDATE article SET title = 'Lantern'")
            for end in ("-wal", *(["-shm"] if left == "log-and-index" else [])):
                shutil.copy(root / f"catalog.sqlite{end}", tmp_path / f"left{end}")
            shutil.copy(root / "catalog.sqlite", tmp_path / "left")
        for path in tmp_path.glob("left*"):
            path.rename(root / path.name.replace("left", "catalog.sqlite"))
    before = names(root)
    done = run(READ_ONLY, root, lines=commands(root, tmp_path), cwd=tmp_path)
    said = {name: (code, err) for name, (code, _, err) in done.items() if code and name != "archive verify"}
    assert said == {}
    assert ("Lamp" if left == "nothing" else "Lantern") in done["archive search"][1]
    assert KEPT[0] in done["archive show"][1]
    assert done["archive verify"][0] == int(left != "nothing")  # its record has the other title
    assert names(root) == before


def test_a_full_disk_fails_no_reader(root: Path, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    lines = [line for line in commands(root, tmp_path) if line[0] in ("status", "why") or line[1] in ("search", "show")]
    done = run(FULL, root, tmp_path / "full", lines=lines, cwd=tmp_path)
    assert {name: (code, err) for name, (code, _, err) in done.items() if code} == {}
    assert "Lamp" in done["archive search"][1]

"""`pressclip archive verify`, `recover` and `rebuild`, as a user types them."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive import Capture, Collection
from cleaners import Article
from tests.support.shell import press


@pytest.fixture
def root(tmp_path: Path) -> Path:
    with Collection(tmp_path / "data", software="s/1", rules_version="r") as collection:
        for number in range(5):
            body = bytes((number * 7 + place * place) % 251 for place in range(1000))
            page = Capture(f"https://a.example/{number}", datetime.now(UTC), 200, b"HTTP/1.1 200 OK", body, b"")
            collection.store_text(collection.store(page), Article(text=f"page {number}"))
    return tmp_path / "data"


def damage(root: Path) -> Path:
    (path,) = root.glob("collections/news/archive/*.warc.gz")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    return path


def test_a_whole_archive_verifies(root: Path) -> None:
    done = press("archive", "verify", "--data", root, "--full", cwd=root)
    assert (done.code, done.out) == (0, "")
    assert done.err == f"pressclip: {root}: 2 files and 17 records read, 0 findings\n"


def test_damage_is_one_line_with_file_offset_and_url(root: Path) -> None:
    name = damage(root).name
    done = press("archive", "verify", "--data", root, "--collection", "news", cwd=root)
    assert done.code == 1
    (line,) = [line for line in done.out.splitlines() if ": offset " in line]
    assert line.startswith(f"collections/news/archive/{name}: offset ")
    assert ": https://a.example/2: " in line
    assert "pressclip archive recover" in line


def test_findings_come_as_json_lines(root: Path) -> None:
    damage(root)
    done = press("archive", "verify", "--data", root, "--json", cwd=root)
    found = [json.loads(line) for line in done.out.splitlines()]
    assert [list(item) for item in found] == [["file", "offset", "url", "problem"]] * 3
    assert found[-1]["url"] == "https://a.example/2"


def test_recover_copies_what_is_whole_and_touches_nothing(root: Path) -> None:
    path = damage(root)
    before = path.read_bytes()
    done = press("archive", "recover", "--data", root, cwd=root)
    assert done.code == 1
    assert "5 intact records of it" in done.out
    assert path.read_bytes() == before
    path.write_bytes((root / "collections" / "news" / "salvaged" / path.name).read_bytes())
    assert press("archive", "rebuild", "--data", root, cwd=root).code == 1  # another file than the manifest said
    assert press("archive", "verify", "--data", root, "--full", cwd=root).code == 0


def test_recover_seals_what_was_left_open(root: Path) -> None:
    for path in root.glob("collections/news/*/*.gz"):
        path.rename(path.with_name(path.name + ".open"))
    (root / "collections/news/manifest-sha256.txt").unlink()
    done = press("archive", "recover", "--data", root, cwd=root)
    assert done.code == 0
    assert done.out.count("sealed, ") == 2
    assert press("archive", "verify", "--data", root, cwd=root).code == 0


def test_rebuild_says_how_much_it_entered(root: Path) -> None:
    (root / "catalog.sqlite").unlink()
    done = press("archive", "rebuild", "--data", root, cwd=root)
    assert (done.code, done.out) == (0, "")
    assert done.err == f"pressclip: {root}: 2 files, 5 captures, 5 texts entered, 0 findings\n"


def test_rebuild_refuses_while_a_crawl_writes(root: Path) -> None:
    with Collection(root, software="s/1", rules_version="r"):
        done = press("archive", "rebuild", "--data", root, cwd=root)
    assert done.code == 2
    assert "another process is writing here: let it end" in done.line


@pytest.mark.parametrize("command", ["verify", "recover", "rebuild"])
def test_a_folder_without_an_archive_is_said(tmp_path: Path, command: str) -> None:
    done = press("archive", command, "--data", tmp_path, cwd=tmp_path)
    assert done.code == 2
    assert "no collection there: crawl first, or give the data folder with --data" in done.line


def test_a_collection_that_is_not_there_is_said(root: Path) -> None:
    done = press("archive", "verify", "--data", root, "--collection", "nws", cwd=root)
    assert done.code == 2
    assert "no such collection" in done.line


def test_a_crawl_starts_without_the_indexer() -> None:
    script = "import sys, archive, scraper.cli.archive; sys.exit('cdxj_indexer' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0

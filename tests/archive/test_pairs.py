"""Two commands at once on one data root: each is refused with who is in its way, or its result is right."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations_with_replacement
from pathlib import Path

import pytest

from archive import Capture, Catalog, Collection, Rebuilder, Verifier
from tests.support.shell import PAGE, begin

PAGES = 12

COMMANDS = {
    "reclean": ("archive", "reclean", "--jobs", "1"),
    "import": ("archive", "import", "other.warc.gz", "--jobs", "1"),
    "recover": ("archive", "recover"),
    "rebuild": ("archive", "rebuild"),
    "pack": ("archive", "pack", "--out", "a.wacz"),
    "learn": ("rules", "learn"),
}
CODES = {"learn": {0, 1, 3}}
REFUSALS = ("another process", "is being rebuilt")


@pytest.fixture
def root(tmp_path: Path, open_collection: Callable[..., Collection], capture: Capture) -> Path:
    """Pages without texts in `data`, and as many others in `other.warc.gz`."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8"
    page = replace(capture, response_head=head, body=PAGE.encode())

    def fill(name: str) -> None:
        with open_collection(name) as collection:
            for number in range(PAGES):
                url = f"https://{name}.example/{number}"
                collection.store(replace(page, url=url, body=page.body.replace(b"nineteen", f"{number}".encode())))

    fill("news")
    fill("other")
    (path,) = (tmp_path / "data/collections/other/archive").iterdir()
    path.rename(tmp_path / "other.warc.gz")
    for left in (tmp_path / "data/collections/other").rglob("*"):
        if left.is_file():
            left.unlink()
    assert len(list(Rebuilder(tmp_path / "data").findings())) == 1
    return tmp_path


def at_once(root: Path, *names: str) -> list[tuple[int, str]]:
    """Run the commands at the same time; return exit codes and messages."""
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    running = [begin(*COMMANDS[name], "--data", "data", cwd=root, **pipes) for name in names]
    return [
        (process.returncode, error.decode()) for process in running for _, error in [process.communicate(timeout=200)]
    ]


def counts(root: Path) -> tuple[int, int, int]:
    """Return how many captures, different captures with a text, and texts the catalog has."""
    with Catalog(root / "data/catalog.sqlite") as catalog:
        query = "SELECT (SELECT count(*) FROM capture), count(DISTINCT capture_id), count(*) FROM article"
        (row,) = catalog.query(query)
        return tuple(row)


@pytest.mark.slow
def test_two_that_clean_again_write_each_text_once(root: Path) -> None:
    assert [code for code, _ in at_once(root, "reclean", "reclean")] == [0, 0]
    assert counts(root) == (PAGES, PAGES, PAGES)


@pytest.mark.slow
def test_two_that_import_one_file_store_each_capture_once(root: Path) -> None:
    assert [code for code, _ in at_once(root, "import", "import")] == [0, 0]
    assert counts(root) == (2 * PAGES, PAGES, PAGES)


@pytest.mark.long
@pytest.mark.parametrize("pair", list(combinations_with_replacement(COMMANDS, 2)), ids="+".join)
def test_each_pair_is_refused_or_right(root: Path, pair: tuple[str, str]) -> None:
    done = at_once(root, *pair)
    for name, (code, error) in zip(pair, done, strict=True):
        assert "Traceback" not in error, error
        if not any(words in error for words in REFUSALS):
            assert code in CODES.get(name, {0}), error
        else:
            assert (code, error.count("\n")) in ((2, 1), (3, 1)), error  # of files to import, all failed
    assert not all(any(words in error for words in REFUSALS) for _, error in done)
    captures, cleaned, texts = counts(root)
    assert captures in (PAGES, 2 * PAGES)
    assert cleaned == texts
    assert list(Verifier(root / "data", full=True).findings()) == []
    assert [*root.glob(".*.part"), *root.glob("data/*.new*")] == []

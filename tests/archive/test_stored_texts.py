"""The texts of a collection are no input beside the pages that they are of."""

from __future__ import annotations

from pathlib import Path

import pytest

from archive.readers import files_in

PAGE = "archive/news-20261129-00000-a.warc.gz"
TEXT = "text/news-20261129-00000-a.wet.gz"


def made(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


@pytest.mark.parametrize("asked", [".", "collections", "collections/news", "collections/news/text"])
def test_texts_beside_their_pages_are_left_out_but_in_their_own_folder(tmp_path: Path, asked: str) -> None:
    made(tmp_path / "collections/news", PAGE, TEXT)
    found = [path.name for path in files_in(tmp_path / asked, "warc")]
    assert found == [Path(TEXT if asked.endswith("text") else PAGE).name]


@pytest.mark.parametrize("place", ["crawl", "collections/news"])
def test_texts_without_their_pages_are_read(tmp_path: Path, place: str) -> None:
    made(tmp_path / place, TEXT, *([PAGE] if place == "crawl" else []))
    assert Path(TEXT).name in [path.name for path in files_in(tmp_path, "warc")]

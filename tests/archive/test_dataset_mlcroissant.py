"""mlcroissant finds nothing wrong with croissant.json and reads the rows by it, in each form of the files."""

from __future__ import annotations

import math
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("duckdb")
pytest.importorskip("matplotlib")
pytest.importorskip("mlcroissant")

import mlcroissant
import numpy as np
import pandas
import pyarrow.parquet as pq
from zstandard import ZstdDecompressor

from archive.dataset import Options, build, describe
from cleaners import load_rules

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated"),
    pytest.mark.filterwarnings("ignore:The inplace keyword in DataFrame"),
]

PAGE = """<html lang="en"><head><title>Lock {0}</title><meta name="author" content="Ann Reed">
<link rel="canonical" href="https://lock{0}.example/report"><meta property="article:published_time"
content="2026-05-0{0}T10:00:00Z"></head>
<body><article>{1}<p>Read more: Ten things to know</p></article></body></html>"""
LINE = "<p>On day {0} the keeper of lock {1} said, \u201cthe water {2} {0} feet\u201d, and shut gate \\{0} at dusk.</p>"
WORDS = {1: "rose", 2: "fell by"}


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    for lock, word in WORDS.items():
        lines = "".join(LINE.format(day, lock, word) for day in range(2, 9))
        (folder / f"lock{lock}.html").write_text(PAGE.format(lock, lines), "utf-8")
    (folder / "empty.html").write_text("<html><body></body></html>")
    return folder


@pytest.fixture(scope="module")
def rows(pages: Path, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    out = tmp_path_factory.mktemp("parquet")
    build([pages], out, Options(columns=("+blocks",)))
    (path,) = (out / "data").iterdir()
    return [plain(row) for row in pq.read_table(path).to_pylist()]


def plain(value: Any) -> Any:  # noqa: ANN401 - a value of a row
    """Return a value without the marks of who read it: bytes, arrays, kinds of time, long names, the last digits."""
    if isinstance(value, dict):
        return {name.rpartition("/")[2]: plain(part) for name, part in value.items()}
    if isinstance(value, list | np.ndarray):
        return [plain(part) for part in value]
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, float):
        return None if math.isnan(value) else round(value, 6)
    return pandas.Timestamp(value).isoformat() if hasattr(value, "isoformat") else value


def read(folder: Path, part: str = "data") -> list[dict[str, Any]]:
    return [plain(row) for row in mlcroissant.Dataset(folder / "croissant.json").records(part)]


def unpacked(folder: Path, copy: Path) -> Path:
    """Return a copy with its row files unpacked, as docs/datasets.md advises for Zstandard."""
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("*.zst"))
    for path in folder.glob("d*/*.zst"):
        with path.open("rb") as packed, (copy / path.parent.name / path.stem).open("wb") as plain:
            ZstdDecompressor().copy_stream(packed, plain)
    return copy


@pytest.mark.parametrize("form", ["parquet", "jsonl", "jsonl.gz", "jsonl.zst"])
def test_mlcroissant_reads_the_rows_of_each_form(
    form: Any,  # noqa: ANN401 - one of Form
    pages: Path,
    rows: list[dict[str, Any]],
    tmp_path: Path,
) -> None:
    folder = tmp_path / "out"
    build([pages], folder, Options(form=form, columns=("+blocks",)))
    if form == "jsonl.zst":
        folder = unpacked(folder, tmp_path / "copy")
    found = read(folder)
    assert [row["id"] for row in found] == [row["id"] for row in rows]
    assert {"removed", "signals", "published", "blocks"} <= found[0].keys()
    for there, row in zip(found, rows, strict=True):
        blocks, expected = there.pop("blocks"), row["blocks"]
        assert there == {name: value for name, value in row.items() if name != "blocks"}
        assert blocks == [{name: block[name] for name in blocks[0]} for block in expected]
    (dropped,) = read(folder, "dropped")
    assert (dropped["reason"], dropped["text"]) == ("no_text", "")


def test_mlcroissant_misses_only_what_the_publisher_alone_knows(pages: Path, tmp_path: Path) -> None:
    build([pages], tmp_path / "out", Options())
    metadata = mlcroissant.Dataset(tmp_path / "out" / "croissant.json").metadata
    (missing,) = metadata.ctx.issues.warnings
    assert "datePublished" in missing
    describe(tmp_path / "out", load_rules(), url="https://lock.example/news", published=date(2026, 6, 1))
    metadata = mlcroissant.Dataset(tmp_path / "out" / "croissant.json").metadata
    assert not metadata.ctx.issues.warnings
    assert not metadata.ctx.issues.errors
    assert metadata.ctx.conforms_to.value == "http://mlcommons.org/croissant/1.1"
    assert metadata.date_published.date() == date(2026, 6, 1)
    assert any("cleaners.clean" in step for step in metadata.data_preprocessing_protocol)

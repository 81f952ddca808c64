"""What people read datasets with reads ours: the same rows and nested columns, in all splits, without a network."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from archive import Capture, Collection
from archive.dataset import Options, build
from tests.support.dataset_inputs import text, write_corpus, write_warc

pytestmark = pytest.mark.slow

READERS = {
    "datasets": """
from datasets import load_dataset
found = load_dataset(folder, cache_dir=cache)
rows = {split: list(part) for split, part in found.items()}
""",
    "pandas": """
import pandas
rows = {split: pandas.read_parquet(files(split)).to_dict("records") for split in ("train", "test")}
""",
    "polars": """
import polars
rows = {split: polars.read_parquet(files(split)).to_dicts() for split in ("train", "test")}
""",
    "duckdb": """
import duckdb
rows = {}
for split in ("train", "test"):
    found = duckdb.execute("SELECT id, url, text, removed, split, n_words, warc_offset, signals, authors "
                           "FROM read_parquet(?)", [files(split)])
    rows[split] = [dict(zip([column[0] for column in found.description], row)) for row in found.fetchall()]
""",
}
SCRIPT = """
import glob, json, sys
import numpy
folder, cache = sys.argv[1:]

def files(split):
    return sorted(glob.glob(f"{folder}/data/{split}-*.parquet"))

def plain(value):
    return value.tolist() if isinstance(value, (numpy.ndarray, numpy.generic)) else str(value)

%s
print(json.dumps(rows, default=plain))
"""
SHOWN = ("id", "url", "text", "removed", "split", "n_words", "warc_offset", "signals", "authors")


@pytest.fixture
def folder(tmp_path: Path, open_collection: Callable[..., Collection], capture: Capture) -> Path:
    """A dataset with pages, which have offsets, and texts, which have spans, in two splits and several files."""
    corpus = write_corpus(tmp_path / "corpus.jsonl", range(10), same=text(3))
    warc = write_warc(open_collection, capture, range(30, 36))
    build([corpus, warc], tmp_path / "a", Options(splits=(("train", 0.6), ("test", 0.4)), rows_a_file=4))
    return tmp_path / "a"


def read(reader: str, folder: Path) -> dict[str, Any]:
    """Return the rows of each split as the reader gives them, in a process without a network."""
    offline = os.environ | {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_HOME": str(folder.parent / "hf")}
    command = [sys.executable, "-c", SCRIPT % READERS[reader], folder, folder.parent / "cache"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=offline)
    assert done.returncode == 0, done.stderr
    rows: dict[str, Any] = json.loads(done.stdout)
    return rows


def shown(row: dict[str, Any]) -> dict[str, Any]:
    """Return the columns that every reader gives back alike; whole numbers may come as floats where some are null."""
    return {name: _alike(row[name]) for name in SHOWN}


def _alike(value: Any) -> Any:  # noqa: ANN401 - of JSON
    if isinstance(value, dict):
        return {name: _alike(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_alike(inner) for inner in value]
    if isinstance(value, float):
        return None if value != value else round(value, 4)
    return value


@pytest.mark.parametrize("reader", READERS)
def test_the_reader_gives_the_same_rows_and_nested_columns(reader: str, folder: Path) -> None:
    expected = {
        split: pq.read_table(sorted((folder / "data").glob(f"{split}-*"))).to_pylist() for split in ("train", "test")
    }
    assert sum(map(len, expected.values())) == 16
    assert all(expected.values())
    assert all(row["removed"] for rows in expected.values() for row in rows)
    found = read(reader, folder)
    assert {split: list(map(shown, rows)) for split, rows in found.items()} == {
        split: list(map(shown, json.loads(json.dumps(rows, default=str)))) for split, rows in expected.items()
    }


def test_a_split_without_rows_keeps_no_reader_from_the_others(tmp_path: Path) -> None:
    splits = (("train", 0.98), ("validation", 0.01), ("test", 0.01))
    build([write_corpus(tmp_path / "corpus.jsonl", range(3))], tmp_path / "a", Options(splits=splits))
    assert len(read("datasets", tmp_path / "a")["train"]) == 3

"""The card says what is in the row files, whatever strangers wrote into them, and each time the same."""

from __future__ import annotations

import json
import random
import statistics
import warnings
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("duckdb")
pytest.importorskip("matplotlib")

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from lxml import etree

from archive.dataset.card import card
from archive.dataset.card.statistics import read_statistics
from archive.dataset.table.signals import pii_of, signals_of
from archive.files.errors import ArchiveError
from tests.support.dataset_files import make, taken

pytestmark = pytest.mark.slow

TEXT = "The ferry left the harbour at noon. Nobody was on the quay to see it, and the gulls had gone."
HOSTILE = "a|b<script>alert(1)</script>.example\n# Not a heading"


def row(number: int, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - a row's fields
    text = more.pop("text", TEXT)
    return {
        "id": f"{number:064}",
        "host": "harbour.example",
        "language": "en",
        "published": datetime(2026, 1 + number % 9, 3, tzinfo=UTC),
        "access": "full",
        "kind": "article",
        "confidence": 0.9,
        "text": text,
        "n_chars": len(text),
        "n_words": len(text.split()),
        "n_bytes": len(text.encode()),
        "warc_file": "harbour-1.warc.gz",
        "extractor": "cleaners.clean",
        "extractor_version": "pressclip-1",
        "rules_version": "r1",
        "removed": taken("Advertisement", "Ad"),
        "signals": signals_of(text),
        "pii": pii_of(text),
        **more,
    }


ROWS = [row(number) for number in range(8)] + [
    row(
        8,
        host=HOSTILE,
        language="de",
        access="teaser",
        published=None,
        kind="listing",
        confidence=0.25,
        removed=taken("x", rule="learned/<b>|1"),
    ),
    row(
        9,
        kind=None,
        confidence=None,
        opt_out=[{"signal": "robots", "value": "GPTBot", "seen_at": datetime(2026, 2, 1, tzinfo=UTC)}],
    ),
]
DROPPED = [row(20, reason="near_duplicate", similarity=0.9, duplicate_of="0" * 64), row(21, reason="failed: odd")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make(tmp_path / "ds", train=ROWS[:9], test=ROWS[9:], dropped=DROPPED)


@pytest.fixture(autouse=True)
def _no_warnings() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def header_of(text: str) -> dict[str, Any]:
    figures: dict[str, Any] = yaml.safe_load(text.split("---\n")[1])
    return figures


def test_the_header_names_splits_and_dropped_rows_for_loaders(folder: Path) -> None:
    card.write(folder, title='Quays: "one" & two', license="cc0-1.0")
    header = header_of((folder / "README.md").read_text("utf-8"))
    assert header["pretty_name"] == 'Quays: "one" & two'
    assert header["license"] == "cc0-1.0"
    assert header["language"] == ["en", "de"]
    assert header["size_categories"] == ["n<1K"]
    assert header["configs"] == [
        {
            "config_name": "default",
            "default": True,
            "data_files": [
                {"split": "train", "path": "data/train-*.parquet"},
                {"split": "test", "path": "data/test-*.parquet"},
            ],
        },
        {"config_name": "dropped", "data_files": [{"split": "dropped", "path": "dropped/dropped-*.parquet"}]},
    ]


def test_the_figures_are_those_of_the_rows(folder: Path) -> None:
    figures = card.write(folder)
    words = len(TEXT.split())
    assert (figures.totals["rows"], figures.totals["dropped"], figures.totals["words"]) == (10, 2, 10 * words)
    assert figures.splits == [("train", 9, 9 * words, 9 * len(TEXT)), ("test", 1, words, len(TEXT))]
    assert figures.access == [("full", 9), ("teaser", 1)]
    assert figures.kinds == [("article", 8, 0, 0.9), ("listing", 1, 1, 0.25), ("not judged", 1, 0, None)]
    assert figures.languages[0][:2] == ("en", 9)
    assert [row[:4] for row in figures.removals] == [("lines/advertisement", 18, 135, 9), ("learned/<b>|1", 1, 1, 1)]
    assert [row[:2] for row in figures.dropped] == [("failed", 1), ("near_duplicate", 1)]
    assert [row[:3] for row in figures.opt_outs] == [("robots", "GPTBot", 1)]
    assert figures.totals["archived"] == 10
    text = (folder / "README.md").read_text("utf-8")
    assert "| lines/advertisement | 18 | 9 | 135 | label of an advertisement |" in text
    assert "| listing | 1 | 1 | 0.25 |" in text
    assert "Doubtful texts: 1 rows" in text
    assert f"10 articles from 2 sites: {10 * words} words" in text


@pytest.mark.parametrize("rows", [1, 2, 3, 4, 41])
def test_quartiles_and_medians_are_those_of_all_values(tmp_path: Path, rows: int) -> None:
    chance = random.Random(rows)
    words = [chance.randrange(1000) for _ in range(rows)]
    kept = [row(n, n_words=count, confidence=count / 1024) for n, count in enumerate(words)]
    found = read_statistics(make(tmp_path, train=[*kept, row(rows, n_words=None, confidence=None)]))
    assert found.quartiles[0] == ("n_words", min(words), *np.quantile(words, [0.25, 0.5, 0.75]).tolist(), max(words))
    assert found.kinds[0][3] == statistics.median(words) / 1024


def test_words_of_strangers_stay_words(folder: Path) -> None:
    card.write(folder)
    text = (folder / "README.md").read_text("utf-8")
    assert "<script>" not in text
    assert "\n# Not a heading" not in text
    assert "a\\|b&lt;script&gt;" in text
    assert "learned/&lt;b&gt;\\|1" in text


def test_charts_are_pictures_without_scripts_and_dates(folder: Path) -> None:
    card.write(folder)
    charts = sorted(path.name for path in (folder / "charts").iterdir())
    assert charts == ["dates.svg", "languages.svg", "length.svg", "removals.svg", "sites.svg"]
    for name in charts:
        root = etree.parse(folder / "charts" / name).getroot()
        assert etree.QName(root).localname == "svg"
        assert not root.findall(".//{*}script")
        assert not root.findall(".//{*}date")
        assert f"](charts/{name})" in (folder / "README.md").read_text("utf-8")


def test_the_same_rows_give_the_same_card_and_charts(folder: Path) -> None:
    def written() -> dict[str, bytes]:
        card.write(folder, options={"where": "n_words > 3"})
        return {path.name: path.read_bytes() for path in (folder / "README.md", *(folder / "charts").iterdir())}

    assert written() == written()


def test_json_lines_and_views_have_a_card_too(tmp_path: Path) -> None:
    plain = [{**one, "published": None, "opt_out": None} for one in ROWS[:3]]
    lines = make(tmp_path / "lines", form="jsonl.gz", train=plain)
    assert card.write(lines).totals["rows"] == 3
    assert header_of((lines / "README.md").read_text("utf-8"))["configs"][0]["data_files"][0] == {
        "split": "train",
        "path": "data/train-*.jsonl.gz",
    }
    view = tmp_path / "view" / "data"
    view.mkdir(parents=True)
    pq.write_table(pa.table({"id": ["1"], "text": [TEXT]}), view / "train-00000-of-00001.parquet")
    figures = card.write(view.parent)
    assert (figures.totals["rows"], figures.totals["words"]) == (1, len(TEXT.split()))


def test_a_dataset_without_rows_has_a_card(tmp_path: Path) -> None:
    figures = card.write(make(tmp_path / "ds", train=[]))
    assert figures.totals["rows"] == 0
    assert "0 articles" in (tmp_path / "ds" / "README.md").read_text("utf-8")


def test_a_folder_that_is_no_dataset_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="not a dataset") as caught:
        read_statistics(tmp_path)
    assert "\n" not in str(caught.value)


def test_the_figures_can_be_written_as_json(folder: Path) -> None:
    assert json.loads(json.dumps(asdict(read_statistics(folder)), default=str))["totals"]["rows"] == 10

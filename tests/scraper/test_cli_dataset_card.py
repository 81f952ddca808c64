"""`dataset card` and `dataset stats` of a finished dataset, and of what is none."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

pytest.importorskip("duckdb")
pytest.importorskip("matplotlib")

import pyarrow as pa
import pyarrow.parquet as pq

from archive.dataset.provenance import manifest
from archive.dataset.table.schema import NAMES, SCHEMA
from scraper.cli.main import main

ROW = {
    "id": "1",
    "host": "mill.example",
    "language": "en",
    "text": "The mill stood still.",
    "n_words": 4,
    "n_chars": 21,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "ds" / "data").mkdir(parents=True)
    table = pa.Table.from_pylist([dict.fromkeys(NAMES) | ROW], SCHEMA)
    pq.write_table(table, tmp_path / "ds" / "data" / "train-00000-of-00001.parquet")
    plan = {
        "options": {"rules_version": "r1", "where": "n_words > 3"},
        "shards": [{"name": "a", "size": 1, "sha256": "0" * 64}],
    }
    manifest.write(tmp_path / "ds", plan)
    return tmp_path / "ds"


def run(monkeypatch: pytest.MonkeyPatch, *words: str | Path) -> int:
    monkeypatch.setattr(sys, "argv", ["pressclip", "dataset", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def test_a_card_is_written_anew_and_the_dataset_stays_whole(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = manifest.read(folder)
    assert run(monkeypatch, "card", folder, "--title", "Mills", "--license", "cc0-1.0") == 0
    text = (folder / "README.md").read_text("utf-8")
    assert 'pretty_name: "Mills"' in text
    assert 'license: "cc0-1.0"' in text
    assert "n_words &gt; 3" in text
    assert json.loads((folder / "croissant.json").read_text("utf-8"))["name"] == "Mills"
    assert list(manifest.check(folder)) == []
    after = manifest.read(folder)
    assert {name: after[name] for name in after if name != "files"} == {
        name: before[name] for name in before if name != "files"
    }


def test_stats_prints_figures_for_people_and_for_programs(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "stats", folder) == 0
    assert "sites: mill.example 1" in capsys.readouterr().out
    assert run(monkeypatch, "stats", folder, "--json") == 0
    assert json.loads(capsys.readouterr().out)["totals"]["rows"] == 1


@pytest.mark.parametrize("command", ["card", "stats"])
def test_a_folder_without_a_dataset_is_one_line_and_exit_2(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, command, tmp_path) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("command", ["card", "stats"])
def test_a_missing_extra_is_one_line_that_names_it(
    command: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [name for name in sys.modules if name.startswith("archive.dataset")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "duckdb", None)
    assert run(monkeypatch, command, folder) == 2
    message = capsys.readouterr().err
    assert "[datasets]'" in message
    assert message.count("\n") == 1

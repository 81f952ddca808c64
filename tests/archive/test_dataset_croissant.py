"""croissant.json has what Croissant 1.1 asks for, and its hashes and fields are those of the files."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("duckdb")
pytest.importorskip("matplotlib")

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from archive.dataset.card import croissant
from archive.dataset.card.statistics import read_statistics
from archive.dataset.table.schema import DROPPED_SCHEMA, SCHEMA
from tests.support.dataset_files import make

pytestmark = pytest.mark.slow

ROW = {"id": "1", "text": "The lock keeper went home.", "language": "en", "host": "lock.example"}
TYPES = {"sc:Text", "sc:Integer", "sc:Float", "sc:Boolean", "sc:DateTime"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make(
        tmp_path / "ds", train=[ROW], test=[ROW | {"id": "2"}], dropped=[ROW | {"id": "3", "reason": "no_text"}]
    )


def described(folder: Path, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - what croissant.write takes
    croissant.write(folder, read_statistics(folder), **more)
    loaded: dict[str, Any] = json.loads((folder / "croissant.json").read_text("utf-8"))
    return loaded


def leaves(fields: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for field in fields:
        yield from leaves(field["subField"]) if "subField" in field else [field]


def test_what_croissant_asks_of_a_dataset_is_there(folder: Path) -> None:
    metadata = described(folder, title="Locks", license="cc0-1.0", url="https://lock.example/ds")
    assert metadata["@type"] == "sc:Dataset"
    assert metadata["conformsTo"] == ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"]
    assert (metadata["name"], metadata["license"], metadata["url"]) == ("Locks", "cc0-1.0", "https://lock.example/ds")
    assert metadata["version"] == "3.0.0"
    assert metadata["description"]
    assert {"cr", "sc", "recordSet", "field", "source", "dataType"} <= metadata["@context"].keys()


def test_every_file_is_there_with_its_hash_and_in_one_set(folder: Path) -> None:
    distribution = described(folder)["distribution"]
    files = {entry["@id"]: entry for entry in distribution if entry["@type"] == "cr:FileObject"}
    on_disk = {path.relative_to(folder).as_posix(): path for path in folder.glob("d*/*.parquet")}
    assert files.keys() == on_disk.keys()
    for name, entry in files.items():
        assert entry["sha256"] == hashlib.sha256(on_disk[name].read_bytes()).hexdigest()
        assert (entry["contentUrl"], entry["encodingFormat"]) == (name, "application/x-parquet")
    sets = [entry for entry in distribution if entry["@type"] == "cr:FileSet"]
    assert all(sum(fnmatch(name, one) for entry in sets for one in entry["includes"]) == 1 for name in files)


def test_every_column_is_a_field_with_a_type_and_a_source_that_exists(folder: Path) -> None:
    metadata = described(folder)
    known = {entry["@id"] for entry in metadata["distribution"]}
    for records, schema in zip(metadata["recordSet"], (SCHEMA, DROPPED_SCHEMA), strict=True):
        assert [field["name"] for field in records["field"]] == schema.names
        assert records["key"]["@id"] in {field["@id"] for field in records["field"]}
        for field in leaves(records["field"]):
            assert field["dataType"] in TYPES
            assert field["description"]
            assert field["source"]["fileSet"]["@id"] in known
            assert field["source"]["extract"]["column"] in schema.names


def test_lists_repeat_and_the_fields_of_a_struct_lie_below_it(folder: Path) -> None:
    fields = {field["name"]: field for field in described(folder)["recordSet"][0]["field"]}
    assert fields["authors"]["isArray"] is True
    assert fields["removed"]["isArray"] is True
    assert [field["name"] for field in fields["removed"]["subField"]][:2] == ["rule", "stage"]
    assert "isArray" not in fields["signals"]
    assert fields["n_words"]["dataType"] == "sc:Integer"
    assert fields["fetched"]["dataType"] == "sc:DateTime"


@pytest.mark.parametrize("form", ["parquet", "jsonl", "jsonl.gz", "jsonl.zst"])
def test_a_view_has_the_columns_of_its_files_in_any_form(form: str, tmp_path: Path) -> None:
    write_rows = {"jsonl": bytes, "jsonl.gz": gzip.compress, "jsonl.zst": zstandard.compress}
    path = tmp_path / "data" / f"train-00000-of-00001.{form}"
    path.parent.mkdir()
    row = {"text": "The sluice is open.", "date": None, "n_words": 4}
    if form == "parquet":
        pq.write_table(pa.table({"text": [row["text"]], "date": pa.nulls(1, pa.string()), "n_words": [4]}), path)
    else:
        path.write_bytes(write_rows[form](json.dumps(row).encode() + b"\n"))
    fields = described(tmp_path)["recordSet"][0]["field"]
    assert [(field["name"], field["dataType"]) for field in fields] == [
        ("text", "sc:Text"),
        ("date", "sc:Text"),
        ("n_words", "sc:Integer"),
    ]


def test_what_the_build_knows_is_told_in_the_rai_vocabulary(folder: Path) -> None:
    metadata = described(folder)
    known = {name: value for name, value in metadata.items() if name.startswith("rai:")}
    assert known["rai:dataCollection"].startswith("0 of 2 rows are of HTTP responses")
    assert known["rai:dataCollectionMissingData"].startswith("2 rows have no date")
    assert "1 rows were dropped: no_text 1. They are in dropped/." in known["rai:dataPreprocessingProtocol"]
    assert "emails: 0 in 0 rows" in known["rai:personalSensitiveInformation"]
    assert any("not a representative sample" in limit for limit in known["rai:dataLimitations"])


def test_what_nobody_knows_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "data" / "train-00000-of-00001.parquet"
    path.parent.mkdir()
    pq.write_table(pa.table({"text": ["The sluice is open."]}), path)
    metadata = described(tmp_path)
    assert {name for name in metadata if name.startswith("rai:")} == {
        "rai:dataCollectionRawData",
        "rai:dataLimitations",
    }
    assert not {"datePublished", "temporalCoverage", "url"} & metadata.keys()


def test_the_days_of_fetching_are_the_time_of_collection(tmp_path: Path) -> None:
    days = [datetime(2026, 5, day, tzinfo=UTC) for day in (9, 2)]
    rows = [ROW | {"id": str(day), "fetched": day, "warc_file": "a.warc.gz"} for day in days]
    metadata = described(make(tmp_path / "ds", train=rows))
    assert metadata["rai:dataCollectionTimeframe"] == ["2026-05-02", "2026-05-09"]
    assert metadata["rai:dataCollectionType"] == "Web Scraping"


def test_no_name_stands_for_two_things(folder: Path) -> None:
    def ids(node: object) -> Iterator[str]:
        if isinstance(node, dict):
            if "@type" in node and "@id" in node:
                yield node["@id"]
            for value in node.values():
                yield from ids(value)
        elif isinstance(node, list):
            for value in node:
                yield from ids(value)

    metadata = described(folder)
    metadata.pop("@context")
    loaded = list(ids(metadata))
    assert len(loaded) == len(set(loaded))

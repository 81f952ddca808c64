"""A manifest proves a dataset: what is missing, different or extra is found, and nothing of the machine is in it."""

from __future__ import annotations

import json
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from archive import ArchiveError, SigningKey
from archive.dataset.provenance import manifest
from archive.dataset.table.database import dataset_sha256
from tests.support.dataset_files import make

pytestmark = pytest.mark.slow

ROWS: dict[str, Any] = {
    "train": [{"id": "1", "text": "It rained."}, {"id": "3", "text": "Es regnete: ä\0."}],
    "test": [{"id": "2", "text": "It snowed."}],
    "dropped": [{"id": "4", "text": "It rained.", "reason": "exact_duplicate"}],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make(tmp_path / "a", **ROWS)


def problems(folder: Path) -> dict[str, str]:
    return {finding.file: finding.problem for finding in manifest.check(folder)}


def test_a_whole_dataset_has_no_findings(folder: Path) -> None:
    assert problems(folder) == {}
    written = manifest.read(folder)
    assert written["rows"] == {"test": 1, "train": 2, "dropped": 1}
    names = ["data/test", "data/train", "dropped/dropped"]
    assert [entry["path"] for entry in written["files"]] == [f"{name}-00000-of-00001.parquet" for name in names]


KEY = SigningKey(bytes(range(32)))
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


def test_a_signature_is_no_file_of_the_dataset_and_holds_for_its_manifest(folder: Path) -> None:
    before = (folder / "manifest.json").read_bytes()
    manifest.sign(folder, KEY, NOON)
    assert problems(folder) == {}
    assert (folder / "manifest.json").read_bytes() == before
    assert str(manifest.check_signature(folder)) == f"signed by {KEY.public.keyid} at 2026-11-30T12:00:00Z"
    assert "wanted is" in manifest.check_signature(folder, {"other"}).problem


@pytest.mark.parametrize("name", ["manifest.json", "manifest.json.sig"])
def test_an_altered_manifest_or_signature_names_nobody(folder: Path, name: str) -> None:
    manifest.sign(folder, KEY, NOON)
    whole = (folder / name).read_text("utf-8")
    altered = [
        whole.replace("pressclip/", "pressclip-"),
        whole + " ",
        whole.replace('"signature": "', '"signature": "A'),
    ]
    if name.endswith(".sig"):
        altered = [altered[2], whole[:-40], "", "null", "{}", "[" * 5000, whole.replace("protected", "unprotected")]
    else:
        altered = altered[:2]
    for text in altered:
        (folder / name).write_text(text, "utf-8")
        signed = manifest.check_signature(folder)
        assert (signed.keyid, bool(signed.problem)) == (None, True), text


def test_without_a_signature_nobody_signed(folder: Path) -> None:
    assert str(manifest.check_signature(folder)) == "not signed"
    assert manifest.check_signature(folder, {"other"}).problem == "is not signed: wanted is other"
    (folder / "manifest.json").unlink()
    with pytest.raises(ArchiveError, match="no complete dataset"):
        manifest.sign(folder, KEY, NOON)


def test_a_manifest_that_is_written_again_has_no_old_signature(folder: Path) -> None:
    manifest.sign(folder, KEY, NOON)
    written = manifest.read(folder)
    manifest.write(folder, {"options": written["options"], "shards": written["inputs"]})
    assert str(manifest.check_signature(folder)) == "not signed"


def test_the_same_dataset_elsewhere_has_the_same_manifest(folder: Path, tmp_path: Path) -> None:
    other = make(tmp_path / "another/place", **ROWS)
    text = (folder / "manifest.json").read_text("utf-8")
    assert (other / "manifest.json").read_text("utf-8") == text
    assert str(tmp_path) not in text
    assert "/x" not in text
    assert not re.search(r"\d\d:\d\d", text)


@pytest.mark.parametrize("form", ["jsonl", "jsonl.gz", "jsonl.zst"])
def test_the_dataset_hash_does_not_depend_on_the_format(folder: Path, tmp_path: Path, form: str) -> None:
    assert dataset_sha256(make(tmp_path / "b", form=form, **ROWS)) == dataset_sha256(folder)


@pytest.mark.parametrize(
    "changed",
    [
        {"train": [{"id": "1", "text": "It rained!"}, ROWS["train"][1]]},
        {"train": ROWS["train"][:1]},
        {"train": [*ROWS["train"], *ROWS["test"]], "test": []},
        {"train": [{"id": "9", "text": "It rained."}, ROWS["train"][1]]},
    ],
    ids=["text", "row", "split", "id"],
)
def test_the_dataset_hash_depends_on(folder: Path, tmp_path: Path, changed: dict[str, Any]) -> None:
    assert dataset_sha256(make(tmp_path / "b", **ROWS | changed)) != dataset_sha256(folder)


def test_each_kind_of_damage_is_found(folder: Path) -> None:
    (folder / "data/test-00000-of-00001.parquet").unlink()
    (folder / "notes.txt").write_text("mine", "utf-8")
    path = folder / "dropped/dropped-00000-of-00001.parquet"
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 255
    path.write_bytes(raw)
    findings = problems(folder)
    assert sorted(findings) == ["data/test-00000-of-00001.parquet", path.relative_to(folder).as_posix(), "notes.txt"]
    assert [findings[name].partition(":")[0] for name in sorted(findings)] == [
        "is missing", "has changed since the build", "is not a file of this dataset",
    ]  # fmt: skip


def test_rows_of_another_dataset_are_found_where_somebody_has_entered_their_files(folder: Path, tmp_path: Path) -> None:
    written = manifest.read(folder)
    other = make(tmp_path / "b", **ROWS | {"test": [{"id": "2", "text": "It hailed."}]})
    written["files"] = manifest.read(other)["files"]
    (other / "manifest.json").write_text(json.dumps(written), "utf-8")
    assert problems(other) == {"data": "its rows differ from those of the manifest: build the dataset again"}


def test_what_a_kept_work_folder_holds_does_not_count(folder: Path) -> None:
    (folder / "work/rows").mkdir(parents=True)
    (folder / "work/rows/00000.parquet").write_bytes(b"x")
    assert problems(folder) == {}


def test_a_dataset_without_rows_is_whole(tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    assert problems(make(folder)) == {}


def test_without_a_manifest_no_dataset_is_whole(folder: Path) -> None:
    (folder / "manifest.json").unlink()
    with pytest.raises(ArchiveError, match=r"manifest\.json is missing.*run the same build again"):
        list(manifest.check(folder))


@pytest.mark.parametrize("content", ["", "[]", '{"format": "other"}', "\0"])
def test_another_manifest_is_one_line(folder: Path, content: str) -> None:
    (folder / "manifest.json").write_text(content, "utf-8")
    with pytest.raises(ArchiveError, match=r"manifest\.json: (not JSON|not the manifest)"):
        manifest.read(folder)


def test_another_schema_is_refused_with_the_version_that_built_it(folder: Path) -> None:
    written = manifest.read(folder) | {"schema_version": "7"}
    (folder / "manifest.json").write_text(json.dumps(written), "utf-8")
    with pytest.raises(ArchiveError, match=r"schema version 7, this program reads 3: use .* \(pressclip/"):
        manifest.read(folder)


def test_a_dataset_may_move(folder: Path, tmp_path: Path) -> None:
    shutil.move(folder, tmp_path / "it's here")
    assert problems(tmp_path / "it's here") == {}

"""Each file of a dataset is on the disk before it has its name, and the manifest comes last: a kill cannot show it, so
the system calls are recorded."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from archive.dataset import Options, build, describe
from tests.support.dataset_inputs import write_corpus


@dataclass(frozen=True)
class Sync:
    """An fsync of a file or folder, by its inode."""

    inode: int


@dataclass(frozen=True)
class Naming:
    """A finished file gets its name."""

    inode: int
    name: str
    folder: int


Calls = list[Sync | Naming]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    recorded: Calls = []
    fsync, replace = os.fsync, Path.replace

    def recording_fsync(fd: int) -> None:
        recorded.append(Sync(os.fstat(fd).st_ino))
        fsync(fd)

    def recording_replace(path: Path, target: Path) -> Path:
        recorded.append(Naming(path.stat().st_ino, target.as_posix(), target.parent.stat().st_ino))
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", recording_fsync)
    monkeypatch.setattr(Path, "replace", recording_replace)
    return recorded


def files(folder: Path) -> set[str]:
    return {path.as_posix() for path in folder.rglob("*") if path.is_file()}


def test_every_file_is_on_the_disk_under_its_name_and_the_manifest_is_the_last(tmp_path: Path, calls: Calls) -> None:
    source, out = write_corpus(tmp_path / "corpus.jsonl", range(6)), tmp_path / "out"
    build([source], out, Options(keep_work=True, form="jsonl.zst"))
    namings = [(place, call) for place, call in enumerate(calls) if isinstance(call, Naming)]
    assert {call.name for _, call in namings} == files(out)
    for place, naming in namings:
        assert Sync(naming.inode) in calls[:place], f"{naming.name} was renamed before its content was on the disk"
        assert Sync(naming.folder) in calls[place:], f"the name of {naming.name} is not on the disk"
    assert namings[-1][1].name == (out / "manifest.json").as_posix()


def test_a_new_card_is_on_the_disk_before_the_manifest_that_has_its_hash(tmp_path: Path, calls: Calls) -> None:
    source, out = write_corpus(tmp_path / "corpus.jsonl", range(6)), tmp_path / "out"
    build([source], out, options := Options())
    calls.clear()
    describe(out, options.rules, title="Quays")
    names = [Path(call.name).name for call in calls if isinstance(call, Naming)]
    assert {"README.md", "croissant.json"} < set(names)
    assert names[-1] == "manifest.json"

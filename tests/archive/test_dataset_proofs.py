"""Every row leads back to its source: the page at its offset gives its text, and a text corpus comes back whole."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive import ArchiveError, Capture, Collection
from archive.dataset import Options, build, build_shard
from archive.dataset.inputs.sources import shards
from archive.dataset.provenance.proofs import prove, restore
from tests.support.dataset_inputs import text, write_corpus, write_pages, write_warc

pytestmark = pytest.mark.slow

SEEDS = Path(__file__).parents[3] / "shared" / "seeds"
PIECES = (
    "It rained.", "Advertisement", "Share this:", "Read more", "Sign up for our newsletter.", "\ufeff", "\0", "\r\n",
    "\r", "\n", "\x0b", "\x0c", "\u2028", "\x85", "\x1c", " ", "\t", "\u00a0", "\u200b", "e\u0301", "😀",
)  # fmt: skip


def rows_of(folder: Path) -> list[dict[str, Any]]:
    return [row for part in ("data", "dropped") for row in pq.read_table(folder / part).to_pylist()]


@pytest.fixture
def inputs(tmp_path: Path, open_collection: Callable[..., Collection], capture: Capture) -> list[Path]:
    folder = tmp_path / "inputs"
    (folder / "texts").mkdir(parents=True)
    (folder / "texts/odd.txt").write_bytes(f"\ufeff{text(1)}\r\nAdvertisement\r\n\r\n".encode())
    (folder / "texts/empty.txt").write_bytes(b"")
    pages = write_pages(folder / "pages", range(40, 43))
    warc = write_warc(open_collection, capture, range(30, 34))
    return [folder / "texts", pages, warc, write_corpus(folder / "corpus.jsonl.gz", range(10, 14), same=text(10))]


@pytest.fixture
def built(inputs: list[Path], tmp_path: Path) -> Path:
    build(inputs, tmp_path / "a", Options())
    return tmp_path / "a"


def problems(folder: Path, inputs: list[Path]) -> list[str]:
    return [str(finding) for finding in prove(folder, inputs, Options())]


def test_every_row_of_every_kind_of_input_is_borne_out(built: Path, inputs: list[Path]) -> None:
    assert problems(built, inputs) == []
    assert len(rows_of(built)) == 2 + 3 + 4 + 5


def test_rows_of_an_input_that_is_not_given_are_counted(built: Path, inputs: list[Path]) -> None:
    with pytest.raises(ArchiveError, match="4 of 14 rows are of other inputs"):
        problems(built, [inputs[0], inputs[1], inputs[3]])


def edit(folder: Path, column: str, value: Callable[[Any], Any], where: str) -> None:
    """Change a column in the rows that have another one."""
    (path,) = (folder / "data").iterdir()
    table = pq.read_table(path)
    rows = table.to_pylist()
    for row in rows:
        if row[where] is not None:
            row[column] = value(row[column])
    pq.write_table(table.from_pylist(rows, schema=table.schema), path)


@pytest.mark.parametrize(
    ("column", "value", "where", "problem", "count"),
    [
        ("text", lambda text: text + " More.", "warc_file", "gives another text", 4),
        ("warc_offset", lambda offset: offset + 1, "warc_file", "no page there", 4),
        ("warc_digest", lambda digest: "sha1:X", "warc_file", "another record is there", 4),
        ("text", lambda text: text[1:], "source_file", "", 8),
    ],
)
def test_a_row_that_its_source_does_not_bear_out_is_found(
    built: Path, inputs: list[Path], column: str, value: Callable[[Any], Any], where: str, problem: str, count: int
) -> None:
    edit(built, column, value, where)
    found = problems(built, inputs)
    assert len(found) == count
    assert all(problem in line for line in found)


@settings(max_examples=25)
@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=12).map("".join), min_size=1, max_size=30))
def test_restore_gives_back_every_text_to_the_character(texts: list[str]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        corpus = "".join(json.dumps({"text": given}) + "\n" for given in texts)
        (folder / "corpus.jsonl").write_text(corpus, "utf-8")
        (shard,) = shards([folder / "corpus.jsonl"], Options())
        build_shard(shard, folder, Options())
        rows = [row for part in ("rows", "failed") for row in pq.read_table(folder / "work" / part).to_pylist()]
        restored = {row["source_row"]: restore(row) for row in rows}
    assert restored == dict(enumerate(texts))


def test_restore_gives_back_text_files_byte_for_byte(tmp_path: Path) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    files = {f"{number}.txt": piece.join(["It rained.", "Advertisement", text(number), ""]).encode()
             for number, piece in enumerate(PIECES)}  # fmt: skip
    for name, content in files.items():
        (folder / name).write_bytes(content)
    build([folder], tmp_path / "a", Options())
    assert {row["source_file"]: restore(row).encode() for row in rows_of(tmp_path / "a")} == {
        f"texts/{name}": content for name, content in files.items()
    }


def wrong_lines(labels: Path, kept: str) -> list[str]:
    """Return the lines that ../shared/seeds/score.py calls wrong: a lost `keep`, a `drop` that is left."""
    got = {" ".join(line.split()) for line in kept.splitlines()}
    said = [row.split("\t", 1) for row in labels.read_text("utf-8").splitlines()]
    lines = [(label, " ".join(line.split())) for label, line in said]
    return [line for label, line in lines if (label, line in got) in (("keep", False), ("drop", True))]


@pytest.mark.skipif(not SEEDS.is_dir(), reason="../shared/seeds is not there")
def test_the_seeds_come_back_byte_for_byte_without_a_wrong_line(tmp_path: Path) -> None:
    build([SEEDS], tmp_path / "a", Options())
    rows = {Path(row["source_file"]).name: row for row in rows_of(tmp_path / "a")}
    paths = sorted(SEEDS.glob("*.txt"))
    assert len(paths) == 5
    assert {path.name: restore(rows[path.name]).encode() for path in paths} == {p.name: p.read_bytes() for p in paths}
    labels = {path.name: SEEDS / f"{path.name[:3]}.labels.tsv" for path in paths}
    wrong = [(name, line) for name, path in labels.items() for line in wrong_lines(path, rows[name]["text"])]
    assert wrong == []

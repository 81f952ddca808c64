"""A recipe has no text, and gives the dataset back to whoever holds the sources, to the byte and with the proof."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from archive import ArchiveError, Capture, Collection
from archive.dataset import Options, build
from archive.dataset.plan import taken
from archive.dataset.provenance import manifest, recipe
from archive.dataset.provenance.diff import diff
from archive.dataset.rebuild import rebuild
from tests.support.dataset_inputs import contents, text, write_corpus, write_pages, write_warc

pytestmark = pytest.mark.slow

RULE = r"""
[[rule]]
id = "baker"
line = '.*\bbaker\b.*'
max = 900
why = "an advertisement of a baker"
example = "Bread from the baker on the quay."
keeps = "The bakery is shut."
"""
NUMBERS = range(30, 36)


@pytest.fixture
def warc(open_collection: Callable[..., Collection], capture: Capture) -> Path:
    return write_warc(open_collection, capture, NUMBERS)


@pytest.fixture
def built(tmp_path: Path, warc: Path) -> Path:
    """A dataset of two shards, one of them a WARC file, with a duplicate across both."""
    corpus = write_corpus(tmp_path / "corpus.jsonl", range(10, 14), same=text(10), empty="")
    build([corpus, warc], tmp_path / "a", Options(splits=(("train", 0.7), ("test", 0.3))))
    return tmp_path / "a"


@pytest.fixture(params=(".jsonl.gz", ".jsonl", ".parquet", "-2026.recipe"))
def path(request: pytest.FixtureRequest, built: Path, tmp_path: Path) -> Path:
    path = tmp_path / f"recipe{request.param}"
    recipe.write(built, path)
    return path


@pytest.fixture
def lines(built: Path, tmp_path: Path) -> Path:
    recipe.write(built, tmp_path / "recipe.jsonl.gz")
    return tmp_path / "recipe.jsonl.gz"


def test_the_sources_give_back_the_same_bytes_wherever_they_lie(
    path: Path, built: Path, tmp_path: Path, warc: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    there = [shutil.copy(source, tmp_path / "elsewhere") for source in (warc, tmp_path / "corpus.jsonl")]
    done = rebuild(path, list(map(Path, there)), tmp_path / "b")
    assert (done.is_proved, done.differing, done.rows) == (True, 0, 11)
    assert {name: sha for name, sha in contents(tmp_path / "b").items() if name.startswith(("data/", "dropped/"))} == {
        name: sha for name, sha in contents(built).items() if name.startswith(("data/", "dropped/"))
    }
    assert diff(built, tmp_path / "b").is_empty
    assert list(manifest.check(tmp_path / "b")) == []


def test_a_recipe_holds_no_sentence_and_nothing_that_was_taken_out(lines: Path) -> None:
    content = gzip.decompress(lines.read_bytes()).decode()
    texts = [text(number) for number in (*NUMBERS, *range(10, 14))]
    assert [line for given in texts for line in given.splitlines() if line in content] == []
    assert "Report" not in content
    rows = [json.loads(line) for line in content.splitlines()[1:]]
    assert len(rows) == 4 + 2 + 6
    assert {"text", "title", "authors"} & {name for row in rows for name in row} == set()
    assert all(taken.keys() == {"rule", "stage", "where", "start", "end", "n_chars"} for row in rows
               for taken in row["removed"] or ())  # fmt: skip
    assert {row["reason"] for row in rows} == {None, "exact_duplicate", "no_text"}


def test_the_same_dataset_has_the_same_recipe(path: Path, built: Path, tmp_path: Path) -> None:
    again = tmp_path / f"again{path.name.removeprefix('recipe')}"
    recipe.write(built, again)
    assert again.read_bytes() == path.read_bytes()


def test_a_missing_source_is_named_with_its_hash(lines: Path, tmp_path: Path, warc: Path) -> None:
    with pytest.raises(ArchiveError, match=r"gz: not among the inputs: give the source .* sha256 [0-9a-f]{64}"):
        rebuild(lines, [tmp_path / "corpus.jsonl"], tmp_path / "b")
    assert not (tmp_path / "b").exists()


def test_a_source_that_has_changed_is_refused(lines: Path, tmp_path: Path, warc: Path) -> None:
    warc.write_bytes(warc.read_bytes() + b"\0")
    with pytest.raises(ArchiveError, match=f"{warc}: differs from the source of the recipe"):
        rebuild(lines, [tmp_path / "corpus.jsonl", warc], tmp_path / "b")


@pytest.fixture
def rule(tmp_path: Path) -> str:
    (tmp_path / "own.toml").write_text(RULE, "utf-8")
    return str(tmp_path / "own.toml")


def test_other_rules_are_refused_by_name(lines: Path, tmp_path: Path, warc: Path, rule: str) -> None:
    with pytest.raises(ArchiveError, match=r"made with rules version (\S+), here is (?!\1)\S+: install pressclip/"):
        rebuild(lines, [tmp_path / "corpus.jsonl", warc], tmp_path / "b", rule_paths=(rule,))


def test_where_other_rules_are_wanted_the_rows_that_differ_are_counted_and_nothing_is_proved(
    lines: Path, tmp_path: Path, warc: Path, rule: str, built: Path
) -> None:
    inputs = [tmp_path / "corpus.jsonl", warc]
    done = rebuild(lines, inputs, tmp_path / "b", rule_paths=(rule,), other_versions=True)
    assert (done.is_proved, done.rows, done.differing) == (False, 11, 11)
    assert "https://" in done.first
    (found,) = diff(built, tmp_path / "b").rules
    assert (found.rule, found.more_lines) == ("own/baker", 10)


def edited(lines: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """Change the recipe's last kept row."""
    head, *rows = gzip.decompress(lines.read_bytes()).splitlines()
    row = json.loads(rows[0])
    change(row)
    path = lines.with_name("edited.jsonl.gz")
    path.write_bytes(gzip.compress(b"\n".join([head, json.dumps(row).encode(), *rows[1:], b""])))
    return path


def test_a_row_that_gets_another_text_all_the_same_is_an_error_with_its_id(
    lines: Path, tmp_path: Path, warc: Path
) -> None:
    wrong = edited(lines, lambda row: row.update(text_sha256="0" * 64))
    with pytest.raises(ArchiveError, match=r"1 of 11 rows got another text .*the first: [0-9a-f]{64} https://"):
        rebuild(wrong, [tmp_path / "corpus.jsonl", warc], tmp_path / "b")
    assert not (tmp_path / "b/manifest.json").exists()


def test_a_row_in_another_split_is_not_proved(lines: Path, tmp_path: Path, warc: Path) -> None:
    wrong = edited(lines, lambda row: row.update(split="test" if row["split"] == "train" else "train"))
    assert not rebuild(wrong, [tmp_path / "corpus.jsonl", warc], tmp_path / "b").is_proved


def test_rows_of_folders_come_back_as_well(tmp_path: Path) -> None:
    folder = write_pages(tmp_path / "one/pages", range(3))
    build([folder], tmp_path / "a", Options())
    recipe.write(tmp_path / "a", tmp_path / "recipe.parquet")
    (tmp_path / "two").mkdir()
    folder = folder.rename(tmp_path / "two/pages")
    assert rebuild(tmp_path / "recipe.parquet", [folder], tmp_path / "b").is_proved
    assert pq.read_table(tmp_path / "b/data").num_rows == 3


@pytest.mark.parametrize("content", [b"", b"{}\n", b'{"recipe": 1}\n', b"\x1f\x8b", b"PAR1"])
@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.parquet"])
def test_what_is_no_recipe_is_one_line(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ArchiveError, match=f"{name}: (not a recipe|cannot be read)"):
        recipe.read_head(tmp_path / name)


def test_a_recipe_needs_all_columns_and_a_name_that_promises_no_other_packing(built: Path, tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match=r"recipe.jsonl.zst: a recipe is not packed as .zst"):
        recipe.write(built, tmp_path / "recipe.jsonl.zst")
    assert not (tmp_path / "recipe.jsonl.zst").exists()
    build([tmp_path / "corpus.jsonl"], tmp_path / "few", Options(columns=("id", "text")))
    with pytest.raises(ArchiveError, match="few: lacks the column url"):
        recipe.write(tmp_path / "few", tmp_path / "recipe.parquet")


def tampered(lines: Path, out: Path, change: Callable[[dict[str, Any], list[dict[str, Any]]], object]) -> Path:
    """Write a recipe again with another head or other rows."""
    first, *rest = gzip.decompress(lines.read_bytes()).decode().splitlines()
    head, rows = json.loads(first)["recipe"], list(map(json.loads, rest))
    change(head, rows)
    out.write_text("".join(f"{json.dumps(each)}\n" for each in ({"recipe": head}, *rows)))
    return out


def refused(recipe: Path, tmp_path: Path, *inputs: Path) -> str:
    with pytest.raises(ArchiveError) as caught:
        rebuild(recipe, list(inputs), tmp_path / "deep" / "rebuilt", other_versions=True)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "deep").exists()
    return str(caught.value)


ROWS: tuple[tuple[str, Any], ...] = (
    ("split", "../../escaped"), ("split", "/escaped/here"), ("split", ""), ("split", "other"), ("split", "a\nb"),
    ("split", None), ("id", "../../escaped"), ("warc_offset", "x"), ("similarity", []),
)  # fmt: skip


def test_a_recipe_of_a_stranger_names_no_path_and_no_value_of_another_kind(
    lines: Path, tmp_path: Path, warc: Path
) -> None:
    corpus = tmp_path / "corpus.jsonl"
    for name, value in ROWS:

        def change_row(head: dict[str, Any], rows: list[dict[str, Any]], name: str = name, value: Any = value) -> None:  # noqa: ANN401
            rows[0][name] = value

        assert refused(tampered(lines, tmp_path / "bad.jsonl", change_row), tmp_path, corpus, warc)

    def twice(head: dict[str, Any], rows: list[dict[str, Any]]) -> None:
        rows.append(rows[0])

    assert "id of another" in refused(tampered(lines, tmp_path / "bad.jsonl", twice), tmp_path, corpus, warc)
    assert not (tmp_path / "escaped").exists()


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("options", "splits"), [["../../escaped", 1.0]]),
        (("options", "splits"), [["/escaped/here", 1.0]]),
        (("options", "splits"), [["train", 0.5]]),
        (("options", "splits"), []),
        (("options", "splits"), "train"),
        (("options", "where"), "true); COPY (SELECT 1) TO 'escaped' --"),
        (("options", "where"), 7),
        (("options", "form"), "../x"),
        (("options", "rows_a_file"), 0),
        (("options", "columns"), ["nothing"]),
        (("options",), None),
        (("options",), {}),
        (("inputs",), [{"name": "x"}]),
        (("inputs",), {}),
        (("inputs", 0, "sha256"), "x"),
        (("inputs", 0, "first"), None),
        (("dataset_sha256",), None),
        (("rows",), []),
        (("software",), None),
        (("schema_version",), [2]),
    ],
)
def test_a_malformed_head_is_refused_in_one_line(
    place: tuple[Any, ...],
    value: Any,  # noqa: ANN401
    lines: Path,
    tmp_path: Path,
) -> None:
    def change(head: dict[str, Any], rows: list[dict[str, Any]]) -> None:
        *path, last = place
        part: Any = head
        for name in path:
            part = part[name]
        part[last] = value

    assert refused(tampered(lines, tmp_path / "bad.jsonl", change), tmp_path, tmp_path / "corpus.jsonl")


def test_no_bytes_of_a_recipe_end_in_a_traceback(lines: Path, tmp_path: Path) -> None:
    whole = lines.read_bytes()
    damaged = bytearray(whole)
    damaged[len(whole) // 2] ^= 255
    for data in (
        b"",
        whole[:20],
        whole[: len(whole) // 2],
        bytes(damaged),
        gzip.compress(b'{"recipe": ' + b"[" * 9999),
    ):
        (tmp_path / "bad.jsonl.gz").write_bytes(data)
        assert refused(tmp_path / "bad.jsonl.gz", tmp_path, tmp_path / "corpus.jsonl")


def test_a_malformed_manifest_is_refused_in_one_line(built: Path) -> None:
    good = json.loads((built / "manifest.json").read_text())
    for change in (
        {"options": []},
        {"inputs": 3},
        {"files": [{"path": 1}]},
        {"dataset_sha256": None},
        {"rows": {"a": -1}},
    ):
        (built / "manifest.json").write_text(json.dumps(good | change))
        with pytest.raises(ArchiveError, match=r"manifest\.json: .*get it again$"):
            manifest.read(built)
    (built / "manifest.json").write_text("[" * 9999)
    with pytest.raises(ArchiveError, match=r"nested too deeply|not JSON"):
        manifest.read(built)


def test_two_builds_or_recipes_at_once_into_one_place_are_refused(
    built: Path, lines: Path, warc: Path, tmp_path: Path
) -> None:
    inputs = [tmp_path / "corpus.jsonl", warc]
    out = tmp_path / "o[1]"
    with taken(out):
        with pytest.raises(ArchiveError, match="another build is writing here"):
            build(inputs, out, Options())
        with pytest.raises(ArchiveError, match="another build is writing here"):
            rebuild(lines, inputs, out)
    assert not out.exists()
    with recipe._held(tmp_path / "b.jsonl"), pytest.raises(ArchiveError, match="another process is writing it"):
        recipe.write(built, tmp_path / "b.jsonl")
    assert rebuild(lines, inputs, out).is_proved
    assert recipe.write(out, tmp_path / "b.jsonl")["dataset_sha256"] == recipe.read_head(lines)["dataset_sha256"]
    assert contents(out) == contents(built)

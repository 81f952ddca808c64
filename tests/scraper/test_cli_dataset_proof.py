"""`pressclip dataset check`, `diff`, `recipe` and `rebuild`, as a user types them, on the demo's collection."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.support.shell import press

pytestmark = pytest.mark.slow

TEXT = "It rained on day {0}.\nAdvertisement\nNobody minded.\nOn day {0} the sun came back at noon."
CORPUS = "".join(json.dumps({"text": TEXT.format(number)}) + "\n" for number in range(3))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's data and the dataset that was built from it, in folders data and a."""
    root = tmp_path_factory.mktemp("demo")
    assert press("demo", "--data", "data", cwd=root).code == 0
    assert press("dataset", "build", "data", "--out", "a", cwd=root).code == 0
    return root


@pytest.mark.long
def test_every_row_of_the_demo_is_the_cleaned_page_at_its_offset(root: Path) -> None:
    done = press("dataset", "check", "a", "data", cwd=root)
    assert (done.code, done.out) == (0, "")
    assert "rows compared with their sources" in done.err
    assert "0 findings" in done.err


def test_the_demo_comes_back_from_its_recipe(root: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.jsonl.gz"
    written = press("dataset", "recipe", "a", "--out", recipe, cwd=root)
    assert (written.code, "train 35, dropped 4" in written.out) == (0, True)
    warcs = sorted((root / "data").rglob("*.warc.gz"))
    rebuilt = press("dataset", "rebuild", recipe, *warcs, "--out", tmp_path / "b", cwd=root)
    assert (rebuilt.code, rebuilt.err) == (0, "")
    assert "is that of the recipe" in rebuilt.out
    same = press("dataset", "diff", "a", tmp_path / "b", cwd=root)
    assert (same.code, same.out.splitlines()[0]) == (0, "35 rows the same, 0 with another text")


def test_a_missing_source_of_a_recipe_is_one_line(root: Path, tmp_path: Path) -> None:
    press("dataset", "recipe", "a", "--out", tmp_path / "recipe.parquet", cwd=root)
    (tmp_path / "other.jsonl").write_text(CORPUS, "utf-8")
    done = press("dataset", "rebuild", "recipe.parquet", "other.jsonl", "--out", "b", cwd=tmp_path)
    assert done.code == 2
    assert ".warc.gz: not among the inputs" in done.line


def test_check_names_what_was_touched(root: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(root / "a", tmp_path / "a")
    (folder / "data" / "notes.txt").write_text("mine", "utf-8")
    (folder / "README.md").write_text("mine", "utf-8")
    done = press("dataset", "check", "a", cwd=tmp_path)
    assert done.code == 1
    assert [line.partition(":")[0] for line in done.out.splitlines()] == ["README.md", "data/notes.txt"]
    (folder / "manifest.json").unlink()
    done = press("dataset", "check", "a", cwd=tmp_path)
    assert (done.code, "no complete dataset" in done.line) == (2, True)


def test_diff_tells_rows_and_rules_and_exits_as_diff_does(tmp_path: Path) -> None:
    (tmp_path / "corpus.jsonl").write_text(CORPUS, "utf-8")
    (tmp_path / "own.toml").write_text(
        """
        [[rule]]
        id = "minded"
        line = 'Nobody minded\\.'
        max = 40
        why = "a line that says nothing"
        example = "Nobody minded."
        keeps = "Nobody minded the rain."
        """,
        "utf-8",
    )
    assert press("dataset", "build", "corpus.jsonl", "--out", "a", cwd=tmp_path).code == 0
    assert press("dataset", "build", "corpus.jsonl", "--out", "b", "--rules", "own.toml", cwd=tmp_path).code == 0
    done = press("dataset", "diff", "a", "b", "--samples", "1", cwd=tmp_path)
    assert (done.code, done.err) == (1, "")
    assert "0 rows the same, 3 with another text" in done.out
    (rule,) = [line for line in done.out.splitlines() if line.startswith("own/minded")]
    assert rule.startswith("own/minded: takes 3 lines (")
    found = json.loads(press("dataset", "diff", "a", "b", "--json", cwd=tmp_path).out)
    assert (found["changed"], [rule["rule"] for rule in found["rules"]]) == (3, ["own/minded"])
    assert press("dataset", "diff", "a", "c", cwd=tmp_path).code == 2

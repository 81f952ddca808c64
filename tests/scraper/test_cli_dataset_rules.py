"""A dataset is built, checked and built again by the rules that were accepted where its inputs lie."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from archive.site_rules import accepted_rules_of
from cleaners import load_rules
from tests.support.dataset_inputs import contents
from tests.support.rule_data import ACCEPTED, HOST, has_tin, write_rules, write_warc
from tests.support.shell import KEPT, press

pytestmark = pytest.mark.slow

TEXT = "\n".join((KEPT[0], "It rained on day {}, and nobody had thought of the lamp or of the pole.", KEPT[1]))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data root with rules and two pages."""
    write_warc(tmp_path / "foreign.warc", HOST)
    press("archive", "import", "foreign.warc", "--data", "data", cwd=tmp_path)
    write_rules(tmp_path / "data")
    return tmp_path / "data"


def manifest(folder: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((folder / "manifest.json").read_text("utf-8"))
    return found


def texts(folder: Path) -> list[str]:
    lines = (folder / "data").glob("*.jsonl")
    return [json.loads(line)["text"] for file in sorted(lines) for line in file.read_text("utf-8").splitlines()]


@pytest.mark.long
def test_a_build_takes_the_rules_of_the_data_root_that_its_input_lies_in(data: Path, tmp_path: Path) -> None:
    version = load_rules(data / "rules" / "sites").version
    for number, source in enumerate(("data", "data/collections/news", "data/collections/news/archive")):
        out = f"out{number}"
        done = press("dataset", "build", source, "--out", out, "--format", "jsonl", "--jobs", "2", cwd=tmp_path)
        assert (done.code, done.err) == (0, "")
        assert manifest(tmp_path / out)["rules_version"] == version
        assert [has_tin(text) for text in texts(tmp_path / out)] == [False] * len(texts(tmp_path / out))
    card = (tmp_path / "out0" / "README.md").read_text("utf-8")
    assert f"sites/{HOST}/tin" in card
    assert "the parish's own joke" in card


def test_a_check_finds_the_rules_of_the_build_and_says_where_it_does_not(data: Path, tmp_path: Path) -> None:
    assert press("dataset", "build", "data", "--out", "out", cwd=tmp_path).code == 0
    done = press("dataset", "check", "out", "data", cwd=tmp_path)
    assert (done.code, done.out) == (0, "")
    assert "built with the rules" not in done.err
    shutil.move(data / "rules", tmp_path / "rules")
    done = press("dataset", "check", "out", "data", cwd=tmp_path)
    assert done.code == 1
    assert "give the rules it was built with, by --rules or --data" in done.err.splitlines()[0]
    done = press("dataset", "check", "out", "data", "--rules", "rules/sites", cwd=tmp_path)
    assert (done.code, done.out) == (0, "")


def test_a_check_of_a_dataset_that_is_older_than_the_accepted_rules_takes_those_of_its_day(
    data: Path, tmp_path: Path
) -> None:
    shutil.move(data / "rules", tmp_path / "rules")
    assert press("dataset", "build", "data", "--out", "out", cwd=tmp_path).code == 0
    shutil.move(tmp_path / "rules", data / "rules")
    done = press("dataset", "check", "out", "data", cwd=tmp_path)
    assert (done.code, done.out) == (0, "")
    assert "built with the rules" not in done.err


def test_a_rebuild_finds_the_rules_of_the_recipe_and_says_how_to_give_them(data: Path, tmp_path: Path) -> None:
    (warc,) = (data / "collections" / "news" / "archive").glob("*.warc.gz")
    assert press("dataset", "build", "data", "--out", "out", cwd=tmp_path).code == 0
    assert press("dataset", "recipe", "out", "--out", "recipe.jsonl", cwd=tmp_path).code == 0
    done = press("dataset", "rebuild", "recipe.jsonl", warc, "--out", "again", cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    shutil.copy(warc, tmp_path)
    done = press("dataset", "rebuild", "recipe.jsonl", warc.name, "--out", "third", cwd=tmp_path)
    assert done.code == 2
    assert "--rules, or --data for those of a data root" in done.line
    done = press("dataset", "rebuild", "recipe.jsonl", warc.name, "--out", "third", "--data", "data", cwd=tmp_path)
    assert (done.code, done.err) == (0, "")


def test_a_text_corpus_is_cleaned_with_the_rules_of_the_data_root_that_is_named(data: Path, tmp_path: Path) -> None:
    rows = [{"text": TEXT.format(number), "url": f"https://{HOST}/{number}"} for number in range(2)]
    (tmp_path / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    build = ("dataset", "build", "corpus.jsonl", "--format", "jsonl", "--out")
    assert press(*build, "without", cwd=tmp_path).code == 0
    assert press(*build, "with", "--data", "data", cwd=tmp_path).code == 0
    assert {has_tin(text) for text in texts(tmp_path / "without")} == {True}
    assert {has_tin(text) for text in texts(tmp_path / "with")} == {False}
    assert press("dataset", "card", "with", "--data", "data", cwd=tmp_path).code == 0
    assert "the parish's own joke" in (tmp_path / "with" / "README.md").read_text("utf-8")


@pytest.mark.long
def test_a_build_in_parts_is_finished_with_the_rules_of_its_inputs(data: Path, tmp_path: Path) -> None:
    pytest.importorskip("datatrove", reason="needs the extra scale")
    build = ("dataset", "build", "data", "--out", "out", "--engine", "datatrove", "--machine", "1/2", "--tasks", "2")
    assert press(*build, cwd=tmp_path).code == 0
    done = press("dataset", "finish", "out", cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    assert manifest(tmp_path / "out")["rules_version"] == load_rules(data / "rules" / "sites").version


@pytest.mark.long
def test_tasks_take_the_rules_of_their_inputs(data: Path, tmp_path: Path) -> None:
    pytest.importorskip("datatrove", reason="needs the extra scale")
    build = ("dataset", "build", "data", "--out")
    assert press(*build, "one", cwd=tmp_path).code == 0
    done = press(*build, "tasks", "--engine", "datatrove", "--tasks", "2", cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    assert contents(tmp_path / "tasks") == contents(tmp_path / "one")


def test_the_order_of_data_roots_hangs_on_their_rules_not_on_their_names(tmp_path: Path) -> None:
    one, two = tmp_path / "a", tmp_path / "b"
    write_rules(one)
    write_rules(two, ACCEPTED.replace('"tin"', '"box"'))
    for root in (one, two):
        (root / "collections" / "news").mkdir(parents=True)
    found = accepted_rules_of([one / "collections" / "news", two])
    assert found == accepted_rules_of([two, one / "collections"], one)
    before = load_rules(*found).version
    one.rename(tmp_path / "c")
    assert load_rules(*accepted_rules_of([two, tmp_path / "c"])).version == before
    assert accepted_rules_of([tmp_path / "c" / "rules", tmp_path]) == ()

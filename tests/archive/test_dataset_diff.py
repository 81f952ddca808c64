"""A diff of two datasets counts every row once and names the rules that took or gave back text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from archive import ArchiveError
from archive.dataset.provenance.diff import Difference, diff
from tests.support.dataset_files import make, taken

pytestmark = pytest.mark.slow

LONG = "It rained on the quay all day. " * 20


def one(text: str = "It rained.", **fields: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"id": "1", "text": text} | fields


def compared(tmp_path: Path, a: dict[str, Any], b: dict[str, Any], **options: Any) -> Difference:  # noqa: ANN401
    return diff(make(tmp_path / "a", **a), make(tmp_path / "b", **b), **options)


def test_the_same_rows_are_no_difference_in_whatever_format(tmp_path: Path) -> None:
    rows = {"train": [one(removed=taken("Advertisement"), authors=["Ada Quill"], similarity=0.5)], "test": []}
    difference = compared(tmp_path, rows, rows | {"form": "jsonl.gz"})
    assert (difference.is_empty, difference.same) == (True, 1)


def test_each_row_is_counted_once(tmp_path: Path) -> None:
    a = {"train": [one(), {"id": "2", "text": "b"}, {"id": "3", "text": "c"}, {"id": "5", "text": "e"}]}
    b = {"train": [one(), {"id": "3", "text": "C"}, {"id": "4", "text": "d"}], "test": [{"id": "2", "text": "b"}]}
    difference = compared(tmp_path, a, b)
    assert (difference.same, difference.added, difference.removed, difference.changed) == (1, 1, 1, 1)
    assert difference.moved == {"train -> test": 1}
    assert {kind: [row["id"] for row in rows] for kind, rows in difference.samples.items()} == {
        "added": ["4"], "changed": ["3"], "moved": ["2"], "removed": ["5"],
    }  # fmt: skip


def test_rows_that_went_to_the_dropped_ones_are_told_with_the_reason(tmp_path: Path) -> None:
    dropped = {"id": "2", "text": "b", "reason": "near_duplicate"}
    a = {"train": [one(), {"id": "2", "text": "b"}], "dropped": [{"id": "3", "text": "c", "reason": "filtered"}]}
    b = {"train": [{"id": "3", "text": "c"}, {"id": "4", "text": "d"}], "dropped": [dropped]}
    difference = compared(tmp_path, a, b)
    assert difference.removed_to == {"near_duplicate": 1, "not in B": 1}
    assert difference.added_from == {"filtered": 1, "not in A": 1}


def test_a_rule_that_takes_more_is_named_with_lines_characters_and_a_sample(tmp_path: Path) -> None:
    a = {"train": [one("It rained.\nAdvertisement\nShop now"), {"id": "2", "text": "b", "removed": taken("Shop now")}]}
    b = {"train": [one(removed=taken("Advertisement\n\nShop now\n")), {"id": "2", "text": "b\nShop now"}]}
    (rule,) = compared(tmp_path, a, b).rules
    assert (rule.rule, rule.rows) == ("lines/advertisement", 2)
    assert (rule.more_lines, rule.more_characters) == (2, len("Advertisement\n\nShop now\n"))
    assert (rule.fewer_lines, rule.fewer_characters) == (1, len("Shop now"))
    assert rule.samples == [
        {"id": "1", "url": "https://a.example/1", "sign": "-", "text": "Advertisement\n\nShop now\n"},
        {"id": "2", "url": "https://a.example/2", "sign": "+", "text": "Shop now"},
    ]


def test_a_removal_that_moves_to_another_rule_counts_for_both(tmp_path: Path) -> None:
    a, b = ({"train": [one(removed=taken("Shop now", rule=rule))]} for rule in ("lines/shop", "lines/offer"))
    difference = compared(tmp_path, a, b)
    assert difference.same == 1
    assert [(rule.rule, rule.more_lines, rule.fewer_lines) for rule in difference.rules] == [
        ("lines/offer", 1, 0), ("lines/shop", 0, 1),
    ]  # fmt: skip


def test_the_same_removal_twice_counts_as_often_as_it_was_made(tmp_path: Path) -> None:
    difference = compared(
        tmp_path, {"train": [one(removed=taken("Ad"))]}, {"train": [one(removed=taken("Ad", "Ad", "Ad"))]}
    )
    assert [(rule.more_lines, rule.more_characters) for rule in difference.rules] == [(2, 4)]


def test_removals_of_rows_that_only_one_has_are_no_change_of_a_rule(tmp_path: Path) -> None:
    row = {"id": "2", "text": "b", "removed": taken("Ad")}
    assert compared(tmp_path, {"train": [one()]}, {"train": [one(), row]}).rules == []


def test_changes_of_other_columns_are_counted(tmp_path: Path) -> None:
    a = {"train": [one(title="A", authors=["X"]), {"id": "2", "text": "b", "title": "Same"}]}
    b = {"train": [one(title="B", authors=["X", "Y"]), {"id": "2", "text": "b", "title": "Same"}]}
    difference = compared(tmp_path, a, b)
    assert (difference.metadata, difference.same, difference.is_empty) == ({"authors": 1, "title": 1}, 2, False)


def test_samples_are_few_and_short(tmp_path: Path) -> None:
    rows = [{"id": str(n), "text": "a", "removed": taken(LONG)} for n in range(10, 20)]
    difference = compared(tmp_path, {"train": []}, {"train": rows}, samples=2)
    assert [row["id"] for row in difference.samples["added"]] == ["10", "11"]
    before = [row | {"removed": None} for row in rows]
    (rule,) = diff(make(tmp_path / "c", train=before), make(tmp_path / "d", train=rows), samples=2).rules
    assert [(sample["id"], len(sample["text"])) for sample in rule.samples] == [("10", 200), ("11", 200)]
    assert rule.rows == 10


def test_other_rules_are_told(tmp_path: Path) -> None:
    rows = {"train": [one()]}
    difference = compared(tmp_path, rows | {"rules": "1"}, rows | {"rules": "2"})
    assert difference.is_empty
    assert difference.versions == {
        "rules_version": ("1", "2"),
        "options": ({"rules_version": "1"}, {"rules_version": "2"}),
    }


def test_datasets_without_a_row_are_the_same(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    assert compared(tmp_path, {}, {}).is_empty


def test_half_a_dataset_is_refused(tmp_path: Path) -> None:
    whole = make(tmp_path / "a", train=[one()])
    (make(tmp_path / "b", train=[one()]) / "manifest.json").unlink()
    with pytest.raises(ArchiveError, match=r"b: no complete dataset"):
        diff(whole, tmp_path / "b")


def test_rows_without_an_id_cannot_be_compared(tmp_path: Path) -> None:
    folder = make(tmp_path / "a", train=[one()])
    (path,) = (folder / "data").iterdir()
    pq.write_table(pq.read_table(path).select(["text", "url"]), path)
    with pytest.raises(ArchiveError, match=r"a: lacks the column id.*without `dataset build --columns`"):
        diff(folder, folder)


def test_a_column_name_is_data_and_never_sql(tmp_path: Path) -> None:
    written = tmp_path / "written.txt"
    names = [
        f"x\" IS NULL) FROM a; COPY (SELECT 'owned') TO '{written}'; SELECT count(*) FILTER (a.\"id",
        'quote"', "it's", "select", "a b", "é", "line\nfeed", "$1", "?",
    ]  # fmt: skip
    for side, value in (("a", 1), ("b", 2)):
        (path,) = (make(tmp_path / side, train=[one()]) / "data").iterdir()
        table = pq.read_table(path)
        for name in names:
            table = table.append_column(name, [[value]])
        pq.write_table(table, path)
    assert diff(tmp_path / "a", tmp_path / "b").metadata == dict.fromkeys(sorted(names), 1)
    assert not written.exists()

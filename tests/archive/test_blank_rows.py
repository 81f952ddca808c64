"""Test that what looks blank in JSON lines is no row, and that JSON lines are lines to every reader."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest

from archive.dataset.table.files import form_writer
from archive.readers.rows import read_rows

BLANK = ["", "  ", "\t", "\r", "\u00a0", " \u3000 ", "\ufeff", "\u2028", "\u200b", "\0\0", "\x1a", "\x0c", "\x85"]


@pytest.mark.parametrize("blank", BLANK)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_blank_line_is_no_row_and_the_next_keeps_its_number(blank: str, line_end: str, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(line_end.join([blank, '{"text": "a"}', blank, blank, '{"text": "b"}', blank]).encode())
    found = [(row.number, row.values.get("text"), row.problem) for row in read_rows(path)]
    assert found == [(1, "a", ""), (4, "b", "")]


@pytest.mark.parametrize("line", ["{", "x", "\ufeff{", "null", "\u00a0x"])
def test_a_line_that_has_something_else_is_a_row_with_a_problem(line: str, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(f"\n{line}\n", "utf-8")
    assert [bool(row.problem) for row in read_rows(path)] == [True]


def test_rows_of_json_lines_are_lines_to_every_reader(tmp_path: Path) -> None:
    texts = ["a\u2028b", "c\u2029d", "e\x85f", "g\x0bh\n"]
    path = tmp_path / "rows.jsonl"
    table = pa.table({"text": texts})
    with form_writer(path, table.schema, "jsonl") as write:
        write(table)
    lines = path.read_text("utf-8").splitlines()
    assert [json.loads(line)["text"] for line in lines] == texts

"""Every column of the schema is explained, and the page of columns in docs/ says the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytest.importorskip("pyarrow")

from archive.dataset.card.columns import MEANINGS, SOURCES, rows_of
from archive.dataset.table.schema import WIDE_SCHEMA
from archive.dataset.table.view import LIKE_FINEWEB, view_of

PAGE = Path(__file__).parents[2] / "docs" / "dataset-columns.md"
EXPLAINED = rows_of(WIDE_SCHEMA)


def test_every_column_and_field_has_a_meaning_and_a_source() -> None:
    assert [name for name, _, meaning, source in EXPLAINED if not (meaning and source)] == []


def test_nothing_is_explained_that_is_no_column() -> None:
    assert set(MEANINGS) - {name for name, *_ in EXPLAINED} - set(view_of((LIKE_FINEWEB,))) == set()
    assert set(SOURCES) - set(WIDE_SCHEMA.names) == set()


def test_the_page_of_columns_agrees_with_the_schema() -> None:
    shown = re.findall(r"^\| `([\w.]+)` \| (.+?) \| (.+) \| (.+?) \|$", PAGE.read_text("utf-8"), re.M)
    assert shown == EXPLAINED

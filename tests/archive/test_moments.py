"""A date that nobody can hold or draw is unknown; it ends no build, no import and no chart."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from archive.dataset import Options, build, read_statistics
from archive.files.moments import in_utc
from archive.warc.scan import iso_moment
from tests.support.dataset_files import make
from tests.support.dataset_inputs import text

EDGES = [
    "9999-12-31T23:59:59-12:00",
    "0001-01-01T00:00:00+12:00",
    "9999-12-31",
    "0001-01-01",
    "1599-12-31",
    "2200-01-01",
]


def test_a_date_outside_the_years_of_news_is_unknown() -> None:
    for value in EDGES:
        assert in_utc(datetime.fromisoformat(value)) is None
        assert iso_moment(value) is None
    assert in_utc(date(2026, 11, 28)) == datetime(2026, 11, 28, tzinfo=UTC)
    assert in_utc(datetime(1600, 1, 1)) == datetime(1600, 1, 1, tzinfo=UTC)


def test_no_date_of_a_row_ends_a_build(tmp_path: Path) -> None:
    rows = [{"text": text(n), "published": edge, "fetched": edge} for n, edge in enumerate(EDGES)]
    rows.append({"text": text(99), "published": "2026-11-28", "fetched": "2026-11-28T12:00:00Z"})
    source = tmp_path / "corpus.jsonl"
    source.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    built = build([source], tmp_path / "o[1]*", Options())
    assert built.splits == {"train": len(rows)}
    (path,) = (tmp_path / "o[1]*" / "data").iterdir()
    found = pq.read_table(path, columns=["published", "published_precision", "fetched"]).to_pylist()
    assert [row for row in found if any(row.values())] == [
        {"published": datetime(2026, 11, 28, tzinfo=UTC), "published_precision": "day",
         "fetched": datetime(2026, 11, 28, 12, tzinfo=UTC)}
    ]  # fmt: skip


@pytest.mark.parametrize("form", ["parquet", "jsonl"])
def test_the_figures_of_a_strangers_dataset_leave_such_dates_out(form: str, tmp_path: Path) -> None:
    days = [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC), datetime(2026, 11, 28, tzinfo=UTC)]
    values = [day if form == "parquet" else day.isoformat() for day in days]
    rows = [{"id": str(n), "text": "It rained.", "published": value} for n, value in enumerate(values)]
    statistics = read_statistics(make(tmp_path / "a", form=form, train=rows))
    assert statistics.totals["dated"] == 1
    assert statistics.dates == [(date(2026, 11, 28), 1)]

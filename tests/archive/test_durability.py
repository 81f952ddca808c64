"""Writers are killed at any moment, or write side by side: what was acknowledged is there, in whole files."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from benchmarks.durability import kill, together

pytestmark = pytest.mark.long

KILLS = 20  # `python -m benchmarks.archive --part kill` does 100
PROCESSES, PAGES = 4, 100  # and 1,000 pages each


def test_no_acknowledged_record_is_lost_by_a_kill(tmp_path: Path) -> None:
    total: Counter[str] = Counter()
    for number in range(KILLS):
        total.update(kill(tmp_path / str(number), number))
    assert total["records"] > KILLS
    assert {name: total[name] for name in ("lost", "broken", "rows", "open")} == dict.fromkeys(
        ("lost", "broken", "rows", "open"), 0
    )


def test_four_processes_write_one_collection_without_a_lock_error(tmp_path: Path) -> None:
    done = together(tmp_path, PROCESSES, PAGES)
    assert (done["missing"], done["rows"], done["errors"]) == (0, 0, "")

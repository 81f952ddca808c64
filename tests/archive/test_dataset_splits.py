from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive import ArchiveError
from archive.dataset.dedup.verdicts import bounds_of
from tests.support.dataset_verdicts import prose, verdicts

THREE = (("train", 0.6), ("validation", 0.2), ("test", 0.2))


def row(name: str, text: str) -> dict[str, Any]:
    return {"id": name, "text": text, "url": None}


def test_no_near_duplicate_and_no_shared_text_crosses_splits(tmp_path: Path) -> None:
    rows = []
    for story in range(40):
        passage = prose(story, 6)
        rows += [row(f"{story:02}-{k}", f"{passage}\n\n{prose(1000 + 10 * story + k, 6)}") for k in range(3)]
        rows.append(row(f"{story:02}-copy", rows[-1]["text"].replace(".", "!")))
    decided = verdicts(tmp_path, rows, splits=THREE)
    assert sum(bool(v["shared_with"]) for v in decided.values()) == 120
    splits: dict[str, set[str]] = {}
    for name, verdict in decided.items():
        assert (verdict["split"] is None) == (verdict["reason"] is not None)
        splits.setdefault(name[:2], set()).add(verdict["split"] or "")
    assert {len(names - {""}) for names in splits.values()} == {1}
    assert set.union(*splits.values()) == {"", "train", "validation", "test"}


def test_splits_have_about_the_shares_that_are_asked_for(tmp_path: Path) -> None:
    decided = verdicts(tmp_path, [row(f"row {k}", f"word{k}") for k in range(2000)], splits=THREE)
    counts = {name: sum(v["split"] == name for v in decided.values()) / len(decided) for name, _ in THREE}
    assert counts == pytest.approx(dict(THREE), abs=0.04)


def test_a_row_stays_in_its_split_when_others_come_and_shares_grow_at_the_end(tmp_path: Path) -> None:
    rows = [row(f"row {k}", prose(k, 6)) for k in range(60)]
    few = verdicts(tmp_path / "few", rows[:30], splits=THREE)
    many = verdicts(tmp_path / "many", rows, splits=THREE)
    assert few == {name: many[name] for name in few}


@given(st.lists(st.floats(0.01, 1), min_size=1, max_size=6))
def test_bounds_rise_to_exactly_one(weights: list[float]) -> None:
    bounds = bounds_of([(f"s{k}", weight / sum(weights)) for k, weight in enumerate(weights)])
    ends = [end for _, end in bounds]
    assert ends == sorted(ends)
    assert ends[-1] == 1


@pytest.mark.parametrize(
    "shares", [(), (("train", 0.5),), (("train", 0.9), ("test", 0.2)), (("train", 1.2), ("test", -0.2))]
)
def test_shares_that_do_not_add_up_are_refused_in_one_line(shares: tuple[tuple[str, float], ...]) -> None:
    with pytest.raises(ArchiveError, match=r"^splits: .*add up to 1.*$"):
        bounds_of(shares)

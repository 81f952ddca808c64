"""The table of stages in benchmarks/speed.py."""

from __future__ import annotations

import pytest

from benchmarks import speed


def test_every_stage_is_a_function_of_its_module() -> None:
    assert speed.stages()


def test_a_stage_that_was_renamed_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(speed.STAGES, "", ("cleaners.clean", ("read_tablets",)))
    with pytest.raises(speed.StageError, match="read_tablets"):
        speed.stages()

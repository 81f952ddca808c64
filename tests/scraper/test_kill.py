"""A crawl is killed at any moment, again and again: what it leaves is whole, and one run to the end completes it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmarks.killing import Press, finish, kill, wrong

pytestmark = pytest.mark.long

KILLS = int(os.environ.get("PRESSCLIP_KILLS", "10"))  # `python -m benchmarks.crawl --part kill` does 50
PAGES = 8 * KILLS


def test_a_crawl_that_is_killed_again_and_again_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    with Press(PAGES) as press:
        (tmp_path / "seeds.toml").write_text(press.seeds(), "utf-8")
        moments = [kill(press, tmp_path, seed) for seed in range(KILLS)]
        assert finish(tmp_path) == 0
        assert sum("too late" not in moment for moment in moments) > KILLS / 2
        found = wrong(press, tmp_path)
    assert found == dict.fromkeys(found, 0)

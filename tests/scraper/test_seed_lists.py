"""The lists in seeds/: each loads, and each site says whether anybody has looked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scraper.seeds import load_seeds

SEEDS = Path(__file__).parents[2] / "seeds"
LISTS = sorted(SEEDS.glob("*.toml"))
MARK = re.compile(r"# (?:not )?checked 20\d\d-[01]\d-[0-3]\d: .+")
STARTERS = [path for path in LISTS if path.name in ("news.toml", "world.toml")]


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.name)
def test_a_list_loads_and_every_site_is_marked_in_the_line_above(path: Path) -> None:
    lines = path.read_text("utf-8").splitlines()
    above = [lines[number - 1] for number, line in enumerate(lines) if line == "[[site]]"]
    assert len(load_seeds(path)) == len(above) > 0
    assert [line for line in above if not MARK.fullmatch(line)] == []


def test_the_starter_lists_load_together_and_name_languages_and_feeds() -> None:
    seeds = load_seeds(*STARTERS)
    assert len({seed.language for seed in seeds}) >= 30
    assert all(seed.home and seed.feeds and seed.language for seed in seeds)
    feeds = [feed for seed in seeds for feed in seed.feeds]
    assert len(feeds) == len(set(feeds))


def test_every_list_is_named_in_the_readme() -> None:
    readme = (SEEDS / "README.md").read_text("utf-8")
    assert [path.name for path in LISTS if f"`{path.name}`" not in readme] == []

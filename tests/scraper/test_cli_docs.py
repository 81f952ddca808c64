"""`pressclip docs` prints the pages and seed lists, and each that a message or a page names is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from scraper.cli.docs import pages
from scraper.seeds import load_seeds
from tests.support.import_graph import modules, tree_of
from tests.support.shell import press

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"\b(?:docs|seeds)/[\w./-]*\w\.(?:md|toml)\b")


def named() -> set[str]:
    """Return the pages that the texts of the code name; docstrings and comments are for those who have a checkout."""
    found = set[str]()
    for path in modules().values():
        tree = tree_of(path)
        documenting = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        constants = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in documenting]
        for node in constants:
            found |= set(NAMED.findall(node.value)) if isinstance(node.value, str) else set()
    return found


def test_without_a_name_every_page_is_listed_with_its_heading(tmp_path: Path) -> None:
    lines = press("docs", cwd=tmp_path).out.splitlines()
    assert [line.split()[0] for line in lines] == list(pages())
    assert re.search(r"^docs/archive\.md +\w", "\n".join(lines), re.M)
    assert {"docs/README.md", "docs/recipes/javascript.md", "seeds/README.md", "seeds/world.toml"} <= pages().keys()


@pytest.mark.parametrize(
    ("name", "page"),
    [
        ("docs/archive.md", "docs/archive.md"),
        ("archive", "docs/archive.md"),
        ("recipes/javascript", "docs/recipes/javascript.md"),
        ("docs/recipes/javascript.md", "docs/recipes/javascript.md"),
        ("seeds", "seeds/README.md"),
        ("docs", "docs/README.md"),
        ("examples/harbour.html", "docs/examples/harbour.html"),
    ],
)
def test_a_page_is_printed_as_it_is(name: str, page: str, tmp_path: Path) -> None:
    assert press("docs", name, cwd=tmp_path).out == (ROOT / page).read_text("utf-8")


def test_a_printed_seed_list_is_one(tmp_path: Path) -> None:
    (tmp_path / "world.toml").write_text(press("docs", "seeds/world.toml", cwd=tmp_path).out, "utf-8")
    assert load_seeds(tmp_path / "world.toml") == load_seeds(ROOT / "seeds" / "world.toml")


@pytest.mark.parametrize(("name", "hint"), [("scedule", "did you mean docs/schedule.md?"), ("../pyproject.toml", "")])
def test_an_unknown_page_is_one_line_that_names_the_nearest(name: str, hint: str, tmp_path: Path) -> None:
    done = press("docs", name, cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert f"there is no page '{name}': {hint}" in done.line
    assert "`pressclip docs` lists all" in done.line


def test_each_page_that_a_message_names_exists() -> None:
    examples = {"seeds/example.toml"}
    assert "seeds/README.md" in named()
    assert named() - examples <= pages().keys()

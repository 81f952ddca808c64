"""Golden pages: each folder of tests/pages is a page and what must come of it; a new case is a new folder, no code.

`pytest --update-pages` writes the expected files anew, but for known gaps: there they hold what is wished for.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from cleaners import Article, clean, render

PAGES = Path(__file__).parent / "pages"
GIVEN = ("page.toml", "source.html")
EXPECTED = ("expected.txt", "expected.json", "removed.txt")
KEYS = {"url", "charset", "why", "known_gap"}
METADATA = ("title", "authors", "date", "site", "language", "access")
ASPECTS = ("text", "metadata", "removed", "encoding")
FIRST_WORDS = 6
MAX_BYTES = 20_000


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "folder" in metafunc.fixturenames:
        needed = GIVEN if metafunc.config.getoption("--update-pages") else GIVEN + EXPECTED
        cases = [case for folder in sorted(PAGES.iterdir()) for case in cases_of(folder, needed)]
        metafunc.parametrize(("folder", "aspect"), cases)


def cases_of(folder: Path, needed: tuple[str, ...]) -> list[Any]:
    """Return one case for each aspect; a folder that is not whole fails at collection."""
    if missing := [name for name in needed if not (folder / name).is_file()]:
        raise pytest.Collector.CollectError(f"{folder}: {', '.join(missing)} missing")
    page = read_page(folder)
    gaps = page.get("known_gap", {})
    if unknown := (page.keys() - KEYS) | (gaps.keys() - set(ASPECTS)):
        raise pytest.Collector.CollectError(f"{folder / 'page.toml'}: unknown key '{min(unknown)}'")
    marks = {aspect: [pytest.mark.xfail(reason=reason)] for aspect, reason in gaps.items()}
    return [pytest.param(folder, a, id=f"{folder.name}-{a}", marks=marks.get(a, [])) for a in ASPECTS]


@cache
def read_page(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "page.toml").read_text("utf-8"))


@cache
def article_of(folder: Path) -> Article:
    page = read_page(folder)
    return clean((folder / "source.html").read_bytes(), url=page["url"], charset=page.get("charset"))


def removed(article: Article) -> str:
    """Return one line a removal; what the decision about blocks takes, which is learned, stands without its id."""
    lines = [
        f"{'-' if removal.stage == 'blocks' else removal.rule}\t{' '.join(removal.text.split()[:FIRST_WORDS])}\n"
        for removal in article.removals
    ]
    return "".join(lines)


def told(article: Article, names: tuple[str, ...]) -> dict[str, Any]:
    data = article.as_dict()
    return {name: data[name] for name in names}


READ: dict[str, Callable[[Path, Article], tuple[object, object]]] = {
    "text": lambda folder, article: (render(article), (folder / "expected.txt").read_text("utf-8")),
    "metadata": lambda folder, article: (told(article, METADATA), told_by_human(folder, METADATA)),
    "encoding": lambda folder, article: (told(article, ("encoding",)), told_by_human(folder, ("encoding",))),
    "removed": lambda folder, article: (removed(article), (folder / "removed.txt").read_text("utf-8")),
}


def told_by_human(folder: Path, names: tuple[str, ...]) -> dict[str, Any]:
    data = json.loads((folder / "expected.json").read_text("utf-8"))
    return {name: data[name] for name in names}


def write_expected(folder: Path, aspect: str) -> None:
    article = article_of(folder)
    if aspect == "text":
        (folder / "expected.txt").write_text(render(article), "utf-8")
    elif aspect == "removed":
        (folder / "removed.txt").write_text(removed(article), "utf-8")
    else:
        file = folder / "expected.json"
        old = json.loads(file.read_text("utf-8")) if file.exists() else {}
        new = told(article, METADATA if aspect == "metadata" else ("encoding",))
        file.write_text(json.dumps(old | new, ensure_ascii=False, indent=2) + "\n", "utf-8")


def test_a_page_gives_what_a_careful_reader_wants(folder: Path, aspect: str, pytestconfig: pytest.Config) -> None:
    if pytestconfig.getoption("--update-pages") and aspect not in read_page(folder).get("known_gap", {}):
        write_expected(folder, aspect)
    found, expected = READ[aspect](folder, article_of(folder))
    assert found == expected


def test_pages_are_small_enough_to_be_read() -> None:
    assert {
        file.parent.name: file.stat().st_size for file in PAGES.glob("*/source.html") if file.stat().st_size > MAX_BYTES
    } == {}


def test_a_folder_with_a_missing_file_fails_at_collection(tmp_path: Path) -> None:
    (tmp_path / "page.toml").write_text("url = 'https://gazette.example/'\nwhy = 'x'\n", "utf-8")
    with pytest.raises(pytest.Collector.CollectError, match=r"source\.html, expected\.txt"):
        cases_of(tmp_path, GIVEN + EXPECTED)


def test_a_page_with_an_unknown_key_fails_at_collection(tmp_path: Path) -> None:
    (tmp_path / "page.toml").write_text("url = 'https://gazette.example/'\nwhi = 'x'\n", "utf-8")
    (tmp_path / "source.html").touch()
    with pytest.raises(pytest.Collector.CollectError, match="'whi'"):
        cases_of(tmp_path, GIVEN)

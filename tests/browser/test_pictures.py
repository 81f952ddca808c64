"""In a browser: the pictures of docs/page.md show the pages as they are, made anew with `--update-pictures`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.browser.conftest import Visit

DOCS = Path(__file__).parent.parent.parent / "docs"
FOLDER = DOCS / "pictures"
PICTURES = {"sites": "/", "articles": "/articles?order=worst", "article": "/articles?q=Marigold"}
"""The address of each picture; `article` is the first of its list."""
MOST = 150_000
"""Bytes of a picture: all are in the packages."""


@pytest.mark.parametrize("name", PICTURES)
def test_each_picture_can_be_made_anew(
    visit: Visit, demo_page: str, name: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    page = visit(demo_page + PICTURES[name], viewport={"width": 1000, "height": 640}, color_scheme="light")
    if name == "article":
        page.locator(".rows a").first.click()
        page.wait_for_url("**/article?*")
        page.locator("details.removed").first.evaluate("(one) => { one.open = true }")
        page.frame_locator("iframe").locator("p:visible").first.wait_for()
    folder = FOLDER if request.config.getoption("--update-pictures") else tmp_path
    folder.mkdir(exist_ok=True)
    page.screenshot(path=folder / f"{name}.png")
    assert (folder / f"{name}.png").stat().st_size <= MOST


def test_the_pictures_of_the_page_are_those_that_are_made() -> None:
    named = re.findall(r"!\[[^\]]+\]\(pictures/([\w-]+)\.png\)", (DOCS / "page.md").read_text("utf-8"))
    assert sorted(named) == sorted(PICTURES)
    assert {path.stem for path in FOLDER.iterdir()} == set(named)
    assert all(path.stat().st_size <= MOST for path in FOLDER.iterdir())

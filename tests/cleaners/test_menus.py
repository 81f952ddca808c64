"""Test which lists of links apart from the article are menus."""

from __future__ import annotations

import pytest

from cleaners import clean
from cleaners.classify.outline import FEWEST, find_menus
from cleaners.html.blocks import PageBlock, read_blocks
from cleaners.html.tree import body_of, parse

PROSE = "It rained on Monday, and the harbour was closed until noon, when the wind fell at last. "
ARTICLE = f"<main><div><p>{PROSE * 3}</p><p>{PROSE * 4}</p></div></main>"


def links(count: int) -> str:
    return "".join(f"<li><a href=/{n}>Harbour news, part {n}</a></li>" for n in range(count))


def blocks_of(html: str) -> list[PageBlock]:
    root = parse(html)
    assert root is not None
    return read_blocks(body_of(root), {})


def menus_of(html: str) -> list[str]:
    blocks = blocks_of(html)
    return [blocks[i].text for i in find_menus(blocks)]


def test_a_list_of_links_beside_the_article_is_a_menu_and_its_removals_say_so() -> None:
    page = f"<body><div class=top><ul>{links(5)}</ul></div>{ARTICLE}</body>"
    menus = [removal for removal in clean(page).removals if removal.rule == "block/menu"]
    assert [removal.text for removal in menus] == [f"Harbour news, part {n}" for n in range(5)]
    assert {removal.why for removal in menus} == {"one of 5 blocks in an element without a paragraph, 100% of it links"}


@pytest.mark.parametrize(
    "html",
    [
        f"<div><ul>{links(FEWEST - 1)}</ul></div>{ARTICLE}",
        f"<div>{'<p>Open from nine to five</p>' * 9}</div>{ARTICLE}",
        ARTICLE.replace("</div>", f"<ul>{links(9)}</ul></div>"),
        f"<ul>{links(9)}</ul><p>{PROSE}</p>",
    ],
    ids=["too few", "without links", "inside the article", "a page with hardly any prose"],
)
def test_no_menu_is_a_list_that_may_belong_to_the_article(html: str) -> None:
    assert menus_of(html) == []


def test_a_deep_page_is_read_without_recursion() -> None:
    assert menus_of(f"{ARTICLE}{'<div>' * 1500}<ul>{links(5)}</ul>") == [f"Harbour news, part {n}" for n in range(5)]

"""Several whole posts on one page are an index page and no article; parts of one text stay an article."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cleaners import INDEX_PAGE, clean

NAMES = ("Pond", "Weir", "Ferry", "Quarry", "Orchard", "Meadow")
MENU = "<nav><a href='/town'>Town</a> <a href='/water'>Water</a> <a href='/fields'>Fields</a></nav>"


def prose(name: str, count: int = 3) -> str:
    return "".join(
        f"<p>The {name.lower()} was measured {n} times this spring, and every time the keeper wrote another number in "
        f"her book. She says that nobody in the village believes the old {name.lower()} could ever run dry.</p>"
        for n in range(2, 2 + count)
    )


def headline(name: str) -> str:
    return f"{name} keeper counts the dry days again"


def link(name: str) -> str:
    return f"<a href='/2026/{name.lower()}-keeper-counts'>{headline(name)}</a>"


SHAPES: dict[str, Callable[[str], str]] = {
    "articles": lambda name: f"<article><h2>{link(name)}</h2>{prose(name)}</article>",
    "a blog's posts": lambda name: (
        f"<div class='post hentry' id=post-{name}><h2 class=entry-title>{link(name)}</h2><div class=entry-meta>May 3, "
        f"2026 by Ada</div><div class=entry-content>{prose(name)}</div></div>"
    ),
    "boxes with a time": lambda name: (
        f"<li><div><h3>{link(name)}</h3><time datetime=2026-05-03>3 May</time></div><div>{prose(name)}</div></li>"
    ),
    "links around headlines": lambda name: (
        f"<section class=story><a href='/a/{name}'><h2>{headline(name)}</h2></a>{prose(name)}</section>"
    ),
    "each in a row of its own": lambda name: (
        f"<div class=row><div class=col><article><h2>{link(name)}</h2>{prose(name)}</article></div></div>"
    ),
}


def page(posts: str, before: str = "", head: str = "") -> str:
    title = "The Mill Valley Notebook"
    return (
        f"<html lang=en><head><title>{title}</title>{head}</head><body>{MENU}<main><h1>{title}</h1>{before}<div"
        f" class=list>{posts}</div></main><footer>Mill Valley 2026</footer></body></html>"
    )


@pytest.mark.parametrize("count", [3, 6])
@pytest.mark.parametrize("shape", SHAPES)
def test_whole_posts_are_an_index_page_with_their_headlines(shape: str, count: int) -> None:
    article = clean(page("".join(map(SHAPES[shape], NAMES[:count]))), url="https://valley.example/blog/")
    assert (article.kind, INDEX_PAGE in article.flags) == ("listing", True)
    assert article.kind_evidence == (f"{count} whole posts, each with a headline that leads to its own page",)
    assert article.text.count("wrote another number") == 3 * count
    headlines = [article.text.find(headline(name)) for name in NAMES[1:count]]
    assert -1 not in headlines
    assert headlines == sorted(headlines)


def test_an_index_page_without_an_address_is_one() -> None:
    assert INDEX_PAGE in clean(page("".join(map(SHAPES["articles"], NAMES)))).flags


def sections(form: str) -> str:
    return "".join(form.format(name=name, headline=headline(name), prose=prose(name)) for name in NAMES[:4])


LIVE = "<article class=update><h2><a href='@'>{headline}</a></h2><time>12:10</time>{prose}</article>"
ONE_TEXT = {
    "sections with headings": sections("<section><h2>{headline}</h2>{prose}</section>"),
    "sections that can be linked to": sections("<article><h2><a href='#{name}'>{headline}</a></h2>{prose}</article>"),
    "sections about other sites": sections(
        "<article><h2><a href='https://{name}.example/'>{headline}</a></h2>{prose}</article>"
    ),
    "sections inside an article": "<article>"
    + sections("<section class=entry><h2><a href='/a/{name}'>{headline}</a></h2>{prose}</section>")
    + "</article>",
    "updates with places of their own": sections(LIVE.replace("@", "/live/valley-dry-days-live#{name}")),
    "updates with pages of their own": sections(LIVE.replace("@", "/live/valley-dry-days-live/{name}")),
    "updates with numbers": sections(LIVE.replace("@", "/live/valley-dry-days-live?post={name}#{name}")),
    "the article, and whole others below": sections(
        "<article class=story><h2><a href='/live/{name}'>{headline}</a></h2>{prose}</article>"
    ).replace("/live/Pond", "/live/valley-dry-days-live"),
    "members and their messages": sections(
        "<div class=post><h3><a href='/members/{name}'>{name}</a></h3><time>12:10</time>{prose}</div>"
    ),
}


@pytest.mark.parametrize("kind", ONE_TEXT)
def test_parts_of_one_text_are_no_posts(kind: str) -> None:
    article = clean(page(ONE_TEXT[kind], prose("Valley", 1)), url="https://valley.example/live/valley-dry-days-live")
    assert article.text.count("wrote another number") >= 3
    assert INDEX_PAGE not in article.flags


@pytest.mark.parametrize("size", [1, 3])
def test_an_article_with_others_below_stays_one(size: int) -> None:
    teasers = "".join(f"<article class=teaser><h3>{link(name)}</h3>{prose(name, size)}</article>" for name in NAMES[:3])
    article = clean(page(teasers, prose("Harbour", 9)), url="https://valley.example/2026/harbour-keeper-counts-days")
    assert article.text.count("the old harbour") == 9
    assert INDEX_PAGE not in article.flags


def test_a_page_that_declares_one_article_is_one() -> None:
    head = '<script type="application/ld+json">{"@type": "NewsArticle", "headline": "Keepers of the valley"}</script>'
    assert clean(page("".join(map(SHAPES["articles"], NAMES)), head=head)).text

"""A rule with `pages` removes what an article has once or twice; on a page that lists such things they stay."""

from __future__ import annotations

import pytest

from cleaners import clean
from cleaners.classify.decide import MOST_LISTED

PROSE = "The harbour stayed closed until the wind had fallen, and two pilots waited for the ferry, officials said. " * 3
ARTICLE = '<meta property="og:type" content="article"><meta name="date" content="2024-03-01">'
NEWS = '<script type="application/ld+json">{"@type": "NewsArticle", "headline": "Storm"}</script>'
TEASER = "<p>Read more: Who pays for the hole in the breakwater, part {}</p>"
DAY = "<div><time>{} March 2024</time></div>"


def page(piece: str, count: int, head: str = "") -> str:
    pieces = "".join(f"{piece.format(n + 1)}<p>Part {n}. {PROSE}</p>" for n in range(count))
    return f"<html><head>{head}</head><body><h1>Storm</h1><p>{PROSE}</p><div>{pieces}</div></body></html>"


def fired(rule: str, html: str) -> int:
    """Count what a rule removes by itself, not what it names of the lines that the model refused."""
    return sum(removal.rule == rule and not removal.why for removal in clean(html).removals)


def removed(html: str) -> int:
    return sum(removal.text.startswith(("Read more:", *map(str, range(1, 10)))) for removal in clean(html).removals)


@pytest.mark.parametrize("count", [1, MOST_LISTED])
@pytest.mark.parametrize(("rule", "piece"), [("lines/read-more-title", TEASER), ("dom/dateline", DAY)])
def test_a_few_pieces_are_removed_from_any_article(rule: str, piece: str, count: int) -> None:
    html = page(piece, count)
    assert removed(html) == count
    assert {removal.rule for removal in clean(html).removals} >= {rule}


@pytest.mark.parametrize(("rule", "piece"), [("lines/read-more-title", TEASER), ("dom/dateline", DAY)])
def test_of_many_pieces_none_is_removed_from_a_page_that_does_not_say_what_it_is(rule: str, piece: str) -> None:
    assert fired(rule, page(piece, MOST_LISTED + 1)) == 0


@pytest.mark.parametrize(
    ("rule", "piece", "head"), [("lines/read-more-title", TEASER, NEWS), ("dom/dateline", DAY, ARTICLE)]
)
def test_a_page_that_says_what_it_is_has_all_pieces_removed(rule: str, piece: str, head: str) -> None:
    html = page(piece, 2 * MOST_LISTED, head)
    assert removed(html) == 2 * MOST_LISTED
    assert {removal.rule for removal in clean(html).removals} >= {rule}


def test_an_article_that_does_not_say_it_is_news_keeps_many_links_to_others() -> None:
    html = page(TEASER, 2 * MOST_LISTED, ARTICLE)
    assert fired("lines/read-more-title", html) == 0


def test_a_removed_line_that_the_model_had_refused_tells_its_reason_too() -> None:
    story, offer = f"<main><h1>Storm</h1><p>{PROSE}</p></main>", "<div><p>Sign up for our newsletter</p></div>"
    html = f"<html><head>{NEWS}</head><body>{story}{offer}</body>"
    (removal,) = (removal for removal in clean(html).removals if removal.rule == "lines/newsletter")
    assert removal.why.startswith("score ")


@pytest.mark.parametrize(
    "markup",
    [
        '<div class="tabs"><div class="tab-pane" hidden><div>{}</div></div></div>',
        '<div class="faq-item"><div class="faq-answer" style="display:none"><div>{}</div></div></div>',
        '<div hidden id="S:1"><div>{}</div></div>',
        "<figure><figcaption><p>{0}</p><p>{0}</p></figcaption></figure>",
    ],
    ids=["tab", "answer", "streamed", "paragraphs in a caption"],
)
def test_text_in_an_element_that_is_debris_elsewhere_is_left_to_the_model(markup: str) -> None:
    html = f"<html><body><h1>Storm</h1><p>{PROSE}</p>{markup.format('Two pilots ' + PROSE)}<p>{PROSE}</p></body></html>"
    rules = {removal.rule for removal in clean(html).removals}
    assert not rules & {"dom/hidden", "dom/caption"}

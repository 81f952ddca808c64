"""Plain pages keep their paragraphs, however they are written; and no page with prose is empty without a reason."""

from __future__ import annotations

import pytest

from cleaners import clean
from cleaners.classify.check import CONTAINER, PROSE, checked
from cleaners.html.blocks import PageBlock, read_blocks
from cleaners.html.tree import body_of, parse

PARAGRAPHS = [
    "The harbour was closed on Monday after a storm that had begun at night, officials said, and no ship could leave.",
    "At the quay forty people waited for the ferry, which had been due at six and came, in the end, on Tuesday.",
    "The harbour master, who has kept a diary of every storm since 1981, called it the third worst of them all.",
    "Two pilots, who had gone out before midnight, spent the night on the outer mole and were fetched in the morning.",
    "By Wednesday the wind had fallen, the cranes were at work again, and the last of the waiting ships had left.",
]
MENU = "<div><a href=/>Home</a> <a href=/a>About</a> <a href=/c>Contact</a></div>"
FOOT = "<div>Copyright 2024. <a href=/p>Privacy</a></div>"
TITLE = "<h1>Storm closes harbour</h1>"


def tagged(texts: list[str], tag: str) -> str:
    return "".join(f"<{tag}>{text}</{tag}>" for text in texts)


def long_story(count: int) -> list[str]:
    return [f"On day {n} of the storm {text[0].lower()}{text[1:]}" for n in range(count // 5) for text in PARAGRAPHS]


PAGES = {
    "bare": tagged(PARAGRAPHS, "p"),
    "divs": f"{MENU}<div>{TITLE}{tagged(PARAGRAPHS, 'div')}</div>{FOOT}",
    "line breaks": f"{MENU}{TITLE}<div>{'<br><br>'.join(PARAGRAPHS)}</div>{FOOT}",
    "table cell": f"<table><tr><td>{MENU}<tr><td>{TITLE}{tagged(PARAGRAPHS, 'p')}<tr><td>{FOOT}</table>",
    "list": f"{MENU}{TITLE}<p>{PARAGRAPHS[0]}</p><ol>{tagged(PARAGRAPHS[1:], 'li')}</ol>{FOOT}",
    "preformatted": f"{TITLE}<pre>{chr(10).join(PARAGRAPHS)}</pre>",
}


@pytest.mark.parametrize("shape", PAGES)
def test_a_plain_page_keeps_all_paragraphs(shape: str) -> None:
    text = clean(PAGES[shape]).text
    assert [paragraph for paragraph in PARAGRAPHS if paragraph not in text] == []


@pytest.mark.parametrize("count", [50, 250, 1000])
def test_a_long_story_keeps_as_much_of_its_text_as_a_short_one(count: int) -> None:
    story = long_story(count)
    text = clean(f"<table><tr><td>{MENU}<tr><td>{TITLE}{tagged(story, 'p')}</table>").text
    assert [paragraph for paragraph in story if paragraph not in text] == []


def test_five_equal_paragraphs_are_five() -> None:
    assert clean(f"<body>{TITLE}{tagged(PARAGRAPHS[:1] * 5, 'p')}").text.count(PARAGRAPHS[0]) == 5


@pytest.mark.parametrize(
    "html",
    [
        "<p>It rained all day on Monday.</p>",
        "<h1>Rain</h1><p>It rained on Monday.</p><p>It stopped at noon.</p>",
        f"<p>{PARAGRAPHS[0]}</p>",
    ],
    ids=["one sentence", "headline and two short sentences", "one paragraph"],
)
def test_a_page_with_a_sentence_is_not_empty(html: str) -> None:
    assert clean(f"<body>{html}</body>").text


def test_a_declared_story_of_two_sentences_is_not_lost_to_the_teasers_beside_it() -> None:
    head = '<meta property="og:type" content="article"><meta property="article:published_time" content="2026-11-20">'
    card = "<div><a href=/a{0}>The ferry of the year {0} comes into the harbour</a><p>{1}</p></div>"
    cards = "".join(card.format(n, text) for n, text in enumerate(PARAGRAPHS[2:]))
    story = f"{TITLE}<div><div>{PARAGRAPHS[0]} {PARAGRAPHS[1]}</div></div>"
    page = f"<head>{head}</head><body>{story}<div class=side><h4>From the archive</h4>{cards}</div></body>"
    assert PARAGRAPHS[0] in clean(page).text


def test_a_story_in_japanese_is_kept() -> None:
    texts = [f"{n}日の午後、港は嵐のために閉鎖され、船は一隻も出られなかったと港長は話した。" for n in range(1, 9)]
    text = clean(f"<body>{MENU}<h1>嵐で港が閉鎖</h1>{tagged(texts, 'p')}{FOOT}").text
    assert [paragraph for paragraph in texts if paragraph not in text] == []


def test_answers_folded_below_their_questions_are_text() -> None:
    items = "".join(
        f"<div class=item><h3>Question {n}?</h3><div class=answer style='display:none'>{text}</div></div>"
        for n, text in enumerate(PARAGRAPHS)
    )
    text = clean(f"<body>{MENU}<main><h1>Questions about the harbour</h1>{items}</main>{FOOT}").text
    assert [paragraph for paragraph in PARAGRAPHS if paragraph not in text] == []


def test_a_submenu_folded_below_its_heading_stays_hidden() -> None:
    links = "<a href=/1>Ships</a> <a href=/2>Tides of the coming week and the weather</a> <a href=/3>Ferries</a>"
    page = f"<body><h3 aria-expanded=false>Sea</h3><div style='display:none'>{links}</div><main>{PAGES['bare']}</main>"
    assert "dom/hidden" in [removal.rule for removal in clean(page).removals]


def blocks_of(html: str) -> list[PageBlock]:
    root = parse(html)
    return [] if root is None else read_blocks(body_of(root), {})


BLOCKS = blocks_of(tagged(PARAGRAPHS, "p"))
ALL, NONE, ONE = [True] * 5, [False] * 5, [True, *[False] * 4]


def test_where_the_model_keeps_less_than_trafilatura_both_are_kept_and_flagged() -> None:
    first, last = [True, False, False, False, False], [False, True, True, True, True]
    assert checked(BLOCKS, first, last, "other", is_declared=False) == (ALL, CONTAINER)
    assert checked(BLOCKS, ALL, ONE, "other", is_declared=False) == (ALL, "")


def test_on_a_declared_article_and_on_a_product_the_model_is_trusted_with_less() -> None:
    most, two = [True, True, True, False, False], [True, True, False, False, False]
    assert checked(BLOCKS, most, ALL, "article", is_declared=True) == (most, "")
    assert checked(BLOCKS, most, ALL, "article", is_declared=False) == (ALL, CONTAINER)
    assert checked(BLOCKS, two, ALL, "product", is_declared=False) == (two, "")
    assert checked(BLOCKS, NONE, ALL, "article", is_declared=True) == (ALL, CONTAINER)


def test_where_nobody_keeps_anything_the_sentences_are_kept_and_flagged() -> None:
    assert checked(BLOCKS, NONE, NONE, "unknown", is_declared=False) == (ALL, PROSE)


def test_a_page_of_links_has_no_text_even_so() -> None:
    links = blocks_of("".join(f"<p><a href=/{n}>{text}</a></p>" for n, text in enumerate(PARAGRAPHS)))
    assert checked(links, NONE, NONE, "unknown", is_declared=False) == (NONE, "")

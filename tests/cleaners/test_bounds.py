"""Test the bounds that protect against hostile pages: each page gives an article, with a flag for each bound."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml.html import HtmlElement, document_fromstring

from cleaners import Article, CleanOptions, clean, clean_text, load_rules, restore
from cleaners.classify.decide import MAX_SHOWN, align_normal, main_text
from cleaners.html.blocks import MAX_BLOCK_TEXT, MAX_BLOCKS, MAX_DEPTH, MAX_STEPS, MAX_TEXT, Step, read_blocks
from cleaners.html.tree import MAX_PAIRS, MAX_TAGS, within_bounds
from cleaners.metadata import header, read_metadata
from cleaners.metadata.linked_data import MAX_ARTICLES, MAX_NAME, read_head
from cleaners.rules.dom import Matcher
from tests.support.selectors import matched

pytestmark = pytest.mark.slow

PROSE = "The harbour was closed on {} after a storm that had begun at night, officials said in the morning."
STORY = "".join(f"<p>{PROSE.format(day)}</p>" for day in ("Monday", "Tuesday", "Friday"))
NAMES = load_rules().reasons().keys()
CONTROLS = {chr(code) for code in range(0x20)} - {"\t", "\n"}


def flags(page: str) -> set[str]:
    return set(clean(f"<body>{page}").flags)


def test_an_ordinary_page_is_within_all_bounds() -> None:
    page = f"<body class='{'a b ' * 5000}'>{STORY}<script>if (a<b) {{ {'x = 1; ' * 500} }}</script>"
    assert within_bounds(page) == (page, [])


def test_what_lies_behind_the_last_tag_that_is_read_is_left_out_with_a_flag() -> None:
    page, over = within_bounds(f"{STORY}{'<b>' * MAX_TAGS}<p>end")
    assert page.startswith(STORY)
    assert page.count("<") == MAX_TAGS - 1
    assert over == ["too-many-tags"]


@pytest.mark.parametrize(("tags", "is_flagged"), [(10_000, False), (29_000, False), (31_000, True)])
def test_so_many_tags_of_a_page_are_read(tags: int, is_flagged: bool) -> None:
    assert ("too-many-tags" in flags(f"{STORY}{'<br>' * tags}")) == is_flagged


@pytest.mark.parametrize("attribute", ["a{}=x", "a{}='>'", 'a{}="y z"', "a{}"])
def test_of_a_tag_with_a_flood_of_attributes_the_name_is_left(attribute: str) -> None:
    count = int(MAX_PAIRS**0.5) + 100
    flood = " ".join(attribute.format(n) for n in range(count if ">" not in attribute else 4 * count))
    page, over = within_bounds(f"<p>a<div {flood}>{STORY}")
    assert page == f"<p>a<div>{STORY}"
    assert over == ["too-many-attributes"]


def test_attributes_of_an_element_with_many_are_still_matched() -> None:
    many = " ".join(f"a{n}=x" for n in range(1000))
    root = document_fromstring(f"<body><div {many} class='share bar'>a</div><p class=share>b")
    matches = matched(Matcher([".share", "[class*='bar']"]), root)
    tags = {css: [element.tag for element in elements] for css, elements in matches.items()}
    assert tags == {".share": ["div", "p"], "[class*='bar']": ["div"]}


def test_blocks_and_characters_past_the_bounds_are_not_read() -> None:
    assert len(read_blocks(document_fromstring("<p>a" * (MAX_BLOCKS + 5)), {})) == MAX_BLOCKS
    long = read_blocks(document_fromstring(f"<p>{'a' * (MAX_BLOCK_TEXT + 5)}" * (MAX_TEXT // MAX_BLOCK_TEXT + 5)), {})
    assert sum(len(block.text) for block in long) == MAX_TEXT
    assert {len(block.text) for block in long} == {MAX_BLOCK_TEXT}


def test_each_bound_has_its_flag() -> None:
    assert "too-many-blocks" in flags("<p>a</p>" * (MAX_BLOCKS + 1))
    assert "too-much-text" in flags(f"<p>{'a' * (MAX_BLOCK_TEXT + 1)}</p>{STORY}")
    assert "too-deep" in flags(f"{'<div>' * (MAX_DEPTH + 1)}{STORY}")
    assert not {flag for flag in flags(STORY) if flag.startswith("too-")}


BEYOND = {
    "bounds/blocks": "<p>a</p>" * MAX_BLOCKS + "<p>zebra</p><p>zebra</p>",
    "bounds/text": f"<p>{'a' * MAX_BLOCK_TEXT} zebra zebra</p>{STORY}",
    "bounds/tags": f"{STORY}{'<br>' * MAX_TAGS}<script>x = 'zebra'</script><p>zebra &amp; <b>zebra</b>",
}


@pytest.mark.parametrize("rule", BEYOND)
def test_words_beyond_a_bound_are_a_removal(rule: str) -> None:
    article = clean(f"<body>{BEYOND[rule]}")
    assert [removal.text.count("zebra") for removal in article.removals if removal.rule == rule] == [2]
    assert "zebra" not in article.text


@pytest.mark.parametrize("flood", ["<script>", "<", "<a", "<script></script>", "</script"])
def test_words_beyond_the_tags_are_found_in_linear_time(flood: str) -> None:
    keep_promises(clean(f"<body>{STORY}{'<br>' * MAX_TAGS}{flood * 200_000}"))


def test_trafilatura_is_not_shown_a_page_past_its_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []

    def note(root: HtmlElement, container: HtmlElement | None, url: str | None) -> str:
        shown.append(url or "")
        return main_text(root, container, url)

    monkeypatch.setattr("cleaners.classify.decide.main_text", note)
    # it is asked about every page
    options = CleanOptions(favor="recall")
    clean(STORY, url="https://gazette.example/small", options=options)
    clean("<p>a</p>" * (MAX_SHOWN + 1), url="https://gazette.example/many", options=options)
    clean(f"{'<div>' * (MAX_DEPTH + 1)}{STORY}", url="https://gazette.example/deep", options=options)
    assert shown == ["https://gazette.example/small"]


def test_a_path_has_so_many_steps() -> None:
    step = None
    for _ in range(MAX_STEPS + 50):
        step = Step("div", step)
    assert str(step) == f"//{'/'.join(['div'] * MAX_STEPS)}"


class Counted(str):
    """A text that counts how many of its characters are searched."""

    looked = 0

    def find(self, *args: object) -> int:  # type: ignore[override]
        Counted.looked += len(self)
        return super().find(*args)  # type: ignore[arg-type]


def test_blocks_are_looked_for_only_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cleaners.classify.decide.MOST_WORK", 100_000)
    whole = Counted(f" {'word ' * 2000}")
    Counted.looked = 0
    assert not any(align_normal([f" seven other words that stand nowhere {n} " for n in range(1000)], whole))
    assert Counted.looked < 200_000


def test_names_that_are_referred_to_are_cut() -> None:
    script = '[{"@id": "x", "name": "%s"}, {"@type": "NewsArticle", "author": {"@id": "x"}}]' % ("a" * 10_000)
    data = read_head(document_fromstring(f'<script type="application/ld+json">{script}</script>'), None)
    assert [len(name) for name, _ in data.named({"@id": "x"})] == [MAX_NAME]


def test_fields_are_read_of_so_many_objects() -> None:
    script = ",".join(['{"@type": "NewsArticle"}'] * (MAX_ARTICLES + 5))
    root = document_fromstring(f'<script type="application/ld+json">[{script}]</script>')
    assert len(read_head(root, None).articles) == MAX_ARTICLES


def test_a_heading_that_is_never_closed_is_read_to_its_bound() -> None:
    root = document_fromstring(f"<body><h1>{'Storm ' * 10_000}<b>x</b>")
    assert len(header.visible_text(root.find(".//h1"))) <= header.MAX_HEADING


def test_marked_elements_are_ranked_up_to_a_number() -> None:
    root = document_fromstring(f"<body>{'<i>x</i>' * (header.MAX_MARKED + 50)}")
    marks = header.Marks(root, None, lambda element: 0 if element.tag == "i" else None)
    assert len(list(marks.ranked())) == header.MAX_MARKED


def test_a_flood_of_capitals_is_no_agency_caption() -> None:
    line = f"{PROSE.format('Monday')} - {'A' * 20_000}."
    assert clean_text(line).text == line


@pytest.mark.parametrize(
    "page",
    [
        "<h1>x<section>" * 3000,
        "<table><tr><td>x" * 2000,
        "<span class=author>x" * 3000,
        "<pre>x = 1</pre>" * 3000,
        f"<div>{'photos by ' * 20_000}{'<i class=byline>By a</i>' * 2000}</div>",
        f"<div class='author {'postdat' * 50_000}'>2026</div>",
        f"<div class=newsletter>{'<p>Sign up</p>' * 3000}</div>",
    ],
    ids=lambda page: page[:20],
)
def test_work_that_would_grow_with_the_square_ends(page: str) -> None:
    article = clean(f"<title>Storm</title><body>{page}{STORY}")
    keep_promises(article)
    read_metadata(document_fromstring(page))


TAGS = (
    "p", "div", "b", "table", "tr", "td", "li", "ul", "a", "h1", "h2", "pre", "br", "script", "style", "time", "span",
    "article", "aside", "blockquote", "noscript", "svg", "form",
)  # fmt: skip
PIECES = (
    b"<div class=share-bar ", b"itemprop=author ", b"datetime='2026-11-21'", b"style=display:none", b"href='http://['",
    b"'", b'"', b">", b"<", b"&", b"&#0;", b"&#x1F600;", b"&nbsp;", b"&bogus;", b"&#xD800;", b"<!--", b"-->",
    b"<![CDATA[", b"<?xml", b"<meta charset=utf-16>", b"<meta property=article:author content=",
    b'<script type="application/ld+json">', b'{"@type":"NewsArticle","author":', b'[{"name":"Ada Byron"}]', b"}",
    b"\xff", b"\xc3(", b"\xe2\x80", b"\xed\xa0\x80", b"\x00", b"\x0b", b"\xc2\x85", b"\xe2\x80\xa8", b"\xfe\xff",
    b"Advertisement", b"Read more: ", b"By Ada Byron", b"21 November 2026", b"\n", b" - AFP", b"- ", b" | ",
    STORY.encode(), PROSE.encode(),
)  # fmt: skip
PARTS = st.one_of(
    st.sampled_from([f"<{slash}{tag}>".encode() for tag in TAGS for slash in ("", "/")]),
    st.sampled_from(PIECES),
    st.binary(max_size=4),
)
SOUP = st.lists(PARTS, max_size=40).map(b"".join)


def broken(article: Article) -> Iterator[str]:
    """Yield the promises of `clean` that an article breaks."""
    if any(removal.rule not in NAMES for removal in article.removals):
        yield "a removal without a rule"
    if CONTROLS & set(article.text) or any(0xD800 <= ord(c) < 0xE000 for c in article.text):
        yield "a control character or half a character in the text"
    if article.text != "\n\n".join(block.text for block in article.blocks):
        yield "the text is not that of its blocks"
    if any(not block.text.strip() for block in article.blocks) or not all(r.text for r in article.removals):
        yield "an empty piece"
    if not article.text and not article.flags:
        yield "nothing found, and no flag that says so"


def keep_promises(article: Article) -> None:
    assert list(broken(article)) == []


@given(SOUP | st.binary(max_size=400), st.sampled_from([None, "utf-8", "utf-16", "koi8-r", "shift_jis", "x"]))
@example(b"", None)
@example(b"\xff\xfe<\x00p\x00>\x00a\x00", None)
@settings(max_examples=300)
def test_any_bytes_give_an_article_that_keeps_the_promises(page: bytes, charset: str | None) -> None:
    keep_promises(clean(page, charset=charset, url="https://gazette.example/2026/11/21/storm-closes-harbour"))


@given(SOUP.map(lambda page: page.decode("utf-8", "replace")))
@settings(max_examples=200)
def test_any_text_can_be_restored(text: str) -> None:
    article = clean_text(text)
    assert restore(article) == text
    assert {removal.rule for removal in article.removals} <= NAMES

"""Test Markdown: a reader of it finds the texts, the kinds of blocks and the spans that were written."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cleaners import Article, Block
from cleaners.article import Cell
from cleaners.html.inline import Span, SpanKind
from cleaners.output.markdown import markdown
from tests.support.markdown import read_markdown, rows

SIGNS = "*_`[]()<>\\!#+-.:|~$&^=\"'1a é「。"
PIECES = [
    *("1.", "12)", "#", "##", "-", "+", ">", "---", "===", "***", ":", "|", "[^1]:", "[a]:", "<b>", "</b>", "&amp;"),
    *("&#35;", "$5", "$x$", "$$", "~~x~~", "```", "~~~", "rain", "a_b_c", "\\", "x^2^", "<!--", "![x](y)", "[x](y)"),
    *("https://a.example/", "<https://a.example>", "(c)", "a|b", "!", "[!NOTE]"),
]
TEXTS = st.one_of(
    st.text(st.sampled_from(SIGNS), min_size=1, max_size=12),
    st.lists(
        st.sampled_from(PIECES),
        min_size=1,
        max_size=5,
    ).map(" ".join),
).map(lambda text: " ".join(text.split()) or "x")


def read(*blocks: Block, links: bool = False, images: bool = False) -> list[Block]:
    return read_markdown(markdown(Article("", blocks), links=links, images=images))


@given(TEXTS)
@example("$5 $a$")
@example("1. 2) a")
def test_a_reader_shows_a_text_as_it_was(text: str) -> None:
    assert [(block.kind, block.text, block.spans) for block in read(Block("paragraph", text))] == [
        ("paragraph", text, ())
    ]


@pytest.mark.parametrize("kind", ["heading", "list item", "quote"])
@given(text=TEXTS)
def test_a_text_is_the_same_in_each_kind_of_block(kind: str, text: str) -> None:
    block = Block(kind, text, 3 if kind == "heading" else 0)  # type: ignore[arg-type]
    assert [(got.kind, got.text, got.level) for got in read(block)] == [(kind, text, block.level)]


@given(st.lists(st.lists(TEXTS | st.just(""), min_size=2, max_size=2), min_size=1, max_size=3))
def test_a_text_is_the_same_in_a_cell(table: list[list[str]]) -> None:
    blocks = [Block("table", "x", cells=tuple(map(Cell, row)), table=1) for row in table]
    assert rows(read(*blocks)) == [[("", ""), *map(tuple, table)]]


@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_a_text_is_the_same_in_a_line_of_verse(lines: list[str]) -> None:
    (block,) = read(Block("verse", "\n".join(lines)))
    assert block.text == "\n".join(lines)


@given(st.text(st.sampled_from("`~ \tax|\\*<&\n"), min_size=1, max_size=20).map(lambda text: f"x{text}x"))
def test_code_is_the_same(text: str) -> None:
    assert [(block.kind, block.text) for block in read(Block("code", text, language="c++"))] == [("code", text)]


KINDS: list[SpanKind] = ["strong", "emphasis", "code", "link", "math", "subscript", "superscript"]


@st.composite
def marked(draw: st.DrawFn) -> Block:
    text = draw(TEXTS)
    places = st.integers(0, len(text))
    spans = []
    for _ in range(draw(st.integers(1, 4))):
        start, end = sorted((draw(places), draw(places)))
        kind = draw(st.sampled_from(KINDS))
        inside = text[start:end]
        if not inside.strip() or inside != inside.strip():
            continue
        if kind == "math" and not inside.isalnum():
            continue
        spans.append(Span(start, end, kind, "https://a.example/" if kind == "link" else ""))
    return Block("paragraph", text, spans=tuple(spans))


def marked_as(block: Block, kind: str) -> set[int]:
    return {at for span in block.spans if span.kind == kind for at in range(span.start, span.end)}


@given(marked())
@example(Block("paragraph", "は「x」は", spans=(Span(1, 4, "strong"),)))
@example(Block("paragraph", "abcdef", spans=(Span(0, 3, "strong"), Span(3, 6, "emphasis"))))
@example(Block("paragraph", "abcdef", spans=(Span(0, 3, "code"), Span(3, 6, "code"))))
@example(Block("paragraph", "abcdef", spans=(Span(0, 6, "emphasis"), Span(2, 4, "strong"))))
def test_a_text_with_spans_is_the_same_and_no_more_is_marked(block: Block) -> None:
    (got,) = read(block, links=True)
    assert got.text == block.text
    for kind in KINDS:
        assert marked_as(got, kind) <= marked_as(block, kind), kind


@given(
    st.lists(
        st.tuples(st.sampled_from(["", "strong", "emphasis"]), st.sampled_from(["rain", "wind", "a"])),
        min_size=1,
        max_size=8,
    )
)
def test_words_keep_their_emphasis_wherever_they_stand(words: list[tuple[str, str]]) -> None:
    text, spans = "", []
    for kind, word in words:
        if kind:
            spans.append(Span(len(text), len(text) + len(word), kind))  # type: ignore[arg-type]
        text += word
    block = Block("paragraph", text, spans=tuple(spans))
    (got,) = read(block)
    assert got.text == text
    assert {kind: marked_as(got, kind) for kind in KINDS} == {kind: marked_as(block, kind) for kind in KINDS}
